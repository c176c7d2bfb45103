"""Policies: the same runs under each, side by side."""

from __future__ import annotations

import json

import numpy as np
import pytest
import xarray as xr

from servanda.ensembles import AS_IS, Policy, policies_of
from servanda.errors import UsageError
from servanda.running import run
from tests.cases import template

POLICIES = {"as it was": {}, "half": {"shells": 0.5}, "none": {"shells": 0}}
RUNS = 20


@pytest.fixture(scope="module")
def beside() -> xr.Dataset:
    return run(template(), RUNS, policies=POLICIES, prior=True)


def test_policies_stand_beside_each_other_in_one_dataset(beside):
    assert beside["policy"].values.tolist() == ["as it was", "half", "none"]
    assert beside["arrived"].dims == ("policy", "month", "tie", "run")
    assert beside["tempo"].dims == ("policy", "month", "run")
    assert beside["parameters"].dims == ("parameter", "run")
    assert json.loads(beside.attrs["policies"]) == POLICIES


@pytest.mark.parametrize("name", POLICIES)
def test_each_is_the_run_of_that_policy_alone(beside, name):
    alone = run(template(), RUNS, levers=POLICIES[name], prior=True)
    for quantity in alone.data_vars:
        one = beside[quantity].sel(policy=name) if quantity != "parameters" else beside[quantity]
        np.testing.assert_array_equal(one.values, alone[quantity].values, str(quantity))


def test_policies_are_paired_run_by_run(beside):
    """Half of the shells and none are the same futures: shells never arrive where none are.

    A supplier whose stock runs out sends all of it under both, so that sums are equal but for
    rounding.
    """
    shells = beside["arrived"].sel(tie="AAA>BBB:shells").sum("month")
    assert not shells.sel(policy="none").any()
    assert (shells.sel(policy="half") <= (1 + 1e-6) * shells.sel(policy="as it was")).all()
    tempo = beside["tempo"].sel(month="2020-01")
    for name in POLICIES:
        xr.testing.assert_equal(tempo.sel(policy=name, drop=True), tempo.isel(policy=0, drop=True))


@pytest.mark.parametrize("value", [True, None, b"1", [1], 1j, "1_0", "٠"])
def test_what_is_no_number_moves_no_lever(value):
    with pytest.raises(UsageError) as caught:
        run(template(), RUNS, levers={"shells": value}, prior=True)
    assert str(caught.value) == f"lever 'shells': found {value!r}, expected a number"


@pytest.mark.parametrize(
    ("given", "where"),
    [
        ({"levers": "shells=0"}, "levers"),
        ({"policies": ["none"]}, "policies"),
        ({"policies": {"none": None}}, "policy 'none'"),
    ],
)
def test_levers_and_policies_are_given_by_name(given, where):
    with pytest.raises(UsageError) as caught:
        run(template(), RUNS, prior=True, **given)
    assert caught.value.where == where


def test_a_policy_that_moves_nothing_changes_no_bit(beside):
    moved = run(template(), RUNS, policies={"rest": {"shells": 1}}, prior=True)
    assert moved.sizes["policy"] == 1
    for name in moved.data_vars:
        if name != "parameters":
            one, rest = moved[name].isel(policy=0), beside[name].sel(policy="as it was")
            np.testing.assert_array_equal(one.values, rest.values, str(name))


@pytest.mark.parametrize(
    ("levers", "name"), [(None, "as is"), ({}, "as is"), ({"shells": 0.5}, "shells = 0.5")]
)
def test_a_run_alone_names_its_policy(levers, name):
    alone = run(template(), 2, levers=levers, prior=True)
    assert alone["policy"].dims == ()
    assert alone["policy"].item() == name
    assert alone["arrived"].dims == ("month", "tie", "run")
    assert json.loads(alone.attrs["policies"]) == {name: levers or {}}


def test_a_policy_is_named_after_its_levers():
    assert Policy.of({}) == AS_IS
    assert Policy.of({"a": 1, "b": "strict"}).name == "a = 1, b = strict"


def test_no_policies_are_refused():
    for ask in (lambda: policies_of({}), lambda: run(template(), 2, policies={}, prior=True)):
        with pytest.raises(UsageError) as caught:
            ask()
        assert str(caught.value) == "policies: found none, expected at least one"


def test_a_lever_that_no_policy_can_move_is_refused():
    with pytest.raises(UsageError) as caught:
        run(template(), 2, policies={"as it was": {}, "none": {"shell": 0}}, prior=True)
    assert str(caught.value) == (
        "lever: found 'shell', expected one of shells\n  hint: did you mean 'shells'?"
    )


def test_levers_beside_policies_are_refused():
    with pytest.raises(UsageError) as caught:
        run(template(), 2, levers={"shells": 0}, policies=POLICIES, prior=True)
    assert (
        str(caught.value) == "levers: found levers together with policies, expected one of the two"
    )
