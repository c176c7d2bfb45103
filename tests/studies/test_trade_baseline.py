"""The world without sanctions, as fitted: its steps by hand and by law, its spec and its files."""

from __future__ import annotations

from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings

from servanda.errors import CaseError, UsageError
from servanda.sources.cow_trade import Flows
from servanda.sources.facts import Facts
from servanda.trade.build import Gdp, Level, Mirror, Total
from studies.trade_baseline import fitting
from studies.trade_baseline.__main__ import CASE, FACTS, TRADE, main
from studies.trade_baseline.spec import read_spec
from tests.places import without_line_of_change

TABLE = CASE / "trade_baseline.csv"
ABC = ("AAA", "BBB", "ROW")
COLUMNS = ("series", "date", "actor", "value")
RECORDED = Facts(
    "facts.csv",
    {
        line: dict(zip(COLUMNS, row, strict=True))
        for line, row in enumerate(
            [
                ("trade", "2021", "AAA", "60e6"),
                ("share", "2012", "AAA", "0.9"),
                ("gdp_usd", "2021", "AAA", "5e9"),
                ("gdp_usd", "2021", "BBB", "7e9"),
                ("dprk_gdp_usd", "2021", "PRK", "1e9"),
            ],
            start=2,
        )
    },
)


def total(**given: float) -> Total:
    fuels = {"fuel_exports": 0.0, "fuel_imports": 0.0}
    return Total(**fuels | given, status="assumed", sources=(), note="")


# --- steps by hand -----------------------------------------------------------


def test_flows_are_summed_over_regions_and_trade_within_one_is_domestic():
    # Importer, exporter, value. Region AAA is states 1 and 2, BBB is 3, all else the rest. AAA buys
    # 5 + 7 from BBB and sells it 2; 100 within AAA and 50 within the rest do not count.
    rows = [(1, 3, 5.0), (2, 3, 7.0), (3, 1, 2.0), (1, 2, 100.0), (9, 3, 4.0), (9, 8, 50.0)]
    importer, exporter, musd = map(np.array, zip(*rows, strict=True))
    found = fitting.bilateral(Flows(importer, exporter, musd), {"AAA": [1, 2], "BBB": [3]})
    np.testing.assert_array_equal(found, [[0, 2, 0], [12, 0, 4], [0, 0, 0]])


def test_levels_are_given_each_way_or_split_as_they_were():
    # AAA and BBB are put at 30 and 7; BBB and the rest at 60, of which a third as in the seed (20
    # to 40) goes one way: 20 and 40; AAA and the rest at 32, as 10 to 6. Nothing else is fixed but
    # trade at home.
    grown = np.array([[0.0, 2.0, 10.0], [4.0, 0.0, 20.0], [6.0, 40.0, 0.0]])
    levels = [
        Level(pair=("AAA", "BBB"), first_to_second=30.0, second_to_first=7.0),
        Level(pair=("BBB", "ROW"), series="trade", year=2021),
    ]
    flows, fixed = fitting.set_levels(grown, ABC, levels, RECORDED)
    np.testing.assert_allclose(flows, [[0, 30, 10], [7, 0, 20], [6, 40, 0]], rtol=1e-12)
    np.testing.assert_array_equal(fixed, [[1, 1, 0], [1, 1, 1], [0, 1, 1]])
    flows, _ = fitting.set_levels(grown, ABC, [Level(pair=("AAA", "ROW"), total=32.0)], RECORDED)
    np.testing.assert_allclose(flows, [[0, 2, 20], [4, 0, 20], [12, 40, 0]], rtol=1e-12)


