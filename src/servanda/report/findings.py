"""The answer in five statements, computed from the runs."""

from collections.abc import Sequence
from dataclasses import dataclass

from servanda.analysis.accounts import Account, leaked_last_year
from servanda.analysis.fate import Fate
from servanda.analysis.frontier import Frontier
from servanda.analysis.hindcast import WANTED
from servanda.analysis.hinges import Hinge
from servanda.ensembles import Ensemble
from servanda.ensembles.weighted import spread
from servanda.report import words
from servanda.report.origin import predictive, sentence
from servanda.results import Results


@dataclass(frozen=True)
class Answer:
    """The result for one pact.

    Attributes:
        label: the partnership's label.
        name: the partners' names.
        sentences: up to five statements; a statement without data is left out.
        shares: shares of runs in use, dormant and over at the horizon, as numbers and in words.
    """

    label: str
    name: str
    sentences: tuple[str, ...]
    shares: dict[str, tuple[float, str]]


def answer(fate: Fate, account: Account, found: list[Hinge]) -> Answer:
    """The answer for one pact."""
    results, partnership = fate.results, fate.partnership
    spec = results.model.case.spec
    parts = (
        survival(fate),
        reference_class(fate),
        gains(account),
        payment(account),
        strongest_parameters(results, found),
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


def headline(fate: Fate) -> str:
    """The state of the pact at the horizon."""
    used, quiet, _ = _final(fate)
    return (
        f"In {words.month(fate.results.model.case.spec.horizon)} the pact is in force in "
        f"{used + quiet}{words.THIN}% of {fate.results.count:,} runs: in use in "
        f"{used}{words.THIN}% and dormant in {quiet}{words.THIN}%."
    )


def _final(fate: Fate) -> list[int]:
    """Percent of runs in use, dormant and over at the horizon."""
    return words.rounded([float(fate.states[s][-1]) for s in ("in use", "dormant", "over")])


def survival(fate: Fate) -> str:
    """The state of the pact at the horizon, and when and how it ends."""
    return f"{headline(fate)} {ending(fate)}"


def ending(fate: Fate) -> str:
    """When and how the pact ends."""
    runs = fate.results
    if fate.states["over"][-1] == 0:
        return "It ends in no run."
    way, share = fate.commonest_way
    half = fate.half_ended
    when = (
        f" Half of these endings come by {words.month(runs.month(half))}."
        if half is not None
        else ""
    )
    return (
        f"It is over in {_final(fate)[2]}{words.THIN}%.{when} The most frequent way of ending is "
        f"{way} ({words.percent(share)} of runs)."
    )


def statuses(results: Results) -> dict[str, int]:
    """The number of the case's listed parameters that are measured, estimated and assumed."""
    listed = [n.prior.status for n in results.model.parameters.values() if n.listed]
    return {status: listed.count(status) for status in ("measured", "estimated", "assumed")}


def basis(results: Results) -> str:
    """What every share of runs rests on."""
    counted = [f"{n} {'is' if n == 1 else 'are'} {s}" for s, n in statuses(results).items()]
    return (
        "Shares of runs are conditional on the model, and are no forecast. "
        f"{sentence(results.ensemble)} Of the parameters that "
        f"the case lists, {words.listed(counted)}. No run reads what became known after "
        f"{words.month(results.model.case.spec.as_of)}."
    )


def reference_class(fate: Fate) -> str:
    """How the result differs between reference classes, and the share by base hazard alone."""
    if not fate.classes:
        return ""
    alone = words.percent(fate.by_class_alone)
    record = f"The base hazard of the reference classes alone gives a probability of {alone}"
    (least, low), (most, high) = fate.class_span
    if not fate.classes_differ:
        ends = list(dict.fromkeys((words.percent(low), words.percent(high))))
        said = (
            "The result does not depend, beyond chance, on the reference class of past alliances: "
            f"the pact is in force in {' to '.join(ends)} of runs in each class"
        )
    else:
        said = (
            "The result depends on the reference class of past alliances: the pact is in force in "
            f"{words.percent(high)} of runs in the class “{words.plain(most)}” and in "
            f"{words.percent(low)} of runs in the class “{words.plain(least)}”. One pact that "
            "has not ended does not show which class it belongs to"
        )
    return f"{said}. {record}."


def gains(account: Account) -> str:
    """Each partner's gain from the orders up to the evidence cut-off, and who gained more."""
    spec, own, found = account.results.model.case.spec, account.partnership, account.gained()
    if found is None:
        return ""
    said = [
        f"{words.actor(spec, code)} gained {words.quantity(spread.median, 'USD')} "
        f"({words.interval(spread.low, spread.high)})"
        for code, spread in found.by_partner.items()
    ]
    month, supplier = words.month(spec.as_of), words.actor(spec, own.supplier)
    return (
        f"The payments made by {month} exceed the cost of deliveries to {supplier} in "
        f"{words.percent(account.covered)} of runs. If all orders are delivered and paid for, and "
        "goods count at each partner's own value, both partners gain from the orders up to then "
        f"in {words.percent(found.both)} of runs, because the model's partners agree only on "
        f"orders from which both gain. {words.listed(said)}. "
        f"{words.actor(spec, found.ahead)} gained more in {words.percent(found.share)} of runs."
    )


def payment(account: Account) -> str:
    """How deliveries were paid for, and the share of sanctioned trade that was won back."""
    runs = account.results
    shares, month = account.shares_at_cutoff(), words.month(runs.model.case.spec.as_of)
    parts = []
    if shares:
        earned = spread(account.earned[runs.cutoff], runs.weights).median
        parts.append(
            f"By {month} deliveries had earned {words.quantity(earned, 'USD')} at the price "
            f"agreed. Of this, {words.percent(shares['in sight'])} was paid in goods that "
            f"observers can count, {words.percent(shares['hidden'])} was hidden payment, and "
            f"{words.percent(shares['arrears'])} was not yet paid (medians over runs)."
        )
    else:
        parts.append(f"By {month} deliveries had earned nothing.")
    leaks = [
        f"{words.percent(leak)} of the sanctioned trade of "
        f"{words.actor(runs.model.case.spec, target)}"
        for target, leak in leaked_last_year(runs).items()
    ]
    if leaks:
        parts.append(f"In the last year to {month}, evasion won back {words.listed(leaks)}.")
    return " ".join(parts)


def unmoved(found: Sequence[Frontier]) -> str:
    """The parameters with which, beside hidden payment, the result does not move; or nothing."""
    names = [frontier.name.lower() for frontier in found if not frontier.moves]
    if not names:
        return ""
    return (
        "Neither by quarters of hidden payment nor of "
        f"{words.listed(names, 'or')} does the share of runs in force differ, beyond chance, from "
        "that of all runs."
    )


def strongest_parameters(runs: Results, found: list[Hinge]) -> str:
    """The three parameters that the result hinges on most."""
    if not found:
        return "No parameter stands out: none moves the result beyond chance."
    names = [_lower(words.parameter(runs.model, hinge.label)) for hinge in found[:3]]
    first = found[0]
    text = (
        f"The result hinges most on the parameter “{names[0]}”: the pact is in force in "
        f"{words.percent(first.low)} of runs in its lowest third and in "
        f"{words.percent(first.high)} in its highest third (a difference of "
        f"{words.points(first.effect, first.error)})."
    )
    if names[1:]:
        others = words.listed([f"“{name}”" for name in names[1:]])
        text += f" Next come {others}."
    if names[1:] and {h.status for h in found[:3]} == {"assumed"}:
        text += " All of these parameters are assumed, not measured or estimated."
    return text


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:] if text[1:2].islower() else text


def coverage_title(ensemble: Ensemble, reached: int, counted: int) -> str:
    """The number of series that reach the wanted predictive coverage, in a sentence."""
    wanted, coverage = words.percent(WANTED), f"{predictive(ensemble)} coverage"
    if counted == 0:
        return "No series has three or more figures known at the cut-off"
    if reached == counted:
        return f"All {counted} series with three or more figures reach a {coverage} of {wanted}"
    return (
        f"{reached} of {counted} series with three or more figures reach a {coverage} of {wanted}"
    )


def claims_title(counts: dict[str, int]) -> str:
    """The number of claims on each side, in a sentence."""
    total = sum(counts.values())
    holds = counts.get("supported", 0) + counts.get("leaning", 0)
    fails = counts.get("contradicted", 0) + counts.get("leaning against", 0)
    return (
        f"Of {total} claims, {holds} are supported or leaning, {fails} are leaning against or "
        f"contradicted, and {total - holds - fails} are open or untestable here"
    )
