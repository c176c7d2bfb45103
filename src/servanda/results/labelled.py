"""Metrics of a labelled dataset, from memory, a run folder or a netCDF file."""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float

from servanda.case.schema import Metric, month_number
from servanda.errors import UsageError, nearest
from servanda.results.metrics import value_of

_NEEDED = ("start", "as_of", "horizon", "metrics")
_CARRIED = ("run", "weight", "reference_class", "policy")


@dataclass(frozen=True)
class _Months:
    """The months of the case whose results a dataset holds."""

    start: str
    as_of: str
    horizon: str


@dataclass(frozen=True)
class _Labelled:
    """The kept quantities of one policy, as a dataset holds them."""

    data: xr.Dataset

    def series(self, name: str) -> Float[np.ndarray, "month run"]:
        """One member of a quantity, like `used[RUS.shells]`."""
        return self._member(name).transpose("month", "run").values

    def unit(self, name: str) -> str:
        """The unit of this member."""
        member = self._member(name)
        given = member.attrs.get("units")
        if given is None:
            given = str(member[member.attrs["units_from"]].item())
        return "dimensionless" if given == "1" else str(given)

    def _member(self, name: str) -> xr.DataArray:
        quantity, _, label = name.removesuffix("]").partition("[")
        if quantity not in self.data:
            raise UsageError(
                where="results",
                found=f"no quantity '{quantity}'",
                expected="every quantity that the metrics of its case need",
                hint=nearest(quantity, map(str, self.data.data_vars)),
            )
        values = self.data[quantity]
        axes = [dim for dim in values.dims if dim not in ("month", "run")]
        if axes and label in values[axes[0]].values:
            return values.sel({axes[0]: label})
        # a quantity without members, or one member chosen before
        alone = [str(c.item()) for c in values.coords.values() if c.ndim == 0]
        if not axes and (not label or label in alone):
            return values
        raise UsageError(
            where="results",
            found=f"no '{label}' of '{quantity}'",
            expected="every member that the metrics of its case need",
        )


def metrics(results: xr.Dataset) -> xr.Dataset:
    """Every metric of the case, by run and, if there are several policies, by policy.

    Args:
        results: the dataset that `servanda.run` returned, or the same dataset read from a file.

    Returns:
        One variable for each metric, with its label as `long_name` and its unit. In runs in which
        an event does not happen, the time to the event is infinite and its month is NaT.

    Raises:
        UsageError: if the dataset is not a result of Servanda, or lacks quantities, members or
            months.
    """
    missing = [name for name in _NEEDED if name not in getattr(results, "attrs", {})]
    if missing:
        raise UsageError(
            where="results",
            found=f"{type(results).__name__} without the attribute '{missing[0]}'",
            expected="a dataset that servanda.run returned",
        )
    months = _Months(*(str(results.attrs[name]) for name in _NEEDED[:3]))
    count = month_number(months.horizon) - month_number(months.start) + 1
    if results.sizes.get("month") != count:
        raise UsageError(
            where="results",
            found=f"{results.sizes.get('month', 'no')} months",
            expected=f"all {count} months from {months.start} to {months.horizon}",
        )
    wanted = [Metric.model_validate(entry) for entry in json.loads(results.attrs["metrics"])]
    dims = ("policy", "run") if "policy" in results.dims else ("run",)
    rows = [results.isel(policy=i) for i in range(results.sizes.get("policy", 0))] or [results]
    variables = {}
    for metric in wanted:
        values = np.stack([value_of(_Labelled(row), months, metric) for row in rows])
        kept = values if "policy" in dims else values[0]
        variables[metric.name] = xr.Variable(dims, *_shown(kept, metric))
    coordinates = {name: results[name] for name in _CARRIED if name in results.coords}
    return xr.Dataset(variables, coordinates, dict(results.attrs))


def _shown(values: np.ndarray, metric: Metric) -> tuple[np.ndarray, dict[str, Any]]:
    """Values and attributes of a metric. Months of events become dates."""
    about = {"long_name": metric.label, "units": metric.unit.replace("dimensionless", "1")}
    if metric.reduce != "month_of_event":
        return values, about
    happens = np.isfinite(values)
    since_1970 = np.where(happens, values, 0).astype(np.int64) - 1970 * 12
    dates = since_1970.astype("datetime64[M]").astype("datetime64[ns]")
    return np.where(happens, dates, np.datetime64("NaT", "ns")), {"long_name": metric.label}
