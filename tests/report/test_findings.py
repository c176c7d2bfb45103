"""Sentences and titles say what the numbers are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from altair.utils.schemapi import debug_mode
from servanda.report.numbers import Runs, pact, quantiles, worth

from servanda.report import (
    classes,
    entries,
    findings,
    hinges,
    influence,
    ledger,
    network,
    survival,
    words,
)
from servanda.report.fans import fan_title
from servanda.report.figure import check


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
    [(0.0, "0 %"), (0.001, "under 1 %"), (0.444, "44 %"), (0.999, "over 99 %"), (1.0, "100 %")],
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
    spec = model.case.spec
    assert words.member(spec, "SUP>BUY:shells") == "shells, Sup to Buy"
    assert words.member(spec, "BUY-SUP/SUP") == "Sup"
    assert words.member(spec, "BUY-SUP") == "Buy–Sup"
    assert words.member(spec, "SUP.oil") == "Sup, oil"
    assert words.member(spec, "round-about") == "round about"


def test_states_and_ways_are_shares_of_runs(runs):
    one = pact(runs, runs.model.case.spec.partnerships[0])
    assert {state: round(float(v[-1]), 3) for state, v in one.states.items()} == {
        "in use": 0.4,
        "dormant": 0.1,
        "over": 0.5,
    }
    assert survival.commonest_way(one) == ("renegotiation", 0.5)
    assert survival.survival_title(one) == "Half of all futures have no pact by June 2021"


def test_a_title_and_the_answer_round_the_same_shares_alike(runs):
    # Rounded one by one they would be 36, 26 and 39, which is 101.
    shares = {"in use": 0.3552, "dormant": 0.2561, "over": 0.3887}
    one = pact(runs, runs.model.case.spec.partnerships[0])
    months = {state: np.full(len(one.states[state]), share) for state, share in shares.items()}
    one = replace(one, states=months)
    assert flat(survival.survival_title(one)) == (
        "Most futures keep the pact to December 2021, but only 35 % still use it: "
        "in 26 % it is dormant"
    )
    assert "in use in 35 % and dormant in 26 %; in 39 % it is over" in flat(findings.lasting(one))


def test_the_answer_has_five_sentences_from_the_numbers(runs):
    account = ledger.Account(pact(runs, runs.model.case.spec.partnerships[0]))
    found = hinges.hinges(runs, account.pact.alive)
    answer = findings.answer(account, found)
    lasting, resembling, gaining, leaking, hinging = map(flat, answer.sentences)
    assert "in 50 % of 200 futures: in use in 40 % and dormant in 10 %" in lasting
    assert "most often by renegotiation (50 %)" in lasting
    assert "changes little" in resembling
    assert gaining.startswith("Both gained by December 2020")
    assert "10 % was paid in goods that observers can count, 40 % out of sight, and 50 %" in leaking
    assert "25 % of the trade that sanctions took from Buy" in leaking
    assert "in force in 0 % of futures where it is lowest and 100 % where highest" in hinging


def test_hinges_rank_what_decides_first_and_agree_with_spearman(runs):
    outcome = pact(runs, runs.model.case.spec.partnerships[0]).alive
    first, *rest = hinges.hinges(runs, outcome)
    assert first.label.startswith("commitment.security[")
    values = runs.drawn[first.label]
    ranks = np.argsort(np.argsort(values)).astype(float)
    assert first.correlation == pytest.approx(np.corrcoef(ranks, outcome)[0, 1])
    assert all(abs(h.correlation) < 0.3 for h in rest)
    assert "commitment.class_draw" not in {h.label for h in (first, *rest)}


def test_nothing_is_named_where_chance_explains_it(runs):
    noise = np.random.default_rng(1).integers(0, 2, runs.count).astype(float)
    found = hinges.hinges(runs, noise)
    assert hinges.clear(runs, found) == []
    assert hinges.title(runs, found) == "No single number stands out from chance in 200 runs"
    assert hinges.hinges(runs, np.ones(runs.count)) == []


def test_quantiles_are_runs_own_values():
    values = np.arange(100.0)[::-1].reshape(1, 100)
    assert quantiles(values, (0.05, 0.5, 0.95))[:, 0].tolist() == [5.0, 50.0, 95.0]


def test_worth_is_amount_times_unit_value(runs):
    tie = runs.model.case.spec.ties[0]
    brought = worth(runs, tie, slice(0, 2))
    expected = runs.series(f"arrived[{tie.label}]")[:2].sum(axis=0) * 4.0
    np.testing.assert_allclose(brought, expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("now", "then", "ending"),
    [
        (100.0, 101.0, "near 101 rounds a month to 2030"),
        (100.0, 0.5, "down from 100 rounds a month to next to nothing by 2030"),
        (100.0, 250.0, "up from 100 rounds a month to 250 rounds a month by 2030"),
        (0.0, 0.0, "none at the cut and none in 2030, in the middle run"),
    ],
)
def test_a_fans_title_says_where_the_median_goes(now, then, ending):
    assert fan_title("Rounds", now, then, "round/month", "2030") == f"Rounds: {ending}"


def test_every_chart_is_valid_vega_lite(runs):
    one = pact(runs, runs.model.case.spec.partnerships[0])
    with debug_mode(False):  # as the page draws them; each is checked whole below
        figures = [
            *survival.figures(one),
            *classes.figures(one),
            *ledger.figures(ledger.Account(one)),
            *entries.figures(ledger.Account(one)),
            *network.figures(one),
            *influence.figures(runs),
            *hinges.figures(one, hinges.hinges(runs, one.alive)),
        ]
    assert len(figures) == 13
    for figure in figures:
        check(figure)
        assert figure.title
        assert figure.alternative


def test_one_patron_is_no_contest(runs):
    spec = runs.model.case.spec
    lone = spec.model_copy(update={"patronages": spec.patronages[:1]})
    case = type(runs.model.case)(**{**vars(runs.model.case), "spec": lone})
    assert (
        influence.clients(
            Runs(type(runs.model)(**{**vars(runs.model), "case": case}), runs.arrays, 1)
        )
        == {}
    )


def test_claims_and_coverage_are_counted():
    assert findings.claims_title({"supported": 2, "open": 1, "contradicted": 1}) == (
        "Of 4 claims, the model and the record support or lean to 2 and speak against 1; "
        "1 stay open or cannot be tested here"
    )
    assert findings.coverage_title(0, 0) == "No series has three figures or more by the cut"
    assert findings.coverage_title(3, 3).startswith("All 3 series")
    assert findings.coverage_title(2, 3).startswith("2 of 3 series")
