"""The short answer of a run: how the pact fares and ends, who gained, what leaked and is hidden."""

from collections.abc import Mapping

import numpy as np
from rich.table import Table

from servanda.case.schema import Partnership, month_name, month_number
from servanda.cli.terminal import out, table
from servanda.engine import Model
from servanda.world.axes import ENDINGS

Arrays = Mapping[str, np.ndarray]

_YES = 0.5
_MILLION = 1e6
# Numbers with as many digits are printed whole, with commas.
_LONG = 1000
# Fewer runs than this say nothing about a share.
_FEWEST = 20
_THIRDS = 3


def answer(model: Model, arrays: Arrays, drawn: Mapping[str, np.ndarray]) -> None:
    """Print what came out.

    Args:
        model: what was run.
        arrays: its results.
        drawn: parameter draws by printed name, one a run.
    """
    out().print(_states(model, arrays))
    out().print(_gains(model, arrays))
    if model.axes.size("route"):
        out().print(_leaks(model, arrays))
    for row, pact in enumerate(model.case.spec.partnerships):
        _payment(model, arrays, drawn, pact, row)


def _spread(values: np.ndarray) -> tuple[str, str]:
    """The median, and the interval that holds 90 % of runs."""
    low, middle, high = np.quantile(values, [0.05, 0.5, 0.95])
    return _number(middle), f"{_number(low)} to {_number(high)}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= _LONG else f"{value:.3g}"


def _states(model: Model, arrays: Arrays) -> Table:
    """Each pact's state at the horizon, the ways of ending and when."""
    title = "The pact (probabilities are conditional on the model)"
    rows = table(title, "pact", "state at the horizon", "share of runs")
    for row, pact in enumerate(model.axes["partnership"]):
        alive, dormant = arrays["alive"][:, row] > _YES, arrays["dormant"][-1, row] > _YES
        ending = np.round(arrays["ending"][-1, row])
        rows.add_row(pact, "in force and used", _share(alive[-1] & ~dormant))
        rows.add_row("", "in force, dormant", _share(alive[-1] & dormant))
        rows.add_row("", "over", _share(~alive[-1]))
        for way, name in enumerate(ENDINGS, start=1):
            rows.add_row("", f"  by {name}", _share(ending == way))
        rows.add_row("", "  half of the endings by", _median_ending(model, alive))
        rows.add_row("", "in force by its reference class alone", _by_class(model, arrays, row))
    return rows


def _share(runs: np.ndarray) -> str:
    p = float(runs.mean())
    return f"{p:.1%} ± {np.sqrt(p * (1 - p) / len(runs)):.1%}"


def _by_class(model: Model, arrays: Arrays, row: int) -> str:
    """What past alliances of the runs' classes would say, had the partners nothing to weigh."""
    spec = model.case.spec
    ahead = month_number(spec.as_of) - month_number(spec.start) + 1
    hazard = arrays["base_hazard"][ahead:, row].sum(axis=0, dtype=float)
    return f"{np.exp(-hazard).mean():.1%}"


def _median_ending(model: Model, alive: np.ndarray) -> str:
    ended = alive[:, ~alive[-1]]
    if ended.shape[1] == 0:
        return "no run ends"
    return month_name(month_number(model.case.spec.start) + int(np.median(ended.sum(axis=0))))


def _cut(model: Model) -> int:
    """How many months the record covers."""
    spec = model.case.spec
    return month_number(spec.as_of) - month_number(spec.start) + 1


def _gains(model: Model, arrays: Arrays) -> Table:
    """Each partner's surplus from the bargain before and after the cut."""
    cut = _cut(model)
    rows = table("Who gained, USD m a month", "partner", "span", "median", "90 % of runs")
    for row, partner in enumerate(model.axes["partner"]):
        for span, months in (("to the cut", slice(cut)), ("after the cut", slice(cut, None))):
            gain = arrays["gain"][months, row].mean(axis=0) / _MILLION
            rows.add_row(partner if months.start is None else "", span, *_spread(gain))
    return rows


def _leaks(model: Model, arrays: Arrays) -> Table:
    """What part of the trade that sanctions took came back."""
    cut = _cut(model)
    title = "What leaked, share of sanctioned trade"
    rows = table(title, "route", "span", "median", "90 % of runs")
    for row, route in enumerate(model.axes["route"]):
        for span, months in (("to the cut", slice(cut)), ("after the cut", slice(cut, None))):
            leaked = arrays["leakage"][months, row].mean(axis=0)
            rows.add_row(route if months.start is None else "", span, *_spread(leaked))
    return rows


def _payment(
    model: Model,
    arrays: Arrays,
    drawn: Mapping[str, np.ndarray],
    pact: Partnership,
    row: int,
) -> None:
    """What became of the price of deliveries, and how lasting varies with what is hidden of it."""
    cut = _cut(model)
    owed, paid, seen = (
        arrays[name][:cut, row].sum(axis=0, dtype=float) / _MILLION
        for name in ("obligation", "paid", "paid_in_sight")
    )
    hidden = paid - seen
    title = f"Hidden payment of {pact.label} to the cut, USD m"
    rows = table(title, "what", "median", "90 % of runs")
    rows.add_row("what deliveries cost", *_spread(owed))
    rows.add_row("  paid in sight", *_spread(seen))
    rows.add_row("  paid out of sight", *_spread(hidden))
    rows.add_row("  still owed", *_spread(arrays["arrears"][cut - 1, row] / _MILLION))
    out().print(rows)
    alive = arrays["alive"][-1, row] > _YES
    for name, values in _others(drawn, pact):
        if len(np.unique(hidden)) >= _THIRDS and len(np.unique(values)) >= _THIRDS:
            out().print(_frontier(name, hidden, values, alive))


def _others(drawn: Mapping[str, np.ndarray], pact: Partnership) -> list[tuple[str, np.ndarray]]:
    """What hidden payment is held against: the supplier's patience, and the worth of security."""
    found = []
    credit = f"exchange.credit_horizon[{pact.label}]"
    if credit in drawn:
        found.append(("credit horizon, months", drawn[credit]))
    names = [f"commitment.security[{pact.label}/{a}]" for a in (pact.supplier, pact.buyer)]
    worth = [drawn[name].astype(float) / _MILLION for name in names if name in drawn]
    if worth:
        found.append(("worth of security, USD m a month", np.sum(worth, axis=0)))
    return found


def _frontier(name: str, hidden: np.ndarray, other: np.ndarray, alive: np.ndarray) -> Table:
    """Share of runs with the pact in force at the horizon, by thirds of both."""
    columns = [f"{name}: {text}" for text, _ in _thirds(other)]
    title = "In force at the horizon, by hidden payment and the " + name.partition(",")[0]
    rows = table(title, "hidden payment, USD m", *columns)
    for text, among in _thirds(hidden):
        cells = [among & also for _, also in _thirds(other)]
        rows.add_row(text, *(_share(alive[c]) if c.sum() >= _FEWEST else "too few" for c in cells))
    return rows


def _thirds(values: np.ndarray) -> list[tuple[str, np.ndarray]]:
    """The lowest, middle and highest third, in words and as marks."""
    low, high = np.quantile(values, [1 / 3, 2 / 3])
    return [
        (f"up to {_number(low)}", values <= low),
        (f"to {_number(high)}", (values > low) & (values <= high)),
        ("more", values > high),
    ]
