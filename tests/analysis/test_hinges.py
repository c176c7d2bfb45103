"""What an outcome hinges on: parameters whose part in it is known beforehand."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from scipy.stats import spearmanr

from servanda.analysis.hinges import chance_size, hinges
from servanda.case.schema import CaseSpec
from servanda.engine import Model, assemble
from servanda.ensembles import Policy
from servanda.results import Results
from tests.handmade import results, tiny, uncertain_case

DECISIVE, PARTLY, IDLE = "war.volatility", "war.persistence", "war.ceasefire_hazard"
RUNS = 400
ALIVE = "alive"


@cache
def model() -> Model:
    return assemble(uncertain_case(DECISIVE, PARTLY, IDLE, "commitment.class_draw"))


def runs(count: int = RUNS, **more: Any) -> Results:
    return results(model(), count, **more)


def outcome_of(made: Results) -> np.ndarray:
    """Decided by one parameter, moved a little against another, and blind to a third."""
    drawn = made.ensemble.parameters
    return 2.0 * drawn[DECISIVE] - 0.5 * drawn[PARTLY]


def test_the_parameter_that_decides_the_outcome_comes_first():
    made = runs()
    found = hinges(made, outcome_of(made), ALIVE)
    assert [hinge.label for hinge in found] == [DECISIVE, PARTLY]
    assert found[0].correlation > 0.9
    assert found[1].correlation < 0
    assert {hinge.status for hinge in found} == {"assumed"}


def test_correlations_are_spearmans():
    made = runs()
    outcome = np.round(outcome_of(made), 1)  # with ties
    for hinge in hinges(made, outcome, ALIVE):
        exact = spearmanr(made.ensemble.parameters[hinge.label], outcome).statistic
        assert hinge.correlation == pytest.approx(exact, rel=1e-9)


@pytest.mark.parametrize("least", [0, 1])
def test_a_run_of_whole_weight_counts_as_often_and_one_of_none_not_at_all(least):
    counts = np.arange(RUNS) % 3 + least
    made = runs(weights=counts.tolist())
    outcome = np.round(outcome_of(made), 1)
    for hinge in hinges(made, outcome, ALIVE):
        values = made.ensemble.parameters[hinge.label]
        exact = spearmanr(np.repeat(values, counts), np.repeat(outcome, counts)).statistic
        assert hinge.correlation == pytest.approx(exact, rel=1e-9)


def test_what_varies_in_runs_without_weight_alone_does_not_vary():
    weights = [1.0] * 100 + [0.0] * 300
    made = runs(weights=weights, given={DECISIVE: np.where(np.arange(RUNS) < 100, 0.5, 0.7)})
    outcome = outcome_of(made)
    assert DECISIVE not in {hinge.label for hinge in hinges(made, outcome, ALIVE)}
    assert hinges(made, np.where(np.arange(RUNS) < 100, 1.0, 2.0), ALIVE) == []


def test_ends_are_mean_outcomes_of_the_lowest_and_the_highest_third():
    """The outcome is the parameter itself, even between zero and one: a sixth and five sixths."""
    even = np.linspace(0, 1, 301)
    made = runs(301, given={DECISIVE: even})
    first = hinges(made, even, ALIVE)[0]
    assert first.label == DECISIVE
    assert (first.low, first.high) == pytest.approx((1 / 6, 5 / 6), abs=2e-3)
    assert first.correlation == pytest.approx(1)


def test_what_stands_for_nothing_in_the_model_is_no_hinge():
    """The class that a run is in is told apart elsewhere."""
    made = runs()
    found = hinges(made, made.ensemble.parameters["commitment.class_draw"].astype(float), ALIVE)
    assert "commitment.class_draw" not in {hinge.label for hinge in found}


@pytest.mark.parametrize(("count", "found"), [(29, 0), (30, 1)])
def test_too_few_runs_say_nothing(count, found):
    made = runs(count)
    assert len(hinges(made, outcome_of(made), ALIVE)) == found


def test_an_outcome_that_does_not_vary_hinges_on_nothing():
    assert hinges(runs(), np.ones(RUNS), ALIVE) == []


def test_chance_hardly_ever_makes_a_correlation_of_this_size():
    """Of a parameter that has no part in the outcome, one in two thousand is larger."""
    assert chance_size(runs()) == pytest.approx(3.5 / 20)
    sizes = []
    for seed in range(200):
        drawn = runs(100, seed=seed).ensemble.parameters
        sizes.append(abs(spearmanr(drawn[DECISIVE], drawn[IDLE]).statistic))
    sizes = np.array(sizes) / chance_size(runs(100))
    assert (sizes < 1).mean() > 0.99
    under_two_errors = (sizes < 1.96 / 3.5).mean()
    assert under_two_errors == pytest.approx(0.95, abs=4 * np.sqrt(0.95 * 0.05 / 200))


def test_weighted_runs_make_more_noise():
    """Half of the runs weigh nothing, so that two hundred are left."""
    halved = runs(weights=[1.0, 0.0] * (RUNS // 2))
    assert chance_size(halved) == pytest.approx(3.5 / np.sqrt(200))


def test_only_what_chance_does_not_explain_is_clear():
    """In four hundred runs a correlation is clear from 3.5 / 20 on."""
    made = runs()
    found = hinges(made, outcome_of(made), ALIVE)
    drawn = made.ensemble.parameters
    exact = {name: spearmanr(drawn[name], outcome_of(made)).statistic for name in drawn}
    assert {h.label for h in found} == {n for n in (DECISIVE, PARTLY) if abs(exact[n]) >= 0.175}
    assert abs(exact[IDLE]) < 0.175


def test_the_effect_on_a_yes_or_no_is_a_difference_of_shares_with_its_error():
    made = runs(RUNS, given={DECISIVE: np.linspace(0, 1, RUNS)})
    outcome = (np.arange(RUNS) % 4 < np.arange(RUNS) // 100).astype(float)  # 0 to 3 of 4
    first = hinges(made, outcome, ALIVE)[0]
    low, high = outcome[:133].mean(), outcome[-133:].mean()
    assert first.effect == pytest.approx(high - low, abs=0.01)
    by_hand = np.sqrt((low * (1 - low) + high * (1 - high)) / 133)
    assert first.error == pytest.approx(by_hand, rel=0.02)


def test_noise_is_never_listed():
    """Three parameters without a part in the outcome, in fifty sets of runs."""
    made = runs()
    listed = 0
    for seed in range(50):
        outcome = np.random.default_rng(seed).integers(0, 2, RUNS).astype(float)
        listed += len(hinges(made, outcome, ALIVE))
    assert listed == 0


def test_a_parameter_that_the_result_cannot_depend_on_is_never_listed():
    """Under a constant hazard no mechanism of the war moves the pact, whatever the draws say."""
    case = uncertain_case(DECISIVE, "commitment.base_hazard[loose]")
    idle = assemble(case.with_mechanism("commitment", "constant-hazard"))
    assert DECISIVE in idle.uncertain
    made = results(idle, RUNS)
    drawn = made.ensemble.parameters
    outcome = drawn[DECISIVE] + drawn["commitment.base_hazard[loose]"]
    assert [h.label for h in hinges(made, outcome, "alive")] == ["commitment.base_hazard[loose]"]


def test_a_parameter_that_a_lever_replaces_is_not_listed():
    lever = {
        "name": "calm",
        "description": "A war of this volatility",
        "targets": [DECISIVE],
        "operation": "set",
        "low": 0,
        "high": 1,
        "acts": "throughout",
    }
    spec = CaseSpec.model_validate({**tiny().case.spec.model_dump(), "levers": [lever]})
    model = assemble(replace(uncertain_case(DECISIVE, PARTLY), spec=spec))
    made = replace(results(model, RUNS), policy=Policy.of({"calm": 0.5}))
    assert [h.label for h in hinges(made, outcome_of(made), ALIVE)] == [PARTLY]
