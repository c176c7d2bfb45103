"""Charts of what the record taught: parameters that moved, and series in which the model is wrong.

Both show the interval of each posterior as a bar within that of its prior.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Any

import altair as alt

from servanda.analysis.learned import Learned
from servanda.analysis.moved import Interval, Moved
from servanda.engine import Model
from servanda.report import theme, words
from servanda.report.figure import Figure
from servanda.report.learned import contraction, inside, interval, sides

_SHOWN = 10
_LINE = 62  # letters of a name above its bar
_PRIOR = (-1.6449, 0.0, 1.6449)  # the interval of a prior, in its standard deviations
_LEAST = 2.4  # standard deviations of the prior that the axis reaches at least
_ROOM = 1.2  # of an axis, with room for the number behind a bar


def figures(model: Model, found: Learned) -> list[Figure]:
    """The parameters that moved most, and the series in which the model is wrong."""
    return [*_parameters(model, found), *_misfits(found)]


def _parameters(model: Model, found: Learned) -> list[Figure]:
    top = found.parameters[:_SHOWN]
    if not top:
        return []
    rows = [
        _Row(words.parameter(model, one.name), _change(one), contraction(one), one.place)
        for one in top
    ]
    reach = max(_LEAST, *(abs(end) for one in top for end in one.place))
    x = alt.X(
        "prior_low:Q",
        title="Place in the prior",
        scale=alt.Scale(domain=[-reach, reach * _ROOM], nice=False),
        axis=alt.Axis(
            values=list(_PRIOR),
            labelExpr="datum.value < -1 ? '5 %' : datum.value > 1 ? '95 %' : 'median'",
            grid=False,
        ),
    )
    said = "; ".join(
        f"{row.name}: prior {interval(one.prior)}, posterior {interval(one.posterior)} "
        f"{words.unit(one.unit)}".rstrip()
        + f", contraction {row.number}"
        for row, one in zip(rows, top, strict=True)
    )
    caption = (
        "Grey: 90 % interval and median of the prior. Blue: those of the posterior. Above the "
        "bars: both intervals in numbers. Behind them: contraction, 0 if the record says nothing "
        "and 1 if it says all."
    )
    if any(one.wider for one in top):
        caption += (
            " An asterisk marks the wider form of a prior, without the figures that are learned "
            "from."
        )
    return [
        Figure(
            "moved",
            f"The record narrows “{rows[0].name}” most",
            _bars(rows, x, _PRIOR),
            f"Median and 90 % interval under prior and posterior: {said}.",
            caption,
            kicker="The parameters that moved most" if found.parameters[_SHOWN:] else "Parameters",
        )
    ]


def _change(one: Moved) -> str:
    """`2 to 50* → 9 to 12 rounds a month`: the 90 % intervals of prior and posterior."""
    (low, _, high), (under, _, over) = one.prior, one.posterior
    star = "*" * one.wider
    text = f"{words.interval(low, high)}{star} → {words.interval(under, over)}"
    return f"{text} {words.unit(one.unit)}".rstrip()


def _misfits(found: Learned) -> list[Figure]:
    top = found.wrong[:_SHOWN]
    if not top:
        return []
    rows = [
        _Row(
            one.coverage.series.label,
            f"{sides(one)}; {inside(one)}",
            f"× {one.factor:.1f}",
            one.discrepancy.posterior,
        )
        for one in top
    ]
    prior = top[0].discrepancy.prior
    x = alt.X(
        "prior_low:Q",
        title="Discrepancy δ: standard deviation on the log scale",
        scale=alt.Scale(
            domain=[0, _ROOM * max(prior[2], *(row.ends[2] for row in rows))], nice=False
        ),
        axis=alt.Axis(tickCount=5, format="~g", grid=False),
    )
    said = "; ".join(
        f"{row.name}: δ {interval(row.ends)}, {row.number}, {row.text}" for row in rows
    )
    return [
        Figure(
            "misfits",
            f"“{rows[0].name}” lies furthest off the model",
            _bars(rows, x, prior),
            f"Median and 90 % interval of δ; its prior is {interval(prior)}. {said}.",
            "δ is how far the figures of a series lie off the model, in a way that no parameter "
            "mends. Grey: 90 % interval and median of its prior, the same for all series. Blue: "
            "those of the posterior. Behind them: the factor exp(δ) by which the series is "
            "typically off. A large δ widens the intervals, so that all figures may lie inside.",
            kicker="Where the model is wrong",
        )
    ]


@dataclass(frozen=True)
class _Row:
    """A bar, the name and the text above it, and the number behind it."""

    name: str
    text: str
    number: str
    ends: Interval


def _bars(rows: Sequence[_Row], x: alt.X, prior: Interval) -> Any:
    """The interval of each posterior as a bar within that of its prior."""
    names = [wrap(row.name, _LINE) for row in rows]
    lines = max(map(len, names))
    height = 48 + 14 * lines
    table = [
        {
            "row": i,
            "name": "\n".join([" "] * (lines - len(name)) + name),
            "text": row.text,
            "number": row.number,
            "end": max(row.ends[2], prior[2]),
            **dict(zip(("low", "median", "high"), row.ends, strict=True)),
            **dict(zip(("prior_low", "prior_median", "prior_high"), prior, strict=True)),
        }
        for i, (row, name) in enumerate(zip(rows, names, strict=True))
    ]
    base = alt.Chart(theme.data(table)).encode(y=alt.Y("row:O", title=None, axis=None))
    top, below = 3 - height / 2, height / 2 - 18
    return alt.layer(
        base.mark_bar(height=16, color="#e1e5e8", yOffset=below).encode(x=x, x2="prior_high:Q"),
        base.mark_tick(thickness=1.5, size=16, color=theme.MUTED, yOffset=below).encode(
            x="prior_median:Q"
        ),
        base.mark_bar(height=8, color=theme.BAND_50, yOffset=below).encode(x="low:Q", x2="high:Q"),
        base.mark_tick(thickness=3, size=12, color=theme.MEDIAN, yOffset=below).encode(
            x="median:Q"
        ),
        base.mark_text(align="left", dx=5, dy=below, fontSize=11).encode(
            x="end:Q", text="number:N"
        ),
        base.mark_text(
            align="left", baseline="top", yOffset=top, lineBreak="\n", lineHeight=14
        ).encode(x=alt.value(0), text="name:N"),
        base.mark_text(
            align="left", baseline="top", yOffset=top + 14 * lines, color=theme.MUTED, fontSize=11
        ).encode(x=alt.value(0), text="text:N"),
    ).properties(width=theme.WIDE, height=height * len(rows))
