"""A figure: its finding, chart and text alternative; and many of them drawn at once."""

import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import altair as alt
import vl_convert
from markupsafe import Markup, escape

from servanda.report.theme import Rows, config

_NAMESPACES = re.compile(r' xmlns(:\w+)?="[^"]*"')
_ID = re.compile(r'(id="|url\(#|href="#)([\w-]+)')
_ARIA = re.compile(r' (aria-[\w]+|role)="[^"]*"')
_SIZE = re.compile(r'<svg class="marks" width="([\d.]+)" height="([\d.]+)"')
_THREADS = 2


@dataclass(frozen=True)
class Figure:
    """One chart.

    Attributes:
        key: unique in the page.
        title: its finding, in a sentence.
        chart: what to draw.
        alternative: what it shows, in words and numbers, for those who do not see it.
        caption: how to read it.
        svg: what was drawn; None before.
        kicker: a few words over the title that say what it is about.
    """

    key: str
    title: str
    chart: Any
    alternative: str
    caption: str = ""
    svg: Markup | None = None
    kicker: str = ""


def drawn(figures: Sequence[Figure]) -> list[Figure]:
    """The figures with their SVG, drawn offline without a browser."""
    specs = [spec_of(f.chart) for f in figures]
    with ThreadPoolExecutor(_THREADS) as pool:
        pictures = list(pool.map(vl_convert.vegalite_to_svg, specs))
    return [
        replace(f, svg=_inline(picture, f)) for f, picture in zip(figures, pictures, strict=True)
    ]


def spec_of(chart: Any) -> dict[str, Any]:
    """A chart's Vega-Lite, as it is drawn."""
    # Altair's check against its schema takes longer than drawing; the tests ask for it.
    spec: dict[str, Any] = chart.to_dict(validate=False)
    for part in (spec, *spec.get("layer", ())):
        rows = part.get("data", {}).get("values")
        if isinstance(rows, Rows):
            part["data"] = {"values": list(rows.values)}
    return spec | {"config": config()}


def check(figure: Figure) -> None:
    """Raise if a chart is no valid Vega-Lite."""
    alt.LayerChart.from_dict(spec_of(figure.chart), validate=True)


def _inline(svg: str, figure: Figure) -> Markup:
    """SVG for the page: scalable, named for screen readers, its ids its own."""
    text = _NAMESPACES.sub("", svg)
    text = _ARIA.sub("", text)
    text = _renamed(text, figure.key)
    size = _SIZE.search(text)
    width = size[1] if size else "400"
    opening, _, rest = text.partition(">")
    opening = re.sub(r' (width|height|version|class)="[^"]*"', "", opening)
    names = f"{figure.key}-title {figure.key}-desc"
    head = Markup('{} role="img" aria-labelledby="{}" data-width="{}">').format(
        Markup(opening),  # noqa: S704 -- made by vl-convert from our own chart
        names,
        width,
    )
    label = Markup('<title id="{0}-title">{1}</title><desc id="{0}-desc">{2}</desc>').format(
        figure.key, figure.title, figure.alternative
    )
    return head + label + Markup(rest)  # noqa: S704


def _renamed(text: str, key: str) -> str:
    """Ids of the figure's own, counted from one: the renderer counts on over all charts."""
    names: dict[str, str] = {}

    def name(match: re.Match[str]) -> str:
        own = names.setdefault(match[2], f"{key}-{len(names) + 1}")
        return f"{match[1]}{own}"

    return _ID.sub(name, text)


def anchor(text: str) -> str:
    """A text as an id in the page."""
    return str(escape(re.sub(r"[^\w]+", "-", text).strip("-").lower()))
