"""Sentences and titles say what the numbers are."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from altair.utils.schemapi import debug_mode

from servanda.analysis.accounts import Account, accounts
from servanda.analysis.fate import Fate, fates
from servanda.analysis.frontier import frontiers
from servanda.analysis.hindcast import coverages
from servanda.analysis.hinges import hinges
from servanda.analysis.observed import observed
from servanda.report import (
    classes,
    entries,
    fans,
    findings,
    frontier,
    influence,
    ledger,
    network,
    survival,
    theme,
    words,
)
from servanda.report import hinges as shown_hinges
from servanda.report.figure import check, spec_of


@pytest.fixture
def as_drawn():
    """Charts are made as the page makes them, and not checked part by part."""
    with debug_mode(False):
        yield


@pytest.fixture(scope="module")
def fate(results) -> Fate:
    (one,) = fates(results)
    return one


@pytest.fixture(scope="module")
def account(results) -> Account:
    (one,) = accounts(results)
    return one


def flat(text: str) -> str:
    return text.replace(words.THIN, " ")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0.0, "0"),
        (0.004, "0.004"),
        (0.57, "0.57"),
        (3.04, "3"),
        (26_400, "26,000"),
        (999_999, "1 m"),
        (4.43e6, "4.4 m"),
        (3.7e9, "3.7 bn"),
        (-50.0, "-50"),
    ],
)
def test_numbers_have_two_or_three_figures(value, said):
    assert flat(words.number(value)) == said


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0.0, "0 %"),
        (-1e-9, "0 %"),
        (0.001, "under 1 %"),
        (0.444, "44 %"),
        (0.999, "over 99 %"),
        (1.0, "100 %"),
    ],
)
def test_percentages_never_round_to_certainty(share, said):
    assert flat(words.percent(share)) == said


def test_parts_of_a_whole_add_up():
    assert words.rounded([0.215, 0.2305, 0.5545]) == [22, 23, 55]
    assert sum(words.rounded([1 / 3, 1 / 3, 1 / 3])) == 100


def test_quantities_carry_their_unit():
    assert flat(words.quantity(3.7e9, "USD")) == "USD 3.7 bn"
    assert flat(words.quantity(12, "MUSD/month")) == "USD 12 m a month"
    assert words.quantity(1, "round/day") == "1 round a day"
    assert words.quantity(2, "person") == "2 people"
    assert words.unit("launch/month") == "launches a month"


def test_members_are_named_in_words(model):
    def said(axis: str, label: str) -> str:
        return words.member(model.case.spec, model.axes.members[axis][model.axes.at(axis, label)])

    assert said("tie", "SUP>BUY:shells") == "shells, Sup to Buy"
    assert said("partner", "BUY-SUP/SUP") == "Sup"
    assert said("partnership", "BUY-SUP") == "Buy–Sup"
    assert said("patronage", "PAT-SUP") == "Pat–Sup"
    assert said("account", "SUP.oil") == "Sup, oil"
    assert said("stance", "PAT.strict") == "Pat, strict"
    assert said("actor", "SUP") == "Sup"
    assert said("route", "round-about") == "round about"


def test_the_title_says_when_half_have_no_pact(fate):
    assert survival.survival_title(fate) == "By June 2021 the pact is over in half of all runs"


def test_a_title_and_the_answer_round_the_same_shares_alike(results, fate):
    # Rounded one by one they would be 36, 26 and 39, which is 101.
    shares = {"in use": 0.3552, "dormant": 0.2561, "over": 0.3887}
    one = Fate(results, fate.partnership)
    vars(one)["states"] = {state: np.full(results.months, share) for state, share in shares.items()}
    assert flat(survival.survival_title(one)) == (
        "In December 2021 the pact is in force in most runs, but in use in only 35 %; "
        "in 26 % it is dormant"
    )
    said = "in use in 35 % and dormant in 26 %. It is over in 39 %."
    assert said in flat(findings.survival(one))


def test_the_answer_has_five_sentences_from_the_numbers(results, fate, account):
    found = hinges(results, fate.alive.astype(float), "alive")
    answer = findings.answer(fate, account, found)
    assert {state: (share, flat(said)) for state, (share, said) in answer.shares.items()} == {
        "in use": (0.4, "40 %"),
        "dormant": (0.1, "10 %"),
        "over": (0.5, "50 %"),
    }
    state, past_alliances, gained, paid, hinging = map(flat, answer.sentences)
    assert "in 50 % of 200 runs: in use in 40 % and dormant in 10 %" in state
    assert "The most frequent way of ending is renegotiation (50 % of runs)" in state
    assert "does not depend, beyond chance, on the reference class" in past_alliances
    assert gained.startswith(
        "The payments made by December 2020 exceed the cost of deliveries to Sup in 100 % of runs. "
        "If all orders are delivered and paid for, and goods count at each partner's own value, "
        "both partners gain from the orders up to then in 100 % of runs"
    )
    assert (
        "10 % was paid in goods that observers can count, 40 % was hidden payment, and 50 % was "
        "not yet paid" in paid
    )
    assert "25 % of the sanctioned trade of Buy" in paid
    assert (
        "in 0 % of runs in its lowest third and in 100 % in its highest third "
        "(a difference of +100.0 ± 0.0 points)" in hinging
    )


def test_what_rounding_leaves_of_no_deliveries_is_nothing(results):
    flows = ("arrived", "lent", "obligation", "delivery_cost", "paid", "paid_in_sight", "arrears")
    dust = {name: values * np.float32(1e-15) for name, values in results.arrays.items()}
    arrays = {name: dust[name] if name in flows else v for name, v in results.arrays.items()}
    (account,) = accounts(replace(results, arrays=arrays))
    assert findings.payment(account).startswith("By December 2020 deliveries had earned nothing.")
    assert ledger.title(account) == "Deliveries had earned nothing by December 2020"
    assert ledger.figures(account) == entries.figures(account) == []


def test_the_title_names_the_parameter_that_decides(results, fate):
    found = hinges(results, fate.alive.astype(float), "alive")
    assert found[0].label.startswith("commitment.security[")
    said = words.parameter(results.model, found[0].label)
    assert flat(shown_hinges.title(results, found)) == (
        f"The result hinges most on “{said}”: the pact is in force in 0 % of runs in its lowest "
        "third and in 100 % in its highest"
    )


def test_nothing_is_named_where_chance_explains_it(results, fate):
    noise = np.random.default_rng(1).integers(0, 2, results.count).astype(float)
    found = hinges(results, noise, "alive")
    assert found == []
    assert shown_hinges.figures(fate, found) == []
    assert findings.strongest_parameters(results, found) == (
        "No parameter stands out: none moves the result beyond chance."
    )


@pytest.mark.usefixtures("as_drawn")
def test_the_ledger_names_its_lines(account):
    """A debt of 100 a month times ½ to 1½, of which 50 is paid and 10 in sight, in the median."""
    (chart,) = ledger.figures(account)
    spec = spec_of(chart.chart)
    names = ["Earned by deliveries", "Hidden payment", "Paid in sight", "Arrears"]
    assert spec["layer"][0]["encoding"]["color"]["scale"]["domain"] == names
    assert [
        row["line"] for row in spec["layer"][0]["data"]["values"][:: account.results.months]
    ] == (names)
    assert flat(chart.alternative) == (
        "Median over runs, since the start. "
        "December 2020: earned by deliveries USD 1,200, hidden payment USD 480, "
        "paid in sight USD 120, arrears USD 600; "
        "December 2021: earned by deliveries USD 2,400, hidden payment USD 960, "
        "paid in sight USD 240, arrears USD 1,200."
    )


@pytest.mark.parametrize(
    ("now", "then", "ending"),
    [
        (100.0, 101.0, "the median stays near 101 rounds a month to 2030"),
        (100.0, 0.5, "the median falls from 100 rounds a month to under 2 % of that by 2030"),
        (100.0, 250.0, "the median rises from 100 rounds a month to 250 rounds a month by 2030"),
        (0.0, 0.0, "none at the cut-off and none in 2030 in the median run"),
    ],
)
def test_a_fans_title_says_where_the_median_goes(now, then, ending):
    title = flat(fans.fan_title("Rounds", now, then, "round/month", "2030"))
    assert title == f"Rounds: {ending}"


@pytest.mark.parametrize("years", range(1, 60))
def test_bars_of_many_years_leave_room_for_their_labels(years):
    shown = survival.spaced(list(range(years)))
    assert 1 <= len(shown) <= 8
    assert shown[-1] == years - 1
    assert len({b - a for a, b in pairwise(shown)}) <= 1
    assert years > 8 or len(shown) == years


@pytest.mark.usefixtures("as_drawn")
def test_every_chart_is_valid_vega_lite(results, fate, account):
    marks = theme.marks(results.model.case)
    figures = [
        *survival.figures(fate),
        *classes.figures(fate),
        *ledger.figures(account),
        *entries.figures(account),
        *frontier.figures(frontiers(fate, account), fate.partnership.label),
        *network.figures(fate),
        *influence.figures(results),
        *shown_hinges.figures(fate, hinges(results, fate.alive.astype(float), "alive")),
        *fans.figures(results, observed(results, coverages(results)), marks),
    ]
    assert len(figures) == 16
    for figure in figures:
        check(figure)  # whole
        assert figure.title
        assert figure.alternative


@pytest.mark.usefixtures("as_drawn")
def test_one_patron_is_no_contest(results):
    case = results.model.case
    assert influence.figures(results)
    lone = case.spec.model_copy(update={"patronages": case.spec.patronages[:1]})
    model = replace(results.model, case=replace(case, spec=lone))
    assert influence.figures(replace(results, model=model)) == []


def test_claims_and_coverage_are_counted(results):
    assert findings.claims_title({"supported": 2, "open": 1, "contradicted": 1}) == (
        "Of 4 claims, 2 are supported or leaning, 1 are leaning against or contradicted, "
        "and 1 are open or untestable here"
    )
    prior = results.ensemble
    assert findings.coverage_title(prior, 0, 0) == (
        "No series has three or more figures known at the cut-off"
    )
    assert findings.coverage_title(prior, 3, 3).startswith("All 3 series")
    assert findings.coverage_title(replace(prior, origin="posterior"), 2, 3) == (
        "2 of 3 series with three or more figures reach a posterior-predictive coverage of 80 %"
    )
