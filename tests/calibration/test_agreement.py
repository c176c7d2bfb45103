"""What differs between chains is error of the sampler, and is told."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from servanda.calibration.agreement import Agreement
from servanda.calibration.posterior import Settings

CHAINS, DRAWS, INPUTS = 4, 1000, 200


def agreement(values: np.ndarray, *evidences: float) -> Agreement:
    """The agreement of chains in unnamed inputs: (input, chain, draw)."""
    inputs = {f"input-{number}": own for number, own in enumerate(values)}
    return Agreement.between(inputs, np.array(evidences or [0.0] * CHAINS, float))


def independent(inputs: int = INPUTS) -> np.ndarray:
    return np.random.default_rng(1).standard_normal((inputs, CHAINS, DRAWS))


def test_independent_draws_agree_and_count_each():
    found = agreement(independent())
    assert found.rhat.max() < 1.01
    # The variance over the variance between means is that of DRAWS over a chi square of 3 over 3.
    assert np.mean(1 / found.effective) == pytest.approx(1 / DRAWS, rel=0.15)
    assert found.reached


def test_chains_that_lie_apart_do_not_agree():
    shifted = independent() + np.array([0.0, 0.0, 0.0, 2.0])[:, None]
    found = agreement(shifted)
    assert found.rhat.min() > 1.1
    assert found.sizes[1] < 10
    assert not found.reached


def test_chains_that_differ_in_spread_alone_do_not_agree_either():
    spread = independent(3) * np.array([1.0, 1.0, 1.0, 4.0])[:, None]
    assert agreement(spread).rhat.min() > 1.1


def test_the_scale_of_an_input_does_not_matter():
    values = independent(3)
    one, other = (agreement(v) for v in (values, 1e6 * values + 3e6))
    np.testing.assert_allclose(one.rhat, other.rhat, rtol=1e-4)
    np.testing.assert_allclose(one.effective, other.effective, rtol=1e-3)


def test_the_log_evidence_of_chains_may_differ_by_less_than_one():
    assert agreement(independent(), 0, 1, 0, 1).reached
    apart = agreement(independent(), 0, 3, 0, 3)
    assert apart.log_evidence == pytest.approx(np.sqrt(3))
    assert not apart.reached


def test_one_chain_says_nothing(learned):
    assert Agreement.of(learned) is not None
    one = replace(learned, settings=Settings(1, len(learned), 2))
    assert Agreement.of(one) is None


def test_an_input_that_does_not_vary_is_left_out():
    values = independent(2)
    values[1] = 3.0
    assert agreement(values).inputs == ("input-0",)


def test_the_log_evidence_is_that_of_the_mean_over_chains(learned):
    path = learned.paths[0]
    paths = tuple((*path[:-1], replace(path[-1], log_evidence=one)) for one in (-3.0, -5.0))
    two = replace(learned, paths=paths)
    assert two.log_evidence == pytest.approx(np.log((np.exp(-3) + np.exp(-5)) / 2))
