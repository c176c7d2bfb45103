"""The world without sanctions, as files: flows by sector, elasticities, and how they were made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from servanda.errors import CaseError, UsageError, nearest
from servanda.trade.armington import CLOSURES, FACTORS, Closure, Factors
from servanda.trade.flows import Economy
from servanda.trade.keys import (
    Range,
    check_choice,
    check_keys,
    check_sources,
    names,
    number,
    ordered,
    read_rows,
    read_toml,
    table,
    text,
)
from servanda.trade.table import economy_from_table

SPEC = "trade_baseline.toml"
FLOWS = "trade_baseline.csv"
COLUMNS = ("sector", "origin", "destination", "musd_year")
KEYS = {"sectors", "report", "sector_elasticity", "factors", "closure", "elasticities"}
OTHER_KEYS = {"names", "gross_output_ratio", "gross_output_source", "build", "sources"}


@dataclass(frozen=True, slots=True)
class Baseline:
    """What sanctions are counted from.

    Attributes:
        economy: Flows in USD m a year, by sector.
        elasticities: σ of each sector, low, central and high, in the order of the sectors.
        factors: Whether factors move between sectors.
        closure: What spending follows.
        report: The countries whose results are reported, in order.
        names: What to call some of them, by code.
    """

    economy: Economy
    elasticities: tuple[Range, ...]
    factors: Factors
    closure: Closure
    report: tuple[str, ...]
    names: Mapping[str, str] = field(default_factory=dict)


def read_baseline(folder: Path) -> Baseline:
    """Read the baseline of a case: `trade_baseline.toml` and `trade_baseline.csv` in its folder.

    Raises:
        CaseError: A file is missing or cannot be read, a key, sector or country is unknown, a flow
            is missing, doubled, negative or not a number, or a range is not one.
    """
    spec = read_toml(folder / SPEC)
    check_keys(SPEC, spec, KEYS, OTHER_KEYS)
    for key, choices in (("factors", FACTORS), ("closure", CLOSURES)):
        check_choice(f"{SPEC}: {key}", spec[key], choices)
    economy = _economy(folder / FLOWS, spec)
    report = names(f"{SPEC}: report", spec["report"])
    for country in report:
        check_choice(f"{SPEC}: report", country, economy.countries)
    given = table(f"{SPEC}: elasticities", spec["elasticities"])
    check_keys(f"{SPEC}: elasticities", given, set(economy.sectors))
    sources = table(f"{SPEC}: sources", spec.get("sources", {}))
    elasticities = [
        _elasticity(f"{SPEC}: elasticities, {sector}", given[sector], sources)
        for sector in economy.sectors
    ]
    called = table(f"{SPEC}: names", spec.get("names", {}))
    for code, name in called.items():
        check_choice(f"{SPEC}: names", code, economy.countries)
        text(f"{SPEC}: names, {code}", name)
    return Baseline(economy, tuple(elasticities), spec["factors"], spec["closure"], report, called)


def _elasticity(where: str, entry: Any, sources: Mapping[str, Any]) -> Range:
    values = table(where, entry)
    check_keys(where, values, {"range", "status", "sources", "note"})
    check_sources(where, values, sources)
    range_ = ordered(f"{where}, range", values["range"], floor=1.0)
    if range_[0] == 1:
        raise CaseError(f"{where}, range", repr(values["range"]), "numbers above 1")
    return range_


def _economy(path: Path, spec: Mapping[str, Any]) -> Economy:
    sectors = names(f"{SPEC}: sectors", spec["sectors"])
    if not sectors:
        raise CaseError(f"{SPEC}: sectors", "none", "at least one")
    between = number(f"{SPEC}: sector_elasticity", spec["sector_elasticity"])
    ratio = number(f"{SPEC}: gross_output_ratio", spec.get("gross_output_ratio", 1.0), floor=1.0)
    rows = read_rows(path, COLUMNS)
    for row in rows:
        if row["sector"] not in sectors:
            raise CaseError(
                f"{path.name}: sector",
                repr(row["sector"]),
                "one of " + ", ".join(sectors),
                hint=nearest(row["sector"], sectors),
            )
    economies = [_sector(path.name, sector, rows) for sector in sectors]
    countries = economies[0].countries
    for sector, economy in zip(sectors, economies, strict=True):
        for country in sorted(set(countries) ^ set(economy.countries)):
            raise CaseError(
                f"{path.name}: {sector}", f"{country!r} not in every sector", "it in all"
            )
    flows = np.stack([economy.flows for economy in economies])
    return Economy(countries, flows, 1 / ratio, sectors, between)


def _sector(file: str, sector: str, rows: list[dict[str, str]]) -> Economy:
    # As objects, so that a message quotes a cell as Python's text and not as NumPy's.
    columns = {
        name: np.array([row[name] for row in rows if row["sector"] == sector], dtype=object)
        for name in COLUMNS
    }
    try:
        return economy_from_table(
            columns, flow="musd_year", exporter="origin", importer="destination"
        )
    except UsageError as error:
        where = f"{file}: {sector}, {error.where}"
        raise CaseError(where, error.found, error.expected, error.hint) from None
