"""The shipped case's sanctions beside the record and the literature, and where they fall short."""

from __future__ import annotations

import csv
from dataclasses import replace
from itertools import pairwise, product

import numpy as np
import pytest

from servanda.trade import Economy, trade_costs
from servanda.trade.leverage import solve
from tests.trade.russia_dprk import (
    BASELINE,
    BY_NAME,
    CASE,
    ECONOMY,
    NAMES,
    PLACES,
    REGIMES,
    WEST,
    Losses,
)

CENTRE = (0.0, 0.0)
POINTS = 0.12  # how far a fall in the model may be from the one on record

Flows = dict[str, np.ndarray]


@pytest.fixture(scope="module")
def flows() -> Flows:
    """Flows of all goods by regime, all measures in force, everything at its central figure."""
    sigma = np.tile([range_[1] for range_ in BASELINE.elasticities], (len(REGIMES), 1))
    given = [trade_costs(r, ECONOMY, sigma[:1], np.zeros(1)) for r in REGIMES]
    income_and_flows = [solve(BASELINE, costs, sigma[:1]) for costs in given]
    after = [of_sectors[0].sum(axis=0) for _, of_sectors in income_and_flows]
    return dict(zip(BY_NAME, after, strict=True))


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


# --- against the record: `selective` is the West of 2022 to 2024 -------------

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


CHINA_BOUGHT, CHINA_SOLD = 23.94, 165.63  # USD m, May 2023, by China's customs (F0018, F0055)


def test_what_china_recorded_of_trade_with_north_korea_adds_up():
    assert evidence("F0018") == pytest.approx((CHINA_BOUGHT + CHINA_SOLD) * 1e6)


def test_north_korean_exports_fall_by_less_than_is_recorded_since_not_all_is(flows):
    # A rate of 287 m a year against 2.8 bn without sanctions: 90 percent less of what customs see.
    i, j = (ECONOMY.countries.index(country) for country in ("PRK", "CHN"))
    recorded = 12 * CHINA_BOUGHT / flows["none"][i, j] - 1
    assert recorded == pytest.approx(-0.90, abs=0.005)
    assert recorded < change(flows, "selective", "PRK", "CHN") < -0.60
    exports, _ = abroad(flows, "selective", "PRK") / abroad(flows, "none", "PRK") - 1
    assert recorded < exports < -0.60


def test_russia_sells_china_what_the_west_no_longer_buys(flows):
    for mild, hard in pairwise(NAMES):
        assert change(flows, hard, "RUS", "CHN") > change(flows, mild, "RUS", "CHN")


@pytest.mark.parametrize("regime", NAMES[1:])
def test_the_harder_the_regime_the_less_its_targets_trade(flows, regime):
    milder = NAMES[NAMES.index(regime) - 1]
    for target in ("RUS", "PRK"):
        assert (abroad(flows, regime, target) < abroad(flows, milder, target)).all()


# --- against the literature: what targets lose -------------------------------
# Flach et al. (2023): 0.3 percent of real income by the sanctions of 2014 to 2019, over 4 percent
# by full decoupling. "Trade decoupling from Russia": 4.8 percent where non-tariff barriers double;
# the measures applied are about four fifths of it, 3.8. Mahlstein et al.: 14 percent of output or
# more, with investors leaving.
SINCE_2014, FLACH, DECOUPLING, MAHLSTEIN = 0.003, 0.04, 0.048, 0.14
APPLIED = 0.8 * DECOUPLING


def of_russia(losses: Losses, regime: str) -> list[float]:
    return [losses[regime, "RUS", place] for place in PLACES]


def test_russia_loses_more_than_by_the_sanctions_of_2014_to_2019(losses):
    for regime in ("selective", "enforcement"):
        assert min(of_russia(losses, regime)) > SINCE_2014


def test_russia_loses_less_by_loopholes_than_by_full_decoupling(losses):
    assert losses["selective", "RUS", CENTRE] < FLACH
    assert max(of_russia(losses, "selective")) < DECOUPLING


def test_what_the_measures_applied_cost_lies_inside_the_range_of_selective(losses):
    # Whether those measures are what `selective` has, its abstract does not say.
    found = of_russia(losses, "selective")
    assert min(found) < APPLIED < max(found)


