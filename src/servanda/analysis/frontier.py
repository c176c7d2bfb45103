"""The share of runs in force, by quarters of hidden payment and of one parameter."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from servanda.analysis.accounts import Account
from servanda.analysis.fate import Fate
from servanda.analysis.groups import CLEAR
from servanda.ensembles import weighted
from servanda.results import Results

BINS = 4
FEWEST = 20


@dataclass(frozen=True, eq=False)
class Frontier:
    """The share of runs in force, by quarters of hidden payment and of one parameter.

    Attributes:
        name: name of the parameter, in words.
        ends: names of its lowest and highest quarter.
        unit: unit of the parameter.
        across, up: edges of the quarters of hidden payment (USD) and of the parameter.
        alive: share in force at the horizon by quarter of the parameter and of hidden payment; NaN
            if there are too few runs.
        error: the Monte Carlo standard error of each share.
        by_hidden, by_parameter: share in force by quarter of hidden payment, and of the parameter.
        moves: whether the share of some quarter or square differs from that of all runs beyond
            chance.
    """

    name: str
    ends: tuple[str, str]
    unit: str
    across: Float[np.ndarray, "edge"]
    up: Float[np.ndarray, "edge"]
    alive: Float[np.ndarray, "up across"]
    error: Float[np.ndarray, "up across"]
    by_hidden: Float[np.ndarray, "across"]
    by_parameter: Float[np.ndarray, "up"]
    moves: bool


def frontiers(fate: Fate, account: Account) -> list[Frontier]:
    """Hidden payment to the cut-off, with credit horizon, patience and worth of security.

    There are none if the pact is in force in all runs or in no run. Parameters that do not vary are
    left out.
    """
    results = fate.results
    hidden = account.hidden[results.cutoff]
    if _few(hidden) or fate.alive.all() or not fate.alive.any():
        return []
    return [
        _grid(name, ends, unit, hidden, values, fate)
        for name, ends, unit, values in _others(results, account)
        if values is not None and not _few(values)
    ]


def _few(values: Float[np.ndarray, "run"]) -> bool:
    return len(np.unique(values)) < BINS


def _others(
    results: Results, account: Account
) -> list[tuple[str, tuple[str, str], str, Float[np.ndarray, "run"] | None]]:
    """The parameters to combine with hidden payment: names, ends, units and values."""
    own = account.partnership
    rate = results.parameter("commitment.discount_rate")
    security = [
        results.parameter(f"commitment.security[{own.label}/{actor}]")
        for actor in (own.supplier, own.buyer)
    ]
    worth = [values for values in security if values is not None]
    return [
        (
            "Credit horizon",
            ("shortest", "longest"),
            "month",
            results.parameter(f"exchange.credit_horizon[{own.label}]"),
        ),
        ("Patience", ("least", "most"), "month", None if rate is None else 1 / rate),
        (
            "Worth of security",
            ("lowest", "highest"),
            "USD/month",
            np.sum(worth, axis=0) if len(worth) == len(security) else None,
        ),
    ]


def _grid(
    name: str,
    ends: tuple[str, str],
    unit: str,
    hidden: Float[np.ndarray, "run"],
    other: Float[np.ndarray, "run"],
    fate: Fate,
) -> Frontier:
    weights, shares = fate.results.weights, np.linspace(0, 1, BINS + 1).tolist()
    across = weighted.quantile(hidden, shares, weights)
    up = weighted.quantile(other, shares, weights)
    row, column = _quarter(other, up), _quarter(hidden, across)
    square = (BINS, BINS)
    cells, columns, rows = (
        _shares(fate, group, groups)
        for group, groups in ((row * BINS + column, BINS**2), (column, BINS), (row, BINS))
    )
    return Frontier(
        name,
        ends,
        unit,
        across,
        up,
        cells[0].reshape(square),
        cells[1].reshape(square),
        columns[0],
        rows[0],
        any(bool((one[2] > CLEAR).any()) for one in (cells, columns, rows)),
    )


def _shares(fate: Fate, group: np.ndarray, groups: int) -> Float[np.ndarray, "3 group"]:
    """Share of each group's runs in force, its error, and its distance from all runs in errors.

    NaN where there are too few runs. The distance is in errors of so many runs of the whole.
    """
    weights, found = fate.results.weights, np.full((3, groups), np.nan)
    whole = float(weighted.mean(fate.alive, weights))
    for number in range(groups):
        own = group == number
        if own.any() and weighted.effective(weights[own]) >= FEWEST:
            share = float(weighted.mean(fate.alive[own], weights[own]))
            chance = weighted.least_share_error(whole, weights[own])
            error = weighted.share_error(share, weights[own])
            found[:, number] = share, error, abs(share - whole) / chance
    return found


def _quarter(values: Float[np.ndarray, "run"], edges: Float[np.ndarray, "edge"]) -> np.ndarray:
    return np.clip(np.searchsorted(edges, values, side="right") - 1, 0, BINS - 1)
