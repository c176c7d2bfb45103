"""Numbers given by users: in any container, and in the order of their labels."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from servanda.errors import UsageError
from servanda.trade import Economy, Equilibrium, counterfactual, counterfactuals, resistances
from tests import typechecker
from tests.small_world import ABC, ECONOMY, FLOWS

WORLD = Economy(ABC, FLOWS)
COSTS = np.array([[1.0, 1.2, 1.1], [1.3, 1.0, 1.05], [1.0, 1.4, 1.0]])
DUTIES = np.array([[0.0, 0.1, 0.0], [0.2, 0.0, 0.0], [0.0, 0.05, 0.0]])
BACK = ["CCC", "AAA", "BBB"]


@pytest.fixture(scope="module")
def expected() -> Equilibrium:
    return counterfactual(WORLD, COSTS, 5.0, revenue=DUTIES)


def frame(values: np.ndarray, rows: str | None = None, columns: str | None = None) -> pd.DataFrame:
    """Labelled by country, in another order."""
    found = pd.DataFrame(values, list(ABC), list(ABC)).loc[BACK, BACK]
    return found.rename_axis(index=rows, columns=columns)


def array(values: np.ndarray, *dims: str) -> xr.DataArray:
    return xr.DataArray(values, dims=dims, coords={name: list(ABC) for name in dims})


CONTAINERS = {
    "lists": lambda values: values.tolist(),
    "single precision": lambda values: (values * 64).astype("float32") / 64,
    "a bare DataFrame": pd.DataFrame,
    "a DataFrame in another order": frame,
    "its axes named": lambda values: frame(values, "exporter", "importer"),
    "destinations as rows": lambda values: frame(values.T, "destination", "origin"),
    "a DataArray in another order": lambda v: array(v, "origin", "destination").sel(origin=BACK),
    "destinations first": lambda v: array(v.T, "importer", "exporter"),
}


@pytest.mark.parametrize("container", CONTAINERS.values(), ids=list(CONTAINERS))
def test_costs_duties_and_flows_in_any_container_give_one_answer(expected, container):
    # Numbers that single precision can hold would be few; the answer to theirs is near.
    rtol = 1e-6 if container is CONTAINERS["single precision"] else 0
    with typechecker.paused():
        world = Economy(ABC, container(FLOWS))
        found = counterfactual(world, container(COSTS), 5.0, revenue=container(DUTIES))
    assert world.flows.dtype == np.float64
    np.testing.assert_allclose(found.real_income, expected.real_income, rtol=rtol)


def test_runs_and_sectors_by_label():
    costs = np.stack([np.stack([COSTS, COSTS.T]), np.stack([COSTS.T, COSTS])])
    sigma = np.array([[5.0, 3.0], [4.0, 6.0]])
    expected = counterfactuals(ECONOMY, costs, sigma)
    labelled = xr.DataArray(
        costs,
        dims=("run", "sector", "origin", "destination"),
        coords={"sector": list(ECONOMY.sectors), "origin": list(ABC), "destination": list(ABC)},
    ).sel(sector=list(ECONOMY.sectors[::-1]), origin=BACK)
    by_sector = pd.DataFrame(sigma, columns=list(ECONOMY.sectors))[list(ECONOMY.sectors[::-1])]
    found = counterfactuals(ECONOMY, labelled, by_sector)
    np.testing.assert_array_equal(found.real_income, expected.real_income)
    one = counterfactual(ECONOMY, labelled[0], pd.Series(sigma[0], list(ECONOMY.sectors))[::-1])
    np.testing.assert_array_equal(one.real_income, expected.real_income[0])


def test_totals_by_country():
    ease, made, spent = COSTS**-4, FLOWS.sum(axis=1), FLOWS.sum(axis=0)
    expected = resistances(ABC, ease, made, spent, 5.0, "AAA")
    by_label = pd.Series(made, list(ABC))[BACK], dict(zip(BACK, spent[[2, 0, 1]], strict=True))
    with typechecker.paused():
        found = resistances(ABC, frame(ease), *by_label, 5.0, "AAA")
    assert found.inward.tolist() == expected.inward.tolist()


@pytest.mark.parametrize(
    ("costs", "message"),
    [
        (
            frame(COSTS).rename(columns={"BBB": "bbb"}),
            (
                "destination of cost change: found 'bbb', expected one of AAA, BBB, CCC\n"
                "  hint: did you mean 'BBB'?"
            ),
        ),
        (
            frame(COSTS).drop(index="BBB"),
            "origin of cost change: found no 'BBB', expected all of AAA, BBB, CCC",
        ),
        (
            pd.concat([frame(COSTS), frame(COSTS).loc[["AAA"]]]),
            "origin of cost change: found 'AAA' twice, expected each once",
        ),
        (
            array(COSTS, "origin", "buyer"),
            "axes of cost change: found origin, buyer, expected origin, destination",
        ),
        (
            frame(COSTS, "iso_d", "iso_o"),
            (
                "axes of cost change: found iso_d, iso_o, expected origin, destination\n"
                "  hint: rename the axes; axes without names are taken in that order"
            ),
        ),
        (
            frame(COSTS, None, "exporter"),
            (
                "axes of cost change: found None, exporter, expected origin, destination\n"
                "  hint: rename the axes; axes without names are taken in that order"
            ),
        ),
        (
            frame(COSTS).rename(index={"BBB": "BBB\ufeff"}),
            (
                "origin of cost change: found 'BBB\\ufeff', expected one of AAA, BBB, CCC\n"
                "  hint: did you mean 'BBB'?"
            ),
        ),
        (
            np.ma.masked_greater(COSTS, 1.35),
            (
                "cost change from 'CCC' to 'BBB': found nan, expected a positive number, 1 for no"
                " change"
            ),
        ),
        (
            COSTS + 0j,
            "cost change: found a ndarray of other things, expected an array of numbers",
        ),
        (
            [["a"] * 3] * 3,
            "cost change: found a list of other things, expected an array of numbers",
        ),
        (
            [[1.0], [1.0, 1.0]],
            "cost change: found a list of other things, expected an array of numbers",
        ),
        (
            1.2,
            (
                "cost change: found an array of shape (), expected shape (3, 3): each of the 3"
                " countries to each"
            ),
        ),
    ],
)
def test_labels_that_are_not_the_economys_are_refused(costs, message):
    with typechecker.paused(), pytest.raises(UsageError) as caught:
        counterfactual(WORLD, costs, 5.0)
    assert str(caught.value) == message
