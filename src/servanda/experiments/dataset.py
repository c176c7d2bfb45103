"""Results as an xarray dataset: named dimensions, labels, units and meanings."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from servanda.case.schema import month_name, month_number
from servanda.engine import Model

PARAMETERS = "what each run was drawn with, in the mechanism's unit, before levers"


def coordinates(model: Model) -> dict[str, Any]:
    """Labels of months and of every axis; `people` are the ties on which people are lent."""
    spec, axes = model.case.spec, model.axes
    first, last = month_number(spec.start), month_number(spec.horizon)
    people = [t.label for t in spec.ties if axes.kind(t) == "lent"]
    named = {axis: list(labels) for axis, labels in axes.labels.items() if axis and labels}
    return {"month": [month_name(m) for m in range(first, last + 1)], "people": people, **named}


def dimensions(model: Model) -> dict[str, tuple[str, ...]]:
    """Dimensions of every kept quantity."""
    ties = model.axes.size("tie")
    dims: dict[str, tuple[str, ...]] = {}
    for name, members in model.layout.kept.items():
        axis = model.layout.quantities[name].axis
        if axis == "tie" and len(members) < ties:
            axis = "people"
        dims[name] = ("month", axis, "run") if axis else ("month", "run")
    return dims


def attributes(model: Model, name: str) -> dict[str, str]:
    """Meaning and unit of a quantity; where members differ, their units in order."""
    found = model.layout.units(name)
    unit = found[0] if len(set(found)) == 1 else ", ".join(found)
    return {"long_name": model.layout.quantities[name].meaning, "units": unit}


def to_dataset(
    model: Model,
    arrays: Mapping[str, np.ndarray],
    drawn: Mapping[str, np.ndarray],
    about: Mapping[str, Any],
) -> xr.Dataset:
    """Label the arrays of a run.

    Args:
        model: what was run.
        arrays: by quantity, (month, member, run) or (month, run).
        drawn: parameters by printed name, one a run, before levers.
        about: attributes of the whole: case, seed, cut and the like.
    """
    labels, dims = coordinates(model), dimensions(model)
    variables = {
        name: xr.Variable(dims[name], values, attributes(model, name))
        for name, values in arrays.items()
    }
    variables["parameters"] = xr.Variable(
        ("number", "run"),
        np.stack(list(drawn.values())).astype(np.float32),
        {"long_name": PARAMETERS},
    )
    used = {dim for d in dims.values() for dim in d}
    runs = next(iter(arrays.values())).shape[-1]
    coords = {k: v for k, v in labels.items() if k in used} | {
        "run": np.arange(runs),
        "number": np.array(list(drawn), dtype="U"),
    }
    return xr.Dataset(variables, coords, dict(about))
