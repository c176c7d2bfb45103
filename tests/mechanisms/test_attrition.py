"""Attrition: who is lost, who is recruited and at what price, and what foreign troops add."""

from __future__ import annotations

import hypothesis.strategies as st
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings

from servanda.mechanisms.attrition import ConstantLosses, FireAndTempo
from tests.builders import REST, Bench, clock

TROOPS = "SUP>BUY:troops"
MEN = {"BUY": 900.0, "FOE": 500.0}
FULL_FIRE = {"used": {"BUY.shells": 200.0, "FOE.shells": 100.0}}
WANTED = {"demand": {"BUY.shells": 200.0, "FOE.shells": 100.0}}


@pytest.fixture(scope="module")
def bench() -> Bench:
    return Bench(FireAndTempo)


def at_war(bench: Bench, **changes):
    given = {"war": 1.0, "men": MEN, "recruit_price": 1000.0}
    return bench.world(**(given | changes))


def fighting(bench: Bench, **changes):
    given = {"tempo": 1.0, "manning": 1.0} | FULL_FIRE | WANTED
    return bench.month(**(given | changes))


# ── worked by hand ──────────────────────────────────────────────────────────────────────────────


def test_at_the_start_losses_are_the_base_rate_times_tempo(bench):
    out = bench.step(world=at_war(bench), month=fighting(bench, tempo=1.2))
    # lethality one at time zero, both fire all they want: 50·1.2 and 30·1.2
    assert bench.read(out, "losses", "BUY") == pytest.approx(60.0, rel=1e-5)
    assert bench.read(out, "losses", "FOE") == pytest.approx(36.0, rel=1e-5)


def test_men_change_by_recruits_less_discharge_less_those_who_never_return(bench):
    out = bench.step(world=at_war(bench), month=fighting(bench))
    # 900e^−0.01 + 40 − 0.5·50 = 891.045 + 15 = 906.045
    assert bench.read(out, "recruits", "BUY") == pytest.approx(40.0, rel=1e-5)
    assert bench.read(out, "men", "BUY") == pytest.approx(906.045, rel=1e-5)


def test_lethality_drifts_to_its_ceiling(bench):
    month, world = fighting(bench), at_war(bench)
    out = bench.step(world=world, month=month, clock=clock(20))
    # 1 + 2(1 − e^−1) = 2.26424 after twenty months at a rate of 0.05
    assert bench.read(out, "losses", "BUY") == pytest.approx(50 * 2.26424, rel=1e-5)
    late = bench.step(world=world, month=month, clock=clock(10_000))
    assert bench.read(late, "losses", "BUY") == pytest.approx(150.0, rel=1e-5)


def test_the_side_that_fires_less_of_what_it_wants_loses_more(bench):
    month = fighting(bench, used={"BUY.shells": 50.0, "FOE.shells": 100.0})
    out = bench.step(world=at_war(bench), month=month)
    # BUY fires a quarter of what it wants, so its deficit is 4: 50·4^0.1 = 57.435; FOE's 30·4^−0.1
    assert bench.read(out, "losses", "BUY") == pytest.approx(57.435, rel=1e-4)
    assert bench.read(out, "losses", "FOE") == pytest.approx(26.116, rel=1e-4)


def test_a_shortage_of_men_bids_the_price_up_and_the_price_draws_recruits(bench):
    out = bench.step(world=at_war(bench, recruit_price=4000.0), month=fighting(bench, manning=0.7))
    # three tenths short: 4000·e^(0.2·0.3) = 4247.35; four times the first price draws 40·4^0.5 = 80
    assert bench.read(out, "recruit_price", "BUY") == pytest.approx(4247.35, rel=1e-5)
    assert bench.read(out, "recruits", "BUY") == pytest.approx(80.0, rel=1e-5)


