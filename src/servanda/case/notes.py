"""Notes on a case that is valid: what may be a slip, or be meant."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from importlib import resources
from itertools import pairwise
from pathlib import Path

from servanda.case import read_parameters, units
from servanda.case.content import Case
from servanda.case.evidence import Evidence, Observation, Series, Source
from servanda.case.priors import ParameterTable, Prior
from servanda.case.spellings import Reading
from servanda.files import read_rows, read_toml
from servanda.files.faults import Faults
from servanda.files.lines import Lines

# Shares of priors that have the template's numbers: fewer may have them by chance.
_MANY = 0.1
_PLACEHOLDER = "Everything that this template leaves out"


@dataclass(frozen=True)
class Note:
    """Something that may be a slip.

    Attributes:
        where: place in the case's files.
        text: what is there.
    """

    where: str
    text: str

    def __str__(self) -> str:
        return f"{self.where}: {self.text}"


def with_lines(found: Iterable[Note], folder: Path) -> Iterator[Note]:
    """Notes on the files of a folder, with the lines of places in TOML files."""
    lines = Lines(folder)
    return (replace(note, where=lines.shown(note.where)) for note in found)


def notes(case: Case) -> Iterator[Note]:
    """Notes on the codes, texts, parameters, evidence and sources of a case."""
    yield from of_readings(case.readings)
    for place, text in enumerate(case.spec.not_modelled, start=1):
        if text.startswith(_PLACEHOLDER):
            yield Note(
                f"case.toml: not_modelled[{place}]", "the template's text was left as it was"
            )
    places = {key: f"evidence.csv line {line}" for key, line in case.lines.items()}
    yield from of_evidence(case.evidence, places)
    yield from _left(case, places)


def of_readings(readings: Iterable[Reading]) -> Iterator[Note]:
    """Notes on codes of actors that are read as others."""
    for one in readings:
        verb = "is" if one.more == 1 else "are"
        more = f"; so {verb} {one.more} more in this file" if one.more else ""
        yield Note(one.where, f"'{one.written}' is read as '{one.read}'{more}")


def of_evidence(evidence: Evidence, places: Mapping[str, str]) -> Iterator[Note]:
    """Notes on figures that contradict their source, or each other where runs are compared.

    Args:
        evidence: the evidence.
        places: the file and line of figures, by id.
    """
    for source in evidence.sources:
        early = [o for o in evidence.observations if o.source == source.key and _before(o, source)]
        for figure in early[:1]:
            known = f"'{figure.id}' was known on {figure.known_on}, before its source "
            more = f"; so were {len(early) - 1} more of its figures" if len(early) > 1 else ""
            text = f"{known}'{source.key}' was published, {source.published}{more}"
            yield Note(places.get(figure.id, "evidence.csv"), text)
    for series in evidence.series:
        if series.quantitative:
            for figure, text in _of_series(evidence, series):
                yield Note(places.get(figure.id, "evidence.csv"), text)


def _before(figure: Observation, source: Source) -> bool:
    """Whether a figure is said to be known before its source can have been published."""
    return str(figure.known_on)[: len(source.published)] < source.published


def _of_series(evidence: Evidence, series: Series) -> Iterator[tuple[Observation, str]]:
    rows = [o for o in evidence.observations if o.series == series.name]
    first: dict[object, Observation] = {}
    for row in rows:
        other = first.setdefault((row.source, row.ref_start, row.ref_end), row)
        if other is row:
            continue
        if _amount(row, series) == _amount(other, series):
            yield row, f"'{row.id}' repeats '{other.id}'"
        else:
            said = f"{row.value:g}, and '{other.id}' of the same source and period {other.value:g}"
            yield row, f"'{row.id}' says {said}"
    if series.counting != "running_total":
        return
    classes = {source.key: source.source_class for source in evidence.sources}
    for source_class in dict.fromkeys(classes.get(row.source) for row in rows):
        own = [row for row in rows if classes.get(row.source) == source_class]
        for before, after in pairwise(sorted(own, key=lambda o: (o.ref_end, o.id))):
            if before.ref_end < after.ref_end and _amount(after, series) < _amount(before, series):
                yield (
                    after,
                    (
                        f"the running total '{after.id}' falls to {after.value:g} "
                        f"from {before.value:g} in '{before.id}'"
                    ),
                )


def _amount(row: Observation, series: Series) -> float:
    return row.value * units.factor(row.unit, series.unit, row.id)


def _left(case: Case, places: Mapping[str, str]) -> Iterator[Note]:
    """Notes on what `servanda new` wrote and nobody changed."""
    template = Path(str(resources.files("servanda.case"))) / "template"
    figures = {
        (row["series"], row["ref_end"], float(row["value"])): row["id"]
        for row in read_rows(template / "evidence.csv").values()
    }
    for row in case.evidence.observations:
        if figures.get((row.series, str(row.ref_end), row.value)) == row.id:
            where = places.get(row.id, "evidence.csv")
            yield Note(where, f"'{row.id}' is the template's figure")
    given = read_toml(template / "parameters.toml")
    tables = read_parameters.read(given, "parameters.toml", Faults())
    kept = sum(_same(table, tables.get(name)) for name, table in case.parameters.items())
    listed = sum(len(table.priors) for table in case.parameters.values())
    if kept > listed * _MANY:
        yield Note("parameters.toml", f"{kept} of {listed} priors have the template's numbers")
    titles = {row["title"] for row in read_rows(template / "sources.csv").values()}
    for source in case.evidence.sources:
        if source.title in titles:
            yield Note("sources.csv", f"'{source.key}' is the template's source")


def _same(table: ParameterTable, template: ParameterTable | None) -> int:
    """How many assumed priors have the numbers of one of the template's, without a reason."""
    if template is None:
        return 0
    numbers = set(map(_numbers, template.priors.values()))
    own: Iterable[Prior] = table.priors.values()
    return sum(
        prior.status == "assumed" and not prior.note and _numbers(prior) in numbers for prior in own
    )


def _numbers(prior: Prior) -> tuple[object, ...]:
    return prior.family, prior.numbers, prior.low, prior.high
