"""Metrics: one number a run, from a quantity over a span of months."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float

from servanda.case import units
from servanda.case.schema import Metric, month_number
from servanda.engine import Model
from servanda.engine.quantity_names import Reference, resolve
from servanda.engine.simulate import kept_members
from servanda.errors import CaseError

Arrays = Mapping[str, np.ndarray]


def check_metrics(model: Model) -> None:
    """Raise `CaseError` if a metric names no kept quantity, has the wrong unit or an empty span."""
    for metric in model.case.spec.metrics:
        where = f"case.toml: metric '{metric.name}'"
        reference = resolve(model.axes, metric.quantity, where)
        if _keeps_unit(metric):
            units.factor(reference.unit, metric.unit, where)
        for other in (*metric.over, *([metric.less] if metric.less else [])):
            resolve(model.axes, other, where)
        first, last = span(model, metric)
        if not first <= last:
            raise CaseError(
                where=where,
                found=f"since {metric.since} until {metric.until}",
                expected="months in order, within the case",
            )


def span(model: Model, metric: Metric) -> tuple[int, int]:
    """First and last month that a metric covers, counted from the case's start."""
    spec = model.case.spec
    start = month_number(spec.start)
    named = {
        "start": 0,
        "as_of": month_number(spec.as_of) - start,
        "horizon": month_number(spec.horizon) - start,
    }

    def month(text: str) -> int:
        return named[text] if text in named else month_number(text) - start

    first = month(metric.since)
    if metric.since == "as_of":
        first += 1
    return max(first, 0), min(month(metric.until), named["horizon"])


def series(model: Model, arrays: Arrays, text: str) -> Float[np.ndarray, "month run"]:
    """One member of a quantity over all months."""
    reference = resolve(model.axes, text, "quantity")
    values = arrays[reference.quantity]
    return values if reference.position is None else values[:, _row(model, reference)]


def _row(model: Model, reference: Reference) -> int:
    kept = kept_members(model)[reference.quantity]
    if reference.position not in kept:
        raise CaseError(
            where="quantity",
            found=f"'{reference.quantity}[{reference.member}]'",
            expected="a member that runs keep",
        )
    return kept.index(reference.position)


def evaluate(
    model: Model, arrays: Arrays, metrics: Sequence[Metric] | None = None
) -> dict[str, Float[np.ndarray, "run"]]:
    """The value of each metric in every run, by name, in the metric's unit."""
    chosen = model.case.spec.metrics if metrics is None else metrics
    return {metric.name: _value(model, arrays, metric) for metric in chosen}


def _value(model: Model, arrays: Arrays, metric: Metric) -> Float[np.ndarray, "run"]:
    first, last = span(model, metric)

    def block(text: str) -> Float[np.ndarray, "month run"]:
        return series(model, arrays, text)[first : last + 1]

    values = block(metric.quantity)
    if metric.less is not None:
        values = values - block(metric.less)
    reduced = _reduce(values, metric.reduce)
    if metric.over:
        whole = sum(_reduce(block(text), metric.reduce) for text in metric.over)
        return reduced / np.maximum(whole, np.finfo(reduced.dtype).tiny)
    if metric.equals is not None:
        return (np.round(reduced) == metric.equals).astype(reduced.dtype)
    if not _keeps_unit(metric):
        return reduced
    unit = resolve(model.axes, metric.quantity, metric.name).unit
    return reduced * reduced.dtype.type(units.factor(unit, metric.unit, metric.name))


def _keeps_unit(metric: Metric) -> bool:
    """Whether a metric is an amount of its quantity, and not a share or a yes or no."""
    return metric.equals is None and not metric.over and metric.reduce != "any"


def _reduce(block: Float[np.ndarray, "month run"], how: str) -> Float[np.ndarray, "run"]:
    match how:
        case "sum":
            return block.sum(axis=0)
        case "last":
            return block[-1]
        case "max":
            return block.max(axis=0)
        case "any":
            return (block > 0.5).any(axis=0).astype(block.dtype)
        case _:
            return block.mean(axis=0)