def test_foreign_troops_free_experienced_soldiers_who_lower_losses(bench):
    out = bench.step(world=at_war(bench, lent={TROOPS: 100.0}), month=fighting(bench))
    # 100 foreign free 50; of 1000 present 5 % are experienced, who lower losses by 0.4·5 % = 2 %,
    # and the 900 own take nine tenths of the enemy's fire: 50·0.98·0.9 = 44.1
    assert bench.read(out, "released", "BUY") == pytest.approx(50.0)
    assert bench.read(out, "losses", "BUY") == pytest.approx(44.1, rel=1e-5)
    assert bench.read(out, "released", "FOE") == 0.0
    assert bench.read(out, "losses", "FOE") == pytest.approx(30.0, rel=1e-5)


def test_lent_people_who_fight_are_lost_with_tempo_and_others_are_not(bench):
    p = bench.parameters(foreign_loss=0.1)
    out = bench.step(p, at_war(bench), fighting(bench, tempo=2.0))
    assert bench.read(out, "loss_rate", TROOPS) == pytest.approx(0.2)
    assert bench.read(out, "loss_rate", "SUP>BUY:shells") == 0.0


# ── limits ──────────────────────────────────────────────────────────────────────────────────────


def test_after_a_ceasefire_nobody_is_lost_and_the_army_only_replaces_its_leavers(bench):
    out = bench.step(world=at_war(bench, war=0.0), month=fighting(bench, tempo=0.0))
    assert not np.any(out["losses"])
    assert not np.any(out["loss_rate"])
    # 1 % of 900 leave and as many are recruited; the price rests
    assert bench.read(out, "recruits", "BUY") == pytest.approx(9.0, rel=1e-5)
    assert bench.read(out, "men", "BUY") == pytest.approx(900.0, rel=1e-4)
    assert bench.read(out, "recruit_price", "BUY") == pytest.approx(1000.0)


def test_with_no_exponent_fire_changes_nothing(bench):
    p = bench.parameters(fire_exponent=0.0)
    short = fighting(bench, used={"BUY.shells": 0.0, "FOE.shells": 100.0})
    full = fighting(bench)
    world = at_war(bench)
    np.testing.assert_array_equal(
        bench.step(p, world, short)["losses"], bench.step(p, world, full)["losses"]
    )


def test_an_army_without_shells_is_trusted_to_no_more_than_a_twentyfold_deficit(bench):
    p = bench.parameters(fire_exponent=1.0)
    month = fighting(bench, used={"BUY.shells": 0.0, "FOE.shells": 100.0})
    out = bench.step(p, at_war(bench), month)
    # 50·20 = 1000 would be more than the 900 that there are
    assert bench.read(out, "losses", "BUY") == pytest.approx(900, rel=1e-4)
    assert bench.read(out, "losses", "FOE") == pytest.approx(30 / 20, rel=1e-4)


def test_when_neither_side_has_shells_fire_cancels_out(bench):
    p = bench.parameters(fire_exponent=1.0)
    out = bench.step(p, at_war(bench), fighting(bench, used=0.0))
    # 0/10⁻⁶ on both sides: the deficit is at its lower bound, not undefined
    assert np.isfinite(out["losses"]).all()


def test_the_null_ignores_fire_and_new_weapons():
    null = Bench(ConstantLosses)
    month = fighting(null, used={"BUY.shells": 1.0, "FOE.shells": 100.0}, tempo=2.0)
    out = null.step(world=at_war(null), month=month, clock=clock(100))
    assert null.read(out, "losses", "BUY") == pytest.approx(100.0)
    assert null.read(out, "losses", "FOE") == pytest.approx(60.0)


def test_the_army_begins_with_its_men_and_its_price(bench):
    start = bench.start()
    assert bench.read(start, "men", "BUY") == 900.0
    assert bench.read(start, "recruit_price", "FOE") == 1000.0


# ── laws ────────────────────────────────────────────────────────────────────────────────────────


