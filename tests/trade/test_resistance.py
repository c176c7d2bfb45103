"""Multilateral resistances: worked out by hand, laws, and a published table."""

from __future__ import annotations

from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from servanda.errors import UsageError
from servanda.sources import agtpa
from servanda.trade import resistance
from servanda.trade.counterfactual import counterfactual
from servanda.trade.gravity import estimate
from servanda.trade.resistance import Resistances, balance, economy_from_costs, resistances

CODES = ("AAA", "BBB", "CCC", "DDD", "EEE", "FFF")


# --- by hand ------------------------------------------------------------


def test_two_symmetric_countries():
    # P = 1 in both, so Π^(−4) = ½ × 1 + ½ × 0.5 = 0.75 and Π = 0.75^(−1/4) = 1.07456993.
    ease = np.array([[1.0, 0.5], [0.5, 1.0]])
    found = resistances(("A", "B"), ease, np.ones(2), np.ones(2), 5.0, "A")
    np.testing.assert_allclose(found.inward, [1, 1], rtol=1e-12)
    np.testing.assert_allclose(found.outward, [1.07456993] * 2, rtol=1e-8)


def test_a_buyer_that_bears_twice_the_cost_of_every_origin():
    # B pays double on everything, whoever sells: its P is 2 and no one else is touched. The ease of
    # a cost of 2 at σ = 3 is 2^(−2) = 0.25.
    ease = np.array([[1.0, 0.25, 1.0]] * 3)
    found = resistances(CODES[:3], ease, np.array([3.0, 5, 2]), np.array([4.0, 5, 1]), 3.0, "AAA")
    np.testing.assert_allclose(found.inward, [1, 2, 1], rtol=1e-12)
    np.testing.assert_allclose(found.outward, [1, 1, 1], rtol=1e-12)


def test_a_seller_that_bears_twice_the_cost_to_every_destination():
    ease = np.array([[1.0], [0.25], [1.0]]) * np.ones((3, 3))
    found = resistances(CODES[:3], ease, np.array([3.0, 5, 2]), np.array([4.0, 5, 1]), 3.0, "AAA")
    np.testing.assert_allclose(found.inward, [1, 1, 1], rtol=1e-12)
    np.testing.assert_allclose(found.outward, [1, 2, 1], rtol=1e-12)


def test_a_country_alone_bears_its_own_cost_as_a_seller():
    found = resistances(("A",), np.array([[0.25]]), np.array([7.0]), np.array([7.0]), 3.0, "A")
    np.testing.assert_allclose([found.inward[0], found.outward[0]], [1, 2], rtol=1e-12)


# --- laws ------------------------------------------------------------


@st.composite
def worlds(draw):
    """Ease, output, expenditure and σ of a random world: any sizes, costs over many orders."""
    n = draw(st.integers(2, 6))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    ease = np.exp(-rng.uniform(0, draw(st.sampled_from([1.0, 5.0, 12.0])), (n, n)))
    sizes = np.exp(rng.uniform(-5, 5, (2, n)))
    output, expenditure = sizes / sizes.sum(axis=1, keepdims=True)
    return ease, 1000 * output, 1000 * expenditure, draw(st.sampled_from([1.5, 4.0, 9.0]))


some = settings(max_examples=40)


def solved(world, reference: str = "AAA") -> Resistances:
    ease, output, expenditure, sigma = world
    return resistances(CODES[: len(ease)], ease, output, expenditure, sigma, reference)


@some
@given(worlds())
def test_the_equations_of_anderson_and_van_wincoop_hold(world):
    ease, output, expenditure, sigma = world
    found = solved(world)
    outward, inward = found.outward ** (1 - sigma), found.inward ** (1 - sigma)
    made = output.sum()
    np.testing.assert_allclose(outward, ease @ (expenditure / inward) / made, rtol=1e-9)
    np.testing.assert_allclose(inward, ease.T @ (output / outward) / made, rtol=1e-9)
    assert found.inward[0] == pytest.approx(1, rel=1e-12)


@some
@given(worlds())
def test_flows_add_up_to_output_and_expenditure(world):
    ease, output, expenditure, sigma = world
    found = solved(world)
    power = sigma - 1
    flows = np.outer(output, expenditure) / output.sum() * ease
    flows *= np.outer(found.outward**power, found.inward**power)
    np.testing.assert_allclose(flows.sum(axis=1), output, rtol=1e-10)
    np.testing.assert_allclose(flows.sum(axis=0), expenditure, rtol=1e-10)


@some
@given(worlds())
def test_sweeping_over_rows_and_columns_comes_to_the_same(world):
    # The iterative procedure by which the multilateral resistances are usually solved.
    ease, output, expenditure, sigma = world
    ease = ease**0.2  # near enough to one another for the sweeps to end
    inward = np.ones(len(ease))
    for _ in range(1000):
        outward = ease @ (expenditure / inward) / output.sum()
        inward = ease.T @ (output / outward) / output.sum()
    level = inward[0]
    found = solved((ease, output, expenditure, sigma))
    np.testing.assert_allclose(found.inward, (inward / level) ** (1 / (1 - sigma)), rtol=1e-8)
    np.testing.assert_allclose(found.outward, (outward * level) ** (1 / (1 - sigma)), rtol=1e-8)


