"""Product substitution: what an embargo took from one set of goods, and others won back.

China's recorded imports from North Korea, by year. The bans of 2017 (UNSC 2371, 2375, 2397) cover
coal, iron ore, apparel and seafood; wigs and electricity are not banned. With B what the banned
goods earned,

    L_y = max(0, e^κ·B_2016 − B_y),  κ ~ N(0, .2)       nothing in 2016
    log y_p = level + log(1 + θ_p g_y / b_p) + ε,       b_p the value of 2016

κ carries that nobody knows what the banned goods would have earned since: 2016 is one year, with
coal already capped on paper (UNSC 2270, 2321), and prices moved. L is spread evenly over a year's
months, g follows it through the recursions of `studies.rerouting.diversion` and is summed by year.

**The border closure of 2020–22** is not the embargo. Wigs cross by road and rail: their three
closed years are no evidence here, and their clock stands still (`closure="stops"`; "runs" lets it
go on, the years being left out all the same). Electricity goes over wires, so its years all count.

The rate of substitution is Σ_p θ_p g over L: earnings through *these two* products. **The rest**
(total less all listed) cannot be divided: lead, machinery, wood, stone and food in it were banned
too, so that its fall since 2016 says nothing. `rest_bound` counts all that is left of it as
substitution: an upper bound on what recorded trade won back. Smuggling is in no figure.

Priors, chosen before any fit: ρ and s of the case's route `world-to-north-korea`; θ_p ~ LN(.05,
1.5), wide because products differ by orders of magnitude, the sum's mean near the case's ceiling.
There are six years of wigs and nine of electricity: intervals are wide and stay so.

Source: after the question of Haggard and Noland, "Hard Target: Sanctions, Inducements, and the Case
of North Korea" (Stanford University Press, 2017): whether an economy that has lost its exports
finds others.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import Float64, Int64

from servanda.errors import CaseError, UsageError
from servanda.sources.comtrade import TOTAL, Years, read_headings
from studies.rerouting.diversion import Variant, diverted
from studies.rerouting.fit import (
    Interval,
    Joint,
    Mixture,
    Noise,
    SeriesFit,
    between,
    combine,
    forecast,
    weigh,
)
from studies.rerouting.priors import Lognormal, Priors, Seed, Shared

BANNED = ("2701_coal", "2601_iron_ore", "61_knit_apparel", "62_woven_apparel", "03_seafood")
WIGS, ELECTRICITY = "6704_wigs", "2716_electricity"
UNBANNED = (WIGS, ELECTRICITY)
BASE_YEAR = 2016
CLOSED = (2020, 2021, 2022)
SHORTEST = 3  # years: the baseline, and two to see growth in
MONTHS = 12
DRAWS = 4000
BASELINE_LOG_SD = 0.2  # of κ
PRIORS = Priors(
    ceiling=Lognormal(0.05, 1.5),
    rate=Lognormal(0.06, 0.6),
    seed=Seed(2, 18),
    noise=Noise((0.0,), shape=2.0, scale=0.4),
    nodes=(5, 33, 9, 61),
)

Closure = Literal["stops", "runs"]


@dataclass(frozen=True, slots=True)
class Imports:
    """Imports from the embargoed country by year and product, USD m.

    Attributes:
        years: Without a gap, from the baseline on.
        banned: All banned products together.
        unbanned: Each product that is not banned.
        rest: What is in the total and not listed.
    """

    years: tuple[int, ...]
    banned: Years
    unbanned: Mapping[str, Years]
    rest: Years


def read_imports(path: Path) -> Imports:
    """Imports of the products that the study names, from the table of UN Comtrade.

    Raises:
        CaseError: The file is not what `servanda.sources.comtrade` expects, too few years are in
            it, the first is not the baseline, or an unbanned product has nothing in a year.
    """
    found = read_headings(path, (*UNBANNED, *BANNED))
    years, value = found.years, found.value
    if len(years) < SHORTEST:
        raise CaseError(path.name, f"{len(years)} years", f"{SHORTEST} or more")
    if years[0] != BASE_YEAR:
        raise CaseError(path.name, f"{years[0]} first", f"{BASE_YEAR}, the baseline")
    _check_positive(path, years, value)
    banned = np.sum([value[c] for c in BANNED], axis=0)
    unbanned = {c: value[c] for c in UNBANNED}
    rest = value[TOTAL] - banned - sum(unbanned.values())
    return Imports(years, banned, unbanned, rest)


def _check_positive(path: Path, years: tuple[int, ...], columns: Mapping[str, Years]) -> None:
    for column in UNBANNED:
        for year, value in zip(years, columns[column], strict=True):
            if value == 0:
                raise CaseError(f"{path.name}, {year}", f"no {column}", "a positive number")


@dataclass(frozen=True, slots=True)
class SubstitutionFit:
    """A variant held against the record.

    Attributes:
        variant: Which.
        imports: The record.
        series: The fit of each unbanned product.
        seen: For each, the years that count as evidence.
        theta: Nodes of θ.
        shared: The nodes that all products share.
        loss: L by year, at each.
        closure: What the closed border does to the clock of wigs.
    """

    variant: Variant
    imports: Imports
    series: tuple[SeriesFit, ...]
    seen: tuple[tuple[int, ...], ...]
    theta: Float64[np.ndarray, " theta"]
    shared: Shared
    loss: Float64[np.ndarray, "shared year"]
    closure: Closure

    def joint(self, origin: int) -> Joint:
        """Weights of all nodes from the years up to one."""
        return combine(self.series, [self._known(p, origin) for p in (0, 1)], self.shared.weight)

    def foresee(self, origin: int, product: str) -> Mixture:
        """Forecast a product's log earnings of the year after the origin, share lost carried on."""
        row = UNBANNED.index(product)
        year = origin + 1
        if year not in self.seen[row]:
            raise UsageError(
                f"forecast of {product} in {year}",
                "a year that is no evidence",
                "one of " + ", ".join(map(str, self.seen[row][1:])),
            )
        last = self.imports.years.index(origin)
        loss = self.loss.copy()
        loss[:, last + 1] = loss[:, last]
        path = self._diverted(product, loss)[:, last + 1]
        rise = np.log1p(path[:, None] * self.theta / self.imports.unbanned[product][0])
        known, at = self._known(row, origin), self.seen[row].index(year)
        return forecast(self.series[row], self.joint(origin).of(row), known, at, rise)

    def rate_of_substitution(self, origin: int, years: tuple[int, ...]) -> dict[int, Interval]:
        """Σ θ g over L in some years, from what was known at the origin."""
        random = np.random.default_rng(2017)
        shared, chosen = self.joint(origin).draw(DRAWS, random)
        gained = np.zeros((DRAWS, len(self.imports.years)))
        for row, product in enumerate(UNBANNED):
            cells = (chosen[row, :, 0], shared, chosen[row, :, 1])
            level = self.series[row].coefficients(self._known(row, origin), cells, random)[:, 0]
            theta = between(self.theta, self.theta[chosen[row, :, 1]], random)
            path = self._diverted(product, self.loss)[shared]
            gained += (theta * np.exp(level))[:, None] * path
        at = [self.imports.years.index(year) for year in years]
        shares = gained[:, at] / self.loss[shared][:, at]
        return {year: Interval.of(shares[:, column]) for column, year in enumerate(years)}

    def parameters(self, origin: int) -> dict[str, Interval]:
        """Posterior of Σ θ ("ceiling"), each product's θ, ρ ("rate") and s ("seed")."""
        random = np.random.default_rng(2018)
        shared, chosen = self.joint(origin).draw(DRAWS, random)
        theta = between(self.theta, self.theta[chosen[:, :, 1]], random)
        rate = between(np.unique(self.shared.rate), self.shared.rate[shared], random)
        return {
            "ceiling": Interval.of(theta.sum(axis=0)),
            **{product: Interval.of(theta[row]) for row, product in enumerate(UNBANNED)},
            "rate": Interval.of(rate),
            "seed": Interval.of(self.shared.seed[shared]),
        }

    def _known(self, row: int, origin: int) -> int:
        return sum(year <= origin for year in self.seen[row])

    def _diverted(
        self, product: str, loss: Float64[np.ndarray, "shared year"]
    ) -> Float64[np.ndarray, "shared year"]:
        stopped = product == WIGS and self.closure == "stops"
        return _by_year(self.variant, self.imports.years, loss, self.shared, stopped)


