"""Commitment: a pact lasts while it pays its weaker partner, falls asleep, or ends in four ways."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from servanda.case import Case, Evidence, Observation
from servanda.mechanisms.commitment import ConstantHazard, RelationalContract
from servanda.world.axes import ENDINGS
from tests.builders import Bench, clock, tiny_case

SUPPLIER, BUYER = "BUY-SUP/SUP", "BUY-SUP/BUY"
PACT = "BUY-SUP"
LATER = clock(month=12, future=True)
# impatience .01, hazard of the loose class .01, belief in the war's end .02: a surplus that lasts
# is worth 1/.02 = 50 months of it, one that may end with the war 1/.04 = 25. Security 20 less
# displeasure 5 less outside 10 is 5 a month, worth 250.


def signed(known_on: date) -> Case:
    """The tiny case, whose pact of 2020-06 became known on a day."""
    case = tiny_case()
    source = case.spec.partnerships[0].source
    day = date(2020, 6, 1)
    row = Observation(source, "pacts", day, day, known_on, 1, None, None, "1", "A", "S1", "signed")
    return replace(case, evidence=Evidence((row,), (), ()))


IN_TIME = signed(date(2020, 6, 30))


@pytest.fixture(scope="module")
def bench() -> Bench:
    return Bench(RelationalContract, IN_TIME)


def slack(bench, p=None, *, month=None, **world):
    out = bench.step(p, bench.world(alive=1.0, **world), month)
    return [bench.read(out, "slack", side) for side in (SUPPLIER, BUYER)]


def hazard(bench, p=None, *, gain=0.0, at=LATER, **world):
    out = bench.step(p, bench.world(alive=1.0, **world), bench.month(gain=gain), clock=at)
    return bench.read(out, "hazard", PACT)


# ── worked by hand ──────────────────────────────────────────────────────────────────────────────


def test_slack_is_the_worth_of_surplus_and_security_less_what_staying_costs(bench):
    month = bench.month(gain={SUPPLIER: 40.0, BUYER: 80.0})
    # 25·40 + 250 and 25·80 + 250
    assert slack(bench, month=month) == pytest.approx([1250.0, 2250.0])


def test_the_partner_with_less_to_lose_sets_the_hazard(bench):
    # the supplier's 1250 is 1.25 scales: .01·e^(−.5·1.25) = .01·.535261
    found = hazard(bench, gain={SUPPLIER: 40.0, BUYER: 80.0})
    assert found == pytest.approx(0.00535261, rel=1e-5)


def test_debt_binds_the_supplier_and_tempts_the_buyer(bench):
    month = bench.month(gain={SUPPLIER: 40.0, BUYER: 80.0})
    assert slack(bench, month=month, arrears=500.0) == pytest.approx([1750.0, 1750.0])


def test_debt_that_leaving_would_not_wipe_out_binds_nobody(bench):
    p = bench.parameters(debt_weight=0.0)
    assert slack(bench, p, arrears=500.0) == pytest.approx([250.0, 250.0])


@pytest.mark.parametrize(
    ("signal", "expected"),
    [
        # outside option 20 instead of 10: 20 − 5 − 20 = −5 a month
        ({"courtship": 1.0}, [-250.0, 250.0]),
        ({"turn": 1.0}, [250.0, -250.0]),
        ({"courtship": 0.5, "turn": 0.5}, [0.0, 0.0]),
        # displeasure 10 instead of 5, for both
        ({"courtship": -1.0}, [0.0, 0.0]),
        ({"turn": -1.0}, [250.0, 250.0]),
    ],
    ids=["courted", "turned", "half of both", "pressed", "turned back"],
)
def test_a_suitor_a_turn_and_pressure_each_make_staying_dearer(bench, signal, expected):
    found = slack(bench, month=bench.month(signal=signal))
    assert found == pytest.approx(expected, abs=1e-3)


def test_a_pact_ends_with_the_chance_of_its_hazard(bench):
    # no slack: a hazard of .01 is a chance of 1 − e^−.01 = .00995
    p = bench.parameters(security=15.0)
    for draw, alive in ((0.0099, 0.0), (0.0100, 1.0)):
        out = bench.step(p, bench.world(alive=1.0), draws={"ending": draw}, clock=LATER)
        assert bench.read(out, "alive", PACT) == alive


def test_of_four_equal_ways_of_ending_the_second_quarter_of_draws_is_the_second(bench):
    p = bench.parameters(base_hazard=1e3)
    for draw, way in ((0.2, 1.0), (0.3, 2.0), (0.6, 3.0), (0.9, 4.0)):
        drawn = {"ending": 0.5, "way": draw}
        out = bench.step(p, bench.world(alive=1.0), draws=drawn, clock=LATER)
        assert bench.read(out, "ending", PACT) == way


def test_a_buyer_that_turns_away_is_twice_as_likely_to_substitute(bench):
    p, month = bench.parameters(base_hazard=1e3), bench.month(signal={"turn": 1.0})
    # weights 1, 1, 1 and 2 of 5
    for draw, way in ((0.59, 3.0), (0.61, 4.0)):
        drawn = {"ending": 0.5, "way": draw}
        out = bench.step(p, bench.world(alive=1.0), month, draws=drawn, clock=LATER)
        assert bench.read(out, "ending", PACT) == way


def test_flow_remembers_three_months_and_counts_people_by_the_month_they_serve(bench):
    month = bench.month(arrived={"SUP>BUY:shells": 10.0, "BUY>SUP:oil": 5.0}, worth=4.0)
    world = bench.world(alive=1.0, flow=100.0, peak=120.0, lent={"SUP>BUY:troops": 30.0})
    out = bench.step(world=world, month=month)
    # 4·(10 + 5 + 30) = 180 a month; 180 + (100 − 180)·e^(−1/3) = 180 − 80·.716531
    assert bench.read(out, "flow", PACT) == pytest.approx(122.6775, rel=1e-5)
    assert bench.read(out, "peak", PACT) == pytest.approx(122.6775, rel=1e-5)
    # what the supplier delivered, without what it was paid
    assert bench.read(out, "value_given", PACT) == pytest.approx(160.0)


def test_a_pact_is_dormant_from_the_sixth_month_of_little_use(bench):
    # nothing is exchanged: 20·.7165 = 14.3, below a fifth of the peak of 100
    for quiet, dormant in ((4.0, 0.0), (5.0, 1.0)):
        out = bench.step(world=bench.world(alive=1.0, flow=20.0, peak=100.0, quiet=quiet))
        assert bench.read(out, "quiet", PACT) == quiet + 1
        assert bench.read(out, "dormant", PACT) == dormant


# ── limits ──────────────────────────────────────────────────────────────────────────────────────


def test_where_slack_is_zero_the_hazard_is_the_reference_class_s(bench):
    # the loose class: .01 in its first five years, .005 after
    p = bench.parameters(security=15.0)
    assert hazard(bench, p, at=clock(month=5 + 59, future=True)) == pytest.approx(0.01)
    assert hazard(bench, p, at=clock(month=5 + 60, future=True)) == pytest.approx(0.005)


@pytest.mark.parametrize(
    ("draw", "expected"), [(0.0, 0.01), (0.499, 0.01), (0.5, 0.002), (0.999, 0.002), (1.0, 0.002)]
)
def test_each_run_belongs_to_one_reference_class(bench, draw, expected):
    p = bench.parameters(hazard_slope=0.0, class_draw=draw)
    assert hazard(bench, p) == pytest.approx(expected)


def test_however_good_or_bad_a_pact_its_hazard_stays_within_three_scales(bench):
    # .01·e^∓1.5
    assert hazard(bench, gain=1e12) == pytest.approx(0.01 * 0.22313, rel=1e-4)
    assert hazard(bench, gain=-1e12) == pytest.approx(0.01 * 4.48169, rel=1e-4)


def test_before_the_cutoff_and_before_it_is_signed_a_pact_does_not_end(bench):
    p = bench.parameters(base_hazard=1e3)
    for at in (clock(month=12, future=False), clock(month=4, future=True)):
        out = bench.step(p, bench.world(alive=1.0), draws={"ending": 1e-6}, clock=at)
        assert bench.read(out, "alive", PACT) == 1.0
    at = clock(month=5, future=True)
    out = bench.step(p, bench.world(alive=1.0), draws={"ending": 1e-6}, clock=at)
    assert bench.read(out, "alive", PACT) == 0.0


def test_a_pact_whose_signing_was_not_known_by_the_cutoff_counts_from_the_cutoff():
    late = Bench(RelationalContract, signed(date(2021, 2, 1)))
    p = late.parameters(security=15.0)
    # the cut-off is month 11: five years later the loose class's hazard is halved
    assert hazard(late, p, at=clock(month=11 + 59, future=True)) == pytest.approx(0.01)
    assert hazard(late, p, at=clock(month=11 + 60, future=True)) == pytest.approx(0.005)


def test_a_pact_that_is_over_runs_no_more_risk(bench):
    out = bench.step(world=bench.world(alive=0.0), clock=LATER)
    assert bench.read(out, "hazard", PACT) == 0.0


def test_a_pact_that_ended_stays_ended_in_the_way_it_did(bench):
    p = bench.parameters(base_hazard=1e3)
    drawn = {"ending": 1e-6, "way": 0.9}
    out = bench.step(p, bench.world(alive=0.0, ending=2.0), draws=drawn, clock=LATER)
    assert (bench.read(out, "alive", PACT), bench.read(out, "ending", PACT)) == (0.0, 2.0)


def test_a_dormant_pact_wakes_when_it_is_used_again(bench):
    world = bench.world(alive=1.0, dormant=1.0, quiet=9.0, flow=20.0, peak=100.0)
    out = bench.step(world=world, month=bench.month(arrived=100.0, worth=4.0))
    assert (bench.read(out, "quiet", PACT), bench.read(out, "dormant", PACT)) == (0.0, 0.0)


@pytest.mark.parametrize("flow", [0.0, 1e-14, 0.9])
def test_a_pact_under_which_nothing_flows_is_dormant(bench, flow):
    for quiet, dormant in ((0.0, 0.0), (5.0, 1.0)):
        out = bench.step(world=bench.world(alive=1.0, flow=flow, peak=flow, quiet=quiet))
        assert bench.read(out, "quiet", PACT) == quiet + 1
        assert bench.read(out, "dormant", PACT) == dormant


def test_a_pact_that_is_over_is_not_dormant(bench):
    out = bench.step(world=bench.world(alive=0.0, flow=1.0, peak=100.0, quiet=9.0))
    assert bench.read(out, "dormant", PACT) == 0.0


def test_partners_may_deal_from_the_start(bench):
    assert bench.read(bench.start(), "alive", PACT) == 1.0


# ── laws ────────────────────────────────────────────────────────────────────────────────────────

dollars = st.floats(-1e4, 1e4)


@settings(max_examples=25)
@given(dollars, dollars, st.floats(0, 1e4))
def test_a_pact_that_gives_a_partner_more_is_never_left_sooner(bench, supplier, buyer, more):
    before = hazard(bench, gain={SUPPLIER: supplier, BUYER: buyer})
    for changed in (
        {SUPPLIER: supplier + more, BUYER: buyer},
        {SUPPLIER: supplier, BUYER: buyer + more},
    ):
        assert hazard(bench, gain=changed) <= before * (1 + 1e-5)
    assert 0.01 * np.exp(-1.5) * (1 - 1e-5) <= before <= 0.01 * np.exp(1.5) * (1 + 1e-5)


def lifetimes(gain, *, months=24, runs=4000, dt=1.0):
    """Months that each of many pacts lasts, all drawing the same luck."""
    many = Bench(RelationalContract, IN_TIME, runs=(runs,), compiled=True)
    p = many.parameters(later_hazard={"loose": 0.01})
    luck = np.random.default_rng(1)
    alive, lasted = 1.0, np.zeros(runs)
    for step in range(round(months / dt)):
        at = clock(month=5 + int(step * dt), time=5 + step * dt, dt=dt, future=True)
        out = many.step(
            p,
            many.world(alive=alive),
            many.month(gain=gain),
            {"ending": luck.random((1, runs)), "way": 0.5},
            at,
        )
        alive = many.read(out, "alive", PACT)[None]
        lasted += dt * alive[0]
    return lasted


def test_a_pact_that_gives_nothing_is_left_sooner_than_one_that_gives_much():
    nothing, much = lifetimes(0.0), lifetimes(100.0)
    assert (nothing <= much).all()
    # slack 250 and 2750: hazards .01·e^−.125 = .008825 and .01·e^−1.375 = .002528; of 4000 pacts
    # e^(−24·h) = .809 and .941 are left, give or take .006
    assert (nothing == 24).mean() == pytest.approx(0.809, abs=0.02)
    assert (much == 24).mean() == pytest.approx(0.941, abs=0.02)


def test_as_many_pacts_survive_two_years_of_half_months_as_of_months():
    whole, half = lifetimes(0.0), lifetimes(0.0, dt=0.5)
    assert (half == 24).mean() == pytest.approx((whole == 24).mean(), abs=0.02)


def test_ways_of_ending_come_as_often_as_their_weights():
    runs, shares = 20_000, {"lapse": 4, "renegotiation": 3, "violation": 2, "substitution": 1}
    many = Bench(RelationalContract, IN_TIME, runs=(runs,), compiled=True)
    p = many.parameters(base_hazard=1e3, ending_share=shares)
    drawn = {"ending": 0.5, "way": np.random.default_rng(2).random((1, runs))}
    out = many.step(p, many.world(alive=1.0), draws=drawn, clock=LATER)
    ways = many.read(out, "ending", PACT)
    for number, name in enumerate(ENDINGS, start=1):
        # the error of a share of 20,000 is at most .0035
        assert (ways == number).mean() == pytest.approx(shares[name] / 10, abs=0.012), name


def test_two_half_months_remember_the_flow_that_one_month_does(bench):
    start = {"alive": 1.0, "flow": 20.0, "peak": 400.0, "quiet": 2.0}
    people = {"SUP>BUY:troops": 10.0}
    month = bench.month(arrived={"SUP>BUY:shells": 10.0}, worth=4.0)
    whole = bench.step(world=bench.world(**start, lent=people), month=month)
    halved = bench.month(arrived={"SUP>BUY:shells": 5.0}, worth=4.0)
    for _ in range(2):
        world = bench.world(**start, lent=people)
        out = bench.step(world=world, month=halved, clock=clock(dt=0.5))
        start = {name: bench.read(out, name, PACT) for name in start}
    for name in start:
        assert start[name] == pytest.approx(bench.read(whole, name, PACT), rel=1e-5), name


# ── the rival ───────────────────────────────────────────────────────────────────────────────────


def test_the_null_knows_only_the_reference_class():
    null = Bench(ConstantHazard, IN_TIME)
    for gain in (-1e4, 0.0, 1e4):
        assert hazard(null, gain=gain, arrears=1e5) == pytest.approx(0.01)


def test_the_null_weighs_remembers_and_counts_as_the_theory_does(bench):
    null = Bench(ConstantHazard, IN_TIME)
    assert ConstantHazard.draws == RelationalContract.draws
    outs = [
        b.step(
            world=b.world(alive=1.0, flow=20.0, peak=100.0, quiet=5.0),
            month=b.month(gain=300.0, arrived=1.0, worth=2.0),
            draws={"ending": 0.9},
            clock=LATER,
        )
        for b in (bench, null)
    ]
    for name in set(bench.writes) - {"hazard"}:
        assert (np.asarray(outs[0][name]) == np.asarray(outs[1][name])).all(), name
    assert bench.read(outs[0], "hazard", PACT) < null.read(outs[1], "hazard", PACT)
