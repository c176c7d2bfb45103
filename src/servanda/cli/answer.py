"""The summary of a run: the answer, what it rests on, and tables."""

from collections.abc import Sequence

import numpy as np

from servanda.analysis.accounts import Account, accounts, leakage
from servanda.analysis.fate import Fate, fates
from servanda.analysis.frontier import Frontier, frontiers
from servanda.analysis.hindcast import Coverage
from servanda.analysis.hinges import hinges
from servanda.analysis.learned import Learned
from servanda.cli.terminal import Table, out, table, write
from servanda.ensembles import weighted
from servanda.report import findings, learned
from servanda.results import Results

_MILLION = 1e6
# Numbers from this size on are printed whole, with commas.
_LONG = 1000
# Smaller numbers, such as what rounding leaves of none, are printed as zero.
_SHORT = 0.0005
_HEADS = ("median", "90 % interval over runs")


def answer(results: Results, coverages: Sequence[Coverage]) -> None:
    """Print the answer in a sentence, what it rests on, then tables."""
    pacts = list(zip(fates(results), accounts(results), strict=True))
    for fate, _ in pacts:
        name = f"{fate.partnership.label}: " if pacts[1:] else ""
        write(f"{name}{findings.headline(fate)}")
    write(findings.basis(results))
    if results.ensemble.origin == "posterior":
        write(learned.sentence(Learned.of(results, coverages)))
    for fate, _ in pacts:
        parameters = hinges(results, fate.alive.astype(float), "alive")
        rests = findings.reference_class(fate), findings.strongest_parameters(results, parameters)
        write(" ".join(part for part in rests if part))
    out().print(_states(results))
    out().print(_gains(results))
    if results.model.axes.size("route"):
        out().print(_leaks(results))
    for fate, account in pacts:
        out().print(_payment(account))
        found = frontiers(fate, account)
        for frontier in found:
            if frontier.moves:
                out().print(_frontier(frontier))
        if still := findings.unmoved(found):
            write(f"\n{still}")


def _spread(results: Results, values: np.ndarray) -> tuple[str, str]:
    """The median and the 90 % interval over runs."""
    found = weighted.spread(values, results.weights)
    return _number(found.median), f"{_number(found.low)} to {_number(found.high)}"


def _number(value: float) -> str:
    if abs(value) >= _LONG:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) >= _SHORT else "0"


def _states(results: Results) -> Table:
    """The state of each pact at the horizon, and its ways of ending."""
    title = "The pact (probabilities are conditional on the model)"
    rows = table(title, "pact", "state at the horizon", "share of runs")
    for fate in fates(results):
        final = {state: float(shares[-1]) for state, shares in fate.states.items()}
        names = {
            "in use": "in force and in use",
            "dormant": "in force, dormant",
            "over": "over",
        }
        for place, (state, name) in enumerate(names.items()):
            pact = fate.partnership.label if place == 0 else ""
            rows.add_row(pact, name, _share(results, final[state]))
        for way, shares in fate.ways.items():
            rows.add_row("", f"  by {way}", _share(results, float(shares[-1])))
        rows.add_row("", "  half of these endings by", _half(fate))
        rows.add_row("", "in force by base hazard of reference class", f"{fate.by_class_alone:.1%}")
    return rows


def _share(results: Results, share: float) -> str:
    share = min(max(share, 0.0), 1.0)
    return f"{share:.1%} ± {weighted.share_error(share, results.weights):.1%}"


def _half(fate: Fate) -> str:
    return "it ends in no run" if fate.half_ended is None else fate.results.month(fate.half_ended)


def _spans(results: Results) -> tuple[tuple[str, slice], ...]:
    ahead = results.cutoff + 1
    return ("to the cut-off", slice(ahead)), ("after the cut-off", slice(ahead, None))


def _gains(results: Results) -> Table:
    """Each partner's surplus from the bargain, to the evidence cut-off and after it."""
    rows = table("Partners' gains from the exchange, USD m a month", "partner", "span", *_HEADS)
    for account in accounts(results):
        own = account.partnership
        for code in (own.supplier, own.buyer):
            for span, months in _spans(results):
                gain = account.gains(months)[code].mean(axis=0) / _MILLION
                name = f"{own.label}/{code}" if months.start is None else ""
                rows.add_row(name, span, *_spread(results, gain))
    return rows


def _leaks(results: Results) -> Table:
    """The leakage of each route."""
    title = "Leakage: share of sanctioned trade won back"
    rows = table(title, "route", "span", *_HEADS)
    for route in results.model.axes["route"]:
        for span, months in _spans(results):
            leaked = leakage(results, route, months)
            rows.add_row(route if months.start is None else "", span, *_spread(results, leaked))
    return rows


def _payment(account: Account) -> Table:
    """What deliveries cost and earned, and how much of it was paid."""
    results, cutoff = account.results, account.results.cutoff
    title = f"Payment of {account.partnership.label} to the cut-off, USD m"
    rows = table(title, "item", *_HEADS)
    lines = {
        "what deliveries cost the supplier": account.cost,
        "what deliveries earned at the price agreed": account.earned,
        "  paid in sight": account.in_sight,
        "  hidden payment": account.hidden,
        "  arrears": account.arrears,
    }
    for name, values in lines.items():
        rows.add_row(name, *_spread(results, values[cutoff] / _MILLION))
    return rows


def _frontier(frontier: Frontier) -> Table:
    """Share of runs with the pact in force at the horizon, by quarters of two parameters."""
    scale = _MILLION if frontier.unit.startswith("USD") else 1.0
    unit = frontier.unit.replace("USD", "USD m").replace("/", " a ")
    title = f"Share of runs in force at the horizon, by hidden payment and {frontier.name.lower()}"
    heads = [f"{frontier.name.lower()}, {unit}: {text}" for text in _quarters(frontier.up / scale)]
    rows = table(title, "hidden payment, USD m", *heads)
    hidden = _quarters(frontier.across / _MILLION)
    for text, shares, errors in zip(hidden, frontier.alive.T, frontier.error.T, strict=True):
        cells = (
            "too few" if np.isnan(share) else f"{share:.0%} ± {error:.0%}"
            for share, error in zip(shares, errors, strict=True)
        )
        rows.add_row(text, *cells)
    return rows


def _quarters(edges: np.ndarray) -> list[str]:
    inner = [_number(edge) for edge in edges[1:-1]]
    return [f"up to {inner[0]}", *(f"to {edge}" for edge in inner[1:]), f"over {inner[-1]}"]
