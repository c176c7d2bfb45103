"""Past alliances as the Alliance Treaty Obligations and Provisions project (ATOP 5.1) records them.

Reads `atop5_1_alliance.csv` (one row an alliance) or `atop5_1_alliance_phase.csv` (one row a
*phase*: a treaty amended enough to change its coding has two or more). Use the first: in the
second a partnership that was deepened counts as one that ended.

What the codes mean, as found in the files:

- `term` 1 provisions fulfilled or scheduled end reached, 2 violated by a member, 3 renegotiated
  into a new relationship. 0 with `endyr` 0: in force at the end of 2018. 0 *with* an end date
  (38 alliances): no manner is coded, nearly always because a member ceased to be independent
  (the GDR in 1990, France in 1940).
- `endyr` 0 wins over `term`: one alliance (3433) is in force and yet has `term` 3, of an earlier
  phase.
- a missing day is taken as the 15th.
- an alliance begins when it is signed (China and North Korea: 11 July 1961), not when it enters
  into force.

**Known trap: these are legal endings, and they come later than practical ones.** The Sino-Soviet
treaty ends in April 1980 here; as a partnership it was dead by the mid-1960s. So a hazard fitted
to these dates is one of *ending*, and understates the hazard of *dormancy*, which a model must
keep apart.

The files hold 589 alliances, most but not all of the edition: the Soviet treaty with North Korea
of July 1961, for one, is not among them.

Cite: Leeds, Ritter, Mitchell and Long (2002), Alliance Treaty Obligations and Provisions,
1815-1944, International Interactions 28: 237-260.
"""

import csv
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import pairwise
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float

from servanda.errors import CaseError, nearest

LAST_OBSERVED = date(2018, 12, 31)
"""ATOP 5.1 follows alliances to the end of 2018: one still in force then is censored there."""

DAYS_PER_YEAR = 365.25

_DAY_IF_MISSING = 15


class Ending(StrEnum):
    """How an alliance ended."""

    IN_FORCE = "in force"
    FULFILLED = "fulfilled"
    VIOLATED = "violated"
    RENEGOTIATED = "renegotiated"
    UNCODED = "uncoded"
    """Ended with no manner coded: nearly always, a member lost its independence."""


CODED_ENDINGS = (Ending.FULFILLED, Ending.RENEGOTIATED, Ending.VIOLATED)

_ENDINGS = {
    0: Ending.UNCODED,
    1: Ending.FULFILLED,
    2: Ending.VIOLATED,
    3: Ending.RENEGOTIATED,
}

# The name here, and the publisher's column.
_FLAGS = {
    "bilateral": "bilat",
    "wartime": "wartime",
    "defence": "defense",
    "offence": "offense",
    "neutrality": "neutral",
    "nonaggression": "nonagg",
    "consultation": "consul",
}
_YEARS = ("formed_from", "formed_to")
_COLUMNS = ("atopid", "begyr", "begmo", "begday", "endyr", "endmo", "endday", "term")


@dataclass(frozen=True, slots=True)
class Alliance:
    """One alliance, or one phase of one: when it held, how it ended, what it was."""

    atop_id: int
    begin: date
    end: date | None
    ending: Ending
    flags: frozenset[str]
    """Those of bilateral, wartime, defence, offence, neutrality ... that are true of it."""

    @property
    def years(self) -> float:
        """Age in years when it ended, or when it was last observed."""
        return ((self.end or LAST_OBSERVED) - self.begin).days / DAYS_PER_YEAR


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """Ages of a set of alliances, censored where the ending was not observed."""

    years: Float[np.ndarray, " alliances"]
    ended: Bool[np.ndarray, " alliances"]
    endings: tuple[Ending, ...]

    def __len__(self) -> int:
        return len(self.endings)

    def count(self, ending: Ending) -> int:
        """How many alliances ended in this way."""
        return self.endings.count(ending)


@dataclass(frozen=True, slots=True)
class ReferenceClass:
    """A named filter on past alliances, with the argument for using it."""

    name: str
    label: str
    note: str
    where: Mapping[str, bool | int]

    def holds(self, alliance: Alliance) -> bool:
        """Whether the alliance belongs to the class; a class without conditions holds everyone."""
        for key, wanted in self.where.items():
            match key:
                case "formed_from":
                    kept = alliance.begin.year >= wanted
                case "formed_to":
                    kept = alliance.begin.year <= wanted
                case _:
                    kept = (key in alliance.flags) == wanted
            if not kept:
                return False
        return True


@dataclass(frozen=True, slots=True)
class ReferenceClasses:
    """What a case's file says: the classes, and the ages at which hazards may change."""

    ages: tuple[float, ...]
    min_events: int
    classes: tuple[ReferenceClass, ...]


