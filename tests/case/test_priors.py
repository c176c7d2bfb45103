"""Priors: every fault has one whole message, and what their bounds leave is measured right."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from servanda.case import Prior
from servanda.case.priors import label
from tests.case.refusals import refusal
from tests.priors import PRIORS, reference

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
            "known here, expected one of description, unit, otherwise, value, of, wider\n"
            "  hint: did you mean 'otherwise'?"
        ),
        id="misspelt key of a table",
    ),
    pytest.param(
        "parameters.toml",
        ("otherwise = 0.5\n[ledger.transit_loss]"),
        "[ledger.transit_loss]",
        (
            "parameters.toml line 9: ledger.transit_time: found no prior, expected a key "
            "'value', 'of' or 'otherwise'"
        ),
        id="no prior at all",
    ),
    pytest.param(
        "parameters.toml",
        "value = { beta = [2, 5]",
        ("otherwise = 1\nvalue = { beta = [2, 5]"),
        (
            "parameters.toml line 41: war.manning_elasticity: found 'value' beside 'of' or "
            "'otherwise', expected 'value' for one number, 'of' and 'otherwise' for "
            "one number a member"
        ),
        id="value and otherwise",
    ),
    pytest.param(
        "parameters.toml",
        'description = "Mean time that goods are under way"\n',
        "",
        (
            "parameters.toml line 9: ledger.transit_time.description: found no such key, "
            "expected a text"
        ),
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
            "(at column 21), expected valid TOML"
        ),
        id="a parameter twice",
    ),
    pytest.param(
        "parameters.toml",
        ('unit = "month"\notherwise = 0.5'),
        ('unit = "mnth"\notherwise = 0.5'),
        (
            "parameters.toml: ledger.transit_time.unit: found unit 'mnth', expected a unit "
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


@pytest.mark.parametrize("name", PRIORS)
def test_the_priors_that_are_tested_are_good_ones(name):
    PRIORS[name].check(name)


@pytest.mark.parametrize("name", PRIORS)
def test_the_centre_lies_within_the_bounds(name):
    prior = PRIORS[name]
    assert prior.low <= prior.centre <= prior.high


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
    whole = [reference(prior) for prior in priors]
    exact = [w.cdf(p.high) - w.cdf(p.low) for w, p in zip(whole, priors, strict=True)]
    np.testing.assert_allclose(masses, exact, rtol=1e-9)
