"""The shipped case: where its sanctions come from, and how they compare with what is on record."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Iterator
from itertools import pairwise, product
from pathlib import Path

import numpy as np
import pytest

from servanda.trade import (
    Effect,
    cost_changes,
    counterfactuals,
    effects,
    read_baseline,
    read_effects,
    read_regimes,
    write_effects,
)

CASE = Path(__file__).resolve().parents[2] / "src/servanda/cases/russia-dprk"
BASELINE = read_baseline(CASE)
ECONOMY = BASELINE.economy
REGIMES = read_regimes(CASE / "regimes.toml")
BY_NAME = {regime.name: regime for regime in REGIMES}
REGIMES_FILE, BASELINE_FILE, CASE_FILE = (
    tomllib.loads((CASE / name).read_text(encoding="utf-8"))
    for name in ("regimes.toml", "trade_baseline.toml", "case.toml")
)
BUILD = BASELINE_FILE["build"]
NAMES = ("none", "indifference", "selective", "enforcement")  # from mild to hard
YEARS = (2022, 2023, 2024)
WEST = ("USA", "EU", "KOR", "JPN")
CENTRE = (5.5, 0.0)
KNOTS = tuple(product((4.0, 5.5, 8.0), (-1.0, 0.0, 1.0)))
POINTS = 0.12  # how far a fall in the model may be from the one on record

Flows = dict[str, np.ndarray]


@pytest.fixture(scope="module")
def flows() -> Flows:
    """Flows of all goods by regime, all measures in force, everything at its central figure."""
    sigma = np.tile([range_[1] for range_ in BASELINE.elasticities], (len(REGIMES), 1))
    costs = [cost_changes(r, ECONOMY, sigma[:1], np.zeros(1))[0] for r in REGIMES]
    options = BASELINE.closure, BASELINE.factors
    after = counterfactuals(ECONOMY, np.stack(costs), sigma, *options).flows.sum(axis=1)
    return dict(zip(BY_NAME, after, strict=True))


@pytest.fixture(scope="module")
def table() -> dict[tuple[int, str, float, float, str], Effect]:
    return {
        (row.year, row.regime, row.elasticity, row.severity, row.actor): row
        for row in read_effects(CASE / "trade_effects.csv")
    }


def change(flows: Flows, regime: str, origin: str, destination: str) -> float:
    """What a regime does to one country's sales to another, as a share."""
    place = ECONOMY.countries.index(origin), ECONOMY.countries.index(destination)
    return float(flows[regime][place] / flows["none"][place] - 1)


def abroad(flows: Flows, regime: str, country: str) -> np.ndarray:
    """What a country sells to, and buys from, all others, USD m a year."""
    i = ECONOMY.countries.index(country)
    values = flows[regime]
    return np.array([values[i].sum(), values[:, i].sum()]) - values[i, i]


def evidence(row_id: str) -> float:
    with (CASE / "evidence.csv").open(newline="", encoding="utf-8") as file:
        return next(float(row["value"]) for row in csv.DictReader(file) if row["id"] == row_id)


# --- where it comes from -----------------------------------------------------


def test_every_source_of_the_regimes_is_listed_and_every_one_listed_is_used():
    used = {source for r in REGIMES for measure in r.measures for source in measure.sources}
    assert used == set(REGIMES_FILE["sources"])


def sources_of_the_baseline() -> Iterator[str]:
    yield BASELINE_FILE["gross_output_source"]
    for entry in (*BASELINE_FILE["elasticities"].values(), *BUILD["totals"].values()):
        yield from entry["sources"]
    for entry in (*BUILD["gdp"].values(), *BUILD["levels"]):
        if "source" in entry:
            yield entry["source"]


def test_every_source_of_the_baseline_is_listed_and_every_one_listed_is_used():
    assert set(sources_of_the_baseline()) == set(BASELINE_FILE["sources"])


