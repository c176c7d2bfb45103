"""Charts of the ties between actors, in the year before a signing and the year after it."""

from collections.abc import Mapping
from math import cos, hypot, pi, sin
from typing import Any

import altair as alt
import numpy as np

from servanda.analysis.fate import Fate
from servanda.analysis.network import Edge, between, edges
from servanda.case.schema import month_number
from servanda.report import theme, words
from servanda.report.figure import Figure, anchor
from servanda.results import Results

_WINDOW = 12
_NODE = 0.08
_THICKEST, _THINNEST = 13.0, 0.8
_BASES = {
    "contract": "delivery under a pact",
    "payment": "payment",
    "aid": "other supply",
    "covert": "covert trade",
}
_COLOURS = ("#17486b", "#c4632f", "#8a949b", "#8a5a9e")
_BASIS_DASH = ([1, 0], [1, 0], [1, 0], [5, 3])
_STEPS = 18
_MIDDLE = 0.3


def figures(fate: Fate) -> list[Figure]:
    """Two charts; none if the case's months do not include both sides of the signing."""
    runs = fate.results
    signed = month_number(fate.partnership.signed) - runs.start
    if not 0 < signed < runs.months:
        return []
    windows = {
        "before": slice(max(signed - _WINDOW, 0), signed),
        "after": slice(signed, min(signed + _WINDOW, runs.months)),
    }
    drawn = {when: edges(runs, months) for when, months in windows.items()}
    most = max((e.worth for found in drawn.values() for e in found), default=0.0)
    if most == 0:
        return []
    return [_figure(fate, when, windows[when], drawn, most) for when in windows]


def _figure(
    fate: Fate, when: str, months: slice, drawn: Mapping[str, list[Edge]], most: float
) -> Figure:
    runs, spec = fate.results, fate.results.model.case.spec
    supplier, buyer = fate.partnership.supplier, fate.partnership.buyer
    found = drawn[when]
    there, back = between(found, supplier, buyer), between(found, buyer, supplier)
    names = words.actor(spec, supplier), words.actor(spec, buyer)
    sums = [words.quantity(v, "USD/month") if v else "nothing" for v in (there, back)]
    title = (
        f"In the {_span(months)} {when} the signing, {names[0]} sends {names[1]} goods worth "
        f"{sums[0]} and receives {sums[1]}"
    )
    listed = "; ".join(
        f"{words.actor(spec, e.giver)} to {words.actor(spec, e.receiver)}, {_BASES[e.basis]}, "
        f"{words.quantity(e.worth, 'USD/month')}"
        for e in sorted(found, key=lambda e: -e.worth)
    )
    first, last = (words.month(runs.month(m)) for m in (months.start, months.stop - 1))
    modelled = " (modelled after the cut-off)" if months.stop - 1 > runs.cutoff else ""
    return Figure(
        anchor(f"network {fate.partnership.label} {when}"),
        title,
        _network(runs, found, most),
        f"Ties by worth a month: {listed}.",
        f"{first} to {last}{modelled}. Numbers: median worth in USD a month. The width of an arrow "
        "grows with the square root of its worth, on one scale in both charts. Trade in goods "
        "that the case does not model is not drawn.",
        kicker=words.upper_first(f"{when} the signing"),
    )


def _span(months: slice) -> str:
    count = months.stop - months.start
    return "year" if count == _WINDOW else f"{count} months"


def _places(runs: Results) -> dict[str, tuple[float, float]]:
    """Positions of the actors that have ties: on an ellipse, in the order of the case."""
    spec = runs.model.case.spec
    tied = {c for t in spec.ties for c in (t.giver, t.receiver)}
    codes = [a.code for a in spec.actors if a.code in tied]
    turn = 2 * pi / max(len(codes), 1)
    return {code: (-cos(i * turn) * 1.05, sin(i * turn)) for i, code in enumerate(codes)}


def _side(x: float) -> str:
    """The alignment of a node's name that puts the name outside the ellipse."""
    if abs(x) < _MIDDLE:
        return "center"
    return "right" if x < 0 else "left"


