"""Many counterfactuals, several sectors, derivatives: by hand, by law, and against differences."""

from __future__ import annotations

import hypothesis.strategies as st
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings

from servanda.errors import UsageError
from servanda.trade import Economy, balanced, counterfactual, counterfactuals, solution
from servanda.trade.solver import ACCELERATED_STEPS

ABC = ("AAA", "BBB", "CCC")
AB = ABC[:2]
FLOWS = np.array([[70.0, 30.0, 10.0], [5.0, 100.0, 5.0], [5.0, 1.0, 30.0]])
OTHER = np.array([[20.0, 1.0, 9.0], [15.0, 40.0, 5.0], [2.0, 6.0, 10.0]])
ONE = Economy(ABC, FLOWS, 0.5)
TWO = Economy(ABC, np.stack([FLOWS, OTHER]), 0.5, ("fuels", "goods"))


def random_costs(runs: int, *shape: int) -> np.ndarray:
    costs = np.exp(np.random.default_rng(7).normal(0, 0.3, (runs, *shape)))
    costs[..., np.arange(shape[-1]), np.arange(shape[-1])] = 1
    return costs


def sectors(flows: np.ndarray, *names: str) -> Economy:
    return Economy(ABC, flows, 0.5, names)


# --- many at once ------------------------------------------------------------


def test_a_run_does_not_depend_on_how_many_were_asked_for():
    costs = random_costs(40, 3, 3)
    sigma = np.linspace(2.0, 9.0, 40)
    many = counterfactuals(ONE, costs, sigma)
    for run in (0, 15, 16, 39):
        alone = counterfactual(ONE, costs[run], float(sigma[run]))
        assert many.run(run).flows.tolist() == alone.flows.tolist()
        assert many.run(run).real_income.tolist() == alone.real_income.tolist()


def test_progress_counts_to_the_end():
    seen: list[tuple[int, int]] = []
    counterfactuals(ONE, random_costs(40, 3, 3), 5.0, progress=lambda *a: seen.append(a))
    assert seen == sorted(set(seen))
    assert seen[-1] == (40, 40)


def test_no_change_among_others_changes_no_bit():
    costs = random_costs(3, 3, 3)
    costs[1] = 1
    many = counterfactuals(ONE, costs, 5.0)
    assert many.flows[1].tolist() == FLOWS.tolist()
    assert many.real_income[1].tolist() == [1.0, 1.0, 1.0]
    assert many.steps[1] == 0


def test_labelled_results():
    costs = random_costs(4, 2, 3, 3)
    data = counterfactuals(TWO, costs, np.tile([12.0, 5.0], (4, 1))).dataset()
    assert data.flows.dims == ("run", "sector", "origin", "destination")
    assert data.inward.dims == ("run", "sector", "country")
    assert data.real_income.dims == ("run", "country")
    assert data.sel(country="BBB").real_income.shape == (4,)
    alone = counterfactual(TWO, costs[2], np.array([12.0, 5.0])).dataset()
    assert alone.real_income.dims == ("country",)
    np.testing.assert_array_equal(alone.flows, data.flows[2])


def test_far_away_costs_are_walked_to():
    # A world of very unlike countries, where every border becomes twenty times as dear.
    rng = np.random.default_rng(302)
    size = np.exp(rng.normal(0, 2, (2, 3)))
    pairs = size[:, :, None] * size[:, None] / size.sum(axis=1)[:, None, None]
    flows = np.exp(rng.normal(0, 2, (2, 3, 3))) * pairs * 0.1 + size[:, None] * 2 * np.eye(3)
    economy = Economy(ABC, flows, 1.0, ("fuels", "goods"))
    cost = np.tile(np.where(np.eye(3, dtype=bool), 1.0, 20.0), (2, 1, 1))
    after = counterfactual(economy, cost, np.array([9.0, 9.0]), factors="fixed")
    assert after.residual <= 1e-10
    assert after.steps > ACCELERATED_STEPS  # so acceleration did not find it
    output = economy.flows.sum(axis=2)
    np.testing.assert_allclose(after.flows.sum(axis=2), output * after.wage, rtol=1e-9)


# --- sectors ------------------------------------------------------------


