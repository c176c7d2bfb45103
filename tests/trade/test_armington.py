"""The gravity solver: cases worked out by hand, laws over random economies, independent oracles."""

from __future__ import annotations

import dataclasses
import math

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import assume, given, settings

from servanda.errors import UsageError
from servanda.trade import Economy, counterfactual
from servanda.trade.closure import CLOSURES
from tests.small_world import multiples

ABC = ("AAA", "BBB", "CCC")
AB = ABC[:2]
# Balanced: each country's row and column have the same sum, though no two flows are alike.
BALANCED = np.array([[70.0, 20.0, 10.0], [25.0, 100.0, 5.0], [5.0, 10.0, 30.0]])
UNBALANCED = np.array([[70.0, 30.0, 10.0], [5.0, 100.0, 5.0], [5.0, 1.0, 30.0]])


def apart(n: int, cost: float) -> np.ndarray:
    """A cost change for every pair but a country with itself."""
    return np.where(np.eye(n, dtype=bool), 1.0, cost)


# --- by hand ------------------------------------------------------------


@pytest.mark.parametrize("closure", CLOSURES[:-1])
@pytest.mark.parametrize("share", [1.0, 0.5])
def test_no_change_changes_no_bit(closure, share):
    after = counterfactual(Economy(ABC, UNBALANCED, share), np.ones((3, 3)), 5.0, closure)
    for change in (after.price, after.wage, after.price_index, after.real_income):
        assert change.tolist() == [1.0, 1.0, 1.0]
    assert after.flows.tolist() == UNBALANCED.tolist()
    assert (after.steps, after.residual) == (0, 0.0)


@pytest.mark.parametrize("closure", CLOSURES[:-1])
def test_almost_no_change_changes_almost_nothing(closure):
    after = counterfactual(Economy(ABC, UNBALANCED, 0.5), apart(3, 1 + 1e-9), 5.0, closure)
    np.testing.assert_allclose(after.real_income, 1, rtol=0, atol=1e-8)
    np.testing.assert_allclose(after.flows, UNBALANCED, rtol=1e-7)


def test_two_symmetric_countries():
    # By symmetry no price moves. P^(1−σ) = 0.8 + 0.2 × 1.5^−4 = 0.8 + 0.2 × 16/81 = 0.8395061728,
    # P = 0.8395061728^(−1/4) = 1.0447058. At home: 80 / 0.8395061728 = 95.294118.
    flows = np.array([[80.0, 20.0], [20.0, 80.0]])
    after = counterfactual(Economy(AB, flows), apart(2, 1.5), 5.0)
    np.testing.assert_allclose(after.price, [1, 1], rtol=1e-12)
    np.testing.assert_allclose(after.price_index, [1.0447058, 1.0447058], rtol=1e-7)
    np.testing.assert_allclose(after.real_income, [0.9572072, 0.9572072], rtol=1e-7)
    np.testing.assert_allclose(after.flows, [[95.294118, 4.705882], [4.705882, 95.294118]], 1e-7)


def test_two_symmetric_countries_that_make_goods_from_goods():
    # w = 1, p = P^(1−γ): with γ = 1/2, P^(1−σ) = S P^((1−γ)(1−σ)), so P = S^(1/(γ(1−σ))), twice
    # the log change of the case above.
    flows = np.array([[80.0, 20.0], [20.0, 80.0]])
    after = counterfactual(Economy(AB, flows, 0.5), apart(2, 1.5), 5.0)
    np.testing.assert_allclose(after.wage, [1, 1], rtol=1e-12)
    np.testing.assert_allclose(after.real_income, [0.9572072**2] * 2, rtol=1e-6)
    np.testing.assert_allclose(after.price, [0.9572072**-1] * 2, rtol=1e-6)


