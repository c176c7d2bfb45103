"""The table of effects: which rows it has, what they account for, and files that are wrong."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from servanda.errors import CaseError, UsageError
from servanda.trade import (
    Baseline,
    Economy,
    Effect,
    Measure,
    Regime,
    cost_changes,
    counterfactual,
    effects,
    read_effects,
    write_effects,
)

ABC = ("AAA", "BBB", "CCC")
FLOWS = np.array([[70.0, 20.0, 10.0], [25.0, 100.0, 5.0], [5.0, 10.0, 30.0]])
OTHER = np.array([[20.0, 1.0, 9.0], [15.0, 40.0, 5.0], [2.0, 6.0, 10.0]])
ECONOMY = Economy(ABC, np.stack([FLOWS, OTHER]), 0.5, ("fuels", "other"), 0.5)
BASELINE = Baseline(ECONOMY, ((4.0, 8.0, 16.0), (4.0, 5.5, 8.0)), "fixed", "multiplicative", ABC)
MEASURE = Measure(
    target="AAA",
    senders=("BBB",),
    direction="from-target",
    kind="trade",
    sectors=("fuels",),
    start="2022-04",
    cover=(0.25, 0.5, 0.75),
    tariff_equivalent=(0.1, 0.5, 1.0),
    status="assumed",
    sources=(),
    note="",
)
MILD = Regime("mild", "", (MEASURE,))
HARD = Regime("hard", "", (MEASURE, replace(MEASURE, direction="to-target", sectors=())))
NAMES = ("none", "mild", "hard")
YEARS = (2021, 2022, 2023)
KNOTS = tuple(product((4.0, 5.5, 8.0), (-1.0, 0.0, 1.0)))  # σ of the last sector, and severity

Key = tuple[int, str, float, float, str]


def key_of(row: Effect) -> Key:
    return row.year, row.regime, row.elasticity, row.severity, row.actor


@pytest.fixture(scope="module")
def table() -> dict[Key, Effect]:
    """Two regimes against one target, before, in and after the year they start."""
    return {key_of(row): row for row in effects((MILD, HARD), BASELINE, YEARS)}


def changes_of(row: Effect) -> tuple[float, float, float]:
    return row.real_income_change, row.exports_lost_musd_month, row.imports_lost_musd_month


# --- which rows --------------------------------------------------------------


def test_every_year_regime_knot_and_actor_is_there_once_in_order(table):
    expected = [
        (year, name, *knot, actor) for year, name, knot, actor in product(YEARS, NAMES, KNOTS, ABC)
    ]
    assert list(table) == expected
    assert len(effects((MILD, HARD), BASELINE, YEARS)) == len(expected)


def test_a_regime_called_none_is_not_added_to_itself():
    listed = (MILD, Regime("none", "peace", ()))
    rows = effects(listed, BASELINE, (2023,))
    assert list(dict.fromkeys(row.regime for row in rows)) == ["mild", "none"]


def test_only_reported_countries_have_rows_and_in_the_order_reported():
    rows = effects((), replace(BASELINE, report=("CCC", "AAA")), (2023,))
    assert [row.actor for row in rows] == ["CCC", "AAA"] * 9


def test_no_year_no_row():
    assert effects((MILD,), BASELINE, ()) == []


# --- what they say -----------------------------------------------------------


def test_without_sanctions_nothing_changes_to_the_bit(table):
    for (_, name, _, _, actor), row in table.items():
        if name == "none":
            assert changes_of(row) == (0.0, 0.0, 0.0)
            assert row.threat_left > 0 if actor == "AAA" else row.threat_left == 0


def test_before_it_starts_a_regime_is_none(table):
    for (year, name, *knot, actor), row in table.items():
        if year == 2021:
            assert replace(row, regime="none") == table[year, "none", *knot, actor], name


def test_the_year_it_starts_it_does_less_than_the_next(table):
    for name, knot in product(("mild", "hard"), KNOTS):
        start, following = (table[year, name, *knot, "AAA"] for year in (2022, 2023))
        assert 0 > start.real_income_change > following.real_income_change
        assert 0 < start.exports_lost_musd_month < following.exports_lost_musd_month
        assert start.threat_left > following.threat_left > 0


def test_a_row_is_what_one_counterfactual_says(table):
    # Low in both ranges of elasticities, σ is 4 and 4; in the middle 8 and 5.5.
    for sigma, severity in (((4.0, 4.0), -1.0), ((8.0, 5.5), 1.0)):
        change = cost_changes(HARD, ECONOMY, np.array([sigma]), np.array([severity]), 2022)[0]
        after = counterfactual(ECONOMY, change, np.array(sigma), factors="fixed")
        fall = (ECONOMY.flows - after.flows).sum(axis=0) / 12
        row = table[2022, "hard", sigma[1], severity, "AAA"]
        assert row.real_income_change == after.real_income[0] - 1
        assert row.exports_lost_musd_month == pytest.approx(fall[0, 1], rel=1e-12)
        assert row.imports_lost_musd_month == pytest.approx(fall[1, 0], rel=1e-12)


def test_what_the_target_loses_in_sales_its_sender_loses_in_purchases(table):
    for (year, name, *knot, actor), row in table.items():
        if actor == "AAA":
            sender = table[year, name, *knot, "BBB"]
            assert row.exports_lost_musd_month == sender.imports_lost_musd_month
            assert row.imports_lost_musd_month == sender.exports_lost_musd_month


def test_a_bystander_loses_no_sanctioned_trade_and_nobody_threatens_it(table):
    for (*_, actor), row in table.items():
        if actor == "CCC":
            assert changes_of(row)[1:] == (0.0, 0.0)
        if actor != "AAA":
            assert row.threat_left == 0


def test_what_is_taken_and_what_is_left_add_up_to_what_there_was(table):
    # Of its income without sanctions: the share taken, and the share that a ban would take then.
    for (_, _, sigma, severity, actor), row in table.items():
        if actor == "AAA":
            there_was = table[2021, "none", sigma, severity, actor].threat_left
            total = row.threat_left - row.real_income_change
            assert total == pytest.approx(there_was, rel=1e-9)


def test_the_harder_and_the_more_severe_the_more_the_target_loses(table):
    for sigma in (4.0, 5.5, 8.0):
        lost = [
            [-table[2023, name, sigma, place, "AAA"].real_income_change for place in (-1, 0, 1)]
            for name in ("mild", "hard")
        ]
        assert (np.diff(lost, axis=0) > 0).all()
        assert (np.diff(lost, axis=1) > 0).all()


@pytest.mark.parametrize(("severity", "end"), [(-1.0, 0), (0.0, 1), (1.0, 2)])
def test_the_ends_of_severity_are_regimes_at_the_ends_of_their_ranges(table, severity, end):
    fixed = replace(
        MEASURE,
        cover=(MEASURE.cover[end],) * 3,
        tariff_equivalent=(MEASURE.tariff_equivalent[end],) * 3,
    )
    certain = effects((Regime("mild", "", (fixed,)),), BASELINE, (2023,))
    for row in certain:
        if row.regime == "mild":
            there = table[2023, "mild", row.elasticity, severity, row.actor]
            assert replace(row, severity=severity) == there


def test_an_unknown_country():
    with pytest.raises(UsageError) as caught:
        effects((Regime("mild", "", (replace(MEASURE, senders=("BBC",)),)),), BASELINE, (2023,))
    assert str(caught.value) == (
        "regime 'mild': found country 'BBC', expected one of AAA, BBB, CCC\n"
        "  hint: did you mean 'BBB'?"
    )


# --- as a file ---------------------------------------------------------------

HEAD = (
    "year,regime,elasticity,severity,actor,real_income_change,threat_left,"
    "exports_lost_musd_month,imports_lost_musd_month"
)
LINE = "2023,hard,5.5,-1,BBB,-0.012346,0.25,1.5,-2"


def test_a_table_survives_being_written_and_read(tmp_path):
    rows = [
        Effect(2022, "none", 4.0, -1.0, "AAA", -0.0, 0.0, 0.0, -0.0001),
        Effect(2023, "hard", 5.5, 0.5, "BBB", -0.0123457, 0.25, 1.5, -2.0),
    ]
    path = tmp_path / "effects.csv"
    write_effects(rows, path)
    assert path.read_bytes().decode() == (
        f"{HEAD}\n"
        "2022,none,4,-1,AAA,0.000000,0.000000,0.000,0.000\n"
        "2023,hard,5.5,0.5,BBB,-0.012346,0.250000,1.500,-2.000\n"
    )
    assert read_effects(path) == [
        Effect(2022, "none", 4.0, -1.0, "AAA", 0.0, 0.0, 0.0, 0.0),
        Effect(2023, "hard", 5.5, 0.5, "BBB", -0.012346, 0.25, 1.5, -2.0),
    ]


def test_what_is_read_is_written_the_same(tmp_path, table):
    once, again = tmp_path / "once.csv", tmp_path / "again.csv"
    write_effects(table.values(), once)
    write_effects(read_effects(once), again)
    assert once.read_bytes() == again.read_bytes()


def message_of(path) -> str:
    with pytest.raises(CaseError) as caught:
        read_effects(path)
    return str(caught.value)


WRONG = {
    "other columns": (
        "regime,actor\nnone,AAA\n",
        f"effects.csv: found regime, actor, expected {HEAD.replace(',', ', ')}",
    ),
    "no columns": ("", f"effects.csv: found no columns, expected {HEAD.replace(',', ', ')}"),
    "a cell too few": (
        f"{HEAD}\n{LINE}\n2023,hard\n",
        "effects.csv, line 3: found 2 cells, expected 9",
    ),
    "a year that is none": (
        f"{HEAD}\n{LINE}\n{LINE}\n".replace("2023", "2023.5"),
        "effects.csv, line 2, year: found '2023.5', expected a whole number",
    ),
    "a loss in words": (
        f"{HEAD}\n{LINE}\n" + LINE.replace("0.25", "some"),
        "effects.csv, line 3, threat_left: found 'some', expected a number",
    ),
}


@pytest.mark.parametrize(("written", "message"), WRONG.values(), ids=list(WRONG))
def test_tables_that_are_wrong(tmp_path, written, message):
    path = tmp_path / "effects.csv"
    path.write_text(written, encoding="utf-8")
    assert message_of(path) == message


def test_a_table_that_is_missing(tmp_path):
    assert message_of(tmp_path / "effects.csv") == (
        f"effects.csv: found no such file, expected a CSV file in {tmp_path}"
    )
