"""Findings of a sweep, worked out by hand from flows and incomes of two draws."""

from __future__ import annotations

from dataclasses import replace

import hypothesis.strategies as st
import numpy as np
import pytest
import xarray as xr
from hypothesis import given

from servanda.trade.findings import Leverage, Spread, diverted, leverages, payers

COUNTRIES = ["AAA", "BBB", "CCC"]
# Two draws, AAA the target, BBB the sender. USD m a year, so twelfths of 12, 24, ... a month.
BEFORE = np.array([[[600.0, 120.0, 60.0], [240.0, 900.0, 0.0], [120.0, 0.0, 300.0]]])
AFTER = np.array(
    [
        [[[660.0, 0.0, 108.0], [120.0, 900.0, 0.0], [96.0, 0.0, 300.0]]],
        [[[660.0, 24.0, 84.0], [240.0, 900.0, 0.0], [144.0, 0.0, 300.0]]],
    ]
)


def swept() -> xr.Dataset:
    pair = ("origin", "destination")
    return xr.Dataset(
        {
            "income_change": (
                ("regime", "run", "country"),
                [[[-0.02, -0.001, 0.0], [-0.04, -0.003, 0.002]]],
            ),
            "income": (("country",), [100.0, 1000.0, 50.0]),
            "taken": (("regime", "run", "target"), [[[0.02], [0.04]]]),
            "taken_imports": (("regime", "run", "target"), [[[0.01], [0.03]]]),
            "before": (("run", "target"), [[0.10], [0.12]]),
            "before_imports": (("run", "target"), [[0.04], [0.06]]),
            "flows": (("regime", "run", "sector", *pair), AFTER[None]),
            "flows_before": (("sector", *pair), BEFORE),
            "sender": (("target", "country"), [[False, True, False]]),
        },
        coords={
            "regime": ["hard"],
            "country": COUNTRIES,
            "origin": COUNTRIES,
            "destination": COUNTRIES,
            "target": ["AAA"],
            "sector": ["all"],
        },
    )


def parts(spread: Spread) -> tuple[float, float, float]:
    return spread.low, spread.median, spread.high


def between(low: float, high: float):
    """Of two draws: the median is their mean, the ends a twentieth of the way in."""
    inward = 0.05 * (high - low)
    return pytest.approx((low + inward, (low + high) / 2, high - inward))


def test_who_pays_and_who_gains_from_the_largest_loss_to_the_largest_gain():
    first, second, third = payers(swept())
    # Of 100 a month AAA loses 2 and 4; of 1,000 BBB loses 1 and 3; of 50 CCC gains 0 and 0.1.
    assert [(p.regime, p.country) for p in (first, second, third)] == [
        ("hard", "AAA"),
        ("hard", "BBB"),
        ("hard", "CCC"),
    ]
    assert parts(first.percent) == between(-4.0, -2.0)
    assert parts(first.musd_month) == between(-4.0, -2.0)
    assert parts(second.musd_month) == between(-3.0, -1.0)
    assert parts(third.musd_month) == between(0.0, 0.1)


def test_what_a_target_sells_elsewhere_instead():
    # Exports to the sender fall by 120 and 96 a year, 10 and 8 a month; those to CCC rise by 48
    # and 24, so 4 and 2; at home 60 more is sold, 5 a month. Won elsewhere: 40 and 25 percent.
    exports = diverted(swept())[0]
    assert (exports.target, exports.direction, exports.gainer) == ("AAA", "exports", "CCC")
    assert parts(exports.with_senders) == between(-10.0, -8.0)
    assert parts(exports.with_others) == between(2.0, 4.0)
    assert parts(exports.at_home) == between(5.0, 5.0)
    assert parts(exports.share) == between(0.25, 0.40)
    assert exports.gain == exports.with_others


def test_what_a_target_buys_elsewhere_instead_may_be_less():
    # Imports from the sender fall by 10 a month in one draw and by none in the other, so that there
    # is nothing to have a share in; those from CCC fall by 2 and rise by 2.
    imports = diverted(swept())[1]
    assert imports.direction == "imports"
    assert parts(imports.with_senders) == between(-10.0, 0.0)
    assert parts(imports.with_others) == between(-2.0, 2.0)
    assert imports.share is None