def test_other_trade_is_scaled_until_the_partners_share_is_as_stated():
    # With BBB, AAA trades 27 + 18 = 45, nine tenths of all, so 5 with others: a fifth of 20 + 5.
    flows = np.array([[0.0, 27.0, 20.0], [18.0, 0.0, 8.0], [5.0, 9.0, 0.0]])
    fixed = np.eye(3, dtype=bool)
    mirror = Mirror(country="AAA", partner="BBB", series="share", year=2012)
    fitting.scale_mirror(flows, fixed, ABC, mirror, RECORDED)
    np.testing.assert_allclose(flows, [[0, 27, 4], [18, 0, 8], [1, 9, 0]], rtol=1e-12)
    np.testing.assert_array_equal(fixed, [[1, 1, 1], [1, 1, 0], [1, 0, 1]])


def test_the_world_buys_what_it_sells():
    # AAA sells 40 and buys 20 (USD bn); what is not given stays as it has grown to.
    grown = 1.5 * np.array([[0.0, 1.0, 1.0], [2.0, 0.0, 2.0], [4.0, 4.0, 0.0]])
    exports, imports = fitting.totals(grown, ABC, {"AAA": total(exports=40.0, imports=20.0)})
    np.testing.assert_allclose(exports, [40_000, 6, 12], rtol=1e-12)
    assert imports.sum() == pytest.approx(exports.sum(), rel=1e-12)
    # Before that imports are 20 000, 1.5 × 5 and 1.5 × 3.
    np.testing.assert_allclose(imports / imports[0], [1, 7.5 / 20_000, 4.5 / 20_000], rtol=1e-12)


def test_gross_output_is_gdp_times_its_ratio_and_the_rest_has_what_is_left():
    # Typed 4 000 m, on record 7 000 m and 1 000 m; of a world of 20 000 m, 8 000 m are left.
    typed = {"AAA": Gdp(value=4000.0), "WORLD": Gdp(value=20_000.0)}
    found = fitting.gross_output(typed, 2.0, ("AAA", "BBB", "PRK", "ROW"), RECORDED)
    np.testing.assert_allclose(found, [8000, 14_000, 2000, 16_000], rtol=1e-12)


# --- steps by law ------------------------------------------------------------


def random_flows(seed: int, size: int = 5) -> np.ndarray:
    flows = np.random.default_rng(seed).lognormal(0, 1, (size, size))
    np.fill_diagonal(flows, 0)
    return flows


@given(st.integers(0, 2**32))
@settings(max_examples=20)
def test_flows_are_scaled_to_their_totals_and_what_is_fixed_stays(seed):
    # Totals that some flows with the same fixed ones meet, so that there is an answer.
    start, other = random_flows(seed), random_flows(seed + 1)
    fixed = np.eye(5, dtype=bool)
    fixed[0, 1] = fixed[1, 0] = True
    start[fixed] = other[fixed]
    totals = other.sum(axis=1), other.sum(axis=0)
    found = fitting.balanced(start, fixed, *totals)
    np.testing.assert_allclose(found.sum(axis=1), totals[0], rtol=1e-8)
    np.testing.assert_allclose(found.sum(axis=0), totals[1], rtol=1e-8)
    np.testing.assert_array_equal(found[fixed], other[fixed])
    # Rows and columns are scaled, so that how two origins compare in two places is as before.
    odds = [
        values[2, 3] * values[4, 0] / (values[2, 0] * values[4, 3]) for values in (start, found)
    ]
    assert odds[1] == pytest.approx(odds[0], rel=1e-9)


def test_totals_below_what_is_fixed():
    flows = np.array([[0.0, 10.0, 1.0], [1.0, 0.0, 1.0], [1.0, 1.0, 0.0]])
    fixed = np.eye(3, dtype=bool)
    fixed[0, 1] = True
    with pytest.raises(UsageError) as caught:
        fitting.balanced(flows, fixed, np.array([5.0, 9.0, 9.0]), np.array([11.0, 6.0, 6.0]))
    assert str(caught.value) == (
        "totals: found no flows that meet them, expected totals above what is fixed"
    )


