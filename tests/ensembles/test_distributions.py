"""Priors as NumPyro distributions: the truncated ones, as SciPy has them."""

from __future__ import annotations

import jax
import numpy as np
import pytest

from servanda.ensembles.distributions import distribution
from tests.priors import PRIORS, UNCERTAIN, truncated


@pytest.mark.parametrize("name", UNCERTAIN)
def test_the_distribution_is_the_truncated_one(name):
    at, density = truncated(PRIORS[name])
    ours = jax.vmap(distribution(PRIORS[name]).log_prob)(at.astype(np.float32))
    np.testing.assert_allclose(np.exp(ours), density, rtol=2e-3)


def test_a_fixed_number_is_all_there_is():
    fixed = distribution(PRIORS["fixed"])
    assert float(fixed.log_prob(1.3e6)) == 0
    assert float(fixed.log_prob(1.2e6)) == -np.inf
