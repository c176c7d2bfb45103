"""Runs of a small case, in memory and into a folder."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import xarray as xr

import servanda
from servanda.errors import CaseError, UsageError
from servanda.experiments import prepare, run, run_to_folder
from servanda.world import quantities
from tests.cases import template


@pytest.fixture(scope="module")
def results() -> xr.Dataset:
    return run(template(), 20, levers={"shells": 0.5})


def test_a_result_has_named_dimensions_with_labels(results):
    assert results["arrived"].dims == ("month", "tie", "run")
    assert results["tempo"].dims == ("month", "run")
    assert results["month"].values[[0, -1]].tolist() == ["2020-01", "2025-12"]
    assert results["tie"].values.tolist() == ["AAA>BBB:shells", "BBB>AAA:oil"]
    assert results["run"].values.tolist() == list(range(20))
    assert results.sizes["month"] == 72


def test_every_number_can_be_asked_for_by_label(results):
    shells = results["arrived"].sel(tie="AAA>BBB:shells", month=slice("2020-07", "2025-12"))
    assert shells.sizes == {"month": 66, "run": 20}
    assert bool((shells > 0).any())
    assert float(results["arrived"].sel(tie="AAA>BBB:shells", month="2020-01").max()) == 0


def test_every_quantity_has_a_unit_and_a_meaning(results):
    for name, variable in results.drop_vars("parameters").data_vars.items():
        assert variable.attrs["long_name"] == quantities()[name].meaning
        assert variable.attrs["units"] or not variable.size, name
    assert results["tempo"].attrs["units"] == "dimensionless"
    assert results["arrived"].attrs["units"] == "round, barrel"
    assert results["losses"].attrs["units"] == "person"


def test_a_result_says_what_it_is_a_result_of(results):
    about = results.attrs
    assert {k: about[k] for k in ("case", "as_of", "seed", "levers")} == {
        "case": "tiny",
        "as_of": "2021-12",
        "seed": 1,
        "levers": "shells=0.5",
    }
    assert "commitment=relational-contract" in about["mechanisms"]


def test_the_same_numbers_come_in_memory_and_on_disk(results, tmp_path):
    folder = run_to_folder(template(), tmp_path / "run", 20, 1, levers={"shells": 0.5})
    xr.testing.assert_identical(folder.dataset().load(), results)
    xr.testing.assert_identical(xr.open_zarr(folder.path / "results.zarr").load(), results)
    for name, values in folder.arrays().items():
        np.testing.assert_array_equal(values, results[name].values, err_msg=name)


def test_people_lent_have_an_axis_of_their_own():
    from servanda.experiments.dataset import dimensions
    from tests.cases import shipped

    dims = dimensions(shipped().model)
    assert dims["lent"] == ("month", "people", "run")
    assert dims["arrived"] == ("month", "tie", "run")


def test_as_of_moves_the_cut_and_not_the_months(results):
    moved = run(template(), 20, as_of="2021-06")
    assert moved.attrs["as_of"] == "2021-06"
    assert results.sizes == moved.sizes


def test_a_policy_after_the_cut_begins_where_the_cut_is():
    levers = [lever.model_copy(update={"acts": "after_as_of"}) for lever in template().spec.levers]
    spec = template().spec.model_copy(update={"levers": tuple(levers)})
    later = dataclasses.replace(template(), spec=spec)

    def first_change(as_of: str) -> str:
        case = later.at(as_of)
        rest, none = (run(case, 8, levers=levers) for levers in ({}, {"shells": 0}))
        differs = (rest["arrived"] != none["arrived"]).any(["tie", "run"])
        return str(differs["month"].values[differs.values][0])

    assert first_change("2021-06") == "2021-07"


def test_one_run_is_the_same_in_any_company(results):
    one = run(template(), 1, levers={"shells": 0.5})
    xr.testing.assert_equal(one, results.isel(run=slice(0, 1)))


def test_progress_counts_the_runs_that_are_done():
    seen: list[tuple[int, int]] = []
    size = prepare(template()).batch
    run(template(), size + 1, progress=lambda done, wanted: seen.append((done, wanted)))
    assert seen == [(size, size + 1), (size + 1, size + 1)]


def test_a_case_is_assembled_once():
    assert prepare(template()) is prepare(template())
    assert prepare(template()).compilations == 1


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"runs": 0}, "--runs: found 0, expected at least 1"),
        ({"runs": -3}, "--runs: found -3, expected at least 1"),
        ({"seed": -1}, "--seed: found -1, expected a whole number from 0 to 4294967295"),
        ({"seed": 2**32}, "--seed: found 4294967296, expected a whole number from 0 to 4294967295"),
        (
            {"levers": {"shell": 1}},
            "lever: found 'shell', expected one of shells\n  hint: did you mean 'shells'?",
        ),
        ({"levers": {"shells": 1.5}}, "lever 'shells': found 1.5, expected a value from 0 to 1"),
        ({"levers": {"shells": "nan"}}, "lever 'shells': found nan, expected a value from 0 to 1"),
        ({"levers": {"shells": "all"}}, "lever 'shells': found 'all', expected a number"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(given, message):
    with pytest.raises(UsageError) as caught:
        run(template(), **given)
    assert str(caught.value) == message


def test_a_cut_outside_the_case_is_refused():
    with pytest.raises(CaseError) as caught:
        run(template(), 1, as_of="2026-01")
    assert str(caught.value) == (
        "case 'tiny', as_of: found '2026-01', expected a month from 2020-02 to 2025-11"
    )


def test_the_public_name_is_the_same_function():
    assert servanda.run is run
