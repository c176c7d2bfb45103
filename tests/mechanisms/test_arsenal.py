"""Arsenals: output grows to a ceiling, thrift sets in as stocks fall, nothing is used twice."""

from __future__ import annotations

import hypothesis.strategies as st
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from scipy.integrate import solve_ivp

from servanda.mechanisms.arsenal import ConstantOutput, LogisticOutput, thrifty_use
from tests.builders import REST, Bench, clock

amounts = st.floats(0, 1e8)
covers = st.floats(0.05, 50)


@pytest.fixture(scope="module")
def bench() -> Bench:
    return Bench(LogisticOutput)


def use(stock: float, demand: float, cover: float, dt: float = 1.0) -> float:
    """What is used of one stock, in double precision."""
    with jax.enable_x64(True):
        row = [jnp.asarray(float(x)) for x in (stock, demand, cover)]
        return float(thrifty_use(*row, dt))


# ── worked by hand ──────────────────────────────────────────────────────────────────────────────


def test_firing_is_rationed_as_the_formula_says():
    # S = 200, D = 100, ρ = 2: u = 1. After a month
    # u' = log(1 + (e − 1)e^−0.5) = log 2.0422 = 0.7140,
    # so 200·(1 − 0.7140) = 57.2 rounds are fired where 100 were wanted.
    assert use(200, 100, 2) == pytest.approx(57.20, abs=0.01)


def test_capacity_grows_logistically_and_half_of_it_counts_from_the_start(bench):
    # K = 50, g = 0.1, ceiling 100: 50e^0.1/(1 + 50(e^0.1 − 1)/100) = 55.2585/1.052585 = 52.4979
    world = bench.world(capacity={"BUY.shells": 50.0}, stock=1e9)
    out = bench.step(world=world, month=bench.month(tempo=1.0))
    assert bench.read(out, "capacity", "BUY.shells") == pytest.approx(52.4979, rel=1e-5)
    # with all inputs there, the month makes the mean of old and new capacity
    assert bench.read(out, "made", "BUY.shells") == pytest.approx(51.2490, rel=1e-5)


def test_an_industry_without_inputs_makes_what_it_can_make_alone(bench):
    world = bench.world(capacity={"BUY.shells": 50.0}, stock={"BUY.inputs": 0.0, REST: 1e9})
    out = bench.step(world=world, month=bench.month(tempo=1.0))
    # dependence one half, shortage one: half of 51.2490
    assert bench.read(out, "shortage", "BUY.inputs") == pytest.approx(1.0)
    assert bench.read(out, "made", "BUY.shells") == pytest.approx(25.6245, rel=1e-5)


def test_shortage_falls_with_months_of_cover(bench):
    # 20,000 of inputs, 10,000 wanted a month, thrift at two months: e^(−20,000/20,000)
    out = bench.step(world=bench.world(stock={"BUY.inputs": 2e4}), month=bench.month(tempo=1.0))
    assert bench.read(out, "shortage", "BUY.inputs") == pytest.approx(np.exp(-1), rel=1e-5)


def test_demand_for_shells_follows_tempo_and_demand_for_oil_does_not(bench):
    out = bench.step(month=bench.month(tempo=1.5))
    assert bench.read(out, "demand", "BUY.shells") == pytest.approx(300.0, rel=1e-5)
    assert bench.read(out, "demand", "SUP.oil") == pytest.approx(50.0, rel=1e-5)


def test_stocks_begin_with_their_usable_share(bench):
    opening = {"stock": bench.theory.opening_stock(bench.parameters())}
    assert bench.read(opening, "stock", "SUP.shells") == pytest.approx(1000.0)
    assert bench.read(opening, "stock", "BUY.shells") == pytest.approx(1000.0)
    assert bench.read(bench.start(), "capacity", "SUP.shells") == pytest.approx(40.0)


# ── limits ──────────────────────────────────────────────────────────────────────────────────────


def test_an_infinite_stock_meets_all_demand():
    assert use(1e15, 100, 2) == pytest.approx(100.0, rel=1e-6)
    assert use(1e15, 100, 2, dt=0.5) == pytest.approx(50.0, rel=1e-6)


def test_without_shells_nothing_is_fired():
    assert use(0, 100, 2) == 0.0


def test_without_demand_nothing_is_fired():
    assert use(1e6, 0, 2) == 0.0


def test_without_war_hardly_a_shell_is_fired_and_oil_burns_on(bench):
    world = bench.world(stock={"BUY.shells": 1e6, "SUP.oil": 1e6})
    out = bench.step(world=world, month=bench.month(tempo=0.0))
    assert bench.read(out, "use_request", "BUY.shells") < 1e-3
    assert bench.read(out, "use_request", "SUP.oil") == pytest.approx(50.0, rel=1e-3)


