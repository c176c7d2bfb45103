"""Axes name what a case has and nothing else; pick, collect and place move rows about."""

from __future__ import annotations

import hypothesis.strategies as st
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra.numpy import arrays

from servanda.world import Axes, Layout, Ledger
from servanda.world.axes import ENDINGS, SIGNALS, collect, pick, place
from tests.builders import SPEC, Bench, tie, tiny_case

numbers = st.integers(-1000, 1000).map(float)  # whole, so that sums are exact in any order
matrices = arrays(np.float32, st.tuples(st.integers(1, 6), st.integers(1, 3)), elements=numbers)


@pytest.fixture(scope="module")
def axes() -> Axes:
    return Axes.of(tiny_case().spec)


def test_accounts_exist_only_where_a_tie_or_the_war_needs_a_stock(axes):
    assert axes["account"] == (
        "SUP.shells",  # gives
        "BUY.shells",  # receives
        "SUP.missiles",
        "BUY.missiles",
        "SUP.troops",  # lent: only their sender keeps an account, and knowledge needs none
        "BUY.oil",
        "SUP.oil",
        "PAT.oil",
        "PAT.shells",
        "FOE.shells",
        "PAT.inputs",
        "BUY.inputs",
    )
    assert axes.account("BUY", "troops") is None
    assert axes.account("SUP", "oil") == 6


def test_belligerents_have_arms_even_where_no_tie_brings_any():
    case = tiny_case(spec={"ties": [tie("SUP", "BUY", "troops", "contract")], "proliferators": []})
    assert Axes.of(case.spec)["account"] == ("SUP.troops", "BUY.shells", "FOE.shells")


def test_labels_read_as_the_case_is_written(axes):
    assert axes[""] == ("",)
    assert axes["actor"] == ("BUY", "SUP", "FOE", "PAT")
    assert axes["tie"][:2] == ("SUP>BUY:shells", "SUP>BUY:missiles")
    assert axes["partnership"] == ("BUY-SUP",)
    assert axes["partner"] == ("BUY-SUP/SUP", "BUY-SUP/BUY")
    assert axes["belligerent"] == ("BUY", "FOE")
    assert axes["patronage"] == ("PAT-SUP", "BUY-SUP")
    assert axes["stance"] == ("PAT.lax", "PAT.strict", "FOE.alone", "FOE.asks")
    assert (axes["signal"], axes["ending"]) == (SIGNALS, ENDINGS)
    assert axes.ties("contract", "payment") == [0, 1, 2, 3, 4]


def test_members_are_records_that_know_what_their_labels_say(axes):
    oil, missiles = axes.accounts[6], axes.edges[1]
    assert (oil.owner, oil.good.name, oil.unit, oil.label) == ("SUP", "oil", "barrel", "SUP.oil")
    assert (missiles.tie.giver, missiles.good.name) == ("SUP", "missiles")
    assert missiles.label == "SUP>BUY:missiles"
    supplier, buyer = axes.members["partner"]
    assert (supplier.pact.label, supplier.actor, buyer.actor) == ("BUY-SUP", "SUP", "BUY")
    strict = axes.members["stance"][1]
    assert (strict.posture.actor, strict.stance.name) == ("PAT", "strict")
    for axis, members in axes.members.items():
        assert tuple(m.label for m in members) == axes[axis]


def test_every_quantity_has_an_axis_that_exists_and_a_unit_with_its_good_filled_in():
    layout: Layout = Bench(Ledger).layout
    for name, quantity in layout.quantities.items():
        for position in range(layout.axes.size(quantity.axis)):
            assert "{" not in layout.unit(name, position)
    assert layout.unit("stock", layout.axes.at("account", "SUP.oil")) == "barrel"
    assert layout.unit("price", layout.axes.at("tie", "SUP>BUY:missiles")) == "USD/missile"


def test_an_actor_more_without_ties_adds_itself_and_nothing_else(axes):
    idle = {"code": "IDL", "name": "Idle"}
    more = Axes.of(tiny_case(spec={"actors": [*SPEC["actors"], idle]}).spec)
    assert more["actor"] == (*axes["actor"], "IDL")
    assert {k: v for k, v in more.labels.items() if k != "actor"} == {
        k: v for k, v in axes.labels.items() if k != "actor"
    }


@given(matrices, st.data())
def test_pick_takes_rows_as_numpy_indexing_does(x, data):
    positions = data.draw(st.lists(st.integers(0, len(x) - 1), max_size=8))
    np.testing.assert_array_equal(pick(jnp.asarray(x), positions), x[positions])


@given(matrices, st.data())
def test_collect_adds_up_by_target_and_leaves_out_what_has_none(x, data):
    targets = data.draw(st.lists(st.none() | st.integers(0, 3), min_size=len(x), max_size=len(x)))
    expected = np.zeros((4, x.shape[1]), np.float32)
    for row, target in zip(x, targets, strict=True):
        if target is not None:
            expected[target] += row
    np.testing.assert_array_equal(collect(jnp.asarray(x), targets, 4), expected)


@given(matrices, st.data())
def test_what_is_placed_can_be_picked_again_and_the_rest_is_zero(x, data):
    positions = data.draw(st.permutations(range(8)))[: len(x)]
    placed = place(jnp.asarray(x), positions, 8)
    np.testing.assert_array_equal(pick(placed, positions), x)
    assert float(jnp.abs(placed).sum()) == np.abs(x).sum()


def test_rows_of_nothing_are_no_rows():
    x = jnp.ones((3, 2))
    assert pick(x, []).shape == (0, 2)
    assert collect(x, [None, None, None], 0).shape == (0, 2)
