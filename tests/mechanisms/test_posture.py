"""Posture: stances replayed from the record, then chosen by quantal response, or fixed."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from datetime import date

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from scipy.special import softmax

from servanda.case import Evidence, Observation
from servanda.engine import assemble
from servanda.errors import CaseError
from servanda.mechanisms.posture import FrozenPosture, QuantalResponse
from tests.builders import SPEC, Bench, clock, tiny_case
from tests.cases import shipped

SENDER, ALLY = "PAT", "FOE"
QUARTER = clock(month=12, future=True)
RUNS = 20_000


@pytest.fixture(scope="module")
def bench() -> Bench:
    return Bench(QuantalResponse)


def stances(levels, recorded=("a",), driver="war", since=("2020-01",), sources=("none",)):
    """The first actor's posture, with stances called a, b and c."""
    names = "abc"[: len(levels)]
    return {
        "actor": SENDER,
        "signal": "enforcement",
        "driver": driver,
        "stances": [{"name": n, "level": x} for n, x in zip(names, levels, strict=True)],
        "recorded": [
            {"since": month, "stance": name, "source": source}
            for month, name, source in zip(since, recorded, sources, strict=True)
        ],
    }


def with_posture(posture, *, known=()):
    """The tiny case with one posture, and evidence known on the days given by its id."""
    case = tiny_case(spec={"postures": [posture]})
    rows = tuple(
        Observation(
            name, "events", None, date(2020, 1, 1), day, 1, None, None, "1", "A", "S1", "seen"
        )
        for name, day in known
    )
    return replace(case, evidence=Evidence(rows, (), ()))


def chosen(bench, p, *, actor=SENDER, runs=RUNS, **world):
    """How often each stance is chosen over evenly spread draws."""
    many = Bench(type(bench.theory), bench.case, runs=(runs,))
    drawn = {"choice": (np.arange(runs) + 0.5) / runs * np.ones((many.axes.size("posture"), 1))}
    out = many.step(p(many), many.world(**world), draws=drawn, clock=QUARTER)
    found = many.read(out, "stance", actor)
    return np.array([(found == k).mean() for k in range(3)])


# ── worked by hand ──────────────────────────────────────────────────────────────────────────────


def test_without_a_driver_habit_alone_keeps_the_stance_three_times_in_four(bench):
    # payoffs 1 for staying lax and 0 for strict, noise 1: e/(e + 1) = .731059
    for draw, stance in ((0.7310, 0.0), (0.7311, 1.0)):
        out = bench.step(draws={"choice": draw}, clock=QUARTER)
        assert bench.read(out, "stance", SENDER) == stance


def test_a_driver_as_strong_as_habit_makes_the_choice_even(bench):
    for draw, stance in ((0.499, 0.0), (0.501, 1.0)):
        out = bench.step(world=bench.world(war=1.0), draws={"choice": draw}, clock=QUARTER)
        assert bench.read(out, "stance", SENDER) == stance


def test_a_driver_counts_in_its_own_scale(bench):
    # a scale of 4 makes the war worth .25: payoffs 1 and .25, e^.75/(1 + e^.75) = .679179
    p = bench.parameters(driver_scale=4.0)
    for draw, stance in ((0.6791, 0.0), (0.6793, 1.0)):
        out = bench.step(p, bench.world(war=1.0), draws={"choice": draw}, clock=QUARTER)
        assert bench.read(out, "stance", SENDER) == stance


def test_each_stance_sends_its_level_of_its_signal(bench):
    world = bench.world(stance=1.0)
    out = bench.step(world=world, clock=clock(month=13, future=True, quarter=False))
    found = [bench.read(out, "signal", s) for s in bench.axes["signal"]]
    # strict enforcement and a plea for supply, of enforcement, courtship, supply and turn
    assert found == [1.0, 0.0, 1.0, 0.0]


def test_states_that_send_the_same_signal_add_up():
    first, second = deepcopy(SPEC["postures"])
    first["stances"][1]["level"], second["signal"] = 0.4, "enforcement"
    second["stances"][1]["level"] = 0.5
    bench = Bench(QuantalResponse, tiny_case(spec={"postures": [first, second]}))
    out = bench.step(world=bench.world(stance=1.0), clock=clock(month=13, future=True))
    assert bench.read(out, "signal", "enforcement") == pytest.approx(0.9)


# ── limits ──────────────────────────────────────────────────────────────────────────────────────


def test_with_no_noise_the_better_stance_is_always_chosen(bench):
    found = chosen(bench, lambda b: b.parameters(noise=1e-3), war=1.1)
    assert found == pytest.approx([0, 1, 0])


