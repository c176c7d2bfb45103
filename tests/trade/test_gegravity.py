"""Another program's answer: gegravity 0.3 on its own sample of 30 countries.

gegravity clears markets at the observed shares of output and spending, and moves both with prices
only afterwards: the closure "held-shares". Its sample gives output Y and expenditure E that differ
from the sums of its flows and, by 0.8 percent, from each other. It divides each by its own total,
so that its modelled trade adds up to E, and to Y times what E is of Y in all. That trade is the
economy here.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks import gegravity_model as oracle
from servanda.sources.gegravity import read_sample
from servanda.trade import Economy, counterfactual
from servanda.trade.flows import Equilibrium
from servanda.trade.gravity import Gravity, estimate
from servanda.trade.resistance import resistances


@pytest.fixture(scope="module")
def sample(data: Path) -> pd.DataFrame:
    return read_sample(data / "trade" / "gegravity_sample_30country_2006.csv")


@pytest.fixture(scope="module")
def estimated(sample: pd.DataFrame) -> Gravity:
    return estimate(sample, oracle.COSTS)


@pytest.fixture(scope="module")
def theirs(sample: pd.DataFrame, estimated: Gravity) -> oracle.Outcome:
    return oracle.simulate(sample, coefficients(estimated))


@pytest.fixture(scope="module")
def ours(theirs: oracle.Outcome) -> Equilibrium:
    economy = Economy(theirs.countries, theirs.flows)
    return counterfactual(economy, theirs.cost_change, oracle.SIGMA, "held-shares")


def coefficients(estimated: Gravity) -> dict[str, float]:
    return dict(zip(estimated.costs, estimated.coefficients.tolist(), strict=True))


def totals(sample: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Y and E as given, in alphabetical order."""
    output = sample.groupby("exporter")["Y"].first().sort_index()
    expenditure = sample.groupby("importer")["E"].first().sort_index()
    return output.to_numpy(dtype=float), expenditure.to_numpy(dtype=float)


def test_their_trade_costs_are_those_that_we_estimate(estimated, theirs):
    assert estimated.countries == theirs.countries
    np.testing.assert_allclose(theirs.ease, estimated.ease, rtol=1e-12)


def test_their_modelled_trade_adds_up_to_expenditure_and_to_output_in_its_total(sample, theirs):
    output, expenditure = totals(sample)
    assert output.sum() / expenditure.sum() == pytest.approx(1.0082, abs=1e-4)
    made = output * expenditure.sum() / output.sum()
    np.testing.assert_allclose(theirs.flows.sum(axis=0), expenditure, rtol=1e-10)
    np.testing.assert_allclose(theirs.flows.sum(axis=1), made, rtol=1e-10)


def test_multilateral_resistances_agree(sample, estimated, theirs):
    output, expenditure = totals(sample)
    found = resistances(
        estimated.countries,
        estimated.ease,
        output * expenditure.sum() / output.sum(),
        expenditure,
        oracle.SIGMA,
        oracle.REFERENCE,
    )
    np.testing.assert_allclose(found.inward, theirs.inward, rtol=1e-10)
    np.testing.assert_allclose(found.outward, theirs.outward, rtol=1e-10)


def test_the_signatories_trade_more_with_each_other_and_less_with_the_rest(theirs):
    change = theirs.flows_after / theirs.flows
    canada, japan = (theirs.countries.index(code) for code in oracle.PARTNERS)
    assert change[canada, japan] > 1.4
    assert change[japan, canada] > 1.4
    assert change.max() == max(change[canada, japan], change[japan, canada])


def test_every_pairs_trade_changes_alike(theirs, ours):
    # Their money is such that P is 1 in Germany; ours such that world output stays. One factor.
    level = ours.price_index[theirs.countries.index(oracle.REFERENCE)]
    change = ours.flows / level / theirs.flows - 1
    expected = theirs.flows_after / theirs.flows - 1
    assert np.abs(change - expected).max() <= 1e-6 * np.abs(expected).max()


def test_every_price_and_real_income_changes_alike(theirs, ours):
    level = ours.price_index[theirs.countries.index(oracle.REFERENCE)]
    for change, expected in (
        (ours.price / level - 1, theirs.price - 1),
        (ours.real_income - 1, theirs.real_gdp - 1),
    ):
        assert np.abs(change - expected).max() <= 1e-6 * np.abs(expected).max()


def test_held_shares_are_a_matter_of_resistances_alone(theirs, ours):
    # A third way, with no prices in it: p̂ Π̂ = 1 where output and spending are held.
    def solve(ease: np.ndarray):
        return resistances(
            theirs.countries,
            ease,
            theirs.flows.sum(axis=1),
            theirs.flows.sum(axis=0),
            oracle.SIGMA,
            oracle.REFERENCE,
        )

    before, after = solve(theirs.ease), solve(theirs.ease_after)
    price = before.outward / after.outward
    np.testing.assert_allclose(price, theirs.price, rtol=1e-9)
    real_income = price * before.inward / after.inward
    np.testing.assert_allclose(real_income, ours.real_income, rtol=1e-9)


def test_they_fail_unless_resistances_are_rescaled_by_hand_and_we_need_nothing(sample, estimated):
    with pytest.raises(ValueError, match="omr_rescale") as failure:
        oracle.simulate(sample, coefficients(estimated), omr_rescale=1)
    assert str(failure.value).startswith("IMR or OMR values problematic for ")
    assert str(failure.value).endswith("(e.g. negative), try a different omr_rescale factor.")
    # Sellers' Π^(1−σ) lie orders of magnitude from 1, where both start.
    found = estimated.resistances(oracle.SIGMA, oracle.REFERENCE)
    assert (found.outward ** (1 - oracle.SIGMA)).max() < 0.1
    units = estimated.ease * 1e-30  # nor does it matter which units ease is in
    output, expenditure = estimated.fitted.sum(axis=1), estimated.fitted.sum(axis=0)
    same = resistances(
        estimated.countries, units, output, expenditure, oracle.SIGMA, oracle.REFERENCE
    )
    np.testing.assert_allclose(same.inward, found.inward, rtol=1e-9)
