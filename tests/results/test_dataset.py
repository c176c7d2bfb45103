"""Results as a dataset: labels, dates, units and origin, in the terms that others read."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from servanda.engine import assemble
from servanda.ensembles import Ensemble
from servanda.results import Results, prepare, to_dataset
from servanda.results.dataset import dimensions, member_coordinates, months
from servanda.running import run
from tests import handmade
from tests.cases import blank, results_of, shipped, shipped_runs, template

SHELLS = "AAA>BBB:shells"


@pytest.fixture(scope="module")
def results() -> xr.Dataset:
    return run(template(), 20, levers={"shells": 0.5}, prior=True)


# ── labels ──────────────────────────────────────────────────────────────────────────────────────


def test_a_result_has_named_dimensions_with_labels(results):
    assert results["arrived"].dims == ("month", "tie", "run")
    assert results["tempo"].dims == ("month", "run")
    assert results["tie"].values.tolist() == [SHELLS, "BBB>AAA:oil"]
    assert results["run"].values.tolist() == list(range(20))
    assert results.sizes["month"] == 72


def test_months_are_dates_of_their_first_days(results):
    assert results["month"].dtype == np.dtype("datetime64[ns]")
    expected = pd.date_range("2020-01", "2025-12", freq="MS")
    assert (results["month"].values == expected.values).all()


def test_every_number_can_be_asked_for_by_label(results):
    shells = results["arrived"].sel(tie=SHELLS, month=slice("2020-07", "2025-12"))
    assert shells.sizes == {"month": 66, "run": 20}
    assert bool((shells > 0).any())
    assert float(results["arrived"].sel(tie=SHELLS, month="2020-01").max()) == 0


def test_two_years_of_the_shipped_case_are_twenty_four_months():
    data = to_dataset(results_of(shipped().model, blank(shipped().model)))
    years = data["arrived"].sel(month=slice("2024", "2025"))
    assert years.sizes["month"] == 24
    assert str(years["month"].values[0])[:10] == "2024-01-01"
    assert str(years["month"].values[-1])[:10] == "2025-12-01"


def test_months_resample_to_years():
    """1 + … + 12 = 78 rounds in the first year, and 13 + … + 24 = 222 in the second."""
    made = handmade.results(arrived={"SUP>BUY:shells": np.arange(1, 25)})
    arrived = to_dataset(made)["arrived"].sel(tie="SUP>BUY:shells", run=0)
    years = arrived.resample(month="YS").sum()
    assert years.values.tolist() == [78, 222]
    assert [str(day)[:10] for day in years["month"].values] == ["2020-01-01", "2021-01-01"]


def test_people_lent_have_an_axis_of_their_own():
    dims = dimensions(shipped().model)
    assert dims["lent"] == ("month", "people", "run")
    assert dims["arrived"] == ("month", "tie", "run")


# ── units and meanings ──────────────────────────────────────────────────────────────────────────


def test_every_quantity_has_a_unit_and_a_meaning(results):
    known = prepare(template()).model.layout.quantities
    for name, variable in results.drop_vars("parameters").data_vars.items():
        assert variable.attrs["long_name"] == known[name].meaning
        assert ("units" in variable.attrs) != ("units_from" in variable.attrs), name
    assert results["tempo"].attrs["units"] == "1"  # as CF says that a number has no unit
    assert results["losses"].attrs["units"] == "person"
    assert results["gain"].attrs["units"] == "USD/month"
    assert results["arrived"].attrs["units_from"] == "tie_unit"


def test_a_ties_quantity_carries_that_ties_unit_alone(results):
    for tie, unit in ((SHELLS, "round"), ("BBB>AAA:oil", "barrel")):
        one = results["arrived"].sel(tie=tie)
        assert one["tie_unit"].dims == ()
        assert one["tie_unit"].item() == unit
        assert [name for name in one.coords if str(name).endswith("_unit")] == ["tie_unit"]


@pytest.mark.parametrize("which", ["tiny", "shipped"])
def test_units_beside_members_are_those_of_every_quantity_that_says_so(which):
    model = shipped().model if which == "shipped" else handmade.tiny()
    data = to_dataset(results_of(model, blank(model)))
    asked = [name for name in model.layout.kept if "units_from" in data[name].attrs]
    assert {"arrived", "stock", "used"} <= set(asked)
    for name in asked:
        beside = data[data[name].attrs["units_from"]].values.tolist()
        assert beside == list(model.layout.units(name)), name


def test_attributes_are_those_that_cf_asks_for(results):
    assert results.attrs["Conventions"] == "CF-1.11"
    assert results.attrs["title"] == template().spec.title
    assert results.attrs["source"] == "servanda 0.1.0"
    assert results["month"].attrs == {
        "standard_name": "time",
        "long_name": "month, by its first day",
        "axis": "T",
    }
    # a level at the month's end, an amount of the month, and a rate within it
    assert results["stock"].attrs["cell_methods"] == "month: point"
    assert results["arrived"].attrs["cell_methods"] == "month: sum"
    assert results["gain"].attrs["cell_methods"] == "month: mean"
    for name, coordinate in results.coords.items():
        if name not in ("policy", "parameter"):
            assert coordinate.attrs["long_name"], name


# ── where results come from ─────────────────────────────────────────────────────────────────────


def test_a_result_says_what_it_is_a_result_of(results):
    about = results.attrs
    assert {k: about[k] for k in ("case", "as_of", "seed", "origin", "start", "horizon")} == {
        "case": "tiny",
        "as_of": "2021-12",
        "seed": 1,
        "origin": "prior",
        "start": "2020-01",
        "horizon": "2025-12",
    }
    assert about["case_digest"] == template().digest
    assert json.loads(about["policies"]) == {"shells = 0.5": {"shells": 0.5}}
    assert "commitment=relational-contract" in about["mechanisms"]
    alive, fire = json.loads(about["metrics"])
    assert (alive["name"], alive["reduce"], alive["since"]) == ("alive", "last", "as_of")
    assert (fire["name"], fire["quantity"]) == ("fire", "used[BBB.shells]")


def test_a_result_has_its_runs_parameters_weights_and_numbers():
    model = prepare(template()).model
    given = {"war.volatility": [0.1, 0.3]}
    ensemble = Ensemble.of(model, given, weights=[1, 3], numbers=[9, 4], seed=2, origin="design")
    data = run(template(), ensemble=ensemble)
    assert data["weight"].values.tolist() == [0.25, 0.75]
    assert data["run"].values.tolist() == [9, 4]
    assert (data.attrs["origin"], data.attrs["seed"]) == ("design", 2)
    assert data["parameter"].values.tolist() == list(ensemble.parameters)
    found = data["parameters"].sel(parameter="war.volatility").values
    assert found.tolist() == np.float32([0.1, 0.3]).tolist()
    for name, values in ensemble.parameters.items():
        assert (data["parameters"].sel(parameter=name).values == values).all()


def test_each_run_names_its_reference_class():
    """Below a half of the draw a run is of the first of two classes, at a half of the second."""
    case = handmade.uncertain_case("commitment.class_draw")
    given = {"commitment.class_draw": [0.0, 0.49, 0.5, 0.51, 1.0]}
    made = handmade.results(assemble(case), 5, given=given)
    found = to_dataset(made)["reference_class"]
    assert found.dims == ("run",)
    assert found.values.tolist() == ["loose", "loose", "tight", "tight", "tight"]


def test_a_case_with_its_class_fixed_has_it_in_every_run():
    made = to_dataset(handmade.results(runs=2))  # the tiny case's draw is a quarter
    assert made["reference_class"].values.tolist() == ["loose", "loose"]


def test_a_runs_class_is_the_one_whose_hazard_it_runs_with():
    """In its first five years a pact has the base hazard of the run's own class."""
    found = shipped_runs()
    (pact,) = found.model.layout.labels("base_hazard")
    hazard = found.series(f"base_hazard[{pact}]")[found.cutoff + 1]
    classes = to_dataset(found)["reference_class"].values.tolist()
    assert set(classes) == set(found.model.case.spec.reference_classes)
    drawn = {name: found.parameter(f"commitment.base_hazard[{name}]") for name in set(classes)}
    expected = [drawn[name][run] for run, name in enumerate(classes)]
    np.testing.assert_array_equal(hazard, np.array(expected, np.float32))


