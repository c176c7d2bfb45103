"""Who sends what to whom, in goods worth four dollars a unit."""

from __future__ import annotations

import numpy as np

from servanda.analysis.network import Edge, between, edges
from tests.handmade import results

YEAR = slice(0, 12)


def test_what_ties_of_one_basis_bring_is_taken_together_by_the_month():
    """Shells and missiles are contracts of one pair: (50,000 + 10,000) · 4 USD a month."""
    arrived = {"SUP>BUY:shells": 50_000.0, "SUP>BUY:missiles": 10_000.0, "BUY>SUP:oil": 30_000.0}
    found = edges(results(arrived=arrived), YEAR)
    assert found == [
        Edge("SUP", "BUY", "contract", 240_000.0),
        Edge("BUY", "SUP", "payment", 120_000.0),
    ]
    assert between(found, "SUP", "BUY") == 240_000
    assert between(found, "BUY", "FOE") == 0


def test_only_the_months_asked_for_count():
    arrived = {"PAT>SUP:oil": np.where(np.arange(24) < 6, 100_000.0, 0.0)}
    made = results(arrived=arrived)
    assert edges(made, YEAR) == [Edge("PAT", "SUP", "aid", 200_000.0)]
    assert edges(made, slice(6, 12)) == []
    assert edges(made, slice(0, 6)) == [Edge("PAT", "SUP", "aid", 400_000.0)]


def test_what_is_worth_less_than_a_hundred_thousand_a_month_is_left_out():
    few = {"PAT>SUP:oil": 24_999.0, "PAT>BUY:inputs": 25_001.0}
    assert [e.giver + e.receiver for e in edges(results(arrived=few), YEAR)] == ["PATBUY"]


def test_it_is_the_median_run_that_counts_by_weight():
    arrived = {"PAT>SUP:oil": np.ones((24, 1)) * [0.0, 50_000.0, 900_000.0]}
    (plain,) = edges(results(runs=3, arrived=arrived), YEAR)
    assert plain.worth == 200_000
    assert edges(results(runs=3, weights=[8, 1, 1], arrived=arrived), YEAR) == []
