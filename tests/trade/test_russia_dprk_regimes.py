"""The shipped case's regimes: where they come from, since when and on whom, at what cost."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from servanda.trade import cost_changes
from tests.trade.russia_dprk import (
    BASELINE_FILE,
    BY_NAME,
    CASE_FILE,
    ECONOMY,
    MONTHS,
    NAMES,
    REGIMES,
    REGIMES_FILE,
)

# --- where they come from ----------------------------------------------------


def test_every_source_of_the_regimes_is_listed_and_every_one_listed_is_used():
    used = {source for r in REGIMES for measure in r.measures for source in measure.sources}
    assert used == set(REGIMES_FILE["sources"])


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


def test_months_in_which_something_changes():
    starts = {measure.start for regime in REGIMES for measure in regime.measures}
    begun = {s for s in starts if CASE_FILE["start"] < s <= CASE_FILE["as_of"]}
    assert [CASE_FILE["start"], *sorted(begun)] == list(MONTHS)


# --- at what cost ------------------------------------------------------------


def costs_by_regime(
    month: str | None, severities: tuple[float, ...] = (-1.0, 0.0, 1.0)
) -> dict[str, np.ndarray]:
    sigma = np.array([[4.0, 4.0], [8.0, 5.5], [16.0, 8.0]]).repeat(len(severities), axis=0)
    severity = np.tile(severities, 3)
    return {
        name: cost_changes(regime, ECONOMY, sigma, severity, month)
        for name, regime in BY_NAME.items()
    }


def milder(month: str | None, *names: str, severities=(-1.0, 0.0, 1.0)) -> set[tuple[str, ...]]:
    """Where the second regime costs less than the first: sector, origin and destination."""
    mild, hard = (costs_by_regime(month, severities)[name] for name in names)
    return {
        (ECONOMY.sectors[sector], ECONOMY.countries[i], ECONOMY.countries[j])
        for _, sector, i, j in np.argwhere(hard < mild * (1 - 1e-12))
    }


@pytest.mark.parametrize("month", [None, "2022-12", "2024-12"])
def test_a_harder_regime_nowhere_costs_less(month):
    for mild, hard in pairwise(NAMES):
        assert not milder(month, mild, hard), (mild, hard)


LATE = {  # what `selective` had not yet banned, where `indifference` has duties from March on
    "2022-01": set(),
    "2022-03": {
        *(("other", "RUS", sender) for sender in ("EU", "USA", "ALLIES", "JPN", "KOR")),
        *(("fuels", "RUS", sender) for sender in ("EU", "JPN", "KOR")),
    },
    "2022-04": {(sector, "RUS", s) for sector in ECONOMY.sectors for s in ("JPN", "KOR")}
    | {("fuels", "RUS", "EU")},
    "2022-05": {("fuels", "RUS", "EU")},
    "2022-09": set(),
}


@pytest.mark.parametrize("month", LATE)
def test_in_2022_only_what_was_not_yet_banned_is_milder_than_duties_would_have_been(month):
    # The EU's coal ban came in August, what Russia shut off from September, the embargo on crude in
    # December; other goods in steps that are put at April and, for Japan and Korea, May.
    assert milder(month, "indifference", "selective") == LATE[month]
    assert not milder(month, "selective", "enforcement")
    assert not milder(month, "none", "indifference")


def test_shortfall_beyond_their_ranges_regimes_may_cross():
    # One step further out than high, the cover of `selective` on fuels for North Korea is
    # 0.45 + 2 × 0.15 = 0.75, that of `enforcement` 0.5 + 2 × 0.1 = 0.7; at the other end bans on
    # North Korea and Russia have no tariff left, so that nothing is.
    senders = ("CHN", "EU", "USA", "ALLIES", "JPN", "KOR", "UKR", "ROW")
    crossed = milder(None, "selective", "enforcement", severities=(2.0,))
    assert {("fuels", sender, "PRK") for sender in senders} <= crossed
    assert crossed <= {("fuels", s, "PRK") for s in senders} | {("fuels", "RUS", "EU")}
