"""Evasion: routes that win back part of what sanctions take, up to a ceiling, or none."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from scipy.integrate import solve_ivp

from servanda.mechanisms.evasion import Network, NoEvasion, Saturating
from tests.builders import Bench, clock

ROUTE, COVERT = "round-about", "PAT>BUY:inputs"
# 200 a month is lost, half of it can go round: a ceiling of 100, approached at .1 a month


@pytest.fixture(scope="module")
def bench() -> Bench:
    return Bench(Saturating)


@pytest.fixture(scope="module")
def network() -> Bench:
    return Bench(Network)


def a_month(bench, rerouted, *, lost=200.0, enforcement=0.0, dt=1.0, p=None):
    month = bench.month(
        sanctioned=lost,
        worth=1.0,
        signal={"enforcement": enforcement},
        income_gross={"BUY": -0.02, "SUP": -0.05},
        imports_gross=-0.01,
        hold=0.05,
        hold_imports=0.03,
    )
    return bench.step(p, bench.world(rerouted=rerouted), month, clock=clock(dt=dt))


def path(bench, enforcement, *, dt=1.0, p=None, start=0.0):
    """What is rerouted at the end of each month, enforcement being given for each."""
    rerouted, ends = start, []
    for level in enforcement:
        for _ in range(round(1 / dt)):
            out = a_month(bench, rerouted, enforcement=level, dt=dt, p=p)
            rerouted = bench.read(out, "rerouted", ROUTE)
        ends.append(rerouted)
    return np.array(ends)


# ── worked by hand ──────────────────────────────────────────────────────────────────────────────


def test_a_month_s_rerouting_leaks_carries_goods_and_wins_income_back(bench):
    out = a_month(bench, 0.0)
    # 100·(1 − e^−.1) = 9.51626 of 200: a leakage of .0475813
    assert bench.read(out, "rerouted", ROUTE) == pytest.approx(9.51626, rel=1e-5)
    assert bench.read(out, "leakage", ROUTE) == pytest.approx(0.0475813, rel=1e-5)
    # a thousandth of it goes as inputs at a dollar each
    assert bench.read(out, "covert_request", COVERT) == pytest.approx(0.00951626, rel=1e-5)
    # two percent of income is lost, one through imports, of which .0475813 is won back
    assert bench.read(out, "income_change", "BUY") == pytest.approx(-0.0195242, rel=1e-5)


def test_leverage_is_what_is_taken_and_what_could_be_less_what_leaks(bench):
    # Ending all trade would take .05 of the buyer's income, .03 through imports; .02 is taken, .01
    # through imports. Of imports .0475813 leaks: .05 − .0475813 × .03, and .03 − .0475813 × .02.
    out = a_month(bench, 0.0)
    assert bench.read(out, "leverage", ROUTE) == pytest.approx(0.0485726, rel=1e-5)
    assert bench.read(out, "leverage_left", ROUTE) == pytest.approx(0.0290484, rel=1e-5)
    felt = -bench.read(out, "income_change", "BUY")
    left = bench.read(out, "leverage_left", ROUTE)
    assert bench.read(out, "leverage", ROUTE) == pytest.approx(felt + left, rel=1e-5)


def test_a_route_that_is_older_than_the_case_begins_where_its_age_has_brought_it(bench):
    # Ten months at .1 a month: 100·(1 − e^−1) = 63.2121, then a month: 66.7129.
    p = bench.parameters(age=10.0)
    assert bench.read(a_month(bench, 0.0, p=p), "rerouted", ROUTE) == pytest.approx(66.7129)
    later = bench.step(
        p,
        bench.world(rerouted=50.0),
        bench.month(sanctioned=200.0, worth=1.0),
        clock=clock(1),
    )
    assert bench.read(later, "rerouted", ROUTE) == pytest.approx(50 + 50 * 0.0951626, rel=1e-5)


def test_full_enforcement_lowers_the_ceiling_by_half(bench):
    # 100·e^−.7 = 49.6585, and a tenth of the way there: ×.0951626
    out = a_month(bench, 0.0, enforcement=1.0)
    assert bench.read(out, "rerouted", ROUTE) == pytest.approx(4.72563, rel=1e-5)


def test_goods_that_are_worth_more_are_fewer(bench):
    month = bench.month(sanctioned=200.0, worth=50.0)
    out = bench.step(world=bench.world(rerouted=100.0), month=month)
    assert bench.read(out, "covert_request", COVERT) == pytest.approx(100.0 * 1e-3 / 50)


def test_a_network_begins_from_its_seed_and_grows_faster_once_used(network):
    # e = e^−.11 = .895834. From nothing: 100·.1·.104166/(.1 + .895834) = 1.04602
    first = network.read(a_month(network, 0.0), "rerouted", ROUTE)
    assert first == pytest.approx(1.04602, rel=1e-4)
    # from half its ceiling: 50 + 50·.6·.104166/(.6 + .5·.895834) = 52.98208
    used = network.read(a_month(network, 50.0), "rerouted", ROUTE)
    assert used == pytest.approx(52.98208, rel=1e-5)


# ── limits ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("variant", [Saturating, Network, NoEvasion])
def test_without_sanctions_nothing_is_lost_rerouted_or_leaked(variant):
    bench = Bench(variant)
    out = a_month(bench, 0.0, lost=0.0)
    for name, label in (("rerouted", ROUTE), ("leakage", ROUTE), ("covert_request", COVERT)):
        assert bench.read(out, name, label) == 0.0


def test_when_sanctions_are_lifted_nothing_leaks_and_the_route_withers(bench):
    out = a_month(bench, 1e8, lost=0.0)
    assert bench.read(out, "leakage", ROUTE) == 0.0
    assert bench.read(out, "rerouted", ROUTE) == pytest.approx(1e8 * np.exp(-0.1), rel=1e-5)


def test_leakage_is_never_more_than_all_that_was_lost(bench):
    out = a_month(bench, 1e4)
    assert bench.read(out, "leakage", ROUTE) == 1.0
    # all that imports cost is won back, and what exports cost is not
    assert bench.read(out, "income_change", "BUY") == pytest.approx(-0.01)


def test_given_for_ever_the_route_reaches_its_ceiling(bench):
    out = a_month(bench, 0.0, p=bench.parameters(rate=50.0))
    assert bench.read(out, "rerouted", ROUTE) == pytest.approx(100.0)


def test_a_sender_that_looks_away_entirely_is_not_worse_than_none(bench):
    lax, none = (a_month(bench, 0.0, enforcement=e) for e in (-1.0, 0.0))
    assert bench.read(lax, "rerouted", ROUTE) == bench.read(none, "rerouted", ROUTE)


def test_states_without_a_route_bear_their_whole_loss_and_other_ties_carry_nothing(bench):
    out = a_month(bench, 50.0)
    assert bench.read(out, "income_change", "SUP") == pytest.approx(-0.05)
    carried = [bench.read(out, "covert_request", t) for t in bench.axes["tie"] if t != COVERT]
    assert set(carried) == {0.0}


# ── laws ────────────────────────────────────────────────────────────────────────────────────────


@settings(max_examples=25)
@given(
    network_=st.booleans(),
    start=st.floats(0, 1),
    lost=st.floats(1, 1e9),
    rate=st.floats(0.001, 5),
    ceiling=st.floats(0.01, 1),
    enforcement=st.floats(0, 1),
)
def test_what_is_rerouted_never_passes_a_ceiling_that_it_started_below(
    bench, network, network_, start, lost, rate, ceiling, enforcement
):
    used = network if network_ else bench
    pace = {"network_rate" if network_ else "rate": rate}
    p = used.parameters(ceiling=ceiling, **pace)
    top = ceiling * np.exp(-0.7 * enforcement) * lost
    out = a_month(used, start * top, lost=lost, enforcement=enforcement, p=p)
    rerouted = used.read(out, "rerouted", ROUTE)
    assert start * top * (1 - 1e-5) <= rerouted <= top * (1 + 1e-5)
    assert 0 <= used.read(out, "leakage", ROUTE) <= 1
    # never more than was lost to begin with
    assert -0.02 - 1e-7 <= used.read(out, "income_change", "BUY") <= 0


@settings(max_examples=15)
@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 100))
def test_more_enforcement_never_leaks_more(bench, first, second, start):
    less, more = sorted((first, second))
    leaks = [
        bench.read(a_month(bench, start, enforcement=e), "leakage", ROUTE) for e in (less, more)
    ]
    assert leaks[1] <= leaks[0] + 1e-6


def test_two_half_months_reroute_what_one_month_does(bench, network):
    levels = [0.0] * 6 + [1.0] * 6
    for used in (bench, network):
        assert path(used, levels, dt=0.5) == pytest.approx(path(used, levels), rel=1e-5)


# ── against independent implementations ─────────────────────────────────────────────────────────


def solved(rate, months, enforcement):
    """dN/dt = rate(N/ceiling)·(ceiling − N), by SciPy, month by month."""
    rerouted, ends = 0.0, []
    for level in enforcement[:months]:
        top = 100 * np.exp(-0.7 * level)
        found = solve_ivp(
            lambda _, n, top=top: rate(n / top) * (top - n), (0, 1), [rerouted], rtol=1e-9
        )
        rerouted = found.y[0, -1]
        ends.append(rerouted)
    return np.array(ends)


def test_rerouting_follows_its_differential_equation_through_a_turn_of_policy(bench):
    levels = [0.0] * 9 + [1.0] * 9
    expected = solved(lambda share: 0.1 + 0 * share, 18, levels)
    assert path(bench, levels) == pytest.approx(expected, rel=1e-4)


def test_a_network_follows_its_differential_equation(network):
    p = network.parameters(network_rate=0.3)
    expected = solved(lambda share: 0.3 * (0.1 + share), 18, [0.0] * 18)
    assert path(network, [0.0] * 18, p=p) == pytest.approx(expected, rel=1e-4)


# ── the rivals ──────────────────────────────────────────────────────────────────────────────────


def test_under_the_null_what_is_lost_is_lost():
    null = Bench(NoEvasion)
    out = a_month(null, 0.0)
    assert null.read(out, "rerouted", ROUTE) == 0.0
    assert null.read(out, "leakage", ROUTE) == 0.0
    assert null.read(out, "covert_request", COVERT) == 0.0
    assert null.read(out, "income_change", "BUY") == pytest.approx(-0.02)


def test_the_rivals_differ_in_pace_alone_and_so_agree_at_the_ceiling(bench, network):
    null = Bench(NoEvasion)
    outs = [a_month(b, 100.0) for b in (bench, network, null)]
    for name in bench.writes:
        first, *others = (np.asarray(out[name]) for out in outs)
        for other in others:
            np.testing.assert_allclose(other, first, rtol=1e-6, err_msg=name)
