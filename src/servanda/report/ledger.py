"""The exchange ledger: who gave what, how it was paid, and what is still owed."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import altair as alt
import numpy as np
from jaxtyping import Float

from servanda.report import theme, words
from servanda.report.figure import Figure, anchor
from servanda.report.numbers import Pact, quantiles

_LINES = ("Owed for deliveries", "Paid, other", "Paid in sight", "Arrears")


@dataclass(frozen=True)
class Account:
    """One partnership's debts and payments."""

    pact: Pact

    def _series(self, name: str) -> Float[np.ndarray, "month run"]:
        return self.pact.runs.series(f"{name}[{self.pact.partnership.label}]")

    @cached_property
    def owed(self) -> Float[np.ndarray, "month run"]:
        """Debt that deliveries created, since the start."""
        return np.cumsum(self._series("obligation"), axis=0, dtype=np.float32)

    @cached_property
    def in_sight(self) -> Float[np.ndarray, "month run"]:
        """Payments that observers can count, since the start."""
        return np.cumsum(self._series("paid_in_sight"), axis=0, dtype=np.float32)

    @cached_property
    def other(self) -> Float[np.ndarray, "month run"]:
        """Payments that observers cannot count, since the start."""
        paid = np.cumsum(self._series("paid"), axis=0, dtype=np.float32)
        return np.asarray(paid - self.in_sight)

    @cached_property
    def arrears(self) -> Float[np.ndarray, "month run"]:
        """Owed and not paid."""
        return self._series("arrears")

    def shares_at_cut(self) -> dict[str, float]:
        """Median shares of what was owed by the cut: paid in sight, paid otherwise, still owed."""
        cut = self.pact.runs.cut
        owed = self.owed[cut]
        some = owed > 0
        if not some.any():
            return {}
        parts = {"in sight": self.in_sight, "other": self.other, "arrears": self.arrears}
        return {name: float(np.median(v[cut][some] / owed[some])) for name, v in parts.items()}


def figures(account: Account) -> list[Figure]:
    """The running account, in the middle run of each month."""
    runs = account.pact.runs
    lines = dict(
        zip(_LINES, (account.owed, account.other, account.in_sight, account.arrears), strict=True)
    )
    middles = {name: quantiles(v, (0.25, 0.5, 0.75)) for name, v in lines.items()}
    if not middles[_LINES[0]].any():
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
        for m in (runs.cut, runs.months - 1)
    ]
    return [
        Figure(
            anchor(f"ledger {account.pact.partnership.label}"),
            title(account),
            _lines(rows, runs.years, runs.cut),
            f"Median of runs, since the start. {'; '.join(said)}.",
            "Each line is the median of all runs, so they do not add up exactly; bands "
            "hold the middle half. "
            "Payments count at what they are worth to the payee. The dashed rule is the cut.",
            kicker="The running account",
        )
    ]


def title(account: Account) -> str:
    """How much of what was owed at the cut had been paid, and how."""
    shares = account.shares_at_cut()
    month = words.month(account.pact.runs.model.case.spec.as_of)
    if not shares:
        return f"Nothing was owed by {month}"
    if shares["arrears"] > max(shares["in sight"], shares["other"]):
        return (
            f"By {month}, {words.percent(shares['arrears'])} of what deliveries were worth "
            "had not been paid"
        )
    way = (
        "out of sight"
        if shares["other"] > shares["in sight"]
        else "in ways that observers can count"
    )
    share = max(shares["other"], shares["in sight"])
    return f"By {month}, {words.percent(share)} of what deliveries were worth had been paid {way}"


def _lines(rows: list[dict[str, object]], years: np.ndarray, cut: int) -> Any:
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
        alt.Chart(theme.data([{"x": float(years[cut])}]))
        .mark_rule(color=theme.MUTED, strokeDash=[3, 3])
        .encode(x="x:Q"),
        alt.Chart(theme.data(ends))
        .mark_point(filled=True, size=24, opacity=1)
        .encode(x="x:Q", y="y:Q", color=colour),
    ).properties(width=theme.WIDE, height=theme.HEIGHT + 30)
