"""A result that is no number stops a run, and the message names what likely causes it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from servanda.case import Case
from servanda.engine import Batch, Simulator, assemble
from servanda.ensembles import Arrays, Ensemble, Executor, InProcess, simulate
from servanda.errors import ResultError
from servanda.results import open_run, prepare, run_to_folder
from servanda.running import run
from tests.cases import template
from tests.engine.stepping import without_theories

RECRUITS = "attrition.recruits[BBB]"
INFINITE = (
    "found men[BBB] = inf, expected a finite number\n"
    "  hint: the likeliest cause is attrition.recruits[BBB] = 3e+38: "
    "with {} in its place the result is finite"
)


def endless() -> Case:
    """The template with more recruits than single precision can add up."""
    return template().with_prior(RECRUITS, fixed=3e38)


def refusal(case: Case, **how: Any) -> str:
    with pytest.raises(ResultError) as caught:
        run(case, **{"prior": "ensemble" not in how, **how})
    return str(caught.value)


def test_more_men_than_a_number_can_hold_are_not_reported_as_an_army():
    assert refusal(endless(), runs=3) == f"run 0, 2020-02: {INFINITE.format('1.73205e+19')}"


def test_the_first_run_that_is_no_number_is_named():
    """The third run alone, number 5."""
    model = prepare(template()).model
    drawn = Ensemble.prior(model, 4).parameters
    recruits = np.where(np.arange(4) == 2, 3e38, drawn[RECRUITS])
    ensemble = Ensemble.of(model, {**drawn, RECRUITS: recruits}, numbers=[9, 7, 5, 3])
    assert refusal(template(), ensemble=ensemble) == f"run 5, 2020-02: {INFINITE.format(4500)}"


@pytest.mark.parametrize(
    ("name", "value", "instead"),
    [
        ("arsenal.tempo_elasticity[BBB.shells]", 300, 17.3205),
        ("war.initial_log_tempo", 89, 9.43398),
    ],
)
def test_of_several_that_would_help_the_most_extreme_is_named(name, value, instead):
    """Demand is tempo to the power of an elasticity; less of either, or no army, would help."""
    assert refusal(template().with_prior(name, fixed=value), runs=3).endswith(
        f"the likeliest cause is {name} = {value}: with {instead} in its place the result is finite"
    )


def test_where_two_parameters_are_each_enough_none_alone_is_the_cause():
    case = template().with_prior("war.volatility", fixed=1000)
    case = case.with_prior("war.initial_log_tempo", fixed=5000)
    assert refusal(case, runs_numbered=[1]) == (
        "run 1, 2020-01: found tempo = inf, expected a finite number\n"
        "  hint: no parameter is the cause alone: moved one by one, none makes the result finite"
    )


def test_a_policy_may_be_the_cause():
    most = 3e38 / template().parameters["attrition.recruits"].priors["BBB"].high
    changes = {"name": "levy", "targets": (RECRUITS,), "high": most}
    lever = template().spec.levers[0].model_copy(update=changes)
    spec = template().spec.model_copy(update={"levers": (lever,)})
    assert refusal(replace(template(), spec=spec), runs=3, levers={"levy": most}) == (
        "run 2, 2020-04: found men[BBB] = inf, expected a finite number\n"
        f"  hint: the likeliest cause is the policy: levy = {most:g}"
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
    ensemble = Ensemble.prior(prepare(endless()).model, 2)
    with pytest.raises(ResultError):
        run_to_folder(endless(), tmp_path / "run", ensemble)
    assert not (tmp_path / "run").exists()


def test_men_without_limit_are_no_fault():
    model = assemble(without_theories())  # and so without attrition
    (found,) = simulate(Simulator(model), Ensemble.prior(model, 2))
    assert np.isposinf(found["men"]).all()
