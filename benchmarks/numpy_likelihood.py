"""The likelihood of a record in NumPy and SciPy, and with it that of the core given its unknowns.

It shares no code with the likelihood in `servanda.observation`, only the equations and the figures
that are compared. Figures are taken one by one in order of time, series by series.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy  # scipy.stats takes half a second, and is imported when it is first used
from scipy.special import log_ndtr

from benchmarks import core, numpy_model
from servanda.calibration.space import Space
from servanda.case import Series, units
from servanda.engine import Model
from servanda.observation import Figure, Likelihood, Record

Values = np.ndarray
PERSISTENCE = 12.0
"""Months over which the correlation of a discrepancy falls by the factor e."""
FARTHEST, PLACES = 6.0, 2401
"""The table of quantiles: its ends, in standard deviations, and its length."""


@dataclass(frozen=True)
class Standing:
    """Mean and variance of what a series is off by, which return over time to those without data.

    Attributes:
        time: the month that they are of.
        mean, variance: what is known then, by run.
        rest: the mean without data: 0 of a discrepancy, 1 of a rate.
        spread: the variance without data, by run.
    """

    time: float
    mean: Values
    variance: Values
    rest: float
    spread: Values

    def later(self, time: float) -> "Standing":
        """What is known of a later month."""
        kept = float(np.exp((self.time - time) / PERSISTENCE))
        mean = self.rest + kept * (self.mean - self.rest)
        variance = self.spread + kept**2 * (self.variance - self.spread)
        return replace(self, time=time, mean=mean, variance=variance)


class SeriesLikelihood:
    """The figures of one series in many runs at once.

    Args:
        model: the model, which names the units of what the series observes.
        record: the series and its figures.
    """

    def __init__(self, model: Model, record: Record) -> None:
        self.series = record.series
        self.figures = sorted(record.figures, key=middle)
        self.times = [middle(figure) for figure in self.figures]
        self.weights = np.stack([f.months / f.rule.equivalence for f in self.figures])
        self.factors = {
            name: in_unit_of(self.series, model.layout.resolve(name, self.series.name).unit)
            for name in self.series.observes
        }

    def by_figure(self, values: Mapping[str, Values], inputs: Mapping[str, Values]) -> Values:
        """The log likelihood of each figure in each run, given the figures before it.

        Args:
            values: the observed quantities, (month, run).
            inputs: biases and discrepancies by printed name, (run).
        """
        means = self.expected(values, inputs)
        delta = inputs[f"observation.discrepancy[{self.series.name}]"]
        first = self.times[0]
        off = Standing(first, np.zeros_like(delta), delta**2, 0.0, delta**2)
        rate = Standing(first, np.ones_like(delta), delta**2, 1.0, delta**2)
        found = np.empty_like(means)
        for row, (figure, time) in enumerate(zip(self.figures, self.times, strict=True)):
            mean = means[row]
            if figure.rule.error is None:
                found[row], rate = events(figure, mean, rate.later(time))
            elif figure.rule.bound == "estimate":
                found[row], off = estimate(figure, mean, off.later(time))
            else:
                found[row] = side(figure, mean, delta)
        return found

    def expected(self, values: Mapping[str, Values], inputs: Mapping[str, Values]) -> Values:
        """The expected count of each figure's source in each run."""
        monthly: Values = np.sum([values[k] * factor for k, factor in self.factors.items()], axis=0)
        means: Values = self.weights[:, : len(monthly)].astype(monthly.dtype) @ monthly
        for row, figure in enumerate(self.figures):
            if figure.rule.bias != "reference":
                means[row] *= inputs[f"observation.bias[{figure.rule.bias}]"]
        return means


def middle(figure: Figure) -> float:
    """The middle of the months that a figure is about."""
    return float(np.average(np.arange(len(figure.months)), weights=np.abs(figure.months)))


def in_unit_of(series: Series, unit: str) -> float:
    """The factor from a quantity's unit, or from its amount in a month, to a series' unit."""
    if any(rule.equivalence != 1.0 for rule in series.rules):
        return 1.0
    if series.counting == "level":
        return units.factor(unit, series.unit, series.name)
    return units.factor(unit.removesuffix("/month"), series.unit.split("/")[0], series.name)