@pytest.mark.parametrize("factors", ["mobile", "fixed"])
def test_splitting_a_sector_into_equal_parts_changes_nothing(factors):
    cost = random_costs(1, 3, 3)[0]
    whole = counterfactual(ONE, cost, 5.0)
    halves = counterfactual(
        sectors(np.stack([FLOWS / 2] * 2), "left", "right"),
        np.stack([cost] * 2),
        5.0 * np.ones(2),
        factors=factors,
    )
    np.testing.assert_allclose(halves.real_income, whole.real_income, rtol=1e-9)
    np.testing.assert_allclose(halves.flows.sum(axis=0), whole.flows, rtol=1e-8)


@pytest.mark.parametrize("factors", ["mobile", "fixed"])
def test_the_order_of_sectors_does_not_matter(factors):
    cost, sigma = random_costs(1, 2, 3, 3)[0], np.array([9.0, 4.0])
    there = counterfactual(TWO, cost, sigma, factors=factors)
    swapped = sectors(TWO.flows[::-1].copy(), "goods", "fuels")
    back = counterfactual(swapped, cost[::-1].copy(), sigma[::-1].copy(), factors=factors)
    np.testing.assert_allclose(back.real_income, there.real_income, rtol=1e-9)
    np.testing.assert_allclose(back.flows[::-1], there.flows, rtol=1e-8)


# Each sells a fifth of what it makes abroad, in either sector.
ALIKE = np.array([[80.0, 10.0, 10.0], [10.0, 80.0, 10.0], [10.0, 10.0, 80.0]])
FUELS_DEARER = np.stack([np.where(np.eye(3, dtype=bool), 1.0, 1.5), np.ones((3, 3))])


@pytest.mark.parametrize("factors", ["mobile", "fixed"])
def test_symmetric_countries_and_a_cost_on_one_sector(factors):
    # Half of spending goes to each sector, whatever it costs, so no wage moves. In the first,
    # P^(1−σ) = 0.8 + 0.2 × 1.5^−4 = 0.8395061728, P = 1.0447058; in the second nothing happens;
    # so the index rises to the root of the first, 1.0221085.
    # At home 80 / 0.8395061728 = 95.294118 is sold, and half of the rest to each of the others.
    economy = Economy(ABC, np.stack([ALIKE, ALIKE]), 1.0, ("fuels", "goods"))
    after = counterfactual(economy, FUELS_DEARER, np.array([5.0, 3.0]), factors=factors)
    np.testing.assert_allclose(after.wage, np.ones((2, 3)), rtol=1e-10)
    np.testing.assert_allclose(after.inward, [[1.0447058] * 3, [1, 1, 1]], rtol=1e-7)
    np.testing.assert_allclose(after.price_index, [1.0221085] * 3, rtol=1e-7)
    sold = np.where(np.eye(3, dtype=bool), 95.294118, 2.352941)
    np.testing.assert_allclose(after.flows[0], sold, rtol=1e-7)
    np.testing.assert_allclose(after.flows[1], ALIKE, rtol=1e-9)


def test_factors_that_can_move_earn_alike_and_those_that_cannot_do_not():
    # Nobody buys AAA's fuels abroad any more.
    cost = np.ones((2, 3, 3))
    cost[0, 0, 1:] = 100
    moved = counterfactual(TWO, cost, np.array([5.0, 5.0]))
    stuck = counterfactual(TWO, cost, np.array([5.0, 5.0]), factors="fixed")
    assert moved.wage[0, 0] == moved.wage[1, 0]
    assert stuck.wage[0, 0] < moved.wage[0, 0] < stuck.wage[1, 0]
    sold = TWO.flows.sum(axis=2)
    np.testing.assert_allclose(stuck.flows.sum(axis=2), sold * stuck.wage, rtol=1e-9)
    np.testing.assert_allclose(
        moved.flows.sum(axis=(0, 2)), sold.sum(axis=0) * moved.wage[0], rtol=1e-9
    )


