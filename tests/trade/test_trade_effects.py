"""The shipped table: what it holds, whether it is plausible, whether the script still makes it."""

from __future__ import annotations

import itertools
import runpy
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from servanda.trade import read_effects, read_regimes

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts" / "trade_effects.py"
CASE = ROOT / "src" / "servanda" / "cases" / "russia-dprk"
TABLE = CASE / "trade_effects.csv"
REGIMES = CASE / "regimes.toml"
ACTORS = ("RUS", "PRK", "CHN", "UKR", "USA", "EU", "KOR", "JPN", "IRN", "ROW")
NAMES = ("none", "indifference", "selective", "enforcement")
SIGMAS = (4.0, 6.0, 8.0)
WEST = ("USA", "EU", "KOR", "JPN")

EFFECTS = {(row.regime, row.elasticity, row.actor): row for row in read_effects(TABLE)}


def income(regime: str, sigma: float, actor: str) -> float:
    return EFFECTS[regime, sigma, actor].real_income_change


def test_every_regime_elasticity_and_actor_is_there_once():
    assert list(EFFECTS) == [(r, s, a) for r in NAMES for s in SIGMAS for a in ACTORS]
    assert len(read_effects(TABLE)) == len(EFFECTS)


def test_no_sanctions_do_nothing():
    for (regime, _, _), row in EFFECTS.items():
        if regime == "none":
            changes = (
                row.real_income_change,
                row.exports_lost_musd_month,
                row.imports_lost_musd_month,
            )
            assert changes == (0.0, 0.0, 0.0)


@pytest.mark.parametrize("sigma", SIGMAS)
@pytest.mark.parametrize("target", ["RUS", "PRK"])
def test_the_harder_the_regime_the_more_its_targets_lose(target, sigma):
    for milder, harder in itertools.pairwise(NAMES):
        mild, hard = EFFECTS[milder, sigma, target], EFFECTS[harder, sigma, target]
        assert hard.real_income_change < mild.real_income_change
        assert hard.exports_lost_musd_month > mild.exports_lost_musd_month
        assert hard.imports_lost_musd_month > mild.imports_lost_musd_month


@pytest.mark.parametrize("sigma", SIGMAS)
@pytest.mark.parametrize("regime", NAMES[1:])
def test_goods_that_are_harder_to_replace_cost_more(regime, sigma):
    if sigma > SIGMAS[0]:
        for target in ("RUS", "PRK"):
            assert income(regime, sigma, target) > income(regime, sigma - 2, target)


@pytest.mark.parametrize("sigma", SIGMAS)
def test_sizes_are_those_of_the_literature(sigma):
    # Flach et al. (2023): 0.3 percent for 2014-2019, over 4 for full decoupling; "Trade decoupling
    # from Russia": 4.8, and 3.8 as applied. Those have sectors, which add to losses.
    assert -0.007 < income("indifference", sigma, "RUS") < -0.002
    assert -0.04 < income("selective", sigma, "RUS") < -0.01
    assert -0.05 < income("enforcement", sigma, "RUS") < -0.014
    assert -0.05 < income("enforcement", sigma, "PRK") < -0.014
    for regime in NAMES[1:]:
        for sender in WEST:
            assert income(regime, sigma, "RUS") / 7 < income(regime, sigma, sender) <= 0
        assert abs(income(regime, sigma, "CHN")) < 0.0005
        assert 0 <= income(regime, sigma, "ROW") < 0.0005


def test_what_the_target_sells_less_the_senders_buy_less():
    # Of what Russia sells less, the reported senders buy all but the allies' part, which is not
    # reported. North Korea adds to what China and the rest of the world buy less, not to theirs.
    for regime in NAMES[1:]:
        for sigma in SIGMAS:
            sold = EFFECTS[regime, sigma, "RUS"].exports_lost_musd_month
            bought = sum(
                EFFECTS[regime, sigma, sender].imports_lost_musd_month for sender in (*WEST, "UKR")
            )
            assert 0.85 * sold < bought < sold


def test_regimes_are_those_of_the_table_and_every_source_is_used():
    document = tomllib.loads(REGIMES.read_text(encoding="utf-8"))
    regimes = read_regimes(REGIMES)
    assert tuple(regime.name for regime in regimes) == NAMES
    baseline = document["baseline"]
    used = {source for regime in regimes for m in regime.measures for source in m.sources}
    used |= {entry["source"] for entry in baseline["gdp"].values()}
    used |= {level["source"] for level in baseline["levels"] if "source" in level}
    used.add(baseline["gross_output_source"])
    assert used == set(document["sources"])
    for source in document["sources"].values():
        assert set(source) == {"title", "publisher", "url"}


def test_the_script_makes_the_shipped_table(data, tmp_path):
    made = tmp_path / "trade_effects.csv"
    command = [sys.executable, str(SCRIPT), "--data", str(data), "--out", str(made)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert made.read_text(encoding="utf-8") == TABLE.read_text(encoding="utf-8")


def test_the_ranges_hold_the_table(data):
    script = runpy.run_path(str(SCRIPT))
    low, high = (
        {(row.regime, row.elasticity, row.actor): row for row in script["table"](data, bound)}
        for bound in ("low", "high")
    )
    for regime in NAMES[1:]:
        for sigma in SIGMAS:
            key = (regime, sigma, "RUS")
            change = EFFECTS[key].real_income_change
            assert high[key].real_income_change < change < low[key].real_income_change


def test_the_script_without_its_data(tmp_path):
    command = [sys.executable, str(SCRIPT), "--data", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (
        2,
        "--data: found no trade/cow_trade_v4_directed_dyadyear.parquet in it, expected the file\n",
    )
