#!/usr/bin/env python3
"""Fit the flows of the world without sanctions, from which a case's regimes are solved.

    scripts/trade_baseline.py --data DIR [--out FILE]

DIR holds the publishers' files, which never enter the repository:

- `trade/cow_trade_v4_directed_dyadyear.parquet`, COW Trade 4.0 (Barbieri and Keshk), one row a year
  and importer (`ccode1`) with what it bought from `ccode2` (`flow1`, USD m; −9 or empty: missing);
- `facts/facts.csv`, this project's facts (`gdp_usd`, `dprk_gdp_usd` and the series that
  `trade_baseline.toml` names).

`[build]` of the case's `trade_baseline.toml` says how. Flows of 2014, summed over regions, are the
seed; the pairs listed there are put at their level of 2021; all others are scaled by row and column
until every region's exports and imports are those of 2021 (biproportional fitting: Deming and
Stephan, Annals of Mathematical Statistics 11, 1940). Fuels are then split off so that each region
sells and buys the fuels that are recorded, with odds a_i·b_j of a dollar from i to j being fuels:
of all splits with these totals the one without further association. Output is the case's
`trade_baseline.csv`, to three digits.
"""

from __future__ import annotations

import argparse
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from servanda.errors import ServandaError, UsageError

ROOT = Path(__file__).resolve().parents[1]
CASE = ROOT / "src/servanda/cases/russia-dprk"
SPEC = CASE / "trade_baseline.toml"
TABLE = CASE / "trade_baseline.csv"
TRADE = "trade/cow_trade_v4_directed_dyadyear.parquet"
FACTS = "facts/facts.csv"
GDP_YEAR = 2021
USD_M = 1e-6
BN = 1e3  # USD m
ROUNDS = 5000
CLOSE = 1e-9

Matrix = np.ndarray[tuple[int, int], np.dtype[np.float64]]
Vector = np.ndarray[tuple[int], np.dtype[np.float64]]


def fitted(data: Path) -> pd.DataFrame:
    """The flows of the baseline: sector, origin, destination and USD m a year."""
    whole = tomllib.loads(SPEC.read_text(encoding="utf-8"))
    spec = whole["build"]
    facts = pd.read_csv(data / FACTS)
    countries = (*spec["regions"], spec["rest"])
    seed = bilateral(pd.read_parquet(data / TRADE), spec, countries)
    flows, fixed = set_levels(seed, countries, spec, facts)
    scale_mirror(flows, fixed, countries, spec["mirror"], facts)
    flows = balanced(flows, fixed, *totals(seed, countries, spec))
    fuels = fuels_within(flows, countries, spec)
    output = gross_output(spec, whole["gross_output_ratio"], countries, facts)
    spending = output + flows.sum(axis=0) - flows.sum(axis=1)
    home = spec["fuels_of_spending"] * spending - fuels.sum(axis=0)
    np.fill_diagonal(flows, output - flows.sum(axis=1))
    np.fill_diagonal(fuels, home)
    rows = [
        (sector, origin, destination, float(f"{values[i, j]:.3g}"))
        for sector, values in zip(whole["sectors"], (fuels, flows - fuels), strict=True)
        for i, origin in enumerate(countries)
        for j, destination in enumerate(countries)
    ]
    return pd.DataFrame(rows, columns=["sector", "origin", "destination", "musd_year"])


def bilateral(trade: pd.DataFrame, spec: dict[str, Any], countries: Sequence[str]) -> Matrix:
    """Sum the year's flows over regions: origins in rows, nothing on the diagonal."""
    rows = trade[(trade["year"] == spec["year"]) & (trade["flow1"] >= 0)]
    region = {code: i for i, name in enumerate(countries[:-1]) for code in spec["regions"][name]}
    rest = len(countries) - 1
    origin = rows["ccode2"].map(region).fillna(rest).astype(int)
    destination = rows["ccode1"].map(region).fillna(rest).astype(int)
    flows = np.zeros((len(countries), len(countries)))
    np.add.at(flows, (origin, destination), rows["flow1"].to_numpy(dtype=np.float64))
    np.fill_diagonal(flows, 0)
    return flows


def fact(facts: pd.DataFrame, series: str, year: int, actor: str | None = None) -> float:
    """The one value of a series about a whole year."""
    rows = facts[(facts["series"] == series) & (facts["date"].astype(str) == str(year))]
    if actor is not None:
        rows = rows[rows["actor"] == actor]
    if len(rows) != 1:
        raise UsageError(f"{FACTS}: {series}, {year}", f"{len(rows)} rows", "one row")
    return float(rows["value"].iloc[0])


def set_levels(
    seed: Matrix, countries: Sequence[str], spec: dict[str, Any], facts: pd.DataFrame
) -> tuple[Matrix, Matrix]:
    """Put the flows of each listed pair at the level it gives, and mark them as fixed."""
    flows = seed * spec["growth"]
    fixed = np.eye(len(countries), dtype=bool)
    for level in spec["levels"]:
        i, j = (countries.index(country) for country in level["pair"])
        fixed[i, j] = fixed[j, i] = True
        if "first_to_second" in level:
            flows[i, j], flows[j, i] = level["first_to_second"], level["second_to_first"]
            continue
        series = level.get("series")
        total = fact(facts, series, level["year"]) * USD_M if series else level["total"]
        factor = total / (flows[i, j] + flows[j, i])
        flows[i, j] *= factor
        flows[j, i] *= factor
    return flows, fixed


