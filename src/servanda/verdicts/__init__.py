"""Verdicts on claims: tests in paired runs, facts of the record, and what flips each verdict."""

from servanda.verdicts.judge import CLAIM_RUNS, Interrupted, claims, judge, judge_folder
from servanda.verdicts.verdict import Flip, Verdict

__all__ = ["CLAIM_RUNS", "Flip", "Interrupted", "Verdict", "claims", "judge", "judge_folder"]
