"""What each partner delivered or paid under a pact, the amount, and its worth at market prices."""

from dataclasses import dataclass
from typing import Any

import altair as alt

from servanda.analysis.accounts import DOLLAR, Account, Entry
from servanda.case.schema import Tie
from servanda.ensembles.weighted import Spread
from servanda.report import theme, words
from servanda.report.figure import Figure, anchor


@dataclass(frozen=True)
class Row:
    """One line of the table: what a tie brought to the cut-off and after it."""

    entry: Entry
    giver: str
    receiver: str
    what: str
    basis: str
    amount: str
    amount_range: str
    worth: str
    worth_range: str
    after: str
    after_range: str


def rows(account: Account) -> list[Row]:
    """One line for every tie of the pact, the supplier's ties first."""
    return [_row(account, entry) for entry in account.entries()]


def _row(account: Account, entry: Entry) -> Row:
    spec, tie = account.results.model.case.spec, entry.tie
    unit = {g.name: g.unit for g in spec.goods}[tie.good]
    lent = account.results.model.axes.kind(tie) == "lent"
    return Row(
        entry,
        words.actor(spec, tie.giver),
        words.actor(spec, tie.receiver),
        words.upper_first(words.good(spec, tie.good)),
        _basis(tie, lent=lent),
        words.quantity(entry.amount.median, unit),
        words.interval(entry.amount.low, entry.amount.high),
        *_worth(entry.worth),
        *_worth(entry.after),
    )


def _basis(tie: Tie, *, lent: bool) -> str:
    if tie.basis == "payment":
        return "payment in sight" if tie.observed else "hidden payment"
    return "lent, present at the cut-off" if lent else "sold"


def _worth(spread: Spread | None) -> tuple[str, str]:
    if spread is None:
        return "—", ""
    return words.quantity(spread.median, "USD"), words.interval(spread.low, spread.high)


def figures(account: Account) -> list[Figure]:
    """The worth of each good to the evidence cut-off, with its 90 % interval."""
    found = [
        (row, row.entry.worth)
        for row in rows(account)
        if row.entry.worth and row.entry.worth.median >= DOLLAR
    ]
    if not found:
        return []
    bars = [
        {
            "row": i,
            "name": f"{e.what}, from {e.giver} ({e.basis})",
            "y": w.median,
            "low": w.low,
            "high": w.high,
        }
        | {"text": e.worth, "kind": e.basis if "payment" in e.basis else "sold or lent"}
        for i, (e, w) in enumerate(found)
    ]
    first = max(found, key=lambda pair: pair[1].median)[0]
    runs, own = account.results, account.partnership
    month = words.month(runs.model.case.spec.as_of)
    return [
        Figure(
            anchor(f"worths {own.label}"),
            f"The largest item by {month} is {first.what[:1].lower()}{first.what[1:]} "
            f"from {first.giver}: {first.worth}",
            _worth_bars(bars),
            f"Median worth at market prices by {month}: "
            + "; ".join(
                f"{e.what} from {e.giver} ({e.basis}) {e.worth} ({e.worth_range})" for e, _ in found
            )
            + ".",
            "Bar: median. Line: 90 % interval over runs, which may end outside the frame. "
            "Worth is at market prices, not at the agreed price.",
            kicker="Worth at market prices",
        )
    ]


def _worth_bars(rows: list[dict[str, Any]]) -> Any:
    top = max(row["y"] for row in rows) * 1.6
    x = alt.X(
        "y:Q",
        title="USD to the cut-off, at market prices",
        scale=alt.Scale(domain=[0, top], nice=False),
        axis=alt.Axis(tickCount=5, grid=False, **theme.number_format(top)),
    )
    kinds = ["sold or lent", "payment in sight", "hidden payment"]
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