@pytest.mark.parametrize("document", [REGIMES_FILE, BASELINE_FILE], ids=["regimes", "baseline"])
def test_sources_say_what_they_are(document):
    for name, source in document["sources"].items():
        assert set(source) == {"title", "publisher", "url"}, name
        assert all(source.values()), name


def test_what_two_files_call_the_same_source_is_the_same():
    both = REGIMES_FILE["sources"].keys() & BASELINE_FILE["sources"].keys()
    assert both
    for name in both:
        assert REGIMES_FILE["sources"][name]["url"] == BASELINE_FILE["sources"][name]["url"]


def test_every_total_has_a_source_or_is_assumed():
    for country, entry in BUILD["totals"].items():
        assert entry["sources"] or entry["status"] == "assumed", country


def test_every_level_has_a_source_a_series_or_is_assumed():
    for level in BUILD["levels"]:
        says = level.get("source") or level.get("series") or "Assumed" in level["note"]
        assert says, level["pair"]


def test_every_measure_says_how_its_figures_were_arrived_at():
    for regime in REGIMES:
        for measure in regime.measures:
            assert measure.note, regime.name


# --- since when, on whom -----------------------------------------------------


def test_regimes_stand_from_mild_to_hard():
    assert tuple(BY_NAME) == NAMES
    enforcement = [regime.enforcement for regime in REGIMES]
    assert enforcement == sorted(enforcement)


def test_only_none_has_no_measure():
    assert BY_NAME["none"].measures == ()
    for name in NAMES[1:]:
        assert set(BY_NAME[name].targets) == {"RUS", "PRK"}


def test_every_measure_was_in_force_when_the_case_was_closed():
    for regime in REGIMES:
        for measure in regime.measures:
            assert measure.start <= CASE_FILE["as_of"]


def test_measures_follow_the_invasion_and_the_resolutions():
    # The invasion began on 24 February 2022; resolutions 2371, 2375 and 2397 are of August,
    # September and December 2017.
    first = {"RUS": "2022-02", "PRK": "2017-08"}
    for regime in REGIMES:
        for measure in regime.measures:
            assert measure.start >= first[measure.target]


def test_russia_and_iran_do_not_sanction_north_korea_nor_china_russia():
    for regime in REGIMES:
        for measure in regime.measures:
            assert not {"RUS", "IRN"} & set(measure.senders)
            if measure.target == "RUS":
                assert not {"CHN", "ROW", "PRK"} & set(measure.senders)


def costs_by_regime(year: int | None) -> dict[str, np.ndarray]:
    sigma = np.array([[4.0, 4.0], [8.0, 5.5], [16.0, 8.0]]).repeat(3, axis=0)
    severity = np.tile([-1.0, 0.0, 1.0], 3)
    return {
        name: cost_changes(regime, ECONOMY, sigma, severity, year)
        for name, regime in BY_NAME.items()
    }


@pytest.mark.parametrize("year", [None, 2023, 2024])
def test_a_harder_regime_nowhere_costs_less(year):
    costs = costs_by_regime(year)
    for mild, hard in pairwise(NAMES):
        assert (costs[hard] >= costs[mild] * (1 - 1e-12)).all(), (mild, hard)


def test_in_2022_only_the_late_ban_on_fuels_is_milder_than_duties_would_have_been():
    # The EU's embargo on crude came in December 2022. Duties that stand in for bans under
    # `indifference` stand from March, so that at their high end they cost more in that year.
    costs = costs_by_regime(2022)
    assert (costs["enforcement"] >= costs["selective"] * (1 - 1e-12)).all()
    assert (costs["indifference"] >= costs["none"]).all()
    milder = np.argwhere(costs["selective"] < costs["indifference"] * (1 - 1e-12))[:, 1:]
    late = ("fuels", "RUS", "EU")
    for sector, i, j in milder:
        assert (ECONOMY.sectors[sector], ECONOMY.countries[i], ECONOMY.countries[j]) == late


