"""Whether a pact lasts after the cut, and in which ways it ends."""

from collections.abc import Mapping
from typing import Any

import altair as alt
import numpy as np

from servanda.analysis.fate import Fate
from servanda.report import theme, words
from servanda.report.figure import Figure, anchor
from servanda.results import Results

_ENOUGH_FOR_A_LABEL, _ENOUGH_FOR_A_SHARE = 0.06, 0.035
_HALF = 0.5


def figures(fate: Fate) -> list[Figure]:
    """Survival curve, and ways of ending."""
    found = [_survival(fate)]
    if fate.states["over"][-1] > 0:
        found.append(_ways(fate))
    return found


def survival_title(fate: Fate) -> str:
    """`Half of all futures have no pact by March 2029`, or what is true instead."""
    runs = fate.results
    horizon = words.month(runs.model.case.spec.horizon)
    half = fate.when_over(_HALF)
    if half is not None:
        return f"Half of all futures have no pact by {words.month(runs.month(half))}"
    shares = [float(fate.states[s][-1]) for s in ("in use", "dormant", "over")]
    used, quiet, _ = words.percents(shares)
    if shares[0] >= _HALF:
        return f"{used} of futures still have the pact in use in {horizon}"
    return (
        f"Most futures keep the pact to {horizon}, but only {used} still use it: in {quiet} it is "
        "dormant"
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
        "Dormant: in force, but what is exchanged has been below a fifth of its peak for "
        "six months. "
        f"Each month after {words.month(spec.as_of)}, share of {runs.count:,} runs.",
        kicker="Does it last?",
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
    """Name and final share to the right of each area that has room for it."""
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
    """What a share is at the end of each year, in words."""
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


def happening(fate: Fate) -> list[str]:
    """The ways in which some run's pact ends."""
    return [way for way, shares in fate.ways.items() if shares[-1] > 0]


def _ways(fate: Fate) -> Figure:
    runs = fate.results
    first = runs.cutoff + 12 - (runs.start + runs.cutoff + 1) % 12
    places = [m for m in range(first, runs.months, 12) if m > runs.cutoff] or [runs.months - 1]
    names = happening(fate)
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
        f"Where it ends, {way} is the commonest way: {words.percent(share)} of all futures",
        chart,
        "Share of runs whose pact has ended, by way, at the end of each year. "
        + by_year(fate.ways, fate),
        "Lapse: its term ran out. Renegotiation: another agreement replaced it. "
        "Violation: one side broke it. "
        "Substitution: a third party took a partner's place.",
        kicker="How does it end?",
    )


def _bars(rows: list[dict[str, Any]], names: list[str], top: float) -> Any:
    base = alt.Chart(theme.data(rows)).encode(
        x=alt.X("x:O", title="Ended by the close of", axis=alt.Axis(labelAngle=0)),
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
