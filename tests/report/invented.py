"""Arrays made by hand, so that every sentence of a briefing has an answer known beforehand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from servanda.case.schema import month_number
from servanda.engine import Model
from servanda.ensembles import AS_IS, Ensemble
from servanda.results import Results


def invented(model: Model, runs: int, **note: Any) -> Results:
    """Results with these arrays, of an ensemble with these numbers."""
    drawn = Ensemble.prior(model, runs)
    numbers = {**drawn.parameters, **invented_numbers(model, runs)}
    ensemble = replace(drawn, parameters=numbers)
    return Results(model, ensemble, AS_IS, invented_arrays(model, runs), note)


def invented_arrays(model: Model, runs: int) -> dict[str, np.ndarray]:
    """Every kept quantity at a gentle slope; half of the pacts renegotiated half-way ahead."""
    spec = model.case.spec
    months = month_number(spec.horizon) - month_number(spec.start) + 1
    cutoff = month_number(spec.as_of) - month_number(spec.start)
    spread = np.linspace(0.5, 1.5, runs, dtype=np.float32)
    slope = np.linspace(1.0, 2.0, months, dtype=np.float32)[:, None, None]
    arrays = {}
    for name, members in model.layout.kept.items():
        values = slope * np.ones((1, max(len(members), 1), 1), np.float32) * spread
        arrays[name] = values if model.layout.quantities[name].axis else values[:, 0]
    alive = np.ones((months, 1, runs), np.float32)
    half = cutoff + (months - cutoff) // 2
    alive[half:, :, : runs // 2] = 0
    arrays["alive"] = alive
    arrays["ending"] = np.where(alive > 0, 0.0, 2.0).astype(np.float32)
    dormant = np.zeros_like(alive)
    dormant[-3:, :, -(runs // 10) :] = 1
    arrays["dormant"] = dormant
    for name in ("influence_recorded", "influence_valued", "leakage"):
        arrays[name] = np.full_like(arrays[name], 0.25)
    for name in ("obligation", "paid", "paid_in_sight"):
        share = {"obligation": 1.0, "paid": 0.5, "paid_in_sight": 0.1}[name]
        arrays[name] = np.full_like(arrays[name], 100 * share) * spread
    arrays["arrears"] = np.cumsum(arrays["obligation"] - arrays["paid"], axis=0)
    arrays["arrived"] = arrays["arrived"] * np.float32(1e5)
    return arrays


def invented_numbers(model: Model, runs: int) -> dict[str, np.ndarray]:
    """One parameter that decides the outcome, others that do not, and the reference class."""
    generator = np.random.default_rng(3)
    names = list(model.parameters)
    decisive = next(n for n in names if n.startswith("commitment.security["))
    idle = next(n for n in names if n.startswith("arsenal.demand["))
    numbers = {
        decisive: np.linspace(1.0, 2.0, runs),
        idle: generator.permutation(np.linspace(1.0, 2.0, runs)),
        "exchange.credit_horizon[BUY-SUP]": generator.uniform(1, 30, runs),
        "commitment.class_draw": np.arange(runs) % 2 * 0.5 + 0.1,
    }
    return {name: values.astype(np.float32) for name, values in numbers.items()}
