"""Gravity over years: a published regression, an independent one, and laws."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from servanda.errors import UsageError
from servanda.trade.panel import PanelGravity, estimate_panel
from tests.trade.gravity_world import by_hand

COSTS = ("agreement", "tariff")
EFFECTS = ("exporter_year", "importer_year", "pair")


def world(seed: int = 1, n: int = 5, years: int = 3) -> pd.DataFrame:
    """Noisy gravity with agreements that come and go, and pairs with effects of their own."""
    rng = np.random.default_rng(seed)
    codes = [3 * letter for letter in "ABCDEFG"[:n]]
    rows = [(i, j, t) for t in range(years) for i in codes for j in codes if i != j]
    data = pd.DataFrame(rows, columns=["exporter", "importer", "year"])
    data["pair"] = data["exporter"] + data["importer"]
    sides = data[["exporter", "importer"]]
    data["whichever"] = sides.min(axis=1) + sides.max(axis=1)
    data["exporter_year"] = data["exporter"] + data["year"].astype(str)
    data["importer_year"] = data["importer"] + data["year"].astype(str)
    effects = [data[key].map(dict.fromkeys(data[key], 0.0)) for key in EFFECTS]
    for key, effect in zip(EFFECTS, effects, strict=True):
        drawn = {name: rng.normal() for name in data[key].unique()}
        effect[:] = data[key].map(drawn)
    data["agreement"] = rng.integers(0, 2, len(data)).astype(float)
    data["tariff"] = rng.uniform(0, 1, len(data))
    linear = sum(effects) + 0.5 * data["agreement"] - data["tariff"]
    data["trade"] = np.exp(linear + rng.normal(0, 0.3, len(data)))
    data.loc[rng.uniform(size=len(data)) < 0.05, "trade"] = 0.0
    return data


@pytest.fixture(scope="module")
def found() -> PanelGravity:
    return estimate_panel(world(), COSTS)


def test_a_regression_on_dummies_says_the_same(found):
    coefficients, covariance, fitted = by_hand(world(), "whichever", COSTS, EFFECTS)
    np.testing.assert_allclose(found.coefficients, coefficients, rtol=1e-6)
    np.testing.assert_allclose(found.covariance, covariance, rtol=1e-5, atol=1e-9)
    np.testing.assert_allclose(found.fitted, fitted, rtol=1e-5)
    assert found.standard_errors.tolist() == np.sqrt(np.diag(found.covariance)).tolist()
    assert (found.observations, found.left_out) == (60, 0)


def test_fitted_flows_add_up_within_every_effect(found):
    data = world().assign(fitted=found.fitted)
    for effect in EFFECTS:
        sums = data.groupby(effect)[["trade", "fitted"]].sum()
        np.testing.assert_allclose(sums["fitted"], sums["trade"], rtol=1e-7)


def test_neither_units_nor_the_order_of_rows_matter(found):
    data = world().sample(frac=1, random_state=1)
    other = estimate_panel(data.assign(trade=1e6 * data.trade, tariff=100 * data.tariff), COSTS)
    np.testing.assert_allclose(other.coefficients, found.coefficients / [1, 100], rtol=1e-6)
    np.testing.assert_allclose(other.fitted, 1e6 * found.fitted[data.index], rtol=1e-6)


def test_a_pair_that_never_trades_says_nothing():
    data = world()
    silent = data["pair"] == "AAABBB"
    data.loc[silent, "trade"] = 0.0
    with_it, without = (estimate_panel(d, COSTS) for d in (data, data[~silent]))
    np.testing.assert_allclose(with_it.coefficients, without.coefficients, rtol=1e-9)
    assert with_it.left_out == 3
    assert np.isnan(with_it.fitted).tolist() == silent.tolist()


def test_one_effect_for_both_directions():
    data = world(2)
    found = estimate_panel(data, COSTS, pair="whichever", cluster="pair")
    effects = (*EFFECTS[:2], "whichever")
    coefficients, covariance, _ = by_hand(data, "pair", COSTS, effects)
    np.testing.assert_allclose(found.coefficients, coefficients, rtol=1e-6)
    np.testing.assert_allclose(found.covariance, covariance, rtol=1e-5, atol=1e-9)


def test_the_agreements_of_the_advanced_guide(data: Path):
    """Chapter 1, application 3, step (c): 0.557, with a standard error of 0.102.

    Every fourth year, sales at home included, and one effect for both directions of a pair. The
    figures are as the R package `tradepolicy` prints its replication of the step: 0.5572 (0.1022).
    """
    panel = pd.read_parquet(data / "trade" / "agtpa_69country_1986_2006.parquet")
    panel = panel[panel["year"].isin(range(1986, 2007, 4))]
    sides = panel[["exporter", "importer"]]
    panel = panel.assign(whichever=sides.min(axis=1) + sides.max(axis=1))
    found = estimate_panel(panel, ("rta",), pair="whichever")
    assert found.coefficients[0] == pytest.approx(0.5572, abs=5e-5)
    assert found.standard_errors[0] == pytest.approx(0.1022, abs=5e-5)


def test_one_cluster_is_none():
    with pytest.raises(UsageError) as caught:
        estimate_panel(world().assign(world=1), COSTS, cluster="world")
    assert str(caught.value) == "cluster column 'world': found one cluster, expected at least two"


@pytest.mark.parametrize(
    ("data", "costs", "message"),
    [
        (world(), (), "cost variables: found none, expected at least one column"),
        (
            world().assign(distance=lambda d: d["pair"].map(hash) % 7),
            ("agreement", "distance"),
            (
                "cost variable 'distance': found a variable that the effects and the variables"
                " before it explain, expected a variable with variation of its own\n"
                "  hint: leave it out"
            ),
        ),
        (
            world().assign(again=lambda d: d["tariff"].astype("float32")),
            ("tariff", "again"),
            (
                "cost variable 'again': found a variable that the effects and the variables"
                " before it explain, expected a variable with variation of its own\n"
                "  hint: leave it out"
            ),
        ),
        (
            world().assign(trade=lambda d: d["trade"].where(d.index != 4, -1.0)),
            COSTS,
            "trade in row 5 of the table: found -1.0, expected zero or a positive number",
        ),
        (
            world().assign(tariff=lambda d: d["tariff"].where(d.index != 4)),
            COSTS,
            "tariff in row 5 of the table: found nan, expected a finite number",
        ),
        (
            pd.concat([world(), world().iloc[[7]]]),
            COSTS,
            (
                "flow from 'BBB' to 'EEE' in 0: found rows 8 and 61 of the table, expected one row"
                " for each pair and year\n"
                "  hint: keep one product, or sum over them"
            ),
        ),
        (
            world().replace({"importer": {"BBB": "bbb"}}),
            COSTS,
            (
                "importer in row 1 of the table: found 'bbb', expected one spelling of a country"
                " code, without blanks around it\n"
                "  hint: did you mean 'BBB'?"
            ),
        ),
        (
            world().assign(distance=lambda d: d["pair"].map(hash) % 7),
            ("distance",),
            (
                "cost variable 'distance': found a variable that the effects and the variables"
                " before it explain, expected a variable with variation of its own\n"
                "  hint: leave it out"
            ),
        ),
        (
            world().assign(again=lambda d: (1000 + d["tariff"]).astype("float32")),
            ("tariff", "again"),
            (
                "cost variable 'again': found a variable that the effects and the variables"
                " before it explain, expected a variable with variation of its own\n"
                "  hint: leave it out"
            ),
        ),
        (
            world().assign(year=lambda d: d["year"].where(d.index != 4)),
            COSTS,
            "year in row 5 of the table: found nothing, expected a name",
        ),
        (
            world(years=1),
            COSTS,
            "column 'year': found 0 alone, expected at least two years, or `estimate` for one",
        ),
        (
            world().assign(trade=0.0),
            COSTS,
            "flows: found none above zero, expected at least one in each set of effects",
        ),
    ],
)
def test_what_cannot_be_estimated_is_named(data, costs, message):
    with pytest.raises(UsageError) as caught:
        estimate_panel(data, costs)
    assert str(caught.value) == message
