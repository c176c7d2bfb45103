"""Metrics: one number per run, from a quantity over a span of months."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from servanda.case import units
from servanda.case.schema import EVENTS, Calendar, Metric, metric_span, month_name, month_number
from servanda.engine import Model
from servanda.ensembles import weighted
from servanda.errors import CaseError
from servanda.files import csv_text
from servanda.files.faults import Faults
from servanda.results.results import Results

# Yes is stored as one, no as zero.
_YES = 0.5


@runtime_checkable
class Kept(Protocol):
    """The kept quantities of runs, by the names of quantities and members."""

    def series(self, name: str) -> Float[np.ndarray, "month run"]:
        """One member of a quantity, like `used[RUS.shells]`."""

    def unit(self, name: str) -> str:
        """The unit of this member."""


def check_metrics(model: Model) -> None:
    """Raise `CaseError` if a metric names no kept quantity, has the wrong unit or an empty span."""
    faults = Faults()
    for metric in model.case.spec.metrics:
        faults.read(_check_metric, model, metric)
    faults.raise_any()


def _check_metric(model: Model, metric: Metric) -> None:
    spec, layout = model.case.spec, model.layout
    start = month_number(spec.start)
    where = f"case.toml: metrics[{metric.name!r}]"
    unit = layout.resolve(metric.quantity, f"{where}.quantity").unit
    others = [(f"over[{n}]", name) for n, name in enumerate(metric.over, start=1)]
    others += [("less", metric.less)] if metric.less else []
    for key, other in others:
        found = layout.resolve(other, f"{where}.{key}").unit
        if found != unit:
            raise CaseError(
                where=f"{where}.{key}",
                found=f"'{other}' in {found}",
                expected=f"{unit}, as '{metric.quantity}' has",
            )
    units.factor(_unit(metric, unit), metric.unit, f"{where}.unit")
    if metric.reduce == "month_of_event" and metric.unit != "month":
        found = f"unit '{metric.unit}'"
        raise CaseError(f"{where}.unit", found, "'month', the unit of the dates of events")
    first, last = metric_span(spec, metric)
    if not first <= last:
        raise CaseError(
            where=where,
            found=f"since {metric.since} until {metric.until}, "
            f"which is {month_name(start + first)} to {month_name(start + last)}",
            expected="months in order, within the case",
        )


def evaluate(
    results: Results, metrics: Sequence[Metric] | None = None
) -> dict[str, Float[np.ndarray, "run"]]:
    """The value of each metric in every run, by name, in the metric's unit.

    A time to an event runs from the start of the span to the end of the event's month. The month of
    an event is counted from year zero. Both are infinite in runs without the event.
    """
    spec = results.model.case.spec
    chosen = spec.metrics if metrics is None else metrics
    return {metric.name: value_of(results, spec, metric) for metric in chosen}


def value_of(kept: Kept, calendar: Calendar, metric: Metric) -> Float[np.ndarray, "run"]:
    """The value of one metric in every run.

    Args:
        kept: kept quantities of the runs.
        calendar: months of the case.
        metric: the metric.
    """
    first, last = metric_span(calendar, metric)

    def block(name: str) -> Float[np.ndarray, "month run"]:
        return np.asarray(kept.series(name)[first : last + 1])

    values = block(metric.quantity)
    if metric.less is not None:
        values = values - block(metric.less)
    if metric.reduce == "month_of_event":
        return _event(values, metric) + month_number(calendar.start) + first
    if metric.reduce == "time_to_event":
        return (_event(values, metric) + 1) * units.factor("month", metric.unit, metric.name)
    reduced = _reduce(values, metric)
    dtype = reduced.dtype
    if metric.over:
        whole = sum(_reduce(block(name), metric) for name in metric.over)
        return np.asarray(reduced / np.maximum(whole, np.finfo(dtype).tiny))
    if metric.above is not None:
        return np.asarray(reduced > metric.above, dtype)
    given = _unit(metric, kept.unit(metric.quantity))
    return np.asarray(reduced * units.factor(given, metric.unit, metric.name), dtype)


def is_yes_or_no(model: Model, metric: Metric) -> bool:
    """Whether a metric is an indicator: one for yes and zero for no."""
    if metric.reduce in EVENTS or metric.over:
        return False
    if metric.above is not None or metric.reduce == "any":
        return True
    names = [metric.quantity, *([metric.less] if metric.less else [])]
    indicators = [model.layout.resolve(name, metric.name).quantity.indicator for name in names]
    return all(indicators) and metric.reduce in ("first", "last", "min", "max")


def table_of_metrics(results: Results) -> str:
    """Each metric's mean and, unless it is an indicator, median and 90 % interval, as CSV."""
    model = results.model
    rows: list[tuple[str, ...]] = [("metric", "label", "unit", "mean", "low", "median", "high")]
    for metric in model.case.spec.metrics:
        values = value_of(results, model.case.spec, metric)
        cells = _summary(model, metric, values, results.weights)
        rows.append((metric.name, metric.label, metric.unit, *cells))
    return csv_text(rows)


def _summary(
    model: Model, metric: Metric, values: np.ndarray, weights: np.ndarray
) -> tuple[str, ...]:
    """Mean, low, median and high as texts, empty where they have no meaning."""
    levels = (0.05, 0.5, 0.95)
    if metric.reduce in EVENTS:  # runs without the event are infinite, so there is no mean
        return ("", *(_when(v, metric) for v in weighted.attained(values, levels, weights)))
    centre = f"{weighted.mean(values, weights):.6g}"
    if is_yes_or_no(model, metric):
        return (centre, "", "", "")
    return (centre, *(f"{v:.6g}" for v in weighted.quantile(values, levels, weights)))


def _when(value: float, metric: Metric) -> str:
    """A time to an event, or its month; empty if the event does not happen."""
    if not np.isfinite(value):
        return ""
    return month_name(round(value)) if metric.reduce == "month_of_event" else f"{value:.6g}"


def _unit(metric: Metric, unit: str) -> str:
    """The unit of a metric of a quantity in this unit. A rate summed over months is an amount."""
    if metric.reduce in EVENTS:
        return "month"
    if metric.above is not None or metric.over or metric.reduce == "any":
        return "dimensionless"
    return unit.removesuffix("/month") if metric.reduce == "sum" else unit


def _reduce(block: Float[np.ndarray, "month run"], metric: Metric) -> Float[np.ndarray, "run"]:
    match metric.reduce:
        case "first" | "last":
            return np.asarray(block[0 if metric.reduce == "first" else -1])
        case "quantile":
            return np.asarray(np.quantile(block, metric.level or 0.0, axis=0), block.dtype)
        case "any":
            return np.asarray((block > _YES).any(axis=0), block.dtype)
        case _:
            return np.asarray(getattr(block, metric.reduce)(axis=0))


def _event(block: Float[np.ndarray, "month run"], metric: Metric) -> Float[np.ndarray, "run"]:
    """The position in the span of the first month with the event; infinite if there is none."""
    happens = block > (_YES if metric.above is None else metric.above)
    return np.where(happens.any(axis=0), np.argmax(happens, axis=0).astype(float), np.inf)
