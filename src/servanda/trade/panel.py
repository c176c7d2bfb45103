"""Gravity over years: effects of pairs, so that costs are identified by their changes.

Claim: what does not change between two countries, measured or not, is the effect of their pair.
Whatever moves all sales of an exporter, or all purchases of an importer, in a year is an effect of
that country and year. A cost variable, such as a trade agreement, is then estimated from its
changes within pairs, by PPML with three sets of effects:

    X_ijt = exp(exporter_it + importer_jt + pair_ij + β · costs_ijt) + error

The effects of the pair answer the objection that countries make agreements with those with whom
they trade most (Baier and Bergstrand 2007). Errors of one pair are correlated over years, so
standard errors are clustered by pair, whatever its direction, unless another column is named.

**Bias.** With few years, the coefficients are biased by about as much as a fraction of their
standard errors, and standard errors are too small. This holds for any three-way PPML, and it is not
corrected here (Weidner and Zylkin 2021).

An effect whose flows are all zero fits them exactly and says nothing of β. Its rows are left out
and counted.

Sources: Baier and Bergstrand, "Do free trade agreements actually increase members' international
trade?", Journal of International Economics 71(1), 2007. Weidner and Zylkin, "Bias and consistency
in three-way gravity models", Journal of International Economics 132, 2021. Yotov, Piermartini,
Monteiro and Larch, "An Advanced Guide to Trade Policy Analysis", WTO/UNCTAD 2016.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float64

from servanda.errors import UsageError
from servanda.trade.codes import check_codes
from servanda.trade.gravity import (
    DISTINCT,
    Covariance,
    Estimate,
    check_clusters,
    collinear,
    cost_names,
    fit_ppml,
    need_pyfixest,
    not_converged,
    separating,
)
from servanda.trade.labels import numbers
from servanda.trade.table import Table, column

EFFECTS = ("exporter_year", "importer_year", "pair")
CONDITION = 1e-6  # largest Σ costs (X − X̂), relative to Σ |costs| X


@dataclass(frozen=True, slots=True)
class PanelGravity(Estimate):
    """Gravity estimated over years, with effects of pairs, its errors clustered.

    Attributes:
        fitted: The fitted flow of each row of the table, NaN for rows left out.
        observations: The number of rows used.
        left_out: The number of rows left out, whose pair, exporter or importer has no trade.
    """

    fitted: Float64[np.ndarray, " row"]
    observations: int
    left_out: int


def estimate_panel(
    data: Table,
    costs: Sequence[str],
    *,
    flow: str = "trade",
    exporter: str = "exporter",
    importer: str = "importer",
    year: str = "year",
    pair: str | None = None,
    cluster: str | None = None,
) -> PanelGravity:
    """Estimate gravity with effects of exporter and year, importer and year, and pair, by PPML.

    Args:
        data: One row for each origin, destination and year, in any order; not all need be there.
            Sales at home may be included.
        costs: The columns of cost variables, which change over time within pairs.
        flow: The column of flows, in any one unit of money.
        exporter: The column of codes of the origin.
        importer: The column of codes of the destination.
        year: The column of years.
        pair: The column that names the pair. Without one, each direction has its own effect.
        cluster: The column of clusters within which errors may be correlated. Without one, the
            pair whatever its direction.

    Returns:
        The estimates, with the fitted flows.

    Raises:
        UsageError: pyfixest is not installed; a column is unknown; a code is not text or is spelt
            in two ways; a year is missing, or there is one alone; a row is double; a flow is
            missing or negative; a cost variable is not finite, or is collinear with the effects and
            the others; zeros leave a coefficient without a finite value; there is one cluster; or
            PPML does not converge.
    """
    pyfixest = need_pyfixest()
    names = cost_names(costs)
    table = _table(data, flow, (exporter, importer, year), pair, cluster)
    cells = {name: _numbers(data, name) for name in names}
    scales = {name: float(values.std()) or 1.0 for name, values in cells.items()}
    keys = [f"cost{k}" for k in range(len(names))]
    for key, name in zip(keys, names, strict=True):
        table[key] = (cells[name] - cells[name].mean()) / scales[name]
    used = _with_trade(table)
    kept = table[used]
    size = kept["flow"].mean()
    fit, found, covariance = _fit(pyfixest, names, keys, kept.assign(flow=kept["flow"] / size))
    for key, name in zip(keys, names, strict=True):
        if key not in found.index:
            raise collinear(name)
    predicted = fit.predict(type="response")
    _check_fit(names, kept, keys, predicted)
    scale = np.array([scales[name] for name in names])
    fitted = np.full(len(table), np.nan)
    fitted[used] = predicted * size
    return PanelGravity(
        names,
        found.loc[keys].to_numpy() / scale,
        covariance / np.outer(scale, scale),
        fitted,
        observations=len(kept),
        left_out=int((~used).sum()),
    )


def _fit(
    pyfixest: ModuleType, names: tuple[str, ...], keys: list[str], table: pd.DataFrame
) -> tuple[Any, pd.Series, Covariance]:
    """Run PPML; it drops collinear variables, and fails if no other is left."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return fit_ppml(
                pyfixest,
                f"flow ~ {' + '.join(keys)} | {' + '.join(EFFECTS)}",
                table,
                separation_check=["ir"],
                fixef_rm="none",
                iwls_tol=1e-12,
                collin_tol=DISTINCT**2 * len(table),
                demeaner=pyfixest.MapDemeaner(fixef_tol=1e-10, fixef_maxiter=100_000),
            )
    except ValueError as error:
        if "All variables are collinear" not in str(error):
            raise
        raise collinear(names[0]) from None


