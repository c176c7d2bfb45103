"""The exchange ledger: who gave what, what it was worth, how it was paid, and what is still owed."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import altair as alt
import numpy as np
from jaxtyping import Float

from servanda.case.schema import Tie
from servanda.report import theme, words
from servanda.report.figure import Figure, anchor
from servanda.report.numbers import Pact, moved, quantiles, worth

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
        return np.cumsum(self._series("paid"), axis=0, dtype=np.float32) - self.in_sight

    @cached_property
    def arrears(self) -> Float[np.ndarray, "month run"]:
        """Owed and not paid."""
        return self._series("arrears")

    def shares_at_cut(self) -> dict[str, float]:
        """Middle run's shares of what was owed by the cut: paid in sight, paid otherwise, still owed."""
        cut = self.pact.runs.cut
        owed = self.owed[cut]
        some = owed > 0
        if not some.any():
            return {}
        parts = {"in sight": self.in_sight, "other": self.other, "arrears": self.arrears}
        return {name: float(np.median(v[cut][some] / owed[some])) for name, v in parts.items()}


@dataclass(frozen=True)
class Entry:
    """One line of the table: what a tie brought to the cut and after it."""

    giver: str
    receiver: str
    what: str
    basis: str
    worths: tuple[float, float, float] | None
    amount: str
    amount_range: str
    worth: str
    worth_range: str
    after: str
    after_range: str


def entries(account: Account) -> list[Entry]:
    """A line for every tie of the pact, the supplier's first."""
    runs = account.pact.runs
    pair = {account.pact.partnership.supplier, account.pact.partnership.buyer}
    ties = [
        t
        for t in runs.model.case.spec.ties
        if {t.giver, t.receiver} == pair and t.basis in ("contract", "payment")
    ]
    return [_entry(account, t) for t in sorted(ties, key=lambda t: t.basis != "contract")]


def _entry(account: Account, tie: Tie) -> Entry:
    runs = account.pact.runs
    spec, cut = runs.model.case.spec, runs.cut
    past, future = slice(0, cut + 1), slice(cut + 1, runs.months)
    unit = {g.name: g.unit for g in spec.goods}[tie.good]
    lent = runs.model.axes.kind(tie) == "lent"
    block = moved(runs, tie)[past]
    amount = block[-1] if lent else block.sum(axis=0)
    low, middle, high = quantiles(amount, (0.05, 0.5, 0.95))
    brought = worth(runs, tie, past)
    return Entry(
        words.actor(spec, tie.giver),
        words.actor(spec, tie.receiver),
        words.upper_first(words.good(spec, tie.good)),
        _basis(tie, lent=lent),
        None if brought is None else tuple(quantiles(brought, (0.05, 0.5, 0.95))),
        words.quantity(float(middle), unit),
        words.interval(float(low), float(high)),
        *_worth(brought),
        *_worth(worth(runs, tie, future)),
    )


def _basis(tie: Tie, *, lent: bool) -> str:
    if tie.basis == "payment":
        return "payment in sight" if tie.observed else "payment out of sight"
    return "lent, present at the cut" if lent else "sold"


def _worth(values: np.ndarray | None) -> tuple[str, str]:
    if values is None:
        return "—", ""
    low, middle, high = quantiles(values, (0.05, 0.5, 0.95))
    return words.quantity(float(middle), "USD"), words.interval(float(low), float(high))


def figures(account: Account) -> list[Figure]:
    """The running account, in the middle run of each month."""
    runs = account.pact.runs
    lines = dict(
        zip(_LINES, (account.owed, account.other, account.in_sight, account.arrears), strict=True)
    )
    middles = {name: quantiles(v, (0.25, 0.5, 0.75)) for name, v in lines.items()}
    if not middles[_LINES[0]].any():
        return []
    made = _worths(account)
    rows = [
        {"x": float(runs.years[m]), "y": float(v[1, m]), "line": name}
        | {"low": float(v[0, m]), "high": float(v[2, m])}
        for name, v in middles.items()
        for m in range(runs.months)
    ]
    said = [
        f"{words.month(runs.month(m))}: "
        + ", ".join(f"{name.lower()} {words.quantity(float(v[1, m]), 'USD')}" for name, v in middles.items())
        for m in (runs.cut, runs.months - 1)
    ]
    return [
        Figure(
            anchor(f"ledger {account.pact.partnership.label}"),
            title(account),
            _lines(rows, runs.years, runs.cut),
            f"Median of runs, since the start. {'; '.join(said)}.",
            "Each line is the median of all runs, so they do not add up exactly; bands hold the middle half. "
            "Payments count at what they are worth to the payee. The dashed rule is the cut.",
            kicker="The running account",
        ),
        *made,
    ]


