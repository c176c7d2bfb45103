"""Sanction regimes as data: who puts what cost on trade with whom, since when, how sure that is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar, Literal, get_args

from pydantic import ConfigDict, Field

from servanda.errors import CaseError, UsageError
from servanda.files import Record, read_toml, validated
from servanda.files.fields import MONTH, Month, Names, Number, Status, Text
from servanda.files.records import STRICT
from servanda.trade.citations import Publication, check_cited
from servanda.trade.ranges import Range, rising

Direction = Literal["from-target", "to-target"]
DIRECTIONS: tuple[Direction, ...] = get_args(Direction)
# Those of the Global Sanctions Data Base (Felbermayr et al., European Economic Review 129, 2020).
Kind = Literal["arms", "military", "trade", "financial", "travel", "other"]
MONTHS = 12
PROHIBITIVE = 1000.0  # a tariff equivalent that leaves next to nothing


@dataclass(frozen=True, slots=True)
class Measure:
    """A cost that senders put on trade with a target, in one direction.

    Attributes:
        target: The country the measure is against.
        senders: The countries whose trade with it bears the cost.
        direction: `from-target` for what the senders buy, `to-target` for what they sell.
        kind: What is sanctioned.
        start: The month it came into force, as 2022-03.
        cover: Share of that trade under the measure: low, central, high.
        tariff_equivalent: Ad valorem cost of what is covered, 0.2 a fifth: low, central, high.
        status: How the figures were come by.
        sources: Names in the file's table of sources; may be empty where the status is `assumed`.
        note: How the figures were arrived at.
        sectors: The sectors that bear the cost; all if none is named.
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

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Every origin and destination whose trade bears the cost."""
        if self.direction == "from-target":
            return [(self.target, sender) for sender in self.senders]
        return [(sender, self.target) for sender in self.senders]

    def in_force(self, month: str) -> bool:
        """Whether it is in force in a month, as 2022-03.

        Raises:
            UsageError: The text is no month.
        """
        if not MONTH.match(month):
            raise UsageError("month", repr(month), "a month like 2024-06")
        return self.start <= month


@dataclass(frozen=True, slots=True)
class Regime:
    """A named list of measures: how hard the senders mean it.

    Attributes:
        name: What it is called.
        meaning: What it stands for.
        measures: What it puts on trade.
        enforcement: How strongly it is policed, from 0 to 1: what a covert route is up against.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    name: str
    meaning: str
    measures: tuple[Measure, ...]
    enforcement: Annotated[Number, Field(ge=0, le=1)] = 1.0

    @property
    def targets(self) -> tuple[str, ...]:
        """Every country that it is against."""
        return tuple(dict.fromkeys(measure.target for measure in self.measures))


class _RegimesFile(Record):
    """The whole of a file of regimes."""

    regimes: tuple[Regime, ...]
    sources: dict[str, Publication] = Field({})


def read_regimes(path: Path) -> tuple[Regime, ...]:
    """Read the regimes of a case from TOML: docs/case-format.md describes every key.

    Raises:
        CaseError: The file cannot be read, a key is missing, misspelt or out of range, a source
            does not resolve, a regime has no target, or a name stands twice.
    """
    read = validated(_RegimesFile, read_toml(path), path.name)
    names = [regime.name for regime in read.regimes]
    for number, regime in enumerate(read.regimes, start=1):
        if names.count(regime.name) > 1:
            raise CaseError(f"{path.name}: regimes", f"{regime.name!r} twice", "each name once")
        for place, measure in enumerate(regime.measures, start=1):
            where = f"{path.name}: regimes[{number}].measures[{place}]"
            if measure.target in measure.senders:
                found = repr(measure.target)
                raise CaseError(f"{where}.senders", found, "countries but the target")
            check_cited(where, measure.status, measure.sources, read.sources)
    return read.regimes
