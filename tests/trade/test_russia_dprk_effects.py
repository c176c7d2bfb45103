"""The shipped case's table of effects, which runs read: what it says.

That it is up to date is for `servanda sanction --table` to show (`tests/cli/test_sanction.py`).
"""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from tests.trade.russia_dprk import BASELINE, MONTHS, NAMES, PLACES, WEST

# Of elasticities, and of severity.
KNOTS = tuple(product((2.5, 4.0, 5.5, 8.0, 10.5), (-2.0, -1.0, 0.0, 1.0, 2.0)))


def test_the_table_has_every_month_regime_knot_and_actor_once(effects_rows, effects_table):
    expected = [
        (month, name, *knot, actor)
        for month, name, knot, actor in product(MONTHS, NAMES, KNOTS, BASELINE.report)
    ]
    assert list(effects_table) == expected
    assert len(effects_rows) == len(expected)


def test_without_sanctions_nothing_changes_and_only_targets_are_held(effects_table):
    for (_, name, _, _, actor), row in effects_table.items():
        if name == "none":
            changes = row.exports_lost_musd_month, row.imports_lost_musd_month
            assert (row.real_income_change, row.imports_change, *changes) == (0.0,) * 4
        if actor in {"RUS", "PRK"}:
            assert row.hold > row.hold_imports > 0
        else:
            assert (row.hold, row.hold_imports) == (0.0, 0.0)


def test_the_hold_hangs_on_elasticities_alone(effects_table):
    for (_, _, sigma, _, actor), row in effects_table.items():
        same = effects_table[MONTHS[0], "none", sigma, 0.0, actor]
        assert (row.hold, row.hold_imports) == (same.hold, same.hold_imports)


def test_senders_could_take_more_of_russia_than_any_regime_does(effects_table):
    # Before March sanctions on North Korea alone do next to nothing to Russia, either way.
    for (*_, actor), row in effects_table.items():
        if actor == "RUS":
            assert -5e-5 < -row.real_income_change < row.hold
            assert -row.imports_change < -row.real_income_change + 5e-5


def test_measures_on_imports_take_less_than_the_end_of_all_imports_does(effects_table):
    # At the end, with those on exports in force; while Russia still sold freely, in March 2022,
    # costs of its imports could take a little more, as what is bought is worth more to who can pay.
    for (month, *_, actor), row in effects_table.items():
        if actor in {"RUS", "PRK"}:
            assert -row.imports_change <= row.hold_imports * (1.03 if month == "2022-03" else 1)


def test_no_regime_takes_more_of_a_target_than_a_full_ban(effects_table):
    for (*_, actor), row in effects_table.items():
        if actor in ("RUS", "PRK"):
            assert -row.real_income_change < row.hold


def test_up_to_the_high_ends_senders_could_take_more_of_either_target(effects_table, losses):
    of_places = {-1.0: 4.0, 0.0: 5.5, 1.0: 8.0}
    for place, regime, target in product(PLACES, NAMES[1:], ("RUS", "PRK")):
        held = effects_table[MONTHS[0], "none", of_places[place[0]], 0.0, target].hold
        assert losses[regime, target, place] < held


def test_what_russia_sells_less_the_senders_buy_less(effects_table):
    # All but what the allies buy less, who are not reported. They bought a seventh of it (41.6 of
    # 300 bn). North Korea's customers, China and the rest of the world, are no senders against
    # Russia.
    for (month, name, *knot, actor), row in effects_table.items():
        if actor == "RUS" and name != "none" and month == MONTHS[-1] and knot[1] >= 0:
            bought = sum(
                effects_table[month, name, *knot, sender].imports_lost_musd_month
                for sender in (*WEST, "UKR")
            )
            assert 0.7 * row.exports_lost_musd_month < bought < row.exports_lost_musd_month


def test_sanctions_on_russia_bite_more_from_month_to_month(effects_table):
    # But for the little that sanctions on North Korea do to Russia, it loses nothing before March.
    # One cost more may undo a little of what another does: 0.03 percent of its income at the most.
    for knot, name in product(KNOTS, NAMES[1:]):
        found = [-effects_table[month, name, *knot, "RUS"].real_income_change for month in MONTHS]
        assert abs(found[0]) < 5e-5
        assert (np.diff(found) >= -3e-4).all()
        if knot[1] >= 0:
            assert found[-1] > found[0] + 1e-3


def test_north_korea_was_under_sanctions_throughout(effects_table):
    for knot, name in product(KNOTS, NAMES[1:]):
        found = [effects_table[month, name, *knot, "PRK"].real_income_change for month in MONTHS]
        assert np.ptp(found) < 0.002
        if knot[1] >= 0:
            assert max(found) < -0.005


@pytest.mark.parametrize("regime", ["selective", "enforcement"])
def test_at_the_ends_of_the_ranges_runs_read_what_the_model_says(effects_table, losses, regime):
    for severity in (-1.0, 1.0):
        read = -effects_table[MONTHS[-1], regime, 5.5, severity, "RUS"].real_income_change
        assert read == pytest.approx(losses[regime, "RUS", (0.0, severity)], rel=1e-3)


@pytest.mark.parametrize("regime", ["selective", "enforcement"])
def test_no_ban_fades_away_below_its_range(effects_table, regime):
    mild, centre = (
        -effects_table[MONTHS[-1], regime, 5.5, severity, "RUS"].real_income_change
        for severity in (-2.0, 0.0)
    )
    assert mild > 0.25 * centre