def _worths(account: Account) -> list[Figure]:
    """What each good was worth by the cut, a bar for each, with its interval."""
    found = [(e, e.worths) for e in entries(account) if e.worths is not None and e.worths[1] > 0]
    if not found:
        return []
    rows = [
        {"row": i, "name": f"{e.what}, from {e.giver} ({e.basis})", "y": w[1], "low": w[0], "high": w[2]}
        | {"text": e.worth, "kind": e.basis if e.basis.startswith("payment") else "given"}
        for i, (e, w) in enumerate(found)
    ]
    first = max(found, key=lambda pair: pair[1][1])[0]
    runs, own = account.pact.runs, account.pact.partnership
    month = words.month(runs.model.case.spec.as_of)
    return [
        Figure(
            anchor(f"worths {own.label}"),
            f"The largest item by {month} is {first.what[:1].lower()}{first.what[1:]} from {first.giver}: {first.worth}",
            _worth_bars(rows),
            f"Median worth at market by {month}: "
            + "; ".join(f"{e.what} from {e.giver} ({e.basis}) {e.worth} ({e.worth_range})" for e, _ in found)
            + ".",
            "Bar: median. Line: 90 % of runs; it may run past the frame. Worth at market prices, not at what was agreed.",
            kicker="What it was worth",
        )
    ]


def _worth_bars(rows: list[dict[str, Any]]) -> alt.LayerChart:
    top = max(row["y"] for row in rows) * 1.6
    x = alt.X(
        "y:Q",
        title="USD to the cut, at market worth",
        scale=alt.Scale(domain=[0, top], nice=False),
        axis=alt.Axis(tickCount=5, grid=False, **theme.number_format(top)),
    )
    kinds = ["given", "payment in sight", "payment out of sight"]
    colour = alt.Color(
        "kind:N",
        scale=alt.Scale(domain=kinds, range=[theme.LINES[0], theme.LINES[2], theme.LINES[1]]),
        legend=alt.Legend(columns=3, symbolType="square", columnPadding=8),
    )
    y = alt.Y("row:O", title=None, axis=None)
    base = alt.Chart(theme.data(rows)).encode(y=y)
    return alt.layer(
        base.mark_bar(height=9, yOffset=8).encode(x=x, color=colour),
        base.mark_rule(yOffset=8, strokeWidth=1.2, clip=True).encode(x=alt.X("low:Q"), x2="high:Q"),
        base.mark_text(align="left", dy=-5).encode(x=alt.value(0), text="name:N"),
    ).properties(width=theme.WIDE, height=32 * len(rows))


def title(account: Account) -> str:
    """How much of what was owed at the cut had been paid, and how."""
    shares = account.shares_at_cut()
    month = words.month(account.pact.runs.model.case.spec.as_of)
    if not shares:
        return f"Nothing was owed by {month}"
    if shares["arrears"] > max(shares["in sight"], shares["other"]):
        return f"By {month}, {words.percent(shares['arrears'])} of what deliveries were worth had not been paid"
    way = "out of sight" if shares["other"] > shares["in sight"] else "in ways that observers can count"
    share = max(shares["other"], shares["in sight"])
    return f"By {month}, {words.percent(share)} of what deliveries were worth had been paid {way}"


def _lines(rows: list[dict[str, object]], years: np.ndarray, cut: int) -> alt.LayerChart:
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
    y = alt.Y("y:Q", title="USD, since the start", axis=alt.Axis(tickCount=5, **theme.number_format(1e9)))
    ends = [row for row in rows if row["x"] == rows[-1]["x"]]
    return alt.layer(
        base.mark_area(opacity=0.13).encode(
            y=alt.Y("low:Q"), y2="high:Q", color=colour
        ),
        base.mark_line(strokeWidth=2.2).encode(y=y, color=colour, strokeDash=dash),
        alt.Chart(theme.data([{"x": float(years[cut])}]))
        .mark_rule(color=theme.MUTED, strokeDash=[3, 3])
        .encode(x="x:Q"),
        alt.Chart(theme.data(ends)).mark_point(filled=True, size=24, opacity=1).encode(x="x:Q", y="y:Q", color=colour),
    ).properties(width=theme.WIDE, height=theme.HEIGHT + 30)
