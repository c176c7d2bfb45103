"""Whether a pact lasts: states after the cut, ways of ending, and how much rests on the reference class."""

from collections.abc import Mapping
from typing import Any

import altair as alt
import numpy as np

from servanda.report import theme, words
from servanda.report.figure import Figure, anchor
from servanda.report.numbers import Pact, Runs

_ENOUGH_FOR_A_LABEL = 0.06


def figures(pact: Pact) -> list[Figure]:
    """Survival curve, ways of ending, and both by reference class."""
    found = [_survival(pact)]
    if pact.states["over"][-1] > 0:
        found.append(_ways(pact))
    if pact.classes:
        found += [_curves(pact), _classes(pact)]
    return found


def survival_title(pact: Pact) -> str:
    """`Half of all futures have no pact by March 2029`, or what is true instead."""
    runs = pact.runs
    horizon = words.month(runs.model.case.spec.horizon)
    half = pact.when_over(0.5)
    if half is not None:
        return f"Half of all futures have no pact by {words.month(runs.month(half))}"
    used, quiet = (float(pact.states[s][-1]) for s in ("in use", "dormant"))
    if used >= 0.5:
        return f"{words.percent(used)} of futures still have the pact in use in {horizon}"
    return (
        f"Most futures keep the pact to {horizon}, but only {words.percent(used)} still use it: "
        f"in {words.percent(quiet)} it is dormant"
    )


def _survival(pact: Pact) -> Figure:
    runs = pact.runs
    months = range(runs.cut, runs.months)
    rows: list[dict[str, Any]] = []
    for m in months:
        base = 0.0
        for state, shares in pact.states.items():
            top = base + float(shares[m])
            rows.append({"x": float(runs.years[m]), "low": base, "y": top, "state": state})
            base = top
    chart = alt.layer(
        _areas(rows, theme.STATES, runs),
        _area_labels(pact.states, runs),
    ).properties(width=theme.WIDE, height=theme.HEIGHT)
    spec = runs.model.case.spec
    return Figure(
        anchor(f"survival {pact.partnership.label}"),
        survival_title(pact),
        chart,
        "Share of runs with the pact in use, dormant and over. "
        + _by_year(pact.states, pact),
        "Dormant: in force, but what is exchanged has been below a fifth of its peak for six months. "
        f"Each month after {words.month(spec.as_of)}, share of {runs.count:,} runs.",
        kicker="Does it last?",
    )


def _areas(rows: list[dict[str, Any]], colours: Mapping[str, str], runs: Runs) -> alt.Chart:
    return (
        alt.Chart(theme.data(rows))
        .mark_area(stroke="#ffffff", strokeWidth=1)
        .encode(
            x=theme.year_axis(float(runs.years[runs.cut]), float(runs.years[-1])),
            y=theme.share_axis("Share of runs"),
            y2="low:Q",
            color=alt.Color(
                "state:N",
                scale=alt.Scale(domain=list(colours), range=list(colours.values())),
                legend=None,
            ),
        )
    )


def _area_labels(shares: Mapping[str, np.ndarray], runs: Runs) -> alt.Chart:
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
        .mark_text(align="left", baseline="middle", dx=7, fontWeight=600, lineBreak="\n", lineHeight=15)
        .encode(x="x:Q", y=alt.Y("y:Q", scale=alt.Scale(domain=[0, 1])), text="name:N")
    )


def _by_year(shares: Mapping[str, np.ndarray], pact: Pact) -> str:
    """What a share is at the end of each year, in words."""
    runs = pact.runs
    places = [m for m in range(runs.cut, runs.months) if runs.month(m).endswith("-12") or m == runs.months - 1]
    parts = []
    for place in places:
        values = ", ".join(f"{name} {words.percent(float(v[place]))}" for name, v in shares.items())
        parts.append(f"{words.month(runs.month(place))}: {values}")
    return "; ".join(parts) + "."


def commonest_way(pact: Pact) -> tuple[str, float]:
    """The way in which most runs end, and its share of all runs at the horizon."""
    final = {way: float(v[-1]) for way, v in pact.ways.items()}
    way = max(final, key=lambda name: final[name])
    return way, final[way]


def _ways(pact: Pact) -> Figure:
    runs = pact.runs
    first = runs.cut + 12 - (runs.start + runs.cut + 1) % 12
    places = [m for m in range(first, runs.months, 12) if m > runs.cut] or [runs.months - 1]
    names = list(pact.ways)
    rows: list[dict[str, Any]] = []
    for m in places:
        base = 0.0
        for way in names:
            share = float(pact.ways[way][m])
            rows.append(
                {
                    "x": runs.month(m)[:4],
                    "low": base,
                    "y": base + share,
                    "middle": base + share / 2,
                    "way": way,
                    "label": words.percent(share) if share >= 0.035 else "",
                }
            )
            base += share
    top = max(row["y"] for row in rows)
    chart = _bars(rows, names, top)
    way, share = commonest_way(pact)
    return Figure(
        anchor(f"ways {pact.partnership.label}"),
        f"Where it ends, {way} is the commonest way: {words.percent(share)} of all futures",
        chart,
        "Share of runs whose pact has ended, by way, at the end of each year. " + _by_year(pact.ways, pact),
        "Lapse: its term ran out. Renegotiation: another agreement replaced it. Violation: one side broke it. "
        "Substitution: a third party took a partner's place.",
        kicker="How does it end?",
    )