# --- the world without sanctions ---------------------------------------------


FUELS, ALL = ("fuels",), ("fuels", "other")


def traded(sectors: tuple[str, ...], country: str) -> np.ndarray:
    """Exports and imports of a region in some sectors, USD bn a year."""
    i = ECONOMY.countries.index(country)
    values = sum(ECONOMY.flows[ECONOMY.sectors.index(sector)] for sector in sectors)
    return (np.array([values[i].sum(), values[:, i].sum()]) - values[i, i]) / 1000


@pytest.mark.parametrize("country", [c for c in BUILD["totals"] if c != "PRK"])
def test_exports_and_imports_add_up_to_those_on_record(country):
    # Imports are scaled together by a third of a percent, so that the world sells what it buys.
    total = BUILD["totals"][country]
    np.testing.assert_allclose(
        traded(ALL, country), (total["exports"], total["imports"]), rtol=0.01
    )


@pytest.mark.parametrize("country", list(BUILD["totals"]))
def test_fuels_sold_and_bought_add_up_to_those_on_record(country):
    total = BUILD["totals"][country]
    expected = total["fuel_exports"], total["fuel_imports"]
    np.testing.assert_allclose(traded(FUELS, country), expected, rtol=0.01)


def test_fuels_between_regions_are_those_of_the_world():
    world = sum(traded(FUELS, country)[0] for country in ECONOMY.countries)
    assert world * 1000 == pytest.approx(BUILD["fuels_between_regions"], rel=0.01)


@pytest.mark.parametrize("level", [x for x in BUILD["levels"] if "first_to_second" in x])
def test_flows_on_record_are_those_of_the_baseline(level):
    i, j = (ECONOMY.countries.index(country) for country in level["pair"])
    both = ECONOMY.flows.sum(axis=0)
    assert both[i, j] == pytest.approx(level["first_to_second"], rel=0.01)
    assert both[j, i] == pytest.approx(level["second_to_first"], rel=0.01)
    assert ECONOMY.flows[0, i, j] == pytest.approx(level["first_fuels"], rel=0.01)


@pytest.mark.parametrize("country", ["EU", "ALLIES", "IRN"])
def test_gross_output_is_twice_gdp(country):
    sold = ECONOMY.flows[:, ECONOMY.countries.index(country)].sum()
    gdp = BUILD["gdp"][country]["value"]
    assert sold * ECONOMY.value_added_share == pytest.approx(gdp, rel=0.01)


def test_north_korea_sells_three_billion_without_sanctions():
    # Of its trade of 2013, 7.3 bn by KOTRA's count (6.54 bn with China, 89.1 percent).
    exports, imports = traded(ALL, "PRK")
    assert exports == pytest.approx(3.1, rel=0.05)
    assert exports + imports == pytest.approx(6.54 / 0.891, rel=0.02)


# --- against the record: `selective` is the West of 2022 to 2024 --------------

RECORD = {
    "EU imports, 86 % less by late 2024 and over 75 % by early 2023 (Eurostat; Borrell)": (
        ("RUS", "EU"),
        -0.80,
    ),
    "US imports, 2021 to 2023 (Census Bureau)": (("RUS", "USA"), -0.85),
    "Japan's imports, up 8.8 % in 2022 and down 47 % in 2023 (embassy; Ministry of Finance)": (
        ("RUS", "JPN"),
        -0.43,
    ),
    "EU exports, at 37 % of their level before the war (ifo)": (("EU", "RUS"), -0.63),
    "US exports, 2021 to 2023 (Census Bureau)": (("USA", "RUS"), -0.91),
    "Japan's exports, on 2021 (Ministry of Finance)": (("JPN", "RUS"), -0.61),
}


@pytest.mark.parametrize(("pair", "recorded"), RECORD.values(), ids=list(RECORD))
def test_trade_with_russia_falls_as_on_record(flows, pair, recorded):
    assert change(flows, "selective", *pair) == pytest.approx(recorded, abs=POINTS)