def test_the_null_makes_for_ever_what_it_made_at_the_start():
    null = Bench(ConstantOutput)
    out = null.step(
        world=null.world(capacity={"BUY.shells": 50.0}, stock=1e9), month=null.month(tempo=1.0)
    )
    assert null.read(out, "capacity", "BUY.shells") == 50.0
    assert null.read(out, "made", "BUY.shells") == pytest.approx(50.0)


# ── laws ────────────────────────────────────────────────────────────────────────────────────────


@given(stock=amounts, demand=st.just(0.0) | st.floats(0.01, 1e8), cover=covers)
def test_use_is_never_more_than_there_is_nor_than_is_wanted(stock, demand, cover):
    used = use(stock, demand, cover)
    assert 0.0 <= used <= stock
    assert used <= demand * (1 + 1e-9) + 1e-6


@given(stock=amounts, more=amounts, demand=st.floats(1, 1e7), cover=covers)
def test_more_stock_never_means_less_use(stock, more, demand, cover):
    assert use(stock + more, demand, cover) >= use(stock, demand, cover) - 1e-7 * (stock + more)


@given(stock=st.floats(1, 1e8), demand=st.floats(1, 1e7), cover=covers)
def test_two_half_months_use_what_one_month_uses(stock, demand, cover):
    first = use(stock, demand, cover, 0.5)
    both = first + use(stock - first, demand, cover, 0.5)
    assert both == pytest.approx(use(stock, demand, cover), rel=1e-6, abs=1e-8 * stock)


@given(runs=st.lists(st.tuples(amounts, amounts, covers), min_size=1, max_size=5))
def test_single_precision_stays_finite_and_within_the_stock(runs):
    stock, demand, cover = (jnp.asarray(row, jnp.float32) for row in zip(*runs, strict=True))
    used = thrifty_use(stock, demand, cover, 1.0)
    assert bool(jnp.isfinite(used).all())
    assert bool(((used >= 0) & (used <= stock)).all())


@settings(max_examples=25)
@given(growth=st.floats(0, 0.5), first=st.floats(1, 99))
def test_capacity_to_2030_rises_without_passing_its_ceiling(growth, first):
    bench = Bench(LogisticOutput)
    p = bench.parameters(capacity_growth=growth, capacity_ceiling=100.0)
    capacity = jnp.full((bench.axes.size("account"),), first)

    def month(capacity, _):
        new = bench.theory._grow(p, capacity, 1.0)
        return new, new

    _, path = jax.lax.scan(month, capacity, None, length=108)
    path = np.asarray(path)[:, 0]
    assert bool((np.diff(path, prepend=first) >= -1e-3).all())
    assert path.max() <= 100.0 * (1 + 1e-5)


def test_capacity_above_its_ceiling_comes_down_to_it(bench):
    p = bench.parameters(capacity_growth=1.0, capacity_ceiling=100.0)
    capacity = bench.array("account", 300.0)
    for _ in range(40):
        capacity = bench.theory._grow(p, capacity, 1.0)
    np.testing.assert_allclose(capacity, 100.0, rtol=1e-4)


def test_two_half_months_make_what_one_month_makes(bench):
    p = bench.parameters(capacity_growth=0.1, capacity_ceiling=100.0)
    world = bench.world(capacity=50.0, stock=1e9)
    month = bench.month(tempo=1.0)
    whole = bench.step(p, world, month)
    first = bench.step(p, world, month, clock=clock(dt=0.5))
    middle = bench.world(capacity=first["capacity"], stock=1e9)
    second = bench.step(p, middle, month, clock=clock(time=0.5, dt=0.5))
    np.testing.assert_allclose(second["capacity"], whole["capacity"], rtol=1e-5)
    np.testing.assert_allclose(first["made"] + second["made"], whole["made"], rtol=1e-3)


# ── against independent implementations ─────────────────────────────────────────────────────────


@pytest.mark.parametrize("stock", [0.5, 40.0, 300.0, 5000.0])
@pytest.mark.parametrize("cover", [0.3, 2.0, 12.0])
@pytest.mark.parametrize("dt", [1.0, 0.5])
def test_rationing_follows_its_differential_equation(stock, cover, dt):
    exact = solve_ivp(
        lambda _, s: -100.0 * -np.expm1(-s / (cover * 100.0)),
        (0, dt),
        [stock],
        method="LSODA",
        rtol=1e-10,
        atol=1e-10,
    )
    assert use(stock, 100, cover, dt) == pytest.approx(stock - exact.y[0, -1], rel=1e-6)


@pytest.mark.parametrize(("first", "growth"), [(5.0, 0.02), (50.0, 0.3), (140.0, 0.1)])
def test_capacity_follows_the_logistic_equation(bench, first, growth):
    p = bench.parameters(capacity_growth=growth, capacity_ceiling=100.0)
    ours = bench.theory._grow(p, bench.array("account", first), 12.0)
    exact = solve_ivp(
        lambda _, k: growth * k * (1 - k / 100), (0, 12), [first], rtol=1e-9, atol=1e-9
    )
    assert float(ours[0]) == pytest.approx(exact.y[0, -1], rel=1e-5)
