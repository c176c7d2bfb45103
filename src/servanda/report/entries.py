"""Who gave what under a pact, how much, and what it was worth at market."""

from dataclasses import dataclass
from typing import Any

import altair as alt
import numpy as np

from servanda.analysis.accounts import Account, moved, worth
from servanda.case.schema import Tie
from servanda.ensembles import weighted
from servanda.report import theme, words
from servanda.report.figure import Figure, anchor

_SPREAD = (0.05, 0.5, 0.95)


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
    return [_entry(account, tie) for tie in account.ties]


def _entry(account: Account, tie: Tie) -> Entry:
    runs = account.results
    spec, cut = runs.model.case.spec, runs.cut
    past, future = slice(0, cut + 1), slice(cut + 1, runs.months)
    unit = {g.name: g.unit for g in spec.goods}[tie.good]
    lent = runs.model.axes.kind(tie) == "lent"
    block = moved(runs, tie)[past]
    amount = block[-1] if lent else block.sum(axis=0)
    low, middle, high = weighted.quantile(amount, _SPREAD, runs.weights)
    brought = worth(runs, tie, past)
    return Entry(
        words.actor(spec, tie.giver),
        words.actor(spec, tie.receiver),
        words.upper_first(words.good(spec, tie.good)),
        _basis(tie, lent=lent),
        None if brought is None else _spread(brought, runs.weights),
        words.quantity(float(middle), unit),
        words.interval(float(low), float(high)),
        *_worth(brought, runs.weights),
        *_worth(worth(runs, tie, future), runs.weights),
    )


def _basis(tie: Tie, *, lent: bool) -> str:
    if tie.basis == "payment":
        return "payment in sight" if tie.observed else "payment out of sight"
    return "lent, present at the cut" if lent else "sold"


def _spread(values: np.ndarray, weights: np.ndarray) -> tuple[float, float, float]:
    low, middle, high = weighted.quantile(values, _SPREAD, weights)
    return float(low), float(middle), float(high)


def _worth(values: np.ndarray | None, weights: np.ndarray) -> tuple[str, str]:
    if values is None:
        return "—", ""
    low, middle, high = _spread(values, weights)
    return words.quantity(middle, "USD"), words.interval(low, high)


def figures(account: Account) -> list[Figure]:
    """What each good was worth by the cut, a bar for each, with its interval."""
    found = [(e, e.worths) for e in entries(account) if e.worths is not None and e.worths[1] > 0]
    if not found:
        return []
    rows = [
        {
            "row": i,
            "name": f"{e.what}, from {e.giver} ({e.basis})",
            "y": w[1],
            "low": w[0],
            "high": w[2],
        }
        | {"text": e.worth, "kind": e.basis if e.basis.startswith("payment") else "given"}
        for i, (e, w) in enumerate(found)
    ]
    first = max(found, key=lambda pair: pair[1][1])[0]
    runs, own = account.results, account.partnership
    month = words.month(runs.model.case.spec.as_of)
    return [
        Figure(
            anchor(f"worths {own.label}"),
            f"The largest item by {month} is {first.what[:1].lower()}{first.what[1:]} "
            f"from {first.giver}: {first.worth}",
            _worth_bars(rows),
            f"Median worth at market by {month}: "
            + "; ".join(
                f"{e.what} from {e.giver} ({e.basis}) {e.worth} ({e.worth_range})" for e, _ in found
            )
            + ".",
            "Bar: median. Line: 90 % of runs; it may run past the frame. Worth at market "
            "prices, not at what was agreed.",
            kicker="What it was worth",
        )
    ]


def _worth_bars(rows: list[dict[str, Any]]) -> Any:
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
