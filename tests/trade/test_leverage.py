"""Leverage: whose measures take what, by hand from single counterfactuals and by law."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from servanda.errors import UsageError
from servanda.trade import Regime, cost_changes, counterfactual
from servanda.trade.leverage import ONE_WAY, Hold, Taken, hold, take
from servanda.trade.sanctions import BAN, NONE
from servanda.trade.sweep import draw
from tests.small_world import BASELINE, ECONOMY, SOLD

BOUGHT = replace(SOLD, direction="to-target", sectors=(), start="2023-01")
CUT = replace(SOLD, sectors=(), cover=(1.0, 1.0, 1.0), tariff_equivalent=(BAN - 1,) * 3)
EXPORTS = Regime("exports", "", (SOLD,))
IMPORTS = Regime("imports", "", (BOUGHT,))
BOTH = Regime("both", "", (SOLD, BOUGHT))
FULL = Regime("full", "", (CUT, replace(CUT, direction="to-target")))
# Against two targets at once, one of them also a sender.
MUTUAL = Regime("mutual", "", (*BOTH.measures, replace(SOLD, target="CCC", senders=("AAA",))))
REGIMES = {regime.name: regime for regime in (EXPORTS, IMPORTS, BOTH, FULL, MUTUAL)}
DRAWS = 8
SIGMA, SEVERITY = draw(BASELINE, DRAWS, 1)
every_regime = pytest.mark.parametrize("regime", REGIMES.values(), ids=list(REGIMES))
taken_by = partial(take, baseline=BASELINE, sigma=SIGMA, severity=SEVERITY)
held_over = partial(hold, baseline=BASELINE, sigma=SIGMA)


def alone(costs: np.ndarray, run: int) -> np.ndarray:
    """Real income of each country, by one counterfactual."""
    return counterfactual(ECONOMY, costs, SIGMA[run], factors="fixed").real_income


def costs_of(regime: Regime, run: int) -> np.ndarray:
    return cost_changes(regime, ECONOMY, SIGMA[run : run + 1], SEVERITY[run : run + 1])[0]


def cut(*pairs: tuple[int, int]) -> np.ndarray:
    costs = np.ones_like(ECONOMY.flows)
    for origin, destination in pairs:
        costs[:, origin, destination] = BAN
    return costs


# --- what is solved ----------------------------------------------------------


def test_income_and_flows_are_those_of_one_counterfactual():
    found = taken_by(BOTH)
    for run in (0, 5):
        after = counterfactual(ECONOMY, costs_of(BOTH, run), SIGMA[run], factors="fixed")
        np.testing.assert_array_equal(found.income[run], after.real_income)
        np.testing.assert_array_equal(found.flows[run], after.flows)


# --- the part of imports by hand ---------------------------------------------


def test_the_part_of_imports_is_the_mean_of_what_their_measures_take_first_and_last():
    found = taken_by(BOTH)
    for run in (0, 5):
        both, sold, bought = (alone(costs_of(r, run), run) for r in (BOTH, EXPORTS, IMPORTS))
        first, last = 1 - bought, sold - both
        np.testing.assert_allclose(found.imports[run], (first + last) / 2, rtol=1e-9, atol=1e-13)


def test_the_hold_is_a_ban_both_ways_and_its_part_of_imports_is_made_alike():
    held = held_over((EXPORTS,), "AAA")
    for run in (0, 5):
        both, sold, bought = (
            alone(cut(*pairs), run)[0] for pairs in (((0, 1), (1, 0)), ((0, 1),), ((1, 0),))
        )
        assert held.whole[run] == pytest.approx(1 - both, rel=1e-12)
        assert held.imports[run] == pytest.approx(((1 - bought) + (sold - both)) / 2, rel=1e-9)


# --- laws of the parts -------------------------------------------------------


@every_regime
def test_parts_of_imports_and_of_exports_add_up_to_the_whole(regime, monkeypatch):
    # The same with directions swapped is the part of exports.
    imports, held = taken_by(regime), held_over((regime,), "AAA")
    monkeypatch.setattr("servanda.trade.leverage.ONE_WAY", ONE_WAY[::-1])
    exports, swapped = taken_by(regime), held_over((regime,), "AAA")
    np.testing.assert_allclose(imports.imports + exports.imports, 1 - imports.income, atol=1e-13)
    np.testing.assert_allclose(held.imports + swapped.imports, held.whole, atol=1e-13)
    assert (held.imports > 0).all()
    assert (swapped.imports > 0).all()


def test_without_measures_on_imports_they_take_nothing():
    found = taken_by(EXPORTS)
    assert (found.income[:, 0] < 1).all()
    np.testing.assert_allclose(found.imports, 0, atol=1e-13)


def test_with_measures_on_imports_alone_they_take_all():
    found = taken_by(IMPORTS)
    np.testing.assert_allclose(found.imports, 1 - found.income, atol=1e-13)
    assert (found.imports[:, 0] > 0).all()


def test_the_part_of_imports_lies_between_none_and_all_of_the_targets_loss():
    for regime in (BOTH, FULL):
        found = taken_by(regime)
        assert (found.imports[:, 0] > 0).all()
        assert (found.imports[:, 0] < 1 - found.income[:, 0]).all()


def test_a_country_that_can_sell_nothing_buys_nothing_whoever_forbids_it():
    # With as good as no trade but that of AAA and BBB, and that balanced, cutting one direction
    # cuts both: measures on the other are of no more use, so that each direction gets half.
    fuels = np.array([[90.0, 10.0, 1e-6], [10.0, 40.0, 1e-6], [1e-6, 1e-6, 30.0]])
    other = np.array([[30.0, 5.0, 1e-6], [5.0, 20.0, 1e-6], [1e-6, 1e-6, 10.0]])
    pair = replace(BASELINE, economy=replace(ECONOMY, flows=np.stack([fuels, other])))
    held = hold((EXPORTS,), "AAA", pair, SIGMA)
    np.testing.assert_allclose(held.imports, held.whole / 2, rtol=1e-3)


# --- laws of the whole -------------------------------------------------------


def test_nothing_sanctioned_nothing_taken_to_the_bit():
    found = taken_by(NONE)
    assert (found.income == 1).all()
    assert (found.imports == 0).all()
    np.testing.assert_array_equal(found.flows, np.tile(ECONOMY.flows, (DRAWS, 1, 1, 1)))


@every_regime
def test_a_target_can_be_held_to_more_than_is_taken(regime):
    taken = 1 - taken_by(regime).income[:, 0]
    held = held_over(tuple(REGIMES.values()), "AAA")
    assert (taken > 0).all()
    assert (held.whole >= taken * (1 - 1e-9)).all()


def test_a_full_ban_takes_all_and_by_either_direction_what_that_direction_could():
    found, held = taken_by(FULL), held_over((FULL,), "AAA")
    np.testing.assert_allclose(1 - found.income[:, 0], held.whole, rtol=1e-9)
    np.testing.assert_allclose(found.imports[:, 0], held.imports, rtol=1e-9)


def test_the_hold_is_the_same_whichever_way_and_however_much_its_senders_sanction():
    # Exports alone, imports alone, or all: the pair is the same.
    first, *others = (held_over((regime,), "AAA") for regime in (EXPORTS, IMPORTS, FULL))
    for other in others:
        np.testing.assert_array_equal(other.whole, first.whole)
        np.testing.assert_array_equal(other.imports, first.imports)


def test_the_hold_takes_the_senders_of_all_regimes_together():
    by_ccc = Regime("ccc", "", (replace(SOLD, senders=("CCC",)),))
    by_all = Regime("all", "", (replace(SOLD, senders=("BBB", "CCC")),))
    together = held_over((EXPORTS, by_ccc), "AAA")
    np.testing.assert_array_equal(together.whole, held_over((by_all,), "AAA").whole)
    for one in (EXPORTS, by_ccc):
        assert (together.whole > held_over((one,), "AAA").whole).all()


def test_what_holds_one_target_leaves_trade_of_another_alone():
    # CCC is a target too: of AAA, which is its only sender.
    assert held_over((MUTUAL,), "AAA").whole == pytest.approx(held_over((BOTH,), "AAA").whole)
    held = held_over((MUTUAL,), "CCC")
    for run in (0, 5):
        assert held.whole[run] == pytest.approx(1 - alone(cut((0, 2), (2, 0)), run)[2], rel=1e-12)


# --- since when --------------------------------------------------------------


@pytest.mark.parametrize(
    ("month", "same"), [("2022-03", NONE), ("2022-04", EXPORTS), ("2023-01", BOTH), (None, BOTH)]
)
def test_measures_count_from_their_month_on_both_sides(month, same):
    for found, expected in zip(taken_by(BOTH, month=month), taken_by(same), strict=True):
        np.testing.assert_array_equal(found, expected)


# --- shapes and refusals -----------------------------------------------------


def test_runs_come_first():
    found, held = taken_by(BOTH), held_over((BOTH,), "AAA")
    assert isinstance(found, Taken)
    assert isinstance(held, Hold)
    assert [part.shape for part in found] == [(DRAWS, 3), (DRAWS, 2, 3, 3), (DRAWS, 3)]
    assert [part.shape for part in held] == [(DRAWS,), (DRAWS,)]


def test_an_unknown_country():
    wrong = Regime("exports", "", (replace(SOLD, senders=("BBC",)),))
    expected = (
        "regime 'exports': found country 'BBC', expected one of AAA, BBB, CCC\n"
        "  hint: did you mean 'BBB'?"
    )
    for asked in (partial(taken_by, wrong), partial(held_over, (wrong,), "AAA")):
        with pytest.raises(UsageError) as caught:
            asked()
        assert str(caught.value) == expected
