"""Reading `evidence.csv`, `sources.csv` and `series.toml`."""

import csv
from collections.abc import Mapping, Sequence
from datetime import date
from math import isfinite
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from servanda.case import units
from servanda.case.evidence import (
    Bound,
    Counting,
    Evidence,
    Observation,
    Series,
    Source,
    SourceRule,
)
from servanda.errors import CaseError, nearest

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
_SOURCES = ("key", "title", "publisher", "url", "source_class")


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Rule(_Strict):
    source_class: str
    counts: str
    bound: Bound
    bias: str
    error: float | Literal["poisson"]
    equivalence: float = 1.0


class _Series(_Strict):
    name: str
    label: str
    unit: str
    counting: Counting
    observes: tuple[str, ...] = ()
    note: str = ""
    rule: tuple[_Rule, ...] = ()


class _SeriesFile(_Strict):
    series: tuple[_Series, ...]


def read(folder: Path, series_document: Mapping[str, Any]) -> Evidence:
    """All evidence of a case; raises `CaseError` on the first fault."""
    series = _series(series_document)
    sources = _sources(folder / "sources.csv")
    observations = _observations(folder / "evidence.csv", series, sources)
    return Evidence(observations, tuple(series.values()), tuple(sources.values()))


def rows(path: Path, columns: Sequence[str] = ()) -> list[dict[str, str]]:
    """The rows of a CSV file, whose header must hold `columns` if any are named."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            found = tuple(reader.fieldnames or ())
            if columns and found != tuple(columns):
                raise CaseError(
                    where=path.name,
                    found="columns " + ", ".join(found),
                    expected="columns " + ", ".join(columns),
                )
            return list(reader)
    except FileNotFoundError:
        raise CaseError(
            where=path.name, found="no such file", expected=f"a CSV file in {path.parent}"
        ) from None
    except (csv.Error, UnicodeDecodeError) as error:
        raise CaseError(where=path.name, found=str(error), expected="valid CSV") from None


def _series(document: Mapping[str, Any]) -> dict[str, Series]:
    try:
        parsed = _SeriesFile.model_validate(document)
    except ValidationError as error:
        problem = error.errors()[0]
        place = ".".join(str(p + 1) if isinstance(p, int) else p for p in problem["loc"])
        raise CaseError(
            where=f"series.toml: {place}", found=str(problem["input"])[:60], expected=problem["msg"]
        ) from None
    series: dict[str, Series] = {}
    for entry in parsed.series:
        where = f"series.toml: {entry.name}"
        if entry.name in series:
            raise CaseError(where=where, found="a second series of this name", expected="one")
        units.check(entry.unit, where)
        rules = tuple(
            SourceRule(
                r.source_class,
                r.counts,
                r.bound,
                r.bias,
                None if isinstance(r.error, str) else r.error,
                r.equivalence,
            )
            for r in entry.rule
        )
        series[entry.name] = Series(
            entry.name, entry.label, entry.unit, entry.counting, entry.observes, rules, entry.note
        )
    return series


def _sources(path: Path) -> dict[str, Source]:
    sources: dict[str, Source] = {}
    for number, row in enumerate(rows(path, _SOURCES), start=2):
        where = f"{path.name} line {number}"
        if row["key"] in sources:
            raise CaseError(where=where, found=f"a second '{row['key']}'", expected="unique keys")
        sources[row["key"]] = Source(**row)
    return sources


def _observations(
    path: Path, series: Mapping[str, Series], sources: Mapping[str, Source]
) -> tuple[Observation, ...]:
    observations: list[Observation] = []
    seen: set[str] = set()
    for number, row in enumerate(rows(path, _EVIDENCE), start=2):
        where = f"{path.name} line {number}"
        if not row["id"] or row["id"] in seen:
            raise CaseError(where=where, found=f"id '{row['id']}'", expected="a unique id")
        seen.add(row["id"])
        _resolve(row["series"], series, "series", where)
        _resolve(row["source"], sources, "source", where)
        observations.append(_observation(row, series[row["series"]], where))
        _check_rule(observations[-1], series, sources, where)
    return tuple(observations)


def _observation(row: Mapping[str, str], series: Series, where: str) -> Observation:
    units.factor(row["unit"], series.unit, where)
    start = _day(row["ref_start"], where) if row["ref_start"] else None
    end, known = _day(row["ref_end"], where), _day(row["known_on"], where)
    if start is None and series.counting == "flow":
        raise CaseError(where=where, found="a flow without ref_start", expected="its first day")
    if start is not None and start > end:
        raise CaseError(
            where=where, found=f"ref_start {start} after ref_end {end}", expected="days in order"
        )
    confidence = row["confidence"]
    if confidence not in ("A", "B", "C"):
        raise CaseError(where=where, found=f"confidence '{confidence}'", expected="A, B or C")
    return Observation(
        id=row["id"],
        series=row["series"],
        ref_start=start,
        ref_end=end,
        known_on=known,
        value=_number(row["value"], where),
        low=_number(row["low"], where) if row["low"] else None,
        high=_number(row["high"], where) if row["high"] else None,
        unit=row["unit"],
        confidence=confidence,  # type: ignore[arg-type]
        source=row["source"],
        claim=row["claim"],
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


def _day(text: str, where: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CaseError(
            where=where, found=f"date '{text}'", expected="a date like 2024-06-19"
        ) from None


def _number(text: str, where: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not isfinite(value):
        raise CaseError(where=where, found=f"value '{text}'", expected="a finite number")
    return value


