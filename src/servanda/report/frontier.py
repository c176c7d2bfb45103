"""The frontier of hidden payment: with how much of it, and how much patience, a pact lasts."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import altair as alt
import numpy as np

from servanda.report import theme, words
from servanda.report.figure import Figure, anchor
from servanda.report.ledger import Account

_BINS = 4
_FEWEST = 20
_BILLION = 1e9


@dataclass(frozen=True)
class Frontier:
    """Share of runs with the pact in force, by hidden payment and one other number.

    Attributes:
        name: the other number, in words.
        ends: what its lowest and highest quarter are called.
        unit: its unit.
        across, up: bin edges of hidden payment (USD) and of the other number.
        alive: (up, across) share in force at the horizon; NaN where there are too few runs.
    """

    name: str
    ends: tuple[str, str]
    unit: str
    across: np.ndarray
    up: np.ndarray
    alive: np.ndarray


def frontiers(account: Account) -> list[Frontier]:
    """Hidden payment against credit, patience, and the worth of security."""
    runs = account.pact.runs
    hidden = account.other[runs.cut]
    if len(np.unique(hidden)) < _BINS or account.pact.alive.all() or not account.pact.alive.any():
        return []
    found = []
    for name, ends, unit, values in _others(account):
        varies = isinstance(values, np.ndarray) and len(np.unique(values)) >= _BINS
        if varies:
            found.append(_grid(name, ends, unit, hidden, values, account.pact.alive))
    return found


def _others(account: Account) -> list[tuple[str, tuple[str, str], str, Any]]:
    runs, pact = account.pact.runs, account.pact.partnership
    rate = runs.parameter("commitment.discount_rate")
    security = [
        runs.parameter(f"commitment.security[{pact.label}/{a}]")
        for a in (pact.supplier, pact.buyer)
    ]
    return [
        (
            "Credit horizon",
            ("shortest", "longest"),
            "month",
            runs.parameter(f"exchange.credit_horizon[{pact.label}]"),
        ),
        ("Patience", ("least", "most"), "month", None if rate is None else 1 / np.asarray(rate)),
        ("Worth of security", ("lowest", "highest"), "USD/month", _sum(security)),
    ]


def _sum(values: list[Any]) -> Any:
    """Their sum, or None where one is missing."""
    return None if any(v is None for v in values) else sum(values)


def _grid(
    name: str,
    ends: tuple[str, str],
    unit: str,
    hidden: np.ndarray,
    other: np.ndarray,
    alive: np.ndarray,
) -> Frontier:
    shares = np.linspace(0, 1, _BINS + 1)
    across, up = np.quantile(hidden, shares), np.quantile(other, shares)
    column = np.clip(np.searchsorted(across, hidden, side="right") - 1, 0, _BINS - 1)
    row = np.clip(np.searchsorted(up, other, side="right") - 1, 0, _BINS - 1)
    cell = row * _BINS + column
    counts = np.bincount(cell, minlength=_BINS**2)
    kept = np.bincount(cell, weights=alive, minlength=_BINS**2)
    share = np.where(counts >= _FEWEST, kept / np.maximum(counts, 1), np.nan)
    return Frontier(name, ends, unit, across, up, share.reshape(_BINS, _BINS))


def title(frontier: Frontier) -> str:
    """What changes from one end of each number to the other."""
    alive = frontier.alive
    if np.isnan(alive[[0, -1]]).any() or np.isnan(alive[:, [0, -1]]).any():
        return f"Hidden payment and {frontier.name.lower()}: too few runs at the ends to say"
    left, right = (words.percent(float(alive[:, j].mean())) for j in (0, -1))
    low, high = (words.percent(float(alive[i].mean())) for i in (0, -1))
    least, most = frontier.ends
    return (
        f"From least to most hidden payment, {left} to {right} last; "
        f"from {least} to {most} {frontier.name.lower()}, {low} to {high}"
    )


def _labels(edges: np.ndarray, unit: str) -> tuple[list[str], str]:
    """What each quarter is called, and the unit: money in millions or billions for all alike."""
    scale, name = 1.0, words.unit(unit)
    if unit.startswith("USD"):
        big = edges[-2] >= _BILLION
        scale = _BILLION if big else 1e6
        name = name.replace("USD", "USD bn" if big else "USD m", 1)
    inner = [words.number(float(e / scale)) for e in edges[1:-1]]
    middle = [f"{a}–{b}" for a, b in pairwise(inner)]
    return [f"< {inner[0]}", *middle, f"> {inner[-1]}"], name


def figures(account: Account) -> list[Figure]:
    """One grid for each number."""
    label = account.pact.partnership.label
    return [_figure(f, label) for f in frontiers(account)]


def _figure(frontier: Frontier, label: str) -> Figure:
    columns, money = _labels(frontier.across, "USD")
    lines, unit = _labels(frontier.up, frontier.unit)
    rows = [
        {
            "x": columns[j],
            "y": lines[i],
            "alive": None if np.isnan(share) else float(share),
            "text": "few" if np.isnan(share) else words.percent(float(share)),
        }
        for i, line in enumerate(frontier.alive)
        for j, share in enumerate(line)
    ]
    said = "; ".join(
        f"{frontier.name.lower()} {lines[i]} {unit}: "
        + ", ".join("too few" if np.isnan(v) else words.percent(float(v)) for v in line)
        for i, line in enumerate(frontier.alive)
    )
    return Figure(
        anchor(f"frontier {label} {frontier.name}"),
        title(frontier),
        _heat(rows, columns, lines[::-1], (money, f"{frontier.name}, {unit}")),
        "Share of runs with the pact in force at the horizon, by hidden payment of "
        f"{words.listed(columns)} {money}: "
        f"{said}.",
        kicker=f"Hidden payment against {frontier.name.lower()}",
    )


def _heat(
    rows: list[dict[str, Any]], columns: list[str], lines: list[str], titles: tuple[str, str]
) -> Any:
    base = alt.Chart(theme.data(rows)).encode(
        x=alt.X(
            "x:N",
            sort=columns,
            title=f"Paid out of sight by the cut, {titles[0]}",
            axis=alt.Axis(
                labelAngle=0, domain=False, ticks=False, labelFontSize=11, labelOverlap=False
            ),
        ),
        y=alt.Y(
            "y:N",
            sort=lines,
            title=titles[1],
            axis=alt.Axis(domain=False, ticks=False, labelFontSize=11),
        ),
    )
    shades = alt.Scale(domain=[0, 0.5, 1], range=["#f4efe4", "#8fb1c4", "#123f5c"])
    return alt.layer(
        base.mark_rect(stroke="#ffffff", strokeWidth=2).encode(
            color=alt.Color("alive:Q", scale=shades, legend=None)
        ),
        base.mark_text(fontWeight=600).encode(
            text="text:N",
            color=alt.condition("datum.alive > 0.6", alt.value("#ffffff"), alt.value(theme.INK)),
        ),
    ).properties(width=theme.NARROW, height=theme.HEIGHT)