def fit(
    imports: Imports,
    variant: Variant,
    priors: Priors = PRIORS,
    closure: Closure = "stops",
) -> SubstitutionFit:
    """Hold a variant against the record.

    Args:
        imports: By product, from 2016.
        variant: The theory; "none" for no substitution.
        priors: Other priors than the module's.
        closure: Whether the clock of wigs stands still while the border is closed.
    """
    shared = priors.shared(variant)
    expected = imports.banned[0] * np.exp(BASELINE_LOG_SD * shared.expected)
    loss = np.maximum(expected[:, None] - imports.banned, 0.0)
    loss[:, 0] = 0.0
    theta, theta_weight = priors.ceilings(variant)
    series, seen = [], []
    for product in UNBANNED:
        stopped = product == WIGS and closure == "stops"
        path = _by_year(variant, imports.years, loss, shared, stopped)
        counted: Int64[np.ndarray, " seen"] = np.array(
            [i for i, y in enumerate(imports.years) if product != WIGS or y not in CLOSED]
        )
        values = imports.unbanned[product]
        rise = np.log1p(path[:, None, counted] * theta[:, None] / values[0])
        design = np.ones((len(counted), 1))
        logs = np.log(values[counted])
        series.append(
            weigh(logs, rise, design, np.ones(1), priors.noise, theta_weight, slice(0, 1))
        )
        seen.append(tuple(imports.years[i] for i in counted))
    held = tuple(series), tuple(seen)
    return SubstitutionFit(variant, imports, *held, theta, shared, loss, closure)


