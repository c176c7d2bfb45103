"""The argument, claim by claim: tested in paired runs, weighed against the record, and flipped."""

from servanda.verdicts.judge import CLAIM_RUNS, claims, judge
from servanda.verdicts.verdict import Flip, Verdict

__all__ = ["CLAIM_RUNS", "Flip", "Verdict", "claims", "judge"]
