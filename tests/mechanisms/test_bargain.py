"""Bargains: volume and price that leave both better off, credit, and debts paid in kind."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from scipy.optimize import minimize

from servanda.mechanisms.exchange import NashBargaining
from tests.builders import REST, SPEC, Bench, tie, tiny_case
from tests.mechanisms.pact import OIL, PACT, PLENTY, SHELLS, TECHNOLOGY, TROOPS, standing


@pytest.fixture(scope="module")
def bench() -> Bench:
    return Bench(NashBargaining, compiled=True)  # these cases are many


def bargain(bench, *, need, k=1.0, cost=1.0, value=4.0, power=0.5, limit=1e6, allowed=1.0, **state):
    """Shells bargained for afresh and ordered in full: volume, price, gains of both.

    Every number may be one a run. No deal carries more than both want now, so an order far above
    it comes down to it at once. What the supplier is paid in, it is short of.
    """
    p = bench.parameters(
        need={SHELLS: need},
        cost={SHELLS: cost, REST: 1.0},
        value={SHELLS: value, REST: 4.0},
        limit={SHELLS: limit},
        bargaining_power=power,
        efficiency=k,
        allowed=allowed,
    )
    world = standing(bench, **({"order": {SHELLS: PLENTY}} | state))
    out = bench.step(p, world, bench.month(shortage=1.0))
    volume, price = bench.read(out, "order", SHELLS), bench.read(out, "price", SHELLS)
    gains = [bench.read(out, "gain", f"{PACT}/{side}") for side in ("SUP", "BUY")]
    return volume, price, *gains


# ── worked by hand ──────────────────────────────────────────────────────────────────────────────


def test_a_bargain_splits_the_surplus_evenly_between_equals(bench):
    # G = 80, c = 1, v = 4, k = 1: q = 80·(1 − 1/4) = 60; the mean value of these is
    # 4·(1 − 60/160) = 2.5, half-way between it and cost is 1.75; 60·0.75 for each
    assert bargain(bench, need=80.0) == pytest.approx((60.0, 1.75, 45.0, 45.0))


def test_a_supplier_with_three_quarters_of_the_power_takes_three_quarters(bench):
    # the surplus is 60·(2.5 − 1) = 90, of which 67.5 at a price of 1 + 0.75·1.5
    found = bargain(bench, need=80.0, power=0.75)
    assert found == pytest.approx((60.0, 2.125, 67.5, 22.5))


def test_payment_that_is_worth_double_to_the_payee_buys_more(bench):
    # k = 2: q = 80·(1 − 1/8) = 70, mean value 4·(1 − 70/160) = 2.25, worth 4.5 to the supplier:
    # price 1 + 3.5/2 = 2.75. The supplier gains 70·1.75 and the buyer 70·(2.25 − 2.75/2)
    assert bargain(bench, need=80.0, k=2.0) == pytest.approx((70.0, 2.75, 122.5, 61.25))


def test_what_pays_well_is_paid_more_of_and_makes_a_dollar_worth_more(bench):
    # technology is worth three dollars to the payee for one to the payer, oil one: paid 3 to 1,
    # so k = .75·3 + .25·1 = 2.5. q = 80·(1 − 1/10) = 72, mean value 4·(1 − 72/160) = 2.2, worth
    # 5.5: price 1 + 4.5/2 = 3.25. The supplier gains 72·2.25 and the buyer 72·(2.2 − 3.25/2.5)
    found = bargain(bench, need=80.0, k={OIL: 1.0, TECHNOLOGY: 3.0})
    assert found == pytest.approx((72.0, 3.25, 162.0, 64.8))


def test_a_way_to_pay_that_is_closed_counts_for_nobody(bench):
    closed = {TECHNOLOGY: 0.0, REST: 1.0}
    found = bargain(bench, need=80.0, k={OIL: 1.0, TECHNOLOGY: 3.0}, allowed=closed)
    assert found == pytest.approx((60.0, 1.75, 45.0, 45.0))


def test_a_supplier_below_its_reserve_sells_less_at_a_higher_price(bench):
    # half the reserve of 200 doubles cost: q = 80·(1 − 2/4) = 40, mean value 3, price 2 + 0.5
    found = bargain(bench, need=80.0, stock={"SUP.shells": 100.0})
    assert found == pytest.approx((40.0, 2.5, 20.0, 20.0))


def test_a_supplier_at_its_limit_shares_the_surplus_of_what_it_sends(bench):
    # 20 of the 60 wanted: mean value 4·(1 − 20/160) = 3.5, price 1 + 2.5/2 = 2.25
    found = bargain(bench, need=80.0, limit=20.0)
    assert found == pytest.approx((20.0, 2.25, 25.0, 25.0))


def test_debt_shrinks_the_bargain_and_leaves_its_price(bench):
    # the buyer gains 45 a month, so 12 months' credit is 540; owing 135 uses a quarter of it up
    volume, price, *_ = bargain(bench, need=80.0, arrears=135.0)
    assert (volume, price) == pytest.approx((45.0, 1.75))


def test_an_army_short_of_men_asks_for_troops(bench):
    world = standing(bench, war=1.0, men={"BUY": 800.0, "FOE": 500.0})
    month = bench.month(required={"BUY": 1000.0, "FOE": 500.0})
    out = bench.step(world=world, month=month)
    # 200 short, rounded off over 100: G = 100·log(1 + e²) = 212.69, and three quarters of it
    assert bench.read(out, "order", TROOPS) == pytest.approx(159.52, rel=1e-4)
    # they go as fast as the lane of 100 carries them
    assert bench.read(out, "send_request", TROOPS) == pytest.approx(100.0)


def test_an_army_short_of_shells_needs_what_it_does_not_make_itself(bench):
    # 200 wanted, 120 made: G = 20·log(1 + e⁴) = 80.363, q = 60.272
    world = standing(bench, capacity={"BUY.shells": 120.0})
    out = bench.step(world=world, month=bench.month(demand={"BUY.shells": 200.0}))
    assert bench.read(out, "target", SHELLS) == pytest.approx(60.272, rel=1e-4)


def test_debt_is_paid_as_capacity_allows_in_equal_parts_when_all_is_wanted_alike(bench):
    p = bench.parameters(need={SHELLS: 80.0})
    world = standing(bench, order={SHELLS: 60.0})
    out = bench.step(p, world, bench.month(shortage=1.0))
    # 60 at 1.75 fall due: 300·(1 − e^(−105/300)) = 88.594, half of it each in units of 4 dollars
    paid = [bench.read(out, "send_request", tie_) for tie_ in (OIL, TECHNOLOGY)]
    assert paid == pytest.approx([11.0742] * 2, rel=1e-4)
    assert bench.read(out, "settles", OIL) == 4.0


def test_a_payee_with_plenty_of_oil_is_paid_less_of_it(bench):
    p = bench.parameters(need={SHELLS: 80.0})
    world = standing(bench, order={SHELLS: 60.0})
    out = bench.step(p, world, bench.month(shortage=0.0, demand={"SUP.oil": 50.0}))
    # oil that is not short counts for half: 1/3 and 2/3 of 88.594
    paid = [bench.read(out, "send_request", tie_) for tie_ in (OIL, TECHNOLOGY)]
    assert paid == pytest.approx([7.3828, 14.7657], rel=1e-4)


def test_a_narrow_lane_carries_what_it_can_and_the_rest_stays_owed(bench):
    p = bench.parameters(need={SHELLS: 80.0}, lane_ceiling=5.0, limit=100.0)
    world = standing(bench, order={SHELLS: 60.0}, lane=5.0)
    out = bench.step(p, world, bench.month(shortage=1.0))
    assert bench.read(out, "send_request", OIL) == pytest.approx(5.0)


def test_old_debt_is_paid_when_nothing_more_is_ordered(bench):
    out = bench.step(world=standing(bench, arrears=300.0), month=bench.month(shortage=1.0))
    # 300·(1 − e^−1) = 189.636, half of it in oil at 4
    assert bench.read(out, "send_request", OIL) == pytest.approx(23.7045, rel=1e-4)


# ── limits ──────────────────────────────────────────────────────────────────────────────────────


def test_without_need_nothing_is_ordered(bench):
    volume, _, *gains = bargain(bench, need=0.0)
    assert volume < 1e-5
    assert gains == pytest.approx([0.0, 0.0], abs=1e-4)


def test_there_is_no_deal_over_what_costs_more_than_it_is_worth(bench):
    volume, price, *gains = bargain(bench, need=80.0, cost=4.1)
    assert (volume, *gains) == (0.0, 0.0, 0.0)
    assert price == pytest.approx(4.1)


def test_payment_that_the_payee_does_not_want_buys_nothing(bench):
    assert bargain(bench, need=80.0, k=0.2)[0] == 0.0


def test_when_credit_is_used_up_nothing_is_delivered(bench):
    assert bargain(bench, need=80.0, arrears=540.0)[0] == pytest.approx(0.0, abs=1e-3)
    assert bargain(bench, need=80.0, arrears=1e6)[0] == 0.0


def test_who_paid_ahead_pays_nothing_until_it_is_used_up(bench):
    p = bench.parameters(need={SHELLS: 80.0})
    world = standing(bench, order={SHELLS: 60.0}, arrears=-105.0)
    out = bench.step(p, world, bench.month(shortage=1.0))
    assert bench.read(out, "send_request", OIL) == 0.0
    assert bench.read(out, "order", SHELLS) == pytest.approx(60.0)


def test_scarcity_makes_a_thing_at_most_twenty_times_as_dear(bench):
    empty = bargain(bench, need=80.0, value=100.0, stock=0.0)
    tenth = bargain(bench, need=80.0, value=100.0, stock={"SUP.shells": 10.0})
    # 200/10 = 20: q = 80·(1 − 20/100) = 64 either way
    assert empty == pytest.approx(tenth)
    assert empty[0] == pytest.approx(64.0)


def test_with_every_way_to_pay_closed_there_is_no_deal(bench):
    p = bench.parameters(need={SHELLS: 80.0}, allowed={OIL: 0.0, TECHNOLOGY: 0.0, REST: 1.0})
    out = bench.step(p, standing(bench, order={SHELLS: 60.0}))
    assert bench.read(out, "order", SHELLS) == 0.0
    assert bench.read(out, "gain", f"{PACT}/BUY") == 0.0


def test_a_pact_without_payments_deals_at_par_beside_one_that_has_them():
    gift = tie("PAT", "FOE", "missiles", "contract", customs=False)
    spec = {
        "ties": [*SPEC["ties"], gift],
        "partnerships": [
            *SPEC["partnerships"],
            {"supplier": "PAT", "buyer": "FOE", "signed": "2020-06", "source": "none"},
        ],
    }
    case = tiny_case(spec=spec, numbers={"exchange.need": {"PAT>FOE:missiles": 80.0}})
    bench = Bench(NashBargaining, case)
    out = bench.step(world=standing(bench))
    # k = 1: 80·(1 − 1/4)
    assert bench.read(out, "target", "PAT>FOE:missiles") == pytest.approx(60.0)


# ── laws ────────────────────────────────────────────────────────────────────────────────────────

RUNS = 64


@pytest.fixture(scope="module")
def batch() -> Bench:
    return Bench(NashBargaining, runs=(RUNS,), compiled=True)


def terms(seed):
    """Terms of trade at random: need, value, cost, worth of payment, power, limit and stock."""
    rng = np.random.default_rng(seed)
    return {
        "need": 10 ** rng.uniform(0, 5, RUNS),
        "value": 10 ** rng.uniform(-1, 4, RUNS),
        "cost": 10 ** rng.uniform(-1, 4, RUNS),
        "k": rng.uniform(0.2, 3.0, RUNS),
        "power": rng.uniform(0.05, 0.95, RUNS),
        "limit": 10 ** rng.uniform(0, 6, RUNS),
        "stock": {"SUP.shells": 10 ** rng.uniform(1, 4, RUNS)},
    }


@settings(max_examples=15)
@given(st.integers(0, 2**32 - 1))
def test_nobody_loses_by_a_bargain_and_the_surplus_is_split_by_power(batch, seed):
    given = terms(seed)
    volume, price, supplier, buyer = bargain(batch, **given)
    in_payee_s_dollars = supplier + given["k"] * buyer
    rounding = 1e-4 * volume * given["value"] * np.maximum(given["k"], 1) + 1e-6
    assert (volume >= 0).all()
    assert (volume <= np.minimum(given["need"], given["limit"]) * (1 + 1e-5)).all()
    assert (supplier >= -rounding).all()
    assert (buyer >= -rounding).all()
    assert (np.abs(supplier - given["power"] * in_payee_s_dollars) <= rounding).all()
    assert np.isfinite(price).all()


@settings(max_examples=15)
@given(st.integers(0, 2**32 - 1))
def test_a_price_lies_between_what_it_costs_and_what_the_first_unit_is_worth(batch, seed):
    given = terms(seed)
    volume, price, *_ = bargain(batch, **given)
    # with no power the supplier is paid what it costs
    cost = bargain(batch, **(given | {"power": 0.0}))[1]
    traded = volume > 0
    assert (price >= cost * (1 - 1e-5)).all()
    assert (price <= given["k"] * given["value"] * (1 + 1e-5))[traded].all()


@settings(max_examples=15)
@given(st.integers(0, 2**32 - 1), st.floats(1.0, 10.0))
def test_more_need_or_value_never_buys_less(batch, seed, factor):
    given = terms(seed)
    volume = bargain(batch, **given)[0]
    for name in ("need", "value", "k", "limit"):
        more = bargain(batch, **(given | {name: given[name] * factor}))[0]
        assert (more >= volume * (1 - 1e-5) - 1e-6).all(), name


@settings(max_examples=15)
@given(st.integers(0, 2**32 - 1), st.floats(0.01, 1.0))
def test_less_stock_above_a_reserve_never_makes_a_thing_cheaper(batch, seed, left):
    given = terms(seed) | {"power": 0.0}
    scarcer = {"stock": {"SUP.shells": left * given["stock"]["SUP.shells"]}}
    before, after = bargain(batch, **given), bargain(batch, **(given | scarcer))
    assert (after[1] >= before[1] * (1 - 1e-5)).all()
    assert (after[0] <= before[0] * (1 + 1e-5) + 1e-6).all()


@settings(max_examples=15)
@given(st.integers(0, 2**32 - 1), st.floats(-1e6, 1e9))
def test_payment_never_exceeds_what_is_due_what_the_buyer_can_pay_or_what_lanes_carry(
    batch, seed, arrears
):
    rng = np.random.default_rng(seed)
    capacity = 10 ** rng.uniform(0, 6, RUNS)
    p = batch.parameters(
        need={SHELLS: 80.0}, payment_capacity=capacity, efficiency=rng.uniform(0.3, 3, RUNS)
    )
    world = standing(batch, order={SHELLS: PLENTY}, arrears=arrears, lane=rng.uniform(0, 100, RUNS))
    out = batch.step(p, world, batch.month(shortage=rng.uniform(0, 1, RUNS)))
    sent = np.stack([batch.read(out, "send_request", t) for t in (OIL, TECHNOLOGY)])
    settled = sum(
        batch.read(out, "settles", t) * batch.read(out, "send_request", t)
        for t in (OIL, TECHNOLOGY)
    )
    due = arrears + batch.read(out, "order", SHELLS) * batch.read(out, "price", SHELLS)
    assert (sent >= 0).all()
    assert (sent[0] <= batch.read(out, "lane", OIL) * (1 + 1e-5)).all()
    assert (settled <= np.minimum(np.maximum(due, 0), capacity) * (1 + 1e-4) + 1e-3).all()


# ── against an independent implementation ───────────────────────────────────────────────────────


def best_bargain(need, cost, value, k, power, limit):
    """The generalised Nash product over volume and price, maximised numerically."""

    def regret(x):
        share, price = x
        volume = share * min(need, limit)
        supplier = (price - cost) * volume
        buyer = value * (volume - volume**2 / (2 * need)) - price * volume / k
        if not 0 < share <= 1 or supplier <= 0 or buyer <= 0:
            return np.inf
        return -(power * np.log(supplier) + (1 - power) * np.log(buyer))

    starts = [(s, cost + m * (k * value - cost)) for s in (0.05, 0.3, 0.8) for m in (0.1, 0.4)]
    tries = [
        minimize(
            regret,
            x,
            method="Nelder-Mead",
            options={"xatol": 1e-9, "fatol": 1e-12, "maxiter": 4000},
        )
        for x in starts
        if np.isfinite(regret(x))
    ]
    share, price = min(tries, key=lambda t: t.fun).x
    return share * min(need, limit), price


@pytest.mark.parametrize(
    ("need", "cost", "value", "k", "power", "limit"),
    [
        (80.0, 1.0, 4.0, 1.0, 0.5, 1e6),
        (80.0, 1.0, 4.0, 1.7, 0.2, 1e6),
        (500.0, 3.0, 3.5, 1.0, 0.8, 1e6),
        (12.0, 0.5, 90.0, 0.6, 0.35, 1e6),
        (80.0, 1.0, 4.0, 1.0, 0.5, 25.0),
        (300.0, 2.0, 9.0, 1.3, 0.65, 40.0),
    ],
)
def test_the_closed_form_is_where_a_numerical_search_finds_the_nash_product_highest(
    bench, need, cost, value, k, power, limit
):
    volume, price, *_ = bargain(
        bench, need=need, cost=cost, value=value, k=k, power=power, limit=limit
    )
    assert (volume, price) == pytest.approx(
        best_bargain(need, cost, value, k, power, limit), rel=2e-4
    )
