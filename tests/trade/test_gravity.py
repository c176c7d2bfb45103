"""Gravity by PPML: a published regression, an independent one, and laws of the estimator."""

from __future__ import annotations

from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pyfixest
import pytest
from hypothesis import given, settings

from servanda.errors import UsageError
from servanda.sources import agtpa
from servanda.trade.gravity import Gravity, estimate
from tests.trade.gravity_world import CODES, COSTS, abroad, by_hand, flow, world

# --- a published regression ------------------------------------------------------------

GUIDE_COSTS = ("ln_DIST", "CNTG", "INTL_BRDR")


@pytest.fixture(scope="module")
def guide(data: Path) -> pd.DataFrame:
    """Manufactures in 2006 among 69 countries, sales at home included."""
    return agtpa.read_border_input(data / "models" / agtpa.INPUT, GUIDE_COSTS, "DEU")


@pytest.fixture(scope="module")
def published(guide: pd.DataFrame) -> Gravity:
    return estimate(guide, GUIDE_COSTS)


def test_the_border_regression_of_the_advanced_guide(published):
    """To every digit that Stata's `ppml` prints when it runs the guide's do-file.

    Yotov et al. (2016), chapter 2, application 1, step I. Its standard errors are robust, without
    clusters. The book gives the coefficients as −0.791, 0.674 and −2.474.
    """
    printed = [-0.7912879, 0.6736456, -2.47445]
    np.testing.assert_allclose(published.coefficients, printed, rtol=0, atol=5e-7)
    errors = [0.0501494, 0.1073719, 0.1193816]
    np.testing.assert_allclose(published.standard_errors, errors, rtol=0, atol=5e-8)
    assert published.deviance == pytest.approx(4542202, abs=0.5)
    assert published.r_squared == pytest.approx(0.99450921, abs=5e-9)
    assert published.observations == 4761


def test_its_effects_are_those_of_the_advanced_guide(published):
    # There Germany's effect as an importer is zero. ARG, AUS and USA as the log prints them.
    germany = published.importer_effects[published.countries.index("DEU")]
    exporter = published.exporter_effects + germany
    importer = published.importer_effects - germany
    at = [published.countries.index(code) for code in ("ARG", "AUS", "USA")]
    np.testing.assert_allclose(exporter[at], [16.60491, 17.83091, 19.38116], atol=5e-6)
    np.testing.assert_allclose(importer[at], [-1.514718, 0.0643156, 1.891485], atol=5e-6)


def test_clustering_by_pair_widens_the_border_regressions_errors(guide, published):
    clustered = estimate(guide, GUIDE_COSTS, cluster="pair_id")
    assert clustered.coefficients.tolist() == published.coefficients.tolist()
    assert (clustered.standard_errors > published.standard_errors).all()
    fit = pyfixest.fepois(
        "trade ~ ln_DIST + CNTG + INTL_BRDR | exporter + importer",
        guide,
        vcov={"CRV1": "pair_id"},
        ssc=pyfixest.ssc(k_adj=False),
    )
    np.testing.assert_allclose(clustered.standard_errors, fit.se(), rtol=1e-5)
    # Left to itself it fits the same flows, as nearly as its stopping rule asks for.
    rows = guide.assign(fitted=fit.predict(type="response"))
    theirs = rows.pivot(index="exporter", columns="importer", values="fitted")
    np.testing.assert_allclose(theirs.to_numpy(), clustered.fitted, rtol=1e-3)


def test_what_it_fits_is_an_economy_of_the_same_totals(guide, published):
    economy = published.economy
    assert economy.countries == published.countries
    observed = guide.pivot(index="exporter", columns="importer", values="trade").to_numpy()
    np.testing.assert_allclose(economy.flows.sum(axis=1), observed.sum(axis=1), rtol=1e-11)
    np.testing.assert_allclose(economy.flows.sum(axis=0), observed.sum(axis=0), rtol=1e-11)


# --- an independent regression ------------------------------------------------------------


