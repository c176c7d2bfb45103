"""The baseline without sanctions, as files: flows by sector, elasticities and their sources."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import Field

from servanda.errors import CaseError, UsageError, nearest
from servanda.files import Record, read_rows, read_toml, validated
from servanda.files.cells import number
from servanda.files.faults import Faults, fault_of, faults_of_twins
from servanda.files.fields import Names, Number, Status
from servanda.files.lines import lines_shown
from servanda.trade.armington import Factors
from servanda.trade.build import Build, faults_of_build
from servanda.trade.citations import Publication, check_cited, faults_of_sources
from servanda.trade.closure import Closure
from servanda.trade.codes import Spelling, as_written
from servanda.trade.flows import Economy
from servanda.trade.ranges import Range, rising
from servanda.trade.table import find_pairs

SPEC = "trade_baseline.toml"
FLOWS = "trade_baseline.csv"
COLUMNS = ("sector", "origin", "destination", "musd_year")


class SectorElasticity(Record):
    """The elasticity of substitution between origins in one sector.

    Attributes:
        range: Low, central and high, each above one.
        status: Measured, estimated or assumed.
        sources: Names in the file's table of sources; may be empty where the status is `assumed`.
        note: How it was determined.
    """

    range: Annotated[Range, rising(1.0, above=True)]
    status: Status
    sources: Names
    note: str


class BaselineFile(Record):
    """The content of `trade_baseline.toml`.

    Attributes:
        sectors: The sectors of the flows, in the order of all results.
        report: The countries whose effects are reported.
        sector_elasticity: η, the elasticity of substitution between sectors.
        factors: Whether factors move between sectors.
        closure: How spending depends on earnings.
        elasticities: By sector.
        names: Printed names of some countries, by code.
        gross_output_ratio: Gross output over value added.
        gross_output_source: The source of that ratio.
        build: How the flows were made; `servanda sanction` does not use it.
        sources: Sources, by the name that figures cite.
    """

    sectors: Annotated[Names, Field(min_length=1)]
    report: Names
    sector_elasticity: Annotated[Number, Field(ge=0)]
    factors: Factors
    closure: Closure
    elasticities: dict[str, SectorElasticity]
    names: dict[str, str] = Field({})
    gross_output_ratio: Annotated[Number, Field(ge=1)] = 1.0
    gross_output_source: str = ""
    build: Build | None = None
    sources: dict[str, Publication] = Field({})


@dataclass(frozen=True, slots=True)
class Baseline:
    """The world without sanctions, from which effects of sanctions are counted.

    Attributes:
        economy: Flows in USD m a year, by sector.
        elasticities: σ of each sector, low, central and high, in the order of the sectors.
        factors: Whether factors move between sectors.
        closure: How spending depends on earnings.
        report: The countries whose results are reported, in order.
        names: Printed names of some of them, by code.
    """

    economy: Economy
    elasticities: tuple[Range, ...]
    factors: Factors
    closure: Closure
    report: tuple[str, ...]
    names: Mapping[str, str] = field(default_factory=dict)


def read_baseline(folder: Path, spelling: Spelling = as_written) -> Baseline:
    """Read the baseline of a case: `trade_baseline.toml` and `trade_baseline.csv` in its folder.

    Args:
        folder: The folder.
        spelling: What codes of countries are read as.

    Raises:
        CaseError: A file is missing or cannot be read, a key, sector or country is unknown, a flow
            is missing, doubled, negative or not a number, or a range is not one.
    """
    spec = read_file(folder)
    elasticities = tuple(spec.elasticities[sector].range for sector in spec.sectors)
    economy = _economy(folder / FLOWS, spec, spelling)
    report = {code: spelling(code, f"{SPEC}: report") for code in spec.report}
    names = {code: spelling(code, f"{SPEC}: names") for code in spec.names}
    faults = Faults()
    for key, codes in (("report", report), ("names", names)):
        where, countries = f"{SPEC}: {key}", economy.countries
        faults.add(faults_of_twins(codes, where))
        places = {
            code: f"{where}[{number}]" if key == "report" else f"{where}.{code}"
            for number, code in enumerate(codes, start=1)
        }
        faults.add(
            CaseError(
                places[code], repr(code), "one of " + ", ".join(countries), nearest(code, countries)
            )
            for code, read in codes.items()
            if read not in countries
        )
    with lines_shown(folder):
        faults.raise_any()
    named = {names[code]: name for code, name in spec.names.items()}
    shown = tuple(report.values())
    return Baseline(economy, elasticities, spec.factors, spec.closure, shown, named)


def read_file(folder: Path) -> BaselineFile:
    """Read `trade_baseline.toml` alone.

    Raises:
        CaseError: It cannot be read, a key is missing, misspelt or out of range, or what it says of
            how the flows were made names an unknown region or source.
    """
    with lines_shown(folder):
        return _read_file(folder)


def _read_file(folder: Path) -> BaselineFile:
    spec, faults = validated(BaselineFile, read_toml(folder / SPEC), SPEC), Faults()
    faults.add(_faults_of_elasticities(spec))
    cited = [("gross_output_source", spec.gross_output_source)]
    cited += [
        (f"elasticities.{sector}.sources", source)
        for sector, one in spec.elasticities.items()
        for source in one.sources
    ]
    if spec.build is not None:
        faults.add(faults_of_build(spec.build, SPEC))
        cited += [(f"build.{place}", source) for place, source in spec.build.cited]
    named = [(f"{SPEC}: {place}", name) for place, name in cited if name]
    faults.add(faults_of_sources(named, spec.sources, SPEC))
    faults.raise_any()
    return spec


def _faults_of_elasticities(spec: BaselineFile) -> Iterator[CaseError]:
    for sector in spec.elasticities:
        if sector not in spec.sectors:
            yield CaseError(
                f"{SPEC}: elasticities.{sector}",
                "a key that is not known here",
                "one of " + ", ".join(spec.sectors),
                nearest(sector, spec.sectors),
            )
    for sector in spec.sectors:
        if sector not in spec.elasticities:
            where = f"{SPEC}: elasticities.{sector}"
            yield CaseError(where, "no such key", "this key is required")
    for sector, one in spec.elasticities.items():
        where = f"{SPEC}: elasticities.{sector}"
        yield from fault_of(check_cited, where, one.status, one.sources)


def _economy(path: Path, spec: BaselineFile, spelling: Spelling) -> Economy:
    faults = Faults()
    rows = read_rows(path, COLUMNS, faults=faults)
    for line, row in rows.items():
        where = f"{path.name} line {line}"
        for column in ("origin", "destination"):
            row[column] = spelling(row[column], f"{where}: {column}")
        if row["sector"] not in spec.sectors:
            expected, hint = (
                "one of " + ", ".join(spec.sectors),
                nearest(row["sector"], spec.sectors),
            )
            faults.add([CaseError(where, f"sector {row['sector']!r}", expected, hint)])
        faults.read(number, row, "musd_year", where)
    faults.raise_any()
    economies = [_sector(path.name, sector, list(rows.values())) for sector in spec.sectors]
    countries = economies[0].countries
    for sector, economy in zip(spec.sectors, economies, strict=True):
        for country in sorted(set(countries) ^ set(economy.countries)):
            raise CaseError(
                f"{path.name}: {sector}", f"{country!r} not in every sector", "it in all"
            )
    flows = np.stack([economy.flows for economy in economies])
    share = 1 / spec.gross_output_ratio
    return Economy(countries, flows, share, spec.sectors, spec.sector_elasticity)


def _sector(file: str, sector: str, rows: Sequence[Mapping[str, str]]) -> Economy:
    # As objects, so that a message quotes a cell as Python's text and not as NumPy's.
    columns = {
        name: np.array([row[name] for row in rows if row["sector"] == sector], dtype=object)
        for name in COLUMNS
    }
    try:
        grid = find_pairs(columns, "origin", "destination")
        grid.check_complete(grid.rows < 0)
        return Economy(grid.countries, grid.values(columns, "musd_year"))
    except UsageError as error:
        where = f"{file}: {sector}, {error.where}"
        raise CaseError(where, error.found, error.expected, error.hint) from None
