"""The war's tempo: persistent, capped by men, ended by a ceasefire, and by nothing else."""

from __future__ import annotations

import hypothesis.strategies as st
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings

from servanda.mechanisms.war import ConstantTempo, PersistentTempo
from tests.builders import Bench, clock

MANNED = {"BUY": 1000.0, "FOE": 500.0}  # men that the tiny case requires


@pytest.fixture(scope="module")
def bench() -> Bench:
    return Bench(PersistentTempo)


def test_log_tempo_keeps_four_fifths_and_takes_a_shock(bench):
    world = bench.world(log_tempo=0.5, war=1.0, men=MANNED)
    out = bench.step(world=world, draws={"shock": 1.0})
    # 0.8·0.5 + 0.2·1 = 0.6, and e^0.6 = 1.8221
    assert bench.read(out, "log_tempo") == pytest.approx(0.6)
    assert bench.read(out, "tempo") == pytest.approx(1.8221, rel=1e-4)


def test_an_attacker_short_of_men_slows_down(bench):
    world = bench.world(war=1.0, men={"BUY": 810.0, "FOE": 500.0})
    out = bench.step(world=world)
    # 810 of 1000 men: 0.81^0.5 = 0.9
    assert bench.read(out, "manning", "BUY") == pytest.approx(0.81)
    assert bench.read(out, "tempo") == pytest.approx(0.9)


def test_more_men_than_needed_do_not_speed_the_war_up(bench):
    enough = bench.step(world=bench.world(war=1.0, men=MANNED))
    plenty = bench.step(world=bench.world(war=1.0, men={"BUY": 9e9, "FOE": 500.0}))
    assert bench.read(plenty, "tempo") == bench.read(enough, "tempo") == pytest.approx(1.0)


def test_a_defender_short_of_men_does_not_slow_the_war(bench):
    out = bench.step(world=bench.world(war=1.0, men={"BUY": 1000.0, "FOE": 5.0}))
    assert bench.read(out, "tempo") == pytest.approx(1.0)
    assert bench.read(out, "manning", "FOE") == pytest.approx(0.01)


def test_foreign_troops_stand_in_for_missing_men(bench):
    world = bench.world(war=1.0, men={"BUY": 800.0, "FOE": 500.0}, lent={"SUP>BUY:troops": 200.0})
    out = bench.step(world=world)
    assert bench.read(out, "manning", "BUY") == pytest.approx(1.0)
    assert bench.read(out, "manning", "FOE") == pytest.approx(1.0)


def test_an_army_without_men_leaves_a_pace_that_is_finite_and_small(bench):
    out = bench.step(world=bench.world(war=1.0, men={"BUY": 0.0, "FOE": 500.0}))
    # manning is not trusted below a thousandth: 0.001^0.5 = 0.0316
    assert bench.read(out, "tempo") == pytest.approx(0.0316, rel=1e-2)


def test_a_ceasefire_comes_with_the_chance_of_its_hazard(bench):
    # a hazard of 0.02 a month is a chance of 1 − e^−0.02 = 0.0198
    world = bench.world(war=1.0, men=MANNED)
    just = bench.step(world=world, draws={"ceasefire": 0.0197}, clock=clock(future=True))
    not_quite = bench.step(world=world, draws={"ceasefire": 0.0199}, clock=clock(future=True))
    assert (bench.read(just, "war"), bench.read(just, "tempo")) == (0.0, 0.0)
    assert bench.read(not_quite, "war") == 1.0


def test_before_the_cutoff_the_record_shows_war_whatever_is_drawn(bench):
    p = bench.parameters(ceasefire_hazard=1e3)
    world = bench.world(war=1.0, men=MANNED)
    out = bench.step(p, world, draws={"ceasefire": 1e-6}, clock=clock(future=False))
    assert bench.read(out, "war") == 1.0


def test_a_war_that_has_ended_does_not_resume(bench):
    world = bench.world(war=0.0, log_tempo=3.0, men=MANNED)
    out = bench.step(world=world, draws={"ceasefire": 0.99}, clock=clock(future=True))
    assert (bench.read(out, "war"), bench.read(out, "tempo")) == (0.0, 0.0)


def test_the_war_begins_at_its_first_pace(bench):
    start = bench.start(bench.parameters(initial_log_tempo=0.3))
    assert (float(start.war), float(start.log_tempo)) == (1.0, pytest.approx(0.3))


def test_the_null_keeps_its_pace_and_draws_no_shock():
    null = Bench(ConstantTempo)
    out = null.step(world=null.world(log_tempo=0.7, war=1.0, men=MANNED))
    assert null.read(out, "log_tempo") == pytest.approx(0.7)
    assert [d.name for d in ConstantTempo.draws] == ["ceasefire"]


@settings(max_examples=30)
@given(
    persistence=st.floats(0.5, 0.97), volatility=st.floats(0.05, 0.5), parts=st.sampled_from([2, 4])
)
def test_steps_of_any_length_add_up_to_one_month_of_the_same_process(
    persistence, volatility, parts
):
    bench = Bench(PersistentTempo)
    p = bench.parameters(persistence=persistence, volatility=volatility)

    def moved(start: float, shock: float, dt: float) -> float:
        out = bench.step(
            p, bench.world(log_tempo=start), draws={"shock": shock}, clock=clock(dt=dt)
        )
        return bench.read(out, "log_tempo")

    kept, noise = moved(1.0, 0.0, 1 / parts), moved(0.0, 1.0, 1 / parts)
    # n steps keep kept^n, and their independent shocks add up to noise²·Σ kept^2k
    variance = sum(noise**2 * kept ** (2 * k) for k in range(parts))
    assert kept**parts == pytest.approx(persistence, rel=1e-5)
    assert variance == pytest.approx(volatility**2, rel=1e-4)


def test_log_tempo_has_the_variance_and_memory_of_an_ar1():
    runs, phi, sigma = 20_000, 0.83, 0.2
    bench = Bench(PersistentTempo, runs=(runs,))
    p = bench.parameters(persistence=phi, volatility=sigma)
    shocks = np.random.default_rng(1).standard_normal((60, runs)).astype(np.float32)

    def month(log_tempo, shock):
        draws = {"shock": shock, "ceasefire": jnp.full((runs,), 0.5)}
        world = bench.world(log_tempo=log_tempo, war=1.0, men=MANNED)
        new = bench.step(p, world, draws=draws)["log_tempo"]
        return new, new

    _, path = jax.lax.scan(month, jnp.zeros(runs), jnp.asarray(shocks))
    last, before = np.asarray(path[-1]), np.asarray(path[-2])
    # Var = σ²/(1 − φ²), Corr = φ; the error of a variance from 20,000 runs is 1 %
    assert last.var() == pytest.approx(sigma**2 / (1 - phi**2), rel=0.03)
    assert np.corrcoef(last, before)[0, 1] == pytest.approx(phi, abs=0.01)
    assert last.mean() == pytest.approx(0.0, abs=0.01)