@pytest.mark.parametrize("cluster", [None, "pair"])
@pytest.mark.parametrize("seed", [1, 2, 3])  # each with a zero or more
def test_a_regression_on_dummies_says_the_same(seed, cluster):
    data = world(seed, 6)
    found = estimate(data, COSTS, cluster=cluster)
    coefficients, covariance, fitted = by_hand(data, cluster)
    np.testing.assert_allclose(found.coefficients, coefficients, rtol=1e-8)
    np.testing.assert_allclose(found.covariance, covariance, rtol=1e-5, atol=1e-9)
    np.testing.assert_allclose(found.standard_errors, np.sqrt(np.diag(covariance)), rtol=1e-6)
    np.testing.assert_allclose(found.fitted.ravel(), fitted, rtol=1e-7)


@pytest.mark.parametrize("left_out", [[], [1, 8]])
def test_without_sales_at_home_a_regression_on_dummies_says_the_same(left_out):
    data = abroad(world(2, 6)).drop(index=left_out)
    found = estimate(data, ("distance",), cluster="pair", absent="left-out")
    coefficients, covariance, fitted = by_hand(data, "pair", ("distance",))
    np.testing.assert_allclose(found.coefficients, coefficients, rtol=1e-8)
    np.testing.assert_allclose(found.covariance, covariance, rtol=1e-5)
    there = ~np.isnan(found.fitted)
    np.testing.assert_allclose(found.fitted[there], fitted, rtol=1e-7)
    assert np.isnan(found.ease).tolist() == np.isnan(found.fitted).tolist()
    assert found.observations == len(data) == there.sum()


def test_without_sales_at_home_there_is_no_economy():
    found = estimate(abroad(world(2, 6)), ("distance",))
    for what, ask in (
        ("the economy", lambda: found.economy),
        ("multilateral resistances", lambda: found.resistances(5.0, "AAA")),
    ):
        with pytest.raises(UsageError) as error:
            ask()
        assert str(error.value) == (
            f"{what} of gravity: found no flow from 'AAA' to 'AAA' in the estimation, expected"
            " every pair, sales at home included\n"
            "  hint: estimate with sales at home: gross output less exports"
        )


def test_flows_that_are_missing_are_zero_if_one_says_so():
    data = world(1, 5)
    zero = flow(data.copy(), "AAA", "BBB", 0.0)
    missing = flow(data.copy(), "AAA", "BBB", np.nan)
    found = estimate(missing, COSTS, absent="zero")
    assert found.coefficients.tolist() == estimate(zero, COSTS).coefficients.tolist()


# --- laws ------------------------------------------------------------

worlds = st.builds(world, st.integers(0, 2**32 - 1), st.integers(3, 6))
few = settings(max_examples=12)


@few
@given(worlds)
def test_fitted_flows_add_up_by_exporter_and_by_importer(data):
    found = estimate(data, COSTS)
    for axis, side in ((1, "exporter"), (0, "importer")):
        observed = data.groupby(side)["trade"].sum().to_numpy()
        np.testing.assert_allclose(found.fitted.sum(axis=axis), observed, rtol=1e-11)


@few
@given(worlds)
def test_costs_explain_the_fitted_flows_as_well_as_the_observed_ones(data):
    # The first-order condition of PPML.
    found = estimate(data, COSTS)
    observed = data["trade"].to_numpy().reshape(found.fitted.shape)
    for name in COSTS:
        cost = data[name].to_numpy().reshape(found.fitted.shape)
        explained = (cost * found.fitted).sum()
        assert explained == pytest.approx((cost * observed).sum(), rel=1e-8)


@few
@given(worlds)
def test_what_is_estimated_makes_the_fitted_flows(data):
    found = estimate(data, COSTS)
    costs = np.stack([data[name].to_numpy().reshape(found.ease.shape) for name in COSTS])
    ease = np.exp(np.tensordot(found.coefficients, costs, axes=1))
    np.testing.assert_allclose(found.ease, ease, rtol=1e-12)
    effects = np.exp(found.exporter_effects[:, None] + found.importer_effects)
    np.testing.assert_allclose(found.fitted, effects * ease, rtol=1e-10)
    assert found.importer_effects.mean() == pytest.approx(0, abs=1e-12)


