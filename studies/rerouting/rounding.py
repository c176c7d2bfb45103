"""Figures of the results as they are written: to four decimals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from studies.rerouting.fit import Interval


def limits(one: Interval) -> list[float]:
    """Low, median, high and the log's standard deviation, rounded."""
    return [round(x, 4) for x in (one.low, one.median, one.high, one.log_sd)]


def mean(values: Iterable[float]) -> float:
    """Their mean, to four decimals."""
    return round(float(np.mean(list(values))), 4)


def rounded(values: Mapping[str, float]) -> dict[str, float]:
    """Each to four decimals."""
    return {key: round(value, 4) for key, value in values.items()}
