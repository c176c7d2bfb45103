"""Metrics of labelled results, wherever the dataset has been in between."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

import servanda
from servanda.case import Case
from servanda.case.schema import Metric
from servanda.errors import UsageError
from servanda.results import evaluate, prepare, to_dataset
from tests import handmade
from tests.cases import results_of, template

POLICIES = {"as is": {}, "half": {"shells": 0.5}}


@pytest.fixture(scope="module")
def results() -> xr.Dataset:
    return servanda.run(template(), 6, policies=POLICIES, prior=True)


def with_metric(**given: object) -> Case:
    """The tiny case with one metric."""
    whole = {"name": "m", "label": "M", "unit": "month"} | given
    spec = handmade.tiny().case.spec.model_copy(update={"metrics": (Metric.model_validate(whole),)})
    return replace(handmade.tiny().case, spec=spec)


def test_every_metric_comes_by_policy_and_run(results):
    found = servanda.metrics(results)
    assert set(found.data_vars) == {metric.name for metric in template().spec.metrics}
    for metric in template().spec.metrics:
        assert found[metric.name].dims == ("policy", "run")
        assert found[metric.name].attrs["long_name"] == metric.label
    assert found["policy"].values.tolist() == list(POLICIES)
    xr.testing.assert_equal(found["weight"], results["weight"])


def test_a_policys_metrics_are_those_of_its_own_run(results):
    model = prepare(template()).model
    for policy, levers in POLICIES.items():
        alone = servanda.run(template(), 6, levers=levers, prior=True)
        found = servanda.metrics(alone)
        for metric in model.case.spec.metrics:
            of_all = servanda.metrics(results)[metric.name].sel(policy=policy).values
            np.testing.assert_array_equal(found[metric.name].values, of_all)


def test_metrics_survive_netcdf_and_so_does_everything_else(results, tmp_path):
    results.to_netcdf(tmp_path / "results.nc")
    with xr.open_dataset(tmp_path / "results.nc") as back:
        xr.testing.assert_identical(back.load(), results)
        xr.testing.assert_identical(servanda.metrics(back), servanda.metrics(results))


def test_they_are_the_numbers_that_a_briefing_uses():
    model = prepare(template()).model
    made = results_of(model, handmade.arrays(model, runs=2, tempo={"": 2.0}))
    found = servanda.metrics(to_dataset(made))
    for name, values in evaluate(made).items():
        np.testing.assert_array_equal(found[name].values, values, err_msg=name)


def test_the_month_of_an_event_is_a_date_and_none_where_it_does_not_happen():
    case = with_metric(quantity="tempo", reduce="month_of_event", above=1.0)
    model = prepare(case).model
    tempo = np.zeros((24, 2))
    tempo[14:, 0] = 2.0  # in the first run from 2021-03 on, in the second never
    found = servanda.metrics(
        to_dataset(results_of(model, handmade.arrays(model, 2, tempo={"": tempo})))
    )
    assert found["m"].values[0] == np.datetime64("2021-03-01")
    assert np.isnat(found["m"].values[1])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda data: data.drop_attrs(),
            (
                "results: found Dataset without the attribute 'start', "
                "expected a dataset that servanda.run returned"
            ),
        ),
        (
            lambda data: data.sel(month=slice("2020", "2021")),
            "results: found 24 months, expected all 72 months from 2020-01 to 2025-12",
        ),
        (
            lambda data: data.drop_vars("alive"),
            (
                "results: found no quantity 'alive', "
                "expected every quantity that the metrics of its case need"
            ),
        ),
        (
            lambda data: data.sel(account="AAA.shells"),
            (
                "results: found no 'BBB.shells' of 'used', "
                "expected every member that the metrics of its case need"
            ),
        ),
    ],
    ids=["something else", "some months", "a quantity gone", "another member"],
)
def test_what_is_not_a_whole_result_is_refused(results, change, message):
    with pytest.raises(UsageError) as caught:
        servanda.metrics(change(results))
    assert str(caught.value).partition("\n")[0] == message
