"""Hand-made evidence on the tiny case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest

from servanda.case import Case, Evidence, Observation, ParameterTable, Prior, Series, Source
from servanda.engine import Model, assemble
from tests.builders import tiny_case
from tests.cases import blank

EXACT = 1e-12


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
        name = "observation.bias"
        tables[name] = ParameterTable(name, "", "dimensionless", priors, None, name)
    evidence = Evidence(tuple(rows), (series,), sources)
    return assemble(replace(case, evidence=evidence, parameters=tables))


@pytest.fixture(scope="session")
def tiny() -> Model:
    return assemble(tiny_case())


def arrays(model: Model, runs: int = 1, **values: Any) -> dict[str, np.ndarray]:
    """Zeros, but for `quantity={"member": one number a month, or one for all}`."""
    from servanda.world import quantities

    made = blank(model, runs)
    for name, by_member in values.items():
        axis = quantities()[name].axis
        for member, value in by_member.items():
            row = (slice(None), model.axes.at(axis, member)) if axis else slice(None)
            made[name][row] = np.reshape(np.asarray(value, np.float32), (-1, 1))
    return made
