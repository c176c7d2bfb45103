"""Sanctions as costs: by hand, by law, and measures that name what is not there."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from servanda.errors import UsageError
from servanda.trade import Economy, Measure, Regime, cost_changes
from servanda.trade.regimes import DIRECTIONS
from servanda.trade.sanctions import BAN, NONE, banned, sanctioned
from tests.small_world import ABC, FLOWS, SOLD

ONE = Economy(ABC, FLOWS)
TWO = Economy(ABC, np.stack([FLOWS, 2 * FLOWS]), 0.5, ("fuels", "other"))
MEASURE = replace(SOLD, sectors=(), cover=(0.25, 0.5, 1.0), tariff_equivalent=(0.1, 1.0, 2.0))
WHOLE = replace(MEASURE, cover=(1.0, 1.0, 1.0))

ranges = {top: st.tuples(*[st.floats(0, top)] * 3).map(sorted).map(tuple) for top in (1, 5)}
# What differs of a measure. Type checks draw at random, which a strategy may not, so that it is
# made in the test.
changes = st.fixed_dictionaries(
    {
        "senders": st.sampled_from([("BBB",), ("CCC",), ("BBB", "CCC")]),
        "direction": st.sampled_from(["from-target", "to-target"]),
        "sectors": st.sampled_from([(), ("fuels",), ("other",)]),
        "start": st.sampled_from(["2022-01", "2022-04", "2023-12"]),
        "cover": ranges[1],
        "tariff_equivalent": ranges[5],
    }
)
sigmas = st.floats(1.5, 16)
severities = st.floats(-2, 2)
months = st.tuples(st.integers(2021, 2024), st.integers(1, 12)).map(
    lambda month: f"{month[0]}-{month[1]:02}"
)


def regime(*measured: Measure) -> Regime:
    return Regime("hard", "", measured)


def costs(
    *measured: Measure,
    economy: Economy = TWO,
    sigma: tuple[float, ...] = (4.0, 4.0),
    severity: float = 0.0,
    month: str | None = None,
    directions: tuple[str, ...] = DIRECTIONS,
) -> np.ndarray:
    elasticities, places = np.array([sigma]), np.array([severity])
    return cost_changes(regime(*measured), economy, elasticities, places, month, directions)[0]


# --- by hand -----------------------------------------------------------------


def test_a_tariff_on_everything_is_its_cost():
    # All of what BBB buys from AAA at a tariff equivalent of 1: twice as dear, in both sectors.
    np.testing.assert_allclose(costs(WHOLE), [[[1, 2, 1], [1, 1, 1], [1, 1, 1]]] * 2, rtol=1e-12)


def test_a_tariff_on_half():
    # t^(1−σ) = 0.5 + 0.5 × 2^−3 = 0.5625, so t = 0.5625^(−1/3) = 1.2114137.
    assert costs(MEASURE)[0, 0, 1] == pytest.approx(1.2114137, rel=1e-7)


def test_each_sector_has_its_own_elasticity():
    # Where goods are harder to replace, the uncovered half takes over less: at σ = 2,
    # 1/t = 0.5 + 0.5 / 2 = 0.75, so t = 1.3333333.
    change = costs(MEASURE, sigma=(4.0, 2.0))
    assert change[0, 0, 1] == pytest.approx(1.2114137, rel=1e-7)
    assert change[1, 0, 1] == pytest.approx(4 / 3, rel=1e-12)


def test_a_ban_takes_the_cover_away_and_no_more():
    # At given prices trade is as t^(1−σ): half of it is left, whatever the ban would cost.
    ban = replace(MEASURE, tariff_equivalent=(1e9, 1e9, 1e9))
    assert costs(ban)[0, 0, 1] ** -3 == pytest.approx(0.5, rel=1e-12)


def test_directions_and_several_senders():
    both = replace(WHOLE, direction="to-target", senders=("BBB", "CCC"))
    np.testing.assert_allclose(costs(both)[0], [[1, 1, 1], [2, 1, 1], [2, 1, 1]], rtol=1e-12)


def test_measures_on_one_flow_multiply():
    # Twice as dear, and half as dear again: 2 × 1.5.
    half = replace(WHOLE, tariff_equivalent=(0.5, 0.5, 0.5))
    assert costs(WHOLE, half)[0, 0, 1] == pytest.approx(3, rel=1e-12)


def test_two_bans_leave_what_each_leaves_of_the_other():
    # Half banned, and of what is left half again: a quarter.
    ban = replace(MEASURE, tariff_equivalent=(1e9, 1e9, 1e9))
    assert costs(ban, ban)[0, 0, 1] ** -3 == pytest.approx(0.25, rel=1e-12)


def test_severity_uses_both_ranges():
    low, high = (costs(MEASURE, severity=end)[0, 0, 1] for end in (-1.0, 1.0))
    assert low == pytest.approx((0.75 + 0.25 * 1.1**-3) ** (-1 / 3), rel=1e-12)
    assert high == pytest.approx(3, rel=1e-12)


def test_half_severe_is_half_way_to_the_high_end():
    # Cover half way from 0.5 to 1; the cost half way, by factors, from 2 to 3: the root of 6.
    change = costs(MEASURE, severity=0.5)[0, 0, 1]
    assert change == pytest.approx((0.25 + 0.75 * 6**-1.5) ** (-1 / 3), rel=1e-12)


def test_a_measure_counts_whole_from_the_month_in_which_it_came_into_force():
    before, then, after = (
        costs(MEASURE, month=month) for month in ("2022-03", "2022-04", "2024-01")
    )
    np.testing.assert_array_equal(before, np.ones((2, 3, 3)))
    np.testing.assert_array_equal(then, costs(MEASURE))
    np.testing.assert_array_equal(after, costs(MEASURE))


def test_of_several_measures_those_count_that_have_begun():
    later = replace(WHOLE, start="2023-01", tariff_equivalent=(0.5, 0.5, 0.5))
    np.testing.assert_array_equal(costs(MEASURE, later, month="2022-12"), costs(MEASURE))
    np.testing.assert_array_equal(costs(MEASURE, later, month="2023-01"), costs(MEASURE, later))


def test_beyond_the_high_end_covers_go_on_to_all_and_tariffs_without_limit():
    # Two steps up from the centre: cover 0.5 + 2 × 0.2, cost 2 × (3/2)² = 4.5; and with a cover
    # that would be 1.5, all of it.
    near = replace(MEASURE, cover=(0.4, 0.5, 0.7))
    change = costs(near, severity=2.0)[0, 0, 1]
    assert change == pytest.approx((0.1 + 0.9 * 4.5**-3) ** (-1 / 3), rel=1e-12)
    assert costs(MEASURE, severity=2.0)[0, 0, 1] == pytest.approx(4.5, rel=1e-12)


def test_beyond_the_low_end_a_measure_may_fade_to_nothing():
    # Two steps down the cost would be 2 × (1.1/2)² = 0.605, and no measure makes trade cheaper.
    np.testing.assert_array_equal(costs(MEASURE, severity=-2.0), np.ones((2, 3, 3)))


def test_only_measures_in_the_directions_asked_for_count():
    sold, bought = MEASURE, replace(MEASURE, direction="to-target")
    for asked, expected in (
        (("from-target",), costs(sold)),
        (("to-target",), costs(bought)),
        (("to-target", "from-target"), costs(sold, bought)),
        ((), np.ones((2, 3, 3))),
    ):
        np.testing.assert_array_equal(costs(sold, bought, directions=asked), expected)


def test_a_measure_on_one_sector_leaves_the_others_cost_alone():
    change = costs(replace(WHOLE, sectors=("other",)))
    np.testing.assert_array_equal(change[0], np.ones((3, 3)))
    assert change[1, 0, 1] == pytest.approx(2, rel=1e-12)


def test_every_run_has_its_own_elasticities_and_severity():
    many = cost_changes(
        regime(MEASURE), TWO, np.array([[4.0, 4.0], [2.0, 4.0]]), np.array([0.0, 1.0])
    )
    np.testing.assert_array_equal(many[0], costs(MEASURE))
    np.testing.assert_array_equal(many[1], costs(MEASURE, sigma=(2.0, 4.0), severity=1.0))


def test_an_economy_of_one_sector():
    assert costs(WHOLE, economy=ONE, sigma=(4.0,)).shape == (1, 3, 3)
    assert costs(WHOLE, economy=ONE, sigma=(4.0,))[0, 0, 1] == pytest.approx(2, rel=1e-12)


# --- laws --------------------------------------------------------------------


def test_no_measure_changes_nothing():
    change = cost_changes(NONE, TWO, np.full((3, 2), 4.0), np.array([-2.0, 0.0, 1.0]), "2024-12")
    np.testing.assert_array_equal(change, np.ones((3, 2, 3, 3)))


@given(changes, sigmas, severities)
def test_a_measure_on_nothing_changes_nothing(changed, sigma, severity):
    empty = replace(MEASURE, **changed | {"cover": (0.0, 0.0, 0.0)})
    change = costs(empty, sigma=(sigma, sigma), severity=severity)
    np.testing.assert_array_equal(change, np.ones((2, 3, 3)))


@given(changes, sigmas, severities)
def test_nobody_pays_but_the_pairs_and_sectors_named(changed, sigma, severity):
    measure = replace(MEASURE, **changed)
    change = costs(measure, sigma=(sigma, sigma), severity=severity)
    pairs = [(ABC.index(origin), ABC.index(destination)) for origin, destination in measure.pairs]
    named = measure.sectors or TWO.sectors
    for sector, i, j in product(range(2), range(3), range(3)):
        if (i, j) not in pairs or TWO.sectors[sector] not in named:
            assert change[sector, i, j] == 1


@given(changes, sigmas)
def test_the_ends_of_severity_are_the_ends_of_both_ranges(changed, sigma):
    measure = replace(MEASURE, **changed)
    for severity, end in ((-1.0, 0), (0.0, 1), (1.0, 2)):
        fixed = replace(
            measure,
            cover=(measure.cover[end],) * 3,
            tariff_equivalent=(measure.tariff_equivalent[end],) * 3,
        )
        np.testing.assert_allclose(
            costs(measure, sigma=(sigma, sigma), severity=severity),
            costs(fixed, sigma=(sigma, sigma)),
            rtol=1e-12,
        )


@given(changes, sigmas, severities, severities)
def test_a_more_severe_regime_never_costs_less(changed, sigma, one, other):
    measure = replace(MEASURE, **changed)
    mild, harsh = (
        costs(measure, sigma=(sigma, sigma), severity=place) for place in sorted((one, other))
    )
    assert (harsh >= mild * (1 - 1e-12)).all()


@given(changes, changes, sigmas, severities)
def test_a_regime_with_one_measure_more_never_costs_less(changed, added, sigma, severity):
    options = {"sigma": (sigma, sigma), "severity": severity}
    measure, more = replace(MEASURE, **changed), replace(MEASURE, **added)
    assert (costs(measure, more, **options) >= costs(measure, **options) * (1 - 1e-12)).all()


@given(st.tuples(changes, changes, changes), st.permutations(range(3)), sigmas, severities)
def test_the_order_of_measures_does_not_matter(changed, order, sigma, severity):
    listed = [replace(MEASURE, **each) for each in changed]
    shuffled = [listed[place] for place in order]
    options = {"sigma": (sigma, sigma), "severity": severity}
    np.testing.assert_allclose(costs(*shuffled, **options), costs(*listed, **options), rtol=1e-12)


@given(changes, sigmas, severities)
def test_the_cost_lies_between_none_and_the_average_tariff(changed, sigma, severity):
    measure = replace(MEASURE, **changed)
    # A buyer who did not replace a thing would pay cover × tariff; one who does pays less.
    cover, log_cost = (
        figure[1] + severity * (figure[1] - figure[0] if severity < 0 else figure[2] - figure[1])
        for figure in (measure.cover, np.log1p(measure.tariff_equivalent))
    )
    cover, tariff = min(1.0, max(0.0, cover)), max(0.0, np.expm1(log_cost))
    change = costs(measure, sigma=(sigma, sigma), severity=severity)
    assert (change >= 1 - 1e-12).all()
    assert (change <= (1 + cover * tariff) * (1 + 1e-12)).all()


@given(changes, st.tuples(sigmas, sigmas), severities)
def test_goods_that_are_easier_to_replace_cost_less(changed, pair, severity):
    measure = replace(MEASURE, **changed)
    rigid, loose = (
        costs(measure, sigma=(sigma, sigma), severity=severity) for sigma in sorted(pair)
    )
    assert (loose <= rigid * (1 + 1e-12)).all()


@given(st.tuples(changes, changes), sigmas, severities, st.tuples(months, months))
def test_costs_rise_from_month_to_month_and_never_above_those_throughout(
    changed, sigma, severity, seen
):
    measured = [replace(MEASURE, **each) for each in changed]
    options = {"sigma": (sigma, sigma), "severity": severity}
    this, following = (costs(*measured, month=month, **options) for month in sorted(seen))
    throughout = costs(*measured, **options)
    assert (this <= following * (1 + 1e-12)).all()
    assert (following <= throughout * (1 + 1e-12)).all()


@given(st.tuples(changes, changes, changes), sigmas, severities)
def test_what_is_sold_and_what_is_bought_make_up_the_whole(changed, sigma, severity):
    # Each pair of origin and destination bears measures of one direction for one target.
    measured = [replace(MEASURE, **each) for each in changed]
    options = {"sigma": (sigma, sigma), "severity": severity}
    sold, bought = (costs(*measured, directions=(way,), **options) for way in DIRECTIONS)
    np.testing.assert_array_equal(sold * bought, costs(*measured, **options))
    assert ((sold == 1) | (bought == 1)).all()


# --- which trade is sanctioned at all ----------------------------------------


def test_trade_is_sanctioned_both_ways_wherever_one_way_bears_a_cost():
    marks = sanctioned([NONE, regime(MEASURE)], TWO)
    np.testing.assert_array_equal(marks, [[0, 1, 0], [1, 0, 0], [0, 0, 0]])


def test_trade_that_any_regime_sanctions_counts_whichever_it_is():
    other = Regime("soft", "", (replace(MEASURE, target="CCC"),))
    both = sanctioned([regime(MEASURE), other], TWO)
    np.testing.assert_array_equal(both, [[0, 1, 0], [1, 0, 1], [0, 1, 0]])
    one = sanctioned([regime(MEASURE), other], TWO, "CCC")
    np.testing.assert_array_equal(one, [[0, 0, 0], [0, 0, 1], [0, 1, 0]])


def test_without_regimes_no_trade_is_sanctioned():
    np.testing.assert_array_equal(sanctioned([NONE], TWO), np.zeros((3, 3)))


def test_a_ban_cuts_a_target_off_from_its_senders_and_nobody_else():
    other = Regime("soft", "", (replace(WHOLE, target="CCC"),))
    before = costs(WHOLE)[None]
    cut = banned(before, [regime(WHOLE), other], "AAA", TWO)
    np.testing.assert_allclose(cut[0, 1], [[1, BAN, 1], [BAN, 1, 1], [1, 1, 1]])
    np.testing.assert_array_equal(before[0], costs(WHOLE))  # which is left as it was


def test_a_ban_of_what_is_sold_or_of_what_is_bought_alone():
    before = costs(WHOLE, replace(WHOLE, direction="to-target"))[None]
    sold, bought = (
        banned(before, [regime(WHOLE)], "AAA", TWO, directions)[0, 0]
        for directions in (("from-target",), ("to-target",))
    )
    np.testing.assert_allclose(sold, [[1, BAN, 1], [2, 1, 1], [1, 1, 1]])
    np.testing.assert_allclose(bought, [[1, 2, 1], [BAN, 1, 1], [1, 1, 1]])
    np.testing.assert_array_equal(banned(before, [regime(WHOLE)], "AAA", TWO, ()), before)


def test_next_to_nothing_is_left_of_what_is_banned():
    # At the low end of the shipped case's elasticities, 4, a billionth; at the lowest that is ever
    # drawn there, 2.5, three in a hundred thousand.
    left = [BAN ** (1 - sigma) for sigma in (4.0, 2.5)]
    assert left == pytest.approx([1e-9, 3.16e-5], rel=1e-3)


# --- measures that name what is not there ------------------------------------


def message_of(measure: Measure, economy: Economy = TWO) -> str:
    with pytest.raises(UsageError) as caught:
        costs(measure, economy=economy, sigma=(4.0,) * max(1, len(economy.sectors)))
    return str(caught.value)


def test_an_unknown_sender():
    assert message_of(replace(MEASURE, senders=("BBB", "CDC"))) == (
        "regime 'hard': found country 'CDC', expected one of AAA, BBB, CCC\n"
        "  hint: did you mean 'CCC'?"
    )


def test_an_unknown_target():
    assert message_of(replace(MEASURE, target="ZZZ")) == (
        "regime 'hard': found country 'ZZZ', expected one of AAA, BBB, CCC"
    )


def test_an_unknown_country_when_marks_are_made():
    with pytest.raises(UsageError) as caught:
        sanctioned([regime(replace(MEASURE, target="aab"))], TWO)
    assert str(caught.value) == (
        "regime 'hard': found country 'aab', expected one of AAA, BBB, CCC\n"
        "  hint: did you mean 'AAA'?"
    )


def test_an_unknown_sector():
    assert message_of(replace(MEASURE, sectors=("fuel",))) == (
        "regime 'hard': found sector 'fuel', expected one of fuels, other\n"
        "  hint: did you mean 'fuels'?"
    )


def test_a_sector_in_an_economy_without_any():
    assert message_of(replace(MEASURE, sectors=("fuels",)), ONE) == (
        "regime 'hard': found sector 'fuels', expected no sector"
    )