@settings(max_examples=30)
@given(
    tempo=st.floats(0, 50),
    used=st.floats(0, 1e6),
    men=st.floats(0, 1e7),
    foreign=st.floats(0, 1e5),
    price=st.floats(200, 20_000),
    manning=st.floats(0, 5),
    month=st.integers(0, 200),
)
def test_men_losses_recruits_and_prices_are_never_negative(
    tempo, used, men, foreign, price, manning, month
):
    bench = Bench(FireAndTempo)
    world = at_war(bench, men=men, recruit_price=price, lent={TROOPS: foreign})
    flows = fighting(bench, tempo=tempo, manning=manning, used={"BUY.shells": used, REST: 1.0})
    out = bench.step(world=world, month=flows, clock=clock(month))
    for name, value in out.items():
        assert bool(jnp.isfinite(value).all()), name
        assert float(value.min()) >= 0.0, name
    assert 200.0 <= bench.read(out, "recruit_price", "BUY") <= 20_000.0


def test_swapping_the_sides_swaps_what_happens_to_them(bench):
    even = {"losses": 40.0, "recruits": 30.0}
    p = bench.parameters(**even)
    one = {"BUY": 900.0, "FOE": 400.0}
    other = {"BUY": 400.0, "FOE": 900.0}
    used = {"BUY.shells": 150.0, "FOE.shells": 30.0}
    demand = {"BUY.shells": 200.0, "FOE.shells": 200.0}
    swapped = {"BUY.shells": 30.0, "FOE.shells": 150.0}
    first = bench.step(
        p,
        at_war(bench, men=one),
        fighting(bench, used=used, demand=demand, manning={"BUY": 0.9, "FOE": 0.6}),
    )
    second = bench.step(
        p,
        at_war(bench, men=other),
        fighting(bench, used=swapped, demand=demand, manning={"BUY": 0.6, "FOE": 0.9}),
    )
    for name in ("men", "losses", "recruits", "recruit_price"):
        np.testing.assert_allclose(first[name][::-1], second[name], rtol=1e-6, err_msg=name)


def test_halving_the_step_changes_men_and_losses_by_less_than_a_percent(bench):
    month = fighting(bench, manning=0.8)
    half = fighting(bench, manning=0.8, used={"BUY.shells": 100.0, "FOE.shells": 50.0})
    world = at_war(bench)
    whole = bench.step(world=world, month=month, clock=clock(10))
    first = bench.step(world=world, month=half, clock=clock(10, dt=0.5))
    middle = at_war(bench, men=first["men"], recruit_price=first["recruit_price"])
    second = bench.step(world=middle, month=half, clock=clock(10, time=10.5, dt=0.5))
    np.testing.assert_allclose(second["men"], whole["men"], rtol=1e-3)
    np.testing.assert_allclose(second["recruit_price"], whole["recruit_price"], rtol=1e-5)
    for flow in ("losses", "recruits"):
        np.testing.assert_allclose(first[flow] + second[flow], whole[flow], rtol=2e-2)


def test_a_war_at_full_tempo_to_2030_runs_away_nowhere():
    runs = 3
    bench = Bench(FireAndTempo, runs=(runs,))
    p = bench.parameters()
    month = fighting(bench, manning=0.5)

    def step(world, number):
        out = bench.step(p, world, month, clock=clock(number))
        following = at_war(bench, men=out["men"], recruit_price=out["recruit_price"])
        return following, (out["losses"], out["men"], out["recruit_price"])

    _, (losses, men, price) = jax.lax.scan(step, at_war(bench), jnp.arange(108))
    # lethality at most 3, deficit one: at most 150 a month; the price stops at twenty times the
    # first
    assert float(losses.max()) <= 150.0 * (1 + 1e-5)
    assert float(price.max()) <= 20_000.0 * (1 + 1e-5)
    # recruits at that price: 40·20^0.5 = 179 a month, against 1 % discharge: never above 17,900
    assert 0.0 <= float(men.min()) <= float(men.max()) <= 17_900.0
