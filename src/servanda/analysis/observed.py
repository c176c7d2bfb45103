"""Series of the record with the model's intervals: data of the fan charts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from jaxtyping import Float

from servanda.analysis.hindcast import Coverage
from servanda.case import Observation, Series, units
from servanda.ensembles import weighted
from servanda.observation import Figure, monthly, record
from servanda.observation.figures import carried
from servanda.results import Results

# The levels of the 90 % interval, the 50 % interval and the median.
BANDS = (0.05, 0.25, 0.5, 0.75, 0.95)
_DAYS_A_YEAR = 365.25


@dataclass(frozen=True)
class Drawn:
    """One figure on a chart.

    Attributes:
        observation: the figure.
        source_class: source class of the figure.
        bound: `estimate`, `upper` or `lower`.
        first, last: start and end of its period, in years; equal for a level.
        value: value in the chart's unit.
        low, high: the model's 90 % predictive interval for the figure; None for later figures.
        later: whether it became known after the evidence cut-off.
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
    """A series, with the model's intervals and the figures of the record.

    Attributes:
        series: the series.
        unit: unit of the chart.
        bands: quantiles over runs of the model's value in each month, in that unit, at the levels
            of `BANDS`.
        figures: figures of the record.
        coverage: coverage of the figures to the evidence cut-off.
    """

    series: Series
    unit: str
    bands: Float[np.ndarray, "level month"]
    figures: tuple[Drawn, ...]
    coverage: Coverage

    def median_of_year(self, last: int) -> float:
        """The mean of the monthly medians over the twelve months to a position."""
        return float(self.bands[BANDS.index(0.5), max(last - 11, 0) : last + 1].mean())


def observed(results: Results, coverages: Iterable[Coverage]) -> list[Observed]:
    """Every series with enough figures for a chart."""
    return [_one(results, c) for c in coverages if c.counted]


def _one(results: Results, coverage: Coverage) -> Observed:
    series = coverage.series
    truth, unit = monthly(results, series).astype(np.float32), _unit(results, series)
    if series.counting == "running_total" and carried(results.model, series):
        truth = np.diff(truth, axis=0, prepend=np.float32(0))
    if series.counting != "level":
        truth = truth * units.factor("1/month", f"1/{_time(series)}", series.name)
        unit = f"{unit}/{_time(series)}"
    compared = [point.figure for point in coverage.points]
    known = [
        _draw(results, series, compared, point.figure, point.interval) for point in coverage.points
    ]
    bands = weighted.quantile(truth, BANDS, results.weights)
    return Observed(series, unit, bands, (*known, *_later(results, series)), coverage)


def _time(series: Series) -> str:
    """The time unit of a flow: that of the series, or a month."""
    return series.unit.partition("/")[2] or "month"


def _unit(results: Results, series: Series) -> str:
    """The series' unit, without time for a flow; the model's unit if a counted thing is several."""
    if any(rule.equivalence != 1.0 for rule in series.rules):
        return results.unit(series.observes[0]).removesuffix("/month")
    return series.unit if series.counting == "level" else series.unit.partition("/")[0]


def _later(results: Results, series: Series) -> list[Drawn]:
    """The figures that became known after the cut-off, in the same form."""
    case, horizon = results.model.case, results.years[-1]
    everything = [o for o in case.evidence.of(series.name) if _year(o.ref_end, end=True) <= horizon]
    known = {o.id for o in case.known.observations}
    figures = record(results.model, series, everything).figures
    return [
        _draw(results, series, figures, figure, None)
        for figure in figures
        if figure.observation.id not in known
    ]


def _draw(
    results: Results,
    series: Series,
    figures: Sequence[Figure],
    figure: Figure,
    interval: tuple[float, float] | None,
) -> Drawn:
    first, last = _span(results, series, figures, figure)
    scale = _scale(series, figure, first, last)
    low, high = (None, None) if interval is None else (end * scale for end in interval)
    return Drawn(
        figure.observation,
        figure.rule.source_class,
        figure.rule.bound,
        first,
        last,
        figure.value * scale,
        low,
        high,
        interval is None,
    )


def _span(
    results: Results, series: Series, figures: Sequence[Figure], figure: Figure
) -> tuple[float, float]:
    """The start and end of a figure's period, in years."""
    o = figure.observation
    last = _year(o.ref_end, end=True)
    if series.counting == "level":
        return last, last
    if series.counting == "running_total":
        before = [
            other.observation.ref_end
            for other in figures
            if other.rule.source_class == figure.rule.source_class
            and other.observation.ref_end < o.ref_end
        ]
        return (_year(max(before), end=True) if before else _begins(results, series)), last
    return (_year(o.ref_start, end=False) if o.ref_start else last), last


def _begins(results: Results, series: Series) -> float:
    """The start of a running total: the first month in which a run has a value."""
    flowing = sum(np.abs(results.series(name)).max(axis=-1) for name in series.observes)
    moving = np.flatnonzero(np.asarray(flowing) > 0)
    first = moving[0] if len(moving) else 0
    return float(results.years[first] - 1 / 12)


def _scale(series: Series, figure: Figure, first: float, last: float) -> float:
    """The factor to the chart's unit. An amount becomes a mean rate."""
    if series.counting == "level" or "/" in series.unit:
        return figure.rule.equivalence
    months = max((last - first) * 12, 1 / 30)
    return figure.rule.equivalence / months


def _year(day: date, *, end: bool) -> float:
    """A day as a year with decimals: the end of the day if it ends a period, else its start."""
    first = date(day.year, 1, 1)
    return day.year + ((day - first).days + (1 if end else 0)) / _DAYS_A_YEAR
