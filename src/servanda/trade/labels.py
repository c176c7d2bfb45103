"""Arrays given by users: numbers in any container, put in order by their labels.

Arrays and lists go by position. A dict, a pandas Series or DataFrame and an xarray DataArray say
which country, sector or run a number belongs to, so they go in the order of the economy. Labels
that are missing, unknown or double are refused. A DataFrame has origins as rows and destinations as
columns, unless the names of its axes say the reverse; names that say neither are refused. A
DataFrame or Series that pandas numbered itself, 0, 1, 2 …, has no labels. What a masked array masks
is missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import Float64

from servanda.errors import UsageError
from servanda.trade.codes import unknown

Given = Any  # numbers in any container
Array = Float64[np.ndarray, "..."]
SAME = {"exporter": "origin", "importer": "destination"}  # other names of axes


def numbers(given: Given, what: str) -> Array:
    """Any container of numbers as an array of float64.

    Raises:
        UsageError: It holds what is not a real number, or rows of different lengths.
    """
    try:
        cells = np.asarray(unmasked(given))
        if cells.dtype.kind not in "cmM":  # complex numbers, times and dates
            return cells.astype(np.float64)
    except (TypeError, ValueError):
        pass
    kind = type(given).__name__
    raise UsageError(what, f"a {kind} of other things", "an array of numbers")


def unmasked(given: Given) -> Given:
    """The same, with NaN where a masked array has no value."""
    if isinstance(given, np.ma.MaskedArray) and given.dtype.kind in "biuf":
        return np.ma.filled(given.astype(np.float64), np.nan)
    return given


def in_order(given: Given, axes: Mapping[str, tuple[str, ...]], what: str) -> Array:
    """The numbers in the order of the axes, as float64.

    Args:
        given: Numbers in any container.
        axes: Its axes, outermost first, with the labels of each in order. An axis without labels,
            such as runs, is left as it is.
        what: What is given, for messages.

    Raises:
        UsageError: It holds what is not a number, or its labels or axes are not those expected.
    """
    array = _labelled(given, axes, what)
    if array is None:
        return numbers(given, what)
    if set(array.dims) != set(axes):
        found, expected = (", ".join(map(str, names)) for names in (array.dims, axes))
        raise UsageError(f"axes of {what}", found, expected)
    for axis, labels in axes.items():
        if labels and axis in array.coords:
            _check_labels(array[axis].values.tolist(), labels, f"{axis} of {what}")
            array = array.sel({axis: list(labels)})
    return numbers(array.transpose(*axes).values, what)


def _labelled(given: Given, axes: Mapping[str, tuple[str, ...]], what: str) -> xr.DataArray | None:
    """The array with named axes; None if it has no labels."""
    if isinstance(given, xr.DataArray):
        return given.rename({old: new for old, new in SAME.items() if old in given.dims})
    if isinstance(given, Mapping):
        given = pd.Series(given)
    if not isinstance(given, pd.Series | pd.DataFrame):
        return None
    labels = [given.index] if isinstance(given, pd.Series) else [given.index, given.columns]
    if len(labels) != len(axes) or all(isinstance(label, pd.RangeIndex) for label in labels):
        return None
    dims = _names([label.name for label in labels], axes, what)
    coordinates = {
        dim: np.asarray(label)
        for dim, label in zip(dims, labels, strict=True)
        if not isinstance(label, pd.RangeIndex)
    }
    return xr.DataArray(np.asarray(given), dims=dims, coords=coordinates)


def _names(given: list[Any], axes: Mapping[str, tuple[str, ...]], what: str) -> list[str]:
    """The axes in the order in which pandas has them; its own order if they have no names."""
    names = [SAME.get(name, name) for name in given]
    if set(names) == set(axes):
        return names
    one_order = len(axes) == 1 or all(n in (None, a) for n, a in zip(names, axes, strict=True))
    if not one_order:
        raise UsageError(
            f"axes of {what}",
            ", ".join(map(str, given)),
            ", ".join(axes),
            hint="rename the axes; axes without names are taken in that order",
        )
    return list(axes)


def _check_labels(found: list[Any], expected: tuple[str, ...], where: str) -> None:
    for label in found:
        if label not in expected:
            raise unknown(where, label, expected)
        if found.count(label) > 1:
            raise UsageError(where, f"{label!r} twice", "each once")
    for label in expected:
        if label not in found:
            raise UsageError(where, f"no {label!r}", "all of " + ", ".join(expected))
