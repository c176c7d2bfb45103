"""A result that is no number stops a run, and the message names what likely causes it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from servanda.case import Case
from servanda.engine import Batch, Simulator, assemble
from servanda.ensembles import Arrays, Ensemble, Executor, InProcess, simulate
from servanda.errors import ResultError
from servanda.results import open_run, prepare, run, run_to_folder
from tests.builders import tiny_case
from tests.cases import template

FINITE = "with 1 in its place the result is finite"


def changed(priors: Mapping[str, Mapping[str, Any]], case: Case | None = None) -> Case:
    case = template() if case is None else case
    for name, prior in priors.items():
        case = case.with_prior(name, **prior)
    return case


def refusal(case: Case, **how: Any) -> str:
    with pytest.raises(ResultError) as caught:
        run(case, **({"runs": 3} | how))
    return str(caught.value)


def test_a_war_that_needs_no_men_is_not_reported_as_a_war():
    """No men out of none required: 0/0, of each side, so that one number alone mends one side."""
    none = {
        f"{what}[{who}]": {"fixed": 0}
        for what in ("war.required", "attrition.men")
        for who in ("BBB", "CCC")
    }
    assert refusal(changed(none)) == (
        "run 0, 2020-01: found manning[BBB] = nan, expected a finite number\n"
        f"  hint: the likeliest cause is war.required[BBB] = 0: {FINITE}"
    )


def test_a_price_of_nothing_is_not_reported_as_recruits():
    assert refusal(changed({"attrition.recruit_price[BBB]": {"fixed": 0}})) == (
        "run 0, 2020-01: found men[BBB] = nan, expected a finite number\n"
        f"  hint: the likeliest cause is attrition.recruit_price[BBB] = 0: {FINITE}"
    )


def test_the_first_run_that_is_no_number_is_named():
    """The third run alone, number 5, needs no men."""
    model = prepare(template()).model
    drawn = Ensemble.prior(model, 4)
    required = drawn.parameters["war.required[BBB]"].copy()
    required[2] = 0.0
    ensemble = Ensemble.of(
        model, {**drawn.parameters, "war.required[BBB]": required}, numbers=[9, 7, 5, 3]
    )
    assert refusal(template(), runs=None, ensemble=ensemble) == (
        "run 5, 2020-01: found manning[BBB] = inf, expected a finite number\n"
        f"  hint: the likeliest cause is war.required[BBB] = 0: {FINITE}"
    )


def test_a_lever_may_be_the_cause():
    lever = (
        template()
        .spec.levers[0]
        .model_copy(update={"name": "peace", "targets": ("war.required[BBB]",)})
    )
    spec = template().spec.model_copy(update={"levers": (lever,)})
    assert refusal(replace(template(), spec=spec), levers={"peace": 0}) == (
        "run 0, 2020-01: found manning[BBB] = inf, expected a finite number\n"
        "  hint: the likeliest cause is a lever: peace = 0"
    )


class Spoiling(Executor):
    """Hands back the second batch with one result that is none."""

    def compute(
        self, simulator: Simulator, batches: Iterable[Batch]
    ) -> Iterator[tuple[int, Arrays]]:
        for place, arrays in InProcess().compute(simulator, batches):
            if place == 1:
                arrays["alive"][3, 0, 1] = np.nan
            yield place, arrays


def test_an_executor_that_changes_a_result_is_named_and_batches_before_it_are_kept(tmp_path):
    simulator = prepare(template())
    ensemble = Ensemble.prior(simulator.model, simulator.batch + 2)
    with pytest.raises(ResultError) as caught:
        run_to_folder(template(), tmp_path / "run", ensemble, executor=Spoiling())
    assert str(caught.value) == (
        f"run {simulator.batch + 1}, 2020-04: found alive[BBB-AAA] = nan, expected a finite number"
        "\n  hint: computed again in this process the result is finite: the executor changed it"
    )
    note = open_run(tmp_path / "run").note
    assert (note["done"], note["partial"]) == (simulator.batch, True)


def test_a_folder_without_a_single_batch_is_removed(tmp_path):
    case = changed({"war.required[BBB]": {"fixed": 0}, "attrition.men[BBB]": {"fixed": 0}})
    with pytest.raises(ResultError):
        run_to_folder(case, tmp_path / "run", Ensemble.prior(prepare(case).model, 2))
    assert not (tmp_path / "run").exists()


def test_men_without_limit_are_no_fault():
    model = assemble(tiny_case(spec={"mechanisms": {"attrition": ""}}))
    (found,) = simulate(Simulator(model), Ensemble.prior(model, 2))
    assert np.isposinf(found["men"]).all()