@some
@given(worlds())
def test_another_reference_moves_only_the_level(world):
    found, other = solved(world), solved(world, "BBB")
    assert other.inward[1] == pytest.approx(1, rel=1e-12)
    np.testing.assert_allclose(other.inward, found.inward / found.inward[1], rtol=1e-9)
    np.testing.assert_allclose(other.outward, found.outward * found.inward[1], rtol=1e-9)


@some
@given(worlds(), st.sampled_from([1e-6, 1e9]))
def test_the_unit_of_money_does_not_matter(world, unit):
    ease, output, expenditure, sigma = world
    found, other = solved(world), solved((ease, output * unit, expenditure * unit, sigma))
    np.testing.assert_allclose(other.inward, found.inward, rtol=1e-9)
    np.testing.assert_allclose(other.outward, found.outward, rtol=1e-9)


@some
@given(worlds(), st.sampled_from([1e-100, 1e-3, 1e100]))
def test_the_scale_of_ease_is_borne_by_sellers(world, scale):
    ease, output, expenditure, sigma = world
    found, other = solved(world), solved((ease * scale, output, expenditure, sigma))
    np.testing.assert_allclose(other.inward, found.inward, rtol=1e-8)
    times = scale ** (1 / (1 - sigma))
    np.testing.assert_allclose(other.outward, found.outward * times, rtol=1e-8)


@some
@given(worlds(), st.randoms(use_true_random=False))
def test_relabelling_changes_nothing(world, random):
    ease, output, expenditure, sigma = world
    order = list(range(len(ease)))
    random.shuffle(order)
    codes = tuple(CODES[i] for i in order)
    found = solved(world)
    other = resistances(
        codes, ease[np.ix_(order, order)], output[order], expenditure[order], sigma, "AAA"
    )
    np.testing.assert_allclose(other.inward, found.inward[order], rtol=1e-9)
    np.testing.assert_allclose(other.outward, found.outward[order], rtol=1e-9)


@pytest.mark.parametrize("log_ease", [-5.0, -20.0, -100.0, -600.0])
def test_rows_and_columns_add_up_however_far_apart_countries_are(log_ease):
    # Each must trade a little, as what it makes is not what it spends, at whatever cost.
    apart = np.where(np.eye(5, dtype=bool), 0.0, log_ease)
    output, expenditure = np.array([1.0, 2, 3, 4, 5]), np.array([1.001, 1.998, 3, 4, 5.001])
    seller, buyer = balance(apart, output, expenditure)
    flows = np.exp(apart + seller[:, None] + buyer)
    np.testing.assert_allclose(flows.sum(axis=1), output, rtol=1e-11)
    np.testing.assert_allclose(flows.sum(axis=0), expenditure, rtol=1e-11)


# --- a published table ------------------------------------------------------------


def test_the_baseline_of_the_advanced_guides_border_experiment(data: Path):
    """All 69 countries, both sides, to seven digits.

    The guide (chapter 2, application 1) reads them off the effects of its regression: IMR is
    E_j / (exp(χ_j) E_R) and OMR is Y_i E_R / exp(π_i), with χ zero in Germany, R, and E_R what
    Germany spends. As X_ij = exp(π_i + χ_j) t_ij^(1−σ) is also Y_i E_j t_ij^(1−σ) / (IMR_j OMR_i),
    E_R drops out: their IMR is P^(1−σ) with P = 1 in Germany, and their OMR is Y Π^(1−σ), with Y
    the world's output, which the theory's equation divides by and theirs does not.
    """
    models = data / "models"
    costs = ("ln_DIST", "CNTG", "INTL_BRDR")
    rows = agtpa.read_border_input(models / agtpa.INPUT, costs, "DEU")
    gravity = estimate(rows, costs)
    sigma = 7.0
    found = gravity.resistances(sigma, "DEU")
    published = agtpa.read_border_results(models)
    assert sorted(published.index) == list(found.countries)
    for name, ours in (
        ("IMR_BLN", found.inward ** (1 - sigma)),
        ("OMR_BLN", found.outward ** (1 - sigma) * rows["trade"].sum()),
    ):
        np.testing.assert_allclose(ours, published.loc[list(found.countries), name], rtol=1e-7)


# --- errors ------------------------------------------------------------