@pytest.mark.parametrize(("left", "given"), [(118.3, False), (118.1, True)])
def test_of_less_than_a_hundredth_of_all_trade_lost_there_is_no_share(left, given):
    # AAA exports 180. It loses 1.7 or 1.9 with BBB, and sells 10 more to CCC: 588 or 526 %.
    data = swept()
    data.flows[0, :, 0, 0] = [500.0, left, 70.0]
    share = diverted(data)[0].share
    assert (share is not None) == given
    if share is not None:
        assert parts(share) == pytest.approx((10 / 1.9,) * 3)


def test_leverage_is_felt_left_or_lost():
    # Of the 10 and 12 percent that ending all trade would take, 2 and 4 are taken; of the part of
    # imports, 4 and 6 of which 1 and 3 are taken, a quarter and a half leaks. Lost 1 and 3; felt
    # 2 − 0.25 and 4 − 1.5; left 8 − 0.25 × 3 and 8 − 0.5 × 3.
    (row,) = leverages(swept(), {("hard", "AAA"): np.array([0.25, 0.5])})
    assert (row.regime, row.target) == ("hard", "AAA")
    assert parts(row.before) == between(10.0, 12.0)
    assert parts(row.felt) == between(1.75, 2.5)
    assert parts(row.left) == between(6.5, 7.25)
    assert parts(row.lost) == between(1.0, 3.0)
    assert parts(row.leakage) == between(25.0, 50.0)


def test_without_a_route_nothing_leaks():
    (row,) = leverages(swept(), {})
    assert parts(row.lost) == between(0.0, 0.0)
    assert parts(row.felt) == between(2.0, 4.0)
    assert parts(row.left) == between(8.0, 8.0)
    assert parts(row.leakage) == between(0.0, 0.0)


def test_what_leaks_to_one_target_under_one_regime_says_nothing_of_another():
    elsewhere = {("soft", "AAA"): np.array([0.5, 0.5]), ("hard", "BBB"): np.array([0.5, 0.5])}
    assert leverages(swept(), elsewhere) == leverages(swept(), {})


shares = st.floats(0, 1)


def one_draw(taken: float, imports: float, before: float, before_imports: float) -> xr.Dataset:
    """A single draw, which has no interval."""
    at = ("regime", "run", "target")
    return xr.Dataset(
        {
            "taken": (at, [[[taken]]]),
            "taken_imports": (at, [[[imports]]]),
            "before": (at[1:], [[before]]),
            "before_imports": (at[1:], [[before_imports]]),
        },
        coords={"regime": ["hard"], "target": ["AAA"]},
    )


def of_one_draw(found: tuple[float, float, float, float], leaks: float) -> Leverage:
    (row,) = leverages(one_draw(*found), {("hard", "AAA"): np.array([leaks])})
    for name in ("before", "felt", "left", "lost", "leakage"):
        spread = getattr(row, name)
        assert spread.low is spread.high is None
    return row


@given(st.tuples(shares, shares, shares, shares), shares)
def test_what_is_felt_left_and_lost_adds_up_in_every_draw(found, leaks):
    row = of_one_draw(found, leaks)
    total = row.felt.median + row.left.median + row.lost.median
    assert total == pytest.approx(row.before.median, abs=1e-10)


@given(st.tuples(shares, shares, shares, shares))
def test_where_nothing_leaks_all_that_is_taken_is_felt(found):
    row = of_one_draw(found, 0.0)
    taken, _, before, _ = found
    assert row.felt.median == 100 * taken
    assert row.lost.median == 0
    assert row.left.median == pytest.approx(100 * (before - taken), abs=1e-10)


@given(st.tuples(shares, shares, shares, shares))
def test_where_everything_leaks_measures_on_exports_are_what_is_left(found):
    row = of_one_draw(found, 1.0)
    taken, imports, before, before_imports = found
    assert row.felt.median == pytest.approx(100 * (taken - imports), abs=1e-10)
    assert row.lost.median == pytest.approx(100 * before_imports, abs=1e-10)
    exports = (before - before_imports) - (taken - imports)
    assert row.left.median == pytest.approx(100 * exports, abs=1e-10)


@given(shares, shares, shares)
def test_of_measures_on_exports_alone_nothing_leaks(taken, before, leaks):
    row = of_one_draw((taken, 0.0, before, 0.0), leaks)
    assert row == replace(of_one_draw((taken, 0.0, before, 0.0), 0.0), leakage=row.leakage)
