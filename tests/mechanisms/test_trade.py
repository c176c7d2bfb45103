"""Trade: the equilibrium table read by month, between elasticities, severities and regimes."""

from __future__ import annotations

from dataclasses import replace

import hypothesis.strategies as st
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings

from servanda.errors import CaseError
from servanda.mechanisms.trade import EquilibriumTable, NoEffect, tent_weights
from tests.builders import TRADE_EFFECTS, Bench, clock, tiny_case

ROUTE = "round-about"


@pytest.fixture(scope="module")
def bench() -> Bench:
    return Bench(EquilibriumTable)


def effect(bench, elasticity, enforcement, severity=0.0, month_of_case=12):
    """Imports lost in USD a month and income lost, of the sanctioned buyer, in the 2nd January."""
    month = bench.month(signal={"enforcement": enforcement})
    parameters = bench.parameters(elasticity=elasticity, severity=severity)
    out = bench.step(parameters, month=month, clock=clock(month_of_case))
    return bench.read(out, "sanctioned", ROUTE), bench.read(out, "income_gross", "BUY")


def with_table(rows):
    return replace(tiny_case(), tables={"trade_effects": rows})


# ── worked by hand ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("elasticity", "enforcement", "lost", "income"),
    [
        (4, 1.0, 100e6, -0.01),  # a row of the table
        (8, 0.5, 100e6, -0.01),  # another: half of the 200 of full enforcement
        (6, 1.0, 150e6, -0.015),  # half-way between elasticities
        (4, 0.75, 75e6, -0.0075),  # half-way between regimes
        (6, 0.75, 112.5e6, -0.01125),  # both: the mean of 50, 100, 100 and 200 m, less half
        (5, 0.25, 31.25e6, -0.003125),  # a quarter of the way and half of the way: 25 m × 1.25
    ],
)
def test_effects_are_read_between_the_rows_of_the_table(
    bench, elasticity, enforcement, lost, income
):
    assert effect(bench, elasticity, enforcement) == pytest.approx((lost, income), rel=1e-5)


@pytest.mark.parametrize(
    ("severity", "lost"),
    [
        (-1.0, 50e6),  # half of the 100 m at the centre
        (0.5, 125e6),  # half-way to the 150 m of the high end
        (9.0, 150e6),  # beyond the end it holds
    ],
)
def test_effects_are_read_between_severities(bench, severity, lost):
    assert effect(bench, 4, 1.0, severity)[0] == pytest.approx(lost, rel=1e-5)


@pytest.mark.parametrize(
    ("month", "lost"),
    [
        (0, 50e6),  # half is in force
        (11, 50e6),
        (12, 100e6),  # the other half from the second January on
        (90, 100e6),
    ],
)
def test_measures_count_from_the_month_they_come_into_force(bench, month, lost):
    assert effect(bench, 4, 1.0, month_of_case=month)[0] == pytest.approx(lost, rel=1e-5)


def test_the_part_of_imports_and_the_hold_are_read_too(bench):
    # At σ = 4 full enforcement takes 0.4 percent through imports; ending all trade would take 5.
    out = bench.step(
        bench.parameters(elasticity=4.0, severity=0.0),
        month=bench.month(signal={"enforcement": 1.0}),
        clock=clock(12),
    )
    assert bench.read(out, "imports_gross", ROUTE) == pytest.approx(-0.004, rel=1e-5)
    assert bench.read(out, "hold", ROUTE) == pytest.approx(0.05, rel=1e-5)
    assert bench.read(out, "hold_imports", ROUTE) == pytest.approx(0.02, rel=1e-5)


# ── limits ──────────────────────────────────────────────────────────────────────────────────────


def test_with_indifferent_senders_nothing_is_lost(bench):
    assert effect(bench, 6.0, 0.0) == (0.0, 0.0)


def test_beyond_the_ends_of_the_table_its_ends_hold(bench):
    assert effect(bench, 50.0, 1.0) == effect(bench, 8.0, 1.0)
    assert effect(bench, 1.0, 1.0) == effect(bench, 4.0, 1.0)
    assert effect(bench, 4.0, 3.0) == effect(bench, 4.0, 1.0)
    assert effect(bench, 4.0, -1.0) == effect(bench, 4.0, 0.0)


def test_states_that_the_table_lacks_are_not_affected(bench):
    out = bench.step(month=bench.month(signal={"enforcement": 1.0}))
    others = [bench.read(out, "income_gross", a) for a in bench.axes["actor"] if a != "BUY"]
    assert set(others) == {0.0}


