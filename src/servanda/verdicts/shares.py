"""Tests that compare two shares of runs: between groups of runs, or in the same runs twice."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from math import erf, inf, sqrt
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float

from servanda.ensembles import weighted

# Standard errors on either side of the mean that hold 90 % of a normal distribution.
_NINE_TENTHS = 1.645


class OfShares(ABC):
    """A test that compares two shares of runs.

    Its probability is the probability of a difference as claimed, by the normal approximation. Two
    runs, one of each outcome, are added to each share before it is computed, so that a few equal
    runs do not make the difference certain.
    """

    def probability(self, among: Bool[np.ndarray, "run"] | None = None) -> float:
        """The probability that the shares differ as claimed."""
        difference, error = self.smoothed(among)
        if error == 0.0:
            return 0.5
        low, high = (_normal((end - difference) / error) for end in self.claimed(among))
        return high - low

    def error(self) -> float:
        """Zero, because the probability already includes the Monte Carlo error."""
        return 0.0

    def apart(self, among: Bool[np.ndarray, "run"]) -> float:
        """The change of the difference of shares in a group, in standard errors."""
        part, error = self.smoothed(among)
        return (part - self.smoothed(None)[0]) / error if error else 0.0

    def interval(self) -> tuple[float, float]:
        """90 % interval of the difference of shares."""
        return around(self.effect(), self.effect_error())

    @abstractmethod
    def smoothed(self, among: Bool[np.ndarray, "run"] | None) -> tuple[float, float]:
        """The difference with the added runs, and its standard error; zeros if nothing is known."""

    @abstractmethod
    def claimed(self, among: Bool[np.ndarray, "run"] | None) -> tuple[float, float]:
        """The ends of the differences that are claimed."""

    @abstractmethod
    def effect(self) -> float:
        """Difference of the shares."""

    @abstractmethod
    def effect_error(self) -> float:
        """Standard error of the difference."""


@dataclass(frozen=True, eq=False)
class ByGroup(OfShares):
    """A test that compares the shares of two groups of runs (Agresti and Caffo 2000).

    If a group has no runs, the probability is one half.

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

    def claimed(self, among: Bool[np.ndarray, "run"] | None) -> tuple[float, float]:  # noqa: ARG002
        """Beyond the margin, on the side of the claim."""
        return (self.margin, inf) if self.sign > 0 else (-inf, -self.margin)

    def effect(self) -> float:
        """Difference of the shares, with the added runs."""
        return self.smoothed(None)[0]

    def effect_error(self) -> float:
        """Standard error of the difference."""
        return self.smoothed(None)[1]

    def smoothed(self, among: Bool[np.ndarray, "run"] | None) -> tuple[float, float]:
        """The difference with the added runs, and its standard error; zeros without two groups."""
        rows = rows_of(among)
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


@dataclass(frozen=True, eq=False)
class ByAnswer(OfShares):
    """A test that compares the shares of yes in the same runs, twice (Agresti and Min 2005).

    The answer is the same in most runs. The claim is about how often it is yes, so runs without a
    change do not speak against it. If no run changes, the shares do not differ.

    Attributes:
        before, after: the answers, yes being one and no zero, that the claim compares.
        direction: whether the share of `after` is claimed to be larger (1), smaller (−1), or to
            differ by no more than the margin (0).
        margin: the difference that is claimed, as a share of that of `before`.
        weights: weights of the runs.
    """

    before: Float[np.ndarray, "run"]
    after: Float[np.ndarray, "run"]
    direction: Literal[-1, 0, 1]
    margin: float
    weights: Float[np.ndarray, "run"]

    def probability(self, among: Bool[np.ndarray, "run"] | None = None) -> float:
        """The probability that the shares differ as claimed."""
        rows = rows_of(among)
        if (self.before[rows] == self.after[rows]).all():
            return float(self.direction == 0)
        return super().probability(among)

    def claimed(self, among: Bool[np.ndarray, "run"] | None) -> tuple[float, float]:
        """Beyond the margin or within it."""
        rows = rows_of(among)
        margin = self.margin * float(weighted.mean(self.before[rows], self.weights[rows]))
        ends: dict[int, tuple[float, float]] = {
            1: (margin, inf),
            0: (-margin, margin),
            -1: (-inf, -margin),
        }
        return ends[self.direction]

    def effect(self) -> float:
        """Difference of the shares."""
        return float(weighted.mean(self.after - self.before, self.weights))

    def effect_error(self) -> float:
        """Standard error of the mean difference over independent runs."""
        return weighted.mean_error(self.after - self.before, self.weights)

    def smoothed(self, among: Bool[np.ndarray, "run"] | None) -> tuple[float, float]:
        """The difference and its error with two more runs, half of one with each pair of answers.

        Of these, one changes, half to yes and half to no.
        """
        rows = rows_of(among)
        weights, change = self.weights[rows], (self.after - self.before)[rows]
        if not weights.any():
            return 0.0, 0.0
        runs = weighted.effective(weights)
        total = runs + 2
        difference = float(weighted.mean(change, weights)) * runs / total
        squares = (float(weighted.mean(change**2, weights)) * runs + 1) / total
        return difference, sqrt((squares - difference**2) / total)


def _normal(deviate: float) -> float:
    """The probability of less than so many standard errors."""
    return 0.5 * (1 + erf(deviate / sqrt(2)))


def rows_of(among: Bool[np.ndarray, "run"] | None) -> Bool[np.ndarray, "run"] | slice:
    """The runs of a group, or all runs."""
    return slice(None) if among is None else among


def around(difference: float, error: float) -> tuple[float, float]:
    """The 90 % interval of a difference with this standard error."""
    return difference - _NINE_TENTHS * error, difference + _NINE_TENTHS * error
