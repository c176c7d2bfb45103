"""Exchange: ties that open, lanes and orders that are worked up, what is sent, and the rival."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from servanda.case import Case, Evidence, Observation
from servanda.mechanisms.exchange import ConstantOrders, NashBargaining
from tests.builders import REST, SPEC, Bench, clock, tie, tiny_case
from tests.mechanisms.pact import (
    AID,
    OIL,
    PACT,
    PLENTY,
    SHELLS,
    TECHNOLOGY,
    TROOPS,
    standing,
)


@pytest.fixture(scope="module")
def bench() -> Bench:
    return Bench(NashBargaining, compiled=True)


# ── worked by hand ──────────────────────────────────────────────────────────────────────────────


def test_orders_move_a_third_of_the_way_in_a_month(bench):
    p = bench.parameters(need={SHELLS: 80.0})
    out = bench.step(p, standing(bench, order={SHELLS: 30.0}))
    # 30 + (60 − 30)/3
    assert bench.read(out, "order", SHELLS) == pytest.approx(40.0)
    assert bench.read(out, "send_request", SHELLS) == pytest.approx(40.0)


def test_between_quarters_the_last_bargain_stands(bench):
    p = bench.parameters(need={SHELLS: 80.0})
    world = standing(bench, target={SHELLS: 33.0}, order={SHELLS: 30.0}, price=1.6)
    out = bench.step(p, world, clock=clock(month=1))
    found = [bench.read(out, name, SHELLS) for name in ("target", "order", "price")]
    assert found == pytest.approx([33.0, 31.0, 1.6])


def test_a_supplier_whose_stock_runs_out_stops_before_the_quarter_is_over(bench):
    p = bench.parameters(need={SHELLS: 80.0})
    world = standing(bench, target={SHELLS: 60.0}, order={SHELLS: 60.0}, stock=1.0)
    out = bench.step(p, world, clock=clock(month=1))
    assert bench.read(out, "target", SHELLS) == pytest.approx(60.0)
    assert bench.read(out, "order", SHELLS) == 0.0


def test_a_lane_is_built_towards_its_ceiling(bench):
    out = bench.step(world=standing(bench, lane=10.0))
    # 10 + 90·(1 − e^−0.5) = 10 + 90·0.393469
    assert bench.read(out, "lane", SHELLS) == pytest.approx(45.412, rel=1e-4)


# ── limits ──────────────────────────────────────────────────────────────────────────────────────


def test_when_the_pact_is_over_nothing_is_ordered_or_paid_and_people_go_home(bench):
    p = bench.parameters(need={SHELLS: 80.0})
    world = standing(bench, alive=0.0, order=60.0, arrears=100.0, lent={TROOPS: 150.0})
    out = bench.step(p, world, bench.month(shortage=1.0), clock=clock(month=1))
    under_pact = (SHELLS, TROOPS, OIL, TECHNOLOGY)
    assert [bench.read(out, "send_request", t) for t in under_pact] == [0.0] * 4
    assert bench.read(out, "recall_request", TROOPS) == 150.0
    assert bench.read(out, "send_request", AID) == 20.0


def test_in_peace_the_soldiers_are_recalled(bench):
    world = standing(bench, war=0.0, men=0.0, lent={TROOPS: 150.0}, order={TROOPS: 150.0})
    out = bench.step(world=world, month=bench.month(required=1000.0))
    assert bench.read(out, "recall_request", TROOPS) == pytest.approx(150.0, abs=1e-3)


def test_a_closed_tie_carries_nothing_and_a_half_open_one_carries_half(bench):
    for share in (0.0, 0.5, 1.0):
        p = bench.parameters(need={SHELLS: 80.0}, allowed=share)
        out = bench.step(p, standing(bench, order={SHELLS: PLENTY}))
        assert bench.read(out, "send_request", SHELLS) == pytest.approx(60.0 * share)
        assert bench.read(out, "send_request", AID) == pytest.approx(20.0 * share, abs=1e-4)


def test_aid_flows_as_its_lane_and_its_giver_s_stance_allow(bench):
    for level, sent in ((1.0, 100.0), (0.25, 25.0), (0.0, 0.0), (-1.0, 0.0)):
        out = bench.step(world=standing(bench), month=bench.month(signal={"supply": level}))
        assert bench.read(out, "send_request", "PAT>FOE:shells") == pytest.approx(sent)
        assert bench.read(out, "send_request", AID) == 20.0


def test_covert_trade_is_left_to_evasion(bench):
    out = bench.step(world=standing(bench))
    assert bench.read(out, "send_request", "PAT>BUY:inputs") == 0.0


# ── opening ─────────────────────────────────────────────────────────────────────────────────────


def opening_case(*, known_on: date, source: str = "E1") -> Case:
    """The tiny case with shells on the record from 2020-05, as some evidence shows."""
    seen = tie("SUP", "BUY", "shells", "contract", customs=False, opens="2020-05", source=source)
    case = tiny_case(
        spec={"ties": [seen, *SPEC["ties"][1:]]},
        numbers={
            "exchange.opening_hazard": {SHELLS: 0.1},
            "exchange.need": {SHELLS: 80.0},
        },
    )
    row = Observation(
        "E1", "shells", None, date(2020, 5, 31), known_on, 1, None, None, "round", "A", "S1", "seen"
    )
    return Case(case.spec, case.parameters, Evidence((row,), (), ()), (), case.tables, case.folder)


def opened(bench, month, *, draw=0.5, future=False):
    world = standing(bench, opened={SHELLS: 0.0, REST: 1.0}, lane=10.0)
    out = bench.step(world=world, draws={"opening": draw}, clock=clock(month, future=future))
    return out, bench.read(out, "opened", SHELLS)


def test_a_tie_opens_when_the_record_first_shows_it_and_strikes_a_bargain_at_once():
    bench = Bench(NashBargaining, opening_case(known_on=date(2020, 7, 1)))
    before, shut = opened(bench, 3)
    after, open_ = opened(bench, 4)
    assert (shut, open_) == (0.0, 1.0)
    # not a quarter's month, yet 60 are agreed; until then the lane is not built
    assert bench.read(before, "target", SHELLS) == 0.0
    assert bench.read(before, "lane", SHELLS) == 10.0
    assert bench.read(after, "target", SHELLS) == pytest.approx(60.0)


def test_a_tie_that_was_not_known_by_the_cutoff_opens_later_by_chance_or_not_at_all():
    bench = Bench(NashBargaining, opening_case(known_on=date(2021, 1, 1)))
    # a hazard of 0.1 is a chance of 1 − e^−0.1 = 0.09516
    assert opened(bench, 4, draw=0.01)[1] == 0.0
    assert opened(bench, 13, draw=0.0951, future=True)[1] == 1.0
    assert opened(bench, 13, draw=0.0952, future=True)[1] == 0.0


def test_a_tie_once_open_stays_open(bench):
    out = bench.step(world=standing(bench), clock=clock(13, future=True), draws={"opening": 0.99})
    assert bench.read(out, "opened", SHELLS) == 1.0


def test_ties_without_a_date_are_open_from_the_start(bench):
    start = bench.start()
    assert np.asarray(start.opened).min() == 1.0
    assert bench.read(start, "lane", AID) == 20.0
    assert bench.read(start, "order", SHELLS) == 0.0


# ── laws ────────────────────────────────────────────────────────────────────────────────────────


def test_half_a_month_sends_and_pays_half_of_what_a_month_does(bench):
    p = bench.parameters(need={SHELLS: 80.0})
    world = standing(bench, order={SHELLS: 60.0}, arrears=50.0)
    whole = bench.step(p, world, bench.month(shortage=1.0))
    half = bench.step(p, world, bench.month(shortage=1.0), clock=clock(dt=0.5))
    for t in (SHELLS, OIL, TECHNOLOGY, AID):
        sent = bench.read(half, "send_request", t)
        assert sent == pytest.approx(bench.read(whole, "send_request", t) / 2), t


def test_two_half_months_build_what_one_month_builds(bench):
    whole = bench.step(world=standing(bench, lane=3.0))
    half = bench.step(world=standing(bench, lane=3.0), clock=clock(dt=0.5))
    lanes = {t: bench.read(half, "lane", t) for t in bench.axes["tie"]}
    again = bench.step(world=standing(bench, lane=lanes), clock=clock(dt=0.5))
    for t in bench.axes["tie"]:
        assert bench.read(again, "lane", t) == pytest.approx(bench.read(whole, "lane", t))


def test_two_half_months_bring_orders_as_near_to_the_bargain_as_one_month(bench):
    p = bench.parameters(need={SHELLS: 80.0})
    whole = bench.step(p, standing(bench))
    half = bench.step(p, standing(bench), clock=clock(dt=0.5))
    order = {SHELLS: bench.read(half, "order", SHELLS)}
    again = bench.step(p, standing(bench, order=order), clock=clock(dt=0.5))
    assert bench.read(again, "order", SHELLS) == pytest.approx(bench.read(whole, "order", SHELLS))


def test_a_year_of_debt_comes_out_alike_by_months_and_by_half_months(bench):
    p = bench.parameters(need={SHELLS: 80.0}, payment_capacity=150.0)

    def owed(dt):
        arrears = 200.0
        for _ in range(round(12 / dt)):
            world = standing(bench, order={SHELLS: 60.0}, arrears=arrears)
            out = bench.step(p, world, bench.month(shortage=1.0), clock=clock(dt=dt))
            paid = 4.0 * (
                bench.read(out, "send_request", OIL) + bench.read(out, "send_request", TECHNOLOGY)
            )
            owing = bench.read(out, "price", SHELLS) * bench.read(out, "send_request", SHELLS)
            arrears += owing - paid
        return arrears

    # both settle where as much is paid as falls due; a debt that did not keep its meaning as the
    # step shrinks would end at half the other
    assert owed(0.5) == pytest.approx(owed(1.0), rel=0.02)


# ── the rival ───────────────────────────────────────────────────────────────────────────────────


def test_the_null_fills_every_lane_at_cost_whatever_is_needed_or_owed():
    null = Bench(ConstantOrders)
    p = null.parameters(limit={SHELLS: 500.0, TROOPS: 200.0}, need=0.0)
    out = null.step(p, standing(null, arrears=1e9, stock=0.0))
    # the lane's 100 for goods, the limit of 200 for people, a third of the way in the first month
    assert null.read(out, "target", SHELLS) == pytest.approx(100.0)
    assert null.read(out, "order", SHELLS) == pytest.approx(100.0 / 3)
    assert null.read(out, "order", TROOPS) == pytest.approx(200.0)
    assert null.read(out, "price", SHELLS) == 1.0


def test_the_null_stops_too_when_a_tie_is_closed_or_the_pact_is_over():
    null = Bench(ConstantOrders)
    shut = null.step(null.parameters(allowed=0.0), standing(null, order=60.0))
    over = null.step(world=standing(null, order=60.0, alive=0.0))
    for out in (shut, over):
        assert null.read(out, "send_request", SHELLS) == 0.0
        gains = [null.read(out, "gain", f"{PACT}/{side}") for side in ("SUP", "BUY")]
        assert gains == [0.0, 0.0]


def test_the_null_builds_opens_gives_and_values_as_the_theory_does(bench):
    null = Bench(ConstantOrders)
    assert ConstantOrders.draws == NashBargaining.draws
    outs = [b.step(world=standing(b, lane=10.0), clock=clock(month=1)) for b in (bench, null)]
    for name in ("lane", "opened", "worth", "settles", "target"):
        first, second = (np.asarray(out[name]) for out in outs)
        assert (first == second).all(), name
    asked = [b.read(out, "send_request", AID) for b, out in zip((bench, null), outs, strict=True)]
    assert asked[0] == asked[1]