def _bars(rows: list[dict[str, Any]], names: list[str], top: float) -> alt.LayerChart:
    base = alt.Chart(theme.data(rows)).encode(
        x=alt.X("x:O", title="Ended by the close of", axis=alt.Axis(labelAngle=0)),
    )
    colour = alt.Color(
        "way:N",
        scale=alt.Scale(domain=names, range=list(theme.WAYS[: len(names)])),
        legend=alt.Legend(columns=4, symbolType="square", columnPadding=8),
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
    inks = [theme.WAY_INK[names.index(row["way"])] for row in rows]
    labelled = [row | {"ink": ink} for row, ink in zip(rows, inks, strict=True)]
    labels = (
        alt.Chart(theme.data(labelled))
        .mark_text(fontSize=11)
        .encode(x="x:O", y=alt.Y("middle:Q"), text="label:N", color=alt.Color("ink:N", scale=None))
    )
    return alt.layer(bars, labels).properties(width=theme.WIDE, height=theme.HEIGHT)


def by_class(pact: Pact) -> dict[str, dict[str, float]]:
    """For each reference class, the share of its runs in each state or way of ending at the horizon."""
    table = {}
    for name, own in pact.classes.items():
        alive, dormant = pact.alive[own].mean(), pact.dormant[own].mean()
        ways = {way: float(pact.ending(i)[own].mean()) for i, way in enumerate(pact.ways, start=1)}
        table[name] = {"in use": float(alive - dormant), "dormant": float(dormant), **ways}
    return table


def class_span(pact: Pact) -> tuple[tuple[str, float], tuple[str, float]]:
    """The classes in which the pact is least and most often in force at the horizon."""
    alive = {name: float(pact.alive[own].mean()) for name, own in pact.classes.items()}
    least, most = min(alive, key=lambda n: alive[n]), max(alive, key=lambda n: alive[n])
    return (least, alive[least]), (most, alive[most])


def _curves(pact: Pact) -> Figure:
    """Share in force over time, one line a class."""
    runs = pact.runs
    alive = runs.series(f"alive[{pact.partnership.label}]")
    shares = {name: alive[:, own].mean(-1, dtype=float) for name, own in pact.classes.items()}
    names = [words.upper_first(words.plain(name)) for name in shares]
    rows = [
        {"x": float(runs.years[m]), "y": float(values[m]), "class": name}
        for name, values in zip(names, shares.values(), strict=True)
        for m in range(runs.cut, runs.months)
    ]
    colour = alt.Color(
        "class:N",
        scale=alt.Scale(domain=names, range=list(theme.LINES[: len(names)])),
        legend=theme.legend(names, symbolType="stroke", symbolStrokeWidth=2.5, symbolSize=260),
    )
    dash = alt.StrokeDash("class:N", scale=alt.Scale(domain=names, range=list(theme.DASHES[: len(names)])))
    chart = (
        alt.Chart(theme.data(rows))
        .mark_line(strokeWidth=2.4)
        .encode(
            x=theme.year_axis(float(runs.years[runs.cut]), float(runs.years[-1])),
            y=theme.share_axis("Share of the class's runs in force"),
            color=colour,
            strokeDash=dash,
        )
    )
    (least, low), (most, high) = class_span(pact)
    gap = round(100 * (high - low))
    title = (
        f"Between reference classes the chance of being in force differs by {gap} points"
        if gap > 1
        else "The reference class hardly changes the answer"
    )
    return Figure(
        anchor(f"curves {pact.partnership.label}"),
        title,
        alt.layer(chart).properties(width=theme.WIDE, height=theme.HEIGHT),
        "Share of runs with the pact in force, dormant or not, by reference class. " + _by_year(shares, pact),
        "In force: in use or dormant. A run belongs to one class of past alliances throughout.",
        kicker="Does it last, by reference class?",
    )


def _classes(pact: Pact) -> Figure:
    table = by_class(pact)
    names = [*list(theme.STATES)[:2], *pact.ways]
    colours = [theme.STATES["in use"], theme.STATES["dormant"], *theme.WAYS[: len(pact.ways)]]
    inks = [theme.STATE_INK["in use"], theme.STATE_INK["dormant"], *theme.WAY_INK]
    rows: list[dict[str, Any]] = []
    for name, shares in table.items():
        base = 0.0
        for i, part in enumerate(names):
            share = shares[part]
            rows.append(
                {"class": words.upper_first(words.plain(name)), "low": base, "y": base + share, "part": part}
                | {"middle": base + share / 2, "ink": inks[i]}
                | {"label": words.percent(share) if share >= 0.06 else ""}
            )
            base += share
    (least, low), (most, high) = class_span(pact)
    alternative = "; ".join(
        f"{words.plain(name)}: " + ", ".join(f"{k} {words.percent(v)}" for k, v in shares.items())
        for name, shares in table.items()
    )
    title = (
        f"Seen as {words.plain(most)}, {words.percent(high)} of futures keep the pact; "
        f"as {words.plain(least)}, {words.percent(low)}"
    )
    return Figure(
        anchor(f"classes {pact.partnership.label}"),
        title,
        _class_bars(rows, names, colours),
        f"State of the pact at the horizon by reference class. {alternative}.",
        "Each run takes its base hazard from one class of past alliances. Nothing says which class is right, "
        "so each has equal odds.",
        kicker="Which past is it like?",
    )


def _class_bars(rows: list[dict[str, Any]], names: list[str], colours: list[str]) -> alt.LayerChart:
    band = alt.Y("class:N", title=None, sort=None, axis=alt.Axis(labels=False, ticks=False, domain=False))
    bars = (
        alt.Chart(theme.data(rows))
        .mark_bar(stroke="#ffffff", strokeWidth=1, height=26)
        .encode(
            y=band,
            x=alt.X("low:Q", title="Share of the class's runs at the horizon", axis=alt.Axis(format=".0%", tickCount=5)),
            x2="y:Q",
            color=alt.Color(
                "part:N",
                scale=alt.Scale(domain=names, range=colours),
                legend=alt.Legend(columns=3, symbolType="square", columnPadding=8),
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
