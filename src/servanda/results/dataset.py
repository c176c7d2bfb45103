"""Results as an xarray dataset with dates, labels, units and meanings, by the CF conventions."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from servanda.case.schema import month_number
from servanda.engine import Model
from servanda.ensembles import Ensemble
from servanda.results.results import Results, made_from, reference_classes
from servanda.world import Quantity

PARAMETERS = "parameters of each run, in the mechanism's unit, before levers"
CONVENTIONS = "CF-1.11"
# Members of these axes hold different goods, and so have different units.
_OF_GOODS = ("account", "tie", "people")
_YEAR_ZERO_TO_1970 = 1970 * 12


def months(model: Model) -> np.ndarray:
    """The first day of every month of a case."""
    spec = model.case.spec
    first, last = month_number(spec.start), month_number(spec.horizon)
    since_1970 = np.arange(first, last + 1) - _YEAR_ZERO_TO_1970
    return since_1970.astype("datetime64[M]").astype("datetime64[ns]")


def dimensions(model: Model) -> dict[str, tuple[str, ...]]:
    """Dimensions of every kept quantity. `people` is the axis of the ties that lend people."""
    ties = model.axes.size("tie")
    dims: dict[str, tuple[str, ...]] = {}
    for name, members in model.layout.kept.items():
        axis = model.layout.quantities[name].axis
        if axis == "tie" and len(members) < ties:
            axis = "people"
        dims[name] = ("month", axis, "run") if axis else ("month", "run")
    return dims


def member_coordinates(model: Model) -> dict[str, xr.Variable]:
    """Labels of every member axis of the kept quantities and, where goods differ, their units."""
    found: dict[str, xr.Variable] = {}
    for name, dims in dimensions(model).items():
        for axis in dims[1:-1]:
            labels = np.array(model.layout.labels(name), dtype="U")
            found[axis] = xr.Variable((axis,), labels, {"long_name": f"{axis}, by its label"})
            if axis in _OF_GOODS and "{good}" in model.layout.quantities[name].unit:
                units = np.array(model.layout.units(name), dtype="U")
                about = {"long_name": f"unit of quantities of the {axis}"}
                found[f"{axis}_unit"] = xr.Variable((axis,), units, about)
    return found


def run_coordinates(model: Model, ensemble: Ensemble) -> dict[str, Any]:
    """Number, weight and reference class of every run."""
    return {
        "run": xr.Variable(
            ("run",), ensemble.run_numbers.copy(), {"long_name": "number of the run"}
        ),
        "weight": xr.Variable(
            ("run",), ensemble.weights.copy(), {"long_name": "weight of the run", "units": "1"}
        ),
        "reference_class": xr.Variable(
            ("run",),
            np.array(reference_classes(model, ensemble), dtype="U"),
            {"long_name": "class of past alliances that the run's pacts belong to"},
        ),
    }


def parameter_variables(ensemble: Ensemble) -> dict[str, xr.Variable]:
    """The parameters of each run, and their names. There are none if all parameters are fixed."""
    drawn = ensemble.parameters
    values = np.array(list(drawn.values()), np.float32).reshape(len(drawn), len(ensemble))
    return {
        "parameter": xr.Variable(("parameter",), np.array(list(drawn), dtype="U")),
        "parameters": xr.Variable(("parameter", "run"), values, {"long_name": PARAMETERS}),
    }


def month_attributes() -> dict[str, str]:
    """The attributes of the month coordinate, by the CF conventions."""
    return {"standard_name": "time", "long_name": "month, by its first day", "axis": "T"}


def attributes(model: Model, name: str) -> dict[str, str]:
    """Meaning, unit and kind of a quantity. `units_from` names a coordinate of units."""
    quantity = model.layout.quantities[name]
    units = set(model.layout.units(name))
    about = {"long_name": quantity.meaning, "cell_methods": f"month: {_method(quantity)}"}
    if len(units) > 1:
        return about | {"units_from": f"{dimensions(model)[name][1]}_unit"}
    return about | {"units": "".join(units).replace("dimensionless", "1")}


def _method(quantity: Quantity) -> str:
    """The kind of a month's value: at its end, summed over it, or the mean over it."""
    if quantity.carried:
        return "point"
    return "sum" if quantity.adds_up else "mean"


def global_attributes(
    model: Model, ensemble: Ensemble, policies: Mapping[str, Any]
) -> dict[str, Any]:
    """Attributes of the dataset: the case, its origin, and the definitions of its metrics."""
    spec = model.case.spec
    made = made_from(model, ensemble)
    made["changes"] = json.dumps(made["changes"])
    metrics = [metric.model_dump(exclude_defaults=True) for metric in spec.metrics]
    return {
        "Conventions": CONVENTIONS,
        "title": spec.title,
        "source": f"servanda {ensemble.version}",
        **made,
        "start": spec.start,
        "horizon": spec.horizon,
        "policies": json.dumps(policies),
        "metrics": json.dumps(metrics),
    }


def _several(results: Results | Sequence[Results]) -> Sequence[Results]:
    return [results] if isinstance(results, Results) else results


def to_dataset(results: Results | Sequence[Results]) -> xr.Dataset:
    """Results as a dataset.

    Args:
        results: results of one policy, or of several policies on the same runs.

    Returns:
        Quantities by month, member and run. For several policies, `policy` is the first dimension.
    """
    alone, found = isinstance(results, Results), _several(results)
    first = found[0]
    model, dims = first.model, dimensions(first.model)
    names = np.array([one.policy.name for one in found], dtype="U")
    variables = {}
    for name in first.arrays:
        values = [np.asarray(one.arrays[name]) for one in found]
        variables[name] = (
            xr.Variable(dims[name], values[0], attributes(model, name))
            if alone
            else xr.Variable(("policy", *dims[name]), np.stack(values), attributes(model, name))
        )
    drawn = parameter_variables(first.ensemble)
    variables["parameters"] = drawn["parameters"]
    coordinates = {
        "month": xr.Variable(("month",), months(model), month_attributes()),
        **member_coordinates(model),
        **run_coordinates(model, first.ensemble),
        "parameter": drawn["parameter"],
        "policy": xr.Variable(() if alone else ("policy",), names[0] if alone else names),
    }
    policies = {one.policy.name: dict(one.policy.levers) for one in found}
    return xr.Dataset(variables, coordinates, global_attributes(model, first.ensemble, policies))
