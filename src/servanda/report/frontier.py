"""Charts of the share of runs in force, by hidden payment and one parameter."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import altair as alt
import numpy as np

from servanda.analysis.frontier import Frontier
from servanda.report import theme, words
from servanda.report.figure import Figure, anchor

_BILLION = 1e9


def title(frontier: Frontier) -> str:
    """The difference between the lowest and the highest quarter of both, in a sentence."""
    ends = [shares[i] for shares in (frontier.by_hidden, frontier.by_parameter) for i in (0, -1)]
    if np.isnan(ends).any():
        return (
            f"Hidden payment and {frontier.name.lower()}: too few runs in the outer quarters to "
            "compare"
        )
    left, right, low, high = (words.percent(float(share)) for share in ends)
    least, most = frontier.ends
    return (
        f"The pact is in force in {left} of runs with the least hidden payment and in {right} with "
        f"the most; in {low} with the {least} {frontier.name.lower()} and in {high} with the {most}"
    )


def _labels(edges: np.ndarray, unit: str) -> tuple[list[str], str]:
    """The names of the quarters, and the unit: millions or billions for all quarters alike."""
    scale, name = 1.0, words.unit(unit)
    if unit.startswith("USD"):
        big = edges[-2] >= _BILLION
        scale = _BILLION if big else 1e6
        name = name.replace("USD", "USD bn" if big else "USD m", 1)
    inner = [words.number(float(e / scale)) for e in edges[1:-1]]
    middle = [f"{a}–{b}" for a, b in pairwise(inner)]
    return [f"< {inner[0]}", *middle, f"> {inner[-1]}"], name


def figures(found: Sequence[Frontier], label: str) -> list[Figure]:
    """One chart for each parameter, for the pact with this label."""
    return [_figure(f, label) for f in found]


def _figure(frontier: Frontier, label: str) -> Figure:
    columns, money = _labels(frontier.across, "USD")
    lines, unit = _labels(frontier.up, frontier.unit)
    rows = [
        {
            "x": columns[j],
            "y": lines[i],
            "alive": None if np.isnan(share) else float(share),
            "text": "too few" if np.isnan(share) else words.percent(float(share)),
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
        kicker=f"Hidden payment and {frontier.name.lower()}",
    )


def _heat(
    rows: list[dict[str, Any]], columns: list[str], lines: list[str], titles: tuple[str, str]
) -> Any:
    base = alt.Chart(theme.data(rows)).encode(
        x=alt.X(
            "x:N",
            sort=columns,
            title=f"Hidden payment to the cut-off, {titles[0]}",
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
    # Light enough for dark text on every shade.
    shades = alt.Scale(domain=[0, 0.5, 1], range=["#f7f3ea", "#b5cedb", "#78a2ba"])
    return alt.layer(
        base.mark_rect(stroke="#ffffff", strokeWidth=2).encode(
            color=alt.Color("alive:Q", scale=shades, legend=None)
        ),
        base.mark_text(fontWeight=600).encode(
            text="text:N",
        ),
    ).properties(width=theme.NARROW, height=theme.HEIGHT)
