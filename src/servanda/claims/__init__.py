"""The argument, claim by claim: tested in paired runs, weighed against the record, and flipped."""

from servanda.claims.judge import judge
from servanda.claims.verdict import Flip, Verdict

__all__ = ["Flip", "Verdict", "judge"]
