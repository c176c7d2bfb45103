"""Ranges: the values that a parameter can have, whatever the case."""

from dataclasses import dataclass, replace
from math import inf

import numpy as np

_SINGLE = np.finfo(np.float32)
LARGEST, SMALLEST = float(_SINGLE.max), float(_SINGLE.tiny)


@dataclass(frozen=True)
class Range:
    """The values from `low` to `high`.

    An end is left out only where a mechanism divides by the parameter or takes its logarithm there.

    Attributes:
        low, high: the ends, in the parameter's unit.
        above: whether `low` itself is left out.
        below: whether `high` itself is left out.
        whole: whether only whole numbers are in it.
        hint: what to do in place of a value outside, or None.
    """

    low: float = -inf
    high: float = inf
    above: bool = False
    below: bool = False
    whole: bool = False
    hint: str | None = None

    def __contains__(self, value: float) -> bool:
        at_an_end = (self.above and value == self.low) or (self.below and value == self.high)
        fits = not self.whole or float(value).is_integer()
        return self.low <= value <= self.high and not at_an_end and fits

    def scaled(self, factor: float) -> "Range":
        """The same range in another unit."""
        return replace(self, low=self.low * factor, high=self.high * factor)

    def __str__(self) -> str:
        if self.whole:
            return f"a whole number from {self.low:g} to {self.high:g}"
        if self.high < inf:
            return f"{self.low:g} to {'below ' * self.below}{self.high:g}"
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