# ── as others read it ───────────────────────────────────────────────────────────────────────────


def test_a_quantity_goes_to_pandas_and_back(results):
    arrived = results["arrived"].drop_vars(["tie_unit", "weight", "reference_class", "policy"])
    table = arrived.to_dataframe()
    assert table.index.names == ["month", "tie", "run"]
    assert isinstance(table.index.levels[0], pd.DatetimeIndex)
    assert len(table) == 72 * 2 * 20
    back = table["arrived"].to_xarray()
    xr.testing.assert_equal(back, arrived)


def test_one_run_of_one_tie_is_a_series_of_dates(results):
    series: Any = results["arrived"].sel(tie=SHELLS, run=3).to_pandas()
    assert series.index[0] == pd.Timestamp("2020-01-01")
    by_year = series.groupby(series.index.year).sum()
    assert list(by_year.index) == [2020, 2021, 2022, 2023, 2024, 2025]


def test_the_months_of_a_model_are_those_of_its_case():
    assert len(months(handmade.tiny())) == 24
    units = member_coordinates(handmade.tiny())["tie_unit"].values.tolist()
    assert units[:3] == ["round", "missile", "person"]


def test_several_results_stand_beside_each_other_and_one_alone_does_not():
    one = handmade.results(runs=2)
    alone, beside = to_dataset(one), to_dataset([one])
    assert isinstance(one, Results)
    assert "policy" not in alone["arrived"].dims
    assert beside["arrived"].dims == ("policy", "month", "tie", "run")
