"""Reference classes: past alliances with which a case may be compared.

A class is a filter on ATOP's record (`servanda.sources.atop`), with the argument for using it.
Which class is right is a matter of judgement, so a case names several.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Annotated

import numpy as np
from jaxtyping import Bool, Float
from pydantic import AfterValidator, Field

from servanda.files import Record, read_toml, validated
from servanda.files.fields import Number
from servanda.files.lines import lines_shown
from servanda.sources.atop import CODED_ENDINGS, FLAGS, Alliance, Ending

Flag = Annotated[bool, Field(strict=True)]
Year = Annotated[int, Field(strict=True)]


class Conditions(Record):
    """Conditions on an alliance; a condition that is left out is not applied.

    Attributes:
        bilateral: Between two states.
        wartime: Formed while a member was at war.
        defence: Members promise to defend each other.
        offence: Members promise to attack together.
        neutrality: Members promise to stay out of each other's wars.
        nonaggression: Members promise not to attack each other.
        consultation: Members promise to consult each other in a crisis.
        formed_from: First year of formation that the class includes.
        formed_to: Last year of formation that the class includes.
    """

    bilateral: Flag | None = None
    wartime: Flag | None = None
    defence: Flag | None = None
    offence: Flag | None = None
    neutrality: Flag | None = None
    nonaggression: Flag | None = None
    consultation: Flag | None = None
    formed_from: Year | None = None
    formed_to: Year | None = None

    def hold(self, alliance: Alliance) -> bool:
        """Whether an alliance meets all conditions."""
        formed = alliance.begin.year
        if self.formed_from is not None and formed < self.formed_from:
            return False
        if self.formed_to is not None and formed > self.formed_to:
            return False
        wanted = {flag: getattr(self, flag) for flag in FLAGS}
        return all(
            (flag in alliance.flags) == value for flag, value in wanted.items() if value is not None
        )


@dataclass(frozen=True, slots=True)
class ReferenceClass:
    """A named filter on past alliances, with the argument for using it.

    Attributes:
        name: The name of its table in the file.
        label: Its name in printed tables.
        note: Arguments for and against this class.
        where: Conditions on the treaty and its year; no conditions include every alliance.
    """

    name: str
    label: str
    note: str
    where: Conditions


@dataclass(frozen=True, slots=True)
class ReferenceClasses:
    """The reference classes of a case.

    Attributes:
        ages: Ages in years, from 0, at which the hazard may change. The last band is open.
        min_events: Bands with fewer endings are merged with the next.
        classes: The classes, in the order of the file.
    """

    ages: tuple[float, ...]
    min_events: int
    classes: tuple[ReferenceClass, ...]


def _rising_from_zero(ages: tuple[float, ...]) -> tuple[float, ...]:
    if ages[:1] != (0,) or not all(low < high for low, high in pairwise(ages)):
        raise ValueError("rising ages in years, from 0")
    return ages


class _ClassTable(Record):
    """A table `[class.NAME]`."""

    label: str
    note: str
    where: Conditions


class _ClassesFile(Record):
    """The content of a file of reference classes."""

    ages: Annotated[tuple[Number, ...], AfterValidator(_rising_from_zero)]
    min_events: Annotated[int, Field(strict=True, ge=1)]
    classes: Annotated[dict[str, _ClassTable], Field(alias="class", min_length=1)]


def read_reference_classes(path: Path) -> ReferenceClasses:
    """The reference classes that a case declares in TOML.

    Raises:
        CaseError: The file cannot be read, or a key is missing, misspelt or out of range.
    """
    with lines_shown(path.parent):
        read = validated(_ClassesFile, read_toml(path), path.name)
    classes = tuple(
        ReferenceClass(name, table.label, table.note, table.where)
        for name, table in read.classes.items()
    )
    return ReferenceClasses(read.ages, read.min_events, classes)


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """Ages of a set of alliances; those without an observed ending are censored."""

    years: Float[np.ndarray, " alliances"]
    ended: Bool[np.ndarray, " alliances"]
    endings: tuple[Ending, ...]

    def __len__(self) -> int:
        return len(self.endings)

    def count(self, ending: Ending) -> int:
        """How many alliances ended in this way."""
        return self.endings.count(ending)


def select(alliances: Iterable[Alliance], reference: ReferenceClass) -> tuple[Alliance, ...]:
    """The alliances that belong to a reference class."""
    return tuple(alliance for alliance in alliances if reference.where.hold(alliance))


def lifetimes(alliances: Iterable[Alliance], *, uncoded_ends: bool = False) -> Lifetimes:
    """Ages and endings; an uncoded ending is censored, unless `uncoded_ends`.

    Censoring follows ATOP: it codes no manner of ending if no member chose to leave.
    """
    members = tuple(alliances)
    ends = {*CODED_ENDINGS, Ending.UNCODED} if uncoded_ends else set(CODED_ENDINGS)
    return Lifetimes(
        years=np.array([alliance.years for alliance in members], dtype=np.float64),
        ended=np.array([alliance.ending in ends for alliance in members], dtype=np.bool_),
        endings=tuple(alliance.ending for alliance in members),
    )
