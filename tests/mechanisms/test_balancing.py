"""Balancing: a coalition as deep as the threat, and a neighbour that minds its presence."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from scipy.integrate import solve_ivp

from servanda.mechanisms.balancing import ConstantDepth, ThreatBalance
from tests.builders import Bench, clock, tiny_case

RING = "ring"
# 20 warheads on a scale of 40, 6 launches on 3, a flow of 400 on 400 and 200 soldiers on 200
THREAT = {"warheads": 20.0, "flow": 400.0, "lent": {"SUP>BUY:troops": 200.0}}
START = {"depth": 0.25, "concern": 0.45, "knowledge": 0.4}


@pytest.fixture(scope="module")
def bench() -> Bench:
    return Bench(ThreatBalance)


def a_month(bench, *, launches=6.0, dt=1.0, p=None, **world):
    month = bench.month(launch_rate=launches)
    return bench.step(p, bench.world(**(START | THREAT | world)), month, clock=clock(dt=dt))


# ── worked by hand ──────────────────────────────────────────────────────────────────────────────


def test_a_month_under_threat_deepens_the_coalition_and_worries_the_neighbour(bench):
    out = a_month(bench)
    # (1 + .5)(1 + 2)(1 + 1 + 1) = 13.5, its cube root 2.381102, over 1.4
    assert bench.read(out, "threat", RING) == pytest.approx(1.700787, rel=1e-5)
    # aim 1.700787/2.700787 = .629737; .25 + .379737·(1 − e^−.1) = .25 + .379737·.0951626
    assert bench.read(out, "depth", RING) == pytest.approx(0.286137, rel=1e-5)
    # meetings .5·e^(4·.286137), presence e^(.7·.036137)
    assert bench.read(out, "meeting_rate", RING) == pytest.approx(1.570513, rel=1e-4)
    assert bench.read(out, "presence", RING) == pytest.approx(1.025618, rel=1e-5)
    # felt: .6·1.025618/2.025618 + .4·.4 = .463794, a tenth of the way there from .45
    assert bench.read(out, "concern", RING) == pytest.approx(0.451313, rel=1e-5)


def test_soldiers_count_as_hostility_whatever_else_is_exchanged(bench):
    # warheads and launches gone: (1 + 0 + 200/200) and (1 + 1 + 0) are the same threat
    sent = a_month(bench, warheads=0.0, launches=0.0, flow=0.0)
    sold = a_month(bench, warheads=0.0, launches=0.0, lent=0.0)
    # 2^(1/3)/1.4
    for out in (sent, sold):
        assert bench.read(out, "threat", RING) == pytest.approx(0.899944, rel=1e-5)


def test_depth_rests_where_threat_and_friction_balance(bench):
    p = bench.parameters(friction=1.700787, speed=50.0)
    # threat equal to friction: half
    assert bench.read(a_month(bench, p=p), "depth", RING) == pytest.approx(0.5, rel=1e-5)


# ── limits ──────────────────────────────────────────────────────────────────────────────────────


def test_without_any_threat_some_cooperation_remains(bench):
    out = a_month(
        bench, launches=0.0, warheads=0.0, flow=0.0, lent=0.0, p=bench.parameters(speed=50.0)
    )
    # the product is one: T = 1/1.4 = .714286, and .714286/1.714286
    assert bench.read(out, "threat", RING) == pytest.approx(0.714286, rel=1e-5)
    assert bench.read(out, "depth", RING) == pytest.approx(0.416667, rel=1e-5)


def test_at_its_first_depth_presence_is_what_it_was_at_the_start(bench):
    assert bench.read(a_month(bench, p=bench.parameters(speed=0.0)), "presence", RING) == 1.0


def test_a_supplier_that_builds_no_weapons_threatens_by_the_pact_alone():
    bench = Bench(ThreatBalance, tiny_case(spec={"proliferators": []}))
    month = bench.month()
    world = bench.world(depth=0.25, concern=0.45, flow=400.0, lent={"SUP>BUY:troops": 200.0})
    out = bench.step(bench.parameters(speed=0.0), world, month)
    # 3^(1/3)/1.4; presence alone is felt: .6·.5 = .3
    assert bench.read(out, "threat", RING) == pytest.approx(1.030178, rel=1e-5)
    assert bench.read(out, "concern", RING) == pytest.approx(0.45 - 0.15 * 0.0951626, rel=1e-5)


def test_a_case_without_a_coalition_has_nothing_to_deepen():
    bench = Bench(ThreatBalance, tiny_case(spec={"coalitions": []}))
    assert {np.asarray(v).shape for v in bench.step().values()} == {(0,)}


def test_depth_and_concern_begin_where_the_case_says(bench):
    start = bench.start()
    assert bench.read(start, "depth", RING) == 0.25
    assert bench.read(start, "concern", RING) == pytest.approx(0.45)


# ── laws ────────────────────────────────────────────────────────────────────────────────────────

sizes = st.floats(0, 1e6)
shares = st.floats(0.01, 0.99)


worlds = st.fixed_dictionaries(
    {
        "warheads": sizes,
        "flow": sizes,
        "lent": st.fixed_dictionaries({"SUP>BUY:troops": sizes}),
        "depth": shares,
        "concern": shares,
        "knowledge": shares,
    }
)


@settings(max_examples=25)
@given(worlds, sizes, st.floats(0.01, 5))
def test_depth_and_concern_stay_between_none_and_all(bench, world, launches, speed):
    p = bench.parameters(speed=speed, concern_speed=speed)
    out = a_month(bench, launches=launches, p=p, **world)
    assert 0 < bench.read(out, "depth", RING) < 1
    assert 0 < bench.read(out, "concern", RING) < 1
    assert bench.read(out, "meeting_rate", RING) > 0


@settings(max_examples=15)
@given(st.sampled_from(["warheads", "flow", "soldiers", "launches"]), sizes, sizes)
def test_more_of_any_part_of_threat_never_makes_a_coalition_shallower(bench, part, little, more):
    def felt(size):
        world = {"lent": {"SUP>BUY:troops": size}} if part == "soldiers" else {part: size}
        launches = world.pop("launches", 6.0)
        out = a_month(bench, launches=launches, **world)
        return [bench.read(out, name, RING) for name in ("threat", "depth", "presence", "concern")]

    for before, after in zip(felt(little), felt(little + more), strict=True):
        assert after >= before - 1e-6


def year(bench, dt=1.0):
    """Depth and concern after a year of launches that double half-way."""
    state = START
    for month in range(12):
        for _ in range(round(1 / dt)):
            out = a_month(bench, launches=6.0 if month < 6 else 12.0, dt=dt, **state)
            state = START | {name: bench.read(out, name, RING) for name in ("depth", "concern")}
    return state["depth"], state["concern"]


def test_half_months_end_the_year_where_months_do(bench):
    # depth is solved exactly; concern follows a presence that moves within the month
    depth, concern = year(bench, 0.5)
    assert depth == pytest.approx(year(bench)[0], rel=1e-5)
    assert concern == pytest.approx(year(bench)[1], rel=2e-3)


def test_depth_and_concern_follow_their_differential_equations(bench):
    def change(t, state):
        depth, concern = state
        product = 1.5 * (1 + (6 if t < 6 else 12) / 3) * 3
        threat = product ** (1 / 3) / 1.4
        presence = np.exp(0.7 * (depth - 0.25))
        felt = 0.6 * presence / (1 + presence) + 0.4 * 0.4
        return [0.1 * (threat / (threat + 1) - depth), 0.1 * (felt - concern)]

    state = [0.25, 0.45]
    for span in ((0, 5.999999), (6, 12)):
        state = solve_ivp(change, span, state, rtol=1e-9).y[:, -1]
    depth, concern = year(bench)
    assert depth == pytest.approx(state[0], rel=1e-4)
    assert concern == pytest.approx(state[1], rel=5e-3)


# ── the rival ───────────────────────────────────────────────────────────────────────────────────


def test_the_null_stays_as_deep_as_it_was_and_still_sees_the_threat(bench):
    null = Bench(ConstantDepth)
    theory, out = a_month(bench, launches=1e6), a_month(null, launches=1e6)
    assert null.read(out, "depth", RING) == 0.25
    assert null.read(out, "presence", RING) == 1.0
    assert null.read(out, "threat", RING) == bench.read(theory, "threat", RING)


def test_the_null_at_rest_is_the_theory_at_rest(bench):
    null, still = Bench(ConstantDepth), bench.parameters(speed=0.0)
    for name in bench.writes:
        theory = np.asarray(a_month(bench, p=still)[name])
        assert (theory == np.asarray(a_month(null)[name])).all(), name


def test_under_the_null_knowledge_still_worries_the_neighbour():
    null = Bench(ConstantDepth)
    calm, alarmed = (a_month(null, knowledge=k) for k in (0.1, 0.9))
    assert null.read(alarmed, "concern", RING) > null.read(calm, "concern", RING)
