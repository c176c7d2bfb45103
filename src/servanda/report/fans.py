"""Fan charts: the model's intervals over runs, with the figures of the record."""

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import numpy as np

from servanda.analysis.observed import Drawn, Observed
from servanda.report import theme, words
from servanda.report.figure import Figure, anchor
from servanda.results import Results

_ARROWS = {"upper": "▼", "lower": "▲"}
_HEADROOM = 1.08
_STEADY = 0.1


def figures(
    runs: Results, observed: Sequence[Observed], marks: Mapping[str, theme.Mark]
) -> list[Figure]:
    """One fan chart for each series, in falling order of the number of figures."""
    order = sorted(observed, key=lambda o: -len(o.coverage.points))
    return [_figure(runs, one, marks) for one in order]


def fan_title(label: str, now: float, then: float, unit: str, horizon: str) -> str:
    """The change of the median from the evidence cut-off to the horizon, in a sentence."""
    before, after = words.quantity(now, unit), words.quantity(then, unit)
    if now <= 0 and then <= 0:
        return f"{label}: none at the cut-off and none in {horizon} in the median run"
    change = (then - now) / max(abs(now), abs(then))
    if abs(change) < _STEADY or before == after:
        return f"{label}: the median stays near {after} to {horizon}"
    way = "rises" if change > 0 else "falls"
    if then < 0.02 * now:
        return (
            f"{label}: the median falls from {before} to under 2{words.THIN}% of that by {horizon}"
        )
    return f"{label}: the median {way} from {before} to {after} by {horizon}"


def _figure(runs: Results, one: Observed, marks: Mapping[str, theme.Mark]) -> Figure:
    bands, horizon = one.bands, runs.model.case.spec.horizon[:4]
    now, then = one.median_of_year(runs.cutoff), one.median_of_year(runs.months - 1)
    title = fan_title(one.series.label, now, then, one.unit, horizon)
    top, bottom = _limits(bands, one.figures)
    chart = alt.layer(*_layers(runs, one, bands, marks, (bottom, top))).properties(
        width=theme.NARROW, height=theme.HEIGHT
    )
    return Figure(
        anchor(f"fan {one.series.name}"),
        title,
        chart,
        _alternative(runs, one, bands),
        _caption(one, bands, top),
        kicker=_kicker(one),
    )


def _kicker(one: Observed) -> str:
    inside, points = one.coverage.inside, len(one.coverage.points)
    return f"{inside} of {points} figures inside the 90{words.THIN}% interval"


def _limits(bands: np.ndarray, figures: Sequence[Drawn]) -> tuple[float, float]:
    """Bounds of the axis: all figures, the 50 % interval and part of the 90 % interval."""
    middle = float(bands[3].max())
    core = max([middle, *(f.value for f in figures)])
    top = max(core, min(float(bands[4].max()), 1.7 * core)) * _HEADROOM
    bottom = min(0.0, float(bands[0].min()), *(f.value for f in figures), 0.0)
    return top or 1.0, bottom


def _layers(
    runs: Results,
    one: Observed,
    bands: np.ndarray,
    marks: Mapping[str, theme.Mark],
    limits: tuple[float, float],
) -> list[Any]:
    first, last = float(runs.years[0] - 1 / 12), float(runs.years[-1])
    names = ("q5", "q25", "y", "q75", "q95")
    rows = [
        {"x": float(runs.years[m] - (0.5 / 12 if one.series.counting != "level" else 0.0))}
        | {name: float(bands[i, m]) for i, name in enumerate(names)}
        for m in range(runs.months)
    ]
    x = theme.year_axis(first, last)
    y_title = words.upper_first(words.unit(one.unit)) or "Index"
    scale = alt.Scale(domain=list(limits), nice=False)
    axis = alt.Axis(tickCount=5, **theme.number_format(limits[1]))

    def y(name: str) -> alt.Y:
        return alt.Y(f"{name}:Q", title=y_title, scale=scale, axis=axis)

    base = alt.Chart(theme.data(rows)).encode(x=x)
    return [
        base.mark_area(color=theme.BAND_90, clip=True).encode(y=y("q5"), y2="q95:Q"),
        base.mark_area(color=theme.BAND_50, clip=True).encode(y=y("q25"), y2="q75:Q"),
        base.mark_line(color=theme.MEDIAN, strokeWidth=2, clip=True).encode(y=y("y")),
        _cutoff_rule(runs, limits),
        *_figures(one.figures, marks, y("value")),
    ]


