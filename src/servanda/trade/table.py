"""Reading an economy from a long table with one row for each pair of countries.

A table holds columns by name: a pandas DataFrame, or a dict of arrays. It must have exactly one row
for every pair of countries, each country with itself included. Totals are complete only if no pair
is missing, and a missing flow does not mean zero.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol, SupportsIndex, runtime_checkable

import numpy as np
from jaxtyping import Float64, Int64

from servanda.errors import UsageError, nearest
from servanda.trade.flows import Economy

Values = Float64[np.ndarray, "origin destination"]
Rows = Int64[np.ndarray, "origin destination"]


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
        rows: The row of each origin with each destination, counted from zero.
    """

    countries: tuple[str, ...]
    rows: Rows

    def values(self, data: Table, name: str) -> Values:
        """Return a column of numbers as origin by destination.

        Raises:
            UsageError: There is no such column, or a cell is not a number.
        """
        cells = column(data, name)
        if cells.shape != (self.rows.size,):
            raise UsageError(
                f"table: {name}",
                f"shape {cells.shape}",
                f"one number in each of {self.rows.size} rows",
            )
        try:
            numbers = np.asarray(cells, dtype=np.float64)
        except (TypeError, ValueError):
            raise self._not_a_number(cells, name) from None
        values: Values = numbers[self.rows]
        return values

    def pair(self, origin: SupportsIndex, destination: SupportsIndex) -> str:
        """Name the pair at a place of the grid, for messages."""
        return f"from {self.countries[origin]!r} to {self.countries[destination]!r}"

    def _not_a_number(self, cells: np.ndarray, name: str) -> UsageError:
        """Name the first cell, pair by pair, that cannot be read as a number."""
        places = np.ndindex(self.rows.shape)
        place = next(place for place in places if not _is_number(cells[self.rows[place]]))
        found = cells.tolist()[self.rows[place]]
        return UsageError(f"{name} {self.pair(*place)}", repr(found), "a number")


def economy_from_table(
    data: Table,
    *,
    flow: str = "trade",
    exporter: str = "exporter",
    importer: str = "importer",
    value_added_share: float = 1.0,
) -> Economy:
    """Read an economy from a long table of flows.

    Args:
        data: One row for each origin with each destination, sales at home included, in any order.
        flow: The column of flows, in any one unit of money.
        exporter: The column of codes of the origin.
        importer: The column of codes of the destination.
        value_added_share: γ, value added in gross output.

    Returns:
        The economy, its countries in alphabetical order.

    Raises:
        UsageError: A column is unknown, the table is empty, a code is not text, a pair has no
            row or several, or a flow is missing, negative or not a number.
    """
    grid = find_pairs(data, exporter, importer)
    return Economy(grid.countries, grid.values(data, flow), value_added_share)


def find_pairs(data: Table, exporter: str = "exporter", importer: str = "importer") -> Grid:
    """Find the row of each origin with each destination.

    Raises:
        UsageError: A column is unknown, the table is empty, a code is not text, or a pair stands in
            no row or in several.
    """
    origins, destinations = _codes(data, exporter), _codes(data, importer)
    if len(origins) != len(destinations):
        raise UsageError(
            f"table: {exporter} and {importer}",
            f"{len(origins)} and {len(destinations)} rows",
            "as many of both",
        )
    if not origins:
        raise UsageError("table", "no rows", "one row for each pair of countries")
    countries = tuple(sorted({*origins, *destinations}))
    position = {country: i for i, country in enumerate(countries)}
    rows = np.full((len(countries),) * 2, -1, dtype=np.int64)
    for row, (origin, destination) in enumerate(zip(origins, destinations, strict=True)):
        place = position[origin], position[destination]
        if rows[place] >= 0:
            raise UsageError(
                f"flow from {origin!r} to {destination!r}",
                f"rows {rows[place] + 1} and {row + 1} of the table",
                "one row for each pair",
                hint="keep one year and one product, or sum over them",
            )
        rows[place] = row
    _check_complete(countries, rows)
    return Grid(countries, rows)


def column(data: Table, name: str) -> np.ndarray:
    """Return a column as an array.

    Raises:
        UsageError: There is no such column.
    """
    names = [str(key) for key in data.keys()]  # noqa: SIM118 (a DataFrame need not iterate by name)
    if name not in names:
        raise UsageError(
            "table", f"no column {name!r}", "one of " + ", ".join(names), hint=nearest(name, names)
        )
    return np.asarray(data[name])


def _is_number(cell: Any) -> bool:
    try:
        float(cell)
    except (TypeError, ValueError):
        return False
    return True


def _codes(data: Table, name: str) -> list[str]:
    codes: list[Any] = column(data, name).tolist()
    for row, code in enumerate(codes):
        if not isinstance(code, str) or not code:
            raise UsageError(f"{name} in row {row + 1} of the table", repr(code), "a country code")
    return codes


def _check_complete(countries: tuple[str, ...], rows: Rows) -> None:
    missing = np.argwhere(rows < 0)
    if len(missing) == 0:
        return
    origin, destination = (countries[i] for i in missing[0])
    at_home = origin == destination
    raise UsageError(
        f"domestic flow of {origin!r}" if at_home else f"flow from {origin!r} to {destination!r}",
        f"no row, nor one for {len(missing) - 1} more pairs" if len(missing) > 1 else "no row",
        f"a row for each of the {len(countries)} countries with each, itself included",
        hint="sales at home are gross output less exports"
        if at_home
        else "missing is not zero: write 0 where nothing was sold, or leave the country out",
    )