def test_symmetric_countries_that_find_sectors_hard_to_swap():
    # As above, but η = 0: the sectors are bought in fixed proportion, so the index is the mean of
    # 1.0447058 and 1, and what is spent on the first is its share, 1.0447058 / 2.0447058, of 200.
    economy = Economy(ABC, np.stack([ALIKE, ALIKE]), 1.0, ("fuels", "goods"), sector_elasticity=0.0)
    after = counterfactual(economy, FUELS_DEARER, np.array([5.0, 3.0]))
    np.testing.assert_allclose(after.price_index, [1.0223529] * 3, rtol=1e-7)
    np.testing.assert_allclose(after.flows[0].sum(axis=0), [102.186415] * 3, rtol=1e-7)


# --- laws ------------------------------------------------------------


@pytest.mark.parametrize("factors", ["mobile", "fixed"])
def test_real_spending_is_what_is_bought_for_final_use_over_its_price(factors):
    costs = random_costs(1, 2, 3, 3)[0]
    after = counterfactual(TWO, costs, 5.0, factors=factors)

    def final(flows):  # half of what is made is inputs
        return flows.sum(axis=(0, 1)) - 0.5 * flows.sum(axis=(0, 2))

    expected = final(after.flows) / final(TWO.flows) / after.price_index
    np.testing.assert_allclose(after.real_spending, expected, rtol=1e-9)


def test_without_loans_real_spending_is_real_income():
    costs = np.maximum(random_costs(1, 3, 3)[0], 1)
    duties = (1 - 1 / costs) / 2
    for revenue in (None, duties):
        start = balanced(ONE, 5.0)
        after = counterfactual(start, costs, 5.0, "multiplicative", revenue=revenue)
        np.testing.assert_allclose(after.real_spending, after.real_income, rtol=1e-8)


DRAWS = st.integers(0, 2**32 - 1)