def _curve(
    a: tuple[float, float], b: tuple[float, float], bend: float
) -> list[tuple[float, float]]:
    """Points of a curve from the edge of one node to the edge of another."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    length = hypot(dx, dy)
    middle = ((a[0] + b[0]) / 2 - dy * bend, (a[1] + b[1]) / 2 + dx * bend)
    start, end = 1.05 * _NODE / length, 1 - 1.9 * _NODE / length
    points = []
    for step in range(_STEPS + 1):
        t = start + (end - start) * step / _STEPS
        u = 1 - t
        points.append(
            tuple(
                u * u * p + 2 * u * t * m + t * t * q for p, m, q in zip(a, middle, b, strict=True)
            )
        )
    return [(x, y) for x, y in points]


def _network(runs: Results, found: list[Edge], most: float) -> Any:
    places = _places(runs)
    lines: list[dict[str, Any]] = []
    heads: list[dict[str, Any]] = []
    labels: list[dict[str, Any]] = []
    loud = sorted(found, key=lambda e: -e.worth)[:6]
    order = list(_BASES)
    for number, edge in enumerate(sorted(found, key=lambda e: e.worth)):
        points = _curve(
            places[edge.giver], places[edge.receiver], 0.14 + 0.1 * (order.index(edge.basis) % 2)
        )
        width = _THINNEST + (_THICKEST - _THINNEST) * (edge.worth / most) ** 0.5
        tie = {"tie": number, "basis": _BASES[edge.basis], "width": width}
        lines += [tie | {"x": x, "y": y, "step": step} for step, (x, y) in enumerate(points)]
        (x0, y0), (x1, y1) = points[-2], points[-1]
        angle = float(np.degrees(np.arctan2(x1 - x0, y1 - y0)))
        heads.append(tie | {"x": x1, "y": y1, "angle": angle, "size": (5 + 1.55 * width) ** 2})
        if edge in loud:
            x, y = points[_STEPS // 2]
            labels.append({"x": x, "y": y, "text": words.number(edge.worth)})
    nodes = [
        {"x": x, "y": y, "name": words.actor(runs.model.case.spec, c), "side": _side(x)}
        | {
            "lx": x * 1.09 if _side(x) != "center" else x,
            "ly": y * (1.17 if _side(x) == "center" else 1.06),
        }
        for c, (x, y) in places.items()
    ]
    return _layers(lines, heads, labels, nodes)


def _layers(
    lines: list[dict[str, Any]],
    heads: list[dict[str, Any]],
    labels: list[dict[str, Any]],
    nodes: list[dict[str, Any]],
) -> Any:
    x_scale, y_scale = alt.Scale(domain=[-2.05, 2.05]), alt.Scale(domain=[-1.25, 1.25])
    x, y = alt.X("x:Q", axis=None, scale=x_scale), alt.Y("y:Q", axis=None, scale=y_scale)
    names = list(_BASES.values())
    colour = alt.Color(
        "basis:N",
        scale=alt.Scale(domain=names, range=list(_COLOURS)),
        legend=alt.Legend(columns=2, symbolType="stroke", symbolStrokeWidth=4, symbolSize=260),
    )
    dash = alt.StrokeDash("basis:N", scale=alt.Scale(domain=names, range=list(_BASIS_DASH)))
    return alt.layer(
        alt.Chart(theme.data(lines))
        .mark_line(opacity=0.85, strokeCap="butt")
        .encode(
            x=x,
            y=y,
            order="step:Q",
            detail="tie:N",
            color=colour,
            strokeDash=dash,
            strokeWidth=alt.StrokeWidth("width:Q", scale=None),
        ),
        alt.Chart(theme.data(heads))
        .mark_point(shape="triangle", filled=True, opacity=1)
        .encode(
            x=x,
            y=y,
            angle=alt.Angle("angle:Q", scale=None),
            size=alt.Size("size:Q", scale=None),
            color=colour,
        ),
        alt.Chart(theme.data(nodes))
        .mark_circle(size=150, color=theme.INK, opacity=1)
        .encode(x=x, y=y),
        *(
            alt.Chart(theme.data([n for n in nodes if n["side"] == side]))
            .mark_text(fontWeight=600, fontSize=13, align=side)
            .encode(
                x=alt.X("lx:Q", axis=None, scale=x_scale),
                y=alt.Y("ly:Q", axis=None, scale=y_scale),
                text="name:N",
            )
            for side in ("left", "center", "right")
        ),
        alt.Chart(theme.data(labels))
        .mark_text(fontSize=11.5, stroke="#ffffff", strokeWidth=3.5)
        .encode(x=x, y=y, text="text:N"),
        alt.Chart(theme.data(labels)).mark_text(fontSize=11.5).encode(x=x, y=y, text="text:N"),
    ).properties(width=theme.WIDE, height=350)