def _table(
    data: Table, flow: str, of: tuple[str, str, str], pair: str | None, cluster: str | None
) -> pd.DataFrame:
    """Flows, and numbers of the effects and clusters of each row."""
    exporter, importer, year = of
    flows = _numbers(data, flow)
    codes = {name: column(data, name).tolist() for name in (exporter, importer)}
    check_codes(codes, "{column} in row {row} of the table", "a country code")
    for row in np.flatnonzero(flows < 0)[:1]:
        where = f"{flow} in row {row + 1} of the table"
        raise UsageError(where, repr(float(flows[row])), "zero or a positive number")
    years = column(data, year)
    if _numbered(data, year).max() == 0:
        found, expected = f"{years[0]} alone", "at least two years, or `estimate` for one"
        raise UsageError(f"column {year!r}", found, expected)
    keys = pd.DataFrame({**codes, year: years})
    double = keys.duplicated(keep=False).to_numpy()
    if double.any():
        first = keys.iloc[int(double.argmax())]
        same = (keys == first).all(axis=1).to_numpy()
        rows = " and ".join(str(row + 1) for row in np.flatnonzero(same))
        raise UsageError(
            f"flow from {first[exporter]!r} to {first[importer]!r} in {first[year]}",
            f"rows {rows} of the table",
            "one row for each pair and year",
            hint="keep one product, or sum over them",
        )
    sides = keys[[exporter, importer]]
    whichever = pd.DataFrame(np.sort(sides.to_numpy(dtype=str), axis=1))
    clusters = _numbered(whichever if cluster is None else data, cluster)
    check_clusters(clusters, cluster)
    return pd.DataFrame(
        {
            "flow": flows,
            "exporter_year": keys.groupby([exporter, year]).ngroup(),
            "importer_year": keys.groupby([importer, year]).ngroup(),
            "pair": _numbered(sides if pair is None else data, pair),
            "cluster": clusters,
        }
    )


def _numbers(data: Table, name: str) -> Float64[np.ndarray, " row"]:
    values = numbers(column(data, name), f"column {name!r}")
    for row in np.flatnonzero(~np.isfinite(values))[:1]:
        where = f"{name} in row {row + 1} of the table"
        raise UsageError(where, repr(float(values[row])), "a finite number")
    return values


def _numbered(data: Table, name: str | None) -> np.ndarray:
    """Number the groups of equal rows, by one column or by all."""
    frame = pd.DataFrame(data) if name is None else pd.DataFrame({name: column(data, name)})
    if frame.isna().to_numpy().any():
        row = int(frame.isna().to_numpy().any(axis=1).argmax())
        raise UsageError(f"{name} in row {row + 1} of the table", "nothing", "a name")
    groups: np.ndarray = frame.groupby(list(frame.columns)).ngroup().to_numpy()
    return groups


def _with_trade(table: pd.DataFrame) -> Bool[np.ndarray, " row"]:
    """Mark the rows whose effects all have trade, among the rows marked."""
    used = np.ones(len(table), dtype=bool)
    while True:
        sums = [table[used].groupby(effect)["flow"].sum() for effect in EFFECTS]
        traded = [
            table[e].map(total).to_numpy() > 0 for e, total in zip(EFFECTS, sums, strict=True)
        ]
        fewer = used & np.logical_and.reduce(traded)
        if not fewer.any():
            raise UsageError("flows", "none above zero", "at least one in each set of effects")
        if (fewer == used).all():
            return used
        used = fewer


def _check_fit(
    names: tuple[str, ...], table: pd.DataFrame, keys: list[str], fitted: np.ndarray
) -> None:
    """Refuse coefficients that do not solve the first-order condition of PPML."""
    observed = (table["flow"] / table["flow"].mean()).to_numpy()
    if len(fitted) != len(observed) or np.isnan(fitted).any():
        raise separating("variables that separate zeros from positive flows")
    for name, key in zip(names, keys, strict=True):
        cost = table[key].to_numpy()
        gap = abs(cost @ (observed - fitted)) / (np.abs(cost) @ observed)
        if not gap <= CONDITION:
            raise not_converged(name, gap, CONDITION)
