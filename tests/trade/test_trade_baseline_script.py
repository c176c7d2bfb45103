"""The script that fits the world without sanctions: its steps by hand and by law, and its files."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings

from servanda.errors import UsageError

ROOT = Path(__file__).resolve().parents[2]
SCRIPT_FILE = ROOT / "scripts/trade_baseline.py"
TABLE = ROOT / "src/servanda/cases/russia-dprk/trade_baseline.csv"
TRADE = "trade/cow_trade_v4_directed_dyadyear.parquet"
FACTS = "facts/facts.csv"
SCRIPT = runpy.run_path(str(SCRIPT_FILE))
ABC = ("AAA", "BBB", "ROW")
NO_FACTS = pd.DataFrame({"series": [], "date": [], "actor": [], "value": []})
RECORDED = pd.DataFrame(
    {
        "series": ["trade", "share", "gdp_usd", "gdp_usd", "dprk_gdp_usd", "twice", "twice"],
        "date": ["2021", "2012", "2021", "2021", "2021", "2021", "2021"],
        "actor": ["AAA", "AAA", "AAA", "BBB", "PRK", "AAA", "AAA"],
        "value": [60e6, 0.9, 5e9, 7e9, 1e9, 1.0, 2.0],
    }
)


def ran(monkeypatch, *arguments: str | Path) -> int:
    monkeypatch.setattr(sys, "argv", [str(SCRIPT_FILE), *map(str, arguments)])
    return SCRIPT["main"]()


# --- steps by hand -----------------------------------------------------------


def test_flows_are_summed_over_regions_and_trade_within_one_is_domestic():
    # Importer, exporter, value. Region AAA is states 1 and 2, BBB is 3, all else the rest. AAA buys
    # 5 + 7 from BBB and sells it 2; 100 within AAA, another year and what is missing do not count.
    rows = [
        (2014, 1, 3, 5.0),
        (2014, 2, 3, 7.0),
        (2014, 3, 1, 2.0),
        (2014, 1, 2, 100.0),
        (2014, 9, 3, 4.0),
        (2014, 9, 8, 50.0),
        (2013, 1, 3, 999.0),
        (2014, 3, 2, -9.0),
        (2014, 3, 9, np.nan),
    ]
    trade = pd.DataFrame(rows, columns=["year", "ccode1", "ccode2", "flow1"])
    spec = {"year": 2014, "regions": {"AAA": [1, 2], "BBB": [3]}}
    found = SCRIPT["bilateral"](trade, spec, ABC)
    np.testing.assert_array_equal(found, [[0, 2, 0], [12, 0, 4], [0, 0, 0]])


def test_a_fact_is_the_one_value_of_a_year():
    assert SCRIPT["fact"](RECORDED, "gdp_usd", 2021, "BBB") == 7e9


@pytest.mark.parametrize(
    ("series", "year", "rows"), [("twice", 2021, 2), ("trade", 2020, 0), ("gdp_usd", 2021, 2)]
)
def test_a_fact_that_is_not_one(series, year, rows):
    with pytest.raises(UsageError) as caught:
        SCRIPT["fact"](RECORDED, series, year)
    assert str(caught.value) == (
        f"facts/facts.csv: {series}, {year}: found {rows} rows, expected one row"
    )


def test_levels_are_given_each_way_or_split_as_they_were():
    # Seeds double. AAA and BBB are put at 30 and 7; BBB and the rest at 60, of which a third as in
    # the seed (10 to 20) goes one way: 20 and 40. Nothing else is fixed but trade at home.
    seed = np.array([[0.0, 1.0, 5.0], [2.0, 0.0, 10.0], [3.0, 20.0, 0.0]])
    levels = [
        {"pair": ["AAA", "BBB"], "first_to_second": 30, "second_to_first": 7},
        {"pair": ["BBB", "ROW"], "series": "trade", "year": 2021},
    ]
    flows, fixed = SCRIPT["set_levels"](seed, ABC, {"growth": 2.0, "levels": levels}, RECORDED)
    np.testing.assert_allclose(flows, [[0, 30, 10], [7, 0, 20], [6, 40, 0]], rtol=1e-12)
    np.testing.assert_array_equal(fixed, [[1, 1, 0], [1, 1, 1], [0, 1, 1]])


def test_other_trade_is_scaled_until_the_partners_share_is_as_stated():
    # With BBB, AAA trades 27 + 18 = 45, nine tenths of all, so 5 with others: a fifth of 20 + 5.
    flows = np.array([[0.0, 27.0, 20.0], [18.0, 0.0, 8.0], [5.0, 9.0, 0.0]])
    fixed = np.eye(3, dtype=bool)
    spec = {"country": "AAA", "partner": "BBB", "series": "share", "year": 2012}
    SCRIPT["scale_mirror"](flows, fixed, ABC, spec, RECORDED)
    np.testing.assert_allclose(flows, [[0, 27, 4], [18, 0, 8], [1, 9, 0]], rtol=1e-12)
    np.testing.assert_array_equal(fixed, [[1, 1, 1], [1, 1, 0], [1, 0, 1]])


def test_the_world_buys_what_it_sells():
    # AAA sells 40 and buys 20 (USD bn); what is not given grows by a half from the seed.
    seed = np.array([[0.0, 1.0, 1.0], [2.0, 0.0, 2.0], [4.0, 4.0, 0.0]])
    spec = {"growth": 1.5, "totals": {"AAA": {"exports": 40, "imports": 20}}}
    exports, imports = SCRIPT["totals"](seed, ABC, spec)
    np.testing.assert_allclose(exports, [40_000, 6, 12], rtol=1e-12)
    assert imports.sum() == pytest.approx(exports.sum(), rel=1e-12)
    # Before that imports are 20 000, 1.5 × 5 and 1.5 × 3.
    np.testing.assert_allclose(imports / imports[0], [1, 7.5 / 20_000, 4.5 / 20_000], rtol=1e-12)


def test_gross_output_is_gdp_times_its_ratio_and_the_rest_has_what_is_left():
    # Typed 4 000 m, on record 7 000 m and 1 000 m; of a world of 20 000 m, 8 000 m are left.
    spec = {"gdp": {"AAA": {"value": 4000}, "WORLD": {"value": 20_000}}}
    found = SCRIPT["gross_output"](spec, 2.0, ("AAA", "BBB", "PRK", "ROW"), RECORDED)
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
    found = SCRIPT["balanced"](start, fixed, *totals)
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
        SCRIPT["balanced"](flows, fixed, np.array([5.0, 9.0, 9.0]), np.array([11.0, 6.0, 6.0]))
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
    spec = {
        "levels": [{"pair": ["AAA", "BBB"], "first_fuels": fuels[0, 1]}],
        "totals": {
            country: {
                "fuel_exports": fuels[i].sum() / 1000,
                "fuel_imports": fuels[:, i].sum() / 1000,
            }
            for i, country in enumerate(countries[:-1])
        },
        "fuels_between_regions": fuels.sum(),
    }
    found = SCRIPT["fuels_within"](flows, countries, spec)
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


def test_more_fuels_than_trade(monkeypatch):
    monkeypatch.setitem(SCRIPT["fuels_within"].__globals__, "ROUNDS", 20)
    flows = np.array([[0.0, 10.0], [10.0, 0.0]])
    spec = {
        "levels": [],
        "totals": {"AAA": {"fuel_exports": 0.02, "fuel_imports": 0.02}},
        "fuels_between_regions": 40.0,
    }
    with pytest.raises(UsageError) as caught:
        SCRIPT["fuels_within"](flows, ("AAA", "ROW"), spec)
    assert str(caught.value) == (
        "fuels: found no split that meets their totals, expected totals below all trade"
    )


# --- files -------------------------------------------------------------------


def test_the_script_makes_the_shipped_flows(data, tmp_path, monkeypatch, capsys):
    made = tmp_path / "trade_baseline.csv"
    assert ran(monkeypatch, "--data", data, "--out", made) == 0
    assert capsys.readouterr() == ("", "")
    assert made.read_text(encoding="utf-8") == TABLE.read_text(encoding="utf-8")


def put_trade(folder: Path) -> None:
    (folder / TRADE).parent.mkdir()
    rows = {"year": [2014], "ccode1": [2], "ccode2": [365], "flow1": [1.0]}
    pd.DataFrame(rows).to_parquet(folder / TRADE)


def put_facts(folder: Path) -> None:
    (folder / FACTS).parent.mkdir()
    NO_FACTS.to_csv(folder / FACTS, index=False)


@pytest.mark.parametrize(("put", "missing"), [(put_facts, TRADE), (put_trade, FACTS)])
def test_without_a_file_that_is_needed(put, missing, tmp_path, monkeypatch, capsys):
    put(tmp_path)
    assert ran(monkeypatch, "--data", tmp_path) == 2
    assert capsys.readouterr() == ("", f"--data: found no {missing} in it, expected the file\n")


def test_without_a_fact_that_is_needed(tmp_path, monkeypatch, capsys):
    put_trade(tmp_path)
    put_facts(tmp_path)
    made = tmp_path / "made.csv"
    assert ran(monkeypatch, "--data", tmp_path, "--out", made) == 2
    assert capsys.readouterr().err == (
        "facts/facts.csv: china_jpn_trade_annual, 2021: found 0 rows, expected one row\n"
    )
    assert not made.exists()
