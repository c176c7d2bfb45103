"""The fate of a pact, in four futures worked out by hand.

Run 0 stays in use, run 1 goes dormant in the last half year, run 2 lapses in 2021-02 and run 3 is
renegotiated in 2021-06.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from servanda.analysis.fate import Fate, fates
from servanda.engine import assemble
from servanda.world.axes import ENDINGS
from tests.analysis.pact import CUT, MONTHS, ended, pact_of
from tests.handmade import uncertain_case

ALIVE = ended(None, None, 13, 17)
DORMANT = np.zeros((MONTHS, 4))
DORMANT[18:, 1] = 1
ENDING = (1 - ALIVE) * [0, 0, 1, 2]  # lapse, renegotiation


def fate(**more: Any) -> Fate:
    (found,) = fates(pact_of(4, **({"alive": ALIVE, "dormant": DORMANT, "ending": ENDING} | more)))
    return found


# ── states and ways ─────────────────────────────────────────────────────────────────────────────


def test_states_are_shares_of_runs_month_by_month():
    states = fate().states
    assert {state: shares[-1] for state, shares in states.items()} == {
        "in use": 0.25,
        "dormant": 0.25,
        "over": 0.5,
    }
    assert [states["over"][month] for month in (12, 13, 16, 17)] == [0, 0.25, 0.25, 0.5]
    assert [states["dormant"][month] for month in (17, 18)] == [0, 0.25]


@pytest.mark.parametrize("weights", [None, [1, 2, 3, 4], [0, 0, 1, 0]])
def test_a_pact_is_in_one_state_in_every_month(weights):
    shares = list(fate(weights=weights).states.values())
    np.testing.assert_allclose(sum(shares), 1, rtol=1e-12)


def test_a_pact_that_is_over_is_not_dormant():
    assert fate(dormant=np.ones((MONTHS, 4))).states["dormant"][-1] == 0.5


def test_ways_are_shares_of_all_runs_and_add_up_to_those_that_are_over():
    found = fate()
    assert {way: shares[-1] for way, shares in found.ways.items()} == {
        "lapse": 0.25,
        "renegotiation": 0.25,
        "violation": 0,
        "substitution": 0,
    }
    assert tuple(found.ways) == ENDINGS
    np.testing.assert_array_equal(sum(found.ways.values()), found.states["over"])


def test_runs_count_by_their_weight():
    heavy = fate(weights=[1, 1, 1, 5])
    assert heavy.states["over"][-1] == pytest.approx(6 / 8)
    assert heavy.commonest_way == ("renegotiation", pytest.approx(5 / 8))


def test_which_runs_are_in_force_and_which_hardly_used():
    assert fate().alive.tolist() == [True, True, False, False]
    assert fate().dormant.tolist() == [False, True, False, False]


# ── when ────────────────────────────────────────────────────────────────────────────────────────


def test_a_share_of_runs_is_over_from_its_first_month_on():
    found = fate()
    assert found.when_over(0.25) == 13
    assert found.when_over(0.3) == 17
    assert found.when_over(0.5) == 17
    assert found.when_over(0.51) is None
    assert found.results.month(13) == "2021-02"


def test_half_of_the_endings_have_come_with_the_first_of_two():
    assert fate().half_ended == 13
    assert fate(weights=[1, 1, 1, 5]).half_ended == 17  # the second is five of six
    assert fate(alive=1.0, ending=0.0).half_ended is None


# ── by the reference class alone ────────────────────────────────────────────────────────────────


def test_by_its_class_alone_a_pact_lasts_with_the_exponential_of_its_hazards():
    """Twelve months follow the cut-off; what came before it does not count."""
    hazards = np.array([0.0, 0.01, 0.02, 0.04])
    hazard = np.ones((MONTHS, 1)) * hazards
    hazard[: CUT + 1] = 5.0
    by_hand = np.exp(-12 * hazards)
    assert fate(base_hazard=hazard).by_class_alone == pytest.approx(by_hand.mean(), rel=1e-6)
    heavy = fate(base_hazard=hazard, weights=[0, 0, 0, 1])
    assert heavy.by_class_alone == pytest.approx(by_hand[3], rel=1e-6)


# ── reference classes ───────────────────────────────────────────────────────────────────────────


def classed(**more: Any) -> Fate:
    """Runs 0 and 2 are of the first class, loose, 1 and 3 of the second, tight."""
    model = assemble(uncertain_case("commitment.class_draw"))
    return fate(model=model, given={"commitment.class_draw": [0.1, 0.9, 0.2, 0.8]}, **more)


def test_runs_are_told_apart_by_their_class():
    found = classed()
    assert {name: runs.tolist() for name, runs in found.classes.items()} == {
        "loose": [True, False, True, False],
        "tight": [False, True, False, True],
    }
    assert [found.class_curve("loose")[month] for month in (12, 13, 23)] == [1, 0.5, 0.5]
    assert [found.class_curve("tight")[month] for month in (13, 16, 17)] == [1, 1, 0.5]


def test_shares_of_a_class_are_of_its_own_runs_and_add_up_to_one():
    found = classed()
    assert found.class_shares("loose") == {
        "in use": 0.5,
        "dormant": 0,
        "lapse": 0.5,
        "renegotiation": 0,
        "violation": 0,
        "substitution": 0,
    }
    assert found.class_shares("tight")["dormant"] == 0.5
    for weights in (None, [1, 2, 3, 4]):
        for name in ("loose", "tight"):
            total = sum(classed(weights=weights).class_shares(name).values())
            assert total == pytest.approx(1)


def test_the_span_of_classes_reaches_from_the_least_lasting_to_the_most():
    heavy = classed(weights=[3, 1, 1, 1])
    assert heavy.class_span == (("tight", 0.5), ("loose", 0.75))


def test_a_class_that_no_run_is_in_is_left_out():
    assert set(fate().classes) == {"loose"}  # the tiny case's draw is a quarter


def test_classes_differ_if_their_shares_are_further_apart_than_chance_puts_them():
    """Of two classes of two hundred runs half and three fifths last, or half and nine tenths."""
    model = assemble(uncertain_case("commitment.class_draw"))
    draws = np.repeat([0.1, 0.9], 200)
    for lasting, clear in ((120, False), (180, True)):
        lasts = np.concatenate([np.arange(200) < 100, np.arange(200) < lasting])
        alive = np.ones((MONTHS, 1)) * lasts
        (found,) = fates(pact_of(400, model, alive=alive, given={"commitment.class_draw": draws}))
        assert found.classes_differ is clear
