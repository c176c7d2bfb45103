#!/usr/bin/env python3
"""Solve a case's sanction regimes in general equilibrium and write the table that its runs read.

    scripts/trade_effects.py --data DIR [--out FILE] [--bound low|central|high]

DIR holds the publishers' files, which never enter the repository:

- `trade/cow_trade_v4_directed_dyadyear.parquet`, COW Trade 4.0 (Barbieri and Keshk), one row a year
  and importer (`ccode1`) with what it bought from `ccode2` (`flow1`, USD m; −9 or empty: missing);
- `facts/facts.csv`, this project's facts (`gdp_usd`, `dprk_gdp_usd` and the series that
  `regimes.toml` names).

The baseline economy is built as `[baseline]` in `regimes.toml` says: bilateral flows of 2014 summed
over regions, some moved to a later level; GDP of 2021; domestic flows from gross output. A missing
flow adds nothing to its region's sum: in 2014 none is between the regions but for Iran and North
Korea with states of the rest of the world. Output goes to the case's `trade_effects.csv`.
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
from servanda.trade import Bound, Economy, Effect, effects, read_regimes, write_effects
from servanda.trade.flows import Pairs

ROOT = Path(__file__).resolve().parents[1]
CASE = ROOT / "src/servanda/cases/russia-dprk"
REGIMES = CASE / "regimes.toml"
TABLE = CASE / "trade_effects.csv"
TRADE = "trade/cow_trade_v4_directed_dyadyear.parquet"
FACTS = "facts/facts.csv"
ELASTICITIES = (4.0, 6.0, 8.0)
GDP_YEAR = 2021
USD_M = 1e-6


def baseline(data: Path) -> Economy:
    """Build the economy without sanctions, USD m a year."""
    spec = tomllib.loads(REGIMES.read_text(encoding="utf-8"))["baseline"]
    facts = pd.read_csv(data / FACTS)
    countries = (*spec["regions"], spec["rest"])
    flows = bilateral(pd.read_parquet(data / TRADE), spec, countries)
    set_levels(flows, countries, spec["levels"], facts)
    scale_mirror(flows, countries, spec["mirror"], facts)
    output = gross_output(spec, countries, facts)
    flows[np.diag_indices_from(flows)] = output - flows.sum(axis=1)
    return Economy(countries, flows, value_added_share=1 / spec["gross_output_ratio"])


def bilateral(trade: pd.DataFrame, spec: dict[str, Any], countries: Sequence[str]) -> Pairs:
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
    flows: Pairs, countries: Sequence[str], levels: Sequence[dict[str, Any]], facts: pd.DataFrame
) -> None:
    """Put the flows of each listed pair at the level it gives."""
    for level in levels:
        i, j = (countries.index(country) for country in level["pair"])
        if "first_to_second" in level:
            flows[i, j], flows[j, i] = level["first_to_second"], level["second_to_first"]
            continue
        series = level.get("series")
        total = fact(facts, series, level["year"]) * USD_M if series else level["total"]
        factor = total / (flows[i, j] + flows[j, i])
        flows[i, j] *= factor
        flows[j, i] *= factor


def scale_mirror(
    flows: Pairs, countries: Sequence[str], spec: dict[str, Any], facts: pd.DataFrame
) -> None:
    """Scale a country's other trade until one partner's share of the total is as stated."""
    i, partner = countries.index(spec["country"]), countries.index(spec["partner"])
    share = fact(facts, spec["series"], spec["year"])
    known = flows[i, partner] + flows[partner, i]
    others = [j for j in range(len(countries)) if j not in (i, partner)]
    factor = known * (1 / share - 1) / (flows[i, others].sum() + flows[others, i].sum())
    flows[i, others] *= factor
    flows[others, i] *= factor


def gross_output(
    spec: dict[str, Any], countries: Sequence[str], facts: pd.DataFrame
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
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
    return spec["gross_output_ratio"] * np.array(gdp, dtype=np.float64)


def table(data: Path, bound: Bound = "central") -> list[Effect]:
    """Solve every regime at every elasticity and keep the rows of the actors that are reported."""
    report = tomllib.loads(REGIMES.read_text(encoding="utf-8"))["baseline"]["report"]
    solved = effects(read_regimes(REGIMES), baseline(data), ELASTICITIES, bound)
    return [row for row in solved if row.actor in report]


def main() -> int:
    """Write the table, or say on one line why not."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the publishers' files")
    parser.add_argument("--out", type=Path, default=TABLE, help="where the table goes")
    parser.add_argument("--bound", choices=("low", "central", "high"), default="central")
    arguments = parser.parse_args()
    for name in (TRADE, FACTS):
        if not (arguments.data / name).is_file():
            print(f"--data: found no {name} in it, expected the file", file=sys.stderr)
            return 2
    try:
        write_effects(table(arguments.data, arguments.bound), arguments.out)
    except ServandaError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
