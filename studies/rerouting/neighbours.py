"""Rerouting: what sanctions took of exports to a target, and how much went round by neighbours.

Trade without sanctions is a regression in logs on level, month of the year and a slow trend, fitted
to 2019–2021 and carried on. Of the target it gives what would have been sold, and the loss is

    L_t = max(0, expected_t − actual_t)    from 2022-03 on, nothing before

A neighbour c gets b_ct without diversion and θ_c·g_t more, g_t following L by one of the
recursions of `studies.rerouting.diversion`; `studies.rerouting.fit` has the equation and the
exact weights.
How much was lost is uncertain mainly by the level and the trend of what would have been sold, which
move all months together, so that one number, with three Gauss–Hermite nodes, carries it.

Leakage is Σ_c θ_c g_t (in the neighbour's own trade of the time) over L_t. It counts *recorded
destinations*, so as a measure of what reached the target it is neither an upper nor a lower bound:

- too high, by goods that the neighbours kept: firms and people who moved there, their own growth,
  buyers there who had lost Russia as a supplier;
- too low, by the routes that are not in the file: Turkey, the Emirates, Hong Kong, China. Goods
  declared for a neighbour that never left Russia on the way are counted, undeclared ones are not;
- of unknown worth: totals hide which goods went. A phone and a bearing count by their price.

And the loss is what *everything* took: bans, firms' own withdrawal, payment, the rouble, the war.

Priors, chosen before any fit, though after a look at the series, and kept: ρ and s as the case has
them. The case's ceiling is that of all routes, LN(.32, .5); five exchangeable neighbours whose sum
has its mean and variance have θ_c ~ LN(.047, .94) each. That gives these five all of the ceiling,
so it leans high. φ is uniform on {0, .2, .4, .6, .8, .9}: noise as persistent as .9 can pass for
slow diversion, which makes the comparison with no diversion a hard one. Month effects have the sd
of the noise, a year's trend .4 of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from servanda.errors import UsageError
from servanda.sources.eurostat import Exports
from studies.rerouting.diversion import Variant, diverted
from studies.rerouting.fit import Joint, Mixture, Noise, SeriesFit, combine, forecast, weigh
from studies.rerouting.priors import Lognormal, Priors, Seed, Shared
from studies.rerouting.record import NEIGHBOURS, TARGET

BASELINE_END = "2021-12"
SANCTIONS = "2022-03"  # the first whole month after the invasion of 24 February
SHORTEST_BASELINE = 24  # months: below two years there is no telling season from trend
LEVEL_SD, MONTH_SD, TREND_SD = 4.0, 1.0, 0.4  # in units of the noise
PRIORS = Priors(
    ceiling=Lognormal(0.047, 0.94),
    rate=Lognormal(0.12, 0.5),
    seed=Seed(2, 18),
    noise=Noise((0.0, 0.2, 0.4, 0.6, 0.8, 0.9), shape=2.0, scale=0.15),
    nodes=(3, 17, 5, 31),
)

Months = Float64[np.ndarray, " month"]


@dataclass(frozen=True, slots=True)
class Paths:
    """What is lost and diverted at each of the nodes that all neighbours share.

    Attributes:
        expected: What the target would have bought in each month.
        loss: L in each month, zero before the sanctions.
        diverted: g, per unit of θ, if the record's losses are known.
    """

    expected: Float64[np.ndarray, "shared month"]
    loss: Float64[np.ndarray, "shared month"]
    diverted: Float64[np.ndarray, "shared month"]


@dataclass(frozen=True, slots=True)
class NeighboursFit:
    """A variant held against the record.

    Attributes:
        variant: Which.
        exports: The record.
        shared: The nodes that all neighbours share.
        paths: What is lost and diverted at each.
        theta: Nodes of θ.
        baseline: b_ct, what each neighbour would have bought by the fit to 2019–2021.
        series: The fit of each neighbour.
    """

    variant: Variant
    exports: Exports
    shared: Shared
    paths: Paths
    theta: Float64[np.ndarray, " theta"]
    baseline: Float64[np.ndarray, "neighbour month"]
    series: tuple[SeriesFit, ...]

    def joint(self, origin: str) -> Joint:
        """Weights of all nodes from what was known when a month had ended."""
        known = self.exports.index(origin) + 1
        return combine(self.series, [known] * len(self.series), self.shared.weight)

    def foresee(self, joint: Joint, origin: str, month: str, told: bool = False) -> list[Mixture]:
        """Forecast a month's log exports to each neighbour, from what was known at the origin.

        Args:
            joint: The weights at the origin.
            origin: The last month that is known.
            month: The month to forecast, later than the origin.
            told: Whether the target's exports after the origin are known too. Otherwise the share
                lost in the origin's month is carried on against what would have been sold.
        """
        known, at = self.exports.index(origin) + 1, self.exports.index(month)
        path = self.paths.diverted if told else self._carried_on(known)
        return [
            forecast(
                series,
                joint.of(row),
                known,
                at,
                np.log1p(path[:, at, None] * self.theta / self.baseline[row, at]),
            )
            for row, series in enumerate(self.series)
        ]

    def _carried_on(self, known: int) -> Float64[np.ndarray, "shared month"]:
        paths, last = self.paths, known - 1
        share = paths.loss[:, last] / paths.expected[:, last]
        to_come = share[:, None] * paths.expected[:, known:]
        start = paths.diverted[:, last]
        path = diverted(self.variant, to_come, self.shared.rate, self.shared.seed, start)
        whole: Float64[np.ndarray, "shared month"] = np.concatenate(
            [paths.diverted[:, :known], path], axis=1
        )
        return whole


def fit(exports: Exports, variant: Variant, priors: Priors = PRIORS) -> NeighboursFit:
    """Hold a variant against the whole record; `joint` says what any date's past supports.

    Args:
        exports: To the target and the five neighbours.
        variant: The theory; "none" for no diversion.
        priors: Other priors than the module's.

    Raises:
        UsageError: The record has less than two years before 2022, or stops before 2022-03.
    """
    baseline_months = _baseline_months(exports)
    design, prior_sd = regressors(exports.months)
    shared = priors.shared(variant)
    paths = _paths(exports, variant, shared, priors.noise, baseline_months)
    theta, theta_weight = priors.ceilings(variant)
    baseline, series = [], []
    for code in NEIGHBOURS:
        logs = np.log(exports.of(code))
        expected, _ = expectation(logs, design, prior_sd, priors.noise, baseline_months)
        baseline.append(np.exp(expected))
        rise = np.log1p(paths.diverted[:, None, :] * theta[:, None] / baseline[-1])
        level = slice(0, baseline_months)
        series.append(weigh(logs, rise, design, prior_sd, priors.noise, theta_weight, level))
    return NeighboursFit(variant, exports, shared, paths, theta, np.stack(baseline), tuple(series))


def regressors(
    months: tuple[str, ...],
) -> tuple[Float64[np.ndarray, "month coefficient"], Float64[np.ndarray, " coefficient"]]:
    """Level, month of the year and years since mid-2020, and the prior sd of each coefficient."""
    year = np.array([int(month[:4]) + (int(month[5:7]) - 0.5) / 12 for month in months])
    number = np.array([int(month[5:7]) - 1 for month in months])
    season = np.eye(12)[number]
    design = np.concatenate([np.ones((len(months), 1)), season, (year - 2020.5)[:, None]], axis=1)
    return design, np.array([LEVEL_SD, *[MONTH_SD] * 12, TREND_SD])


def expectation(
    logs: Months,
    design: Float64[np.ndarray, "month coefficient"],
    prior_sd: Float64[np.ndarray, " coefficient"],
    noise: Noise,
    known: int,
) -> tuple[Months, float]:
    """Log of trade as it would have gone on, from the first `known` months, and its sd.

    The sd is that of the mean over the months after the baseline: what moves them all together.
    """
    rise = np.zeros((1, 1, len(logs)))
    series = weigh(logs, rise, design, prior_sd, noise, np.ones(1), slice(0, known))
    after = design[known:] if known < len(logs) else design
    beta, sd = series.carried_on(known, after.mean(axis=0))
    return series.offset + design @ beta, sd


def _paths(exports: Exports, variant: Variant, shared: Shared, noise: Noise, known: int) -> Paths:
    design, prior_sd = regressors(exports.months)
    actual = exports.of(TARGET)
    mean, sd = expectation(np.log(actual), design, prior_sd, noise, known)
    expected = np.exp(mean + sd * shared.expected[:, None])
    sanctioned = np.arange(len(actual)) >= exports.index(SANCTIONS)
    loss = np.maximum(expected - actual, 0.0) * sanctioned
    return Paths(expected, loss, diverted(variant, loss, shared.rate, shared.seed))


def _baseline_months(exports: Exports) -> int:
    months = sum(month <= BASELINE_END for month in exports.months)
    if months < SHORTEST_BASELINE:
        raise UsageError(
            f"exports from {exports.months[0]}",
            f"{months} months to {BASELINE_END}",
            f"at least {SHORTEST_BASELINE}",
            hint="the baseline needs two of every month before sanctions",
        )
    return months