def test_a_table_solved_for_one_elasticity_holds_for_all():
    rows = [row for row in TRADE_EFFECTS if row["elasticity"] == "4"]
    bench = Bench(EquilibriumTable, with_table(rows))
    assert effect(bench, 7.0, 1.0) == pytest.approx((100e6, -0.01))


def test_a_case_with_sanctions_but_no_table_is_refused():
    with pytest.raises(CaseError) as error:
        Bench(EquilibriumTable, with_table([]))
    assert error.value.where == "trade_effects.csv"
    assert error.value.hint == (
        "write it with 'servanda sanction CASE --table', or choose trade = 'no-effect'"
        " for a case without sanctions"
    )


def test_a_hole_in_the_table_is_refused_and_not_read_as_zero():
    with pytest.raises(CaseError) as error:
        Bench(EquilibriumTable, with_table(TRADE_EFFECTS[:-1]))
    assert str(error.value) == (
        "trade_effects.csv: found no row since 2021-01, regime 'enforcement', elasticity 8,"
        " severity 1, actor 'BUY', expected every actor of the table in every regime,"
        " at every elasticity and severity, from every month on"
    )


def test_a_table_of_an_earlier_version_is_refused():
    rows = [{k: v for k, v in row.items() if k != "severity"} for row in TRADE_EFFECTS]
    with pytest.raises(CaseError) as error:
        Bench(EquilibriumTable, with_table(rows))
    assert str(error.value) == (
        "trade_effects.csv: found no column 'severity', expected columns since, regime, elasticity,"
        " severity, actor, real_income_change, imports_change, hold, hold_imports,"
        " imports_lost_musd_month\n"
        "  hint: write it again with 'servanda sanction CASE --table'"
    )


def test_a_month_that_is_none_is_refused():
    rows = [{**row, "since": "2021"} for row in TRADE_EFFECTS]
    with pytest.raises(CaseError) as error:
        Bench(EquilibriumTable, with_table(rows))
    assert str(error.value) == (
        "trade_effects.csv: since: found '2021', expected a month like 2024-06"
    )


# ── laws ────────────────────────────────────────────────────────────────────────────────────────

knots = st.lists(st.integers(-50, 50), min_size=1, max_size=6, unique=True).map(sorted)


@settings(max_examples=40)
@given(knots, st.floats(-100, 100), st.integers(0, 2**32 - 1))
def test_weights_sum_to_one_and_interpolate_as_numpy_does(at, x, seed):
    weights = np.array([float(w) for w in tent_weights(jnp.asarray(x), tuple(map(float, at)))])
    assert (weights >= 0).all()
    assert weights.sum() == pytest.approx(1.0, abs=1e-5)
    heights = np.random.default_rng(seed).normal(size=len(at))
    assert weights @ heights == pytest.approx(np.interp(x, at, heights), abs=1e-4)


@settings(max_examples=20)
@given(st.floats(4, 8), st.floats(0, 1), st.floats(0, 1))
def test_more_enforcement_never_takes_less(bench, elasticity, first, second):
    less, more = sorted((first, second))
    before, after = (effect(bench, elasticity, e) for e in (less, more))
    assert after[0] >= before[0] * (1 - 1e-5)
    assert after[1] <= before[1] * (1 - 1e-5)


def test_many_runs_are_read_as_each_alone(bench):
    sigma = np.array([4.0, 5.5, 8.0], np.float32)
    many = Bench(EquilibriumTable, runs=(3,))
    out = many.step(
        many.parameters(elasticity=sigma, severity=np.zeros(3, np.float32)),
        month=many.month(signal={"enforcement": 0.6}),
        clock=clock(12),
    )
    alone = [effect(bench, s, 0.6)[0] for s in sigma]
    assert many.read(out, "sanctioned", ROUTE) == pytest.approx(alone)


# ── the rival ───────────────────────────────────────────────────────────────────────────────────


def test_under_the_null_sanctions_change_nothing():
    null = Bench(NoEffect, with_table([]))
    out = null.step(month=null.month(signal={"enforcement": 1.0}))
    for name in out:
        assert not np.asarray(out[name]).any(), name
    assert {k: v.shape for k, v in out.items()} == {
        "income_gross": (4,),
        "sanctioned": (1,),
        "imports_gross": (1,),
        "hold": (1,),
        "hold_imports": (1,),
    }
