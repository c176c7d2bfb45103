"""The answer in five sentences, computed from the runs."""

from dataclasses import dataclass
from operator import itemgetter

import numpy as np

from servanda.report import classes, survival, words
from servanda.report.hinges import Hinge, clear
from servanda.report.ledger import Account
from servanda.report.numbers import Pact, Runs, quantiles

_YEAR = 12
_NEARLY_ALL = 0.9


@dataclass(frozen=True)
class Answer:
    """What a run says about one pact.

    Attributes:
        label: the partnership's label.
        name: its partners in words.
        sentences: five at most; those without numbers are left out.
        shares: share of runs in use, dormant and over at the horizon, and the same in words.
    """

    label: str
    name: str
    sentences: tuple[str, ...]
    shares: dict[str, tuple[float, str]]


def answer(account: Account, found: list[Hinge]) -> Answer:
    """The answer on one pact."""
    pact = account.pact
    spec, partnership = pact.runs.model.case.spec, pact.partnership
    parts = (
        lasting(pact),
        resembling(pact),
        gaining(pact),
        leaking(account),
        hinging(clear(pact.runs, found)),
    )
    return Answer(
        partnership.label,
        f"{words.actor(spec, partnership.buyer)} and {words.actor(spec, partnership.supplier)}",
        tuple(p for p in parts if p),
        _said(pact),
    )


def _said(pact: Pact) -> dict[str, tuple[float, str]]:
    final = {state: float(v[-1]) for state, v in pact.states.items()}
    return dict(
        zip(
            final,
            zip(final.values(), words.percents(list(final.values())), strict=True),
            strict=True,
        )
    )


def lasting(pact: Pact) -> str:
    """Whether the pact is in use, dormant or over at the horizon, when it ends and how."""
    runs, spec = pact.runs, pact.runs.model.case.spec
    shares = [float(pact.states[s][-1]) for s in ("in use", "dormant", "over")]
    used, quiet, gone = words.rounded(shares)
    text = (
        f"In the model, the pact is still in force in {words.month(spec.horizon)} in "
        f"{used + quiet}{words.THIN}% of "
        f"{runs.count:,} futures: in use in {used}{words.THIN}% and dormant in {quiet}{words.THIN}%"
    )
    over = shares[2]
    if over == 0:
        return f"{text}; it ends in none."
    way, share = survival.commonest_way(pact)
    half = pact.when_over(over / 2)
    when = f", half of those endings by {words.month(runs.month(half))}" if half is not None else ""
    return (
        f"{text}; in {gone}{words.THIN}% it is over{when}, most often by {way} "
        f"({words.percent(share)})."
    )


def resembling(pact: Pact) -> str:
    """How much rests on the reference class, and what such alliances alone would say."""
    if not pact.classes:
        return ""
    runs = pact.runs
    base = runs.series(f"base_hazard[{pact.partnership.label}]")[runs.cut + 1 :]
    alone = float(np.exp(-base.sum(axis=0, dtype=float)).mean())
    record = f"such alliances alone would have it in force in {words.percent(alone)}"
    (least, low), (most, high) = classes.class_span(pact)
    if words.percent(low) == words.percent(high):
        share = words.percent(low)
        said = f"Which past alliances it is held to resemble changes little: {share} in force"
    else:
        said = (
            "Which past alliances it resembles matters: it is in force in "
            f"{words.percent(high)} of futures if it is like the class “{words.plain(most)}”, in "
            f"{words.percent(low)} if like “{words.plain(least)}”, and no count says which is right"
        )
    return f"{said}; {record}."