def test_north_korean_exports_fall_by_less_than_is_recorded_since_not_all_is(flows):
    # 360 m in 2024 (Bank of Korea, F0419) against 3.1 bn are 88 percent less, of what customs see.
    exports, _ = abroad(flows, "selective", "PRK") / abroad(flows, "none", "PRK") - 1
    assert -0.88 < exports < -0.60


def test_north_korean_imports_fall_as_on_record(flows):
    # Bank of Korea, F0419: 2.7 bn of trade in 2024 less 360 m of exports, 2.34 bn of imports.
    before, after = abroad(flows, "none", "PRK")[1], abroad(flows, "selective", "PRK")[1]
    assert after / before - 1 == pytest.approx(2340 / before - 1, abs=POINTS)


def test_under_full_enforcement_north_korean_exports_fall_as_in_2018(flows):
    # KOTRA: down 37 percent in 2017 and 86 in 2018: 0.63 × 0.14 = 0.09 are left.
    exports, _ = abroad(flows, "enforcement", "PRK") / abroad(flows, "none", "PRK") - 1
    assert exports == pytest.approx(-0.91, abs=POINTS)


def test_russia_sells_china_what_the_west_no_longer_buys(flows):
    for mild, hard in pairwise(NAMES):
        assert change(flows, hard, "RUS", "CHN") > change(flows, mild, "RUS", "CHN")


@pytest.mark.parametrize("regime", NAMES[1:])
def test_the_harder_the_regime_the_less_its_targets_trade(flows, regime):
    milder = NAMES[NAMES.index(regime) - 1]
    for target in ("RUS", "PRK"):
        assert (abroad(flows, regime, target) < abroad(flows, milder, target)).all()


# --- against the literature: what targets lose --------------------------------


def loss(table, regime: str, actor: str, knot: tuple[float, float] = CENTRE) -> float:
    return -table[2024, regime, *knot, actor].real_income_change


def test_russia_loses_more_than_by_the_sanctions_of_2014_to_2019(table):
    # Flach et al. (2023): 0.3 percent of real income.
    for knot in KNOTS:
        for regime in ("selective", "enforcement"):
            assert loss(table, regime, "RUS", knot) > 0.003


def test_russia_loses_less_by_loopholes_than_by_full_decoupling(table):
    # Flach et al.: over 4 percent; "Trade decoupling from Russia": 4.8.
    assert loss(table, "selective", "RUS") < 0.04
    for knot in KNOTS:
        assert loss(table, "selective", "RUS", knot) < 0.048


def test_near_full_decoupling_costs_russia_what_the_literature_says_within_the_range(table):
    # Between 0.3 (2014 to 2019) and 14 percent (Mahlstein et al., with investors leaving); the two
    # studies of full decoupling, over 4 and 4.8 percent, lie inside the range over the knots.
    losses = [loss(table, "enforcement", "RUS", knot) for knot in KNOTS]
    assert 0.003 < min(losses) < 0.04
    assert 0.048 < max(losses) < 0.14


def test_senders_lose_less_than_their_targets(table):
    for knot, regime, sender in product(KNOTS, NAMES[1:], WEST):
        assert 0 < loss(table, regime, sender, knot) < loss(table, regime, "RUS", knot) / 4


def test_europe_pays_more_than_america_which_hardly_traded_with_russia(table):
    for knot, regime in product(KNOTS, NAMES[1:]):
        assert loss(table, regime, "EU", knot) > 5 * loss(table, regime, "USA", knot)


def test_bystanders_gain_and_little(table):
    for knot, regime, actor in product(KNOTS, NAMES[1:], ("CHN", "ROW")):
        assert -0.001 < loss(table, regime, actor, knot) < 0


# --- where the model falls short of the record --------------------------------


