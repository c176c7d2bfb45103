"""Runs are drawn from the posterior of a case, unless they cannot be or must not be."""

from __future__ import annotations

from dataclasses import replace

import pytest

import servanda
from servanda.calibration import choice
from servanda.calibration.choice import ensemble_of, nothing_to_learn
from servanda.case import Case, Evidence
from servanda.engine import Simulator, assemble
from servanda.errors import UsageError
from servanda.results import prepare
from tests.cases import template


@pytest.fixture
def is_learned(learned, monkeypatch):
    """The posterior of the template is at hand."""
    monkeypatch.setattr(choice, "learned", lambda *_, **__: learned)


@pytest.fixture
def nothing_is_learned(monkeypatch):
    monkeypatch.setattr(choice, "learned", None)


def without_record() -> Case:
    evidence = template().evidence
    return replace(template(), evidence=Evidence((), evidence.series, evidence.sources))


@pytest.mark.usefixtures("is_learned")
def test_runs_are_of_the_posterior_and_say_of_which(learned):
    ensemble = ensemble_of(prepare(template()), 5)
    assert ensemble.origin == "posterior"
    assert ensemble.past is not None
    words = "2 × 128 particles, moves 2, seed 1"
    assert ensemble.learned == f"posterior {learned.hash[:12]}, {words}"


@pytest.mark.usefixtures("is_learned")
def test_a_run_does_not_depend_on_how_many_there_are():
    own = prepare(template())
    many, some = ensemble_of(own, 300, 7), ensemble_of(own, [299, 3], 7)
    for name, values in some.parameters.items():
        assert (many.of_runs([299, 3]).parameters[name] == values).all()


@pytest.mark.usefixtures("nothing_is_learned")
def test_the_prior_is_drawn_where_it_is_asked_for():
    assert ensemble_of(prepare(template()), 5, prior=True).origin == "prior"


@pytest.mark.usefixtures("nothing_is_learned")
def test_a_case_whose_record_says_nothing_has_its_prior():
    empty = Simulator(assemble(without_record()))
    assert ensemble_of(empty, 5).origin == "prior"
    assert nothing_to_learn(empty.model) == (
        "the record of case 'tiny' to 2021-12 has no figure that is compared with runs"
    )


@pytest.mark.usefixtures("nothing_is_learned")
@pytest.mark.parametrize(
    ("runs", "seed", "message"),
    [
        (0, 1, "runs: found 0, expected at least 1"),
        ([3, 3], 1, "run numbers: found 3 twice, expected each run once"),
        (5, -1, "seed: found -1, expected a whole number from 0 to 4294967295"),
    ],
)
def test_wrong_runs_are_refused_before_anything_is_learned(runs, seed, message):
    with pytest.raises(UsageError) as error:
        ensemble_of(prepare(template()), runs, seed)
    assert str(error.value) == message


@pytest.mark.usefixtures("is_learned")
def test_results_name_their_origin(learned):
    data = servanda.run(template(), 4)
    assert data.attrs["origin"] == "posterior"
    assert data.attrs["learned"].startswith(f"posterior {learned.hash[:12]}")
    prior = servanda.run(template(), 4, prior=True)
    assert (prior.attrs["origin"], prior.attrs["learned"]) == ("prior", "")


@pytest.mark.usefixtures("nothing_is_learned")
def test_wrong_levers_are_refused_before_anything_is_learned():
    with pytest.raises(UsageError) as error:
        servanda.run(template(), levers={"shell": 1})
    assert str(error.value) == (
        "lever: found 'shell', expected one of shells\n  hint: did you mean 'shells'?"
    )
