"""Charts of the parameters that the survival of a pact hinges on beyond chance."""

from textwrap import wrap
from typing import Any

import altair as alt

from servanda.analysis.fate import Fate
from servanda.analysis.hinges import Hinge, chance_size
from servanda.report import theme, words
from servanda.report.figure import Figure, anchor
from servanda.results import Results

_SHOWN = 10
_LINE = 62


def title(runs: Results, found: list[Hinge]) -> str:
    """The strongest parameter and the share of runs in force in its outer thirds, in a sentence."""
    first = found[0]
    return (
        f"The result hinges most on “{_name(runs, first)}”: the pact is in force in "
        f"{words.percent(first.low)} of runs in its lowest third and in "
        f"{words.percent(first.high)} in its highest"
    )


def figures(fate: Fate, found: list[Hinge]) -> list[Figure]:
    """The strongest rank correlations, and the share of runs in force in the outer thirds."""
    if not found:
        return []
    runs, label = fate.results, fate.partnership.label
    top = found[:_SHOWN]
    base = 1 - float(fate.states["over"][-1])
    return [
        Figure(
            anchor(f"hinges {label}"),
            title(runs, found),
            _bars(runs, top),
            "Rank correlation with being in force at the horizon: "
            + "; ".join(f"{_name(runs, h)} {h.correlation:+.2f}" for h in top)
            + ".",
            "A bar to the right means that the pact is in force more often if the parameter is "
            "higher. With so many parameters, correlations inside the grey band can arise by "
            "chance, and such parameters are not listed.",
            kicker="Rank correlations beyond chance",
        ),
        Figure(
            anchor(f"thirds {label}"),
            _thirds_title(top),
            _thirds(runs, top, base),
            "Share of runs with the pact in force at the horizon, in the lowest third and in the "
            "highest third of the parameter, and the difference with its standard error: "
            + "; ".join(
                f"{_name(runs, h)} {words.percent(h.low)} and {words.percent(h.high)}, "
                f"{words.points(h.effect, h.error)}"
                for h in top
            )
            + ".",
            "○: lowest third of the parameter. ●: highest third. Dashed rule: over all runs, "
            f"the pact is in force in {words.percent(base)}.",
            kicker="Share in force in the outer thirds",
        ),
    ]


def _thirds_title(top: list[Hinge]) -> str:
    assumed = sum(h.status == "assumed" for h in top)
    if len(top) == 1:
        kind = "assumed, not measured or estimated" if assumed else "measured or estimated"
        return f"The one parameter that stands out is {kind}"
    if not assumed:
        return f"The {len(top)} strongest parameters are all measured or estimated"
    if assumed == len(top):
        return f"The {len(top)} strongest parameters are all assumed, not measured or estimated"
    verb = "is" if assumed == 1 else "are"
    return (
        f"{assumed} of the {len(top)} strongest parameters {verb} assumed, not measured or "
        "estimated"
    )


def _name(runs: Results, hinge: Hinge) -> str:
    return words.parameter(runs.model, hinge.label)


def _rows(runs: Results, top: list[Hinge]) -> list[dict[str, Any]]:
    names = [wrap(_name(runs, h), _LINE) for h in top]
    lines = max(len(name) for name in names)
    return [
        {
            "row": i,
            "name": "\n".join([" "] * (lines - len(names[i])) + names[i]),
            "r": h.correlation,
            "low": h.low,
            "high": h.high,
        }
        | {"text": f"{h.correlation:+.2f}", "sign": "more" if h.correlation > 0 else "less"}
        for i, h in enumerate(top)
    ]


def _row(rows: list[dict[str, Any]]) -> int:
    """Height of a bar and its name, with room for the longest name."""
    lines: int = rows[0]["name"].count("\n") + 1
    return 24 + 14 * lines


def _row_axis() -> alt.Y:
    return alt.Y("row:O", title=None, axis=None)


def _heads(rows: list[dict[str, Any]]) -> Any:
    """The name of each parameter above its bar, where a narrow screen has room for it."""
    return (
        alt.Chart(theme.data(rows))
        .mark_text(
            align="left", baseline="top", yOffset=3 - _row(rows) / 2, lineBreak="\n", lineHeight=14
        )
        .encode(y=_row_axis(), x=alt.value(0), text="name:N")
    )


def _bars(runs: Results, top: list[Hinge]) -> Any:
    rows, chance = _rows(runs, top), chance_size(runs)
    reach = max(abs(h.correlation) for h in top) * 1.25
    x = alt.X(
        "r:Q",
        title="Rank correlation with being in force at the horizon (−1 to 1)",
        scale=alt.Scale(domain=[-reach, reach]),
        axis=alt.Axis(tickCount=5, format="+.2~f", grid=False),
    )
    base = alt.Chart(theme.data(rows)).encode(y=_row_axis())
    colour = alt.Color(
        "sign:N",
        scale=alt.Scale(domain=["more", "less"], range=[theme.LINES[0], theme.LINES[1]]),
        legend=None,
    )
    sides: tuple[tuple[str, Any, int], ...] = ((">=", "left", 4), ("<", "right", -4))
    values = [
        base.transform_filter(f"datum.r {sign} 0")
        .mark_text(align=align, dx=dx, dy=_row(rows) / 2 - 9, fontSize=11)
        .encode(x=x, text="text:N")
        for sign, align, dx in sides
    ]
    return alt.layer(
        alt.Chart(theme.data([{"a": -chance, "b": chance}]))
        .mark_rect(color="#e6e8ea")
        .encode(x="a:Q", x2="b:Q"),
        base.mark_bar(height=10, yOffset=_row(rows) / 2 - 9).encode(x=x, color=colour),
        *values,
        _heads(rows),
    ).properties(width=theme.WIDE, height=_row(rows) * len(rows))


def _thirds(runs: Results, top: list[Hinge], overall: float) -> Any:
    rows = _rows(runs, top)
    x = alt.X(
        "low:Q",
        title="Share of runs with the pact in force at the horizon",
        scale=alt.Scale(domain=[0, 1]),
        axis=alt.Axis(format=".0%", tickCount=5),
    )
    base = alt.Chart(theme.data(rows)).encode(y=_row_axis())
    return alt.layer(
        alt.Chart(theme.data([{"x": overall}]))
        .mark_rule(color=theme.MUTED, strokeDash=[3, 3])
        .encode(x="x:Q"),
        base.mark_rule(strokeWidth=2, color="#7c93a3", yOffset=_row(rows) / 2 - 9).encode(
            x=x, x2="high:Q"
        ),
        base.mark_point(
            size=62,
            fill="#ffffff",
            stroke=theme.LINES[0],
            strokeWidth=1.8,
            opacity=1,
            yOffset=_row(rows) / 2 - 9,
        ).encode(x=x),
        base.mark_point(
            size=62, filled=True, color=theme.LINES[0], opacity=1, yOffset=_row(rows) / 2 - 9
        ).encode(x="high:Q"),
        _heads(rows),
    ).properties(width=theme.WIDE, height=_row(rows) * len(rows))
