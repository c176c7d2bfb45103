"""Reading `evidence.csv`, `sources.csv` and `series.toml`."""

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from servanda.case import units
from servanda.case.evidence import (
    PERIOD,
    Evidence,
    Observation,
    Series,
    SeriesFile,
    Source,
    last_day,
)
from servanda.errors import CaseError, nearest
from servanda.files import read_rows, read_toml, validated
from servanda.files.cells import number
from servanda.files.fields import ADDRESS, is_address

_EVIDENCE = (
    "id",
    "series",
    "ref_start",
    "ref_end",
    "known_on",
    "value",
    "low",
    "high",
    "unit",
    "confidence",
    "source",
    "claim",
)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SOURCES = ("key", "title", "publisher", "url", "source_class")
FILES = ("series.toml", "evidence.csv", "sources.csv")
"""The files that `read` reads."""


def read(folder: Path) -> Evidence:
    """All evidence of a case; raises `CaseError` on the first fault."""
    series = _series(read_toml(folder / "series.toml"))
    sources = _sources(folder / "sources.csv")
    observations = _observations(folder / "evidence.csv", series, sources)
    return Evidence(observations, tuple(series.values()), tuple(sources.values()))


def _series(document: Mapping[str, Any]) -> dict[str, Series]:
    series: dict[str, Series] = {}
    for entry in validated(SeriesFile, document, "series.toml").series:
        where = f"series.toml: {entry.name}"
        if entry.name in series:
            raise CaseError(where=where, found="a second series of this name", expected="one")
        units.check(entry.unit, where)
        classes = [rule.source_class for rule in entry.rules]
        for source_class in classes:
            if classes.count(source_class) > 1:
                raise CaseError(
                    where=where, found=f"two rules for '{source_class}'", expected="one a class"
                )
        if entry.quantitative and not classes:
            raise CaseError(
                where=where, found="'observes' without a rule", expected="a rule for each class"
            )
        series[entry.name] = entry
    return series


def _sources(path: Path) -> dict[str, Source]:
    sources: dict[str, Source] = {}
    for line, row in read_rows(path, _SOURCES, optional=("published",)).items():
        where = f"{path.name} line {line}"
        if not row["key"] or row["key"] in sources:
            raise CaseError(where=where, found=f"key '{row['key']}'", expected="a unique key")
        if row["url"] and not is_address(row["url"]):
            raise CaseError(where=where, found=f"url '{row['url']}'", expected=ADDRESS)
        if row.get("published"):
            _check_period(row["published"], where)
        sources[row["key"]] = Source(**row)
    return sources


def _observations(
    path: Path, series: Mapping[str, Series], sources: Mapping[str, Source]
) -> tuple[Observation, ...]:
    observations: dict[str, Observation] = {}
    for line, row in read_rows(path, _EVIDENCE).items():
        where = f"{path.name} line {line}"
        if not row["id"] or row["id"] in observations:
            raise CaseError(where=where, found=f"id '{row['id']}'", expected="a unique id")
        if row["id"] in sources:
            raise CaseError(
                where=where,
                found=f"id '{row['id']}', a key in sources.csv",
                expected="a name of its own",
            )
        _resolve(row["series"], series, "series", where)
        _resolve(row["source"], sources, "source", where)
        observation = _observation(row, series[row["series"]], where)
        _check_rule(observation, series, sources, where)
        observations[observation.id] = observation
    return tuple(observations.values())


def _observation(row: Mapping[str, str], series: Series, where: str) -> Observation:
    units.factor(row["unit"], series.unit, where)
    confidence = row["confidence"]
    if confidence not in ("A", "B", "C"):
        raise CaseError(where=where, found=f"confidence '{confidence}'", expected="A, B or C")
    observation = Observation(
        id=row["id"],
        series=row["series"],
        ref_start=_day(row["ref_start"], where) if row["ref_start"] else None,
        ref_end=_day(row["ref_end"], where),
        known_on=_day(row["known_on"], where),
        value=number(row, "value", where),
        low=number(row, "low", where) if row["low"] else None,
        high=number(row, "high", where) if row["high"] else None,
        unit=row["unit"],
        confidence=confidence,  # type: ignore[arg-type]
        source=row["source"],
        claim=row["claim"],
    )
    _check_order(observation, series, where)
    return observation


def _check_order(observation: Observation, series: Series, where: str) -> None:
    start, end = observation.ref_start, observation.ref_end
    if start is None and series.counting == "flow":
        raise CaseError(where=where, found="a flow without ref_start", expected="its first day")
    if start is not None and start > end:
        raise CaseError(
            where=where, found=f"ref_start {start} after ref_end {end}", expected="days in order"
        )
    low = observation.value if observation.low is None else observation.low
    high = observation.value if observation.high is None else observation.high
    if not low <= observation.value <= high:
        raise CaseError(
            where=where,
            found=f"value {observation.value:g} outside {low:g} to {high:g}",
            expected="low, value and high in order",
        )


def _check_rule(
    observation: Observation,
    series: Mapping[str, Series],
    sources: Mapping[str, Source],
    where: str,
) -> None:
    counted = series[observation.series]
    source_class = sources[observation.source].source_class
    classes = [rule.source_class for rule in counted.rules]
    if counted.quantitative and source_class not in classes:
        raise CaseError(
            where=where,
            found=f"source class '{source_class}' without a counting rule in '{counted.name}'",
            expected="one of " + ", ".join(classes),
            hint=nearest(source_class, classes),
        )


def _resolve(name: str, known: Mapping[str, object], kind: str, where: str) -> None:
    if name not in known:
        raise CaseError(
            where=where,
            found=f"{kind} '{name}'",
            expected=f"a {kind} that the case defines",
            hint=nearest(name, known),
        )


def _check_period(text: str, where: str) -> None:
    try:
        last_day(text)
    except ValueError:
        raise CaseError(where=where, found=f"published '{text}'", expected=PERIOD) from None


def _day(text: str, where: str) -> date:
    try:
        if _DAY.fullmatch(text):  # Python also reads `20240619` and `2024-W25-3`
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise CaseError(where=where, found=f"date '{text}'", expected="a date like 2024-06-19")
