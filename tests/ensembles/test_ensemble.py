"""Ensembles: a run is its number and its seed, whatever else is run beside it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy import stats

from servanda.case import Case, Prior
from servanda.engine import Model
from servanda.ensembles import Ensemble
from servanda.errors import UsageError
from servanda.results import prepare
from servanda.running import run
from tests.cases import template
from tests.handmade import counted, rule, with_evidence

VOLATILITY, PERSISTENCE = "war.volatility", "war.persistence"
FINITE = "expected finite numbers of a size up to 3.4e+38"


def model() -> Model:
    return prepare(template()).model


def same(one: Ensemble, whole: Ensemble, rows: list[int]) -> None:
    """Every bit of these rows of the whole, and their numbers."""
    assert one.run_numbers.tolist() == whole.run_numbers[rows].tolist()
    assert list(one.parameters) == list(whole.parameters)
    for name, values in one.parameters.items():
        np.testing.assert_array_equal(values, whole.parameters[name][rows], name)


# ── what a run is ───────────────────────────────────────────────────────────────────────────────


def test_a_runs_parameters_depend_on_its_number_and_the_seed_alone():
    many = Ensemble.prior(model(), 300, 7)
    same(Ensemble.prior(model(), [203, 17], 7), many, [203, 17])
    same(many.of_runs([203, 17]), many, [203, 17])
    same(Ensemble.prior(model(), 20, 7), many, list(range(20)))
    other = Ensemble.prior(model(), 300, 8)
    for name, values in many.parameters.items():
        assert (values != other.parameters[name]).mean() > 0.99, name


def test_runs_keep_their_bits_alone_in_another_order_and_elsewhere_in_the_chunk():
    many = run(template(), 1030, prior=True)  # more than one batch
    for numbers in ([17, 203], [203, 17], [1029, 0, 203], list(range(1, 131))):
        some = run(template(), runs_numbered=numbers, prior=True)
        assert some["run"].values.tolist() == numbers
        for name in many.data_vars:
            found = some[name].values
            np.testing.assert_array_equal(found, many[name].sel(run=numbers).values, str(name))


def test_runs_of_a_weighted_ensemble_keep_their_bits_and_the_ratio_of_their_weights():
    given = np.linspace(0.1, 0.3, 300)
    weights = np.arange(300.0)
    many = Ensemble.of(model(), {VOLATILITY: given}, weights=weights)
    some = many.of_runs([203, 17])
    same(some, many, [203, 17])
    assert some.weights.tolist() == pytest.approx([203 / 220, 17 / 220])
    whole = run(template(), ensemble=many)
    part = run(template(), ensemble=many, runs_numbered=[203, 17])
    for name in whole.data_vars:
        np.testing.assert_array_equal(part[name].values, whole[name].sel(run=[203, 17]).values)
    assert part["weight"].values.tolist() == some.weights.tolist()
    assert (some.origin, some.seed, some.case) == (many.origin, many.seed, many.case)


def test_run_numbers_reach_as_far_as_their_words():
    last = 2**32 - 1
    assert Ensemble.prior(model(), [last]).run_numbers.tolist() == [last]
    alone, beside = (run(template(), runs_numbered=n, prior=True) for n in ([last], [0, last]))
    np.testing.assert_array_equal(alone["tempo"], beside["tempo"].sel(run=[last]))


def test_runs_of_the_prior_count_alike():
    ensemble = Ensemble.prior(model(), 4)
    assert ensemble.weights.tolist() == [0.25] * 4
    assert (ensemble.origin, ensemble.seed) == ("prior", 1)
    assert ensemble.run_numbers.tolist() == [0, 1, 2, 3]
    assert len(ensemble) == 4
    assert repr(ensemble) == "<Ensemble: 4 runs of 50 parameters, origin prior, seed 1>"


def test_pieces_are_the_whole_in_order_with_the_weights_of_the_whole():
    whole = Ensemble.of(model(), {}, numbers=range(10), weights=range(1, 11))
    pieces = list(whole.pieces(4))
    assert [piece.run_numbers.tolist() for piece in pieces] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    assert np.concatenate([p.weights for p in pieces]).tolist() == whole.weights.tolist()
    again = np.concatenate([p.parameters[VOLATILITY] for p in pieces])
    np.testing.assert_array_equal(again, whole.parameters[VOLATILITY])


def test_the_first_runs_of_fewer_are_all_of_them():
    whole = Ensemble.prior(model(), 5)
    assert whole.first(5) is whole.first(9) is whole
    assert whole.first(2).weights.tolist() == [0.5, 0.5]


# ── parameters that are given ───────────────────────────────────────────────────────────────────


def test_given_parameters_replace_draws_and_the_rest_keep_theirs():
    drawn = Ensemble.prior(model(), 3, 5)
    given = Ensemble.of(model(), {VOLATILITY: [0.1, 0.2, 0.3]}, seed=5, origin="design")
    for name, values in given.parameters.items():
        expected = np.float32([0.1, 0.2, 0.3]) if name == VOLATILITY else drawn.parameters[name]
        np.testing.assert_array_equal(values, expected, name)
    assert given.origin == "design"
    assert list(given.parameters) == list(drawn.parameters)


def test_given_parameters_are_what_runs_use():
    calm = Ensemble.of(model(), {VOLATILITY: [0.0, 0.2], "war.initial_log_tempo": [0.0, 0.0]})
    tempo = run(template(), ensemble=calm)["log_tempo"].sel(month=slice("2020", "2021"))
    assert not tempo.isel(run=0).any()  # with neither a start nor shocks there is no tempo
    assert tempo.isel(run=1).any()


def test_an_ensemble_keeps_what_it_was_given():
    """Also where the caller goes on to use the same arrays for something else."""
    values, numbers = np.full(3, 0.2, np.float32), np.array([5, 6, 7])
    given = Ensemble.of(model(), {VOLATILITY: values}, numbers=numbers)
    values[:], numbers[:] = 9.0, 0
    assert given.parameters[VOLATILITY].tolist() == [np.float32(0.2)] * 3
    assert given.run_numbers.tolist() == [5, 6, 7]


def test_numbers_say_whose_shocks_given_parameters_have():
    given = {VOLATILITY: [0.3, 0.3]}
    some = Ensemble.of(model(), given, numbers=[17, 3])
    drawn = Ensemble.prior(model(), [17, 3])
    np.testing.assert_array_equal(some.parameters[PERSISTENCE], drawn.parameters[PERSISTENCE])
    one, two = (run(template(), ensemble=e)["tempo"] for e in (some, some.of_runs([3, 17])))
    np.testing.assert_array_equal(one.sel(run=[3, 17]).values, two.values)


def test_a_parameter_is_drawn_in_the_mechanisms_unit():
    """Worth of security is written in millions of dollars a month, and used in dollars."""
    label = "commitment.security[BBB-AAA/AAA]"
    number = model().parameters[label]
    assert (number.prior.unit, number.unit) == ("MUSD/month", "USD/month")
    values = Ensemble.prior(model(), 200).parameters[label]
    assert (values >= number.prior.low * 1e6).all()
    assert (values <= number.prior.high * 1e6).all()


def test_fixed_numbers_are_none_of_the_uncertain_ones():
    names = set(model().uncertain)
    assert "attrition.released" in model().parameters
    assert "attrition.released" not in names
    assert VOLATILITY in names


def test_biases_of_source_classes_and_discrepancies_of_series_are_parameters():
    prior = Prior("lognormal", (1.0, 0.3), 0.1, 10.0, "dimensionless", "assumed")
    series = counted("level", "stock[SUP.shells]", "round", rule(bias="high"))
    biased = with_evidence(series, biases={"high": prior, "low": 0.5})
    drawn = Ensemble.prior(biased, 400).parameters
    own = {"observation.bias[high]", "observation.bias[low]", "observation.discrepancy[s]"}
    assert set(drawn) == own
    half_normal = stats.halfnorm(scale=0.3)
    assert stats.kstest(drawn["observation.discrepancy[s]"], half_normal.cdf).pvalue > 0.001
    assert (drawn["observation.bias[low]"] == 0.5).all()
    logs = np.log(drawn["observation.bias[high]"])
    assert logs.std() == pytest.approx(0.3, rel=0.15)
    given = Ensemble.of(biased, {"observation.bias[high]": [2.0, 3.0]}).parameters
    assert given["observation.bias[high]"].tolist() == [2, 3]


# ── refusals ────────────────────────────────────────────────────────────────────────────────────


def refusal(*args: Any, **given: Any) -> str:
    with pytest.raises(UsageError) as caught:
        Ensemble.of(model(), *args, **given)
    return str(caught.value)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1, -2], "weights: found -2, expected finite weights, zero or above"),
        ([1, np.nan], "weights: found nan, expected finite weights, zero or above"),
        ([1, np.inf], "weights: found inf, expected finite weights, zero or above"),
        ([0, 0], "weights: found only zeros, expected at least one weight above zero"),
        ([1], "weights: found 1 weights, expected 2, one per run"),
        ([1, 1, 1], "weights: found 3 weights, expected 2, one per run"),
    ],
)
def test_weights_that_weigh_nothing_are_refused(weights, message):
    assert refusal({VOLATILITY: [0.1, 0.2]}, weights=weights) == message


def test_weights_are_scaled_to_add_up_to_one():
    given = Ensemble.of(model(), {VOLATILITY: [0.1, 0.2]}, weights=[3, 1])
    assert given.weights.tolist() == [0.75, 0.25]


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ([], "run numbers: found none, expected at least one"),
        ([1, 2, 1], "run numbers: found 1 twice, expected each run once"),
        ([-1], "run numbers: found -1, expected whole numbers from 0 to 4294967295"),
        ([2**32], "run numbers: found 4294967296, expected whole numbers from 0 to 4294967295"),
        (np.array([1.5]), "run numbers: found 1.5, expected whole numbers from 0 to 4294967295"),
        (np.array([2.0]), "run numbers: found 2.0, expected whole numbers from 0 to 4294967295"),
        ([True], "run numbers: found True, expected whole numbers from 0 to 4294967295"),
        (
            np.array(["one"]),
            "run numbers: found 'one', expected whole numbers from 0 to 4294967295",
        ),
    ],
)
def test_numbers_that_number_no_run_are_refused(numbers, message):
    assert refusal({}, numbers=numbers) == message
    with pytest.raises(UsageError) as caught:
        Ensemble.prior(model(), 5).of_runs(numbers)
    assert str(caught.value) == message


@pytest.mark.usefixtures("unchecked")
def test_one_number_is_not_a_list_of_numbers():
    """Otherwise run 5 alone would be taken for the first five runs."""
    message = "run numbers: found 5, expected a list of the numbers of runs"
    assert refusal({}, numbers=5) == message
    for wrong in (
        lambda: Ensemble.prior(model(), 9).of_runs(5),
        lambda: run(template(), runs_numbered=5, prior=True),
    ):
        with pytest.raises(UsageError) as caught:
            wrong()
        assert str(caught.value) == message


def test_a_run_that_the_ensemble_does_not_have_is_refused():
    with pytest.raises(UsageError) as caught:
        Ensemble.prior(model(), 5).of_runs([4, 5])
    assert str(caught.value) == ("run numbers: found 5, expected numbers of the ensemble's 5 runs")


def test_runs_that_have_no_weight_are_refused_alone():
    light = Ensemble.of(model(), {}, numbers=[0, 1, 2], weights=[0, 0, 1])
    assert light.of_runs([0, 2]).weights.tolist() == [0, 1]
    with pytest.raises(UsageError) as caught:
        light.of_runs([0, 1])
    assert str(caught.value) == (
        "weights: found only zeros, expected at least one weight above zero"
    )


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (
            {"war.volatilty": [0.1]},
            (
                "ensemble: found parameter 'war.volatilty', expected an uncertain parameter of the"
                " model\n  hint: did you mean 'war.volatility'?"
            ),
        ),
        (
            {"attrition.released": [0.1]},  # there is one, but it is fixed
            (
                "ensemble: found parameter 'attrition.released', expected an uncertain parameter"
                " of the model\n  hint: did you mean 'attrition.fire_exponent'?"
            ),
        ),
        (
            {VOLATILITY: [0.1, -0.2, 0.3]},
            "ensemble, parameter 'war.volatility': found -0.2, expected at least 0",
        ),
        (
            {PERSISTENCE: [0.5, 1.0]},
            "ensemble, parameter 'war.persistence': found 1, expected 0 to below 1",
        ),
        (
            {VOLATILITY: [0.1, 0.2], PERSISTENCE: [0.5]},
            "ensemble, parameter 'war.persistence': found 1 values, expected 2, one per run",
        ),
        (
            {VOLATILITY: np.ones((2, 2))},
            "ensemble, parameter 'war.volatility': found 4 values, expected 2, one per run",
        ),
        (
            {VOLATILITY: [0.1, np.nan]},
            f"ensemble, parameter 'war.volatility': found nan, {FINITE}",
        ),
        (
            {VOLATILITY: [-np.inf]},
            f"ensemble, parameter 'war.volatility': found -inf, {FINITE}",
        ),
        (
            {VOLATILITY: [0.1, 1e39]},
            f"ensemble, parameter 'war.volatility': found 1e+39, {FINITE}",
        ),
        ({}, "runs: found 0, expected at least 1"),
    ],
)
def test_parameters_that_are_none_are_refused(parameters, message):
    assert refusal(parameters) == message


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ((0, 1), "runs: found 0, expected at least 1"),
        ((-3, 1), "runs: found -3, expected at least 1"),
        ((2**32 + 1, 1), "runs: found 4294967297, expected at most 4294967296"),
        (
            (10**5000, 1),
            "runs: found 100000000000000000000 or more, expected at most 4294967296",
        ),
        ((1, -1), "seed: found -1, expected a whole number from 0 to 4294967295"),
        ((1, 2**32), "seed: found 4294967296, expected a whole number from 0 to 4294967295"),
    ],
)
def test_no_runs_and_no_seed_are_refused(given, message):
    with pytest.raises(UsageError) as caught:
        Ensemble.prior(model(), *given)
    assert str(caught.value) == message


def other_case() -> Case:
    return template().at("2021-06")


def test_an_ensemble_of_another_case_is_refused():
    ensemble = Ensemble.prior(model(), 2)
    moved = prepare(other_case()).model
    with pytest.raises(UsageError) as caught:
        ensemble.check_fits(moved)
    assert str(caught.value) == (
        "ensemble: found one of other content than the case 'tiny' has now,"
        f" expected one made for this case, digest {moved.digest}\n"
        "  hint: an ensemble belongs to one content of a case, evidence cut-off included"
    )
    ensemble.check_fits(model())


def test_an_ensemble_without_an_uncertain_parameter_is_refused():
    whole = Ensemble.prior(model(), 2)
    rest = {name: values for name, values in whole.parameters.items() if name != VOLATILITY}
    with pytest.raises(UsageError) as caught:
        run(template(), ensemble=replace(whole, parameters=rest))
    assert str(caught.value) == (
        "ensemble: found no parameter 'war.volatility', "
        "expected a value in each run of every uncertain parameter of the model"
    )


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"origin": "postrior"},
            (
                "ensemble: found origin 'postrior', "
                "expected one of prior, posterior, design, given\n"
                "  hint: did you mean 'posterior'?"
            ),
        ),
        (
            {"weights": np.ones(3) / 3},
            "ensemble, weights: found 3 values, expected 2, one per run",
        ),
        (
            {"parameters": {VOLATILITY: np.ones(1, np.float32)}},
            "ensemble, war.volatility: found 1 values, expected 2, one per run",
        ),
        (
            {"weights": np.array([1.5, -0.5])},
            "weights: found -0.5, expected finite weights, zero or above",
        ),
    ],
)
@pytest.mark.usefixtures("unchecked")
def test_an_ensemble_that_contradicts_itself_is_refused(changed, message):
    with pytest.raises(UsageError) as caught:
        replace(Ensemble.prior(model(), 2), **changed)
    assert str(caught.value) == message


def test_nobody_can_change_an_ensemble():
    whole = Ensemble.prior(model(), 2)
    for values in (whole.weights, whole.run_numbers, whole.parameters[VOLATILITY]):
        assert not values.flags.writeable


def test_an_ensemble_of_another_version_is_refused():
    old = replace(Ensemble.prior(model(), 2), version="0.0.1")
    with pytest.raises(UsageError) as caught:
        run(template(), ensemble=old)
    assert str(caught.value) == (
        "ensemble: found one of version 0.0.1, expected one made by this version, 0.1.0"
    )


def test_a_case_is_another_where_its_content_is_and_the_same_where_its_folder_is_not():
    case = template()
    assert replace(case, folder=case.folder / "elsewhere").digest == case.digest
    assert case.at("2021-06").digest != case.digest
    spec = case.spec.model_copy(update={"summary": "Another."})
    assert replace(case, spec=spec).digest != case.digest
    table = case.parameters[VOLATILITY]
    prior = replace(table.priors[""], numbers=(0.2, 0.05))
    changed = {**case.parameters, VOLATILITY: replace(table, priors={"": prior})}
    assert replace(case, parameters=changed).digest != case.digest
