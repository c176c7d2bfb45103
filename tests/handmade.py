"""Hand-made results and evidence of the tiny case: 24 months from 2020-01, cut-off 2020-12."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

import numpy as np

from servanda.case import Case, Evidence, Observation, ParameterTable, Prior, Series, Source
from servanda.engine import Model, assemble
from servanda.ensembles import AS_IS, Ensemble
from servanda.results import Results
from tests.builders import tiny_case
from tests.cases import blank

EXACT = 1e-12
BIAS = "observation.bias"


def observation(number: int, value: float, end: str, start: str | None = None, **more: Any) -> Any:
    """A figure of series `s`, from source class `press` and known as its period ends."""
    day = date.fromisoformat(end)
    given = {
        "id": f"E{number}",
        "series": "s",
        "ref_start": None if start is None else date.fromisoformat(start),
        "ref_end": day,
        "known_on": day,
        "value": value,
        "low": None,
        "high": None,
        "unit": "round",
        "confidence": "B",
        "source": "press",
        "claim": "",
    }
    return Observation(**(given | more))


def rule(source_class: str = "press", **more: Any) -> dict[str, Any]:
    given = {"counts": "", "bound": "estimate", "bias": "reference", "error": EXACT}
    return {"source_class": source_class} | given | more


def counted(counting: str, observes: str, unit: str = "round", *rules: dict[str, Any]) -> Series:
    return Series(
        name="s",
        label="S",
        unit=unit,
        counting=counting,  # type: ignore[arg-type]
        observes=(observes,),
        rule=rules or (rule(),),  # type: ignore[call-arg]
    )


def with_evidence(
    series: Series,
    rows: Sequence[Observation] = (),
    biases: Mapping[str, float | Prior] | None = None,
    case: Case | None = None,
) -> Model:
    """The tiny case with one series, figures, and biases that are fixed or have a prior."""
    case = tiny_case() if case is None else case
    sources = tuple(Source(c, c, c, "", c) for c in ("press", "ministry"))
    priors = {
        name: b if isinstance(b, Prior) else Prior("fixed", (b,), b, b, "dimensionless", "assumed")
        for name, b in (biases or {}).items()
    }
    tables = dict(case.parameters)
    if priors:
        tables[BIAS] = ParameterTable(BIAS, "", "dimensionless", priors, None, BIAS)
    evidence = Evidence(tuple(rows), (series,), sources)
    return assemble(replace(case, evidence=evidence, parameters=tables))


@cache
def tiny() -> Model:
    return assemble(tiny_case())


def uncertain_case(*names: str) -> Case:
    """The tiny case, with these numbers, by printed name, uniform from .001 to .999."""
    tables = dict(tiny().case.parameters)
    for name in names:
        parameter, _, member = name.removesuffix("]").partition("[")
        unit = tiny().parameters[name].unit
        prior = Prior("uniform", (0.001, 0.999), 0.001, 0.999, unit, "assumed")
        table = tables[parameter]
        tables[parameter] = replace(table, priors={**table.priors, member: prior})
    return replace(tiny().case, parameters=tables)


def arrays(model: Model, runs: int = 1, **values: Any) -> dict[str, np.ndarray]:
    """Zeros, but for `quantity={"member": …}`: one number for all, one a month, or (month, run)."""
    made = blank(model, runs)
    for name, by_member in values.items():
        for member, value in by_member.items():
            row = model.layout.labels(name).index(member)
            where = (slice(None), row) if model.layout.quantities[name].axis else slice(None)
            given = np.asarray(value, np.float32)
            made[name][where] = given if given.ndim == 2 else np.reshape(given, (-1, 1))
    return made


def results(
    model: Model | None = None,
    runs: int = 1,
    *,
    seed: int = 1,
    weights: Sequence[float] | None = None,
    given: Mapping[str, Any] | None = None,
    **values: Any,
) -> Results:
    """Results made by hand, in as many runs, with weights and some parameters given."""
    model = tiny() if model is None else model
    numbers = list(range(runs))
    ensemble = Ensemble.of(model, given or {}, weights=weights, numbers=numbers, seed=seed)
    return Results(model, ensemble, AS_IS, arrays(model, runs, **values))
