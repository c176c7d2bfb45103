"""Evidence as drawn over a fan: each figure at its time, as its source class counts it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from jaxtyping import Float

from servanda.case import Observation, Series, SourceRule, units
from servanda.experiments import Coverage
from servanda.experiments.observe import Predicted, carried, predict
from servanda.report.numbers import Runs

_DAYS_A_YEAR = 365.25


@dataclass(frozen=True)
class Drawn:
    """One figure on a chart.

    Attributes:
        observation: the figure.
        source_class: whose it is.
        bound: `estimate`, `upper` or `lower`.
        first, last: years that it is about; equal for a level.
        value: in the chart's unit.
        low, high: where the model expected this source's figure, 90 %; None for later ones.
        later: known only after the cut.
    """

    observation: Observation
    source_class: str
    bound: str
    first: float
    last: float
    value: float
    low: float | None
    high: float | None
    later: bool


@dataclass(frozen=True)
class Observed:
    """A series with what the model holds to be so.

    Attributes:
        series: the series.
        unit: what the chart is in.
        truth: the model's value each month, in that unit.
        figures: what sources said.
        coverage: how the figures to the cut fared.
    """

    series: Series
    unit: str
    truth: Float[np.ndarray, "month run"]
    figures: tuple[Drawn, ...]
    coverage: Coverage


def observed(runs: Runs, coverages: Iterable[Coverage]) -> list[Observed]:
    """Every series with enough figures to be worth a chart."""
    return [_one(runs, c) for c in coverages if c.counted]


def _one(runs: Runs, coverage: Coverage) -> Observed:
    series = coverage.series
    rate = series.counting != "level"
    amount = _amount_unit(runs, series)
    unit = amount if not rate else f"{amount}/{_time(series)}"
    truth = _truth(runs, series, amount)
    if rate:
        truth = truth * units.factor("1/month", f"1/{_time(series)}", series.name)
    known = [_draw(runs, coverage.points, p, later=False) for p in coverage.points]
    return Observed(series, unit, truth, (*known, *_later(runs, coverage)), coverage)


def _time(series: Series) -> str:
    """What a flow is counted by: the series' own time, or a month."""
    return series.unit.partition("/")[2] or "month"


def _amount_unit(runs: Runs, series: Series) -> str:
    """The series' unit without time; the model's where one counted thing stands for several."""
    if all(rule.equivalence == 1.0 for rule in series.rules):
        return series.unit.partition("/")[0]
    return _model_unit(runs, series.observes[0])


def _model_unit(runs: Runs, name: str) -> str:
    return runs.model.layout.resolve(name, name).unit.removesuffix("/month")


def _truth(runs: Runs, series: Series, amount: str) -> Float[np.ndarray, "month run"]:
    """What the series is about, a month at a time; running totals as what each month adds."""
    total = sum(
        runs.series(name) * units.factor(_model_unit(runs, name), amount, series.name)
        for name in series.observes
    )
    values = np.asarray(total, dtype=np.float32)
    if series.counting == "running_total" and carried(runs.model, series):
        return np.diff(values, axis=0, prepend=np.float32(0))
    return values


def _later(runs: Runs, coverage: Coverage) -> list[Drawn]:
    """What became known after the cut, counted the same way; one run gives the figures."""
    case = runs.model.case
    horizon = runs.years[-1]
    everything = [
        o for o in case.evidence.of(coverage.series.name) if _year(o.ref_end, end=True) <= horizon
    ]
    known = {o.id for o in case.known.observations}
    one = {name: values[..., :1] for name, values in runs.arrays.items()}
    points = predict(runs.model, one, coverage.series, everything, runs.seed)
    return [_draw(runs, points, p, later=True) for p in points if p.observation.id not in known]


def _draw(runs: Runs, points: Sequence[Predicted], point: Predicted, *, later: bool) -> Drawn:
    first, last = _span(runs, points, point)
    scale = _scale(runs, point, first, last)
    low, high = (None, None) if later else (v * scale for v in point.interval)
    source = runs.model.case.evidence.source(point.observation.source)
    return Drawn(
        point.observation,
        source.source_class,
        point.rule.bound,
        first,
        last,
        point.figure * scale,
        low,
        high,
        later,
    )


def _span(runs: Runs, points: Sequence[Predicted], point: Predicted) -> tuple[float, float]:
    """Years that a compared figure is about."""
    series, o = _series(runs, point), point.observation
    last = _year(o.ref_end, end=True)
    if series.counting == "level":
        return last, last
    if series.counting == "running_total":
        before = [
            p.observation.ref_end
            for p in points
            if p.rule.source_class == point.rule.source_class and p.observation.ref_end < o.ref_end
        ]
        return (_year(max(before), end=True) if before else _begins(runs, series)), last
    return (_year(o.ref_start, end=False) if o.ref_start else last), last


def _series(runs: Runs, point: Predicted) -> Series:
    return next(s for s in runs.model.case.evidence.series if s.name == point.observation.series)


def _begins(runs: Runs, series: Series) -> float:
    """When a running total can have begun: the first month in which any run has some."""
    flowing = sum(np.abs(runs.series(name)).max(axis=-1) for name in series.observes)
    moving = np.flatnonzero(np.asarray(flowing) > 0)
    return float(runs.years[moving[0]] - 1 / 12) if len(moving) else float(runs.years[0] - 1 / 12)


def _scale(runs: Runs, point: Predicted, first: float, last: float) -> float:
    """What turns a figure into the chart's unit: an amount becomes a mean rate."""
    series = _series(runs, point)
    things = _equivalence(series, point.rule)
    if series.counting == "level" or "/" in series.unit:
        return things
    months = max((last - first) * 12, 1 / 30)
    return things / months


def _equivalence(series: Series, rule: SourceRule) -> float:
    return rule.equivalence if any(r.equivalence != 1.0 for r in series.rules) else 1.0


def _year(day: date, *, end: bool) -> float:
    """A day as a year with decimals: its evening if it ends a period, else its morning."""
    first = date(day.year, 1, 1)
    return day.year + ((day - first).days + (1 if end else 0)) / _DAYS_A_YEAR
