"""Charts of a pact's state after the evidence cut-off, and of its ways of ending."""

from collections.abc import Mapping
from math import ceil
from typing import Any

import altair as alt
import numpy as np

from servanda.analysis.fate import Fate
from servanda.report import theme, words
from servanda.report.figure import Figure, anchor
from servanda.results import Results

_ENOUGH_FOR_A_LABEL, _ENOUGH_FOR_A_SHARE = 0.06, 0.035
_MOST_BARS = 8  # of which the labels have room beside each other
_HALF = 0.5


def figures(fate: Fate) -> list[Figure]:
    """The chart of states over time and, if the pact ends in some run, the ways of ending."""
    found = [_survival(fate)]
    if fate.states["over"][-1] > 0:
        found.append(_ways(fate))
    return found


def survival_title(fate: Fate) -> str:
    """When half of all runs have no pact; otherwise the shares of states at the horizon."""
    runs = fate.results
    horizon = words.month(runs.model.case.spec.horizon)
    half = fate.when_over(_HALF)
    if half is not None:
        return f"By {words.month(runs.month(half))} the pact is over in half of all runs"
    shares = [float(fate.states[s][-1]) for s in ("in use", "dormant", "over")]
    used, quiet, _ = words.percents(shares)
    if shares[0] >= _HALF:
        return f"In {horizon} the pact is still in use in {used} of runs"
    return (
        f"In {horizon} the pact is in force in most runs, but in use in only {used}; in {quiet} it "
        "is dormant"
    )


def _survival(fate: Fate) -> Figure:
    runs = fate.results
    months = range(runs.cutoff, runs.months)
    rows: list[dict[str, Any]] = []
    for m in months:
        base = 0.0
        for state, shares in fate.states.items():
            top = base + float(shares[m])
            rows.append({"x": float(runs.years[m]), "low": base, "y": top, "state": state})
            base = top
    chart = alt.layer(
        _areas(rows, theme.STATES, runs),
        _area_labels(fate.states, runs),
    ).properties(width=theme.WIDE, height=theme.HEIGHT)
    spec = runs.model.case.spec
    return Figure(
        anchor(f"survival {fate.partnership.label}"),
        survival_title(fate),
        chart,
        "Share of runs with the pact in use, dormant and over. " + by_year(fate.states, fate),
        "A pact is dormant if it is in force but its exchange has been nothing, or below a fifth "
        f"of its peak, for six months. The chart shows shares of {runs.count:,} runs in each month "
        f"after {words.month(spec.as_of)}.",
        kicker="State of the pact",
    )


def _areas(rows: list[dict[str, Any]], colours: Mapping[str, str], runs: Results) -> Any:
    return (
        alt.Chart(theme.data(rows))
        .mark_area(stroke="#ffffff", strokeWidth=1)
        .encode(
            x=theme.year_axis(float(runs.years[runs.cutoff]), float(runs.years[-1])),
            y=theme.share_axis("Share of runs"),
            y2="low:Q",
            color=alt.Color(
                "state:N",
                scale=alt.Scale(domain=list(colours), range=list(colours.values())),
                legend=None,
            ),
        )
    )


def _area_labels(shares: Mapping[str, np.ndarray], runs: Results) -> Any:
    """The name and final share, to the right of each area that is high enough."""
    rows, base = [], 0.0
    said = words.percents([float(v[-1]) for v in shares.values()])
    for (state, values), share in zip(shares.items(), said, strict=True):
        last = float(values[-1])
        if last >= _ENOUGH_FOR_A_LABEL:
            text = f"{words.upper_first(state)}\n{share}"
            rows.append({"x": float(runs.years[-1]), "y": base + last / 2, "name": text})
        base += last
    return (
        alt.Chart(theme.data(rows))
        .mark_text(
            align="left", baseline="middle", dx=7, fontWeight=600, lineBreak="\n", lineHeight=15
        )
        .encode(x="x:Q", y=alt.Y("y:Q", scale=alt.Scale(domain=[0, 1])), text="name:N")
    )


def by_year(shares: Mapping[str, np.ndarray], fate: Fate) -> str:
    """The shares at the end of each year, in words."""
    runs = fate.results
    places = [
        m
        for m in range(runs.cutoff, runs.months)
        if runs.month(m).endswith("-12") or m == runs.months - 1
    ]
    parts = []
    for place in places:
        values = ", ".join(f"{name} {words.percent(float(v[place]))}" for name, v in shares.items())
        parts.append(f"{words.month(runs.month(place))}: {values}")
    return "; ".join(parts) + "."


def occurring_ways(fate: Fate) -> list[str]:
    """The ways of ending that occur in some run."""
    return [way for way, shares in fate.ways.items() if shares[-1] > 0]


def _ways(fate: Fate) -> Figure:
    runs = fate.results
    first = runs.cutoff + 12 - (runs.start + runs.cutoff + 1) % 12
    years = [m for m in range(first, runs.months, 12) if m > runs.cutoff] or [runs.months - 1]
    places = spaced(years)
    names = occurring_ways(fate)
    rows: list[dict[str, Any]] = []
    for m in places:
        base = 0.0
        for way in names:
            share = float(fate.ways[way][m])
            rows.append(
                {
                    "x": runs.month(m)[:4],
                    "low": base,
                    "y": base + share,
                    "middle": base + share / 2,
                    "way": way,
                    "label": words.percent(share) if share >= _ENOUGH_FOR_A_SHARE else "",
                }
            )
            base += share
    top = max(row["y"] for row in rows)
    chart = _bars(rows, names, top)
    way, share = fate.commonest_way
    return Figure(
        anchor(f"ways {fate.partnership.label}"),
        f"The most frequent way of ending is {way}, in {words.percent(share)} of all runs",
        chart,
        "Share of runs in which the pact has ended, by way of ending, at the end of each year. "
        + by_year(fate.ways, fate),
        "Lapse: the term of the pact expired. Renegotiation: another agreement replaced the pact. "
        "Violation: one partner broke it. Substitution: a third state took a partner's place.",
        kicker="Ways of ending",
    )


def spaced(places: list[int]) -> list[int]:
    """As many of the places as bars have room, equally far apart, the last among them."""
    return places[:: -ceil(len(places) / _MOST_BARS)][::-1]


def _bars(rows: list[dict[str, Any]], names: list[str], top: float) -> Any:
    base = alt.Chart(theme.data(rows)).encode(
        x=alt.X("x:O", title="Ended by the end of", axis=alt.Axis(labelAngle=0)),
    )
    colour = alt.Color(
        "way:N",
        scale=alt.Scale(domain=names, range=[theme.WAYS[n][0] for n in names]),
        legend=theme.legend(names, theme.WIDE - 60, symbolType="square", columnPadding=8),
    )
    bars = base.mark_bar(stroke="#ffffff", strokeWidth=1).encode(
        y=alt.Y(
            "y:Q",
            title="Share of all runs",
            scale=alt.Scale(domain=[0, min(1.0, top * 1.1)]),
            axis=alt.Axis(format=".0%", tickCount=5),
        ),
        y2="low:Q",
        color=colour,
    )
    inks = [theme.WAYS[row["way"]][1] for row in rows]
    labelled = [row | {"ink": ink} for row, ink in zip(rows, inks, strict=True)]
    labels = (
        alt.Chart(theme.data(labelled))
        .mark_text(fontSize=11)
        .encode(x="x:O", y=alt.Y("middle:Q"), text="label:N", color=alt.Color("ink:N", scale=None))
    )
    return alt.layer(bars, labels).properties(width=theme.WIDE, height=theme.HEIGHT)
