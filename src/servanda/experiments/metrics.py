"""Metrics: one number a run, from a quantity over a span of months."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float

from servanda.case import units
from servanda.case.schema import Metric, metric_span, month_name, month_number
from servanda.engine import Model
from servanda.errors import CaseError

Arrays = Mapping[str, np.ndarray]

# Yes is kept as one, no as zero.
_YES = 0.5


def check_metrics(model: Model) -> None:
    """Raise `CaseError` if a metric names no kept quantity, has the wrong unit or an empty span."""
    start = month_number(model.case.spec.start)
    for metric in model.case.spec.metrics:
        where = f"case.toml: metric '{metric.name}'"
        unit = model.layout.resolve(metric.quantity, where).unit
        for other in (*metric.over, *([metric.less] if metric.less else [])):
            found = model.layout.resolve(other, where).unit
            if found != unit:
                raise CaseError(
                    where=where,
                    found=f"'{other}' in {found}",
                    expected=f"{unit}, as '{metric.quantity}' has",
                )
        units.factor(_unit(metric, unit), metric.unit, where)
        first, last = metric_span(model.case.spec, metric)
        if not first <= last:
            raise CaseError(
                where=where,
                found=f"since {metric.since} until {metric.until}, "
                f"which is {month_name(start + first)} to {month_name(start + last)}",
                expected="months in order, within the case",
            )


def series(model: Model, arrays: Arrays, text: str) -> Float[np.ndarray, "month run"]:
    """One member of a quantity over all months."""
    reference = model.layout.resolve(text, "quantity")
    values = arrays[reference.quantity.name]
    return np.asarray(values if reference.row is None else values[:, reference.row])


def evaluate(
    model: Model, arrays: Arrays, metrics: Sequence[Metric] | None = None
) -> dict[str, Float[np.ndarray, "run"]]:
    """The value of each metric in every run, by name, in the metric's unit."""
    chosen = model.case.spec.metrics if metrics is None else metrics
    return {metric.name: _value(model, arrays, metric) for metric in chosen}


def _value(model: Model, arrays: Arrays, metric: Metric) -> Float[np.ndarray, "run"]:
    first, last = metric_span(model.case.spec, metric)

    def block(text: str) -> Float[np.ndarray, "month run"]:
        return np.asarray(series(model, arrays, text)[first : last + 1])

    values = block(metric.quantity)
    if metric.less is not None:
        values = values - block(metric.less)
    reduced = _reduce(values, metric.reduce)
    dtype = reduced.dtype
    if metric.over:
        whole = sum(_reduce(block(text), metric.reduce) for text in metric.over)
        return np.asarray(reduced / np.maximum(whole, np.finfo(dtype).tiny))
    if metric.above is not None:
        return np.asarray(reduced > metric.above, dtype)
    given = _unit(metric, model.layout.resolve(metric.quantity, metric.name).unit)
    return np.asarray(reduced * units.factor(given, metric.unit, metric.name), dtype)


def _unit(metric: Metric, unit: str) -> str:
    """Unit of what a metric makes of a quantity in this unit: months of a rate sum to an amount."""
    if metric.above is not None or metric.over or metric.reduce == "any":
        return "dimensionless"
    return unit.removesuffix("/month") if metric.reduce == "sum" else unit


def _reduce(block: Float[np.ndarray, "month run"], how: str) -> Float[np.ndarray, "run"]:
    match how:
        case "sum":
            return np.asarray(block.sum(axis=0))
        case "last":
            return np.asarray(block[-1])
        case "max":
            return np.asarray(block.max(axis=0))
        case "any":
            return np.asarray((block > _YES).any(axis=0), block.dtype)
        case _:
            return np.asarray(block.mean(axis=0))
