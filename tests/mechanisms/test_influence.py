"""Influence: patrons' shares in a client, by recorded trade alone or with what is hidden valued."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from scipy.integrate import solve_ivp

from servanda.mechanisms.influence import FormalBilateral, TradeOnly
from tests.builders import SPEC, Bench, clock, tiny_case

OLD, NEW = "PAT-SUP", "BUY-SUP"  # a patron whose oil customs record, and one that deals unseen
OIL, SHELLS, TROOPS = "PAT>SUP:oil", "SUP>BUY:shells", "SUP>BUY:troops"
ACCOUNTINGS = ("recorded", "given", "valued")
PAST = {f"bandwidth_{name}": {OLD: 200.0, NEW: 20.0} for name in ACCOUNTINGS}
# trade beside the ties is 100 and 10 a month, memory a year: a month moves
# 1 − e^(−1/12) = .0799556 of the way


@pytest.fixture(scope="module")
def bench() -> Bench:
    return Bench(FormalBilateral)


def shares(bench, out):
    return {
        name: [bench.read(out, f"influence_{name}", p) for p in (OLD, NEW)] for name in ACCOUNTINGS
    }


# ── worked by hand ──────────────────────────────────────────────────────────────────────────────


def test_a_month_s_trade_and_arms_move_bandwidth_and_shares(bench):
    month = bench.month(arrived={OIL: 10.0, SHELLS: 50.0}, worth=4.0)
    out = bench.step(world=bench.world(**PAST), month=month)
    # the old patron trades 100 + 40: 200 − 60·.0799556 = 195.2027 under both accountings
    assert bench.read(out, "recorded_trade", OLD) == pytest.approx(140.0)
    assert bench.read(out, "bandwidth_recorded", OLD) == pytest.approx(195.2027, rel=1e-5)
    assert bench.read(out, "bandwidth_valued", OLD) == pytest.approx(195.2027, rel=1e-5)
    # the new one 10 on record, 20 − 10·.0799556, and 210 in truth, 20 + 190·.0799556
    assert bench.read(out, "recorded_trade", NEW) == pytest.approx(10.0)
    assert bench.read(out, "bandwidth_recorded", NEW) == pytest.approx(19.20044, rel=1e-5)
    assert bench.read(out, "bandwidth_valued", NEW) == pytest.approx(35.19156, rel=1e-5)
    # as dependence weighs one, shares are those of squares:
    # 38104.1/(38104.1 + 368.657) and 38104.1/(38104.1 + 1238.446)
    found = shares(bench, out)
    assert found["recorded"] == pytest.approx([0.990418, 0.009582], rel=1e-3)
    assert found["valued"] == pytest.approx([0.968521, 0.031479], rel=1e-4)
    # one dealing a month, and one for every hundred dollars of valued ties
    assert bench.read(out, "contact_rate", NEW) == pytest.approx(1.3519156, rel=1e-5)


def test_what_a_patron_gives_unseen_counts_before_what_its_client_gives(bench):
    month = bench.month(arrived={"BUY>SUP:oil": 5.0, SHELLS: 50.0}, worth=4.0)
    out = bench.step(world=bench.world(**PAST), month=month)
    # on record 10, with the patron's oil 30, with the client's shells 230 a month
    expected = {"recorded": 19.200444, "given": 20.799556, "valued": 36.790676}
    for name, width in expected.items():
        assert bench.read(out, f"bandwidth_{name}", NEW) == pytest.approx(width, rel=1e-5), name


def test_soldiers_count_by_the_month_that_they_serve(bench):
    world = bench.world(**PAST, lent={TROOPS: 30.0})
    out = bench.step(world=world, month=bench.month(worth=4.0, arrived={TROOPS: 99.0}))
    # 10 + 4·30 = 130 a month: 20 + 110·.0799556; those who arrive serve from next month
    assert bench.read(out, "bandwidth_valued", NEW) == pytest.approx(28.79512, rel=1e-5)


def test_courtship_widens_ties_without_being_trade(bench):
    out = bench.step(world=bench.world(**PAST), month=bench.month(signal={"courtship": 1.0}))
    # 100 + 50 instead of 100: 200 − 50·.0799556
    assert bench.read(out, "bandwidth_recorded", OLD) == pytest.approx(196.00222, rel=1e-5)
    assert bench.read(out, "recorded_trade", OLD) == pytest.approx(100.0)


def test_without_a_weight_on_dependence_shares_are_those_of_bandwidth(bench):
    p = bench.parameters(dependence_exponent=0.0, memory=1e9)
    out = bench.step(p, bench.world(**PAST))
    # 200 and 20 of 220
    assert shares(bench, out)["valued"] == pytest.approx([0.909091, 0.090909], rel=1e-4)


# ── limits ──────────────────────────────────────────────────────────────────────────────────────


def test_pressure_takes_no_bandwidth_away(bench):
    pressed = bench.step(world=bench.world(**PAST), month=bench.month(signal={"courtship": -1.0}))
    left = bench.step(world=bench.world(**PAST))
    for name in bench.writes:
        assert (np.asarray(pressed[name]) == np.asarray(left[name])).all(), name


def test_a_client_s_only_patron_has_all_its_influence():
    case = tiny_case(spec={"patronages": [SPEC["patronages"][0]]})
    bench = Bench(FormalBilateral, case)
    out = bench.step(world=bench.world(bandwidth_recorded=5.0, bandwidth_valued=5.0))
    assert bench.read(out, "influence_valued", OLD) == pytest.approx(1.0)


def test_nobody_has_influence_in_a_client_that_nobody_ever_dealt_with(bench):
    out = bench.step(bench.parameters(base_trade=0.0))
    assert shares(bench, out) == {name: [0.0, 0.0] for name in ACCOUNTINGS}


def test_patrons_of_different_clients_do_not_compete():
    patrons = [SPEC["patronages"][0], {"patron": "PAT", "client": "FOE"}]
    bench = Bench(FormalBilateral, tiny_case(spec={"patronages": patrons}))
    out = bench.step(world=bench.world(bandwidth_recorded=50.0, bandwidth_valued=50.0))
    assert np.asarray(out["influence_recorded"]) == pytest.approx([1.0, 1.0])


def test_a_case_without_patrons_has_no_influence_to_share():
    bench = Bench(FormalBilateral, tiny_case(spec={"patronages": []}))
    assert {np.asarray(v).shape for v in bench.step().values()} == {(0,)}


def test_bandwidth_begins_with_the_past_under_every_accounting(bench):
    start = bench.start()
    for name in PAST:
        assert bench.read(start, name, OLD) == 200.0


# ── laws ────────────────────────────────────────────────────────────────────────────────────────

amounts = st.floats(0, 1e9)


@settings(max_examples=25)
@given(amounts, amounts, amounts, amounts, st.floats(0, 3))
def test_shares_of_a_client_sum_to_one(bench, oil, shells, old, new, exponent):
    p = bench.parameters(dependence_exponent=exponent)
    width = {OLD: old, NEW: new}
    world = bench.world(**dict.fromkeys(PAST, width))
    out = bench.step(p, world, bench.month(arrived={OIL: oil, SHELLS: shells}, worth=1.0))
    for pair in shares(bench, out).values():
        assert sum(pair) == pytest.approx(1.0, abs=1e-5)
        assert min(pair) >= 0


@settings(max_examples=15)
@given(amounts, amounts)
def test_more_arms_never_lower_a_patron_s_share_nor_are_they_on_record(bench, shells, more):
    found = [
        shares(
            bench,
            bench.step(
                world=bench.world(**PAST), month=bench.month(arrived={SHELLS: q}, worth=1.0)
            ),
        )
        for q in (shells, shells + more)
    ]
    assert found[1]["valued"][1] >= found[0]["valued"][1] - 1e-6
    assert found[1]["recorded"] == found[0]["recorded"]


def remembered(bench, dealings, dt=1.0):
    """Valued bandwidth of the new patron after each month of dealings."""
    width, ends = PAST["bandwidth_valued"], []
    for shells in dealings:
        for _ in range(round(1 / dt)):
            month = bench.month(arrived={SHELLS: shells * dt}, worth=1.0)
            out = bench.step(
                world=bench.world(bandwidth_valued=width), month=month, clock=clock(dt=dt)
            )
            width = {label: bench.read(out, "bandwidth_valued", label) for label in (OLD, NEW)}
        ends.append(width[NEW])
    return ends


DEALINGS = [500.0, 800.0, 0.0, 0.0, 300.0, 900.0, 900.0, 100.0]


def test_two_half_months_are_remembered_as_one_month(bench):
    assert remembered(bench, DEALINGS, 0.5) == pytest.approx(remembered(bench, DEALINGS), rel=1e-5)


def test_memory_follows_its_differential_equation(bench):
    width, expected = 20.0, []
    for shells in DEALINGS:
        found = solve_ivp(lambda _, w, s=shells: (10 + s - w) / 12, (0, 1), [width], rtol=1e-9)
        width = found.y[0, -1]
        expected.append(width)
    assert remembered(bench, DEALINGS) == pytest.approx(expected, rel=1e-5)


# ── the rival ───────────────────────────────────────────────────────────────────────────────────


def test_under_the_null_arms_and_people_make_no_influence():
    null = Bench(TradeOnly)
    world = null.world(**PAST, lent={TROOPS: 1e6})
    month = null.month(arrived={OIL: 10.0, SHELLS: 1e6, "BUY>SUP:oil": 1e6}, worth=4.0)
    found = shares(null, null.step(world=world, month=month))
    assert found["valued"] == found["given"] == found["recorded"]


def test_the_null_records_what_the_theory_records(bench):
    null = Bench(TradeOnly)
    outs = [
        b.step(
            world=b.world(**PAST, lent={TROOPS: 50.0}),
            month=b.month(arrived={OIL: 10.0, SHELLS: 50.0}, worth=4.0),
        )
        for b in (bench, null)
    ]
    for name in ("bandwidth_recorded", "recorded_trade", "influence_recorded"):
        assert (np.asarray(outs[0][name]) == np.asarray(outs[1][name])).all(), name
    for name in ("bandwidth_valued", "contact_rate", "influence_valued"):
        assert bench.read(outs[0], name, NEW) > null.read(outs[1], name, NEW), name
