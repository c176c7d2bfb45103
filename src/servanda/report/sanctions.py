"""A chart of the real income that countries lose or gain under sanctions regimes."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import altair as alt
import vl_convert

from servanda.files import drafts
from servanda.report import theme
from servanda.report.figure import Figure, spec_of
from servanda.trade.findings import Payer

_ROW = 18
_SHOWN = 1.0  # USD m a month; countries with a smaller change are named below the title
_SCALE = 2  # pixels of the PNG for each of the chart


def figure(payers: Sequence[Payer], names: dict[str, str]) -> Figure:
    """Change in real income by country and regime: medians and 90 % intervals over draws.

    Args:
        payers: Changes in real income, by regime and country.
        names: Names of countries, by code.
    """
    ends = {id(p): _ends(p) for p in payers}
    felt = [p for p in payers if max(map(abs, ends[id(p)])) >= _SHOWN]
    shown = felt or payers
    rows: list[dict[str, Any]] = [
        {
            "regime": p.regime,
            "who": names.get(p.country, p.country),
            "x": p.musd_month.median / 1000,
            "low": ends[id(p)][0] / 1000,
            "high": ends[id(p)][1] / 1000,
            "sign": "gains" if p.musd_month.median > 0 else "loses",
        }
        for p in shown
    ]
    order = list(dict.fromkeys(row["who"] for row in sorted(rows, key=lambda row: row["x"])))
    base = alt.Chart(alt.Data(values=rows))  # type: ignore[no-untyped-call]
    y = alt.Y("who:N", title=None, sort=order)
    colour = alt.Color(
        "sign:N", scale=alt.Scale(domain=["loses", "gains"], range=[theme.LINES[1], theme.LINES[0]])
    )
    spans = base.mark_rule(strokeWidth=2).encode(
        x=alt.X("low:Q", title="Change in real income before leakage, USD bn a month"),
        x2="high:Q",
        y=y,
        color=colour,
    )
    points = base.mark_circle(size=60, opacity=1).encode(x="x:Q", y=y, color=colour)
    chart = (
        alt.layer(spans, points)
        .properties(width=theme.WIDE, height=_ROW * len(order))
        .facet(
            row=alt.Row("regime:N", title=None, sort=list(dict.fromkeys(p.regime for p in payers)))
        )
    )
    return Figure(
        "payers",
        _finding(shown, names),
        chart,
        "; ".join(f"{p.regime}, {p.country}: {p.musd_month.median:,.0f} USD m" for p in shown),
        " ".join(_notes(payers, shown, names)),
    )


def _notes(payers: Sequence[Payer], shown: Sequence[Payer], names: dict[str, str]) -> list[str]:
    """What the marks are, and which countries are not in the chart."""
    spread = payers[0].musd_month.low is not None
    said = ["Dot: median. Line: 90 % interval over draws." if spread else "Dot: the one draw."]
    drawn = {p.country for p in shown}
    others = dict.fromkeys(
        names.get(p.country, p.country) for p in payers if p.country not in drawn
    )
    if others:
        said.append(f"Not shown, under USD 1 m a month: {', '.join(others)}.")
    return said


def _ends(payer: Payer) -> tuple[float, float]:
    """The ends of the interval in money; the one draw twice if there is no interval."""
    spread = payer.musd_month
    if spread.low is None or spread.high is None:
        return spread.median, spread.median
    return spread.low, spread.high


def _finding(payers: Sequence[Payer], names: dict[str, str]) -> str:
    """The loss of the two countries that lose most under the last regime."""
    last = [p for p in payers if p.regime == payers[-1].regime]
    most = sorted(last, key=lambda p: p.musd_month.median)[:2]
    said = [f"{names.get(p.country, p.country)} {-p.musd_month.median / 1000:.1f}" for p in most]
    return (
        f"Largest losses of real income under '{last[0].regime}', USD bn a month: {', '.join(said)}"
    )


def write(drawn: Figure, folder: Path) -> list[Path]:
    """Write a figure as SVG and PNG."""
    title = {"text": drawn.title, "subtitle": drawn.caption}
    spec = spec_of(drawn.chart) | {"background": "#ffffff", "title": title}
    spec["config"]["autosize"] = "pad"  # Vega-Lite cannot fit a faceted chart to a width
    svg, png = folder / f"{drawn.key}.svg", folder / f"{drawn.key}.png"
    drafts.write(svg, vl_convert.vegalite_to_svg(spec))
    drafts.write(png, vl_convert.vegalite_to_png(spec, scale=_SCALE))
    return [svg, png]