def test_a_tax_on_one_direction_against_bisection():
    # Two countries, balanced trade, the cost of A's sales to B up by half. With A's wage 1 and B's
    # w, trade balances where B's purchases from A equal A's from B: one equation, one unknown.
    flows, cost, sigma = np.array([[90.0, 30.0], [30.0, 170.0]]), 1.5, 4.0
    income_a, income_b = 120.0, 200.0

    def surplus_of_a(w: float) -> float:
        to_b, own_b = 30 * cost ** (1 - sigma), 170 * w ** (1 - sigma)
        to_a, own_a = 30 * w ** (1 - sigma), 90.0
        return income_b * w * to_b / (to_b + own_b) - income_a * to_a / (to_a + own_a)

    low, high = 0.1, 10.0
    for _ in range(200):
        middle = math.sqrt(low * high)
        low, high = (middle, high) if surplus_of_a(middle) < 0 else (low, middle)
    change = np.array([[1.0, cost], [1.0, 1.0]])
    after = counterfactual(Economy(AB, flows), change, sigma)
    assert after.wage[1] / after.wage[0] == pytest.approx(low, rel=1e-10)
    assert after.real_income[0] < 1
    assert after.real_income[1] < 1


@pytest.mark.parametrize("share", [1.0, 0.5])
def test_autarky_loses_the_gains_from_trade(share):
    # Arkolakis et al. (2012): a country that trades no more loses λ^(1/(γ(σ−1))), λ what it
    # spent at home. A: 70/100; B: 100/130; C: 30/45.
    after = counterfactual(Economy(ABC, BALANCED, share), apart(3, 1e4), 4.0)
    expected = np.array([70 / 100, 100 / 130, 30 / 45]) ** (1 / (3 * share))
    np.testing.assert_allclose(after.real_income, expected, rtol=1e-9)
    np.testing.assert_allclose(after.flows - np.diag(np.diag(after.flows)), 0, atol=1e-8)


def test_dearer_for_one_buyer_whatever_it_buys():
    # Every cost into C, its own included, up by a tenth: its prices rise by that and no flow moves.
    change = np.ones((3, 3))
    change[:, 2] = 1.1
    after = counterfactual(Economy(ABC, UNBALANCED), change, 6.0)
    np.testing.assert_allclose(after.price_index, [1, 1, 1.1], rtol=1e-10)
    np.testing.assert_allclose(after.flows, UNBALANCED, rtol=1e-9)


def test_a_neighbours_gain_can_be_a_third_countrys_loss():
    # A and B come closer; C, whose sales they both gave up for each other's, is worse off.
    change = np.ones((3, 3))
    change[0, 1] = change[1, 0] = 0.8
    after = counterfactual(Economy(ABC, BALANCED), change, 5.0)
    assert after.real_income[0] > 1
    assert after.real_income[1] > 1
    assert after.real_income[2] < 1


# --- laws ------------------------------------------------------------


# For each closure and number of countries a program is compiled: two and three under the default,
# and three under the others. Published tables have thirty and more.
some = settings(max_examples=70)
of_three = settings(max_examples=35)


@st.composite
def worlds(draw, *, countries: tuple[int, ...] = (2, 3), balanced: bool = False):
    """A random economy and what happens to it: shares, costs and elasticity."""
    n = draw(st.sampled_from(countries))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    flows = np.exp(rng.uniform(-2, 2, (n, n))) + np.diag(np.exp(rng.uniform(1, 4, n)))
    if balanced:
        flows = flows + flows.T  # then add a round trip, which leaves it balanced but uneven
        flows += rng.uniform(0, 3) * np.roll(np.eye(n), 1, axis=0)
    cost = np.exp(rng.uniform(-0.7, 0.7, (n, n)))
    np.fill_diagonal(cost, 1)
    share, sigma = (
        draw(st.sampled_from([1.0, 0.7, 0.4])),
        draw(st.sampled_from([1.5, 3.0, 5.0, 9.0])),
    )
    return flows, share, cost, sigma


def built(world):
    # Not in the strategy: checking shapes draws on `random`, which Hypothesis forbids there.
    flows, share, cost, sigma = world
    return Economy(ABC[: len(flows)], flows, share), cost, sigma


