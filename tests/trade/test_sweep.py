"""Sweeps: what draws are, what a sweep accounts for, and what it refuses."""

from __future__ import annotations

import sys
from dataclasses import replace

import hypothesis.strategies as st
import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings

from servanda.errors import UsageError
from servanda.trade import (
    Baseline,
    Economy,
    Regime,
    cost_changes,
    counterfactual,
    sweep,
)
from servanda.trade.leverage import hold, take
from servanda.trade.sanctions import BAN, NONE
from servanda.trade.sweep import Interrupted, draw, elasticity
from tests.small_world import ABC, BASELINE, ECONOMY, FLOWS, SOLD

CERTAIN = replace(BASELINE, elasticities=((6.0, 6.0, 6.0), (5.0, 5.0, 5.0)))
CUT = replace(
    SOLD, sectors=(), cover=(1.0, 1.0, 1.0), tariff_equivalent=(BAN - 1, BAN - 1, BAN - 1)
)
MILD = Regime("mild", "", (SOLD,))
HARD = Regime("hard", "", (SOLD, replace(SOLD, direction="to-target", sectors=())))
FULL = Regime("full", "", (CUT, replace(CUT, direction="to-target")))
DRAWS = 8


@pytest.fixture(scope="module")
def swept() -> xr.Dataset:
    """Three regimes against one target, from one sender."""
    return sweep((MILD, HARD, FULL), BASELINE, DRAWS)


# --- draws -------------------------------------------------------------------


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**32))
@settings(max_examples=25)
def test_the_first_draws_are_the_same_however_many_there_are(one, other, seed):
    few, many = sorted((one, other))
    for short, long in zip(draw(BASELINE, few, seed), draw(BASELINE, many, seed), strict=True):
        np.testing.assert_array_equal(short, long[:few])


def test_another_seed_is_another_draw():
    assert (draw(BASELINE, 8, 1)[0] != draw(BASELINE, 8, 2)[0]).any()


def test_four_draws_in_five_lie_between_low_and_high():
    # Of 4000 draws the share is off by 0.0063 in one of three cases, so 0.025 is four times that.
    sigma, severity = draw(BASELINE, 4000, 3)
    for values, (low, high) in (
        (severity, (-1, 1)),
        (sigma[:, 0], (4, 16)),
        (sigma[:, 1], (4, 8)),
    ):
        inside = ((values > low) & (values < high)).mean()
        assert inside == pytest.approx(0.8, abs=0.025)


def test_draws_reach_beyond_their_ranges_and_as_far_again_at_most():
    # One in ten lies above the high end, one in ten below the low. Two steps up from the centre are
    # 8 + 2 × 8 and 5.5 + 2 × 2.5; two steps down would be 0 and 2.5, but half-way from 4 to one is
    # as low as an elasticity gets. Beyond two steps lie 2.56 sd or more: one draw in a hundred.
    sigma, severity = draw(BASELINE, 4000, 3)
    for values, (lowest, low, high, highest) in (
        (severity, (-2, -1, 1, 2)),
        (sigma[:, 0], (2.5, 4, 16, 24)),
        (sigma[:, 1], (2.5, 4, 8, 10.5)),
    ):
        assert (values.min(), values.max()) == (lowest, highest)
        outside = [(values < low).mean(), (values > high).mean()]
        assert outside == pytest.approx([0.1, 0.1], abs=0.019)
    farthest = (np.abs(severity) == 2).mean()
    assert farthest == pytest.approx(0.0104, abs=0.0065)


def test_places_are_normal():
    # Of a normal place whose 90th percentile is 1, half lie within 0.6745 / 1.2816 of the centre.
    _, severity = draw(BASELINE, 4000, 6)
    assert (np.abs(severity) < 0.5263).mean() == pytest.approx(0.5, abs=0.032)


@given(st.tuples(*[st.floats(1.01, 30)] * 3).map(sorted).map(tuple), st.floats(-2, 2))
def test_an_elasticity_is_never_less_than_half_way_from_low_to_one(range_, place):
    low, centre, high = range_
    found = elasticity(range_, np.array([-1.0, 0.0, 1.0, place, -1e6]))
    np.testing.assert_allclose(found[:3], range_, rtol=1e-12)
    assert found[3] >= (1 + low) / 2 * (1 - 1e-12)
    assert found[4] == (low if low == centre else (1 + low) / 2)
    assert found[3] <= high + max(0.0, place - 1) * (high - centre) + 1e-9


def test_half_of_the_draws_lie_below_the_centre():
    sigma, severity = draw(BASELINE, 4000, 4)
    below = [(severity < 0).mean(), (sigma[:, 0] < 8).mean(), (sigma[:, 1] < 5.5).mean()]
    assert below == pytest.approx([0.5] * 3, abs=0.032)


