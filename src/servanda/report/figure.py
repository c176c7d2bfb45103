"""Charts of the page: title, drawing and text alternative."""

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
        key: id, unique in the page.
        title: the finding, in a sentence.
        chart: the Altair chart.
        alternative: the content in words and numbers, for readers who cannot see the chart.
        caption: how to read the chart.
        svg: the drawing; None before it is made.
        kicker: a few words above the title that name the topic.
    """

    key: str
    title: str
    chart: Any
    alternative: str
    caption: str = ""
    svg: Markup | None = None
    kicker: str = ""


def drawn(figures: Sequence[Figure]) -> list[Figure]:
    """The figures with their SVG. It is drawn offline, without a browser."""
    specs = [spec_of(f.chart) for f in figures]
    with ThreadPoolExecutor(_THREADS) as pool:
        pictures = list(pool.map(vl_convert.vegalite_to_svg, specs))
    return [
        replace(f, svg=_inline(picture, f)) for f, picture in zip(figures, pictures, strict=True)
    ]


def spec_of(chart: Any) -> dict[str, Any]:
    """The Vega-Lite specification that is drawn."""
    # Altair's check against its schema takes longer than drawing. The tests make this check.
    spec: dict[str, Any] = chart.to_dict(validate=False)
    for part in (spec, *spec.get("layer", ())):
        rows = part.get("data", {}).get("values")
        if isinstance(rows, Rows):
            part["data"] = {"values": list(rows.values)}
    return spec | {"config": config()}


def check(figure: Figure) -> None:
    """Raise an error unless the chart is valid Vega-Lite."""
    alt.LayerChart.from_dict(spec_of(figure.chart), validate=True)


def _inline(svg: str, figure: Figure) -> Markup:
    """SVG for the page: scalable, with a title for screen readers and ids that are unique."""
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
    """Give the ids of a figure its own prefix and numbers from one.

    The renderer numbers ids across all charts, so its numbers depend on the order of drawing.
    """
    names: dict[str, str] = {}

    def name(match: re.Match[str]) -> str:
        own = names.setdefault(match[2], f"{key}-{len(names) + 1}")
        return f"{match[1]}{own}"

    return _ID.sub(name, text)


def anchor(text: str) -> str:
    """Turn a text into an id of the page."""
    return str(escape(re.sub(r"[^\w]+", "-", text).strip("-").lower()))
