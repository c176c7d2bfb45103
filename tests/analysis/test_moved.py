"""What the data moved: inputs that keep their prior are told from those that do not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import servanda
from servanda.analysis.moved import Moved, moved_inputs
from servanda.calibration.space import Space
from servanda.case import Prior
from servanda.case.priors import BIAS, label
from servanda.engine import Model
from servanda.ensembles import Ensemble
from servanda.errors import UsageError
from servanda.results import prepare
from tests.cases import template
from tests.handmade import counted, observation, rule, with_evidence

CHAINS, DRAWS = 4, 500
RUNS = CHAINS * DRAWS
CHAIN = np.arange(RUNS) % CHAINS
IDLE = "war.volatility"


def places(seed: int = 1) -> np.ndarray:
    """Places in the priors of runs that learned nothing: (input, run)."""
    return np.random.default_rng(seed).standard_normal((len(space().inputs), RUNS))


def space() -> Space:
    return Space(prepare(template()).model)


def told(z: np.ndarray, chains: int = CHAINS, weights: np.ndarray | None = None) -> list[Moved]:
    """What runs of a posterior at these places tell."""
    model = prepare(template()).model
    values = space().values(z).astype(np.float32)
    ensemble = replace(
        Ensemble.prior(model, z.shape[1]),
        parameters=dict(zip(space().inputs, values, strict=True)),
        origin="posterior",
        chains=chains,
    )
    if weights is not None:
        ensemble = replace(ensemble, weights=weights / weights.sum())
    return moved_inputs(model, ensemble)


def row(name: str = IDLE) -> int:
    return space().inputs.index(name)


def of(found: list[Moved], name: str = IDLE) -> Moved:
    return next(one for one in found if one.name == name)


@pytest.mark.parametrize("chains", [CHAINS, 1, 0])
def test_what_learned_nothing_moved_nothing(chains):
    found = told(places(), chains)
    assert len(found) == len(space().inputs)
    assert [one.name for one in found if one.moved] == []
    assert max(abs(one.shift) for one in found) < 0.15


def test_contraction_and_shift_are_in_standard_deviations_of_the_prior():
    z = places()
    z[row()] = 1 + z[row()] / 2
    one = of(told(z))
    assert (one.moved, one.wider, one.kind, one.unit) == (True, False, "parameter", "dimensionless")
    assert one.contraction == pytest.approx(0.5, abs=0.03)
    assert one.shift == pytest.approx(1, abs=0.03)
    assert one.place == pytest.approx((1 - 0.822, 1, 1 + 0.822), abs=0.08)
    assert one.prior[1] < one.posterior[1] < one.posterior[2]


def test_the_most_contracted_comes_first():
    z = places()
    z[row()] /= 3
    found = told(z)
    assert found[0].name == IDLE
    order = [one.contraction for one in found]
    assert order == sorted(order, reverse=True)


def test_an_input_of_which_the_chains_disagree_has_not_moved():
    z = places()
    z[row()] += np.array([2.0, 0.0, 0.0, 0.0])[CHAIN]
    one = of(told(z))
    assert one.shift > 0.4
    assert one.errors[1] == pytest.approx(0.5, abs=0.05)
    assert not one.moved


def test_errors_that_all_inputs_share_count_for_an_input_whose_chains_agree():
    z, apart = places(), np.random.default_rng(2).standard_normal((len(space().inputs), CHAINS))
    z[row()] += 0.3
    assert of(told(z)).moved
    z += 0.2 * (apart - (np.arange(len(apart)) == row())[:, None] * apart)[:, CHAIN]
    one = of(told(z))
    assert one.shift == pytest.approx(0.3, abs=0.08)
    assert one.errors[1] == pytest.approx(0.1, abs=0.02)
    assert not one.moved


def test_repeated_particles_count_once():
    z = places()
    few = np.tile(z[:, :100], (1, 20))
    assert of(told(few, 1)).errors == pytest.approx((2 / np.sqrt(200), 2 / np.sqrt(100)))
    assert of(told(z, 1)).errors == pytest.approx((2 / np.sqrt(2 * RUNS), 2 / np.sqrt(RUNS)))


def test_runs_without_weight_say_nothing():
    z = places()
    z[:, RUNS // 2 :] = 3.0
    weights = np.repeat([1.0, 0.0], RUNS // 2)
    for one, other in zip(told(z, weights=weights), told(z[:, : RUNS // 2]), strict=True):
        assert one.name == other.name
        assert one.posterior == pytest.approx(other.posterior)
        assert one.errors == pytest.approx(other.errors)


def test_a_single_run_moves_nothing():
    assert not any(one.moved for one in told(places()[:, :1]))


def with_wider_bias() -> Model:
    """A bias whose prior cites the only figure of the record."""
    series = counted("level", "stock[SUP.shells]", "round", rule(bias="kyiv", error=0.2))
    row = observation(1, 100, "2020-06-30")
    wide = Prior("lognormal", (1.0, 1.0), 0.1, 10, "dimensionless", "assumed")
    narrow = Prior(
        "lognormal", (2.0, 0.1), 0.1, 10, "dimensionless", "assumed", ("E1",), wider=wide
    )
    return with_evidence(series, [row], {"kyiv": narrow})


def test_the_prior_is_the_one_that_the_calibration_started_from():
    model = with_wider_bias()
    ensemble = replace(Ensemble.prior(model, 200), origin="posterior")
    one = of(moved_inputs(model, ensemble), label(BIAS, "kyiv"))
    assert one.wider
    assert one.prior == pytest.approx((0.21, 1, 4.75), rel=0.01)
    assert one.posterior == pytest.approx((1.7, 2, 2.36), abs=0.1)
    assert one.moved


def test_draws_of_the_prior_tell_nothing():
    ensemble = Ensemble.prior(prepare(template()).model, 4)
    with pytest.raises(UsageError) as caught:
        servanda.moved(template(), ensemble)
    assert str(caught.value) == (
        "ensemble: found origin 'prior', expected an ensemble of a posterior\n"
        "  hint: servanda.calibrate learns a posterior, whose method ensemble makes one"
    )