@some
@given(worlds())
def test_everything_adds_up(world):
    economy, cost, sigma = built(world)
    after = counterfactual(economy, cost, sigma)
    output, spending = economy.flows.sum(axis=1), economy.flows.sum(axis=0)
    new_output, new_spending = after.flows.sum(axis=1), after.flows.sum(axis=0)
    assert after.residual <= 1e-10
    assert new_output.sum() == pytest.approx(output.sum(), rel=1e-9)
    assert new_spending.sum() == pytest.approx(spending.sum(), rel=1e-9)
    np.testing.assert_allclose(new_output, output * after.wage, rtol=1e-9)


@of_three
@given(worlds(countries=(3,)))
def test_under_multiplicative_spending_is_the_same_multiple_of_output(world):
    economy, cost, sigma = built(world)
    after = counterfactual(economy, np.minimum(cost, 1), sigma, "multiplicative")
    output, spending = economy.flows.sum(axis=1), economy.flows.sum(axis=0)
    ratio = (after.flows.sum(axis=0) / after.flows.sum(axis=1)) / (spending / output)
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-9)


@of_three
@given(worlds(countries=(3,)))
def test_a_transfer_stays_what_it_was(world):
    economy, cost, sigma = built(world)
    gentle = np.minimum(cost, 1) ** 0.1  # where the closure always answers
    owed = economy.flows.sum(axis=0) - economy.flows.sum(axis=1)
    assume((np.abs(owed) < 0.3 * economy.flows.sum(axis=1)).all())
    after = counterfactual(economy, gentle, sigma, "additive")
    left = after.flows.sum(axis=0) - after.flows.sum(axis=1)
    np.testing.assert_allclose(left, owed, atol=1e-8 * economy.flows.sum())


@of_three
@given(worlds(countries=(3,)))
def test_imports_over_exports_change_by_one_factor_for_all_countries(world):
    economy, cost, sigma = built(world)
    after = counterfactual(economy, cost, sigma, "export-share").flows
    factor = multiples(after) / multiples(economy.flows)
    np.testing.assert_allclose(factor, factor[0], rtol=1e-6)
    assert after.sum() == pytest.approx(economy.flows.sum(), rel=1e-9)


def test_an_exporter_cut_off_from_its_buyers_lends_less_under_export_share():
    # A sells 30 abroad and buys 10, and now its sales cost twice as much to deliver. Lending the
    # same share of its earnings would leave next to nothing of what it sells to pay for imports.
    flows = np.array([[80.0, 20.0, 10.0], [5.0, 800.0, 60.0], [5.0, 65.0, 700.0]])
    change = np.ones((3, 3))
    change[0, 1:] = 2.0

    def lent_of_exports(closure: str) -> float:
        after = counterfactual(Economy(ABC, flows), change, 5.0, closure).flows
        exports, imports = after[0, 1:].sum(), after[1:, 0].sum()
        return (exports - imports) / exports

    assert lent_of_exports("export-share") == pytest.approx(20 / 30, abs=0.06)
    assert lent_of_exports("multiplicative") > 0.9


@some
@given(worlds())
def test_welfare_is_that_of_arkolakis_costinot_and_rodriguez_clare(world):
    economy, cost, sigma = built(world)
    after = counterfactual(economy, cost, sigma)
    home = np.diag(economy.flows) / economy.flows.sum(axis=0)
    new_home = np.diag(after.flows) / after.flows.sum(axis=0)
    expected = (new_home / home) ** (1 / (economy.value_added_share * (1 - sigma)))
    np.testing.assert_allclose(after.real_income, expected, rtol=1e-9)


@some
@given(worlds(), st.sampled_from([1e-6, 1e3, 7.0]))
def test_the_unit_of_money_does_not_matter(world, unit):
    economy, cost, sigma = built(world)
    after = counterfactual(economy, cost, sigma)
    scaled = dataclasses.replace(economy, flows=economy.flows * unit)
    again = counterfactual(scaled, cost, sigma)
    np.testing.assert_allclose(again.price, after.price, rtol=1e-8)
    np.testing.assert_allclose(again.flows, after.flows * unit, rtol=1e-7)


