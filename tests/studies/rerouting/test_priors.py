"""Priors of diversion: nodes and weights that stand for the beliefs they are made of."""

from __future__ import annotations

import math

import numpy as np
import pytest

from studies.rerouting.fit import Noise
from studies.rerouting.priors import Lognormal, Priors, Seed

PRIORS = Priors(
    ceiling=Lognormal(0.1, 1.0),
    rate=Lognormal(0.3, 0.5),
    seed=Seed(2, 18),
    noise=Noise((0.0,), 2.0, 0.1),
    nodes=(3, 41, 50, 5),
)


def test_nodes_have_the_moments_of_their_priors():
    value, weight = Lognormal(0.3, 0.5).nodes(41)
    assert weight.sum() == pytest.approx(1)
    assert weight @ np.log(value) == pytest.approx(math.log(0.3))
    assert weight @ (np.log(value / 0.3) ** 2) == pytest.approx(0.25, rel=0.01)
    value, weight = Seed(2, 18).nodes(50)
    assert weight @ value == pytest.approx(0.1, rel=0.01)


def test_shared_nodes_are_every_one_with_every_other():
    shared = PRIORS.shared("network")
    assert len(shared.weight) == 3 * 41 * 50
    assert shared.weight.sum() == pytest.approx(1)
    assert shared.weight @ shared.expected == pytest.approx(0, abs=1e-12)
    assert shared.weight @ shared.expected**2 == pytest.approx(1)
    assert shared.weight @ np.log(shared.rate) == pytest.approx(math.log(0.3))
    assert shared.weight @ shared.seed == pytest.approx(0.1, rel=0.01)


def test_one_node_of_a_lognormal_is_its_median():
    value, weight = Lognormal(0.3, 0.5).nodes(1)
    assert (value.tolist(), weight.tolist()) == ([0.3], [1.0])


def test_only_a_network_has_seeds():
    assert len(PRIORS.shared("saturating").weight) == 3 * 41


def test_where_nothing_is_diverted_one_node_is_enough():
    shared = PRIORS.shared("none")
    assert (shared.weight.tolist(), shared.expected.tolist()) == ([1.0], [0.0])
    theta, weight = PRIORS.ceilings("none")
    assert (theta.tolist(), weight.tolist()) == ([0.0], [1.0])
    theta, weight = PRIORS.ceilings("saturating")
    assert len(theta) == 5
    assert weight.sum() == pytest.approx(1)
