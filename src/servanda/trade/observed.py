"""An economy from observed flows, in a long table, and what to put where the table has nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import pandas as pd
import xarray as xr

from servanda.errors import UsageError, nearest
from servanda.trade.codes import unknown
from servanda.trade.flows import AT_HOME, LESS_THAN_NOTHING, Economy
from servanda.trade.labels import Given
from servanda.trade.table import Grid, Marks, Table, Values, find_pairs

NO_SALES = f"{AT_HOME}: give `output`; for a sector that a country lacks, give `least_at_home`"
NO_FLOW = (
    "missing is not zero: give absent='zero' if the source leaves out pairs without trade, or leave"
    " the country out"
)


def economy_from_table(  # noqa: PLR0913 (columns, and an option for each gap in data)
    data: Table,
    *,
    flow: str = "trade",
    exporter: str = "exporter",
    importer: str = "importer",
    sector: str | None = None,
    value_added_share: float = 1.0,
    sector_elasticity: float = 1.0,
    absent: Literal["refuse", "zero"] = "refuse",
    output: Given = None,
    least_at_home: float = 0.0,
) -> Economy:
    """Read an economy from a long table of flows.

    Args:
        data: One row for each origin with each destination, sales at home included, in any order;
            with sectors, one for each of them.
        flow: The column of flows, in any one unit of money.
        exporter: The column of codes of the origin.
        importer: The column of codes of the destination.
        sector: The column of sectors. None: there is one sector.
        value_added_share: γ, value added in gross output.
        sector_elasticity: η, the elasticity of substitution between sectors.
        absent: What pairs of different countries without a row are: `zero`, as in sources that list
            only positive flows, or refused.
        output: Gross output by country, or by (sector, country), for those whose sales at home the
            table lacks: they are output less exports. A dict, a pandas Series or a DataArray.
        least_at_home: Sales at home in each sector are at least this share of what the country buys
            in all sectors, such as 1e-6: for a sector that a country lacks. What is added is output
            that the data do not have.

    Returns:
        The economy, its countries in alphabetical order, its sectors as the table first names them.

    Raises:
        UsageError: A column is unknown, the table is empty, a code is not text or is spelt in two
            ways, a pair has no row or several, a flow is missing, negative or not a number, output
            is not above exports, or an option is unknown.
    """
    if absent not in ("refuse", "zero"):
        raise UsageError(
            "absent", repr(absent), "one of refuse, zero", nearest(str(absent), ("zero",))
        )
    if not 0 <= least_at_home < 1:
        raise UsageError("least_at_home", repr(least_at_home), "a share from 0 to below 1")
    grid = find_pairs(data, exporter, importer, sector)
    flows = grid.values(data, flow)
    home = np.broadcast_to(np.eye(len(grid.countries), dtype=bool), flows.shape)
    missing: Marks = (grid.rows < 0) | home & np.isnan(flows)
    if absent == "zero":
        flows, missing = np.where(missing & ~home, 0.0, flows), missing & home
    if output is not None:
        for cell, sold in _at_home(grid, flows, output).items():
            flows[cell], missing[cell] = sold, False
    if least_at_home:
        bought = np.nansum(flows, axis=tuple(range(flows.ndim - 1)))
        least = np.broadcast_to(np.diag(bought * least_at_home), flows.shape)
        flows = np.where(home & (missing | (flows < least) & (flows >= 0)), least, flows)
        missing = missing & ~home
    grid.check_complete(missing, NO_SALES, NO_FLOW)
    for place in np.argwhere(home & (flows == 0)):
        good = f" of {grid.sectors[place[0]]!r}" if grid.sectors else ""
        whose = f"domestic flow{good} of {grid.countries[place[-1]]!r}"
        raise UsageError(whose, "none", "a positive value", hint=NO_SALES)
    return Economy(grid.countries, flows, value_added_share, grid.sectors, sector_elasticity)


def _at_home(grid: Grid, flows: Values, output: Given) -> dict[tuple[int, ...], float]:
    """Sales at home, by place in the flows: output less exports."""
    found: dict[tuple[int, ...], float] = {}
    for key, made in _by_key(output).items():
        *sector, i = place = _place(grid, key)
        whose = f"output {f'of {grid.sectors[sector[0]]!r} ' if sector else ''}"
        whose += f"of {grid.countries[i]!r}"
        cell = (*place, i)
        if abs(flows[cell]) > 0:
            raise UsageError(
                whose,
                f"sales at home of {flows[cell]:g} in the table too",
                "one of the two: leave out the row or the output",
            )
        sold = np.delete(flows[tuple(sector)][i], i)
        if np.isnan(sold).any():
            continue  # An absent flow, which is refused with its name.
        if not _is_finite(made):
            raise UsageError(whose, repr(made), "a finite number")
        left = float(made) - float(sold.sum())
        if left <= 0:
            raise UsageError(
                f"{whose}, less its exports",
                f"{float(made):g} - {sold.sum():g} = {left:g}",
                "a positive number, its sales at home",
                hint=LESS_THAN_NOTHING,
            )
        found[cell] = left
    return found


def _by_key(output: Given) -> dict[Any, Any]:
    """The figures by country, or by sector and country, each once."""
    if isinstance(output, xr.DataArray):
        output = output.to_series()
    if isinstance(output, pd.Series):
        for key in output.index[output.index.duplicated()]:
            raise UsageError("output", f"two figures for {key!r}", "one for each")
        return dict(zip(output.index, output.tolist(), strict=True))
    if not isinstance(output, Mapping):
        found, expected = f"a {type(output).__name__}", "figures by country: a dict or a Series"
        raise UsageError("output", found, expected)
    return dict(output)


def _is_finite(figure: Any) -> bool:
    try:
        return bool(np.isfinite(float(figure)))
    except (TypeError, ValueError):
        return False


def _place(grid: Grid, key: Any) -> tuple[int, ...]:
    """The place of a country, or of a sector and a country, in the flows."""
    known = (grid.sectors, grid.countries) if grid.sectors else (grid.countries,)
    parts = key if isinstance(key, tuple) else (key,)
    if len(parts) != len(known):
        expected = "a sector and a country" if grid.sectors else "a country"
        raise UsageError("output", f"a figure for {key!r}", f"one for {expected}")
    for part, names in zip(parts, known, strict=True):
        if part not in names:
            raise unknown("output", part, names)
    return tuple(names.index(part) for part, names in zip(parts, known, strict=True))
