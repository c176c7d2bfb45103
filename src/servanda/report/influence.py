"""Charts of each patron's share of influence in a client, one for each accounting."""

from collections.abc import Sequence
from typing import Any

import altair as alt

from servanda.analysis.influence import bands as bands_of
from servanda.analysis.influence import clients, leader
from servanda.case.schema import Patronage
from servanda.report import theme, words
from servanda.report.figure import Figure, anchor
from servanda.results import Results

_ACCOUNTINGS = {
    "recorded": "recorded trade only",
    "given": "what patrons give, hidden payment included",
    "valued": "everything exchanged, at its worth",
}


def figures(runs: Results) -> list[Figure]:
    """One chart for each client and accounting."""
    return [
        _figure(runs, client, patrons, accounting)
        for client, patrons in clients(runs).items()
        for accounting in _ACCOUNTINGS
    ]


def _figure(runs: Results, client: str, patrons: Sequence[Patronage], accounting: str) -> Figure:
    spec = runs.model.case.spec
    rows: list[dict[str, Any]] = []
    said = []
    for p in patrons:
        bands = bands_of(runs, p, accounting)
        name = words.actor(spec, p.patron)
        rows += [
            {"x": float(runs.years[m]), "y": float(bands[2, m]), "who": name}
            | {"low": float(bands[1, m]), "high": float(bands[3, m])}
            for m in range(runs.months)
        ]
        said.append(
            f"{name}: {words.percent(bands[2, runs.cutoff])} at the cut-off "
            f"({words.percent(bands[0, runs.cutoff])} to {words.percent(bands[4, runs.cutoff])}), "
            f"{words.percent(bands[2, -1])} at the horizon"
        )
    who, share = leader(runs, patrons, accounting, runs.cutoff)
    end_who, end_share = leader(runs, patrons, accounting, runs.months - 1)
    then = f"and {words.percent(end_share)} in {spec.horizon[:4]}"
    if end_who != who:
        then = (
            f"and {words.actor(spec, end_who)} holds {words.percent(end_share)} in "
            f"{spec.horizon[:4]}"
        )
    title = (
        f"Counting {_ACCOUNTINGS[accounting]}: {words.actor(spec, who)} holds "
        f"{words.percent(share)} of patrons' influence in {words.actor(spec, client)} at the "
        f"cut-off, {then}"
    )
    return Figure(
        anchor(f"influence {client} {accounting}"),
        title,
        _lines(runs, rows, [words.actor(spec, p.patron) for p in patrons]),
        f"Share of patrons' influence in {words.actor(spec, client)}, median and 90 % "
        f"interval. {'; '.join(said)}.",
        "Line: median over runs. Band: 50 % interval over runs. Dashed rule: evidence cut-off.",
        kicker=words.upper_first(_ACCOUNTINGS[accounting]),
    )


def _lines(runs: Results, rows: list[dict[str, Any]], names: list[str]) -> Any:
    colours, dashes = list(theme.LINES[: len(names)]), list(theme.DASHES[: len(names)])
    shades = alt.Scale(domain=names, range=colours)
    colour = alt.Color(
        "who:N",
        sort=names,
        scale=shades,
        legend=theme.legend(
            names, theme.WIDE - 60, symbolType="stroke", symbolStrokeWidth=2.5, symbolSize=260
        ),
    )
    dash = alt.StrokeDash("who:N", sort=names, scale=alt.Scale(domain=names, range=dashes))
    base = alt.Chart(theme.data(rows)).encode(
        x=theme.year_axis(float(runs.years[0] - 1 / 12), float(runs.years[-1]))
    )
    return alt.layer(
        base.mark_area(opacity=0.18).encode(y=alt.Y("low:Q"), y2="high:Q", color=colour),
        base.mark_line(strokeWidth=2.4).encode(
            y=theme.share_axis("Share of patrons' influence"), color=colour, strokeDash=dash
        ),
        alt.Chart(theme.data([{"x": float(runs.years[runs.cutoff])}]))
        .mark_rule(color=theme.MUTED, strokeDash=[3, 3])
        .encode(x="x:Q"),
    ).properties(width=theme.WIDE, height=theme.HEIGHT)