def test_with_endless_noise_every_stance_is_as_likely():
    bench = Bench(QuantalResponse, with_posture(stances([-1.0, 0.0, 1.0])))
    found = chosen(bench, lambda b: b.parameters(noise=1e9), war=1.0)
    assert found == pytest.approx([1 / 3] * 3, abs=1e-3)


def test_between_quarters_stances_do_not_change(bench):
    world, at = bench.world(war=1.0, stance=0.0), clock(month=13, future=True, quarter=False)
    out = bench.step(world=world, draws={"choice": 0.99}, clock=at)
    assert bench.read(out, "stance", SENDER) == 0.0


def test_a_lever_fixes_a_stance_before_and_after_the_cutoff_and_no_other(bench):
    p = bench.parameters(fixed={SENDER: 1.0, ALLY: -1.0})
    for at in (clock(month=2), clock(month=13, future=True, quarter=False), QUARTER):
        out = bench.step(p, bench.world(stance={ALLY: 1.0}), draws={"choice": 0.6}, clock=at)
        assert bench.read(out, "stance", SENDER) == 1.0
        assert bench.read(out, "signal", "enforcement") == 1.0
        # the other: recorded, kept, and chosen with e/(e + 1) for its habit
        assert bench.read(out, "stance", ALLY) == 1.0


def test_a_case_without_postures_signals_nothing():
    bench = Bench(QuantalResponse, tiny_case(spec={"postures": []}))
    out = bench.step(clock=QUARTER)
    assert not np.asarray(out["signal"]).any()
    assert np.asarray(out["stance"]).shape == (0,)


# ── the record ──────────────────────────────────────────────────────────────────────────────────

TURNS = stances(
    [0.0, 0.5, 1.0],
    recorded=("a", "b", "c", "a"),
    since=("2019-06", "2020-04", "2020-10", "2021-03"),
    sources=("none", "E1", "E2", "E3"),
)
EARLY = [("E1", date(2020, 4, 30)), ("E2", date(2020, 12, 31)), ("E3", date(2021, 3, 31))]


def replayed(bench, months, **world):
    return [
        bench.read(bench.step(world=bench.world(**world), clock=clock(month=m)), "stance", SENDER)
        for m in months
    ]


def test_before_the_cutoff_stances_are_those_of_the_record_whatever_is_drawn():
    bench = Bench(QuantalResponse, with_posture(TURNS, known=EARLY))
    # the first since before the start, the second from 2020-04, the third from 2020-10
    assert replayed(bench, [0, 2, 3, 8, 9, 11], war=100.0) == [0, 0, 1, 1, 2, 2]


def test_what_became_known_after_the_cutoff_is_not_replayed():
    late = [("E1", date(2020, 4, 30)), ("E2", date(2021, 1, 1))]
    bench = Bench(QuantalResponse, with_posture(TURNS, known=late))
    assert replayed(bench, [3, 9, 11]) == [1, 1, 1]


def test_a_stance_recorded_after_the_cutoff_changes_nothing_not_even_afterwards():
    told = Bench(QuantalResponse, with_posture(TURNS, known=EARLY))
    other = deepcopy(TURNS)
    other["recorded"] = other["recorded"][:3]
    untold = Bench(QuantalResponse, with_posture(other, known=EARLY))
    assert told.theory.recorded == untold.theory.recorded
    assert len(told.theory.recorded[0]) == 12  # to the cut-off and no further


# ── laws ────────────────────────────────────────────────────────────────────────────────────────

payoffs = st.lists(st.floats(-5, 5), min_size=3, max_size=3)


@settings(max_examples=20)
@given(payoffs, payoffs, st.floats(0, 3), st.floats(0.2, 10), st.integers(0, 2), st.floats(0, 3))
def test_stances_are_chosen_as_often_as_the_softmax_of_their_payoffs(
    constant, response, inertia, noise, current, driver
):
    bench = Bench(QuantalResponse, with_posture(stances([-1.0, 0.0, 1.0])))
    labels = [f"{SENDER}.{n}" for n in "abc"]

    def p(many):
        return many.parameters(
            constant=dict(zip(labels, constant, strict=True)),
            response=dict(zip(labels, response, strict=True)),
            inertia=inertia,
            noise=noise,
            driver_scale=1.0,
        )

    found = chosen(bench, p, runs=2000, war=driver, stance=float(current))
    payoff = np.array(constant) + np.array(response) * driver
    payoff[current] += inertia
    assert found == pytest.approx(softmax(payoff / noise), abs=1.5e-3)


def test_a_dearer_stance_is_never_chosen_more(bench):
    shares = [
        chosen(bench, lambda b, c=c: b.parameters(constant={f"{SENDER}.strict": c}))[1]
        for c in (-3.0, -1.0, 0.0, 2.0)
    ]
    assert shares == sorted(shares)