GOOD = {
    "countries": ("AAA", "BBB"),
    "ease": np.array([[1.0, 0.5], [0.5, 1.0]]),
    "output": np.array([2.0, 1.0]),
    "expenditure": np.array([1.0, 2.0]),
    "elasticity": 5.0,
    "reference": "AAA",
}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"elasticity": 1.0},
            "elasticity of substitution: found 1.0, expected a finite number above 1",
        ),
        (
            {"reference": "aab"},
            (
                "country of reference: found 'aab', expected one of AAA, BBB\n"
                "  hint: did you mean 'AAA'?"
            ),
        ),
        (
            {"ease": np.ones((2, 3))},
            "ease: found an array of shape (2, 3), expected shape (2, 2) for the 2 countries",
        ),
        (
            {"output": np.ones(3), "expenditure": np.ones(3)},
            "output: found an array of shape (3,), expected shape (2,) for the 2 countries",
        ),
        (
            {"ease": np.array([[1.0, 0.0], [0.5, 1.0]])},
            "ease from 'AAA' to 'BBB': found 0.0, expected a positive number",
        ),
        (
            {"output": np.array([2.0, np.nan])},
            "output of 'BBB': found nan, expected a positive number",
        ),
        (
            {"expenditure": np.array([-1.0, 4.0])},
            "expenditure of 'AAA': found -1.0, expected a positive number",
        ),
        (
            {"expenditure": np.array([1.0, 2.5])},
            (
                "total expenditure: found 3.5, expected the total of output, 3\n"
                "  hint: world expenditure is world output: scale expenditure by the ratio of"
                " the totals"
            ),
        ),
        (
            {"ease": np.array([[1.0, 1e-20], [1e-20, 1.0]]), "expenditure": np.array([2.0, 1.0])},
            (
                "multilateral resistances: found a group of countries that trades a share of 0e+00"
                " of its output with the rest, expected at least 1e-08\n"
                "  hint: price levels of countries that do not trade cannot be compared:"
                " check the units of ease"
            ),
        ),
    ],
)
def test_what_cannot_be_solved_is_named(change, message):
    with pytest.raises(UsageError) as error:
        resistances(**(GOOD | change))
    assert str(error.value) == message


def test_what_was_not_reached_is_said(monkeypatch):
    monkeypatch.setattr(resistance, "MAX_STEPS", 1)
    with pytest.raises(UsageError) as error:
        resistances(**GOOD)
    # At first A sells (2/3)/(2/3 + 1/6) = 0.8 of the 1 that A spends and (1/3)/(1/3 + 1/3) = 0.5 of
    # the 2 that B does: 1.8 of its 2. B sells 1.2 of its 1. Gaps of log 0.9 and log 1.2 lie
    # log(4/3) = 0.29 apart.
    assert str(error.value) == (
        "multilateral resistances: found totals a relative 2.9e-01 from output and expenditure,"
        " expected at most 1e-12\n"
        "  hint: some countries hardly trade at these costs, but their totals require trade:"
        " check the units of ease"
    )


# --- an economy from costs and totals ----------------------------------------------

COSTS = np.array([[1.0, 1.5, 1.2], [1.4, 1.0, 1.3], [1.1, 1.6, 1.0]])
MADE, SPENT = np.array([100.0, 60.0, 30.0]), np.array([90.0, 70.0, 30.0])


def test_flows_from_costs_and_totals_are_those_of_the_gravity_equation():
    economy = economy_from_costs(CODES[:3], COSTS, MADE, SPENT, 5.0)
    np.testing.assert_allclose(economy.flows.sum(axis=1), MADE, rtol=1e-11)
    np.testing.assert_allclose(economy.flows.sum(axis=0), SPENT, rtol=1e-11)
    found = resistances(CODES[:3], COSTS**-4, MADE, SPENT, 5.0, "AAA")
    expected = np.outer(MADE, SPENT) / MADE.sum()
    expected *= (COSTS / np.outer(found.outward, found.inward)) ** -4
    np.testing.assert_allclose(economy.flows, expected, rtol=1e-10)
    dearer = economy_from_costs(CODES[:3], 2 * COSTS, MADE, SPENT, 5.0)
    np.testing.assert_allclose(dearer.flows, economy.flows, rtol=1e-11)


def test_new_costs_and_new_totals_give_the_flows_of_the_counterfactual():
    economy = economy_from_costs(CODES[:3], COSTS, MADE, SPENT, 5.0)
    change = np.array([[1.0, 1.3, 1.0], [1.0, 1.0, 0.9], [1.2, 1.0, 1.0]])
    after = counterfactual(economy, change, 5.0).flows
    totals = after.sum(axis=1), after.sum(axis=0)
    again = economy_from_costs(CODES[:3], COSTS * change, *totals, 5.0)
    np.testing.assert_allclose(again.flows, after, rtol=1e-8)


@pytest.mark.parametrize(
    ("costs", "spent", "sigma", "message"),
    [
        (
            COSTS,
            SPENT,
            1.0,
            "elasticity of substitution: found 1.0, expected a finite number above 1",
        ),
        (
            COSTS - 1,
            SPENT,
            5.0,
            "costs from 'AAA' to 'AAA': found 0.0, expected a positive number",
        ),
        (
            COSTS,
            2 * SPENT,
            5.0,
            (
                "total expenditure: found 380, expected the total of output, 190\n"
                "  hint: world expenditure is world output: scale expenditure by the ratio of the"
                " totals"
            ),
        ),
    ],
)
def test_costs_and_totals_that_make_no_economy(costs, spent, sigma, message):
    with pytest.raises(UsageError) as caught:
        economy_from_costs(CODES[:3], costs, MADE, spent, sigma)
    assert str(caught.value) == message
