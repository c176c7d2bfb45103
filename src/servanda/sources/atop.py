"""Past alliances, from the Alliance Treaty Obligations and Provisions project (ATOP 5.1).

Reads `atop5_1_alliance.csv` (one row for each alliance) or `atop5_1_alliance_phase.csv` (one
row for each *phase*: a treaty whose amendment changes its coding has two or more). Use the first.
In the second an alliance that was deepened counts as one that ended.

Meaning of the codes, as found in the files:

- `term` 1 provisions fulfilled or scheduled end reached, 2 violated by a member, 3 renegotiated
  into a new relationship. 0 with `endyr` 0: in force at the end of 2018. 0 *with* an end date
  (38 alliances): no manner is coded, nearly always because a member ceased to be independent
  (the GDR in 1990, France in 1940).
- `endyr` 0 has priority over `term`: one alliance (3433) is in force but has `term` 3, from an
  earlier phase.
- a missing day counts as the 15th.
- an alliance begins when it is signed (China and North Korea: 11 July 1961), not when it enters
  into force.

**Trap: these are legal endings, which come later than the end of use.** The Sino-Soviet treaty ends
in April 1980 here; the partnership was no longer in use by the mid-1960s. A hazard fitted to these
dates is a hazard of *ending*. It understates the hazard of *dormancy*, which a model must separate.

The files hold 589 alliances, most but not all of the edition. For example, the Soviet treaty with
North Korea of July 1961 is missing.

Cite: Leeds, Ritter, Mitchell and Long (2002), Alliance Treaty Obligations and Provisions,
1815-1944, International Interactions 28: 237-260.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path

from servanda.errors import CaseError
from servanda.files import read_rows
from servanda.files.cells import whole

LAST_OBSERVED = date(2018, 12, 31)
"""ATOP 5.1 follows alliances to the end of 2018; those still in force are censored there."""

DAYS_PER_YEAR = 365.25

_DAY_IF_MISSING = 15


class Ending(StrEnum):
    """How an alliance ended."""

    IN_FORCE = "in force"
    FULFILLED = "fulfilled"
    VIOLATED = "violated"
    RENEGOTIATED = "renegotiated"
    UNCODED = "uncoded"
    """Ended without a coded manner, nearly always because a member lost its independence."""


CODED_ENDINGS = (Ending.FULFILLED, Ending.RENEGOTIATED, Ending.VIOLATED)

_ENDINGS = {
    0: Ending.UNCODED,
    1: Ending.FULFILLED,
    2: Ending.VIOLATED,
    3: Ending.RENEGOTIATED,
}

# The name in this package, and the publisher's column.
FLAGS = {
    "bilateral": "bilat",
    "wartime": "wartime",
    "defence": "defense",
    "offence": "offense",
    "neutrality": "neutral",
    "nonaggression": "nonagg",
    "consultation": "consul",
}
_COLUMNS = ("atopid", "begyr", "begmo", "begday", "endyr", "endmo", "endday", "term")


@dataclass(frozen=True, slots=True)
class Alliance:
    """One alliance, or one phase of one: its dates, manner of ending and content."""

    atop_id: int
    begin: date
    end: date | None
    ending: Ending
    flags: frozenset[str]
    """Its traits, from bilateral, wartime, defence, offence, neutrality and others."""

    @property
    def years(self) -> float:
        """Age in years when it ended, or when it was last observed."""
        return ((self.end or LAST_OBSERVED) - self.begin).days / DAYS_PER_YEAR


def read_alliances(path: Path) -> tuple[Alliance, ...]:
    """Every alliance in the publisher's alliance (or phase) file, in the file's order.

    Raises:
        CaseError: The file cannot be read, a column is missing, a code is unknown or not a number,
            or a date does not exist or lies before the alliance began.
    """
    wanted = (*_COLUMNS, *FLAGS.values())
    return tuple(
        _alliance(row, f"{path.name} line {line}")
        for line, row in read_rows(path, wanted, others=True, elsewhere=True).items()
    )


def _alliance(row: Mapping[str, str], where: str) -> Alliance:
    begin = _date(row, "beg", where)
    term = whole(row, "term", where)
    if term not in _ENDINGS:
        raise CaseError(where=where, found=f"term {term}", expected="0, 1, 2 or 3")
    in_force = whole(row, "endyr", where) == 0
    end = None if in_force else _date(row, "end", where)
    if (end or LAST_OBSERVED) < begin:
        raise CaseError(
            where=where,
            found=f"begin {begin}, end {end or LAST_OBSERVED}",
            expected="an end after the beginning",
        )
    return Alliance(
        atop_id=whole(row, "atopid", where),
        begin=begin,
        end=end,
        ending=Ending.IN_FORCE if in_force else _ENDINGS[term],
        flags=frozenset(name for name, column in FLAGS.items() if whole(row, column, where) == 1),
    )


def _date(row: Mapping[str, str], prefix: str, where: str) -> date:
    day = _DAY_IF_MISSING if row[f"{prefix}day"] == "" else whole(row, f"{prefix}day", where)
    year, month = whole(row, f"{prefix}yr", where), whole(row, f"{prefix}mo", where)
    try:
        return date(year, month, day)
    except ValueError:
        raise CaseError(
            where=where, found=f"{prefix} {year}-{month}-{day}", expected="a date that exists"
        ) from None