def test_an_idle_actor_whose_stances_have_no_level_changes_no_signal_and_no_other_stance(bench):
    """No other theory reads a stance, so it changes nothing else either."""
    readers = [slot for slot, read in assemble(bench.case).reads.items() if "stance" in read]
    assert readers == ["posture"]
    more = {
        "actors": [*SPEC["actors"], {"code": "ZZZ", "name": "Nowhere"}],
        "postures": [*SPEC["postures"], stances([0.0, 0.0]) | {"actor": "ZZZ"}],
    }
    draws = np.random.default_rng(1).random((3, 500))
    outs = []
    for case in (bench.case, tiny_case(spec=more)):
        one = Bench(QuantalResponse, case, runs=(500,))
        own = {"choice": draws[: one.axes.size("posture")]}
        outs.append(one.step(world=one.world(war=1.0), draws=own, clock=QUARTER))
    alone, beside = ({name: np.asarray(v) for name, v in out.items()} for out in outs)
    assert set(beside["stance"][-1]) == {0.0, 1.0}
    np.testing.assert_array_equal(beside["stance"][:-1], alone["stance"])
    np.testing.assert_array_equal(beside["signal"], alone["signal"])


def test_a_driver_may_be_one_member_of_a_quantity_that_has_many(bench):
    # the ally asks for supply the more the deeper the ring: constant 0, response 5 for it
    p = {"response": {f"{ALLY}.asks": 5.0}}
    deep, shallow = (
        chosen(bench, lambda b: b.parameters(**p), actor=ALLY, depth=d)[1] for d in (0.9, 0.1)
    )
    # habit holds at 'alone': 1 against 4.5 and 1 against .5
    assert (deep, shallow) == pytest.approx((0.970688, 0.377541), abs=1e-3)


@pytest.mark.parametrize(
    ("driver", "found"),
    [
        ("wra", "'wra'"),
        ("depth[rign]", "member 'rign' of depth"),
        ("leakage[round-about]", "'leakage[round-about]'"),
    ],
)
def test_a_driver_that_is_not_carried_from_month_to_month_is_refused(driver, found):
    with pytest.raises(CaseError) as error:
        Bench(QuantalResponse, with_posture(stances([0.0, 1.0], driver=driver)))
    assert error.value.where == "case.toml: postures[1].driver"
    assert error.value.found == found


# ── the rival ───────────────────────────────────────────────────────────────────────────────────


def test_the_null_draws_nothing_and_keeps_the_last_recorded_stance():
    null = Bench(FrozenPosture, with_posture(TURNS, known=EARLY))
    assert FrozenPosture.draws == ()
    assert replayed(null, [11]) == [2]
    out = null.step(world=null.world(war=1e3, stance=2.0), clock=QUARTER)
    assert null.read(out, "stance", SENDER) == 2.0
    assert null.read(out, "signal", "enforcement") == 1.0


def test_the_null_replays_and_obeys_levers_as_the_theory_does(bench):
    null = Bench(FrozenPosture)
    for fixed in (-1.0, 0.0, 1.0):
        for at in (clock(month=3), clock(month=13, future=True, quarter=False)):
            outs = [
                b.step(b.parameters(fixed=fixed), b.world(stance=1.0), clock=at)
                for b in (bench, null)
            ]
            for name in bench.writes:
                assert (np.asarray(outs[0][name]) == np.asarray(outs[1][name])).all(), name


# ── levers that fix a stance ────────────────────────────────────────────────────────────────────


def fixing(**changes):
    """The tiny case with a lever that fixes the stance of PAT, which has two."""
    lever = {
        "name": "pat",
        "description": "PAT's stance",
        "targets": ["posture.fixed[PAT]"],
        "operation": "set",
        "acts": "throughout",
        "low": -1,
        "high": 1,
    }
    return tiny_case(spec={"levers": [lever | changes]})


def test_a_lever_fixes_stances_that_there_are():
    Bench(QuantalResponse, fixing(choices={"free": -1, "lax": 0, "strict": 1}))
    with pytest.raises(CaseError) as caught:
        Bench(QuantalResponse, fixing(high=2))
    assert str(caught.value) == (
        "case.toml: levers['pat']: found stance 2 of posture.fixed[PAT],"
        " expected -1 to 1: an actor's stances are counted from 0"
    )


def test_there_is_nothing_between_two_stances():
    within = shipped().model.parameters["posture.fixed[USA]"].within
    assert str(within) == "a whole number from -1 to 2"
    assert [value in within for value in (-2, -1, 0.5, 2, 3)] == [False, True, False, True, False]
