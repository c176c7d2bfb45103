"""Reading the evidence of a case: `series.toml`, `sources.csv` and, with `Rows`, `evidence.csv`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from servanda.case import units
from servanda.case.evidence import PERIOD, Evidence, Series, SeriesFile, Source, last_day
from servanda.case.evidence_rows import Rows, faults_of_key, faults_of_origins
from servanda.errors import CaseError
from servanda.files import checked, read_rows, read_toml
from servanda.files.faults import Faults, fault_of
from servanda.files.fields import ADDRESS, is_address

_SOURCES = ("key", "title", "publisher", "url", "source_class")
SERIES, EVIDENCE, SOURCES = FILES = ("series.toml", "evidence.csv", "sources.csv")
"""The files that `read` reads."""


@dataclass(frozen=True)
class Reading:
    """What the three files hold.

    Attributes:
        evidence: the evidence, without rows that have faults.
        lines: the line of each figure of `evidence.csv`, by its id.
        refused: ids and keys of rows that have faults, which other files may name.
        unread: those of the files that could not be read.
    """

    evidence: Evidence
    lines: Mapping[str, int]
    refused: frozenset[str]
    unread: frozenset[str]


def read(folder: Path, faults: Faults) -> Reading:
    """All evidence of a case; faults are added."""
    document = faults.read(read_toml, folder / SERIES)
    series = None if document is None else _series(document, faults)
    sources, doubtful = _sources(folder / SOURCES, faults)
    rows = Rows(series, sources, faults, doubtful)
    found = rows.read(folder / EVIDENCE)
    evidence = Evidence(
        tuple(o for o, _ in (found or {}).values()),
        tuple((series or {}).values()),
        tuple((sources or {}).values()),
    )
    lines = {key: line for key, (_, line) in (found or {}).items()}
    places = {key: f"{EVIDENCE} line {line}" for key, line in lines.items()}
    figures = evidence.observations
    faults.add(
        one
        for one in faults_of_origins(figures, figures, places)
        if not any(f"'{key}'" in one.found for key in rows.refused)
    )
    unread = {
        name for name, one in zip(FILES, (series, found, sources), strict=True) if one is None
    }
    return Reading(evidence, lines, frozenset({*doubtful, *rows.refused}), frozenset(unread))


def _series(document: Mapping[str, Any], faults: Faults) -> dict[str, Series] | None:
    file = checked(SeriesFile, document, "series.toml", faults)
    if file is None:
        return None
    series: dict[str, Series] = {}
    for number, entry in enumerate(file.series, start=1):
        where = f"series.toml: series[{number}]"
        if entry.name in series:
            found = f"a second series '{entry.name}'"
            faults.add([CaseError(f"{where}.name", found, "one of this name")])
        faults.add(_faults_of_series(entry, where))
        series[entry.name] = entry
    return series


def _faults_of_series(entry: Series, where: str) -> Iterator[CaseError]:
    yield from fault_of(units.check, entry.unit, f"{where}.unit")
    classes = [rule.source_class for rule in entry.rules]
    for number, source_class in enumerate(classes, start=1):
        if source_class in classes[: number - 1]:
            found = f"another rule for '{source_class}'"
            yield CaseError(f"{where}.rule[{number}].source_class", found, "one a class")
    if entry.quantitative and not classes:
        yield CaseError(
            where=where, found="'observes' without a rule", expected="a rule for each class"
        )


def _sources(path: Path, faults: Faults) -> tuple[dict[str, Source] | None, set[str]]:
    """The sources by key, or None if the file cannot be read; and keys of rows with faults."""
    rows = faults.read(read_rows, path, _SOURCES, optional=("published",), faults=faults)
    if rows is None:
        return None, set()
    sources: dict[str, Source] = {}
    refused: set[str] = set()
    for line, row in rows.items():
        where = f"{path.name} line {line}"
        found = list(_faults_of_source(row, sources, where))
        faults.add(found)
        if found:
            refused.add(row["key"])
        else:
            sources[row["key"]] = Source(**row)
    return sources, refused


def _faults_of_source(
    row: Mapping[str, str], sources: Mapping[str, Source], where: str
) -> Iterator[CaseError]:
    yield from faults_of_key(row, "key", sources, where)
    if row["url"] and not is_address(row["url"]):
        yield CaseError(where=where, found=f"url '{row['url']}'", expected=ADDRESS)
    if row.get("published"):
        yield from fault_of(_check_period, row["published"], where)


def _check_period(text: str, where: str) -> None:
    try:
        last_day(text)
    except ValueError:
        raise CaseError(where=where, found=f"published '{text}'", expected=PERIOD) from None
