"""Adding figures from a file to the evidence of a case."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path

from servanda.case.evidence import Evidence, Observation
from servanda.case.evidence_rows import OPTIONAL, Rows, faults_of_origins
from servanda.case.load import SHIPPED, examine
from servanda.case.notes import Note, of_evidence
from servanda.errors import CaseError, UsageError
from servanda.files import csv_text, drafts, read_rows
from servanda.files.faults import Faults, by_place
from servanda.files.fields import path_of

_FILE = "evidence.csv"
_DETAILS = ("known_on", "low", "high", "confidence", *OPTIONAL)


@dataclass(frozen=True)
class Addition:
    """What a file of figures holds beside the evidence of a case.

    Attributes:
        path: the `evidence.csv` of the case.
        faults: errors in the file or in the case; with any of them nothing is added.
        new: the figures that the case does not have.
        double: figures of the file that the case has already, each with the id that it has there.
        notes: double figures that differ in their details, new ones that contradict others, and
            other notes on new ones.
    """

    path: Path
    faults: tuple[CaseError, ...]
    new: tuple[Observation, ...]
    double: tuple[tuple[Observation, str], ...]
    notes: tuple[Note, ...]


def add_evidence(case: str | Path, file: str | Path) -> Addition:
    """Add the figures of a file to the evidence of a case, or none if there is an error.

    A figure that the case already has, with this or another id, is not added again.

    Args:
        case: the folder of the case.
        file: a CSV file with the columns of `evidence.csv`, in any order.

    Returns:
        What is new, what is double, and what contradicts other figures.

    Raises:
        CaseError: if there is no such case, or on the first error in its files or in the file.
        UsageError: if the case is a shipped one, or its folder cannot be written.
    """
    found = compared(case, file)
    if found.faults:
        raise found.faults[0]
    append(found, Path(file))
    return found


def compared(case: str | Path, file: str | Path) -> Addition:
    """Compare the figures of a file with the evidence of a case. Nothing is written.

    Raises:
        CaseError: if there is no such case.
        UsageError: if the case is a shipped one.
    """
    examined, path = examine(case), path_of(file, "file", "the path of a CSV file")
    target, evidence = examined.folder / _FILE, examined.evidence
    if examined.folder.resolve().parent == SHIPPED.resolve():
        raise UsageError(
            where=f"case '{case}'",
            found="a case that is shipped with the package",
            expected="a folder of your own",
            hint="copy its folder first",
        )
    if examined.faults:
        return Addition(target, examined.faults, (), (), ())
    faults = Faults()
    series = {one.name: one for one in evidence.series}
    sources = {one.key: one for one in evidence.sources}
    read = Rows(series, sources, faults).read(path) or {}
    had = {o.id: o for o in evidence.observations}
    figures = []
    for figure, line in read.values():
        if figure.id in had and _content(figure) != _content(had[figure.id]):
            where, found = f"{path.name} line {line}", f"id '{figure.id}' of another figure"
            faults.add([CaseError(where, found, "a unique id")])
        else:
            figures.append(figure)
    new, double = _sorted_out(figures, evidence)
    places = {key: f"{_FILE} line {line}" for key, line in examined.lines.items()}
    places |= {figure.id: f"{path.name} line {read[figure.id][1]}" for figure in new}
    whole = replace(evidence, observations=(*evidence.observations, *new))
    faults.add(faults_of_origins(new, whole.observations, places))
    before = set(of_evidence(evidence, places))
    notes = [note for note in of_evidence(whole, places) if note not in before]
    for figure, twin in double:
        where = f"{path.name} line {read[figure.id][1]}"
        notes += _of_double(figure, whole.observation(twin), where)
    return Addition(target, tuple(faults.found), new, double, tuple(by_place(notes)))


def _sorted_out(
    figures: Sequence[Observation], evidence: Evidence
) -> tuple[tuple[Observation, ...], tuple[tuple[Observation, str], ...]]:
    """New figures, and double ones with the ids of those that they repeat."""
    ids = {_content(o): o.id for o in reversed(evidence.observations)}
    new, double = [], []
    for figure in figures:
        if _content(figure) in ids:
            double.append((figure, ids[_content(figure)]))
        else:
            ids[_content(figure)] = figure.id
            new.append(figure)
    return tuple(new), tuple(double)


def _of_double(figure: Observation, twin: Observation, where: str) -> Iterator[Note]:
    """A note if a double figure, which is not added, says more or other than the one that is."""
    other = [name for name in _DETAILS if getattr(figure, name) != getattr(twin, name)]
    if other:
        text = f"'{figure.id}' repeats '{twin.id}' with another {', '.join(other)}"
        yield Note(where, f"{text}: change the row of '{twin.id}' if it is right")


def append(addition: Addition, file: Path) -> None:
    """Append the new figures to the evidence of the case, in one step.

    Raises:
        UsageError: if the file cannot be written. Nothing has changed then.
    """
    if not addition.new:
        return
    wanted = {figure.id for figure in addition.new}
    rows = [row for row in read_rows(file).values() if row["id"] in wanted]
    text = addition.path.read_bytes().decode("utf-8-sig")
    header, *_ = csv.reader(StringIO(text))
    more = [n for n in OPTIONAL if n not in header and any(row.get(n) for row in rows)]
    if more:
        header = [*header, *more]
        rows = [*read_rows(addition.path).values(), *rows]
        text = csv_text([header])
    added = csv_text([row.get(column, "") for column in header] for row in rows)
    whole = text.rstrip("\r\n") + "\n" + added
    if "\r\n" in text:
        whole = whole.replace("\r\n", "\n").replace("\n", "\r\n")
    with drafts.explained(f"evidence '{addition.path}'", hint="nothing was added"):
        drafts.write(addition.path, whole)


def _content(figure: Observation) -> tuple[object, ...]:
    """What makes two rows the same figure, whatever their ids and words."""
    period = (figure.ref_start, figure.ref_end)
    return figure.series, *period, figure.value, figure.unit, figure.source
