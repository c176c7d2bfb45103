"""Parameters and their priors: a distribution, bounds that truncate it, and its sources.

This module holds priors as data. `servanda.ensembles` builds the distributions and draws from them.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from math import inf, isfinite, log
from statistics import NormalDist
from typing import Literal

from servanda.errors import CaseError
from servanda.files.fields import Status

# The biases of source classes: parameters of observation, and of no mechanism.
BIAS = "observation.bias"
# How far each series may lie off the model on the log scale: an uncertain input that no case lists.
DISCREPANCY = "observation.discrepancy"

Family = Literal["normal", "lognormal", "beta", "uniform", "fixed"]

# Bounds may remove the tails of a prior. Less mass within the bounds than this is an error.
_MASS_WITHIN_BOUNDS = 0.9


@dataclass(frozen=True)
class Prior:
    """The prior of one parameter: a distribution truncated to its bounds.

    Attributes:
        family: `normal` (mean, sd), `lognormal` (median, sd of the log), `beta` (a, b), `uniform`
            (low, high) or `fixed` (value).
        numbers: the numbers of the family, in the parameter's unit.
        low, high: bounds of draws, in the same unit. The bounds of a beta are 0 and 1.
        unit: the unit of the numbers and the bounds.
        status: `measured`, `estimated` or `assumed`.
        sources: ids of evidence rows or keys of sources.
        note: the reason for this prior.
        wider: the prior without the figures and sources that this one cites, or None.
    """

    family: Family
    numbers: tuple[float, ...]
    low: float
    high: float
    unit: str
    status: Status
    sources: tuple[str, ...] = ()
    note: str = ""
    wider: "Prior | None" = None

    def without(self, sources: Collection[str]) -> "Prior":
        """The wider form, if there is one and this prior cites one of these sources."""
        return self.wider if self.wider and not set(sources).isdisjoint(self.sources) else self

    @property
    def centre(self) -> float:
        """One number that stands for the prior: its median, or the mean of a beta."""
        match self.family:
            case "beta":
                return self.numbers[0] / (self.numbers[0] + self.numbers[1])
            case "uniform":
                return sum(self.numbers) / 2
            case _:
                return self.numbers[0]

    @property
    def arguments(self) -> tuple[float, float, float, float]:
        """The two numbers (the second is zero if there is only one) and the bounds."""
        second = self.numbers[1] if len(self.numbers) > 1 else 0.0
        return self.numbers[0], second, self.low, self.high

    def check(self, where: str) -> None:
        """Raise `CaseError` if the numbers are not a distribution or lie outside the bounds."""
        wanted = 1 if self.family == "fixed" else 2
        if len(self.numbers) != wanted:
            raise CaseError(
                where=where,
                found=f"{self.family} with {len(self.numbers)} numbers",
                expected=f"{self.family} with {wanted}",
            )
        if not all(map(isfinite, (*self.numbers, self.low, self.high))):
            raise CaseError(where=where, found=str(self), expected="finite numbers and bounds")
        if self.low > self.high:
            raise CaseError(where=where, found=str(self), expected="a low bound below the high one")
        if wrong := self._wrong_shape():
            raise CaseError(where=where, found=str(self), expected=wrong)
        mass = self._mass_within()
        if mass < _MASS_WITHIN_BOUNDS:
            raise CaseError(
                where=where,
                found=f"{self} with {mass:.0%} of its mass within the bounds",
                expected=f"at least {_MASS_WITHIN_BOUNDS:.0%}",
                hint="widen the bounds, or move the prior",
            )

    def __str__(self) -> str:
        numbers = ", ".join(f"{number:g}" for number in self.numbers)
        return f"{self.family} [{numbers}] in [{self.low:g}, {self.high:g}]"

    def _wrong_shape(self) -> str:
        """The requirement of the family that the numbers do not meet; empty if they meet all."""
        first, second, low, high = self.arguments
        match self.family:
            case "normal" if second <= 0:
                return "a standard deviation above zero"
            case "lognormal" if first <= 0 or second <= 0:
                return "a median and a standard deviation of the log above zero"
            case "beta" if first <= 0 or second <= 0:
                return "two numbers above zero"
            case "beta" if (low, high) != (0.0, 1.0):
                return "no bounds: a beta has its own, 0 and 1"
            case "uniform" if first >= second:
                return "its low number below its high one"
        return ""

    def _mass_within(self) -> float:
        """Share of the untruncated distribution that lies within the bounds."""
        first, second, low, high = self.arguments
        match self.family:
            case "fixed":
                return float(low <= first <= high)
            case "beta":
                return 1.0
            case "uniform":
                return max(min(second, high) - max(first, low), 0.0) / (second - first)
            case "lognormal":
                first, low, high = log(first), _log(low), _log(high)
        normal = NormalDist(first, second)
        return normal.cdf(high) - normal.cdf(low)


HALF_NORMAL = Prior(
    family="normal",
    numbers=(0.0, 0.3),
    low=0.0,
    high=3.0,
    unit="dimensionless",
    status="assumed",
    note="half-normal: half of all series lie within a fifth of the model, as one deviation",
)
"""The prior of the discrepancy of a series."""


@dataclass(frozen=True)
class ParameterTable:
    """One parameter table of a mechanism: a prior for each declared member.

    Attributes:
        name: `mechanism.parameter`.
        description: its meaning, in words.
        priors: by member label; a scalar parameter has one member, the empty string.
        otherwise: the value of members that are not listed, or None if all must be listed.
        unit: the unit of its numbers, unless a prior names its own. Members whose unit it does not
            convert to have `otherwise` in their own.
    """

    name: str
    description: str
    unit: str
    priors: Mapping[str, Prior]
    otherwise: float | None = None
    where: str = field(default="", compare=False)


def label(parameter: str, member: str) -> str:
    """The printed name of one parameter: `exchange.cost[PRK>RUS:shells]`."""
    return f"{parameter}[{member}]" if member else parameter


def place_of(table: str, member: str, *, wider: bool = False) -> str:
    """The place of a prior, or of its wider form, in the file of a table at this place."""
    if wider:
        return f"{table}.wider.{member}" if member else f"{table}.wider"
    return f"{table}.of.{member}" if member else f"{table}.value"


def _log(bound: float) -> float:
    return log(bound) if bound > 0 else -inf
