"""What cannot act before the cut-off keeps its prior, whatever is learned of the rest."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from scipy import stats

from servanda.calibration.posterior import Posterior
from servanda.calibration.target import Target
from servanda.results import prepare
from tests.cases import template

RUNS = 256


@cache
def target(seed: int) -> Target:
    return Target(prepare(template()), seed)


@cache
def idle(seed: int) -> list[str]:
    """Inputs of which another draw changes no figure's likelihood in any draw of the priors."""
    own, random = target(seed), np.random.default_rng(2)
    z, numbers = random.standard_normal((own.size, RUNS)), np.arange(RUNS, dtype=np.uint32)
    baseline = own.by_figure(z, numbers)
    found = []
    for row, name in enumerate(own.space.inputs):
        other = z.copy()
        other[row] = random.standard_normal(RUNS)
        if (own.by_figure(other, numbers) == baseline).all():
            found.append(name)
    return found


def places(learned: Posterior, name: str) -> np.ndarray:
    return target(learned.settings.seed).space.places(name, learned.inputs[name])


def test_what_acts_later_or_not_at_all_is_found(learned):
    names = idle(learned.settings.seed)
    assert "war.ceasefire_hazard" in names
    assert any(name.startswith("commitment.") for name in names)
    assert not any(name.startswith("exchange.lane_ceiling[AAA>BBB:shells]") for name in names)
    assert 20 < len(names) < len(learned.inputs)


def test_each_input_that_cannot_act_keeps_its_prior(learned):
    names = idle(learned.settings.seed)
    for name in names:
        found = stats.kstest(places(learned, name), "norm")
        assert found.pvalue > 0.001 / len(names), name


def test_together_they_have_lost_nothing_of_their_spread(learned):
    """The standard deviations of idle inputs in resampled particles would shrink together."""
    spreads = [places(learned, name).std() for name in idle(learned.settings.seed)]
    error = 1 / np.sqrt(2 * len(learned) * len(spreads))
    assert np.mean(spreads) == pytest.approx(1.0, abs=5 * error + 0.01)
