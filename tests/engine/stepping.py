"""Numbers for theories from outside, and months of a case stepped as they come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import jax.numpy as jnp
import numpy as np

from servanda.case import Case, ParameterTable, Prior
from servanda.engine import Model, Simulator, assemble
from servanda.engine.model import initial_world
from servanda.engine.parameters import pack
from servanda.ensembles import Arrays, Ensemble
from servanda.mechanisms import variants
from tests.builders import tiny_case


def with_numbers(case: Case, numbers: Mapping[str, tuple[str, float]]) -> Case:
    """The case with more tables: by name, the unit and what every member gets, or the one value."""
    tables = dict(case.parameters)
    for label, (unit, value) in numbers.items():
        fixed = Prior("fixed", (value,), value, value, unit, "assumed")
        alone = label in ("weather.storms", "war.slowing", "war.pace")
        priors = {"": fixed} if alone else {}
        tables[label] = ParameterTable(label, "", unit, priors, None if alone else value, label)
    return replace(case, parameters=tables)


def without_theories() -> Case:
    """The tiny case with every slot but the ledger absent."""
    return tiny_case(spec={"mechanisms": dict.fromkeys(variants(), "")})


def months(case: Case, theories: Any = (), *, numbers: Sequence[int] = range(10, 14)) -> Arrays:
    """Some months of a few runs, stepped as they come: (month, member, run) by quantity."""
    return stepped(assemble(case, theories), numbers)


def stepped(model: Model, numbers: Sequence[int], runs: int = 4) -> Arrays:
    """The same of a model that is assembled already."""
    simulator, drawn = Simulator(model), Ensemble.prior(model, runs)
    parameters = pack(model.plan, model.parameters, drawn.parameters, (), runs, float, after=True)
    world = initial_world(model, parameters, (runs,), jnp.float32)
    kept = []
    for number in numbers:
        at = simulator.clock(jnp.asarray(number), 0)
        world, month = simulator.step(
            world, parameters, at, jnp.arange(runs, dtype=jnp.uint32), jnp.uint32(1)
        )
        kept.append(
            {
                name: np.asarray(getattr((world if q.carried else month)[q.slot], name))
                for name, q in model.layout.quantities.items()
            }
        )
    return {name: np.stack([k[name] for k in kept]) for name in kept[0]}
