"""Runs are drawn from the posterior of a case, unless they cannot be or must not be."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import servanda
from servanda.calibration import choice
from servanda.calibration.choice import CARRIED, ensemble_of, nothing_to_learn, posterior_of
from servanda.case import Case, Evidence, load, new
from servanda.engine import Simulator, assemble
from servanda.errors import UsageError
from tests.cases import template


@pytest.fixture
def folder(learned, tmp_path) -> Path:
    """The template in a folder that carries its posterior."""
    made = new("tiny", tmp_path)
    learned.save(made / CARRIED)
    return made


def simulator(case: Case | Path) -> Simulator:
    return Simulator(assemble(load(case) if isinstance(case, Path) else case))


@pytest.fixture
def nothing_is_learned(monkeypatch):
    monkeypatch.setattr(choice, "learned", None)


def without_record() -> Case:
    evidence = template().evidence
    return replace(template(), evidence=Evidence((), evidence.series, evidence.sources))


@pytest.mark.usefixtures("nothing_is_learned")
def test_runs_are_of_the_posterior_that_a_case_carries(folder, learned):
    ensemble = ensemble_of(simulator(folder), 5)
    assert ensemble.origin == "posterior"
    assert ensemble.past is not None
    words = "2 × 128 particles, moves 2, seed 1"
    assert ensemble.learned == f"posterior {learned.hash[:12]}, {words}"


@pytest.mark.usefixtures("nothing_is_learned")
def test_a_run_does_not_depend_on_how_many_there_are(folder):
    own = simulator(folder)
    many, some = ensemble_of(own, 300, 7), ensemble_of(own, [299, 3], 7)
    assert many.of_runs([299, 3]).parameters.keys() == some.parameters.keys()
    for name, values in some.parameters.items():
        assert (many.of_runs([299, 3]).parameters[name] == values).all()


def test_a_posterior_of_other_content_is_not_used(folder, learned, monkeypatch):
    other = load(folder).with_prior("war.persistence", uniform=[0.7, 0.9])
    monkeypatch.setattr(choice, "learned", lambda *_, **__: learned)
    assert choice.carried(simulator(other).model) is None
    assert choice.carried(simulator(folder).model) is not None
    assert posterior_of(simulator(other)) is learned


def test_a_posterior_of_another_version_is_not_used(learned, tmp_path):
    made = new("tiny", tmp_path)
    replace(learned, versions={**learned.versions, "servanda": "0.0.1"}).save(made / CARRIED)
    assert choice.carried(simulator(made).model) is None


def test_a_carried_posterior_that_is_damaged_is_refused(tmp_path):
    made = new("tiny", tmp_path)
    (made / CARRIED).mkdir()
    with pytest.raises(UsageError) as error:
        ensemble_of(simulator(made), 5)
    assert str(error.value) == (
        f"posterior '{made / CARRIED}': found no posterior that can be read, expected one that "
        "servanda wrote\n  hint: learn it again: servanda calibrate"
    )


@pytest.mark.usefixtures("nothing_is_learned")
def test_the_prior_is_drawn_where_it_is_asked_for(folder):
    assert ensemble_of(simulator(folder), 5, prior=True).origin == "prior"


@pytest.mark.usefixtures("nothing_is_learned")
def test_a_case_whose_record_says_nothing_has_its_prior():
    empty = simulator(without_record())
    assert ensemble_of(empty, 5).origin == "prior"
    assert nothing_to_learn(empty.model) == (
        "the record of case 'tiny' to 2021-12 has no figure that is compared with runs"
    )


@pytest.mark.usefixtures("nothing_is_learned")
@pytest.mark.parametrize(("runs", "seed"), [(0, 1), ([3, 3], 1), (5, -1)])
def test_wrong_runs_are_refused_before_anything_is_learned(runs, seed):
    with pytest.raises(UsageError):
        ensemble_of(simulator(template()), runs, seed)


@pytest.mark.usefixtures("nothing_is_learned")
def test_results_claims_and_coverage_name_their_origin(folder):
    data = servanda.run(folder, 4)
    assert data.attrs["origin"] == "posterior"
    assert data.attrs["learned"].startswith("posterior ")
    prior = servanda.run(folder, 4, prior=True)
    assert (prior.attrs["origin"], prior.attrs["learned"]) == ("prior", "")


@pytest.mark.usefixtures("nothing_is_learned")
def test_wrong_levers_are_refused_before_anything_is_learned():
    with pytest.raises(UsageError) as error:
        servanda.run(template(), levers={"shell": 1})
    assert str(error.value) == (
        "lever: found 'shell', expected one of shells\n  hint: did you mean 'shells'?"
    )
