"""The look of all charts: type, marks, and colours that also differ in grey."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt

from servanda.case import Case
from servanda.world.axes import ENDINGS

FONT = "'Source Sans 3', 'Segoe UI', 'Helvetica Neue', Arial, 'Liberation Sans', sans-serif"
INK, MUTED, GRID = "#1d2a33", "#5b6872", "#e3e7ea"
NARROW, WIDE, HEIGHT = 340, 420, 200

# Pixels of a letter and of a symbol in a legend; most years with a tick each; axis tops from which
# labels are shortened.
_LETTER, _SYMBOL, _FEW_YEARS, _SMALL_NUMBERS = 6.6, 36, 7, 10

BAND_90, BAND_50, MEDIAN = "#d3e0e9", "#9dbdd1", "#123f5c"
# From dark to light, so that they differ in grey.
STATES = {"in use": "#17486b", "dormant": "#e0a13a", "over": "#e4e7e9"}
STATE_INK = {"in use": "#ffffff", "dormant": "#1d2a33", "over": "#1d2a33"}
# For each way of ending: its colour, and the colour of text on it (contrast 4.5:1 or more).
WAYS = dict(
    zip(
        ENDINGS,
        (
            ("#7b2d43", "#ffffff"),
            ("#b85a28", "#ffffff"),
            ("#8fb35c", "#1d2a33"),
            ("#c3cbe6", "#1d2a33"),
        ),
        strict=True,
    )
)
LINES = ("#17486b", "#c4632f", "#3f8f6b", "#8a5a9e", "#7a6a1e", "#444444")
DASHES = ([1, 0], [7, 3], [2, 2], [9, 3, 2, 3], [4, 4], [12, 3])

_COLOURS = (
    *("#0072b2", "#d55e00", "#007a5a", "#b0408a", "#333333"),
    *("#a07800", "#5b3fa0", "#3b9cc9", "#8c2d2d", "#6b7f2a"),
)
_STAR = (
    "M0,-1L0.29,-0.4L0.95,-0.31L0.48,0.15L0.59,0.81L0,0.5"
    "L-0.59,0.81L-0.48,0.15L-0.95,-0.31L-0.29,-0.4Z"
)
_HEXAGON = "M0,-0.9L0.78,-0.45L0.78,0.45L0,0.9L-0.78,0.45L-0.78,-0.45Z"
_SHAPES = (
    *("circle", "square", "triangle-up", "diamond", "cross", "triangle-down"),
    *(_STAR, "triangle-right", _HEXAGON, "triangle-left", "wedge"),
)


@dataclass(frozen=True)
class Mark:
    """Shape and colour of one source class, the same in all charts of a briefing."""

    shape: str
    colour: str


def marks(case: Case) -> dict[str, Mark]:
    """One mark for each source class, in falling order of the number of figures."""
    counts = Counter(
        case.evidence.source(o.source).source_class for o in case.evidence.observations
    )
    order = sorted(counts, key=lambda name: (-counts[name], name))
    return {
        name: Mark(_SHAPES[i % len(_SHAPES)], _COLOURS[i % len(_COLOURS)])
        for i, name in enumerate(order)
    }


def config() -> dict[str, Any]:
    """The Vega-Lite configuration that all charts share."""
    return {
        "font": FONT,
        "background": "transparent",
        "autosize": {"type": "fit-x", "contains": "padding"},
        "padding": 3,
        "view": {"stroke": None},
        "axis": {
            "domainColor": "#9aa5ad",
            "gridColor": GRID,
            "labelColor": INK,
            "labelFontSize": 12,
            "tickColor": "#9aa5ad",
            "tickSize": 4,
            "titleColor": MUTED,
            "titleFontSize": 12,
            "titleFontWeight": "normal",
            "titlePadding": 6,
        },
        "legend": {
            "labelColor": INK,
            "labelFontSize": 12,
            "labelLimit": 260,
            "orient": "bottom",
            "symbolSize": 70,
            "symbolOpacity": 1,
            "title": None,
            "columnPadding": 12,
            "offset": 8,
        },
        "text": {"color": INK, "fontSize": 12},
        "header": {"labelColor": INK, "labelFontSize": 13, "labelFontWeight": 600, "title": None},
    }


@dataclass(frozen=True)
class Rows:
    """Rows that Altair does not inspect; it would copy and check every value many times."""

    values: tuple[dict[str, Any], ...]


def data(rows: Sequence[dict[str, Any]]) -> alt.Data:
    """Rows as inline data, with values to seven significant digits."""
    short = tuple(
        {k: float(f"{v:.7g}") if isinstance(v, float) else v for k, v in row.items()}
        for row in rows
    )
    return alt.Data(values=Rows(short))  # type: ignore[no-untyped-call]


def legend(names: Sequence[str], room: int, **more: Any) -> alt.Legend:
    """A legend below a chart, in as many columns as fit into `room` pixels."""
    for columns in (4, 3, 2):
        longest = [max(map(len, names[c::columns]), default=0) for c in range(columns)]
        if sum(_LETTER * letters + _SYMBOL for letters in longest) <= room:
            return alt.Legend(columns=columns, **more)
    return alt.Legend(columns=1, **more)


def year_axis(first: float, last: float) -> alt.X:
    """The time axis: calendar years, with ticks in January."""
    step = 1 if last - first <= _FEW_YEARS else 2
    start = int(first) + (step - int(first) % step) % step
    return alt.X(
        "x:Q",
        title="Year",
        scale=alt.Scale(domain=[first, last], nice=False),
        axis=alt.Axis(format="d", values=list(range(start, int(last) + 1, step)), grid=False),
    )


def number_format(top: float) -> dict[str, Any]:
    """Axis labels such as 0.5, 200k, 4 m, 2 bn."""
    if top < _SMALL_NUMBERS:
        return {"format": "~g"}
    label = "replace(replace(format(datum.value, '~s'), 'G', ' bn'), 'M', ' m')"
    return {"labelExpr": f"datum.value == 0 ? '0' : {label}"}


def share_axis(title: str, **more: Any) -> alt.Y:
    """A vertical axis of shares from 0 to 100 %."""
    return alt.Y(
        "y:Q",
        title=title,
        scale=alt.Scale(domain=[0, 1]),
        axis=alt.Axis(format=".0%", tickCount=5),
        **more,
    )