@given(st.integers(0, 2**32))
@settings(max_examples=10)
def test_fuels_are_split_off_without_further_association(seed):
    random = np.random.default_rng(seed)
    countries = ("AAA", "BBB", "CCC", "ROW")
    flows = random_flows(seed, 4) * 1000
    share = random.uniform(0.05, 0.6, (4, 4))
    fuels = flows * share  # some split, so that its totals have an answer
    levels = [Level(pair=("AAA", "BBB"), first_fuels=fuels[0, 1], total=1.0)]
    found = fitting.fuels_within(flows, countries, levels, fuels.sum(axis=1), fuels.sum(axis=0))
    np.testing.assert_allclose(found.sum(axis=1), fuels.sum(axis=1), rtol=1e-7)
    np.testing.assert_allclose(found.sum(axis=0), fuels.sum(axis=0), rtol=1e-7)
    assert found[0, 1] == fuels[0, 1]
    assert (found >= 0).all()
    assert (found <= flows).all()
    # The odds of a dollar being fuels are a_i × b_j: a ratio of odds is one.
    abroad = flows > 0
    odds = np.where(abroad, found, 1) / np.where(abroad, flows - found, 1)
    ratio = odds[2, 0] * odds[3, 1] / (odds[2, 1] * odds[3, 0])
    assert ratio == pytest.approx(1, rel=1e-6)


def test_the_rest_of_the_world_sells_and_buys_the_fuels_that_others_leave():
    # Of 40 m between regions AAA sells 20 m and buys 10 m.
    given_totals = {"AAA": total(fuel_exports=0.02, fuel_imports=0.01)}
    sold, bought = fitting.fuel_totals(("AAA", "ROW"), given_totals, 40.0)
    assert (sold.tolist(), bought.tolist()) == ([20.0, 20.0], [10.0, 30.0])


def test_more_fuels_than_trade(monkeypatch):
    monkeypatch.setattr(fitting, "ROUNDS", 20)
    flows, fuels = np.array([[0.0, 10.0], [10.0, 0.0]]), np.array([20.0, 20.0])
    with pytest.raises(UsageError) as caught:
        fitting.fuels_within(flows, ("AAA", "ROW"), [], fuels, fuels)
    assert str(caught.value) == (
        "fuels: found no split that meets their totals, expected totals below all trade"
    )


# --- the specification -------------------------------------------------------

SPECIFICATION = (CASE / "trade_baseline.toml").read_text(encoding="utf-8")
LEVEL = 'pair = ["CHN", "JPN"]\nseries = "china_jpn_trade_annual"\nyear = 2021\n'
PLACE = "trade_baseline.toml: build.levels[2]"
HEAD = SPECIFICATION[: SPECIFICATION.index(LEVEL)].count("\n")  # the line of the level's head
AT_HEAD = f"trade_baseline.toml line {HEAD}: build.levels[2]"
EITHER = "expected a flow each way, or a total, or a series and its year"
REGIONS = "one of RUS, PRK, CHN, UKR, USA, EU, KOR, JPN, IRN, ALLIES, ROW"
WRONG = {
    "a level that is not said": (
        LEVEL,
        'pair = ["A", "B"]\n',
        f"{AT_HEAD}: found {{'pair': ['A', 'B']}}, {EITHER}",
    ),
    "a level said twice": (
        LEVEL,
        LEVEL + "total = 1\n",
        (
            f"{AT_HEAD}: found {{'pair': ['CHN', 'JPN'], 'series': "
            f"'china_jpn_trade_annua..., {EITHER}"
        ),
    ),
    "a flow one way": (
        LEVEL,
        'pair = ["A", "B"]\nfirst_to_second = 1\n',
        f"{AT_HEAD}: found {{'pair': ['A', 'B'], 'first_to_second': 1}}, {EITHER}",
    ),
    "a level below zero": (
        LEVEL,
        'pair = ["A", "B"]\ntotal = -1\n',
        (
            f"trade_baseline.toml line {HEAD + 2}: build.levels[2].total: found -1, expected a "
            f"number greater than or equal to 0"
        ),
    ),
    "a level of an unknown region": (
        LEVEL,
        LEVEL.replace("JPN", "JPM"),
        f"{PLACE}.pair: found 'JPM', expected {REGIONS}\n  hint: did you mean 'JPN'?",
    ),
    "a year that is not whole": (
        LEVEL,
        LEVEL.replace("2021", "2021.5"),
        f"{PLACE}.year: found 2021.5, expected a whole number",
    ),
    "a region without totals": (
        "PRK = { fuel_exports",
        "PRX = { fuel_exports",
        (
            f"trade_baseline.toml: build.totals.PRX: found 'PRX', expected {REGIONS}\n"
            "  hint: did you mean 'PRK'?"
        ),
    ),
    "a mirror of an unknown region": (
        'country = "PRK"',
        'country = "QQQ"',
        f"trade_baseline.toml: build.mirror.country: found 'QQQ', expected {REGIONS}",
    ),
    "a world without GDP": (
        "WORLD = {",
        "PLANET = {",
        (
            "trade_baseline.toml line 56: build.gdp.WORLD: found no such key, expected this key "
            "is required"
        ),
    ),
    "a key misspelt": (
        "fuels_of_spending",
        "fuel_of_spending",
        (
            "trade_baseline.toml: build.fuel_of_spending: found a key that is not known here,"
            " expected one of year, source, rest, growth, fuels_of_spending, fuels_between_regions,"
            " regions, gdp, totals, levels, mirror\n  hint: did you mean 'fuels_of_spending'?"
        ),
    ),
}


