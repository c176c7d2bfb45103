"""The posterior that the shipped case carries: of its content, exact enough, and not stale."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from scipy import stats

from servanda.calibration.agreement import Agreement
from servanda.calibration.choice import carried
from servanda.calibration.directions import Directions
from servanda.calibration.moves import Mover
from servanda.calibration.particles import Particles
from servanda.calibration.posterior import Posterior
from servanda.calibration.target import Target
from tests.cases import shipped

SOME = 256  # particles that are computed again
MADE_AGAIN = "servanda calibrate russia-dprk --chains 4 --moves 8, copied to the case's folder"


@pytest.fixture(scope="module")
def posterior() -> Posterior:
    found = carried(shipped().model)
    assert found is not None, f"the case has changed: {MADE_AGAIN}"
    return found


@cache
def target(seed: int) -> Target:
    return Target(shipped(), seed)


def unknowns(posterior: Posterior) -> np.ndarray:
    """The unknowns of all particles as places on the standard normal distribution."""
    space = target(posterior.settings.seed).space
    inputs = [space.places(name, posterior.inputs[name]) for name in space.inputs]
    shocks = np.asarray(posterior.past.shocks)
    return np.vstack([*inputs, shocks.reshape(-1, shocks.shape[-1])])


def spread_over_chains(posterior: Posterior) -> np.ndarray:
    """Some particles of every chain."""
    return np.linspace(0, len(posterior) - 1, SOME).astype(int)


def test_its_likelihood_is_the_one_that_the_model_has_now(posterior):
    some = spread_over_chains(posterior)
    found = target(posterior.settings.seed).by_figure(
        unknowns(posterior)[:, some], np.asarray(posterior.past.numbers)[some]
    )
    np.testing.assert_allclose(found, posterior.by_figure[:, some], atol=0.02, rtol=1e-3)


def test_one_more_round_of_moves_leaves_means_and_spreads_as_they_are(posterior):
    """A move changes the mean of independent particles by less than so many draws would."""
    own, some = target(posterior.settings.seed), spread_over_chains(posterior)
    z, numbers = unknowns(posterior)[:, some].copy(), np.array(posterior.past.numbers)[some]
    likelihood = posterior.by_figure[:, some].sum(axis=0).astype(float)
    random = np.random.default_rng(1)
    random.shuffle(some)
    at = Particles(z, numbers, likelihood, np.arange(SOME), random)
    before = at.z.copy()
    some_slopes = [own.information(at.z[:, i], int(at.numbers[i])) for i in range(4)]
    directions = Directions.of(np.mean(some_slopes, axis=0))
    mover = Mover(own, directions, 1.0, posterior.paths[0][-1].steps)
    mover.move(at)
    assert min(mover.acceptance) > 0.1
    spread = before.std(axis=1)
    means = (at.z.mean(axis=1) - before.mean(axis=1)) / spread
    # The difference of two means of independent draws has a variance of 2 / SOME at most.
    assert np.mean(means**2) < 2 / SOME
    assert np.abs(means).max() < 5 * np.sqrt(2 / SOME)
    spreads = at.z.std(axis=1) / spread
    assert np.abs(np.log(spreads)).max() < 5 / np.sqrt(SOME)
    assert abs(np.log(spreads).mean()) < 0.02


def test_its_chains_agree_as_wanted(posterior):
    agreement = Agreement.of(posterior)
    assert agreement is not None
    assert agreement.reached
    assert not posterior.poor


def test_what_cannot_act_before_the_cutoff_keeps_its_prior(posterior):
    """What changes no figure's likelihood in any draw of the priors cannot act."""
    own = target(posterior.settings.seed)
    random = np.random.default_rng(2)
    z = random.standard_normal((own.size, SOME))
    numbers = np.arange(SOME, dtype=np.uint32)
    baseline = own.by_figure(z, numbers)
    idle = []
    for row, name in enumerate(own.space.inputs):
        other = z.copy()
        other[row] = random.standard_normal(SOME)
        if np.ptp(posterior.inputs[name]) and (own.by_figure(other, numbers) == baseline).all():
            idle.append(name)
    assert len(idle) > 50
    agreement = Agreement.of(posterior)
    assert agreement is not None
    independent = posterior.settings.chains * agreement.sizes[1]
    places = {name: own.space.places(name, posterior.inputs[name]) for name in idle}
    for name, found in places.items():
        assert stats.kstest(found, "norm").statistic < 2.6 / np.sqrt(independent), name
    assert np.mean([found.std() for found in places.values()]) == pytest.approx(1, abs=0.01)
