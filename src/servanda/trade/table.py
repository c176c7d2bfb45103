"""Reading a long table with one row for each pair of countries.

A table holds columns by name: a pandas DataFrame, or a dict of arrays or lists. No pair may have
two rows. A pair without a row is absent: a missing flow does not mean zero, so whoever reads the
table says what absent pairs are.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol, SupportsIndex, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float64, Int64

from servanda.errors import UsageError, nearest
from servanda.trade.codes import check_codes
from servanda.trade.flows import AT_HOME
from servanda.trade.labels import numbers, unmasked

Values = Float64[np.ndarray, "... origin destination"]
Rows = Int64[np.ndarray, "... origin destination"]
Marks = Bool[np.ndarray, "... origin destination"]

NOT_ZERO = "missing is not zero: write 0 where nothing was sold, or leave the country out"


@runtime_checkable
class Table(Protocol):
    """Columns by name, each of one length: a pandas DataFrame, or a dict of arrays."""

    def keys(self) -> Iterable[Any]:
        """Name the columns."""

    def __getitem__(self, name: str, /) -> Any:
        """Return one column."""


@dataclass(frozen=True, slots=True)
class Grid:
    """The row of each pair of countries in a long table.

    Attributes:
        countries: Their codes, in alphabetical order.
        rows: The row of each origin with each destination, counted from zero; −1 where it has none.
            With sectors, [sector, origin, destination].
        length: The number of rows of the table.
        sectors: Their names, in the order in which the table first names them; none without.
    """

    countries: tuple[str, ...]
    rows: Rows
    length: int
    sectors: tuple[str, ...] = ()

    def values(self, data: Table, name: str) -> Values:
        """Return a column of numbers as origin by destination, NaN for pairs without a row.

        Raises:
            UsageError: There is no such column, or a cell is not a number.
        """
        cells = column(data, name)
        if cells.shape != (self.length,):
            raise UsageError(
                f"table: {name}",
                f"shape {cells.shape}",
                f"one number in each of {self.length} rows",
            )
        try:
            found = numbers(cells, f"table: {name}")
        except UsageError as error:
            raise self._not_a_number(cells, name) or error from None
        return np.where(self.rows < 0, np.nan, found[self.rows])

    def pair(self, *place: SupportsIndex) -> str:
        """Name the pair at a place of the grid, for messages."""
        *sector, origin, destination = place
        good = f"of {self.sectors[sector[0]]!r} " if sector else ""
        return f"{good}from {self.countries[origin]!r} to {self.countries[destination]!r}"

    def check_complete(
        self, absent: Marks, at_home_hint: str = AT_HOME, abroad_hint: str = NOT_ZERO
    ) -> None:
        """Raise `UsageError` about the first of the pairs that are absent, sales at home first."""
        home = absent & np.eye(len(self.countries), dtype=bool)
        for marks, at_home in ((home, True), (absent, False)):
            for place in np.argwhere(marks)[:1]:
                more = f", nor one for {absent.sum() - 1} more pairs" if absent.sum() > 1 else ""
                good = f" of {self.sectors[place[0]]!r}" if self.sectors else ""
                raise UsageError(
                    f"domestic flow{good} of {self.countries[place[-1]]!r}"
                    if at_home
                    else f"flow {self.pair(*place)}",
                    f"{'no row' if self.rows[tuple(place)] < 0 else 'a row without it'}{more}",
                    f"a row for each of the {len(self.countries)} countries with each, itself"
                    " included",
                    hint=at_home_hint if at_home else abroad_hint,
                )

    def _not_a_number(self, cells: np.ndarray, name: str) -> UsageError | None:
        """Name the first cell, pair by pair, that cannot be read as a number, if any."""
        found = cells.tolist()
        for place in np.argwhere(self.rows >= 0):
            cell = found[self.rows[tuple(place)]]
            if not _is_number(cell):
                return UsageError(f"{name} {self.pair(*place)}", repr(cell), "a number")
        return None


def find_pairs(
    data: Table,
    exporter: str = "exporter",
    importer: str = "importer",
    sector: str | None = None,
) -> Grid:
    """Find the row of each origin with each destination, in each sector if there is such a column.

    Raises:
        UsageError: A column is unknown, the table is empty, a code is not text or is spelt in two
            ways, or a pair has several rows.
    """
    codes = {name: column(data, name).tolist() for name in (exporter, importer)}
    goods = [] if sector is None else column(data, sector).tolist()
    origins, destinations = codes[exporter], codes[importer]
    for name, cells in ((importer, destinations), *([(sector, goods)] if sector else [])):
        if len(origins) != len(cells):
            raise UsageError(
                f"table: {exporter} and {name}",
                f"{len(origins)} and {len(cells)} rows",
                "as many of both",
            )
    if not origins:
        raise UsageError("table", "no rows", "one row for each pair of countries")
    where = "{column} in row {row} of the table"
    check_codes(codes, where, "a country code")
    if sector is not None:
        check_codes({sector: goods}, where, "a sector's name")
    sectors = tuple(dict.fromkeys(goods))
    countries = tuple(sorted({*origins, *destinations}))
    position = {country: i for i, country in enumerate(countries)}
    rows = np.full((max(1, len(sectors)), *(len(countries),) * 2), -1, dtype=np.int64)
    grid = Grid(countries, rows if sectors else rows[0], len(origins), sectors)
    of_good = {good: k for k, good in enumerate(sectors)}
    for row, (origin, destination) in enumerate(zip(origins, destinations, strict=True)):
        pair = position[origin], position[destination]
        place = (of_good[goods[row]] if sectors else 0, *pair)
        if rows[place] >= 0:
            raise UsageError(
                f"flow {grid.pair(*(place if sectors else pair))}",
                f"rows {rows[place] + 1} and {row + 1} of the table",
                "one row for each pair",
                hint="keep one year and one product, or sum over them",
            )
        rows[place] = row
    return grid


def column(data: Table, name: str) -> np.ndarray:
    """Return a column as an array, with NaN where a masked array has no number.

    Raises:
        UsageError: The table has no columns by name, or none of this name.
    """
    if not hasattr(data, "keys"):
        found, expected = f"a {type(data).__name__}", "a DataFrame, or a dict of arrays or lists"
        raise UsageError("table", found, expected)
    names = [str(key) for key in data.keys()]  # noqa: SIM118 (a DataFrame need not iterate by name)
    if name not in names:
        raise UsageError(
            "table", f"no column {name!r}", "one of " + ", ".join(names), hint=nearest(name, names)
        )
    return np.asarray(unmasked(data[name]))


def _is_number(cell: Any) -> bool:
    try:
        float(cell)
    except (TypeError, ValueError):
        return False
    return True
