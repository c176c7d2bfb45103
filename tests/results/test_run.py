"""Runs of a small case, in memory and into a folder: which runs, at which cut, with what said."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
import numpy as np
import pytest
import xarray as xr

import servanda
from servanda.ensembles import Ensemble, Policy
from servanda.errors import CaseError, UsageError
from servanda.mechanisms.war import ConstantTempo
from servanda.results import prepare, run_policies, run_to_folder
from servanda.running import run
from tests.cases import template


@pytest.fixture(scope="module")
def results() -> xr.Dataset:
    return run(template(), 20, levers={"shells": 0.5}, prior=True)


def drawn(runs: int) -> Ensemble:
    return Ensemble.prior(prepare(template()).model, runs)


def test_the_same_numbers_come_in_memory_and_on_disk(results, tmp_path):
    policy = Policy.of({"shells": 0.5})
    folder = run_to_folder(template(), tmp_path / "run", drawn(20), policy)
    xr.testing.assert_identical(folder.dataset().load(), results)
    xr.testing.assert_identical(xr.open_zarr(folder.path / "results.zarr").load(), results)
    for name, values in folder.arrays().items():
        np.testing.assert_array_equal(values, results[name].values, err_msg=name)


def test_as_of_moves_the_cutoff_and_not_the_months(results):
    moved = run(template(), 20, as_of="2021-06", prior=True)
    assert moved.attrs["as_of"] == "2021-06"
    assert results.sizes == moved.sizes


def test_a_policy_after_the_cutoff_begins_where_the_cutoff_is():
    levers = [lever.model_copy(update={"acts": "after_as_of"}) for lever in template().spec.levers]
    spec = template().spec.model_copy(update={"levers": tuple(levers)})
    later = dataclasses.replace(template(), spec=spec)

    def first_change(as_of: str) -> str:
        case = later.at(as_of)
        rest, none = (run(case, 8, levers=levers, prior=True) for levers in ({}, {"shells": 0}))
        differs = (rest["arrived"] != none["arrived"]).any(["tie", "run"])
        return str(differs["month"].values[differs.values][0])[:7]

    assert first_change("2021-06") == "2021-07"


def test_one_run_is_the_same_in_any_company(results):
    one = run(template(), 1, levers={"shells": 0.5}, prior=True)
    xr.testing.assert_equal(one.drop_vars("weight"), results.isel(run=[0]).drop_vars("weight"))


def test_progress_counts_the_runs_that_are_done():
    seen: list[tuple[int, int]] = []
    size = prepare(template()).batch
    run(template(), size + 1, progress=lambda done, wanted: seen.append((done, wanted)), prior=True)
    assert seen == [(size, size + 1), (size + 1, size + 1)]


def test_a_case_is_assembled_once():
    assert prepare(template()) is prepare(template())
    assert prepare(template()).compilations == 1


def test_an_ensemble_brings_its_own_runs(results):
    same = run(template(), ensemble=drawn(20), levers={"shells": 0.5})
    xr.testing.assert_identical(same, results)


def test_progress_counts_the_runs_of_every_policy():
    seen: list[tuple[int, int]] = []
    run_policies(
        prepare(template()),
        drawn(3),
        [Policy("one"), Policy("two", {"shells": 0})],
        progress=lambda done, wanted: seen.append((done, wanted)),
    )
    assert seen == [(3, 6), (6, 6)]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"runs": 0}, "runs: found 0, expected at least 1"),
        ({"runs": -3}, "runs: found -3, expected at least 1"),
        ({"seed": -1}, "seed: found -1, expected a whole number from 0 to 4294967295"),
        ({"seed": 2**32}, "seed: found 4294967296, expected a whole number from 0 to 4294967295"),
        (
            {"runs": 2, "runs_numbered": [1]},
            "runs: found runs together with runs_numbered, expected one of the two",
        ),
        ({"runs_numbered": [3, 3]}, "run numbers: found 3 twice, expected each run once"),
        ({"runs_numbered": []}, "run numbers: found none, expected at least one"),
        (
            {"levers": {"shell": 1}},
            "lever: found 'shell', expected one of shells\n  hint: did you mean 'shells'?",
        ),
        ({"levers": {"shells": 1.5}}, "lever 'shells': found 1.5, expected a value from 0 to 1"),
        ({"levers": {"shells": "nan"}}, "lever 'shells': found 'nan', expected a number"),
        ({"levers": {"shells": "all"}}, "lever 'shells': found 'all', expected a number"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(given, message):
    with pytest.raises(UsageError) as caught:
        run(template(), **given)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"runs": 2},
            "runs: found runs together with an ensemble, expected the runs of the ensemble",
        ),
        (
            {"seed": 1},
            "seed: found seed together with an ensemble, expected the seed of the ensemble",
        ),
        (
            {"runs_numbered": [2]},
            "run numbers: found 2, expected numbers of the ensemble's 2 runs",
        ),
        (
            {"prior": True},
            "prior: found prior together with an ensemble, expected the origin of the ensemble",
        ),
    ],
)
def test_runs_that_are_asked_for_beside_an_ensemble_are_refused(given, message):
    with pytest.raises(UsageError) as caught:
        run(template(), ensemble=drawn(2), **given)
    assert str(caught.value) == message


@pytest.mark.parametrize("into_a_folder", [False, True])
def test_an_ensemble_of_another_cutoff_is_refused_and_no_folder_is_made(tmp_path, into_a_folder):
    moved = template().at("2021-06")

    def ask() -> Any:
        if into_a_folder:
            return run_to_folder(moved, tmp_path / "run", drawn(2))
        return run(template(), ensemble=drawn(2), as_of="2021-06")

    with pytest.raises(UsageError) as caught:
        ask()
    assert str(caught.value) == (
        "ensemble: found one of other content than the case 'tiny' has now,"
        f" expected one made for this case, digest {moved.digest}\n"
        "  hint: an ensemble belongs to one content of a case, evidence cut-off included"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_lever_that_is_none_makes_no_folder(tmp_path):
    with pytest.raises(UsageError) as caught:
        run_to_folder(template(), tmp_path / "run", drawn(2), Policy("bad", {"shells": 2}))
    assert str(caught.value) == "lever 'shells': found 2, expected a value from 0 to 1"
    assert list(tmp_path.iterdir()) == []


def test_a_cutoff_outside_the_case_is_refused():
    with pytest.raises(CaseError) as caught:
        run(template(), 1, as_of="2026-01", prior=True)
    assert str(caught.value) == (
        "case 'tiny', as_of: found '2026-01', expected a month from 2020-02 to 2025-11"
    )


def test_the_public_name_is_the_same_function():
    assert servanda.run is run


def test_a_theory_that_is_handed_in_is_run_and_an_ensemble_belongs_to_it():
    steady = run(template(), 4, theories=[ConstantTempo], prior=True)
    assert (steady["log_tempo"] == steady["log_tempo"].isel(month=0)).all()
    without = drawn(4)
    with pytest.raises(UsageError) as caught:
        run(template(), ensemble=without, theories=[ConstantTempo])
    assert str(caught.value) == (
        "ensemble: found one of other content than the case 'tiny' has now, expected one made for "
        f"this case, digest {template().digest}+servanda.mechanisms.war.ConstantTempo\n"
        "  hint: an ensemble belongs to one content of a case, evidence cut-off included"
    )


def test_results_do_not_depend_on_the_precision_that_jax_is_set_to():
    plain = run(template(), 3, prior=True)
    with jax.enable_x64(True):
        xr.testing.assert_identical(run(template(), 3, prior=True), plain)
