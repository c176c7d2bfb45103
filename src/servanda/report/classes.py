"""Charts by reference class: survival, states and ways of ending."""

from typing import Any

import altair as alt

from servanda.analysis.fate import Fate
from servanda.report import theme, words
from servanda.report.figure import Figure, anchor
from servanda.report.survival import by_year, occurring_ways

_ENOUGH_FOR_A_LABEL = 0.06


def figures(fate: Fate) -> list[Figure]:
    """Survival by class, and states at the horizon; none if there is one class only."""
    return [_curves(fate), _classes(fate)] if fate.classes else []


def _curves(fate: Fate) -> Figure:
    """Share in force over time, one line a class."""
    runs = fate.results
    shares = {name: fate.class_curve(name) for name in fate.classes}
    names = [words.upper_first(words.plain(name)) for name in shares]
    rows = [
        {"x": float(runs.years[m]), "y": float(values[m]), "class": name}
        for name, values in zip(names, shares.values(), strict=True)
        for m in range(runs.cutoff, runs.months)
    ]
    colour = alt.Color(
        "class:N",
        scale=alt.Scale(domain=names, range=list(theme.LINES[: len(names)])),
        legend=theme.legend(
            names, theme.WIDE - 60, symbolType="stroke", symbolStrokeWidth=2.5, symbolSize=260
        ),
    )
    dash = alt.StrokeDash(
        "class:N", scale=alt.Scale(domain=names, range=list(theme.DASHES[: len(names)]))
    )
    chart = (
        alt.Chart(theme.data(rows))
        .mark_line(strokeWidth=2.4)
        .encode(
            x=theme.year_axis(float(runs.years[runs.cutoff]), float(runs.years[-1])),
            y=theme.share_axis("Share of the class's runs in force"),
            color=colour,
            strokeDash=dash,
        )
    )
    (_, low), (_, high) = fate.class_span
    gap = round(100 * (high - low))
    title = (
        f"The share of runs in force differs by {gap} percentage points between reference classes"
        if fate.classes_differ
        else "The reference class does not change the share of runs in force beyond chance"
    )
    return Figure(
        anchor(f"curves {fate.partnership.label}"),
        title,
        alt.layer(chart).properties(width=theme.WIDE, height=theme.HEIGHT),
        "Share of runs with the pact in force, dormant or not, by reference class. "
        + by_year(shares, fate),
        "In force means in use or dormant. Each run belongs to one reference class in all months.",
        kicker="Survival by reference class",
    )


def _classes(fate: Fate) -> Figure:
    table = {name: fate.class_shares(name) for name in fate.classes}
    ways = occurring_ways(fate)
    names = ["in use", "dormant", *ways]
    colours = [theme.STATES["in use"], theme.STATES["dormant"], *(theme.WAYS[w][0] for w in ways)]
    inks = [
        theme.STATE_INK["in use"],
        theme.STATE_INK["dormant"],
        *(theme.WAYS[w][1] for w in ways),
    ]
    rows: list[dict[str, Any]] = []
    for name, shares in table.items():
        base = 0.0
        for i, part in enumerate(names):
            share = shares[part]
            rows.append(
                {
                    "class": words.upper_first(words.plain(name)),
                    "low": base,
                    "y": base + share,
                    "part": part,
                }
                | {"middle": base + share / 2, "ink": inks[i]}
                | {"label": words.percent(share) if share >= _ENOUGH_FOR_A_LABEL else ""}
            )
            base += share
    (least, low), (most, high) = fate.class_span
    alternative = "; ".join(
        f"{words.plain(name)}: " + ", ".join(f"{k} {words.percent(v)}" for k, v in shares.items())
        for name, shares in table.items()
    )
    title = (
        f"The pact is in force in {words.percent(high)} of runs in the class "
        f"“{words.plain(most)}” and in {words.percent(low)} in “{words.plain(least)}”"
    )
    return Figure(
        anchor(f"classes {fate.partnership.label}"),
        title,
        _class_bars(rows, names, colours),
        f"State of the pact at the horizon by reference class. {alternative}.",
        "Each run takes its base hazard from one class of past alliances. "
        "One pact that has not ended does not show which class it belongs to.",
        kicker="State at the horizon by reference class",
    )


def _class_bars(rows: list[dict[str, Any]], names: list[str], colours: list[str]) -> Any:
    band = alt.Y(
        "class:N", title=None, sort=None, axis=alt.Axis(labels=False, ticks=False, domain=False)
    )
    bars = (
        alt.Chart(theme.data(rows))
        .mark_bar(stroke="#ffffff", strokeWidth=1, height=26)
        .encode(
            y=band,
            x=alt.X(
                "low:Q",
                title="Share of the class's runs at the horizon",
                axis=alt.Axis(format=".0%", tickCount=5),
            ),
            x2="y:Q",
            color=alt.Color(
                "part:N",
                scale=alt.Scale(domain=names, range=colours),
                legend=theme.legend(names, theme.WIDE - 20, symbolType="square", columnPadding=8),
            ),
        )
    )
    text = alt.Chart(theme.data(rows)).encode(y=band)
    shares = text.mark_text(fontSize=11).encode(
        x="middle:Q", text="label:N", color=alt.Color("ink:N", scale=None)
    )
    heads = (
        alt.Chart(theme.data([row for row in rows if row["low"] == 0.0]))
        .mark_text(align="left", dy=-23, fontWeight=600)
        .encode(y=band, x=alt.datum(0), text="class:N")
    )
    height = 58 * len({row["class"] for row in rows})
    return alt.layer(bars, shares, heads).properties(width=theme.WIDE, height=height)
