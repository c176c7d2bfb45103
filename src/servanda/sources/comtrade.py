"""Imports from one country by heading and year, as a table out of UN Comtrade gives them.

One row a year (`year`), one column a heading of the Harmonized System, named as its user likes
(`2701_coal`), and `TOTAL`, all of it in US dollars.

Traps:

- these are what the importer reports (mirror statistics): what is smuggled is in no figure;
- zero means that nothing was reported, not that nothing came;
- the total is that of all headings, also of those that the table does not list.

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
        value: By heading, `TOTAL` among them.
    """

    years: tuple[int, ...]
    value: Mapping[str, Years]


def read_headings(path: Path, headings: Sequence[str]) -> Headings:
    """Read some headings and the total.

    Raises:
        CaseError: The file cannot be read, a column or a year is missing, a year is given twice, or
            a value is no number or below zero.
    """
    wanted = (*headings, TOTAL)
    found: dict[int, dict[str, float]] = {}
    for line, row in read_rows(path, (YEAR, *wanted), others=True).items():
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
