"""Priors: every fault has one whole message, and draws obey the distribution that is declared."""

from __future__ import annotations

from itertools import pairwise

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from servanda.case import Prior
from servanda.case.priors import draw, label
from tests.case.refusals import refusal

REFUSED = (
    pytest.param(
        "parameters.toml",
        "{ normal = [0.2, 0.04], bounds",
        "{ normal = [0.9, 0.04], bounds",
        (
            "parameters.toml: war.volatility.value: found normal [0.9, 0.04] in [0.05, "
            "0.5] with 0% of its mass within the bounds, expected at least 90%\n"
            "  hint: widen the bounds, or move the prior"
        ),
        id="outside its bounds",
    ),
    pytest.param(
        "parameters.toml",
        "bounds = [0.05, 0.5]",
        "bounds = [0.5, 0.05]",
        (
            "parameters.toml: war.volatility.value: found normal [0.2, 0.04] in [0.5, "
            "0.05], expected a low bound below the high one"
        ),
        id="bounds the wrong way round",
    ),
    pytest.param(
        "parameters.toml",
        "bounds = [0.05, 0.5]",
        "bounds = [0.05, 0.5, 1]",
        (
            "parameters.toml: war.volatility.value: found bounds [0.05, 0.5, 1], "
            "expected bounds = [low, high]"
        ),
        id="three bounds",
    ),
    pytest.param(
        "parameters.toml",
        "{ normal = [0.2, 0.04], bounds = [0.05, 0.5],",
        "{ normal = [0.2, 0.04],",
        ("parameters.toml: war.volatility.value: found no bounds, expected bounds = [low, high]"),
        id="no bounds",
    ),
    pytest.param(
        "parameters.toml",
        "uniform = [0, 1]",
        "uniform = [0]",
        (
            "parameters.toml: commitment.class_draw.value: found uniform with 1 "
            "numbers, expected uniform with 2"
        ),
        id="a range without its end",
    ),
    pytest.param(
        "parameters.toml",
        "bounds = [0.05, 0.5]",
        "bounds = [0.05, inf]",
        "parameters.toml: war.volatility.value: found inf, expected a finite number",
        id="an infinite bound",
    ),
    pytest.param(
        "parameters.toml",
        "normal = [0.2, 0.04]",
        "normal = [nan, 0.04]",
        "parameters.toml: war.volatility.value: found nan, expected a finite number",
        id="a NaN",
    ),
    pytest.param(
        "parameters.toml",
        "normal = [0.2, 0.04]",
        'normal = ["0.2", 0.04]',
        ("parameters.toml: war.volatility.value: found '0.2', expected a finite number"),
        id="a text for a number",
    ),
    pytest.param(
        "parameters.toml",
        ("otherwise = 0.5\n[ledger.transit_loss]"),
        ("otherwise = true\n[ledger.transit_loss]"),
        ("parameters.toml: ledger.transit_time.otherwise: found True, expected a finite number"),
        id="true for a number",
    ),
    pytest.param(
        "parameters.toml",
        "normal = [0.2, 0.04]",
        "normal = [0.2]",
        (
            "parameters.toml: war.volatility.value: found normal with 1 numbers, "
            "expected normal with 2"
        ),
        id="one number of two",
    ),
    pytest.param(
        "parameters.toml",
        "normal = [0.2, 0.04]",
        "normal = [0.2, 0]",
        (
            "parameters.toml: war.volatility.value: found normal [0.2, 0] in [0.05, "
            "0.5], expected a standard deviation above zero"
        ),
        id="no spread",
    ),
    pytest.param(
        "parameters.toml",
        "lognormal = [0.02, 0.6]",
        "lognormal = [0, 0.6]",
        (
            "parameters.toml: war.ceasefire_hazard.value: found lognormal [0, 0.6] in "
            "[0.001, 0.2], expected a median and a standard deviation of the log above "
            "zero"
        ),
        id="a lognormal around zero",
    ),
    pytest.param(
        "parameters.toml",
        "beta = [2, 5]",
        "beta = [0, 5]",
        (
            "parameters.toml: war.manning_elasticity.value: found beta [0, 5] in [0, "
            "1], expected two numbers above zero"
        ),
        id="a beta of zero",
    ),
    pytest.param(
        "parameters.toml",
        "beta = [2, 5]",
        "beta = [2, 5], bounds = [0.1, 0.9]",
        (
            "parameters.toml: war.manning_elasticity.value: found beta [2, 5] in [0.1, "
            "0.9], expected no bounds: a beta has its own, 0 and 1"
        ),
        id="a beta with bounds",
    ),
    pytest.param(
        "parameters.toml",
        "uniform = [0, 1]",
        "uniform = [1, 0], bounds = [0, 1]",
        (
            "parameters.toml: commitment.class_draw.value: found uniform [1, 0] in [0, "
            "1], expected its low number below its high one"
        ),
        id="a uniform the wrong way round",
    ),
    pytest.param(
        "parameters.toml",
        "{ fixed = 1e9,",
        "{ fixed = 1e9, bounds = [0, 1],",
        (
            "parameters.toml: arsenal.initial_stock.of.BBB.oil: found fixed [1e+09] in "
            "[0, 1] with 0% of its mass within the bounds, expected at least 90%\n"
            "  hint: widen the bounds, or move the prior"
        ),
        id="fixed outside",
    ),
    pytest.param(
        "parameters.toml",
        "beta = [2, 5]",
        "beta = [2, 5], fixed = 1",
        (
            "parameters.toml: war.manning_elasticity.value: found beta and fixed, "
            "expected exactly one of normal, lognormal, beta, uniform, fixed"
        ),
        id="two distributions",
    ),
    pytest.param(
        "parameters.toml",
        "{ beta = [2, 5], ",
        "{ ",
        (
            "parameters.toml: war.manning_elasticity.value: found no distribution, "
            "expected exactly one of normal, lognormal, beta, uniform, fixed"
        ),
        id="no distribution",
    ),
    pytest.param(
        "parameters.toml",
        "beta = [2, 5]",
        "bta = [2, 5]",
        (
            "parameters.toml: war.manning_elasticity.value.bta: found a key that is "
            "not known here, expected one of normal, lognormal, beta, uniform, fixed, "
            "bounds, unit, status, sources, note\n"
            "  hint: did you mean 'beta'?"
        ),
        id="misspelt distribution",
    ),
    pytest.param(
        "parameters.toml",
        '{ beta = [2, 5], status = "assumed" }',
        '{ beta = [2, 5], status = "assume" }',
        (
            "parameters.toml: war.manning_elasticity.value: found status 'assume', "
            "expected one of measured, estimated, assumed\n"
            "  hint: did you mean 'assumed'?"
        ),
        id="unknown status",
    ),
    pytest.param(
        "parameters.toml",
        '{ beta = [2, 5], status = "assumed" }',
        "{ beta = [2, 5] }",
        (
            "parameters.toml: war.manning_elasticity.value: found no 'status', "
            "expected one of measured, estimated, assumed"
        ),
        id="no status",
    ),
    pytest.param(
        "parameters.toml",
        '{ beta = [2, 5], status = "assumed" }',
        '{ beta = [2, 5], status = "estimated" }',
        (
            "parameters.toml: war.manning_elasticity.value: found status 'estimated' "
            "without sources, expected sources, or the status 'assumed'"
        ),
        id="estimated without sources",
    ),
    pytest.param(
        "parameters.toml",
        '{ beta = [2, 5], status = "assumed" }',
        '{ beta = [2, 5], status = "assumed", sources = "E1" }',
        (
            "parameters.toml: war.manning_elasticity.value: found sources 'E1', "
            "expected a list of texts"
        ),
        id="sources that are no list",
    ),
    pytest.param(
        "parameters.toml",
        '{ beta = [2, 5], status = "assumed" }',
        '{ beta = [2, 5], status = "assumed", note = 1 }',
        ("parameters.toml: war.manning_elasticity.value.note: found 1, expected a text"),
        id="a note that is no text",
    ),
    pytest.param(
        "parameters.toml",
        ("otherwise = 0.5\n[ledger.transit_loss]"),
        ("othrwise = 0.5\n[ledger.transit_loss]"),
        (
            "parameters.toml: ledger.transit_time.othrwise: found a key that is not "
            "known here, expected one of description, unit, otherwise, value, of\n"
            "  hint: did you mean 'otherwise'?"
        ),
        id="misspelt key of a table",
    ),
    pytest.param(
        "parameters.toml",
        ("otherwise = 0.5\n[ledger.transit_loss]"),
        "[ledger.transit_loss]",
        (
            "parameters.toml: ledger.transit_time: found no prior, expected a key "
            "'value', 'of' or 'otherwise'"
        ),
        id="no prior at all",
    ),
    pytest.param(
        "parameters.toml",
        "value = { beta = [2, 5]",
        ("otherwise = 1\nvalue = { beta = [2, 5]"),
        (
            "parameters.toml: war.manning_elasticity: found 'value' beside 'of' or "
            "'otherwise', expected 'value' for one number, 'of' and 'otherwise' for "
            "one a member"
        ),
        id="value and otherwise",
    ),
    pytest.param(
        "parameters.toml",
        'description = "Mean time that goods are under way"\n',
        "",
        ("parameters.toml: ledger.transit_time.description: found no such key, expected a text"),
        id="no description",
    ),
    pytest.param(
        "parameters.toml",
        'value = { beta = [2, 5], status = "assumed" }',
        "value = 0.3",
        "parameters.toml: war.manning_elasticity.value: found 0.3, expected a table",
        id="a prior that is no table",
    ),
    pytest.param(
        "parameters.toml",
        "[ledger.transit_loss]",
        "[ledger.transit_time]",
        (
            "parameters.toml: found Cannot declare ('ledger', 'transit_time') twice "
            "(at line 12, column 21), expected valid TOML"
        ),
        id="a parameter twice",
    ),
    pytest.param(
        "parameters.toml",
        ('unit = "month"\notherwise = 0.5'),
        ('unit = "mnth"\notherwise = 0.5'),
        (
            "parameters.toml: ledger.transit_time: found unit 'mnth', expected a unit "
            "that pint or this project defines\n"
            "  hint: did you mean 'month'?"
        ),
        id="unknown unit of a parameter",
    ),
    pytest.param(
        "parameters.toml",
        'unit = "barrel", status',
        'unit = "barrels daily", status',
        (
            "parameters.toml: arsenal.initial_stock.of.BBB.oil: found unit 'barrels "
            "daily', expected a unit that pint or this project defines"
        ),
        id="unknown unit of a prior",
    ),
)


