"""Ranges of uncertain inputs: low, central and high, and a place in a range."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from jaxtyping import Float64
from pydantic import BeforeValidator

Range = tuple[float, float, float]  # low, central, high; the probability within is 80 %
ENDS = 3


def rising(
    floor: float = 0.0, ceiling: float = math.inf, *, above: bool = False
) -> BeforeValidator:
    """A check of a file's range: three finite numbers that do not fall.

    Args:
        floor: The least value of each.
        ceiling: The largest value of each.
        above: Whether each must exceed the floor.
    """
    limit = ", finite" if math.isinf(ceiling) else f" to {ceiling:g}"
    expected = f"low, central and high, rising, each {'above' if above else 'from'} {floor:g}"

    def check(values: Any) -> Any:
        listed = values if isinstance(values, list) else [values]
        numbers = [v for v in listed if type(v) in (int, float) and math.isfinite(v)]
        rises = len(listed) == len(numbers) == ENDS and numbers == sorted(numbers)
        if not rises or numbers[0] < floor or numbers[-1] > ceiling:
            raise ValueError(expected + limit)
        if above and numbers[0] == floor:
            raise ValueError(expected + limit)
        return values

    return BeforeValidator(check)


def within(
    range_: Range,
    place: Float64[np.ndarray, "*run"],
    floor: float = 0.0,
    ceiling: float = math.inf,
) -> Float64[np.ndarray, "*run"]:
    """The value at a place in its range: −1 low, 0 central, 1 high, linear beyond them.

    Args:
        range_: Low, central and high.
        place: The place in it.
        floor: The least result.
        ceiling: The largest result.
    """
    low, central, high = range_
    side = np.where(place < 0, central - low, high - central)
    return np.asarray(np.clip(central + place * side, floor, ceiling))
