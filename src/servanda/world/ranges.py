"""Ranges: the values that a parameter can have, whatever the case."""

from dataclasses import dataclass
from math import inf

import numpy as np

_SINGLE = np.finfo(np.float32)
LARGEST, SMALLEST = float(_SINGLE.max), float(_SINGLE.tiny)


@dataclass(frozen=True)
class Range:
    """The values from `low` to `high`.

    Attributes:
        low, high: the ends, in the parameter's unit.
        above: whether `low` itself is left out.
    """

    low: float = -inf
    high: float = inf
    above: bool = False

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high and not (self.above and value == self.low)

    def __str__(self) -> str:
        if self.high < inf:
            return f"{self.low:g} to {self.high:g}"
        if self.low == -inf:
            return "any number"
        return f"above {self.low:g}" if self.above else f"at least {self.low:g}"


ANY = Range()
NOT_NEGATIVE = Range(low=0.0)
POSITIVE = Range(low=0.0, above=True)
SHARE = Range(low=0.0, high=1.0)


def can_be_held(value: float) -> bool:
    """Whether single precision holds the value: it is zero, or neither too large nor too small."""
    return value == 0 or SMALLEST <= abs(value) <= LARGEST
