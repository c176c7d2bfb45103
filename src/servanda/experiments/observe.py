"""Observation: what each source would have counted in each run.

A source class counts b·x·exp(ε) where there is x: b is the bias that its class shares (one for the
reference class), ε its own error with the rule's log standard deviation; counts of events are
Poisson instead. A level is the model's at the month's end. A flow is summed over the days that the
figure is about, whole months in proportion; a unit with time in it makes it a rate. A running total
is counted from the case's start and compared by the increments between a source class's successive
figures, because totals hide every turn: scored as levels, a fall in deliveries disappears.
"""

import calendar
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import numpy as np
from jaxtyping import Float

from servanda.case import Case, Observation, Series, SourceRule, units
from servanda.case.evidence import REFERENCE
from servanda.case.priors import draw, label
from servanda.case.schema import month_number
from servanda.engine import Model
from servanda.experiments.metrics import Arrays, series

# Totals given closer together are two offices' readings of one thing, not a flow between them.
_CLOSEST_TOTALS = timedelta(days=25)


@dataclass(frozen=True)
class Predicted:
    """What one figure would have been in each run.

    Attributes:
        observation: the figure.
        rule: how its source counts.
        figure: what is compared, in the series' unit: the figure, or its increment on the last one
            of its class.
        draws: the same as each run would have it.
    """

    observation: Observation
    rule: SourceRule
    figure: float
    draws: Float[np.ndarray, "run"]

    @property
    def interval(self) -> tuple[float, float]:
        """The 90 % prior-predictive interval."""
        low, high = np.quantile(self.draws, [0.05, 0.95])
        return float(low), float(high)

    @property
    def inside(self) -> bool:
        """Whether the figure is within the interval, or beyond it where a bound allows that."""
        low, high = self.interval
        match self.rule.bound:
            case "upper":
                return self.figure >= low
            case "lower":
                return self.figure <= high
            case _:
                return low <= self.figure <= high


def predict(
    model: Model, arrays: Arrays, counted: Series, observations: Sequence[Observation], seed: int
) -> list[Predicted]:
    """What each of a series' figures would have been in each run, in order of time.

    Figures about days before the case's start are left out: no run says anything about them.

    Args:
        model: what was run.
        arrays: its results.
        counted: the series.
        observations: its figures, which the caller has cut to what was known.
        seed: of the observation errors.
    """
    count = _Count(model.case, counted, _monthly(model, arrays, counted), seed)
    if counted.counting == "running_total":
        predicted: list[Predicted] = []
        for rule in counted.rules:
            own = [
                o for o in observations if count.rule(o) == rule and o.ref_end >= count.first_day
            ]
            predicted += _increments(count, own, carried=carried(model, counted))
        return sorted(predicted, key=lambda p: p.observation.ref_end)
    flow = counted.counting != "level"
    return [
        _single(count, o)
        for o in observations
        if ((flow and o.ref_start) or o.ref_end) >= count.first_day
    ]


def carried(model: Model, counted: Series) -> bool:
    """Whether what a series observes is a state, so that a running total is one already."""
    found = [model.layout.resolve(name, counted.name) for name in counted.observes]
    return all(reference.quantity.carried for reference in found)


def _monthly(model: Model, arrays: Arrays, counted: Series) -> Float[np.ndarray, "month run"]:
    """What the series observes, month by month: a level, or a month's amount, in its unit."""
    total = np.zeros(1)
    for name in counted.observes:
        unit = model.layout.resolve(name, f"series.toml: {counted.name}").unit
        wanted = counted.unit
        if counted.counting != "level":
            unit, wanted = unit.removesuffix("/month"), wanted.partition("/")[0]
        # a counted thing that stands for several of the model's keeps the model's unit
        if any(rule.equivalence != 1.0 for rule in counted.rules):
            wanted = unit
        values = series(model, arrays, name).astype(float)
        total = total + values * units.factor(unit, wanted, counted.name)
    return total


def _single(count: "_Count", o: Observation) -> Predicted:
    level = count.series.counting == "level"
    true = count.at(o.ref_end) if level else count.between(o)
    return Predicted(o, count.rule(o), count.figure(o), count.counted(o, true))


def _increments(
    count: "_Count", observations: Sequence[Observation], *, carried: bool
) -> list[Predicted]:
    """Increments between a class's successive totals, each with its own error; the first from zero.

    A class adds to its total, so what it counted before it counts again: errors are of increments.
    A total that bounds says nothing of the kind about what was added to it, except the first.
    """
    predicted: list[Predicted] = []
    figure, true, day = 0.0, np.zeros(1), date.min
    for o in observations:
        if o.ref_end - day < _CLOSEST_TOTALS:
            continue
        total = count.at(o.ref_end) if carried else count.until(o.ref_end)
        rule = count.rule(o)
        if predicted:
            rule = rule.model_copy(update={"bound": "estimate"})
        step = count.counted(o, total - true)
        predicted.append(Predicted(o, rule, count.figure(o) - figure, step))
        figure, true, day = count.figure(o), total, o.ref_end
    return predicted


