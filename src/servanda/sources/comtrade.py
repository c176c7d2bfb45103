"""Imports from one country by heading and year, from a table of UN Comtrade.

The table has one row for each year (`year`) and one column for each heading of the Harmonized
System, with a name that its user chooses (`2701_coal`). `TOTAL` is the total. All values are in US
dollars.

Traps:

- the importer reports these figures (mirror statistics), which do not include smuggling;
- zero means that nothing was reported, not that nothing was imported;
- the total includes headings that the table does not list.

Cite: United Nations Statistics Division, UN Comtrade database.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float64

from servanda.errors import CaseError
from servanda.files import read_rows
from servanda.files.cells import figure, whole

YEAR, TOTAL = "year", "TOTAL"

Years = Float64[np.ndarray, " year"]


@dataclass(frozen=True, slots=True)
class Headings:
    """Imports by year and heading, USD m.

    Attributes:
        years: Every year from first to last.
        value: Values by heading, including `TOTAL`.
    """

    years: tuple[int, ...]
    value: Mapping[str, Years]


def read_headings(path: Path, headings: Sequence[str]) -> Headings:
    """Read some headings and the total.

    Raises:
        CaseError: The file cannot be read, a column or a year is missing, a year is given twice, or
            a value is not a number or below zero.
    """
    wanted = (*headings, TOTAL)
    found: dict[int, dict[str, float]] = {}
    for line, row in read_rows(path, (YEAR, *wanted), others=True, elsewhere=True).items():
        where = f"{path.name} line {line}"
        year = whole(row, YEAR, where)
        if year in found:
            raise CaseError(where, f"{year} again", "each year once")
        found[year] = {heading: figure(row, heading, where) for heading in wanted}
    years = tuple(sorted(found))
    for earlier, later in itertools.pairwise(years):
        if later != earlier + 1:
            raise CaseError(path.name, f"{later} after {earlier}", f"{earlier + 1}: no gap")
    value = {h: np.array([found[year][h] / 1e6 for year in years]) for h in wanted}
    return Headings(years, value)