def _cutoff_rule(runs: Results, limits: tuple[float, float]) -> Any:
    rows = [{"x": float(runs.years[runs.cutoff]), "value": limits[1]}]
    return (
        alt.Chart(theme.data(rows)).mark_rule(color=theme.MUTED, strokeDash=[3, 3]).encode(x="x:Q")
    )


def _figures(figures: Sequence[Drawn], marks: Mapping[str, theme.Mark], y: alt.Y) -> list[Any]:
    """Draw later figures hollow and grey, known ones with period, bound and expected interval."""
    if not figures:
        return []
    rows = [_row(f) for f in figures]
    known = [r for r in rows if not r["later"]]
    later = [r for r in rows if r["later"]]
    classes = sorted({f.source_class for f in figures}, key=list(marks).index)
    shape = alt.Shape(
        "who:N",
        legend=theme.legend(classes, theme.NARROW - 70),
        scale=alt.Scale(domain=classes, range=[marks[c].shape for c in classes]),
    )
    colour = alt.Color(
        "who:N",
        legend=theme.legend(classes, theme.NARROW - 70),
        scale=alt.Scale(domain=classes, range=[marks[c].colour for c in classes]),
    )
    layers: list[alt.Chart] = []
    if later:
        grey = alt.Chart(theme.data(later)).encode(y=y)
        layers += [
            grey.mark_rule(color="#8a949b", clip=True).encode(x="first:Q", x2="last:Q"),
            grey.mark_point(
                size=36, stroke="#6f7a82", fill="#ffffff", strokeWidth=1.2, clip=True
            ).encode(x="x:Q", shape=shape),
        ]
    dark = alt.Chart(theme.data(known)).encode(y=y)
    layers += [
        dark.mark_rule(color="#333c42", opacity=0.28, strokeWidth=1.3, clip=True).encode(
            x="x:Q", y=alt.Y("low:Q"), y2="high:Q"
        ),
        dark.mark_rule(strokeWidth=1.6, clip=True).encode(x="first:Q", x2="last:Q", color=colour),
        dark.mark_point(
            size=42, filled=True, opacity=1, stroke="#ffffff", strokeWidth=0.6, clip=True
        ).encode(x="x:Q", shape=shape, color=colour),
    ]
    bounds = [r for r in rows if r["arrow"]]
    if bounds:
        layers.append(
            alt.Chart(theme.data(bounds))
            .mark_text(fontSize=8, dy=alt.expr("datum.arrow == '▼' ? 10 : -9"), color="#333c42")
            .encode(x="x:Q", y=y, text="arrow:N")
        )
    return layers


def _row(f: Drawn) -> dict[str, Any]:
    return {
        "x": (f.first + f.last) / 2,
        "first": f.first,
        "last": f.last,
        "value": f.value,
        "low": f.value if f.low is None else f.low,
        "high": f.value if f.high is None else f.high,
        "who": f.source_class,
        "later": f.later,
        "arrow": _ARROWS.get(f.bound, ""),
    }


def _caption(one: Observed, bands: np.ndarray, top: float) -> str:
    """What holds for this chart only; the section says how to read all of them."""
    parts = []
    if one.series.counting == "running_total":
        parts.append(
            "The series is a running total. Each mark is the mean rate between two successive "
            "totals of one source class."
        )
    factors = sorted({r.equivalence for r in one.series.rules} - {1.0})
    if factors:
        each = words.listed([words.number(f) for f in factors], "or")
        parts.append(
            f"Sources count {words.unit(one.series.unit)}. "
            f"Each counts as {each} {words.unit(one.unit.partition('/')[0])}."
        )
    if any(f.bound != "estimate" for f in one.figures):
        parts.append("▼: the figure is an upper bound. ▲: it is a lower bound.")
    if float(bands[4].max()) > top:
        parts.append("The 90 % band extends above the frame.")
    if not one.coverage.reached:
        parts.append(words.upper_first(one.coverage.reason) + ".")
    return " ".join(parts)


def _alternative(runs: Results, one: Observed, bands: np.ndarray) -> str:
    """The median and 90 % interval at the middle of some years, and the number of figures."""
    years = range(int(runs.years[0]), int(runs.years[-1]) + 1, 2)
    said = []
    for year in years:
        m = int(np.argmin(np.abs(runs.years - (year + 0.5))))
        said.append(
            f"mid-{year} {words.quantity(bands[2, m], one.unit)} "
            f"({words.interval(bands[0, m], bands[4, m])})"
        )
    known = sum(not f.later for f in one.figures)
    later = len(one.figures) - known
    tail = f" and {later} later ones" if later else ""
    return (
        f"{one.series.label}. Median and 90 % interval of the model: {'; '.join(said)}. "
        f"Marks: {known} figures known at the cut-off{tail}."
    )