def scale_mirror(
    flows: Matrix,
    fixed: Matrix,
    countries: Sequence[str],
    spec: dict[str, Any],
    facts: pd.DataFrame,
) -> None:
    """Scale a country's other trade until one partner's share of the total is as stated."""
    i, partner = countries.index(spec["country"]), countries.index(spec["partner"])
    share = fact(facts, spec["series"], spec["year"])
    known = flows[i, partner] + flows[partner, i]
    others = [j for j in range(len(countries)) if j not in (i, partner)]
    factor = known * (1 / share - 1) / (flows[i, others].sum() + flows[others, i].sum())
    flows[i, others] *= factor
    flows[others, i] *= factor
    fixed[i] = fixed[:, i] = True


def totals(seed: Matrix, countries: Sequence[str], spec: dict[str, Any]) -> tuple[Vector, Vector]:
    """What each region sells to and buys from the others; imports are scaled to exports."""
    given = spec["totals"]
    exports, imports = seed.sum(axis=1) * spec["growth"], seed.sum(axis=0) * spec["growth"]
    for i, country in enumerate(countries):
        total = given.get(country, {})
        exports[i] = total.get("exports", exports[i] / BN) * BN
        imports[i] = total.get("imports", imports[i] / BN) * BN
    return exports, imports * exports.sum() / imports.sum()


def balanced(flows: Matrix, fixed: Matrix, exports: Vector, imports: Vector) -> Matrix:
    """Scale what is not fixed by row and column until the totals are met."""
    held, free = np.where(fixed, flows, 0), np.where(fixed, 0, flows)
    rows = (free > 0).any(axis=1)
    columns = (free > 0).any(axis=0)
    # Fixed flows count towards the totals; what the unscaled country sells and buys stays.
    row_target, column_target = exports - held.sum(axis=1), imports - held.sum(axis=0)
    column_target[columns] *= row_target[rows].sum() / column_target[columns].sum()
    for _ in range(ROUNDS):
        free[rows] *= (row_target[rows] / free[rows].sum(axis=1))[:, None]
        free[:, columns] *= column_target[columns] / free[:, columns].sum(axis=0)
        if np.abs(free[rows].sum(axis=1) / row_target[rows] - 1).max() < CLOSE:
            return held + free
    raise UsageError("totals", "no flows that meet them", "totals above what is fixed")


def fuels_within(flows: Matrix, countries: Sequence[str], spec: dict[str, Any]) -> Matrix:
    """Of each flow, what is fuels."""
    sold, bought = fuel_totals(countries, spec)
    fixed = np.eye(len(countries), dtype=bool)
    fuels = np.zeros_like(flows)
    for level in spec["levels"]:
        if "first_fuels" in level:
            i, j = (countries.index(country) for country in level["pair"])
            fuels[i, j], fixed[i, j] = level["first_fuels"], True
    free = np.where(fixed, 0, flows)
    row_target, column_target = sold - fuels.sum(axis=1), bought - fuels.sum(axis=0)
    column_target *= row_target.sum() / column_target.sum()
    odds, ease = np.full(len(flows), 0.1), np.ones(len(flows))
    for _ in range(ROUNDS):
        odds = _raised(odds, ease[None, :], free, row_target)
        ease = _raised(ease, odds[None, :], free.T, column_target)
        share = _share(odds[:, None] * ease)
        if np.abs((free * share).sum(axis=1) / row_target - 1).max() < CLOSE:
            return fuels + free * share
    raise UsageError("fuels", "no split that meets their totals", "totals below all trade")


def fuel_totals(countries: Sequence[str], spec: dict[str, Any]) -> tuple[Vector, Vector]:
    """Fuels sold and bought by each region; the rest of the world has what the others leave."""
    given = [spec["totals"][country] for country in countries[:-1]]
    sold = [total["fuel_exports"] * BN for total in given]
    bought = [total["fuel_imports"] * BN for total in given]
    world = spec["fuels_between_regions"]
    return np.array([*sold, world - sum(sold)]), np.array([*bought, world - sum(bought)])


def _share(odds: Matrix) -> Matrix:
    return odds / (1 + odds)


def _raised(own: Vector, others: Matrix, flows: Matrix, target: Vector) -> Vector:
    """The factor of each row at which its fuels are as many as they should be, by bisection."""
    low, high = np.full_like(own, -40.0), np.full_like(own, 40.0)
    for _ in range(100):
        middle = (low + high) / 2
        total = (flows * _share(np.exp(middle)[:, None] * others)).sum(axis=1)
        low, high = np.where(total < target, middle, low), np.where(total < target, high, middle)
    return np.exp((low + high) / 2)


def gross_output(
    spec: dict[str, Any], ratio: float, countries: Sequence[str], facts: pd.DataFrame
) -> Vector:
    """GDP times the ratio of gross output to it; the rest of the world is what the others leave."""
    typed = spec["gdp"]
    gdp = [
        typed[country]["value"]
        if country in typed
        else fact(facts, "dprk_gdp_usd", GDP_YEAR) * USD_M
        if country == "PRK"
        else fact(facts, "gdp_usd", GDP_YEAR, country) * USD_M
        for country in countries[:-1]
    ]
    gdp.append(typed["WORLD"]["value"] - sum(gdp))
    return ratio * np.array(gdp, dtype=np.float64)


def main() -> int:
    """Write the table, or say on one line why not."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the publishers' files")
    parser.add_argument("--out", type=Path, default=TABLE, help="where the table goes")
    arguments = parser.parse_args()
    for name in (TRADE, FACTS):
        if not (arguments.data / name).is_file():
            print(f"--data: found no {name} in it, expected the file", file=sys.stderr)
            return 2
    try:
        fitted(arguments.data).to_csv(arguments.out, index=False, lineterminator="\n")
    except ServandaError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