@dataclass(frozen=True)
class _Count:
    """How one series is counted in every run.

    Attributes:
        case: what was run.
        series: the series.
        monthly: what it observes, month by month.
        seed: of biases and errors.
    """

    case: Case
    series: Series
    monthly: Float[np.ndarray, "month run"]
    seed: int

    @cached_property
    def first_day(self) -> date:
        """The first day of the case."""
        year, month = divmod(month_number(self.case.spec.start), 12)
        return date(year, month + 1, 1)

    def rule(self, o: Observation) -> SourceRule:
        """How the figure's source counts."""
        return self.series.rule(self.case.evidence.source(o.source).source_class)

    def figure(self, o: Observation) -> float:
        """The figure in the series' unit."""
        return o.value * units.factor(o.unit, self.series.unit, o.id)

    def counted(self, o: Observation, true: np.ndarray) -> Float[np.ndarray, "run"]:
        """What the figure's source would have counted where there is so much, in every run."""
        rule = self.rule(o)
        expected = true / rule.equivalence * self._biases[rule.bias]
        stream = np.random.Generator(np.random.Philox([self.seed, zlib.crc32(o.id.encode())]))
        if rule.error is None:
            return np.asarray(stream.poisson(np.maximum(expected, 0.0)), float)
        return np.asarray(expected * np.exp(rule.error * stream.standard_normal(len(expected))))

    @cached_property
    def _biases(self) -> Mapping[str, np.ndarray]:
        """Every rule's bias in every run."""
        runs = np.arange(self.monthly.shape[-1])
        named = sorted({rule.bias for rule in self.series.rules} - {REFERENCE})
        priors = {n: self.case.parameters["observation.bias"].priors[n] for n in named}
        drawn = draw({label("observation.bias", n): p for n, p in priors.items()}, self.seed, runs)
        biases = {n: np.asarray(drawn[label("observation.bias", n)], float) for n in named}
        return biases | {REFERENCE: np.ones(len(runs))}

    def at(self, day: date) -> Float[np.ndarray, "run"]:
        """The level on a day, between the ends of the months around it."""
        position = self._months_until(day)
        lower = int(np.clip(np.floor(position) - 1, 0, len(self.monthly) - 1))
        upper = min(lower + 1, len(self.monthly) - 1)
        weight = float(np.clip(position - 1 - lower, 0.0, 1.0))
        return np.asarray(self.monthly[lower] * (1 - weight) + self.monthly[upper] * weight)

    def until(self, day: date) -> Float[np.ndarray, "run"]:
        """The amount from the case's start to the end of a day."""
        return np.asarray(self._weights(self.first_day, day) @ self.monthly)

    def between(self, o: Observation) -> Float[np.ndarray, "run"]:
        """The amount, or mean rate, over the days that a flow is about."""
        first = o.ref_start or o.ref_end
        amount = np.asarray(self._weights(first, o.ref_end) @ self.monthly)
        _, rate, time = self.series.unit.partition("/")
        if not rate:
            return amount
        return amount * units.factor("1/day", f"1/{time}", o.id) / ((o.ref_end - first).days + 1)

    def _weights(self, first: date, last: date) -> Float[np.ndarray, "month"]:
        """Share of each month's days from `first` to `last`, both included."""
        start = month_number(self.case.spec.start)
        weights = np.zeros(len(self.monthly))
        for number in range(len(weights)):
            year, month = divmod(start + number, 12)
            days = calendar.monthrange(year, month + 1)[1]
            opens, closes = date(year, month + 1, 1), date(year, month + 1, days)
            overlap = (min(last, closes) - max(first, opens)).days + 1
            weights[number] = max(overlap, 0) / days
        return weights

    def _months_until(self, day: date) -> float:
        """Months from the case's start to the end of a day."""
        days = calendar.monthrange(day.year, day.month)[1]
        months = day.year * 12 + day.month - 1 - month_number(self.case.spec.start)
        return months + day.day / days


def known_by_series(case: Case) -> Mapping[str, Sequence[Observation]]:
    """What was known at the cut, by series that the model observes."""
    known = case.known
    return {s.name: known.of(s.name) for s in known.series if s.quantitative}


def bearing(model: Model) -> dict[str, int]:
    """How many known figures bear on each mechanism.

    A figure bears on the mechanism that writes what it counts, and on those whose flows that one
    reads within the month: deliveries on the ledger that grants them and the exchange that asks.
    """
    writer = {name: process.slot for process in model.plan for name in process.writes}
    flows = {name for name, q in model.layout.quantities.items() if not q.carried}
    feeds = {p.slot: {writer[name] for name in p.reads & flows} for p in model.plan}
    by_name = {s.name: s for s in model.case.evidence.series}
    counts = {process.slot: 0 for process in model.plan}
    for name, rows in known_by_series(model.case).items():
        observed = [model.layout.resolve(text, name) for text in by_name[name].observes]
        reached = {writer[reference.quantity.name] for reference in observed}
        reached |= {slot for first in reached for slot in feeds[first]}
        for slot in reached:
            counts[slot] += len(rows)
    return counts