@some
@given(worlds(), st.randoms(use_true_random=False))
def test_the_order_of_countries_does_not_matter(world, random):
    economy, cost, sigma = built(world)
    order = list(range(len(economy.countries)))
    random.shuffle(order)
    shuffled = Economy(
        tuple(economy.countries[i] for i in order),
        economy.flows[np.ix_(order, order)],
        economy.value_added_share,
    )
    after = counterfactual(economy, cost, sigma)
    again = counterfactual(shuffled, cost[np.ix_(order, order)], sigma)
    np.testing.assert_allclose(again.real_income, after.real_income[order], rtol=1e-8)
    np.testing.assert_allclose(again.flows, after.flows[np.ix_(order, order)], rtol=1e-7)


@some
@given(worlds(balanced=True), st.integers(0, 2), st.floats(0.5, 0.99))
def test_nobody_is_hurt_by_a_fall_in_its_own_costs(world, who, fall):
    # True where trade is balanced: goods are gross substitutes (σ > 1), so cheaper exports raise a
    # country's wage against every other's, and cheaper imports lower it by less than the fall.
    # With imbalances, or for a third country, it need not be.
    economy, _, sigma = built(world)
    who %= len(economy.countries)
    change = np.ones_like(economy.flows)
    change[who, :] = change[:, who] = fall
    change[who, who] = 1
    assert counterfactual(economy, change, sigma).real_income[who] > 1


@of_three
@given(worlds(countries=(3,), balanced=True))
def test_where_trade_is_balanced_the_closures_agree(world):
    economy, cost, sigma = built(world)
    ratio = counterfactual(economy, cost, sigma)
    for closure in ("multiplicative", "additive"):
        other = counterfactual(economy, cost, sigma, closure)
        np.testing.assert_allclose(ratio.price, other.price, rtol=1e-8)


@some
@given(worlds())
def test_newton_against_the_price_adjustment_of_alvarez_and_lucas(world):
    # Raise the wage of a country whose goods are in excess demand, a little, until none is.
    economy, cost, sigma = built(world)
    cost = np.minimum(cost, 1)  # where the closure always answers
    output, spending = economy.flows.sum(axis=1), economy.flows.sum(axis=0)
    share_va, w = economy.value_added_share, np.ones(len(output))
    index = np.ones(len(output))
    for _ in range(20_000):
        price = w**share_va * index ** (1 - share_va)
        bought = economy.flows / spending * (cost * price[:, None]) ** (1 - sigma)
        index = bought.sum(axis=0) ** (1 / (1 - sigma))
        paid = spending * w
        paid *= (output @ w) / paid.sum()
        demand = (bought / bought.sum(axis=0) * paid).sum(axis=1)
        excess = demand / (output * w)
        w = w * excess ** (0.5 / sigma)
        w *= output.sum() / (output @ w)
        if np.abs(excess - 1).max() < 1e-13:
            break
    after = counterfactual(economy, cost, sigma, "multiplicative")
    np.testing.assert_allclose(after.wage, w, rtol=1e-7)


# --- bad input ------------------------------------------------------------


def changed(i: int, j: int, value: float) -> np.ndarray:
    flows = BALANCED.copy()
    flows[i, j] = value
    return flows


def alone(axis: int) -> np.ndarray:
    flows = BALANCED.copy()
    flows[(1, slice(None)) if axis else (slice(None), 1)] = 0
    flows[1, 1] = 100
    return flows


SHAPE = "shape (3, 3): each of the 3 countries to each"