def scales(figure: Figure, mean: Values) -> tuple[float, Values, Values]:
    """The error σ of a figure, its distance from the mean on the scale of errors, and g there."""
    error = float(figure.rule.error or 1.0)
    near = figure.resolution / error
    away = float(np.arcsinh(figure.value / near)) - np.arcsinh(mean / near)
    return error, away, mean / np.hypot(mean, near)


def estimate(figure: Figure, mean: Values, at: Standing) -> tuple[Values, Standing]:
    """The log density of an estimate, and what is known of the discrepancy after it."""
    error, away, loading = scales(figure, mean)
    variance = loading**2 * at.variance + error**2
    away = away - loading * at.mean
    slope = float(np.log(np.hypot(figure.value, figure.resolution / error)))
    found = -0.5 * (away**2 / variance + np.log(2 * np.pi * variance)) - slope
    gain = loading * at.variance / variance
    mean, left = at.mean + gain * away, (1 - gain * loading) * at.variance
    return found, replace(at, mean=mean, variance=left)


def side(figure: Figure, mean: Values, delta: Values) -> Values:
    """The log probability of the side of a bound."""
    error, away, loading = scales(figure, mean)
    sign = 1 if figure.rule.bound == "upper" else -1
    found: Values = log_ndtr(sign * away / np.hypot(error, loading * delta))
    return found


def events(figure: Figure, mean: Values, at: Standing) -> tuple[Values, Standing]:
    """The log probability of a count of events, and what is known of the rate after it."""
    shape, scale = at.mean**2 / at.variance, at.mean / at.variance
    count = scipy.stats.nbinom(shape, scale / (scale + mean))
    match figure.rule.bound:
        case "upper":
            return count.logcdf(figure.value), at
        case "lower":
            return count.logsf(np.ceil(figure.value) - 1), at
    shape, scale = shape + figure.value, scale + mean
    after = replace(at, mean=shape / scale, variance=shape / scale**2)
    return count.logpmf(figure.value), after


class CoreTarget:
    """The likelihood of the core's record given its unknowns, up to the cut-off.

    Args:
        model: the core's model.
        dtype: the precision.
    """

    def __init__(self, model: Model, dtype: Any = np.float64) -> None:
        self.model, self.dtype = model, dtype
        self.space = Space(model)
        self.records = [SeriesLikelihood(model, r) for r in Likelihood(model).records]
        places = np.linspace(-FARTHEST, FARTHEST, PLACES)
        self.table = self.space.values(np.broadcast_to(places, (len(self.space.inputs), PLACES)))
        observed = dict.fromkeys(name for one in self.records for name in one.factors)
        self.observed = {name: self._row(name) for name in observed}

    def _row(self, text: str) -> tuple[str, int]:
        """The quantity of a printed name, and the position of its member."""
        name, _, member = text.removesuffix("]").partition("[")
        return name, self.model.axes[self.model.layout.quantities[name].axis].index(member)

    def by_figure(self, z: Values) -> Values:
        """The log likelihood of each figure in each run; `z` is (unknown, run)."""
        inputs = dict(zip(self.space.inputs, self.inputs(z).astype(self.dtype), strict=True))
        parameters = {k: v for k, v in inputs.items() if k in self.model.parameters}
        shocks = np.asarray(self.space.past(z)).swapaxes(0, 1)
        draws = dict(zip(self.space.shocks, shocks, strict=True))
        given = core.given(self.model, parameters, draws, z.shape[1])
        months = numpy_model.simulate(self.model.case.spec, self.model.axes, given, self.dtype)
        values = {text: months[name][:, row] for text, (name, row) in self.observed.items()}
        return np.concatenate([one.by_figure(values, inputs) for one in self.records])

    def inputs(self, z: Values) -> Values:
        """The uncertain inputs, by a table of quantiles."""
        own = z[: len(self.table)].clip(-FARTHEST, FARTHEST)
        place = (own + FARTHEST) * ((PLACES - 1) / (2 * FARTHEST))
        below = place.astype(int).clip(max=PLACES - 2)
        rows = np.arange(len(self.table))[:, None]
        low, high = self.table[rows, below], self.table[rows, below + 1]
        inputs: Values = low + (place - below) * (high - low)
        return inputs
