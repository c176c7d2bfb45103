"""The outcome of a claim's test over runs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float

from servanda.case.schema import Conditional, Contrast, Test, Threshold, Trend, Untestable
from servanda.ensembles import weighted
from servanda.verdicts.shares import ByAnswer, ByGroup, around, rows_of

Values = Callable[[Mapping[str, float | str], str], Float[np.ndarray, "run"]]

_DIRECTIONS: dict[str, Literal[-1, 0, 1]] = {
    "raises": 1,
    "rises": 1,
    "leaves": 0,
    "lowers": -1,
    "falls": -1,
}
# Yes is one, no is zero.
_YES = 0.5


@runtime_checkable
class Outcome(Protocol):
    """The outcome of a test over all runs, or over a group of them."""

    def probability(self, among: Bool[np.ndarray, "run"] | None = None) -> float:
        """The probability that the claim holds, over all runs or over the group marked."""

    def error(self) -> float:
        """The Monte Carlo standard error of the probability."""

    def apart(self, among: Bool[np.ndarray, "run"]) -> float:
        """The difference between the group marked and all runs, in standard errors."""

    def effect(self) -> float:
        """The mean of the tested difference."""

    def effect_error(self) -> float:
        """The Monte Carlo standard error of that mean."""

    def interval(self) -> tuple[float, float]:
        """The 90 % interval of the difference, over runs or between groups of runs."""


@dataclass(frozen=True, eq=False)
class ByRun:
    """A test that holds or fails in each run. The claim's probability is the share that holds.

    Attributes:
        difference: the tested difference in each run.
        holds: whether the test holds in each run.
        weights: weights of the runs.
        of_shares: whether the metric is a yes or a no, so that the mean is a share of runs.
    """

    difference: Float[np.ndarray, "run"]
    holds: Bool[np.ndarray, "run"]
    weights: Float[np.ndarray, "run"]
    of_shares: bool = False

    def probability(self, among: Bool[np.ndarray, "run"] | None = None) -> float:
        """Share of runs in which the test holds."""
        rows = rows_of(among)
        return float(weighted.mean(self.holds[rows], self.weights[rows]))

    def error(self) -> float:
        """The binomial standard error."""
        return weighted.share_error(self.probability(), self.weights)

    def apart(self, among: Bool[np.ndarray, "run"]) -> float:
        """The difference between the group's share and that of all runs, in binomial errors."""
        whole = self.probability()
        error = weighted.least_share_error(whole, self.weights[among])
        return (self.probability(among) - whole) / error

    def effect(self) -> float:
        """Mean difference over runs."""
        return float(weighted.mean(self.difference, self.weights))

    def effect_error(self) -> float:
        """Standard error of the mean over independent runs."""
        return weighted.mean_error(self.difference, self.weights)

    def interval(self) -> tuple[float, float]:
        """5 % and 95 % quantiles over runs; of a share, its 90 % interval."""
        if self.of_shares:
            return around(self.effect(), self.effect_error())
        low, high = weighted.quantile(self.difference, (0.05, 0.95), self.weights)
        return float(low), float(high)


def outcome(
    test: Test, values: Values, weights: Float[np.ndarray, "run"], *, yes_or_no: bool = False
) -> Outcome:
    """Evaluate a test.

    Args:
        test: the test of a claim.
        values: gives a metric in every run, by levers and name.
        weights: weights of the runs.
        yes_or_no: whether the metric that the test compares is a yes or a no.

    Raises:
        ValueError: if the test is untestable.
    """
    match test:
        case Contrast():
            before, after = values(test.absent, test.metric), values(test.present, test.metric)
        case Trend():
            before, after = values(test.present, test.before), values(test.present, test.after)
        case Threshold():
            distance = values(test.present, test.metric) - test.value
            beyond = distance > 0 if test.direction == "above" else distance < 0
            return ByRun(distance, beyond, weights, of_shares=yes_or_no)
        case Conditional():
            happened = values(test.present, test.outcome) > _YES
            sign = 1.0 if test.direction == "likelier" else -1.0
            return ByGroup(happened, _given(test, values), sign, test.margin, weights)
        case Untestable():
            raise ValueError("an untestable claim has no outcome")
    direction = _DIRECTIONS[test.direction]
    if yes_or_no:
        return ByAnswer(before, after, direction, test.margin, weights)
    difference, margin = after - before, test.margin * np.abs(before)
    holds = difference * direction > margin if direction else np.abs(difference) <= margin
    return ByRun(difference, holds, weights)


def _given(test: Conditional, values: Values) -> Bool[np.ndarray, "run"]:
    """The runs in which the condition is met."""
    condition = values(test.present, test.given)
    if test.below is not None:
        return condition < test.below
    return condition > (test.above or 0.0)


def settings_in(test: Test) -> list[Mapping[str, float | str]]:
    """The levers of the policies that a test needs runs of."""
    if isinstance(test, Untestable):
        return []
    if isinstance(test, Contrast):
        return [test.present, test.absent]
    return [test.present]