@pytest.mark.parametrize(("old", "new", "message"), WRONG.values(), ids=list(WRONG))
def test_specifications_that_are_wrong(tmp_path, old, new, message):
    assert SPECIFICATION.count(old) == 1
    changed = SPECIFICATION.replace(old, new)
    (tmp_path / "trade_baseline.toml").write_text(changed, encoding="utf-8")
    with pytest.raises(CaseError) as caught:
        read_spec(tmp_path)
    assert without_line_of_change(str(caught.value), SPECIFICATION, changed) == message


# --- files -------------------------------------------------------------------


def test_the_study_makes_the_shipped_flows(data, tmp_path, capsys):
    made = tmp_path / "trade_baseline.csv"
    assert main(["--data", str(data), "--out", str(made)]) == 0
    assert capsys.readouterr() == ("", "")
    assert made.read_text(encoding="utf-8") == TABLE.read_text(encoding="utf-8")


def put_trade(folder: Path) -> None:
    (folder / TRADE).parent.mkdir()
    rows = {"year": [2014], "ccode1": [2], "ccode2": [365], "flow1": [1.0]}
    pd.DataFrame(rows).to_parquet(folder / TRADE)


def put_facts(folder: Path) -> None:
    (folder / FACTS).parent.mkdir()
    (folder / FACTS).write_text("series,actor,date,value\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("put", "missing", "kind"), [(put_facts, TRADE, "Parquet"), (put_trade, FACTS, "CSV")]
)
def test_without_a_file_that_is_needed(put, missing, kind, tmp_path, capsys):
    put(tmp_path)
    assert main(["--data", str(tmp_path), "--out", str(tmp_path / "made.csv")]) == 2
    name, folder = Path(missing).name, (tmp_path / missing).parent
    assert capsys.readouterr() == (
        "",
        f"{name}: found no such file, expected a {kind} file in {folder}\n",
    )


def test_without_a_fact_that_is_needed(tmp_path, capsys):
    put_trade(tmp_path)
    put_facts(tmp_path)
    made = tmp_path / "made.csv"
    assert main(["--data", str(tmp_path), "--out", str(made)]) == 2
    assert capsys.readouterr().err == (
        "facts.csv: china_jpn_trade_annual, 2021: found 0 rows, expected one row\n"
    )
    assert not made.exists()