def gaining(pact: Pact) -> str:
    """Who gained from the exchange to the cut, and who more."""
    runs, spec, own = pact.runs, pact.runs.model.case.spec, pact.partnership
    gains = {
        code: runs.series(f"gain[{own.label}/{code}]")[: runs.cut + 1].sum(axis=0, dtype=float)
        for code in (own.buyer, own.supplier)
    }
    if not any(np.any(v != 0) for v in gains.values()):
        return ""
    said = []
    for code, values in gains.items():
        low, middle, high = quantiles(values, (0.05, 0.5, 0.95))
        said.append(
            f"{words.actor(spec, code)} by {words.quantity(middle, 'USD')} "
            f"({words.interval(low, high)})"
        )
    positive = [float((v > 0).mean()) for v in gains.values()]
    opening = "Both gained" if min(positive) >= _NEARLY_ALL else "Gains are uneven"
    more = float((gains[own.buyer] > gains[own.supplier]).mean())
    ahead, share = max((own.buyer, more), (own.supplier, 1 - more), key=itemgetter(1))
    return (
        f"{opening} by {words.month(spec.as_of)}, as each values it and with debts counted as pay: "
        f"{words.listed(said)}; {words.actor(spec, ahead)} more in {words.percent(share)} "
        f"of futures. {_paid_for(pact)}"
    )


def _paid_for(pact: Pact) -> str:
    """How often what was paid by the cut covers what deliveries cost."""
    runs, own = pact.runs, pact.partnership
    paid, cost = (
        runs.series(f"{name}[{own.label}]")[: runs.cut + 1].sum(axis=0, dtype=float)
        for name in ("paid", "delivery_cost")
    )
    supplier = words.actor(runs.model.case.spec, own.supplier)
    covered = words.percent(float((paid > cost).mean()))
    return f"What was paid by then covers what deliveries cost {supplier} in {covered} of futures."


def leaking(account: Account) -> str:
    """How deliveries were paid for, and what sanctions lost through other ways."""
    runs = account.pact.runs
    shares, month = account.shares_at_cut(), words.month(runs.model.case.spec.as_of)
    parts = []
    if shares:
        owed = float(np.median(account.owed[runs.cut]))
        parts.append(
            f"Of the {words.quantity(owed, 'USD')} that deliveries had earned by {month}, "
            f"{words.percent(shares['in sight'])} was paid in goods that observers can count, "
            f"{words.percent(shares['other'])} out of sight, and "
            f"{words.percent(shares['arrears'])} was still owed"
        )
    leaks = [
        f"{words.percent(leak)} of the trade that sanctions took from "
        f"{words.actor(runs.model.case.spec, target)}"
        for target, leak in leaked(runs)
    ]
    if leaks:
        parts.append(
            f"{'going round' if parts else 'Going round'} sanctions won back {words.listed(leaks)}"
        )
    return "; ".join(parts) + "." if parts else ""


def leaked(runs: Runs) -> list[tuple[str, float]]:
    """For each sanctioned route, its target and the median share won back in the last year."""
    months = slice(max(runs.cut - _YEAR + 1, 0), runs.cut + 1)
    return [
        (route.target, float(np.median(runs.series(f"leakage[{route.name}]")[months].mean(axis=0))))
        for route in runs.model.case.spec.routes
    ]


def hinging(found: list[Hinge]) -> str:
    """The three numbers that the answer hinges on most."""
    if not found:
        return "No single number stands out as what the answer hinges on."
    first, *rest = found[:3]
    text = (
        f"The answer hinges most on “{_lower(first.name)}”: in force in "
        f"{words.percent(first.low)} of futures where it "
        f"is lowest and {words.percent(first.high)} where highest"
    )
    if rest:
        others = words.listed([f"“{_lower(h.name)}”" for h in rest])
        text += f"; then on {others}"
    kinds = {h.status for h in found[:3]}
    return text + (", all of them assumptions." if kinds == {"assumed"} and rest else ".")


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:] if text[1:2].islower() else text


def coverage_title(reached: int, counted: int) -> str:
    """How many series the model could have expected."""
    if counted == 0:
        return "No series has three figures or more by the cut"
    if reached == counted:
        return f"All {counted} series with three figures or more lie where the model expected them"
    return (
        f"{reached} of {counted} series with three figures or more lie where the model "
        "expected them"
    )


def claims_title(counts: dict[str, int]) -> str:
    """`7 of 18 claims are supported or leaning; 4 lean against or are contradicted`."""
    total = sum(counts.values())
    holds = counts.get("supported", 0) + counts.get("leaning", 0)
    fails = counts.get("contradicted", 0) + counts.get("leaning against", 0)
    return (
        f"Of {total} claims, the model and the record support or lean to {holds} and "
        f"speak against {fails}; "
        f"{total - holds - fails} stay open or cannot be tested here"
    )
