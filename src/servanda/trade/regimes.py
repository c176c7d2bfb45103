"""Sanctions regimes as data: senders, targets, trade costs, start months and uncertainty."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, ClassVar, Literal, get_args

from pydantic import ConfigDict, Field

from servanda.errors import CaseError, UsageError
from servanda.files import Record, read_toml, validated
from servanda.files.faults import Faults, fault_of, faults_of_twins
from servanda.files.fields import MONTH, Month, Name, Names, Number, Status, Text
from servanda.files.lines import lines_shown
from servanda.files.records import STRICT
from servanda.trade.citations import Publication, check_cited, faults_of_sources
from servanda.trade.codes import Spelling, as_written
from servanda.trade.ranges import Range, rising

Direction = Literal["from-target", "to-target"]
DIRECTIONS: tuple[Direction, ...] = get_args(Direction)
# Kinds of the Global Sanctions Data Base (Felbermayr et al., European Economic Review 129, 2020).
Kind = Literal["arms", "military", "trade", "financial", "travel", "other"]
MONTHS = 12
PROHIBITIVE = 1000.0  # a tariff equivalent that leaves almost no trade


@dataclass(frozen=True, slots=True)
class Measure:
    """A trade cost that senders impose on trade with a target, in one direction.

    Attributes:
        target: The country that the measure targets.
        senders: The countries whose trade with it bears the cost.
        direction: `from-target` for imports of the senders, `to-target` for their exports.
        kind: What is sanctioned.
        start: The month it came into force, as 2022-03.
        cover: Share of that trade under the measure: low, central, high.
        tariff_equivalent: Ad valorem cost of what is covered, 0.2 a fifth: low, central, high.
        status: Measured, estimated or assumed.
        sources: Names in the file's table of sources; may be empty where the status is `assumed`.
        note: How the figures were determined.
        sectors: The sectors that bear the cost; all sectors if none is named.
        revenue: The share of the cost that the senders' treasuries collect: 1 for a duty, 0 for a
            ban, a risk or a delay. Only measures `from-target` have any: there are no export taxes.
        end: The last month in which it is in force, as 2023-11; none while it lasts.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    target: Text
    senders: Annotated[Names, Field(min_length=1)]
    direction: Direction
    kind: Kind
    start: Month
    cover: Annotated[Range, rising(ceiling=1.0)]
    tariff_equivalent: Annotated[Range, rising(ceiling=PROHIBITIVE)]
    status: Status
    sources: Names
    note: str
    sectors: Names = ()
    revenue: Annotated[Number, Field(ge=0, le=1)] = 0.0
    end: Month | None = None

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Every origin and destination whose trade bears the cost."""
        if self.direction == "from-target":
            return [(self.target, sender) for sender in self.senders]
        return [(sender, self.target) for sender in self.senders]

    def in_force(self, month: str) -> bool:
        """Whether it is in force in a month, as 2022-03.

        Raises:
            UsageError: The text is not a month.
        """
        if not MONTH.fullmatch(month):
            raise UsageError("month", repr(month), "a month like 2024-06")
        return self.start <= month and (self.end is None or month <= self.end)


@dataclass(frozen=True, slots=True)
class Regime:
    """A named list of measures at one level of enforcement.

    Attributes:
        name: Its name.
        meaning: Its meaning, in words.
        measures: Its measures.
        enforcement: Strength of enforcement, from 0 to 1, which limits covert routes.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    name: Name
    meaning: str
    measures: tuple[Measure, ...]
    enforcement: Annotated[Number, Field(ge=0, le=1)] = 1.0

    @property
    def targets(self) -> tuple[str, ...]:
        """Every target of the regime."""
        return tuple(dict.fromkeys(measure.target for measure in self.measures))


class _RegimesFile(Record):
    """The content of a file of regimes."""

    regimes: tuple[Regime, ...]
    sources: dict[str, Publication] = Field({})


def read_regimes(path: Path, spelling: Spelling = as_written) -> tuple[Regime, ...]:
    """Read the regimes of a case from TOML: docs/case-format.md describes every key.

    Args:
        path: The file.
        spelling: What codes of countries are read as.

    Raises:
        CaseError: The file cannot be read, a key is missing, misspelt or out of range, a source
            does not resolve, or a name occurs twice. It holds all faults of the file.
    """
    with lines_shown(path.parent):
        return _read(path, spelling)


def _read(path: Path, spelling: Spelling) -> tuple[Regime, ...]:
    read, faults = validated(_RegimesFile, read_toml(path), path.name), Faults()
    names = [regime.name for regime in read.regimes]
    cited, regimes = [], []
    for number, regime in enumerate(read.regimes, start=1):
        if regime.name in names[: number - 1]:
            where = f"{path.name}: regimes[{number}].name"
            faults.add([CaseError(where, f"{regime.name!r} twice", "each name once")])
        measures = []
        for place, measure in enumerate(regime.measures, start=1):
            where = f"{path.name}: regimes[{number}].measures[{place}]"
            faults.add(_faults_of_measure(measure, where))
            cited += [(f"{where}.sources", source) for source in measure.sources]
            measures.append(_spelt(measure, spelling, where, faults))
        regimes.append(replace(regime, measures=tuple(measures)))
    faults.add(faults_of_sources(cited, read.sources, path.name))
    faults.raise_any()
    return tuple(regimes)


def _spelt(measure: Measure, spelling: Spelling, where: str, faults: Faults) -> Measure:
    """A measure with the codes that its countries are read as."""
    place = f"{where}.senders"
    senders = {sender: spelling(sender, place) for sender in measure.senders}
    faults.add(faults_of_twins(senders, place))
    target = spelling(measure.target, f"{where}.target")
    return replace(measure, target=target, senders=tuple(senders.values()))


def _faults_of_measure(measure: Measure, where: str) -> Iterator[CaseError]:
    if measure.target in measure.senders:
        yield CaseError(f"{where}.senders", repr(measure.target), "countries but the target")
    if measure.revenue and measure.direction != "from-target":
        yield CaseError(
            f"{where}.revenue",
            f"{measure.revenue} of a measure {measure.direction!r}",
            "0: only duties on imports 'from-target' are collected",
        )
    if measure.end is not None and measure.end < measure.start:
        expected = f"a month from its start, {measure.start!r}, on"
        yield CaseError(f"{where}.end", repr(measure.end), expected)
    yield from fault_of(check_cited, where, measure.status, measure.sources)
