"""The table of effects: which rows it has, what they account for, and files that are wrong."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from servanda.errors import CaseError, UsageError
from servanda.trade import (
    Effect,
    Regime,
    cost_changes,
    counterfactual,
    effects,
    read_effects,
    write_effects,
)
from servanda.trade.leverage import hold, take
from tests.small_world import ABC, BASELINE, ECONOMY, SOLD

MEASURE = replace(SOLD, cover=(0.4, 0.5, 0.6), tariff_equivalent=(0.3, 0.5, 1.0))
MILD = Regime("mild", "", (MEASURE,))
BOUGHT = replace(MEASURE, direction="to-target", sectors=(), start="2023-01")
HARD = Regime("hard", "", (MEASURE, BOUGHT))
NAMES = ("none", "mild", "hard")
MONTHS = ("2021-12", "2022-04", "2023-01")
# σ of each sector at −2, −1, 0, 1 and 2 steps; half-way from low to one is as low as it gets.
SIGMAS = ((2.5, 2.5), (4.0, 4.0), (8.0, 5.5), (16.0, 8.0), (24.0, 10.5))
SEVERITIES = (-2.0, -1.0, 0.0, 1.0, 2.0)
KNOTS = tuple(product((last for _, last in SIGMAS), SEVERITIES))

Key = tuple[str, str, float, float, str]


def key_of(row: Effect) -> Key:
    return row.since, row.regime, row.elasticity, row.severity, row.actor


@pytest.fixture(scope="module")
def table() -> dict[Key, Effect]:
    """Two regimes against one target, before they start and from each month that changes one."""
    return {key_of(row): row for row in effects((MILD, HARD), BASELINE, MONTHS)}


def money_of(row: Effect) -> tuple[float, float]:
    return row.exports_lost_musd_month, row.imports_lost_musd_month


# --- which rows --------------------------------------------------------------


def test_every_month_regime_knot_and_actor_is_there_once_in_order(table):
    expected = [
        (month, name, *knot, actor)
        for month, name, knot, actor in product(MONTHS, NAMES, KNOTS, ABC)
    ]
    assert list(table) == expected
    assert len(effects((MILD, HARD), BASELINE, MONTHS)) == len(expected)


def test_a_regime_called_none_is_not_added_to_itself():
    listed = (MILD, Regime("none", "peace", ()))
    rows = effects(listed, BASELINE, MONTHS[-1:])
    assert list(dict.fromkeys(row.regime for row in rows)) == ["mild", "none"]


def test_only_reported_countries_have_rows_and_in_the_order_reported():
    rows = effects((), replace(BASELINE, report=("CCC", "AAA")), ("2023-01",))
    assert [row.actor for row in rows] == ["CCC", "AAA"] * 25


def test_no_month_no_row():
    assert effects((MILD,), BASELINE, ()) == []


# --- what they say -----------------------------------------------------------


def test_without_sanctions_nothing_changes_to_the_bit(table):
    for (_, name, *_), row in table.items():
        if name == "none":
            assert (row.real_income_change, row.imports_change) == (0.0, 0.0)
            assert money_of(row) == (0.0, 0.0)


def test_before_it_starts_a_regime_is_none(table):
    for (month, name, *knot, actor), row in table.items():
        if month == "2021-12":
            assert replace(row, regime="none") == table[month, "none", *knot, actor], name


def test_a_measure_counts_whole_from_its_month_on(table):
    # What `hard` has beside `mild` comes in 2023-01.
    for (month, name, *knot, actor), row in table.items():
        if name == "mild" and month != "2021-12":
            assert replace(row, since="2022-04") == table["2022-04", "mild", *knot, actor]
        if name == "hard" and month == "2022-04":
            assert replace(row, regime="mild") == table[month, "mild", *knot, actor]


@pytest.mark.parametrize(("sigma", "severity"), list(product(SIGMAS, SEVERITIES)))
def test_a_row_is_what_one_counterfactual_says(table, sigma, severity):
    change = cost_changes(HARD, ECONOMY, np.array([sigma]), np.array([severity]))[0]
    after = counterfactual(ECONOMY, change, np.array(sigma), factors="fixed")
    fall = (ECONOMY.flows - after.flows).sum(axis=0) / 12
    row = table["2023-01", "hard", sigma[1], severity, "AAA"]
    assert row.real_income_change == after.real_income[0] - 1
    assert row.exports_lost_musd_month == pytest.approx(fall[0, 1], rel=1e-12)
    assert row.imports_lost_musd_month == pytest.approx(fall[1, 0], rel=1e-12)


@pytest.mark.parametrize(("sigma", "severity"), list(product(SIGMAS, SEVERITIES)))
def test_leverage_in_a_row_is_that_of_its_regime_and_of_all_senders(table, sigma, severity):
    row = table["2023-01", "hard", sigma[1], severity, "AAA"]
    at = np.array([sigma])
    taken = take(HARD, BASELINE, at, np.array([severity]))
    held = hold((MILD, HARD), "AAA", BASELINE, at)
    assert row.imports_change == -taken.imports[0, 0]
    assert (row.hold, row.hold_imports) == (held.whole[0], held.imports[0])


def test_the_hold_is_the_same_whatever_is_in_force(table):
    for (_, _, sigma, _, actor), row in table.items():
        same = table["2021-12", "none", sigma, 0.0, actor]
        assert (row.hold, row.hold_imports) == (same.hold, same.hold_imports)


def test_a_target_can_be_held_to_more_than_is_taken(table):
    for (*_, actor), row in table.items():
        if actor == "AAA":
            assert 0 <= -row.real_income_change < row.hold
            assert 0 <= -row.imports_change < row.hold_imports < row.hold


def test_what_measures_on_exports_take_is_no_part_of_imports(table):
    for (month, name, *_, actor), row in table.items():
        if name == "mild" or month == "2022-04":
            assert row.imports_change == pytest.approx(0, abs=1e-12)
        elif name == "hard" and month == "2023-01" and actor == "AAA":
            assert row.real_income_change < row.imports_change < 0


def test_what_the_target_loses_in_sales_its_sender_loses_in_purchases(table):
    for (month, name, *knot, actor), row in table.items():
        if actor == "AAA":
            sender = table[month, name, *knot, "BBB"]
            assert money_of(row) == money_of(sender)[::-1]


def test_a_bystander_loses_no_sanctioned_trade_and_nobody_holds_it(table):
    for (*_, actor), row in table.items():
        if actor == "CCC":
            assert money_of(row) == (0.0, 0.0)
        if actor != "AAA":
            assert (row.hold, row.hold_imports) == (0.0, 0.0)


def test_the_harder_and_the_more_severe_the_more_the_target_loses(table):
    for _, sigma in SIGMAS:
        lost = [
            [
                -table["2023-01", name, sigma, place, "AAA"].real_income_change
                for place in SEVERITIES
            ]
            for name in ("mild", "hard")
        ]
        assert (np.diff(lost, axis=0) > 0).all()
        assert (np.diff(lost, axis=1) > 0).all()


# Two steps out from the centre: cover 0.5 ∓ 2 × 0.1, cost 1.5 × (1.3/1.5)² and 1.5 × (2/1.5)².
@pytest.mark.parametrize(
    ("severity", "cover", "tariff"),
    [(-2.0, 0.3, 1.3**2 / 1.5 - 1), (0.0, 0.5, 0.5), (2.0, 0.7, 4 / 1.5 - 1)],
)
def test_a_severity_is_a_regime_without_doubt(table, severity, cover, tariff):
    fixed = replace(MEASURE, cover=(cover,) * 3, tariff_equivalent=(tariff,) * 3)
    certain = effects((Regime("mild", "", (fixed,)),), BASELINE, ("2023-01",))
    for row in certain:
        if row.regime == "mild":
            there = table["2023-01", "mild", row.elasticity, severity, row.actor]
            assert row.real_income_change == pytest.approx(there.real_income_change, rel=1e-9)
            assert money_of(row) == pytest.approx(money_of(there), rel=1e-9)


def test_each_target_is_held_by_its_own_senders():
    other = replace(MEASURE, target="CCC", senders=("AAA",))
    both = Regime("both", "", (*HARD.measures, other))
    rows = {key_of(row): row for row in effects((both,), BASELINE, ("2023-01",))}
    for sigma in SIGMAS:
        of = {actor: rows["2023-01", "both", sigma[1], 0.0, actor] for actor in ABC}
        for target in ("AAA", "CCC"):
            held = hold((both,), target, BASELINE, np.array([sigma]))
            assert (of[target].hold, of[target].hold_imports) == (held.whole[0], held.imports[0])
        assert of["BBB"].hold == 0


def test_an_unknown_country():
    wrong = Regime("mild", "", (replace(MEASURE, senders=("BBC",)),))
    with pytest.raises(UsageError) as caught:
        effects((wrong,), BASELINE, ("2023-01",))
    assert str(caught.value) == (
        "regime 'mild': found country 'BBC', expected one of AAA, BBB, CCC\n"
        "  hint: did you mean 'BBB'?"
    )


# --- as a file ---------------------------------------------------------------

HEAD = (
    "since,regime,elasticity,severity,actor,real_income_change,imports_change,hold,hold_imports,"
    "exports_lost_musd_month,imports_lost_musd_month"
)
LINE = "2023-01,hard,5.5,-2,BBB,-0.012346,-0.01,0.25,0.125,1.5,-3"


def test_a_table_survives_being_written_and_read(tmp_path):
    rows = [
        Effect("2022-04", "none", 4.0, -2.0, "AAA", -0.0, 0.0, 0.25, 1e-7, 0.0, -0.0001),
        Effect("2023-01", "hard", 5.5, 0.5, "BBB", -0.0123457, -0.01, 0.0, 0.0, 1.5, -2.0),
    ]
    path = tmp_path / "effects.csv"
    write_effects(rows, path)
    assert path.read_bytes().decode() == (
        f"{HEAD}\n"
        "2022-04,none,4,-2,AAA,0.000000,0.000000,0.250000,0.000000,0.000,0.000\n"
        "2023-01,hard,5.5,0.5,BBB,-0.012346,-0.010000,0.000000,0.000000,1.500,-2.000\n"
    )
    assert read_effects(path) == [
        Effect("2022-04", "none", 4.0, -2.0, "AAA", 0.0, 0.0, 0.25, 0.0, 0.0, 0.0),
        Effect("2023-01", "hard", 5.5, 0.5, "BBB", -0.012346, -0.01, 0.0, 0.0, 1.5, -2.0),
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


COLUMNS = "columns " + HEAD.replace(",", ", ")
WRONG = {
    "other columns": (
        "regime,actor\nnone,AAA\n",
        f"effects.csv line 1: found columns regime, actor, expected {COLUMNS}",
    ),
    "no columns": ("", f"effects.csv line 1: found columns none, expected {COLUMNS}"),
    "a cell too few": (
        f"{HEAD}\n{LINE}\n2023-01,hard\n",
        "effects.csv line 3: found 2 cells, expected 11, one for each column",
    ),
    "an elasticity in words": (
        f"{HEAD}\n{LINE}\n{LINE}\n".replace("5.5", "high"),
        "effects.csv line 2: found elasticity 'high', expected a finite number",
    ),
    "a hold that is empty": (
        f"{HEAD}\n{LINE}\n" + LINE.replace("0.25", ""),
        "effects.csv line 3: found hold '', expected a finite number",
    ),
    "a loss in words": (
        f"{HEAD}\n{LINE}\n" + LINE.replace("-3", "some"),
        "effects.csv line 3: found imports_lost_musd_month 'some', expected a finite number",
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
