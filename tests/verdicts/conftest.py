"""Facts and outcomes made by hand."""

from __future__ import annotations

from datetime import date

import numpy as np

from servanda.case import Observation
from servanda.verdicts.outcomes import ByRun

DAY = date(2020, 6, 30)


def fact(confidence: str = "B", source: str = "press", number: int = 0) -> Observation:
    given = (f"E{number}", f"s{number}", None, DAY, DAY, 1.0, None, None, "round")
    # each is of a series of its own, because a series has one vote
    return Observation(*given, confidence, source, "")  # type: ignore[arg-type]


def equal(runs: int) -> np.ndarray:
    """The weights of runs that count alike."""
    return np.full(runs, 1 / runs)


def holding(holds: np.ndarray) -> ByRun:
    """A test that holds in the runs marked."""
    return ByRun(holds.astype(float), holds, equal(len(holds)))
