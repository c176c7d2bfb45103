"""The four core mechanisms for the engine, with the same parameters and draws as plain arrays.

Arsenal, attrition, exchange and commitment, with the war's tempo and the ledger that they need. The
other slots are absent: no signals, no evasion, no loss of income.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from servanda.case import Case
from servanda.case.schema import month_number
from servanda.engine import Model, Simulator, assemble
from servanda.engine.streams import Streams, stream_names
from servanda.ensembles import Ensemble

SLOTS = ("war", "arsenal", "exchange", "attrition", "commitment")
COMPARED = (
    "stock",
    "made",
    "arrears",
    "men",
    "alive",
    "dormant",
    "ending",
    "tempo",
    "used",
    "arrived",
    "dispatched",
    "lent",
    "lent_lost",
    "losses",
    "recruits",
    "gain",
    "slack",
    "hazard",
)
SEED = 1


def core_model(case: Case) -> Model:
    """The engine's model of a case with theories for the core only, and without levers."""
    core = {slot: variant for slot, variant in case.spec.mechanisms.items() if slot in SLOTS}
    spec = case.spec.model_copy(update={"mechanisms": core, "levers": ()})
    return assemble(replace(case, spec=spec))


def recorded(case: Case) -> Case:
    """A case with those series of its record that observe what the core computes."""
    evidence = case.evidence
    kept = [s for s in evidence.series if {n.partition("[")[0] for n in s.observes} <= {*COMPARED}]
    return replace(case, evidence=replace(evidence, series=tuple(kept)))


def core_simulator(case: Case, dtype: Any = jnp.float32) -> Simulator:
    """A simulator of the core that keeps the compared quantities, for every tie."""
    simulator = Simulator(core_model(case), dtype=dtype)
    axes = simulator.model.axes
    members = {**dict.fromkeys(("dispatched", "lent", "lent_lost"), "tie"), "tempo": ""}
    simulator.record = {
        name: tuple(range(axes.size(members.get(name, "")))) if name in members else rows
        for name, rows in simulator.record.items()
        if name in COMPARED
    }
    return simulator


@dataclass(frozen=True)
class Inputs:
    """Inputs of the independent models.

    Attributes:
        values: by label of a parameter, one number for each run.
        draws: by name of a stream, an array (month, run).
        opens: by label of a tie, its recorded month of opening; None if it was not known.
        signed: by label of a partnership, the month of signing, or the cut-off if not known.
        months: number of months.
        cutoff: number of the last month of the record.
    """

    values: Mapping[str, np.ndarray]
    draws: Mapping[str, np.ndarray]
    opens: Mapping[str, int | None]
    signed: Mapping[str, int]
    months: int
    cutoff: int


def drawn(model: Model, runs: int, seed: int = SEED) -> Ensemble:
    """The engine's own parameter draws, in single precision."""
    return Ensemble.prior(model, runs, seed)


def inputs(model: Model, ensemble: Ensemble) -> Inputs:
    """Parameters and random numbers of an ensemble's runs."""
    spec = model.case.spec
    months = month_number(spec.horizon) - month_number(spec.start) + 1
    draws = _draws(model, len(ensemble), months, ensemble.seed)
    return given(model, ensemble.parameters, draws, len(ensemble))


def given(
    model: Model, values: Mapping[str, np.ndarray], draws: Mapping[str, np.ndarray], runs: int
) -> Inputs:
    """The same of any runs, in as many months as there are draws of.

    Args:
        model: the core's model.
        values: by label of an uncertain parameter, one number for each run.
        draws: by name of a stream, an array (month, run). Months up to the cut-off need only the
            shocks of the war.
        runs: number of runs.
    """
    spec = model.case.spec
    start, cutoff = month_number(spec.start), month_number(spec.as_of)
    fixed = {k: np.full(runs, n.prior.numbers[0] * n.factor) for k, n in model.parameters.items()}
    known = {o.id for o in model.case.known.observations}
    opens = {
        tie.label: 0
        if tie.opens is None
        else month_number(tie.opens) - start
        if tie.source in known and month_number(tie.opens) <= cutoff
        else None
        for tie in spec.ties
    }
    signed = {
        q.label: (month_number(q.signed) if q.source in known else cutoff) - start
        for q in spec.partnerships
    }
    months = len(next(iter(draws.values())))
    return Inputs(fixed | dict(values), draws, opens, signed, months, cutoff - start)


def _draws(model: Model, runs: int, months: int, seed: int) -> dict[str, np.ndarray]:
    streams = Streams(model.axes, model.plan)
    numbers = jnp.arange(runs, dtype=jnp.uint32)
    at = jax.jit(lambda month: streams.at(jnp.uint32(seed), numbers, month))
    found = jax.tree.map(lambda *rows: np.stack(rows), *map(at, jnp.arange(months)))
    out: dict[str, np.ndarray] = {}
    for slot, draw, names in stream_names(model.axes, model.plan):
        values = np.asarray(found[slot][draw.name]).reshape(months, len(names), runs)
        out |= {name: values[:, row] for row, name in enumerate(names)}
    return out
