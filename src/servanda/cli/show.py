"""Tables for a terminal: the plan of a month, results, claims, and the hindcast."""

from collections.abc import Mapping, Sequence

import numpy as np
from rich.console import Console
from rich.table import Table

from servanda.case import Case
from servanda.claims import Verdict
from servanda.engine import Model, assemble
from servanda.experiments import hindcast as covered
from servanda.experiments import prepare
from servanda.experiments.hindcast import FEW, WANTED, summary
from servanda.experiments.metrics import check_metrics
from servanda.experiments.observe import bearing, known_by_series
from servanda.experiments.run import check_request, simulate
from servanda.world.axes import ENDINGS

_console = Console(highlight=False)


def plan(case: Case) -> None:
    """Mechanisms in order, with what each reads and writes, and the evidence on each parameter."""
    model = assemble(case)
    check_metrics(model)
    spec = case.spec
    _console.print(f"{spec.title}: {spec.start} to {spec.horizon}, known to {spec.as_of}\n")
    table = Table("mechanism", "variant", "reads", "writes", title="The month's plan", title_justify="left")
    for process in model.plan:
        table.add_row(
            process.slot, process.variant, ", ".join(sorted(process.reads)), ", ".join(sorted(process.writes))
        )
    _console.print(table)
    _evidence(model)


def _evidence(model: Model) -> None:
    """How many observations bear on each uncertain parameter."""
    bears = bearing(model)
    table = Table("parameter", "uncertain", "observations", title="\nEvidence", title_justify="left")
    counts: dict[str, int] = {}
    for number in model.numbers.values():
        if number.listed and number.prior.family != "fixed":
            counts[f"{number.slot}.{number.field}"] = counts.get(f"{number.slot}.{number.field}", 0) + 1
    for name, count in counts.items():
        table.add_row(name, str(count), str(bears[name.partition(".")[0]]))
    _console.print(table)
    known = known_by_series(model.case)
    held_back = len(model.case.evidence.observations) - len(model.case.known.observations)
    _console.print(
        f"{sum(len(rows) for rows in known.values())} observations in {sum(1 for r in known.values() if r)} series "
        f"are known by the cut; {held_back} rows of evidence lie after it and are not read by a run."
    )


def results(model: Model, metrics: Mapping[str, np.ndarray], arrays: Mapping[str, np.ndarray]) -> None:
    """The short answer: the state of each pact, how it ends, and every metric."""
    table = Table("pact", "state at the horizon", "share of runs", title="Model-conditional probabilities", title_justify="left")
    for row, pact in enumerate(model.axes["partnership"]):
        alive, dormant = arrays["alive"][-1, row] > 0.5, arrays["dormant"][-1, row] > 0.5
        table.add_row(pact, "in force and used", _share(alive & ~dormant))
        table.add_row("", "in force, dormant", _share(alive & dormant))
        table.add_row("", "over", _share(~alive))
        ending = np.round(arrays["ending"][-1, row])
        for way, name in enumerate(ENDINGS, start=1):
            table.add_row("", f"  by {name}", _share(ending == way))
        table.add_row("", "  half of the endings come by", _median_ending(model, arrays["alive"][:, row]))
    _console.print(table)
    values = Table("metric", "median", "90 % of runs", "unit", title="\nMetrics", title_justify="left")
    for metric in model.case.spec.metrics:
        low, middle, high = np.quantile(metrics[metric.name], [0.05, 0.5, 0.95])
        values.add_row(metric.label, f"{middle:,.3g}", f"{low:,.3g} to {high:,.3g}", metric.unit)
    _console.print(values)


def _share(runs: np.ndarray) -> str:
    p = float(runs.mean())
    return f"{p:.1%} ± {np.sqrt(p * (1 - p) / len(runs)):.1%}"


def _median_ending(model: Model, alive: np.ndarray) -> str:
    from servanda.case.schema import month_name, month_number

    ended = alive[:, alive[-1] < 0.5]
    if ended.shape[1] == 0:
        return "no run ends"
    month = int(np.median((ended > 0.5).sum(axis=0)))
    return month_name(month_number(model.case.spec.start) + month)


def claims(verdicts: Sequence[Verdict]) -> None:
    """The ledger of claims."""
    table = Table("claim", "verdict", "probability", "effect (90 % of runs)", "facts", "what flips it", show_lines=True)
    for v in verdicts:
        if v.probability is None:
            table.add_row(v.claim.text, v.word, "", getattr(v.claim.test, "reason", ""), _facts(v), "")
            continue
        effect = f"{v.effect:.3g} ± {v.effect_error:.2g} ({v.effect_low:.3g} to {v.effect_high:.3g}) {v.unit}"
        flips = "; ".join(f"{f.name} {f.condition}: {f.word}" for f in v.flips)
        table.add_row(v.claim.text, v.word, f"{v.probability:.2f} ± {v.error:.2f}", effect, _facts(v), flips)
    _console.print(table)
    _console.print("Probabilities are conditional on the model. ± is the Monte Carlo error.")


def _facts(verdict: Verdict) -> str:
    for_, against = (", ".join(o.id for o in rows) for rows in (verdict.supports, verdict.opposes))
    return f"for: {for_ or 'none'}\nagainst: {against or 'none'}"


def hindcast(case: Case, runs: int, seed: int) -> None:
    """Coverage of the record, series by series."""
    check_request(runs, seed)
    simulator = prepare(case)
    coverages = covered(simulator.model, simulate(simulator, runs, seed), seed)
    table = Table("series", "points", "inside 90 %", "reason if below", title="\nHindcast", title_justify="left")
    for c in sorted(coverages, key=lambda c: (not c.counted, c.series.name)):
        few = "" if c.counted else f" (under {FEW} points, not counted)"
        table.add_row(c.series.name, str(len(c.points)), f"{c.share:.0%}{few}", c.reason)
    _console.print(table)
    reached, counted = summary(coverages)
    share = f" ({reached / counted:.0%})" if counted else ""
    _console.print(f"{reached} of {counted} series{share} with {FEW} or more points reach {WANTED:.0%}.")