def test_shortfall_chinas_trade_with_russia_grew_far_more_than_the_model_says(flows):
    # Both ways, 147 bn in 2021 (F0065) and 240 bn in 2023 (F0067): up by about two thirds. In the
    # model Russia earns less and so buys less from anyone, China included; goods that take the
    # place of banned ones of the same kind, dearer oil and ways round the bans are not in it.
    recorded = evidence("F0067") / evidence("F0065") - 1
    assert recorded == pytest.approx(0.63, abs=0.005)
    i, j = (ECONOMY.countries.index(country) for country in ("CHN", "RUS"))
    before, after = (flows[name][i, j] + flows[name][j, i] for name in ("none", "selective"))
    assert 0 < after / before - 1 < recorded / 2
    assert change(flows, "selective", "CHN", "RUS") < 0


def test_shortfall_at_the_centre_decoupling_costs_russia_less_than_the_literature_says(table):
    # Flach et al.: over 4 percent. Two sectors leave out what is hard to replace within them.
    assert loss(table, "enforcement", "RUS") < 0.04


def test_shortfall_north_korea_went_on_buying_in_2018_from_reserves(flows):
    # KOTRA: imports of 2018 were down by 31 percent; in the model what is not earned is not spent.
    _, imports = abroad(flows, "enforcement", "PRK") / abroad(flows, "none", "PRK") - 1
    assert imports < -0.31 - POINTS


# --- the table that runs read ------------------------------------------------


def test_the_table_has_every_year_regime_knot_and_actor_once(table):
    expected = [
        (year, name, *knot, actor)
        for year, name, knot, actor in product(YEARS, NAMES, KNOTS, BASELINE.report)
    ]
    assert list(table) == expected
    assert len(read_effects(CASE / "trade_effects.csv")) == len(expected)


def test_without_sanctions_nothing_changes_and_only_targets_are_threatened(table):
    for (_, name, _, _, actor), row in table.items():
        if name == "none":
            changes = row.exports_lost_musd_month, row.imports_lost_musd_month
            assert (row.real_income_change, *changes) == (0.0, 0.0, 0.0)
        assert row.threat_left > 0 if actor in {"RUS", "PRK"} else row.threat_left == 0


def test_what_russia_sells_less_the_senders_buy_less(table):
    # All but what the allies buy less, who are not reported. They bought a seventh of it (41.6 of
    # 300 bn), but stopped before the EU did: in 2022 they may be a quarter, so 0.7 at the least.
    # North Korea's customers, China and the rest of the world, are no senders against Russia.
    for (year, name, *knot, actor), row in table.items():
        if actor == "RUS" and name != "none":
            bought = sum(
                table[year, name, *knot, sender].imports_lost_musd_month
                for sender in (*WEST, "UKR")
            )
            assert 0.7 * row.exports_lost_musd_month < bought < row.exports_lost_musd_month


def test_sanctions_on_russia_bite_more_from_year_to_year(table):
    for knot, name in product(KNOTS, NAMES[1:]):
        losses = [-table[year, name, *knot, "RUS"].real_income_change for year in YEARS]
        assert losses[0] < losses[1] <= losses[2]


def test_the_shipped_table_is_what_the_regimes_and_the_baseline_give(tmp_path, table):
    path = tmp_path / "trade_effects.csv"
    write_effects(effects(REGIMES, BASELINE, YEARS), path)
    # To one unit of the last digit written: where a number is rounded may differ by machine.
    for made, shipped in zip(read_effects(path), table.values(), strict=True):
        same = ("year", "regime", "elasticity", "severity", "actor")
        assert [getattr(made, k) for k in same] == [getattr(shipped, k) for k in same]
        for name, unit in (
            ("real_income_change", 1e-6),
            ("threat_left", 1e-6),
            ("exports_lost_musd_month", 1e-3),
            ("imports_lost_musd_month", 1e-3),
        ):
            expected = pytest.approx(getattr(shipped, name), rel=0, abs=1.01 * unit)
            assert getattr(made, name) == expected, shipped
