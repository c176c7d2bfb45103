"""The outcome of a claim's test over runs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import erf, sqrt
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float

from servanda.case.schema import Conditional, Contrast, Test, Threshold, Trend, Untestable
from servanda.ensembles import weighted

Values = Callable[[Mapping[str, float | str], str], Float[np.ndarray, "run"]]

# Yes is one, no is zero.
_YES = 0.5
# Standard errors on either side of the mean that hold 90 % of a normal distribution.
_NINE_TENTHS = 1.645


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
        of_shares: whether the metric is a yes or a no, so that the mean difference is one of
            shares of runs.
    """

    difference: Float[np.ndarray, "run"]
    holds: Bool[np.ndarray, "run"]
    weights: Float[np.ndarray, "run"]
    of_shares: bool = False

    def probability(self, among: Bool[np.ndarray, "run"] | None = None) -> float:
        """Share of runs in which the test holds."""
        rows = slice(None) if among is None else among
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
        """5 % and 95 % quantiles over runs; for shares, 90 % interval of their difference.

        In single runs a yes or a no differs by −1, 0 or 1, which says nothing.
        """
        if self.of_shares:
            return _around(self.effect(), self.effect_error())
        low, high = weighted.quantile(self.difference, (0.05, 0.95), self.weights)
        return float(low), float(high)


@dataclass(frozen=True, eq=False)
class ByGroup:
    """A test that compares the shares of two groups of runs.

    Its probability is the probability of a difference beyond the margin, by the normal
    approximation. If a group has no runs, the probability is one half. Each group gets two more
    runs, one of each outcome (Agresti and Caffo 2000), so that a few equal runs do not make the
    difference certain.

    Attributes:
        outcome: whether the outcome occurred in each run.
        given: whether the condition is met.
        sign: 1 if the claim says that the outcome is likelier under the condition, −1 if rarer.
        margin: the difference that is claimed.
        weights: weights of the runs.
    """

    outcome: Bool[np.ndarray, "run"]
    given: Bool[np.ndarray, "run"]
    sign: float
    margin: float
    weights: Float[np.ndarray, "run"]

    def probability(self, among: Bool[np.ndarray, "run"] | None = None) -> float:
        """The probability that the shares differ as claimed, by more than the margin."""
        difference, error = self._difference(among)
        if error == 0.0:
            return 0.5
        return 0.5 * (1 + erf((self.sign * difference - self.margin) / error / sqrt(2)))

    def error(self) -> float:
        """Zero, because the probability already includes the Monte Carlo error."""
        return 0.0

    def apart(self, among: Bool[np.ndarray, "run"]) -> float:
        """The change of the difference of shares in a group, in standard errors."""
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
        return _around(*self._difference(None))

    def _difference(self, among: Bool[np.ndarray, "run"] | None) -> tuple[float, float]:
        rows = slice(None) if among is None else among
        outcome, given, weights = self.outcome[rows], self.given[rows], self.weights[rows]
        if not weights[given].any() or not weights[~given].any():
            return 0.0, 0.0
        shares, variances = [], []
        for group in (given, ~given):
            runs = weighted.effective(weights[group])
            happened = weighted.mean(outcome[group], weights[group]) * runs
            share = float((happened + 1) / (runs + 2))
            shares.append(share)
            variances.append(share * (1 - share) / (runs + 2))
        return shares[0] - shares[1], sqrt(sum(variances))


def _around(difference: float, error: float) -> tuple[float, float]:
    """The 90 % interval of a difference with this standard error."""
    return difference - _NINE_TENTHS * error, difference + _NINE_TENTHS * error


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
            present, absent = values(test.present, test.metric), values(test.absent, test.metric)
            found = _compare(present - absent, np.abs(absent), test, weights)
        case Trend():
            before, after = values(test.present, test.before), values(test.present, test.after)
            found = _compare(after - before, np.abs(before), test, weights)
        case Threshold():
            distance = values(test.present, test.metric) - test.value
            beyond = distance > 0 if test.direction == "above" else distance < 0
            found = ByRun(distance, beyond, weights)
        case Conditional():
            happened = values(test.present, test.outcome) > _YES
            sign = 1.0 if test.direction == "likelier" else -1.0
            return ByGroup(happened, _given(test, values), sign, test.margin, weights)
        case Untestable():
            raise ValueError("an untestable claim has no outcome")
    return replace(found, of_shares=yes_or_no)


def _given(test: Conditional, values: Values) -> Bool[np.ndarray, "run"]:
    """The runs in which the condition is met."""
    condition = values(test.present, test.given)
    if test.below is not None:
        return condition < test.below
    return condition > (test.above or 0.0)


def _compare(
    difference: np.ndarray, size: np.ndarray, test: Contrast | Trend, weights: np.ndarray
) -> ByRun:
    beyond = test.margin * size
    match test.direction:
        case "raises" | "rises":
            holds = difference > beyond
        case "lowers" | "falls":
            holds = difference < -beyond
        case _:
            holds = np.abs(difference) <= beyond
    return ByRun(difference, holds, weights)


def settings_in(test: Test) -> list[Mapping[str, float | str]]:
    """The levers of the policies that a test needs runs of."""
    if isinstance(test, Untestable):
        return []
    if isinstance(test, Contrast):
        return [test.present, test.absent]
    return [test.present]