@pytest.mark.parametrize(("file", "old", "new", "message"), REFUSED)
def test_a_fault_in_a_prior_is_named(tmp_path, file, old, new, message):
    assert refusal(tmp_path, file, old, new) == message


PRIORS = {
    "normal": Prior("normal", (0.83, 0.08), 0.5, 0.97, "dimensionless", "assumed"),
    "normal, cut on both sides": Prior("normal", (0.0, 1.0), -1.7, 1.7, "USD", "assumed"),
    "lognormal": Prior("lognormal", (900000.0, 0.45), 150000.0, 4e6, "round", "assumed"),
    "lognormal, small": Prior("lognormal", (1.5e-10, 0.9), 2e-12, 3e-9, "1/USD", "assumed"),
    "lognormal, down to zero": Prior("lognormal", (3.0, 0.5), 0.0, 6.0, "month", "assumed"),
    "beta": Prior("beta", (2.0, 5.0), 0.0, 1.0, "dimensionless", "assumed"),
    "beta, at one end": Prior("beta", (2.0, 98.0), 0.0, 1.0, "dimensionless", "assumed"),
    "uniform": Prior("uniform", (-2.0, 3.0), -2.0, 3.0, "dimensionless", "assumed"),
    "uniform, cut": Prior("uniform", (0.0, 1.0), 0.05, 1.0, "dimensionless", "assumed"),
    "fixed": Prior("fixed", (1.3e6,), 1.3e6, 1.3e6, "person", "assumed"),
}
RUNS = 20000
SHARES = np.array([0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99])