def drawn(seed: int) -> tuple[Economy, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    flows = np.exp(rng.uniform(-2, 2, (2, 3, 3))) + np.diag(np.exp(rng.uniform(1, 4, 3)))
    cost = np.exp(rng.uniform(-0.5, 0.5, (2, 3, 3)))
    return sectors(flows, "fuels", "goods"), cost, rng.uniform(1.5, 9, 2)


@given(DRAWS, st.sampled_from(["mobile", "fixed"]))
@settings(max_examples=40)
def test_outward_resistance_is_that_of_anderson_and_van_wincoop(seed, factors):
    # (p̂ Π̂)^(1−σ) is the change in the share of the sector's world output, domestic costs included.
    economy, cost, sigma = drawn(seed)
    after = counterfactual(economy, cost, sigma, factors=factors)
    output, new = economy.flows.sum(axis=2), after.flows.sum(axis=2)
    share = (new / new.sum(axis=1, keepdims=True)) / (output / output.sum(axis=1, keepdims=True))
    np.testing.assert_allclose(
        after.price * after.outward, share ** (1 / (1 - sigma))[:, None], rtol=1e-8
    )


@given(DRAWS, st.floats(0.5, 2))
@settings(max_examples=25)
def test_costs_that_all_rise_alike_move_no_flow_and_cost_that_much(seed, rise):
    # With goods made from goods at γ = 1/2, incomes fall by the rise to the power 1/γ.
    economy, _, sigma = drawn(seed)
    after = counterfactual(economy, np.full((2, 3, 3), rise), sigma)
    np.testing.assert_allclose(after.flows, economy.flows, rtol=1e-8)
    np.testing.assert_allclose(after.real_income, rise**-2.0, rtol=1e-8)


@given(DRAWS)
@settings(max_examples=25)
def test_everything_is_bought_with_what_is_earned(seed):
    economy, cost, sigma = drawn(seed)
    after = counterfactual(economy, cost, sigma)
    new = after.flows
    assert new.sum() == pytest.approx(economy.flows.sum(), rel=1e-9)
    # Between sectors at an elasticity of one, each keeps its share of what a country spends.
    shares = new.sum(axis=1) / new.sum(axis=(0, 1))
    before = economy.flows.sum(axis=1) / economy.flows.sum(axis=(0, 1))
    np.testing.assert_allclose(shares, before, rtol=1e-9)


@given(DRAWS)
@settings(max_examples=25)
def test_with_held_shares_prices_offset_outward_resistance(seed):
    # Thirty countries, as in the sample of gegravity, whose closure it is.
    rng = np.random.default_rng(seed)
    flows = np.exp(rng.uniform(-2, 2, (30, 30))) + np.diag(np.exp(rng.uniform(1, 4, 30)))
    cost, sigma = np.exp(rng.uniform(-0.5, 0, (30, 30))), rng.uniform(1.5, 9)
    economy = Economy(tuple(f"C{i}" for i in range(30)), flows)
    after = counterfactual(economy, cost, sigma, "held-shares")
    np.testing.assert_allclose(after.price * after.outward, 1, rtol=1e-8)
    # X' is gravity at the new sizes and resistances, world output being one.
    sizes = after.wage[:, None] * after.wage[None, :]
    resistance = (after.outward[:, None] * after.inward[None, :]) ** (sigma - 1)
    gravity = flows * cost ** (1 - sigma) * sizes * resistance
    np.testing.assert_allclose(after.flows, gravity, rtol=1e-8)


# --- derivatives ------------------------------------------------------------


@pytest.mark.parametrize("factors", ["mobile", "fixed"])
def test_derivatives_are_those_of_small_differences(factors):
    cost, sigma, small = random_costs(1, 2, 3, 3)[0], np.array([6.0, 4.0]), 1e-5

    def differences(change, at):
        up, down = change(at + small), change(at - small)
        return (up - down) / (2 * small)

    with jax.enable_x64(True):
        solve = solution(TWO, factors=factors)
        slopes = jax.jit(jax.jacrev(lambda c, s: solve(c, s).real_income, argnums=(0, 1)))
        by_cost, by_sigma = slopes(jnp.asarray(cost), jnp.asarray(sigma))

    def dearer(k, i, j):
        def at(value):
            new = cost.copy()
            new[k, i, j] = value
            return counterfactual(TWO, new, sigma, factors=factors).real_income

        return at

    for place in [(0, 0, 1), (1, 2, 0), (1, 1, 1)]:
        expected = differences(dearer(*place), cost[place])
        np.testing.assert_allclose(by_cost[:, *place], expected, rtol=1e-5, atol=1e-8)

    def harder(value):
        return counterfactual(TWO, cost, np.array([value, 4.0]), factors=factors).real_income

    np.testing.assert_allclose(by_sigma[:, 0], differences(harder, 6.0), rtol=1e-4, atol=1e-8)


# --- what is made at home ------------------------------------------------------------


@pytest.mark.parametrize("economy", [ONE, TWO], ids=["one sector", "two"])
def test_gross_output_changes_what_is_sold_at_home_alone(economy):
    more = economy.at_gross_output(3.0)
    away = ~np.eye(3, dtype=bool)
    np.testing.assert_array_equal(more.flows[..., away], economy.flows[..., away])
    assert more.value_added_share == 1 / 3

    def made(one: Economy) -> np.ndarray:
        return one.flows.sum(axis=-1).reshape(-1, 3).sum(axis=0)

    def shares(one: Economy) -> np.ndarray:
        bought = one.flows.reshape(-1, 3, 3).sum(axis=1)
        return bought / bought.sum(axis=0)

    np.testing.assert_allclose(made(more) / 3, made(economy) / 2)
    np.testing.assert_allclose(shares(more), shares(economy))
    again = more.at_gross_output(2.0)
    np.testing.assert_allclose(again.flows, economy.flows)


def test_without_trade_a_country_loses_about_its_imports_however_much_it_makes():
    # λ^(1/(γ(σ−1))) with a home share λ = 1 − imports / spending: for few imports the loss is
    # imports / ((σ − 1) γ spending), and γ spending is what it earns. 4 of 200 at σ = 5: 0.5 %.
    few = Economy(AB, np.array([[396.0, 4.0], [4.0, 796.0]]), 0.5)
    cost = np.array([[1, 1e4], [1e4, 1]])
    for ratio in (1.5, 2.0, 4.0):
        lost = 1 - counterfactual(few.at_gross_output(ratio), cost, 5.0).real_income
        np.testing.assert_allclose(lost, [0.005, 0.0025], rtol=0.02)


@pytest.mark.parametrize("ratio", [0.0, 0.8, float("nan"), float("inf")])
def test_a_country_makes_at_least_its_value_added(ratio):
    with pytest.raises(UsageError) as caught:
        ONE.at_gross_output(ratio)
    assert str(caught.value) == (
        f"gross output over value added: found {ratio}, expected a finite number, one or more"
    )


def test_a_country_keeps_some_of_what_it_makes():
    # B makes 70, half of it value added, and sells 40 abroad.
    open_ = Economy(AB, np.array([[900.0, 40.0], [40.0, 30.0]]), 0.5)
    with pytest.raises(UsageError) as caught:
        open_.at_gross_output(1.1)
    assert str(caught.value) == (
        "gross output over value added: found 1.1,"
        " expected more, or 'BBB' would keep nothing at home"
    )


# --- bad input ------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: counterfactual(ONE, np.ones((3, 3)), 5.0, "multiplicativ"),
            (
                "closure: found 'multiplicativ', expected one of export-share, multiplicative,"
                " additive, held-shares\n  hint: did you mean 'multiplicative'?"
            ),
        ),
        (
            lambda: counterfactual(ONE, np.ones((3, 3)), 5.0, factors="fix"),
            "factors: found 'fix', expected one of mobile, fixed\n  hint: did you mean 'fixed'?",
        ),
        (
            lambda: counterfactuals(ONE, np.ones((0, 3, 3)), 5.0),
            "cost changes: found no run, expected at least one",
        ),
        (
            lambda: counterfactuals(ONE, np.array([np.ones((3, 3)), -np.ones((3, 3))]), 5.0),
            (
                "cost change of run 1 from 'AAA' to 'AAA': found -1.0,"
                " expected a positive number, 1 for no change"
            ),
        ),
        (
            lambda: counterfactuals(ONE, np.ones((3, 3, 3)), np.array([2.0, 3.0])),
            "elasticity of substitution: found 2 numbers, expected one number for each run",
        ),
        (
            lambda: counterfactual(TWO, np.ones((2, 3, 3)), np.array([2.0, 3.0, 4.0])),
            (
                "elasticity of substitution: found (3,) for a run,"
                " expected one number for each run, or one for each of the 2 sectors"
            ),
        ),
        (
            lambda: counterfactual(TWO, np.ones((3, 3)), 5.0),
            (
                "cost change: found an array of shape (3, 3), expected shape (2, 3, 3):"
                " each of the 3 countries to each in each of the 2 sectors"
            ),
        ),
        (
            lambda: sectors(np.stack([FLOWS, FLOWS * 0]), "fuels", "goods"),
            (
                "domestic flow of 'goods' of 'AAA': found none, expected a positive value\n"
                "  hint: sales at home are gross output less exports"
            ),
        ),
        (
            lambda: Economy(ABC, FLOWS, sector_elasticity=-1.0),
            "elasticity between sectors: found -1.0, expected a finite number, zero or more",
        ),
        (
            lambda: sectors(np.stack([FLOWS, FLOWS]), "fuels", "fuels"),
            "sectors: found 'fuels' twice, expected each name once",
        ),
    ],
)
def test_what_cannot_be_solved(call, message):
    with pytest.raises(UsageError) as caught:
        call()
    assert str(caught.value) == message


def test_the_run_without_an_equilibrium_is_named():
    # B must go on receiving 20 more than it sends, and in the second run nothing can reach it.
    flows = np.array([[80.0, 30.0, 5.0], [10.0, 40.0, 5.0], [5.0, 5.0, 60.0]])
    economy = Economy(ABC, flows)
    costs = np.stack([np.ones((3, 3)), np.where(np.eye(3, dtype=bool), 1.0, 1e3)])
    with pytest.raises(UsageError) as caught:
        counterfactuals(economy, costs, 5.0, "additive")
    assert caught.value.where.startswith("trade equilibrium of run 1, ")
    assert "use the closure 'export-share'" in str(caught.value.hint)


def test_a_solution_in_single_precision_is_refused():
    with pytest.raises(UsageError) as caught:
        solution(ONE)(jnp.ones((3, 3)), 5.0)
    assert str(caught.value) == (
        "solution: found JAX in single precision, expected a call under jax.enable_x64(True)"
    )
