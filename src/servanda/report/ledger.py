"""The chart of a pact's account: what deliveries earned, what was paid, and arrears."""

from typing import Any

import altair as alt
import numpy as np

from servanda.analysis.accounts import DOLLAR, Account
from servanda.report import theme, words
from servanda.report.figure import Figure, anchor

_LINES = ("Earned by deliveries", "Hidden payment", "Paid in sight", "Arrears")


def figures(account: Account) -> list[Figure]:
    """The account by month: the median over runs and the 50 % interval of each line."""
    runs = account.results
    middles = dict(zip(_LINES, account.middle_half().values(), strict=True))
    if middles[_LINES[0]].max() < DOLLAR:
        return []
    rows = [
        {"x": float(runs.years[m]), "y": float(v[1, m]), "line": name}
        | {"low": float(v[0, m]), "high": float(v[2, m])}
        for name, v in middles.items()
        for m in range(runs.months)
    ]
    said = [
        f"{words.month(runs.month(m))}: "
        + ", ".join(
            f"{name.lower()} {words.quantity(float(v[1, m]), 'USD')}" for name, v in middles.items()
        )
        for m in (runs.cutoff, runs.months - 1)
    ]
    return [
        Figure(
            anchor(f"ledger {account.partnership.label}"),
            title(account),
            _lines(rows, runs.years, runs.cutoff),
            f"Median over runs, since the start. {'; '.join(said)}.",
            "Each line is the median over runs. The medians of the parts do not add up exactly to "
            "the median of the whole. Band: 50 % interval over runs. Payments count at their worth "
            "to the payee. Dashed rule: evidence cut-off.",
            kicker="The account over time",
        )
    ]


def title(account: Account) -> str:
    """The largest part of what deliveries had earned by the evidence cut-off, in a sentence."""
    shares = account.shares_at_cutoff()
    month = words.month(account.results.model.case.spec.as_of)
    if not shares:
        return f"Deliveries had earned nothing by {month}"
    if shares["arrears"] > max(shares["in sight"], shares["hidden"]):
        return (
            f"By {month}, {words.percent(shares['arrears'])} of what deliveries had earned "
            "was not yet paid"
        )
    way = (
        "by hidden payment"
        if shares["hidden"] > shares["in sight"]
        else "in goods that observers can count"
    )
    share = max(shares["hidden"], shares["in sight"])
    return f"By {month}, {words.percent(share)} of what deliveries had earned was paid {way}"


def _lines(rows: list[dict[str, object]], years: np.ndarray, cutoff: int) -> Any:
    x = theme.year_axis(float(years[0] - 1 / 12), float(years[-1]))
    order = list(_LINES)
    colours = alt.Scale(domain=order, range=list(theme.LINES[:4]))
    colour = alt.Color(
        "line:N",
        sort=order,
        scale=colours,
        legend=alt.Legend(columns=2, symbolType="stroke", symbolStrokeWidth=2.5, symbolSize=260),
    )
    dash = alt.StrokeDash(
        "line:N", sort=order, scale=alt.Scale(domain=order, range=list(theme.DASHES[:4]))
    )
    base = alt.Chart(theme.data(rows)).encode(x=x)
    y = alt.Y(
        "y:Q", title="USD, since the start", axis=alt.Axis(tickCount=5, **theme.number_format(1e9))
    )
    ends = [row for row in rows if row["x"] == rows[-1]["x"]]
    return alt.layer(
        base.mark_area(opacity=0.13).encode(y=alt.Y("low:Q"), y2="high:Q", color=colour),
        base.mark_line(strokeWidth=2.2).encode(y=y, color=colour, strokeDash=dash),
        alt.Chart(theme.data([{"x": float(years[cutoff])}]))
        .mark_rule(color=theme.MUTED, strokeDash=[3, 3])
        .encode(x="x:Q"),
        alt.Chart(theme.data(ends))
        .mark_point(filled=True, size=24, opacity=1)
        .encode(x="x:Q", y="y:Q", color=colour),
    ).properties(width=theme.WIDE, height=theme.HEIGHT + 30)
