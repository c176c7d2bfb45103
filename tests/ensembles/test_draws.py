"""Draws obey the distribution that is declared, and each depends on seed, run and name alone."""

from __future__ import annotations

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servanda.case import Prior
from servanda.ensembles.distributions import distribution
from servanda.ensembles.draws import draw, uniforms
from tests.priors import PRIORS, SHARES, UNCERTAIN, truncated

RUNS = 20000


@pytest.fixture(scope="module")
def drawn():
    return {k: np.asarray(v) for k, v in draw(PRIORS, 1, np.arange(RUNS)).items()}


@pytest.mark.parametrize("name", PRIORS)
def test_draws_lie_within_their_bounds(drawn, name):
    prior = PRIORS[name]
    assert drawn[name].shape == (RUNS,)
    assert (drawn[name] >= np.float32(prior.low)).all()
    assert (drawn[name] <= np.float32(prior.high)).all()


@pytest.mark.parametrize("name", UNCERTAIN)
def test_draws_follow_the_truncated_distribution(drawn, name):
    # the share of draws below each quantile, within four standard errors
    quantiles, _ = truncated(PRIORS[name])
    below = (drawn[name][:, None] <= quantiles).mean(axis=0)
    assert (np.abs(below - SHARES) < 4 * np.sqrt(SHARES * (1 - SHARES) / RUNS)).all()


def test_a_fixed_number_is_always_that_number(drawn):
    assert set(drawn["fixed"]) == {1.3e6}


@pytest.mark.parametrize("name", UNCERTAIN)
def test_draws_follow_the_numpyro_distribution(drawn, name):
    prior = PRIORS[name]
    grid = np.linspace(prior.low, prior.high, 20001, dtype=np.float32)[1:-1]
    density = np.exp(jax.vmap(distribution(prior).log_prob)(grid)).astype(float)
    share = np.cumsum(density) / density.sum()
    at = grid[np.searchsorted(share, SHARES)]
    below = (drawn[name][:, None] <= at).mean(axis=0)
    assert np.abs(below - SHARES).max() < 4 * np.sqrt(0.25 / RUNS)


def test_a_run_draws_the_same_in_any_company(drawn):
    some = draw(PRIORS, 1, np.array([7, 3, 19999]))
    for name, values in some.items():
        np.testing.assert_array_equal(np.asarray(values), drawn[name][[7, 3, 19999]], name)


@pytest.mark.parametrize("name", PRIORS)
def test_a_parameter_draws_the_same_beside_any_others(drawn, name):
    alone = draw({name: PRIORS[name]}, 1, np.arange(RUNS))
    np.testing.assert_array_equal(np.asarray(alone[name]), drawn[name])


def test_the_order_of_the_parameters_does_not_matter(drawn):
    backwards = draw(dict(reversed(PRIORS.items())), 1, np.arange(RUNS))
    for name, values in backwards.items():
        np.testing.assert_array_equal(np.asarray(values), drawn[name], name)


def test_another_seed_draws_other_numbers(drawn):
    other = draw(PRIORS, 2, np.arange(RUNS))
    for name in PRIORS:
        same = (np.asarray(other[name]) == drawn[name]).mean()
        assert same == (name == "fixed") or same < 0.01


def test_two_parameters_with_one_prior_draw_independently():
    prior = PRIORS["normal"]
    two = draw({"a": prior, "b": prior}, 1, np.arange(RUNS))
    assert abs(np.corrcoef(two["a"], two["b"])[0, 1]) < 4 / np.sqrt(RUNS)


def test_neighbouring_runs_draw_independently(drawn):
    for name, values in drawn.items():
        if name != "fixed":
            assert abs(np.corrcoef(values[1:], values[:-1])[0, 1]) < 4 / np.sqrt(RUNS)


@given(
    st.sampled_from(["normal", "lognormal", "uniform", "beta"]),
    st.floats(0.1, 1e6),
    st.floats(0.05, 2.0),
    st.floats(2.0, 6.0),
)
@settings(max_examples=30)
def test_any_prior_that_is_accepted_draws_within_its_bounds(family, centre, spread, width):
    ends = {
        "normal": (centre - width * spread, centre + width * spread),
        "lognormal": (centre * np.exp(-width * spread), centre * np.exp(width * spread)),
        "uniform": (centre, centre + spread),
        "beta": (0.0, 1.0),
    }
    low, high = map(float, ends[family])
    numbers = (low, high) if family == "uniform" else (centre, spread)
    prior = Prior(family, numbers, low, high, "dimensionless", "assumed")
    prior.check("here")
    values = np.asarray(draw({"a": prior}, 3, np.arange(100))["a"])
    assert np.isfinite(values).all()
    assert ((values >= np.float32(low)) & (values <= np.float32(high))).all()


def test_uniform_numbers_are_open_at_both_ends_and_even():
    (values,) = uniforms(["a"], 1, np.arange(RUNS))
    assert ((values > 0) & (values < 1)).all()
    # the mean of uniforms has a standard error of 1/√12n
    assert abs(values.mean() - 0.5) < 4 / np.sqrt(12 * RUNS)
    counts, _ = np.histogram(values, 10, (0, 1))
    assert (np.abs(counts / RUNS - 0.1) < 4 * np.sqrt(0.1 * 0.9 / RUNS)).all()


def test_two_names_two_seeds_and_two_runs_share_no_uniform_number():
    numbers = np.arange(50)
    found = [uniforms(["a", "b"], seed, numbers).ravel() for seed in (1, 2)]
    assert len(np.unique(np.concatenate(found))) == 200