def test_near_full_decoupling_costs_russia_what_the_literature_says_within_the_range(losses):
    found = of_russia(losses, "enforcement")
    assert SINCE_2014 < min(found) < FLACH
    assert DECOUPLING < max(found) < MAHLSTEIN


def test_senders_lose_less_than_their_targets(losses):
    for place, regime, sender in product(PLACES, NAMES[1:], WEST):
        assert losses[regime, sender, place] < losses[regime, "RUS", place] / 4
        if regime != "indifference":
            assert losses[regime, sender, place] > 0


def test_senders_that_keep_the_duties_pay_next_to_nothing(losses):
    # `indifference` has duties in place of bans. At the centre Europe loses a tenth of what
    # `selective` takes of it; America may gain a little.
    europe = (losses[regime, "EU", CENTRE] for regime in ("indifference", "selective"))
    assert next(europe) < next(europe) / 10
    for place in PLACES:
        assert abs(losses["indifference", "USA", place]) < 1e-4


def test_europe_pays_more_than_america_which_hardly_traded_with_russia(losses):
    for place, regime in product(PLACES, NAMES[2:]):
        assert losses[regime, "EU", place] > 5 * losses[regime, "USA", place]


def test_bystanders_gain_and_little(losses):
    # Next to nothing by `indifference`, where China may even lose some millionths.
    for place, regime, actor in product(PLACES, NAMES[1:], ("CHN", "ROW")):
        assert -0.001 < losses[regime, actor, place] < 1e-5
    for place, actor in product(PLACES, ("CHN", "ROW")):
        assert losses["selective", actor, place] < 0


# --- what is assumed, and how much hangs on it -------------------------------


def russian_loss(regime: str, economy: Economy = ECONOMY, factors: str = "fixed") -> float:
    """At central elasticities and severity, in a world that differs in one thing."""
    other = replace(BASELINE, economy=economy, factors=factors)
    sigma = np.array([[range_[1] for range_ in BASELINE.elasticities]])
    costs = trade_costs(BY_NAME[regime], economy, sigma, np.zeros(1))
    income, _ = solve(other, costs, sigma)
    return float(1 - income[0, economy.countries.index("RUS")])


@pytest.mark.parametrize("regime", NAMES[1:])
def test_russias_loss_hangs_little_on_how_sectors_replace_each_other(regime):
    # η is put at 0.5, within 0.1 to 0.5 or less for energy in the first years (Bachmann et al.).
    assert ECONOMY.sector_elasticity == 0.5
    worlds = [replace(ECONOMY, sector_elasticity=eta) for eta in (0.2, 0.5, 1.0, 1.5)]
    found = [russian_loss(regime, economy) for economy in worlds]
    assert max(found) - min(found) < found[1] / 10


@pytest.mark.parametrize("regime", NAMES[1:])
def test_russias_loss_hangs_little_on_how_much_is_made_for_each_dollar_of_gdp(regime):
    # Gross output is put at twice GDP; 1.8 to 2.4 in developed economies. The more is made of
    # goods, the more often a cost is passed on, but the less of them comes from abroad. In one
    # sector that cancels; with fixed factors, who sells more fuels at home loses a little less.
    found = [russian_loss(regime, ECONOMY.at_gross_output(ratio)) for ratio in (1.8, 2.0, 2.4)]
    assert found[1] == pytest.approx(russian_loss(regime), rel=1e-9)
    assert max(found) - min(found) < found[1] / 10


@pytest.mark.parametrize("regime", NAMES[1:])
def test_russia_would_lose_less_if_wells_turned_into_workshops(regime):
    assert BASELINE.factors == "fixed"
    assert 0 < russian_loss(regime, factors="mobile") < russian_loss(regime)


# --- where the model falls short of the record -------------------------------


