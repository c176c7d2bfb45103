"""Reading the rows of a file of figures, such as `evidence.csv`, and naming every fault in them."""

import re
from collections.abc import Collection, Container, Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path

from servanda.case import units
from servanda.case.evidence import BOUNDS, YEARS, Observation, Series, Source
from servanda.errors import CaseError, nearest
from servanda.files import read_rows
from servanda.files.cells import number
from servanda.files.faults import Faults, fault_of
from servanda.files.fields import LABEL, is_label

BOUND, DERIVED = OPTIONAL = ("bound", "derived_from")
"""Columns that a file of figures may have."""
# The largest number of single precision, in which runs compute.
_LARGEST = 3.4028234e38
_COLUMNS = (
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


class Rows:
    """Reading the rows of files of evidence beside the series and sources of a case.

    Series or sources that are None could not be read; nothing is held against rows that name them,
    nor against rows that name a source whose own row has faults.
    """

    def __init__(
        self,
        series: Mapping[str, Series] | None,
        sources: Mapping[str, Source] | None,
        faults: Faults,
        doubtful: Collection[str] = (),
    ) -> None:
        self._doubtful = doubtful
        self._series = series
        self._sources = sources
        self._faults = faults
        self.refused: set[str] = set()

    def read(self, path: Path) -> dict[str, tuple[Observation, int]] | None:
        """The figures of a file that have no fault, with lines, by id; None if it is not read."""
        read: dict[str, tuple[Observation, int]] = {}
        ids: set[str] = set()
        given = self._faults.read(
            read_rows, path, _COLUMNS, optional=OPTIONAL, others=True, faults=self._faults
        )
        if given is None:
            return None
        for line, row in given.items():
            where = f"{path.name} line {line}"
            found = Faults()
            found.add(self._faults_of_names(row, ids, where))
            ids.add(row["id"])
            figure = _observation(row, where, found)
            if figure is not None:
                found.add(_faults_of_order(figure, where))
                if self._series is not None and row["series"] in self._series:
                    found.add(self._faults_in_series(figure, self._series[row["series"]], where))
            self._faults.add(found.found)
            if found.found or figure is None:
                self.refused.add(row["id"])
            else:
                read[figure.id] = figure, line
        return read

    def _faults_of_names(
        self, row: Mapping[str, str], ids: Collection[str], where: str
    ) -> Iterator[CaseError]:
        yield from faults_of_key(row, "id", ids, where)
        if self._sources is not None and row["id"] in self._sources:
            yield CaseError(
                where=where,
                found=f"id '{row['id']}', a key in sources.csv",
                expected="a name of its own",
            )
        for kind, known in (("series", self._series), ("source", self._sources)):
            if known is not None and row[kind] not in (*known, *self._doubtful):
                yield CaseError(
                    where=where,
                    found=f"{kind} '{row[kind]}'",
                    expected=f"a {kind} that the case defines",
                    hint=nearest(row[kind], known),
                )

    def _faults_in_series(
        self, figure: Observation, series: Series, where: str
    ) -> Iterator[CaseError]:
        wanted = figure.unit if list(fault_of(units.check, series.unit, where)) else series.unit
        unit = list(fault_of(units.factor, figure.unit, wanted, where))
        yield from unit
        if figure.ref_start is None and series.counting == "flow":
            yield CaseError(where=where, found="a flow without ref_start", expected="its first day")
        if series.quantitative and figure.known_on < (figure.ref_start or figure.ref_end):
            begun = (
                f"ref_start {figure.ref_start}" if figure.ref_start else f"ref_end {figure.ref_end}"
            )
            yield CaseError(  # other series may hold plans
                where=where,
                found=f"known_on {figure.known_on} before {begun}",
                expected="a day on which the period had begun",
            )
        if not unit:
            yield from _faults_of_size(figure, series, wanted, where)
        if self._sources is not None and figure.source in self._sources:
            source_class = self._sources[figure.source].source_class
            classes = [rule.source_class for rule in series.rules]
            if series.quantitative and source_class not in classes:
                yield CaseError(
                    where=where,
                    found=f"source class '{source_class}' without a counting rule in "
                    f"'{series.name}'",
                    expected="one of " + ", ".join(classes),
                    hint=nearest(source_class, classes),
                )


def faults_of_key(
    row: Mapping[str, str], column: str, taken: Container[str], where: str
) -> Iterator[CaseError]:
    """The fault unless other files can name a row by a column, and no other row by the same."""
    key = row[column]
    if not is_label(key) and key:
        yield CaseError(where=where, found=f"{column} {key!r}", expected=LABEL)
    elif not key or key in taken:
        yield CaseError(where=where, found=f"{column} '{key}'", expected=f"a unique {column}")


def faults_of_origins(
    figures: Iterable[Observation], known: Iterable[Observation], places: Mapping[str, str]
) -> Iterator[CaseError]:
    """The faults of figures that are derived from another one.

    Args:
        figures: the figures.
        known: all figures that they may be derived from.
        places: the file and line of each figure, by id.
    """
    origins = {one.id: one.derived_from for one in known}
    for figure in figures:
        origin, where = figure.derived_from, places[figure.id]
        if origin is None:
            continue
        if origin == figure.id or origin not in origins:
            found, expected = f"{DERIVED} '{origin}'", "the id of another figure"
            yield CaseError(where, found, expected, nearest(origin, origins.keys() - {figure.id}))
        elif (first := origins[origin]) is not None:
            found = f"{DERIVED} '{origin}', which is derived from '{first}'"
            yield CaseError(where, found, "a figure that is derived from none")


def _observation(row: Mapping[str, str], where: str, faults: Faults) -> Observation | None:
    """The figure of a row, or None if a cell of it cannot be read."""
    before = len(faults.found)
    for column, choices in (("confidence", ("A", "B", "C")), (BOUND, ("", *BOUNDS))):
        given = row.get(column, "")
        if given not in choices:
            named = [choice for choice in choices if choice]
            expected = ", ".join(named[:-1]) + f" or {named[-1]}"
            hint = nearest(given, named)
            faults.add([CaseError(where, f"{column} '{given}'", expected, hint)])
    start = faults.read(_day, row["ref_start"], where) if row["ref_start"] else None
    end = faults.read(_day, row["ref_end"], where)
    known = faults.read(_day, row["known_on"], where)
    value = faults.read(number, row, "value", where)
    low, high = (
        faults.read(number, row, column, where) if row[column] else None
        for column in ("low", "high")
    )
    if len(faults.found) > before or end is None or known is None or value is None:
        return None
    return Observation(
        id=row["id"],
        series=row["series"],
        ref_start=start,
        ref_end=end,
        known_on=known,
        value=value,
        low=low,
        high=high,
        unit=row["unit"],
        confidence=row["confidence"],  # type: ignore[arg-type]  # one of the choices, as is bound
        source=row["source"],
        claim=row["claim"],
        bound=row.get(BOUND) or None,  # type: ignore[arg-type]
        derived_from=row.get(DERIVED) or None,
    )


def _faults_of_order(figure: Observation, where: str) -> Iterator[CaseError]:
    start, end = figure.ref_start, figure.ref_end
    if start is not None and start > end:
        yield CaseError(
            where=where, found=f"ref_start {start} after ref_end {end}", expected="days in order"
        )
    low = figure.value if figure.low is None else figure.low
    high = figure.value if figure.high is None else figure.high
    if not low <= figure.value <= high:
        yield CaseError(
            where=where,
            found=f"value {figure.value:g} outside {low:g} to {high:g}",
            expected="low, value and high in order",
        )


def _faults_of_size(
    figure: Observation, series: Series, unit: str, where: str
) -> Iterator[CaseError]:
    """The faults if numbers are too large to compute with, or there is less than nothing."""
    factor = units.factor(figure.unit, unit, where)
    for name in ("value", "low", "high"):
        amount = getattr(figure, name)
        if amount is None:
            continue
        if abs(amount) * max(factor, 1.0) > _LARGEST:
            yield CaseError(where, f"{name} {amount:g}", f"at most {_LARGEST:.3g}")
        if series.quantitative and amount < 0 and not units.is_balance(figure.unit):
            yield CaseError(
                where, f"{name} {amount:g} {figure.unit}", "zero or more of what is counted"
            )


def _day(text: str, where: str) -> date:
    try:
        if _DAY.fullmatch(text):  # Python also reads `20240619` and `2024-W25-3`
            day = date.fromisoformat(text)
            if day.year in YEARS:
                return day
            found, expected = f"date '{text}'", f"a year from {YEARS[0]} to {YEARS[-1]}"
            raise CaseError(where=where, found=found, expected=expected)
    except ValueError:
        pass
    raise CaseError(where=where, found=f"date '{text}'", expected="a date like 2024-06-19")
