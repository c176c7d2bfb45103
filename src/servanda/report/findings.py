"""The answer in five sentences, computed from the runs."""

from dataclasses import dataclass

from servanda.analysis.accounts import Account, leaked_last_year
from servanda.analysis.fate import Fate
from servanda.analysis.hinges import Hinge, clear
from servanda.ensembles.weighted import spread
from servanda.report import words
from servanda.results import Results

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


def answer(fate: Fate, account: Account, found: list[Hinge]) -> Answer:
    """The answer on one pact."""
    results, partnership = fate.results, fate.partnership
    spec = results.model.case.spec
    parts = (
        lasting(fate),
        resembling(fate),
        gaining(account),
        leaking(account),
        hinging(results, clear(results, found)),
    )
    return Answer(
        partnership.label,
        f"{words.actor(spec, partnership.buyer)} and {words.actor(spec, partnership.supplier)}",
        tuple(p for p in parts if p),
        _said(fate),
    )


def _said(fate: Fate) -> dict[str, tuple[float, str]]:
    final = {state: float(v[-1]) for state, v in fate.states.items()}
    return dict(
        zip(
            final,
            zip(final.values(), words.percents(list(final.values())), strict=True),
            strict=True,
        )
    )


def lasting(fate: Fate) -> str:
    """Whether the pact is in use, dormant or over at the horizon, when it ends and how."""
    runs, spec = fate.results, fate.results.model.case.spec
    shares = [float(fate.states[s][-1]) for s in ("in use", "dormant", "over")]
    used, quiet, gone = words.rounded(shares)
    text = (
        f"In the model, the pact is still in force in {words.month(spec.horizon)} in "
        f"{used + quiet}{words.THIN}% of "
        f"{runs.count:,} futures: in use in {used}{words.THIN}% and dormant in {quiet}{words.THIN}%"
    )
    over = shares[2]
    if over == 0:
        return f"{text}; it ends in none."
    way, share = fate.commonest_way
    half = fate.half_ended
    when = f", half of those endings by {words.month(runs.month(half))}" if half is not None else ""
    return (
        f"{text}; in {gone}{words.THIN}% it is over{when}, most often by {way} "
        f"({words.percent(share)})."
    )


def resembling(fate: Fate) -> str:
    """How much rests on the reference class, and what such alliances alone would say."""
    if not fate.classes:
        return ""
    alone = words.percent(fate.by_class_alone)
    record = f"such alliances alone would have it in force in {alone}"
    (least, low), (most, high) = fate.class_span
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


def gaining(account: Account) -> str:
    """Who gained from the exchange to the cut, and who more."""
    spec, own, gains = account.results.model.case.spec, account.partnership, account.gained()
    if gains is None:
        return ""
    said = [
        f"{words.actor(spec, code)} by {words.quantity(spread.median, 'USD')} "
        f"({words.interval(spread.low, spread.high)})"
        for code, spread in gains.by_partner.items()
    ]
    opening = "Both gained" if gains.both >= _NEARLY_ALL else "Gains are uneven"
    supplier, covered = words.actor(spec, own.supplier), words.percent(account.covered)
    return (
        f"{opening} by {words.month(spec.as_of)}, as each values it and with debts counted as pay: "
        f"{words.listed(said)}; {words.actor(spec, gains.ahead)} more in "
        f"{words.percent(gains.share)} of futures. What was paid by then covers what deliveries "
        f"cost {supplier} in {covered} of futures."
    )


def leaking(account: Account) -> str:
    """How deliveries were paid for, and what sanctions lost through other ways."""
    runs = account.results
    shares, month = account.shares_at_cut(), words.month(runs.model.case.spec.as_of)
    parts = []
    if shares:
        earned = spread(account.earned[runs.cutoff], runs.weights).median
        parts.append(
            f"Of the {words.quantity(earned, 'USD')} that deliveries had earned by {month}, "
            f"{words.percent(shares['in sight'])} was paid in goods that observers can count, "
            f"{words.percent(shares['hidden'])} out of sight, and "
            f"{words.percent(shares['arrears'])} was still owed"
        )
    leaks = [
        f"{words.percent(leak)} of the trade that sanctions took from "
        f"{words.actor(runs.model.case.spec, target)}"
        for target, leak in leaked_last_year(runs).items()
    ]
    if leaks:
        parts.append(
            f"{'going round' if parts else 'Going round'} sanctions won back {words.listed(leaks)}"
        )
    return "; ".join(parts) + "." if parts else ""


def hinging(runs: Results, found: list[Hinge]) -> str:
    """The three numbers that the answer hinges on most."""
    if not found:
        return "No single number stands out as what the answer hinges on."
    names = [_lower(words.parameter(runs.model.case, hinge.label)) for hinge in found[:3]]
    first = found[0]
    text = (
        f"The answer hinges most on “{names[0]}”: in force in "
        f"{words.percent(first.low)} of futures where it "
        f"is lowest and {words.percent(first.high)} where highest"
    )
    if names[1:]:
        others = words.listed([f"“{name}”" for name in names[1:]])
        text += f"; then on {others}"
    kinds = {h.status for h in found[:3]}
    return text + (", all of them assumptions." if kinds == {"assumed"} and names[1:] else ".")


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
