"""Runs of the tiny case's one pact, by hand: 24 months from 2020-01, cut-off 2020-12."""

from __future__ import annotations

from typing import Any

import numpy as np

from servanda.engine import Model
from servanda.results import Results
from tests.handmade import results

PACT = "BUY-SUP"
MONTHS = 24
CUT = 11  # the position of 2020-12, the last month that the record fixes


def ended(*months: int | None) -> np.ndarray:
    """Whether the pact is in force, (month, run): it ends at this position, or never."""
    ends = np.array([MONTHS if month is None else month for month in months])
    return (np.arange(MONTHS)[:, None] < ends).astype(float)


def pact_of(runs: int, model: Model | None = None, **values: Any) -> Results:
    """Results whose quantities of the pact are given: a number, one a month, or (month, run)."""
    apart = {k: values.pop(k) for k in ("weights", "given", "seed") if k in values}
    by_member = {k: v if isinstance(v, dict) else {PACT: v} for k, v in values.items()}
    return results(model, runs, **apart, **by_member)
