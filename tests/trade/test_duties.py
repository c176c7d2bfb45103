"""Duties that the importing country collects: by hand, by law, as measures, and bad input."""

from __future__ import annotations

from dataclasses import replace

import hypothesis.strategies as st
import jax
import numpy as np
import pytest
from hypothesis import given, settings

from servanda.errors import UsageError
from servanda.trade import Economy, Regime, counterfactual, counterfactuals, solution, trade_costs
from servanda.trade.leverage import take
from tests.small_world import ABC, BASELINE, ECONOMY, FLOWS, SOLD

AB = ABC[:2]
TWO = Economy(AB, np.array([[90.0, 30.0], [30.0, 170.0]]))


def duty(tariff: float, *pairs: tuple[int, int], n: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """The cost change of a tariff on some pairs, and the share that is collected."""
    cost, revenue = np.ones((n, n)), np.zeros((n, n))
    for pair in pairs:
        cost[pair], revenue[pair] = 1 + tariff, tariff / (1 + tariff)
    return cost, revenue


# --- by hand ------------------------------------------------------------


def test_symmetric_countries_that_keep_their_duties():
    # By symmetry no wage moves. P^(1−σ) = 0.8 + 0.2 × 1.5^−4 = 0.8395061728, P = 1.0447058. Of
    # spending, 0.2 × 1.5^−4 / 0.8395061728 = 0.0470588 goes abroad, and a third of that is duty:
    # E / Y = 1 / (1 − 0.0156863) = 1.0159363, so real income is 1.0159363 / 1.0447058 = 0.9724616.
    # Revenue is 1.5936255 of 100, and sellers abroad receive 2 / 3 × 0.0470588 × 101.59363.
    economy = Economy(AB, np.array([[80.0, 20.0], [20.0, 80.0]]))
    cost, revenue = duty(0.5, (0, 1), (1, 0))
    after = counterfactual(economy, cost, 5.0, revenue=revenue)
    np.testing.assert_allclose(after.wage, [1, 1], rtol=1e-10)
    np.testing.assert_allclose(after.real_income, [0.9724616] * 2, rtol=1e-7)
    np.testing.assert_allclose(after.revenue, [1.5936255] * 2, rtol=1e-7)
    assert after.flows[0, 1] == pytest.approx(3.1872510, rel=1e-7)
    np.testing.assert_allclose(after.flows.sum(axis=1), [100, 100], rtol=1e-10)


def test_the_optimal_tariff_of_a_country_against_one_other():
    # Gros (1987): 1 / ((σ − 1) λ), λ the share that the other country spends on its own goods: the
    # inverse of the elasticity with which it supplies its exports.
    sigma = 5.0
    with jax.enable_x64(True):
        solve = solution(TWO)

        def income(tariff):
            cost = jax.numpy.ones((2, 2)).at[1, 0].set(1 + tariff)
            revenue = jax.numpy.zeros((2, 2)).at[1, 0].set(tariff / (1 + tariff))
            after = solve(cost, sigma, revenue)
            return after.real_income[0], after.flows[1, 1] / after.flows[:, 1].sum()

        slope = jax.jit(jax.grad(income, has_aux=True))
        low, high = 0.01, 2.0
        for _ in range(50):
            middle = (low + high) / 2
            rises, home = slope(middle)
            low, high = (middle, high) if rises > 0 else (low, middle)
    assert middle == pytest.approx(1 / ((sigma - 1) * float(home)), rel=1e-9)


def test_a_small_duty_is_a_gain_where_the_same_cost_is_a_loss():
    cost, revenue = duty(0.1, (1, 0))
    kept, lost = (
        counterfactual(TWO, cost, 5.0, revenue=share).real_income for share in (revenue, None)
    )
    assert kept[0] > 1 > lost[0]
    assert kept[1] < 1


# --- laws ------------------------------------------------------------


@given(st.integers(0, 2**32 - 1), st.sampled_from(["export-share", "additive"]))
@settings(max_examples=20)
def test_what_is_earned_collected_and_lent_is_what_is_spent(seed, closure):
    rng = np.random.default_rng(seed)
    economy = Economy(ABC, FLOWS * rng.uniform(0.9, 1.1, (3, 3)), 0.7)
    cost = np.where(np.eye(3), 1, rng.uniform(1, 1.4, (3, 3)))
    revenue = rng.uniform(0, 1, (3, 3)) * (1 - 1 / cost)
    after = counterfactual(economy, cost, 4.0, closure, revenue=revenue)
    # Sellers receive what buyers pay less duties, so that each pays flows / (1 − share).
    paid = after.flows / (1 - revenue)
    np.testing.assert_allclose((paid * revenue).sum(axis=0), after.revenue, rtol=1e-9)
    earned = economy.flows.sum(axis=1) * after.wage
    np.testing.assert_allclose(after.flows.sum(axis=1), earned, rtol=1e-9)
    loans = paid.sum(axis=0) - earned - after.revenue
    assert loans.sum() == pytest.approx(0, abs=1e-8)


def test_where_nothing_is_collected_nothing_changes():
    cost, _ = duty(0.5, (1, 0))
    without = counterfactual(TWO, cost, 5.0)
    zero = counterfactual(TWO, cost, 5.0, revenue=np.zeros((2, 2)))
    np.testing.assert_allclose(zero.real_income, without.real_income, rtol=1e-12)
    np.testing.assert_array_equal(zero.revenue, [0, 0])


# --- as measures ------------------------------------------------------------

WHOLE = replace(SOLD, cover=(1.0, 1.0, 1.0), tariff_equivalent=(1.0, 1.0, 1.0), revenue=1.0)
HALF = replace(WHOLE, cover=(0.5, 0.5, 0.5))


def share_of(*measures) -> float:
    """What BBB collects of what it pays for AAA's fuels, at σ = 4."""
    costs = trade_costs(Regime("r", "", measures), ECONOMY, np.array([[4.0, 4.0]]), np.zeros(1))
    assert costs.revenue is not None
    assert costs.revenue.sum() == costs.revenue[0, 0, 0, 1]
    return float(costs.revenue[0, 0, 0, 1])


def test_a_tariff_as_high_as_the_price_is_half_of_what_buyers_pay():
    assert share_of(WHOLE) == pytest.approx(1 / 2, rel=1e-12)
    assert share_of(replace(WHOLE, revenue=0.4)) == pytest.approx(0.2, rel=1e-12)


def test_of_a_flow_covered_by_half_less_is_collected_as_buyers_avoid_the_duty():
    # t^(1−σ) = 0.5 + 0.5 × 2^−3 = 0.5625, of which covered goods are 0.0625: a ninth.
    assert share_of(HALF) == pytest.approx(1 / 18, rel=1e-12)


def test_of_two_duties_each_takes_its_share_of_what_the_other_leaves():
    assert share_of(WHOLE, WHOLE) == pytest.approx(3 / 4, rel=1e-12)


def test_a_regime_without_duties_collects_nothing():
    regime = Regime("r", "", (replace(WHOLE, revenue=0.0),))
    assert trade_costs(regime, ECONOMY, np.full((1, 2), 4.0), np.zeros(1)).revenue is None


def test_a_sender_that_keeps_the_duty_pays_less_and_its_target_no_less():
    sigma, centre = np.array([[8.0, 5.5]]), np.zeros(1)
    kept, lost = (
        take(Regime("r", "", (replace(WHOLE, revenue=share),)), BASELINE, sigma, centre).income[0]
        for share in (1.0, 0.0)
    )
    assert kept[1] > lost[1]
    assert kept[0] < 1


# --- bad input ------------------------------------------------------------

UP_TO = (
    "expected a share from 0 to {}, which a cost change of {} adds\n"
    "  hint: a duty t adds t to the price and collects t / (1 + t) of what buyers pay"
)


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        ((1, 0), 1.0, f"from 'BBB' to 'AAA': found 1.0, {UP_TO.format(0.3333, 1.5)}"),
        ((1, 0), 0.334, f"from 'BBB' to 'AAA': found 0.334, {UP_TO.format(0.3333, 1.5)}"),
        ((1, 0), -0.1, f"from 'BBB' to 'AAA': found -0.1, {UP_TO.format(0.3333, 1.5)}"),
        ((1, 0), np.nan, f"from 'BBB' to 'AAA': found nan, {UP_TO.format(0.3333, 1.5)}"),
        ((0, 1), 0.1, f"from 'AAA' to 'BBB': found 0.1, {UP_TO.format(0, 1)}"),
        (
            (1, 1),
            0.1,
            "from 'BBB' to 'BBB': found 0.1, expected 0, because no duty is collected at home",
        ),
    ],
)
def test_shares_that_cannot_be_collected(place, value, message):
    cost, revenue = duty(0.5, (1, 0))
    revenue[place] = value
    with pytest.raises(UsageError) as caught:
        counterfactual(TWO, cost, 5.0, revenue=revenue)
    assert str(caught.value) == f"revenue {message}"
    with pytest.raises(UsageError) as caught:
        counterfactuals(TWO, cost[None], 5.0, revenue=revenue[None])
    assert str(caught.value) == f"revenue of run 0 {message}"


def test_as_many_duties_as_costs():
    cost, revenue = duty(0.5, (1, 0))
    with pytest.raises(UsageError) as caught:
        counterfactuals(TWO, np.stack([cost, cost]), 5.0, revenue=revenue[None])
    assert str(caught.value) == "revenue: found 1 runs, expected 2, as many as cost changes"


def test_held_shares_have_no_duties():
    cost, revenue = duty(0.5, (1, 0))
    with pytest.raises(UsageError) as caught:
        counterfactual(TWO, cost, 5.0, "held-shares", revenue=revenue)
    assert str(caught.value) == (
        "revenue: found duties under the closure 'held-shares', which keeps spending as observed,"
        " expected another closure"
    )
