"""What a claim's test comes to in each run."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import erf, sqrt
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float

from servanda.case.schema import Conditional, Contrast, Test, Threshold, Trend, Untestable

Values = Callable[[Mapping[str, float | str], str], Float[np.ndarray, "run"]]

# Yes is one, no is zero.
_YES = 0.5
# No share is taken to vary less than one of a hundredth of a percent would.
_SUREST = 1e-4
# Standard errors on either side that hold nine tenths of a normal distribution.
_NINE_TENTHS = 1.645


@runtime_checkable
class Outcome(Protocol):
    """A test's outcome over runs, or over some of them."""

    def probability(self, among: Bool[np.ndarray, "run"] | None = None) -> float:
        """How probable it is that the claim holds, among all runs or those marked."""

    def error(self) -> float:
        """Monte Carlo standard error of the probability."""

    def apart(self, among: Bool[np.ndarray, "run"]) -> float:
        """By how many standard errors the runs marked differ from all."""

    def effect(self) -> float:
        """Mean of the tested difference."""

    def effect_error(self) -> float:
        """Monte Carlo standard error of that mean."""

    def interval(self) -> tuple[float, float]:
        """90 % interval of the difference: over runs, or of a difference between groups of runs."""


@dataclass(frozen=True)
class ByRun:
    """A test that holds or fails in each run: the claim's probability is the share that holds."""

    difference: Float[np.ndarray, "run"]
    holds: Bool[np.ndarray, "run"]

    def probability(self, among: Bool[np.ndarray, "run"] | None = None) -> float:
        """Share of runs in which the test holds."""
        return float(np.mean(self.holds if among is None else self.holds[among]))

    def error(self) -> float:
        """Binomial standard error."""
        p = self.probability()
        return sqrt(p * (1 - p) / len(self.holds))

    def apart(self, among: Bool[np.ndarray, "run"]) -> float:
        """By how many binomial standard errors the share differs; where it is sure, not by none."""
        whole = self.probability()
        error = sqrt(max(whole * (1 - whole), _SUREST) / among.sum())
        return (self.probability(among) - whole) / error

    def effect(self) -> float:
        """Mean difference over runs."""
        return float(np.mean(self.difference, dtype=np.float64))

    def effect_error(self) -> float:
        """Standard error of the mean over independent runs."""
        return float(np.std(self.difference, dtype=np.float64) / sqrt(len(self.difference)))

    def interval(self) -> tuple[float, float]:
        """5 % and 95 % quantiles over runs."""
        low, high = np.quantile(self.difference, [0.05, 0.95])
        return float(low), float(high)


@dataclass(frozen=True)
class ByGroup:
    """A test that compares the shares of two groups of runs.

    Its probability is that of a difference beyond the margin, which is normal to a good
    approximation. A group with no runs says nothing. Each group counts two runs more, one of either
    outcome (Agresti and Caffo 2000), so that a few alike do not make a difference sure.
    """

    outcome: Bool[np.ndarray, "run"]
    given: Bool[np.ndarray, "run"]
    sign: float
    margin: float

    def probability(self, among: Bool[np.ndarray, "run"] | None = None) -> float:
        """Probability that the shares differ as claimed and by more than the margin."""
        difference, error = self._difference(among)
        if error == 0.0:
            return 0.5
        return 0.5 * (1 + erf((self.sign * difference - self.margin) / error / sqrt(2)))

    def error(self) -> float:
        """The probability already expresses Monte Carlo error, so none is added."""
        return 0.0

    def apart(self, among: Bool[np.ndarray, "run"]) -> float:
        """By how many standard errors the difference of shares is another one."""
        part, error = self._difference(among)
        return (part - self.effect()) / error if error else 0.0

    def effect(self) -> float:
        """Difference of the shares."""
        return self._difference(None)[0]

    def effect_error(self) -> float:
        """Standard error of the difference."""
        return self._difference(None)[1]

    def interval(self) -> tuple[float, float]:
        """90 % interval of the difference of shares."""
        difference, error = self._difference(None)
        return difference - _NINE_TENTHS * error, difference + _NINE_TENTHS * error

    def _difference(self, among: Bool[np.ndarray, "run"] | None) -> tuple[float, float]:
        outcome = self.outcome if among is None else self.outcome[among]
        given = self.given if among is None else self.given[among]
        met, unmet = outcome[given], outcome[~given]
        if len(met) == 0 or len(unmet) == 0:
            return 0.0, 0.0
        p, q = ((group.sum() + 1) / (len(group) + 2) for group in (met, unmet))
        variance = p * (1 - p) / (len(met) + 2) + q * (1 - q) / (len(unmet) + 2)
        return float(p - q), sqrt(variance)


def outcome(test: Test, values: Values) -> Outcome:
    """Evaluate a test; raises `ValueError` for one that is untestable."""
    match test:
        case Contrast():
            present, absent = values(test.present, test.metric), values(test.absent, test.metric)
            return _compare(present - absent, np.abs(absent), test.direction, test.margin)
        case Trend():
            before, after = values(test.present, test.before), values(test.present, test.after)
            return _compare(after - before, np.abs(before), test.direction, test.margin)
        case Threshold():
            distance = values(test.present, test.metric) - test.value
            return ByRun(distance, distance > 0 if test.direction == "above" else distance < 0)
        case Conditional():
            happened = values(test.present, test.outcome) > _YES
            sign = 1.0 if test.direction == "likelier" else -1.0
            return ByGroup(happened, _given(test, values), sign, test.margin)
        case Untestable():
            raise ValueError("an untestable claim has no outcome")


def _given(test: Conditional, values: Values) -> Bool[np.ndarray, "run"]:
    """In which runs the condition is met."""
    condition = values(test.present, test.given)
    if test.below is not None:
        return condition < test.below
    return condition > (test.above or 0.0)


def _compare(difference: np.ndarray, size: np.ndarray, direction: str, margin: float) -> ByRun:
    beyond = margin * size
    match direction:
        case "raises" | "rises":
            return ByRun(difference, difference > beyond)
        case "lowers" | "falls":
            return ByRun(difference, difference < -beyond)
        case _:
            return ByRun(difference, np.abs(difference) <= beyond)


def settings_in(test: Test) -> list[Mapping[str, float | str]]:
    """The lever settings that a test needs runs of."""
    if isinstance(test, Untestable):
        return []
    if isinstance(test, Contrast):
        return [test.present, test.absent]
    return [test.present]