def read_alliances(path: Path) -> tuple[Alliance, ...]:
    """Every alliance in the publisher's alliance (or phase) file, in the file's order."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as problem:
        raise CaseError(
            where=str(path),
            found=f"a file that cannot be read ({problem})",
            expected="the publisher's csv of ATOP 5.1",
        ) from None
    reader = csv.DictReader(text.splitlines())
    missing = {*_COLUMNS, *_FLAGS.values()} - set(reader.fieldnames or ())
    if missing:
        raise CaseError(
            where=str(path),
            found=f"no column {', '.join(sorted(missing))}",
            expected="the columns of ATOP 5.1's alliance file",
            hint="give atop5_1_alliance.csv or atop5_1_alliance_phase.csv as published",
        )
    return tuple(
        _alliance(row, f"{path.name}, line {line}") for line, row in enumerate(reader, start=2)
    )


def _alliance(row: Mapping[str, str], where: str) -> Alliance:
    begin = _date(row, "beg", where)
    term = _code(row, "term", where)
    if term not in _ENDINGS:
        raise CaseError(where=where, found=f"term {term}", expected="0, 1, 2 or 3")
    in_force = _code(row, "endyr", where) == 0
    end = None if in_force else _date(row, "end", where)
    if (end or LAST_OBSERVED) < begin:
        raise CaseError(
            where=where,
            found=f"begin {begin}, end {end or LAST_OBSERVED}",
            expected="an end after the beginning",
        )
    return Alliance(
        atop_id=_code(row, "atopid", where),
        begin=begin,
        end=end,
        ending=Ending.IN_FORCE if in_force else _ENDINGS[term],
        flags=frozenset(name for name, column in _FLAGS.items() if _code(row, column, where) == 1),
    )


def _date(row: Mapping[str, str], prefix: str, where: str) -> date:
    day = _DAY_IF_MISSING if row[f"{prefix}day"] == "" else _code(row, f"{prefix}day", where)
    year, month = _code(row, f"{prefix}yr", where), _code(row, f"{prefix}mo", where)
    try:
        return date(year, month, day)
    except ValueError:
        raise CaseError(
            where=where, found=f"{prefix} {year}-{month}-{day}", expected="a date that exists"
        ) from None


def _code(row: Mapping[str, str], column: str, where: str) -> int:
    """A whole number; the publisher writes some as 3 and some as 3.0."""
    try:
        number = float(row[column])
    except (TypeError, ValueError):
        number = float("nan")
    if not number.is_integer():
        raise CaseError(where=where, found=f"{column} '{row[column]}'", expected="a whole number")
    return int(number)


def select(alliances: Iterable[Alliance], reference: ReferenceClass) -> tuple[Alliance, ...]:
    """The alliances that belong to a reference class."""
    return tuple(alliance for alliance in alliances if reference.holds(alliance))


def lifetimes(alliances: Iterable[Alliance], *, uncoded_ends: bool = False) -> Lifetimes:
    """Ages and endings; an uncoded ending censors, unless `uncoded_ends`.

    Censoring follows ATOP, which names no manner of ending here: nobody chose to leave.
    """
    members = tuple(alliances)
    ends = {*CODED_ENDINGS, Ending.UNCODED} if uncoded_ends else set(CODED_ENDINGS)
    return Lifetimes(
        years=np.array([alliance.years for alliance in members], dtype=np.float64),
        ended=np.array([alliance.ending in ends for alliance in members], dtype=np.bool_),
        endings=tuple(alliance.ending for alliance in members),
    )


def read_reference_classes(path: Path) -> ReferenceClasses:
    """The reference classes that a case declares in TOML."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise CaseError(
            where=str(path),
            found=str(problem),
            expected="a readable TOML file of reference classes",
        ) from None
    _expect_keys(table, {"ages", "min_events", "class"}, path.name)
    ages, min_events = table["ages"], table["min_events"]
    if not _rising_from_zero(ages):
        raise CaseError(
            where=f"{path.name}, ages", found=f"{ages}", expected="rising ages in years, from 0"
        )
    if type(min_events) is not int or min_events < 1:
        raise CaseError(
            where=f"{path.name}, min_events",
            found=f"{min_events}",
            expected="a whole number from 1",
        )
    if not isinstance(table["class"], dict) or not table["class"]:
        raise CaseError(
            where=path.name, found="no class", expected="at least one table [class.NAME]"
        )
    classes = tuple(
        _reference_class(name, body, f"{path.name}, class {name}")
        for name, body in table["class"].items()
    )
    return ReferenceClasses(tuple(map(float, ages)), min_events, classes)


def _reference_class(name: str, body: object, where: str) -> ReferenceClass:
    if not isinstance(body, dict):
        raise CaseError(where=where, found=f"{body}", expected="a table")
    _expect_keys(body, {"label", "note", "where"}, where)
    conditions = body["where"]
    if not isinstance(conditions, dict):
        raise CaseError(
            where=where, found=f"where = {conditions}", expected="a table of conditions"
        )
    for key, wanted in conditions.items():
        known = [*_FLAGS, *_YEARS]
        if key not in known:
            raise CaseError(
                where=where,
                found=f"condition '{key}'",
                expected=f"one of {', '.join(known)}",
                hint=nearest(key, known),
            )
        kind = int if key in _YEARS else bool
        if type(wanted) is not kind:
            raise CaseError(
                where=where,
                found=f"{key} = {wanted!r}",
                expected="a year" if kind is int else "true or false",
            )
    return ReferenceClass(name, str(body["label"]), str(body["note"]), dict(conditions))


def _rising_from_zero(ages: object) -> bool:
    if not isinstance(ages, list) or not ages or ages[0] != 0:
        return False
    if not all(type(age) in (int, float) for age in ages):
        return False
    return all(low < high for low, high in pairwise(ages))


def _expect_keys(table: Mapping[str, object], wanted: set[str], where: str) -> None:
    found = set(table)
    for key in sorted(found - wanted):
        raise CaseError(
            where=where,
            found=f"key '{key}'",
            expected=f"only {', '.join(sorted(wanted))}",
            hint=nearest(key, sorted(wanted)),
        )
    for key in sorted(wanted - found):
        raise CaseError(where=where, found=f"no '{key}'", expected=", ".join(sorted(wanted)))