def test_what_one_thing_turns_out_to_be_says_nothing_of_another():
    # Of 4000 independent draws, correlations are off zero by 0.016 in one of three cases.
    sigma, severity = draw(BASELINE, 4000, 5)
    found = np.corrcoef(np.column_stack([severity, sigma]), rowvar=False)
    np.testing.assert_allclose(found, np.eye(3), atol=0.065)


# --- what is solved ----------------------------------------------------------


def test_a_sweep_solves_what_one_counterfactual_would(swept):
    sigma, severity = draw(BASELINE, DRAWS, 1)
    np.testing.assert_array_equal(swept.elasticity, sigma)
    np.testing.assert_array_equal(swept.severity, severity)
    for regime in (MILD, HARD):
        change = cost_changes(regime, ECONOMY, sigma, severity)
        alone = counterfactual(ECONOMY, change[5], sigma[5], factors="fixed")
        there = swept.sel(regime=regime.name, run=5)
        np.testing.assert_array_equal(there.income_change, alone.real_income - 1)
        np.testing.assert_array_equal(there.flows, alone.flows)


def test_fewer_draws_are_the_first_of_more(swept):
    few = sweep((MILD, HARD, FULL), BASELINE, DRAWS // 2)
    first = swept.isel(run=slice(DRAWS // 2))
    assert set(few) == set(first)
    for name in few:
        np.testing.assert_array_equal(few[name], first[name])


def test_how_many_are_solved_together_makes_no_difference(swept, monkeypatch):
    monkeypatch.setattr(sys.modules[sweep.__module__], "CHUNK", 3)
    xr.testing.assert_identical(sweep((MILD, HARD, FULL), BASELINE, DRAWS), swept)


def test_regimes_of_other_names_differ_in_nothing():
    both = sweep((MILD, replace(MILD, name="meek")), BASELINE, DRAWS)
    mild, meek = both.sel(regime="mild"), both.sel(regime="meek")
    for name in ("income_change", "taken", "taken_imports", "flows"):
        np.testing.assert_array_equal(mild[name], meek[name])


def test_labels(swept):
    assert swept.regime.values.tolist() == ["mild", "hard", "full"]
    assert swept.country.values.tolist() == list(ABC)
    assert swept.target.values.tolist() == ["AAA"]
    assert swept.sector.values.tolist() == ["fuels", "other"]
    assert swept.flows.dims == ("regime", "run", "sector", "origin", "destination")
    assert swept.taken.dims == swept.taken_imports.dims == ("regime", "run", "target")
    assert swept.before.dims == swept.before_imports.dims == ("run", "target")


def test_who_sanctions_whom(swept):
    assert swept.sender.sel(target="AAA").values.tolist() == [False, True, False]


def test_income_is_value_added_in_a_month(swept):
    # AAA sells 70 + 20 + 10 and 20 + 1 + 9, 130 in all; half is value added; a twelfth a month.
    assert float(swept.income.sel(country="AAA")) == pytest.approx(130 / 2 / 12, rel=1e-12)


def test_flows_before_are_those_observed(swept):
    np.testing.assert_array_equal(swept.flows_before, ECONOMY.flows)


def test_world_spending_in_money_is_held_fixed(swept):
    spent = swept.flows.sum(("sector", "origin", "destination"))
    np.testing.assert_allclose(spent, ECONOMY.flows.sum(), rtol=1e-9)


def test_an_economy_of_one_sector_is_called_all():
    whole = Economy(ABC, FLOWS)
    one = Baseline(whole, ((4.0, 6.0, 8.0),), "mobile", "export-share", ABC)
    regime = Regime("mild", "", (replace(SOLD, sectors=()),))
    found = sweep((regime,), one, 2)
    assert found.sector.values.tolist() == ["all"]
    assert found.flows.shape == (1, 2, 1, 3, 3)
    assert (found.taken > 0).all()


# --- since when --------------------------------------------------------------


def test_nothing_is_taken_before_the_first_measure_and_all_is_threat():
    early = sweep((HARD,), BASELINE, DRAWS, month="2022-03")
    late = sweep((HARD,), BASELINE, DRAWS)
    assert (early.income_change == 0).all()
    assert (early.taken == 0).all()
    assert (early.taken_imports == 0).all()
    np.testing.assert_array_equal(early.flows, np.tile(ECONOMY.flows, (1, DRAWS, 1, 1, 1)))
    for name in ("before", "before_imports"):
        np.testing.assert_array_equal(early[name], late[name])


def test_from_its_month_on_a_measure_takes_all_that_it_ever_will():
    late = replace(SOLD, direction="to-target", sectors=(), start="2023-01")
    gradual = Regime("hard", "", (SOLD, late))
    for month, same in (("2022-04", MILD), ("2022-12", MILD), ("2023-01", HARD)):
        found = sweep((gradual,), BASELINE, DRAWS, month=month).sel(regime="hard")
        alone = sweep((same,), BASELINE, DRAWS).sel(regime=same.name)
        np.testing.assert_array_equal(found.taken, alone.taken)
        np.testing.assert_array_equal(found.taken_imports, alone.taken_imports)


def test_after_its_last_month_a_measure_takes_nothing_and_in_the_long_run_neither():
    over = Regime("mild", "", (replace(SOLD, end="2022-12"),))
    during, after = (sweep((over,), BASELINE, DRAWS, month=m) for m in ("2022-12", "2023-01"))
    np.testing.assert_array_equal(during.taken, sweep((MILD,), BASELINE, DRAWS).taken)
    assert (after.taken == 0).all()
    assert (sweep((over,), BASELINE, DRAWS).taken == 0).all()


# --- leverage ----------------------------------------------------------------


def test_what_a_regime_takes_is_the_targets_loss(swept):
    loss = -swept.income_change.sel(country="AAA")
    np.testing.assert_allclose(swept.taken.sel(target="AAA"), loss, rtol=1e-12)


def test_a_full_ban_takes_all_that_there_was_to_take(swept):
    full = swept.sel(regime="full")
    np.testing.assert_allclose(full.taken, full.before, rtol=1e-9)


def test_what_there_was_to_take_is_what_a_ban_of_what_was_never_sanctioned_takes(swept):
    # With every pair cut in the world without sanctions, one counterfactual: income that is lost.
    sigma, _ = draw(BASELINE, DRAWS, 1)
    change = np.ones_like(ECONOMY.flows)
    change[:, 0, 1] = change[:, 1, 0] = BAN
    alone = counterfactual(ECONOMY, change, sigma[5], factors="fixed")
    assert float(swept.before.sel(run=5, target="AAA")) == pytest.approx(
        1 - alone.real_income[0], rel=1e-12
    )


def test_leverage_is_that_of_one_regime_and_one_target_alone(swept):
    sigma, severity = draw(BASELINE, DRAWS, 1)
    for regime in (MILD, HARD, FULL):
        alone = take(regime, BASELINE, sigma, severity)
        there = swept.sel(regime=regime.name, target="AAA")
        np.testing.assert_array_equal(there.taken_imports, alone.imports[:, 0])
    held = hold((MILD, HARD, FULL), "AAA", BASELINE, sigma)
    np.testing.assert_array_equal(swept.before.sel(target="AAA"), held.whole)
    np.testing.assert_array_equal(swept.before_imports.sel(target="AAA"), held.imports)


def test_a_regime_without_measures_on_imports_takes_nothing_by_them(swept):
    mild = swept.sel(regime="mild")
    assert (mild.taken > 0).all()
    np.testing.assert_allclose(mild.taken_imports, 0, atol=1e-12)
    assert (swept.taken_imports.sel(regime="hard") > 0).all()


def test_a_full_ban_takes_by_imports_all_that_there_was_to_take_by_them(swept):
    full = swept.sel(regime="full")
    np.testing.assert_allclose(full.taken_imports, full.before_imports, rtol=1e-9)


def test_what_another_regime_sanctions_is_a_threat_in_all():
    # CCC buys nothing less under `mild`, but could.
    wide = Regime("wide", "", (replace(SOLD, senders=("BBB", "CCC")),))
    alone, both = (sweep(regimes, BASELINE, DRAWS) for regimes in ((MILD,), (MILD, wide)))
    np.testing.assert_array_equal(alone.taken, both.taken.sel(regime=["mild"]))
    assert (both.before > alone.before).all()


def test_short_of_a_ban_something_is_left(swept):
    for regime in ("mild", "hard"):
        there = swept.sel(regime=regime)
        assert (there.taken > 0).all()
        assert (there.taken < there.before).all()


def test_the_harder_the_regime_the_more_it_takes_in_every_draw(swept):
    mild, hard, full = (swept.taken.sel(regime=name) for name in ("mild", "hard", "full"))
    assert (mild < hard).all()
    assert (hard < full).all()


def test_the_more_severe_the_draw_the_more_is_taken():
    found = sweep((HARD,), CERTAIN, 16).isel(regime=0, target=0)
    order = np.argsort(found.severity.values)
    severity, taken = found.severity.values[order], found.taken.values[order]
    assert ((np.diff(taken) > 0) | (np.diff(severity) == 0)).all()


def test_a_sender_pays_and_a_bystander_gains_what_it_can_sell_instead(swept):
    # BBB gives up what it bought cheapest; CCC buys from AAA at the prices others no longer bid.
    # In one draw CCC loses: AAA, which sells less, lends it less.
    full = swept.income_change.sel(regime="full")
    assert (full.sel(country="BBB") < 0).all()
    assert full.sel(country="CCC").median() > 0


def test_each_target_has_its_own_senders_and_its_own_loss():
    other = replace(SOLD, target="CCC", senders=("AAA",), sectors=())
    found = sweep((Regime("both", "", (*HARD.measures, other)),), BASELINE, DRAWS)
    assert found.target.values.tolist() == ["AAA", "CCC"]
    assert found.sender.values.tolist() == [[False, True, False], [True, False, False]]
    for target in ("AAA", "CCC"):
        loss = -found.income_change.sel(country=target)
        np.testing.assert_allclose(found.taken.sel(target=target), loss, rtol=1e-12)
    assert (found.taken < found.before).all()


# --- progress ----------------------------------------------------------------


def test_progress_counts_draws_to_the_end(monkeypatch):
    monkeypatch.setattr(sys.modules[sweep.__module__], "CHUNK", 3)
    seen: list[tuple[int, int]] = []
    sweep((MILD, HARD), BASELINE, DRAWS, progress=lambda *counts: seen.append(counts))
    assert seen == [(3, 8), (6, 8), (8, 8)]


def stop_at(number: int) -> Callable[[int, int], None]:
    """A report of progress that Ctrl-C follows at once, when so many are done."""

    def report(done: int, _: int) -> None:
        if done >= number:
            raise KeyboardInterrupt

    return report


def test_interrupted_it_gives_the_draws_that_are_done(swept, monkeypatch):
    monkeypatch.setattr(sys.modules[sweep.__module__], "CHUNK", 3)
    with pytest.raises(Interrupted) as stopped:
        sweep((MILD, HARD, FULL), BASELINE, DRAWS, progress=stop_at(6))
    xr.testing.assert_identical(stopped.value.done, swept.isel(run=slice(6)))


def test_interrupted_at_the_end_all_draws_are_done(swept, monkeypatch):
    monkeypatch.setattr(sys.modules[sweep.__module__], "CHUNK", 3)
    with pytest.raises(Interrupted) as stopped:
        sweep((MILD, HARD, FULL), BASELINE, DRAWS, progress=stop_at(DRAWS))
    xr.testing.assert_identical(stopped.value.done, swept)


def test_a_chunk_that_was_not_finished_is_not_counted(swept, monkeypatch):
    module = sys.modules[sweep.__module__]
    monkeypatch.setattr(module, "CHUNK", 3)
    asked: list[str] = []

    def held(regimes, target, *given):
        asked.append(target)
        if len(asked) == 2:
            raise KeyboardInterrupt
        return hold(regimes, target, *given)

    monkeypatch.setattr(module, "hold", held)
    with pytest.raises(Interrupted) as stopped:
        sweep((MILD, HARD, FULL), BASELINE, DRAWS)
    xr.testing.assert_identical(stopped.value.done, swept.isel(run=slice(3)))


def test_interrupted_before_any_is_done_it_stops(monkeypatch):
    def held(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(sys.modules[sweep.__module__], "hold", held)
    with pytest.raises(KeyboardInterrupt) as stopped:
        sweep((MILD, HARD, FULL), BASELINE, DRAWS)
    assert not isinstance(stopped.value, Interrupted)


# --- refusals ----------------------------------------------------------------


def message_of(*regimes: Regime, draws: int = 4) -> str:
    with pytest.raises(UsageError) as caught:
        sweep(regimes, BASELINE, draws)
    return str(caught.value)


def test_no_regime():
    assert message_of() == "regimes: found none, expected at least one"


@pytest.mark.parametrize("draws", [0, -3])
def test_no_draw(draws):
    assert message_of(MILD, draws=draws) == f"draws: found {draws}, expected at least 1"


def test_a_regime_against_nobody():
    assert message_of(MILD, NONE) == (
        "regime 'none': found no target, expected a measure against at least one country"
    )


def test_two_regimes_of_one_name():
    assert message_of(MILD, replace(HARD, name="mild")) == (
        "regimes: found 'mild' twice, expected each regime once"
    )


def test_one_regime_twice():
    assert message_of(MILD, HARD, MILD) == (
        "regimes: found 'mild' twice, expected each regime once"
    )


def test_an_unknown_country():
    assert message_of(Regime("mild", "", (replace(SOLD, senders=("BBC",)),))) == (
        "regime 'mild': found country 'BBC', expected one of AAA, BBB, CCC\n"
        "  hint: did you mean 'BBB'?"
    )


def test_what_is_no_month():
    with pytest.raises(UsageError) as caught:
        sweep((MILD,), BASELINE, 4, month="2022")
    assert str(caught.value) == "month: found '2022', expected a month like 2024-06"


def test_an_unknown_sector():
    assert message_of(Regime("mild", "", (replace(SOLD, sectors=("fuel",)),))) == (
        "regime 'mild': found sector 'fuel', expected one of fuels, other\n"
        "  hint: did you mean 'fuels'?"
    )
