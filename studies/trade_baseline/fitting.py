"""The steps from flows of one year and totals of another to a table of flows by sector.

Arrays are origin by destination in the order of the regions, the rest of the world last, in USD m a
year; the diagonal is domestic trade.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

import numpy as np
from jaxtyping import Bool, Float64

from servanda.errors import UsageError
from servanda.sources.cow_trade import Flows
from servanda.sources.facts import Facts
from servanda.trade.build import WORLD, Build, Gdp, Level, Mirror, Total

GDP_YEAR = 2021
# Series of GDP of the countries that `gdp_usd` omits.
GDP_SERIES = {"PRK": "dprk_gdp_usd"}
USD_M = 1e-6
BN = 1e3  # USD m
ROUNDS = 5000
CLOSE = 1e-9

Matrix = Float64[np.ndarray, "origin destination"]
Marks = Bool[np.ndarray, "origin destination"]
Vector = Float64[np.ndarray, " country"]


def by_sector(build: Build, ratio: float, trade: Flows, facts: Facts) -> tuple[Matrix, Matrix]:
    """The flows of the baseline: fuels, and everything else.

    Args:
        build: The method.
        ratio: Gross output over value added.
        trade: Flows of the year of the seed.
        facts: Facts with levels, shares and GDP.

    Raises:
        CaseError: A needed fact is missing, or there are several.
        UsageError: No flows meet the totals.
    """
    countries = build.countries
    seed = bilateral(trade, build.regions)
    flows, fixed = set_levels(seed * build.growth, countries, build.levels, facts)
    scale_mirror(flows, fixed, countries, build.mirror, facts)
    flows = balanced(flows, fixed, *totals(seed * build.growth, countries, build.totals))
    sold, bought = fuel_totals(countries, build.totals, build.fuels_between_regions)
    fuels = fuels_within(flows, countries, build.levels, sold, bought)
    output = gross_output(build.gdp, ratio, countries, facts)
    spending = output + flows.sum(axis=0) - flows.sum(axis=1)
    home = build.fuels_of_spending * spending - fuels.sum(axis=0)
    np.fill_diagonal(flows, output - flows.sum(axis=1))
    np.fill_diagonal(fuels, home)
    return fuels, flows - fuels


def bilateral(trade: Flows, regions: Mapping[str, Sequence[int]]) -> Matrix:
    """Sum flows over regions: origins in rows, rest of the world last, zero domestic trade."""
    region = {code: i for i, codes in enumerate(regions.values()) for code in codes}
    size = len(regions) + 1
    origin = [region.get(code, size - 1) for code in trade.exporter.tolist()]
    destination = [region.get(code, size - 1) for code in trade.importer.tolist()]
    flows = np.zeros((size, size))
    np.add.at(flows, (origin, destination), trade.musd)
    np.fill_diagonal(flows, 0)
    return flows


def set_levels(
    grown: Matrix, countries: Sequence[str], levels: Sequence[Level], facts: Facts
) -> tuple[Matrix, Marks]:
    """Set the flows of each listed pair to its level, and mark them as fixed."""
    flows = grown.copy()
    fixed = np.eye(len(countries), dtype=bool)
    for level in levels:
        i, j = (countries.index(country) for country in level.pair)
        fixed[i, j] = fixed[j, i] = True
        if level.first_to_second is not None and level.second_to_first is not None:
            flows[i, j], flows[j, i] = level.first_to_second, level.second_to_first
            continue
        factor = _both_ways(level, facts) / (flows[i, j] + flows[j, i])
        flows[i, j] *= factor
        flows[j, i] *= factor
    return flows, fixed


def _both_ways(level: Level, facts: Facts) -> float:
    if level.series is not None and level.year is not None:
        return facts.of_year(level.series, level.year) * USD_M
    return cast(
        float, level.total
    )  # A level without a series has a total; the check of the file ensures this.


def scale_mirror(
    flows: Matrix, fixed: Marks, countries: Sequence[str], mirror: Mirror, facts: Facts
) -> None:
    """Scale a country's other trade until one partner's share of the total is as stated."""
    i, partner = countries.index(mirror.country), countries.index(mirror.partner)
    share = facts.of_year(mirror.series, mirror.year)
    known = flows[i, partner] + flows[partner, i]
    others = [j for j in range(len(countries)) if j not in (i, partner)]
    factor = known * (1 / share - 1) / (flows[i, others].sum() + flows[others, i].sum())
    flows[i, others] *= factor
    flows[others, i] *= factor
    fixed[i] = fixed[:, i] = True


def totals(
    grown: Matrix, countries: Sequence[str], given: Mapping[str, Total]
) -> tuple[Vector, Vector]:
    """Exports and imports of each region; total imports are scaled to total exports."""
    exports, imports = grown.sum(axis=1), grown.sum(axis=0)
    for i, country in enumerate(countries):
        total = given.get(country)
        if total is not None and total.exports is not None:
            exports[i] = total.exports * BN
        if total is not None and total.imports is not None:
            imports[i] = total.imports * BN
    return exports, imports * exports.sum() / imports.sum()


def balanced(flows: Matrix, fixed: Marks, exports: Vector, imports: Vector) -> Matrix:
    """Scale flows that are not fixed by row and column until the totals are met."""
    held, free = np.where(fixed, flows, 0), np.where(fixed, 0, flows)
    rows = (free > 0).any(axis=1)
    columns = (free > 0).any(axis=0)
    # Fixed flows count towards the totals. Flows of the unscaled country do not change.
    row_target, column_target = exports - held.sum(axis=1), imports - held.sum(axis=0)
    column_target[columns] *= row_target[rows].sum() / column_target[columns].sum()
    for _ in range(ROUNDS):
        free[rows] *= (row_target[rows] / free[rows].sum(axis=1))[:, None]
        free[:, columns] *= column_target[columns] / free[:, columns].sum(axis=0)
        if np.abs(free[rows].sum(axis=1) / row_target[rows] - 1).max() < CLOSE:
            met: Matrix = held + free
            return met
    raise UsageError("totals", "no flows that meet them", "totals above what is fixed")


def fuels_within(
    flows: Matrix, countries: Sequence[str], levels: Sequence[Level], sold: Vector, bought: Vector
) -> Matrix:
    """The part of each flow that is fuels."""
    fixed = np.eye(len(countries), dtype=bool)
    fuels = np.zeros_like(flows)
    for level in levels:
        if level.first_fuels is not None:
            i, j = (countries.index(country) for country in level.pair)
            fuels[i, j], fixed[i, j] = level.first_fuels, True
    free = np.where(fixed, 0, flows)
    row_target, column_target = sold - fuels.sum(axis=1), bought - fuels.sum(axis=0)
    column_target *= row_target.sum() / column_target.sum()
    odds, ease = np.full(len(flows), 0.1), np.ones(len(flows))
    for _ in range(ROUNDS):
        odds = _raised(odds, ease[None, :], free, row_target)
        ease = _raised(ease, odds[None, :], free.T, column_target)
        share = _share(odds[:, None] * ease)
        if np.abs((free * share).sum(axis=1) / row_target - 1).max() < CLOSE:
            split: Matrix = fuels + free * share
            return split
    raise UsageError("fuels", "no split that meets their totals", "totals below all trade")


def fuel_totals(
    countries: Sequence[str], given: Mapping[str, Total], between_regions: float
) -> tuple[Vector, Vector]:
    """Fuels exported and imported by each region; the rest of the world has the remainder."""
    sold = [given[country].fuel_exports * BN for country in countries[:-1]]
    bought = [given[country].fuel_imports * BN for country in countries[:-1]]
    return (
        np.array([*sold, between_regions - sum(sold)]),
        np.array([*bought, between_regions - sum(bought)]),
    )


def _share(odds: Matrix) -> Matrix:
    share: Matrix = odds / (1 + odds)
    return share


def _raised(
    own: Vector, others: Float64[np.ndarray, "1 destination"], flows: Matrix, target: Vector
) -> Vector:
    """The factor of each row at which its fuels meet their total, by bisection."""
    low, high = np.full_like(own, -40.0), np.full_like(own, 40.0)
    for _ in range(100):
        middle = (low + high) / 2
        total = (flows * _share(np.exp(middle)[:, None] * others)).sum(axis=1)
        low, high = np.where(total < target, middle, low), np.where(total < target, high, middle)
    factor: Vector = np.exp((low + high) / 2)
    return factor


def gross_output(
    typed: Mapping[str, Gdp], ratio: float, countries: Sequence[str], facts: Facts
) -> Vector:
    """GDP times the ratio of gross output; the rest of the world has the remainder."""
    gdp = [
        typed[country].value if country in typed else _recorded_gdp(country, facts)
        for country in countries[:-1]
    ]
    gdp.append(typed[WORLD].value - sum(gdp))
    return ratio * np.array(gdp, dtype=np.float64)


def _recorded_gdp(country: str, facts: Facts) -> float:
    if country in GDP_SERIES:
        return facts.of_year(GDP_SERIES[country], GDP_YEAR) * USD_M
    return facts.of_year("gdp_usd", GDP_YEAR, country) * USD_M