def _reference(prior: Prior):
    """The untruncated distribution, as SciPy has it."""
    first, second, *_ = prior.arguments
    return {
        "normal": lambda: stats.norm(first, second),
        "lognormal": lambda: stats.lognorm(second, scale=first),
        "beta": lambda: stats.beta(first, second),
        "uniform": lambda: stats.uniform(first, second - first),
    }[prior.family]()


@pytest.fixture(scope="module")
def drawn():
    return {k: np.asarray(v) for k, v in draw(PRIORS, 1, np.arange(RUNS)).items()}


@pytest.mark.parametrize("name", PRIORS)
def test_the_priors_that_are_tested_are_good_ones(name):
    PRIORS[name].check(name)


@pytest.mark.parametrize("name", PRIORS)
def test_draws_lie_within_their_bounds(drawn, name):
    prior = PRIORS[name]
    assert drawn[name].shape == (RUNS,)
    assert (drawn[name] >= np.float32(prior.low)).all()
    assert (drawn[name] <= np.float32(prior.high)).all()


@pytest.mark.parametrize("name", [n for n, p in PRIORS.items() if p.family != "fixed"])
def test_draws_follow_the_truncated_distribution(drawn, name):
    prior = PRIORS[name]
    whole = _reference(prior)
    low, high = whole.cdf([prior.low, prior.high])
    # the share of draws below each quantile, within four standard errors
    quantiles = whole.ppf(low + SHARES * (high - low))
    below = (drawn[name][:, None] <= quantiles).mean(axis=0)
    assert np.abs(below - SHARES).max() < 4 * np.sqrt(0.25 / RUNS)
    assert (np.abs(below - SHARES) < 4 * np.sqrt(SHARES * (1 - SHARES) / RUNS)).all()


