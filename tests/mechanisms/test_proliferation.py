"""Proliferation: knowledge from one's own research and from what is taught, and what follows."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from scipy.integrate import solve_ivp

from servanda.mechanisms.proliferation import OwnAndTransfer, OwnOnly
from tests.builders import Bench, clock, tiny_case

SUP = "SUP"
LESSONS, EXPORTS = "BUY>SUP:technology", "SUP>BUY:missiles"
# knowledge .4, own research .01 a month, a ten-thousandth for each dollar taught


@pytest.fixture(scope="module")
def bench() -> Bench:
    return Bench(OwnAndTransfer)


def a_month(bench, *, taught=0.0, exported=0.0, enforcement=0.0, dt=1.0, p=None, **world):
    month = bench.month(
        arrived={LESSONS: taught, EXPORTS: exported},
        worth=1.0,
        signal={"enforcement": enforcement},
    )
    state = {"knowledge": 0.4, "warheads": 20.0} | world
    return bench.step(p, bench.world(**state), month, clock=clock(dt=dt))


# ── worked by hand ──────────────────────────────────────────────────────────────────────────────


def test_research_and_a_thousand_dollars_of_lessons_add_up(bench):
    # the unknown shrinks by e^(−.01 − .1) = .895834: 1 − .6·.895834
    out = a_month(bench, taught=1000.0)
    assert bench.read(out, "knowledge", SUP) == pytest.approx(0.462500, rel=1e-5)
    # behind a rival at .8: 1 − .4625/.8
    assert bench.read(out, "gap", SUP) == pytest.approx(0.421875, rel=1e-4)


def test_full_enforcement_halves_own_research_and_not_what_is_taught(bench):
    # e^(−.005 − .1) = .900325
    out = a_month(bench, taught=1000.0, enforcement=1.0)
    assert bench.read(out, "knowledge", SUP) == pytest.approx(0.459805, rel=1e-5)


def test_warheads_are_added_the_faster_the_more_is_known(bench):
    # 20 + .5·e^.4
    assert bench.read(a_month(bench), "warheads", SUP) == pytest.approx(20.745912, rel=1e-6)


def test_missiles_that_are_sold_are_not_tested(bench):
    # 2·e^(−.05·10)
    assert bench.read(a_month(bench, exported=10.0), "launch_rate", SUP) == pytest.approx(
        1.2130613, rel=1e-5
    )
    # as many in half the time are twice the rate: 2·e^−1
    half = a_month(bench, exported=10.0, dt=0.5)
    assert bench.read(half, "launch_rate", SUP) == pytest.approx(0.7357589, rel=1e-5)


# ── limits ──────────────────────────────────────────────────────────────────────────────────────


def test_without_lessons_there_is_own_research_only(bench):
    # 1 − .6·e^−.01
    assert bench.read(a_month(bench), "knowledge", SUP) == pytest.approx(0.4059701, rel=1e-5)


def test_without_lessons_or_research_nothing_is_learnt_or_forgotten(bench):
    out = a_month(bench, p=bench.parameters(own_research=0.0))
    assert bench.read(out, "knowledge", SUP) == pytest.approx(0.4)


def test_with_endless_lessons_the_frontier_is_reached_and_not_passed(bench):
    out = a_month(bench, taught=1e9)
    assert bench.read(out, "knowledge", SUP) == 1.0


def test_a_rival_that_is_overtaken_is_behind(bench):
    assert bench.read(a_month(bench, knowledge=0.95), "gap", SUP) < 0


def test_a_case_without_proliferators_learns_nothing():
    bench = Bench(OwnAndTransfer, tiny_case(spec={"proliferators": []}))
    assert {np.asarray(v).shape for v in bench.step().values()} == {(0,)}


def test_knowledge_and_warheads_begin_where_the_case_says(bench):
    start = bench.start()
    assert bench.read(start, "knowledge", SUP) == pytest.approx(0.4)
    assert bench.read(start, "warheads", SUP) == 20.0


# ── laws ────────────────────────────────────────────────────────────────────────────────────────

lessons = st.floats(0, 1e4)


@settings(max_examples=25)
@given(st.floats(0.001, 0.99), lessons, st.floats(0, 0.2), st.floats(0, 1), st.floats(0, 1))
def test_knowledge_stays_below_the_frontier_and_never_falls(
    bench, knowledge, taught, own, bite, enforcement
):
    p = bench.parameters(own_research=own, enforcement_bite=bite)
    out = a_month(bench, taught=taught, enforcement=enforcement, p=p, knowledge=knowledge)
    after = bench.read(out, "knowledge", SUP)
    assert np.float32(knowledge) <= after < 1
    assert bench.read(out, "warheads", SUP) >= 20.0


@settings(max_examples=15)
@given(lessons, lessons, st.floats(0, 1), st.floats(0, 1))
def test_more_lessons_or_less_enforcement_never_teach_less(bench, some, more, first, second):
    lax, strict = sorted((first, second))

    def learnt(taught, enforcement):
        out = a_month(bench, taught=taught, enforcement=enforcement)
        return bench.read(out, "knowledge", SUP)

    assert learnt(some + more, lax) >= learnt(some, lax) - 1e-6
    assert learnt(some, lax) >= learnt(some, strict) - 1e-6


SYLLABUS = [0.0, 500.0, 500.0, 2000.0, 0.0, 0.0, 100.0, 0.0]


def course(bench, dt=1.0):
    """Knowledge and warheads after months of lessons, while enforcement sets in."""
    state, ends = {"knowledge": 0.4, "warheads": 20.0}, []
    for month, taught in enumerate(SYLLABUS):
        for _ in range(round(1 / dt)):
            out = a_month(bench, taught=taught * dt, enforcement=month / 8, dt=dt, **state)
            state = {name: bench.read(out, name, SUP) for name in state}
        ends.append(state.copy())
    return {name: [end[name] for end in ends] for name in state}


def test_two_half_months_teach_what_one_month_does(bench):
    whole, half = course(bench), course(bench, 0.5)
    assert half["knowledge"] == pytest.approx(whole["knowledge"], rel=1e-5)
    # warheads follow last month's knowledge, so the step matters a little
    assert half["warheads"] == pytest.approx(whole["warheads"], rel=2e-3)


def test_knowledge_and_warheads_follow_their_differential_equations(bench):
    state, knowledge, warheads = [0.4, 20.0], [], []
    for month, taught in enumerate(SYLLABUS):
        rate = 0.01 * (1 - 0.5 * month / 8) + 1e-4 * taught
        found = solve_ivp(
            lambda _, y, rate=rate: [rate * (1 - y[0]), 0.5 * np.exp(y[0])],
            (0, 1),
            state,
            rtol=1e-9,
        )
        state = found.y[:, -1]
        knowledge.append(state[0])
        warheads.append(state[1])
    found = course(bench)
    assert found["knowledge"] == pytest.approx(knowledge, rel=1e-5)
    assert found["warheads"] == pytest.approx(warheads, rel=5e-3)


# ── the rival ───────────────────────────────────────────────────────────────────────────────────


def test_under_the_null_lessons_teach_nothing_and_all_else_is_the_same(bench):
    null = Bench(OwnOnly)
    taught = a_month(null, taught=1e6, exported=10.0, enforcement=0.5)
    alone = a_month(bench, taught=0.0, exported=10.0, enforcement=0.5)
    for name in bench.writes:
        assert (np.asarray(taught[name]) == np.asarray(alone[name])).all(), name
