"""The shipped case's world without sanctions: where it comes from, and what it adds up to."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from tests.trade.russia_dprk import BASELINE_FILE, ECONOMY

BUILD = BASELINE_FILE["build"]


# --- where it comes from -----------------------------------------------------


def sources_of_the_baseline() -> Iterator[str]:
    yield BASELINE_FILE["gross_output_source"]
    for entry in (*BASELINE_FILE["elasticities"].values(), *BUILD["totals"].values()):
        yield from entry["sources"]
    for entry in (BUILD, *BUILD["gdp"].values(), *BUILD["levels"]):
        if "source" in entry:
            yield entry["source"]


def test_every_source_of_the_baseline_is_listed_and_every_one_listed_is_used():
    assert set(sources_of_the_baseline()) == set(BASELINE_FILE["sources"])


def test_every_total_has_a_source_or_is_assumed():
    for country, entry in BUILD["totals"].items():
        assert entry["sources"] or entry["status"] == "assumed", country


def test_every_level_has_a_source_a_series_or_is_assumed():
    for level in BUILD["levels"]:
        says = level.get("source") or level.get("series") or "Assumed" in level["note"]
        assert says, level["pair"]


# --- what it adds up to ------------------------------------------------------


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
