"""One figure of the record in the form that is compared with runs."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np
from jaxtyping import Float

from servanda.case import Case, Observation, Series, SourceRule, units
from servanda.case.evidence import BOUNDS, REFERENCE
from servanda.case.priors import BIAS, label

REVISION = 0.03
"""How far a source's later figures revise an earlier one: a standard deviation, as a share of it.

A judgement: sources seldom publish one figure twice. In the case `russia-dprk` one source class has
two figures of one amount. They differ by 5 %, or by 3.7 % each.
"""


@dataclass(frozen=True, eq=False)
class Figure:
    """A figure of the record in the form that is compared with runs.

    Attributes:
        observation: the figure as it was published.
        rule: the rule by which its source counts, with the figure's own bound where it has one.
        value: the value that is compared, in the series' unit: the figure, or what it adds to
            other figures of its source class.
        months: the weight of each month of the case.
        resolution: standard deviation of its rounding and revision, in the series' unit.
    """

    observation: Observation
    rule: SourceRule
    value: float
    months: Float[np.ndarray, "month"]
    resolution: float

    @property
    def near(self) -> float:
        """The scale h below which its error is absolute; a count of events has none."""
        return self.resolution / (self.rule.error or 1.0)

    @property
    def bias(self) -> str | None:
        """The printed name of the bias of its source; None for the reference class."""
        return None if self.rule.bias == REFERENCE else label(BIAS, self.rule.bias)

    @property
    def weights(self) -> Float[np.ndarray, "month"]:
        """The weight of each month in what its source counts."""
        return np.asarray(self.months / self.rule.equivalence)

    @property
    def time(self) -> float:
        """The middle of the months that it is about."""
        weights = np.abs(self.months)
        return float(weights @ np.arange(len(weights)) / weights.sum())

    def less(self, others: Sequence["Figure"]) -> "Figure":
        """What the figure adds to others of its source class.

        Rounding and revision of all of them remain in the difference. A figure less a bound is an
        estimate, because a bound less a bound bounds nothing.
        """
        every = (self, *others)
        revised = [REVISION * one.value for one in every] if others else []
        estimates = all(other.rule.bound == "estimate" for other in others)
        return replace(
            self,
            rule=self.rule if estimates else self.rule.model_copy(update={"bound": "estimate"}),
            value=self.value - sum(other.value for other in others),
            months=self.months - sum(other.months for other in others),
            resolution=float(np.hypot.reduce([*(one.resolution for one in every), *revised])),
        )

    def times(self, factor: float) -> "Figure":
        """The figure in a unit of which so many are one of the present unit."""
        return replace(
            self,
            value=self.value * factor,
            months=self.months * factor,
            resolution=self.resolution * factor,
        )


def figure_of(
    case: Case, series: Series, o: Observation, months: Float[np.ndarray, "month"]
) -> Figure:
    """A figure as it was published, compared with so much of each month."""
    rule = rule_of(case, series, o)
    if o.bound is not None:
        rule = rule.model_copy(update={"bound": BOUNDS[o.bound]})
    factor = units.factor(o.unit, series.unit, o.id)
    return Figure(o, rule, o.value * factor, months, rounding(o.value) * factor)


def rule_of(case: Case, series: Series, o: Observation) -> SourceRule:
    """The rule by which the source of a figure counts."""
    return series.rule(case.evidence.source(o.source).source_class)


def rounding(value: float) -> float:
    """Standard deviation of the rounding of a published figure.

    The last digit that is not zero was rounded: 24,000 lies between 23,500 and 24,500, each value
    as likely as the others.
    """
    exponent = Decimal(repr(value)).normalize().as_tuple().exponent
    return float(10.0 ** int(exponent) / np.sqrt(12.0))