def test_shortfall_chinas_trade_with_russia_grew_far_more_than_the_model_says(flows):
    # Both ways, 147 bn in 2021 (F0065) and 240 bn in 2023 (F0067): up by about two thirds. In the
    # model Russia earns less and so buys less; goods that take the place of banned ones of the same
    # kind, dearer oil and ways round the bans are not in it.
    recorded = evidence("F0067") / evidence("F0065") - 1
    assert recorded == pytest.approx(0.63, abs=0.005)
    i, j = (ECONOMY.countries.index(country) for country in ("CHN", "RUS"))
    before, after = (flows[name][i, j] + flows[name][j, i] for name in ("none", "selective"))
    assert 0 < after / before - 1 < recorded / 2
    assert 0 < change(flows, "selective", "CHN", "RUS") < 0.1


def test_shortfall_north_korea_went_on_importing_though_it_could_hardly_sell(flows):
    # Imports from China: a rate of 2.0 bn a year in May 2023, against 3.8 bn without sanctions. It
    # paid from reserves, or with what no customs office records; in the model imports stay the same
    # multiple of exports. KOTRA: exports down 37 percent in 2017 and 86 in 2018, so that
    # 0.63 × 0.14 = 0.09 of them were left. In the model more is left.
    i, j = (ECONOMY.countries.index(country) for country in ("CHN", "PRK"))
    recorded = 12 * CHINA_SOLD / flows["none"][i, j] - 1
    assert recorded == pytest.approx(-0.47, abs=0.005)
    assert change(flows, "selective", "CHN", "PRK") == pytest.approx(-0.64, abs=0.01)
    exports, imports = abroad(flows, "enforcement", "PRK") / abroad(flows, "none", "PRK") - 1
    assert exports == pytest.approx(-0.75, abs=0.01)
    assert imports == pytest.approx(exports, abs=0.01)


# Federal Customs Service, published in February 2024, bn USD in 2023 and in the baseline.
CUSTOMS = {"exports": (425, 492), "imports": (285, 301)}


@pytest.mark.parametrize(
    ("side", "share", "model"), [("exports", -0.14, -0.25), ("imports", -0.05, -0.25)]
)
def test_shortfall_russias_trade_with_everyone_fell_far_less_than_the_model_says(
    flows, side, share, model
):
    # In dollars of their day, while the model has prices of its own; goods that come by way of
    # third countries are imports in the record, and in the model only what those would sell at the
    # old costs.
    i, (recorded, before) = ("exports", "imports").index(side), CUSTOMS[side]
    there = abroad(flows, "none", "RUS")[i]
    assert there / 1000 == pytest.approx(before, rel=0.005)
    assert recorded / before - 1 == pytest.approx(share, abs=0.005)
    assert abroad(flows, "selective", "RUS")[i] / there - 1 < model < share


def test_the_closure_was_chosen_so_that_russias_surplus_shrinks_as_by_2023(flows):
    # Not evidence for it: chosen knowing the 140 bn of 2023, and in 2022 it had been 337.
    before, after = (
        np.subtract(*abroad(flows, name, "RUS")) / 1000 for name in ("none", "selective")
    )
    recorded = CUSTOMS["exports"][0] - CUSTOMS["imports"][0]
    assert after == pytest.approx(recorded, rel=0.1)
    assert before == pytest.approx(191, abs=1)


def test_shortfall_at_the_centre_decoupling_costs_russia_less_than_the_literature_says(losses):
    # Two sectors leave out what is hard to replace within them.
    assert losses["enforcement", "RUS", CENTRE] < FLACH


def test_shortfall_measures_applied_cost_what_the_literature_says_at_low_elasticities_only(losses):
    for sigma, severity in PLACES:
        if sigma >= 0:
            assert losses["selective", "RUS", (sigma, severity)] < APPLIED


def test_shortfall_nowhere_does_russia_lose_what_it_would_with_investors_leaving(effects_table):
    # Mahlstein et al.: 14 percent or more. Capital is not in the model.
    assert max(-row.real_income_change for row in effects_table.values()) < MAHLSTEIN


def test_shortfall_north_korea_went_on_buying_in_2018_from_reserves(flows):
    # KOTRA: imports of 2018 were down by 31 percent; in the model what is not earned is not spent.
    _, imports = abroad(flows, "enforcement", "PRK") / abroad(flows, "none", "PRK") - 1
    assert imports < -0.31 - POINTS