def test_a_fixed_number_is_always_that_number(drawn):
    assert set(drawn["fixed"]) == {1.3e6}


@pytest.mark.parametrize("name", [n for n, p in PRIORS.items() if p.family != "fixed"])
def test_the_distribution_is_the_truncated_one(name):
    prior = PRIORS[name]
    whole = _reference(prior)
    low, high = whole.cdf([prior.low, prior.high])
    at = whole.ppf(low + SHARES * (high - low))
    density = whole.pdf(at) / (high - low)
    ours = jax.vmap(prior.distribution.log_prob)(at.astype(np.float32))
    np.testing.assert_allclose(np.exp(ours), density, rtol=2e-3)


@pytest.mark.parametrize("name", [n for n, p in PRIORS.items() if p.family != "fixed"])
def test_draws_follow_the_numpyro_distribution(drawn, name):
    prior = PRIORS[name]
    grid = np.linspace(prior.low, prior.high, 20001, dtype=np.float32)[1:-1]
    density = np.exp(jax.vmap(prior.distribution.log_prob)(grid)).astype(float)
    share = np.cumsum(density) / density.sum()
    at = grid[np.searchsorted(share, SHARES)]
    below = (drawn[name][:, None] <= at).mean(axis=0)
    assert np.abs(below - SHARES).max() < 4 * np.sqrt(0.25 / RUNS)


@pytest.mark.parametrize("name", PRIORS)
def test_the_centre_lies_within_the_bounds(name):
    prior = PRIORS[name]
    assert prior.low <= prior.centre <= prior.high


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


def test_a_prior_shows_its_numbers_and_bounds():
    assert str(PRIORS["normal"]) == "normal [0.83, 0.08] in [0.5, 0.97]"


def test_a_number_is_labelled_by_its_member():
    assert label("war.volatility", "") == "war.volatility"
    assert label("war.required", "BBB") == "war.required[BBB]"


@pytest.mark.parametrize("family", ["normal", "lognormal"])
def test_more_room_between_the_bounds_never_makes_a_prior_worse(family):
    priors = [
        Prior(family, (10.0, 0.5), 10.0 - room, 10.0 + room, "USD", "assumed")
        for room in (0.1, 1.0, 4.0, 9.0)
    ]
    masses = [prior._mass_within() for prior in priors]
    assert all(less < more for less, more in pairwise(masses))
    whole = [_reference(prior) for prior in priors]
    exact = [w.cdf(p.high) - w.cdf(p.low) for w, p in zip(whole, priors, strict=True)]
    np.testing.assert_allclose(masses, exact, rtol=1e-9)