@few
@given(worlds)
def test_flows_that_obey_gravity_are_fitted_exactly(data):
    first = estimate(data, COSTS)
    again = estimate(data.assign(trade=first.fitted.ravel()), COSTS)
    np.testing.assert_allclose(again.coefficients, first.coefficients, rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(again.fitted, first.fitted, rtol=1e-7)
    assert again.deviance == pytest.approx(0, abs=1e-12 * first.fitted.sum())
    assert again.r_squared == pytest.approx(1, rel=1e-12)


@few
@given(worlds, st.sampled_from([1e-6, 1e6]))
def test_the_unit_of_money_does_not_matter(data, unit):
    found = estimate(data, COSTS)
    other = estimate(data.assign(trade=unit * data["trade"]), COSTS)
    np.testing.assert_allclose(other.coefficients, found.coefficients, rtol=1e-8)
    np.testing.assert_allclose(other.standard_errors, found.standard_errors, rtol=1e-7)
    np.testing.assert_allclose(other.fitted, unit * found.fitted, rtol=1e-7)
    assert other.deviance == pytest.approx(unit * found.deviance, rel=1e-7)


@few
@given(worlds, st.sampled_from([1e-6, 1e6]))
def test_a_cost_in_another_unit_has_a_coefficient_in_that_unit(data, unit):
    found = estimate(data, COSTS)
    other = estimate(data.assign(distance=unit * data["distance"]), COSTS)
    expected = found.coefficients / np.array([unit, 1])
    np.testing.assert_allclose(other.coefficients, expected, rtol=1e-8)
    errors = found.standard_errors / np.array([unit, 1])
    np.testing.assert_allclose(other.standard_errors, errors, rtol=1e-7)
    np.testing.assert_allclose(other.fitted, found.fitted, rtol=1e-7)


@few
@given(worlds)
def test_what_all_of_an_exporters_sales_bear_is_its_effect(data):
    # Farther by two from everyone: the same coefficients and flows, and two coefficients more.
    found = estimate(data, COSTS)
    farther = data["distance"] + 2 * (data["exporter"] == "BBB")
    other = estimate(data.assign(distance=farther), COSTS)
    np.testing.assert_allclose(other.coefficients, found.coefficients, rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(other.fitted, found.fitted, rtol=1e-7)
    gained = other.exporter_effects - found.exporter_effects
    expected = np.where(np.array(found.countries) == "BBB", -2 * found.coefficients[0], 0)
    np.testing.assert_allclose(gained, expected, rtol=1e-6, atol=1e-7)


@few
@given(worlds, st.randoms(use_true_random=False))
def test_neither_the_order_of_rows_nor_the_codes_matter(data, random):
    found = estimate(data, COSTS)
    order = list(range(len(data)))
    random.shuffle(order)
    codes = dict(zip(CODES, random.sample(CODES, len(CODES)), strict=True))
    other = estimate(
        data.iloc[order].replace({"exporter": codes, "importer": codes}), COSTS, cluster=None
    )
    np.testing.assert_allclose(other.coefficients, found.coefficients, rtol=1e-8)
    np.testing.assert_allclose(other.standard_errors, found.standard_errors, rtol=1e-7)
    at = [other.countries.index(codes[country]) for country in found.countries]
    np.testing.assert_allclose(other.fitted[np.ix_(at, at)], found.fitted, rtol=1e-7)


def test_columns_may_have_any_names():
    data = world(1, 5)
    names = {"trade": "flow in $", "exporter": "from", "importer": "to", "distance": "log(km) + 1"}
    found = estimate(
        data.rename(columns=names),
        ("log(km) + 1", "border"),
        flow="flow in $",
        exporter="from",
        importer="to",
    )
    assert found.costs == ("log(km) + 1", "border")
    assert found.coefficients.tolist() == estimate(data, COSTS).coefficients.tolist()


def test_a_dict_of_arrays_will_do():
    data = world(1, 5)
    columns = {name: values.to_numpy() for name, values in data.items()}
    found = estimate(columns, COSTS, cluster="pair")
    expected = estimate(data, COSTS, cluster="pair")
    assert found.standard_errors.tolist() == expected.standard_errors.tolist()


def test_flows_that_are_all_the_same_have_no_correlation():
    data = world(1, 4).assign(trade=5.0)
    found = estimate(data, COSTS)
    np.testing.assert_allclose(found.coefficients, 0, atol=1e-9)
    np.testing.assert_allclose(found.fitted, 5, rtol=1e-9)
    assert found.deviance == pytest.approx(0, abs=1e-9)