def _by_year(
    variant: Variant,
    years: tuple[int, ...],
    loss: Float64[np.ndarray, "shared year"],
    shared: Shared,
    stopped: bool,
) -> Float64[np.ndarray, "shared year"]:
    """Sum g by year; nothing in closed years where the clock stands still."""
    running = [i for i, year in enumerate(years) if not (stopped and year in CLOSED)]
    monthly = np.repeat(loss[:, running] / MONTHS, MONTHS, axis=1)
    path = diverted(variant, monthly, shared.rate, shared.seed)
    whole = np.zeros_like(loss)
    whole[:, running] = path.reshape(len(loss), len(running), MONTHS).sum(axis=2)
    return whole


def gain_share(imports: Imports, year: int) -> float:
    """What the unbanned products earn above 2016, over what the banned ones lost: plain sums."""
    at = imports.years.index(year)
    gained = sum(float(values[at] - values[0]) for values in imports.unbanned.values())
    return gained / float(imports.banned[0] - imports.banned[at])


def rest_bound(imports: Imports, year: int) -> float:
    """The same if all that is left of the rest were substitution: an upper bound."""
    at = imports.years.index(year)
    return gain_share(imports, year) + float(
        imports.rest[at] / (imports.banned[0] - imports.banned[at])
    )


def last_value(imports: Imports, origin: int, product: str, noise: Noise) -> Mixture:
    """Rival: next year is as this one, with the spread of the yearly changes so far.

    The noise's prior is that of the model, so that one change is enough to forecast from.
    """
    known = imports.years.index(origin) + 1
    logs = np.log(imports.unbanned[product][:known])
    changes = np.diff(logs)
    shape = noise.shape + len(changes) / 2
    rate = noise.shape * noise.scale**2 + float(changes @ changes) / 2
    one = np.ones(1)
    return Mixture(one, logs[-1:], math.sqrt(rate / shape) * one, 2 * shape)