@pytest.mark.parametrize(
    ("countries", "flows", "message"),
    [
        (
            ABC,
            changed(1, 1, 0.0),
            (
                "domestic flow of 'BBB': found none, expected a positive value\n"
                "  hint: sales at home are gross output less exports"
            ),
        ),
        (
            ABC,
            changed(1, 1, math.nan),
            (
                "domestic flow of 'BBB': found none, expected a positive value\n"
                "  hint: sales at home are gross output less exports"
            ),
        ),
        (
            ABC,
            changed(0, 2, -3.0),
            "flow from 'AAA' to 'CCC': found -3.0, expected zero or a positive number",
        ),
        (
            ABC,
            changed(0, 2, math.nan),
            "flow from 'AAA' to 'CCC': found nan, expected zero or a positive number",
        ),
        (
            ABC,
            alone(axis=1),
            (
                "exports of 'BBB': found zero with every other country,"
                " expected at least one positive flow\n"
                "  hint: its prices have no link to the others': leave the country out"
            ),
        ),
        (
            ABC,
            alone(axis=0),
            (
                "imports of 'BBB': found zero with every other country,"
                " expected at least one positive flow\n"
                "  hint: its prices have no link to the others': leave the country out"
            ),
        ),
        (ABC, BALANCED[:2], f"flows: found an array of shape (2, 3), expected {SHAPE}"),
        (
            ("AAA", "BBB", "AAA"),
            BALANCED,
            "countries: found 'AAA' twice, expected each code once",
        ),
    ],
)
def test_flows_that_cannot_be(countries, flows, message):
    with pytest.raises(UsageError) as caught:
        Economy(countries, flows)
    assert str(caught.value) == message


@pytest.mark.parametrize("share", [0.0, 1.1, math.nan])
def test_a_value_added_share_that_cannot_be(share):
    with pytest.raises(UsageError) as caught:
        Economy(ABC, BALANCED, share)
    assert str(caught.value) == (
        f"value-added share: found {share}, expected a number above 0 and at most 1"
    )


@pytest.mark.parametrize("sigma", [1.0, 0.5, -4.0, math.nan, math.inf])
def test_an_elasticity_that_cannot_be(sigma):
    with pytest.raises(UsageError) as caught:
        counterfactual(Economy(ABC, BALANCED), np.ones((3, 3)), sigma)
    assert str(caught.value) == (
        f"elasticity of substitution: found {sigma}, expected a finite number above 1"
    )


@pytest.mark.parametrize("value", [0.0, -1.0, math.nan, math.inf])
def test_a_cost_change_that_cannot_be(value):
    change = np.ones((3, 3))
    change[2, 0] = value
    with pytest.raises(UsageError) as caught:
        counterfactual(Economy(ABC, BALANCED), change, 5.0)
    assert str(caught.value) == (
        f"cost change from 'CCC' to 'AAA': found {value},"
        " expected a positive number, 1 for no change"
    )


def test_cost_changes_of_the_wrong_shape():
    with pytest.raises(UsageError) as caught:
        counterfactual(Economy(ABC, BALANCED), np.ones((2, 3)), 5.0)
    assert str(caught.value) == (f"cost change: found an array of shape (2, 3), expected {SHAPE}")


def test_a_lender_cut_off_has_no_equilibrium():
    # B must go on receiving 20 more than it sends, and nothing can reach it.
    flows = np.array([[80.0, 30.0, 5.0], [10.0, 40.0, 5.0], [5.0, 5.0, 60.0]])
    with pytest.raises(UsageError) as caught:
        counterfactual(Economy(ABC, flows), apart(3, 1e3), 5.0, "additive")
    assert str(caught.value) == (
        "trade equilibrium, 47% of the way to the new costs: found demand for 'AAA' undefined,"
        " expected at most 1e-10 from supply\n"
        "  hint: an isolated country cannot keep its deficit or surplus: use the closure"
        " 'export-share', balance trade first or cap the cost change"
    )


def test_an_exporter_cut_off_has_one_under_the_default():
    flows = np.array([[80.0, 30.0], [10.0, 40.0]])
    after = counterfactual(Economy(AB, flows), apart(2, 1e3), 5.0)
    assert after.residual <= 1e-10
