"""What a claim's test comes to in each run."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import erf, sqrt
from typing import Protocol

import numpy as np
from jaxtyping import Bool, Float

from servanda.case.schema import Conditional, Contrast, Test, Threshold, Trend, Untestable

Values = Callable[[Mapping[str, float | str], str], Float[np.ndarray, "run"]]


class Outcome(Protocol):
    """A test's outcome over runs, or over some of them."""

    def probability(self, among: Bool[np.ndarray, "run"] | None = None) -> float:
        """How probable it is that the claim holds, among all runs or those marked."""

    def error(self) -> float:
        """Monte Carlo standard error of the probability."""

    def effect(self) -> float:
        """Mean of the tested difference."""

    def effect_error(self) -> float:
        """Monte Carlo standard error of that mean."""

    def interval(self) -> tuple[float, float]:
        """90 % interval of the difference: over runs, or of a difference between groups of runs."""


@dataclass(frozen=True)
class ByRun:
    """A test that holds or fails in each run: the claim's probability is the share of runs in which it holds."""

    difference: Float[np.ndarray, "run"]
    holds: Bool[np.ndarray, "run"]

    def probability(self, among: Bool[np.ndarray, "run"] | None = None) -> float:
        """Share of runs in which the test holds."""
        return float(np.mean(self.holds if among is None else self.holds[among]))

    def error(self) -> float:
        """Binomial standard error."""
        p = self.probability()
        return sqrt(p * (1 - p) / len(self.holds))

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
    """A test that compares two groups of runs: its probability is that of a difference beyond the margin.

    The difference of two shares is normal to a good approximation; groups with no runs say nothing.
    """

    outcome: Bool[np.ndarray, "run"]
    given: Bool[np.ndarray, "run"]
    sign: float
    margin: float

    def probability(self, among: Bool[np.ndarray, "run"] | None = None) -> float:
        """Probability that the outcome's share differs by more than the margin in the claimed direction."""
        difference, error = self._difference(among)
        if error == 0.0:
            return 0.5 if difference == 0.0 else float(self.sign * difference > self.margin)
        return 0.5 * (1 + erf((self.sign * difference - self.margin) / error / sqrt(2)))

    def error(self) -> float:
        """The probability already expresses Monte Carlo error, so none is added."""
        return 0.0

    def effect(self) -> float:
        """Difference of the shares."""
        return self._difference(None)[0]

    def effect_error(self) -> float:
        """Standard error of the difference."""
        return self._difference(None)[1]

    def interval(self) -> tuple[float, float]:
        """90 % interval of the difference of shares."""
        difference, error = self._difference(None)
        return difference - 1.645 * error, difference + 1.645 * error

    def _difference(self, among: Bool[np.ndarray, "run"] | None) -> tuple[float, float]:
        outcome = self.outcome if among is None else self.outcome[among]
        given = self.given if among is None else self.given[among]
        met, unmet = outcome[given], outcome[~given]
        if len(met) == 0 or len(unmet) == 0:
            return 0.0, 0.0
        p, q = float(met.mean()), float(unmet.mean())
        return p - q, sqrt(p * (1 - p) / len(met) + q * (1 - q) / len(unmet))


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
            condition = values(test.present, test.given)
            given = condition < test.below if test.below is not None else condition > (test.above or 0.0)
            happened = values(test.present, test.outcome) > 0.5
            return ByGroup(happened, given, 1.0 if test.direction == "likelier" else -1.0, test.margin)
        case Untestable():
            raise ValueError("an untestable claim has no outcome")


def _compare(
    difference: np.ndarray, size: np.ndarray, direction: str, margin: float
) -> ByRun:
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
