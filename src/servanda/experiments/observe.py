"""Observation: what each source would have counted in each run.

A source class counts b·x·exp(ε) where there is x: b is the bias that its class shares (one for the reference class),
ε its own error with the rule's log standard deviation; counts of events are Poisson instead. A level is the model's
at the month's end. A flow is summed over the days that the figure is about, whole months in proportion; a unit with
time in it makes it a rate. A running total is counted from the case's start and compared by the increments between a
source class's successive figures, because totals hide every turn: scored as levels, a fall in deliveries disappears.
"""

import calendar
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from jaxtyping import Float

from servanda.case import Case, Observation, Series, SourceRule, units
from servanda.case.evidence import REFERENCE
from servanda.case.priors import draw, label
from servanda.case.schema import month_number
from servanda.engine import Model
from servanda.engine.quantity_names import resolve
from servanda.experiments.metrics import Arrays, series
from servanda.world import quantities

# Totals given closer together than this are two offices' readings of one thing, not a flow between them.
_CLOSEST_TOTALS = timedelta(days=25)


@dataclass(frozen=True)
class Predicted:
    """What one figure would have been in each run.

    Attributes:
        observation: the figure.
        rule: how its source counts.
        figure: what is compared, in the series' unit: the figure, or its increment on the class's last one.
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
        """Whether the figure is compatible: within the interval, or beyond it on the side that a bound allows."""
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

    Args:
        model: what was run.
        arrays: its results.
        counted: the series.
        observations: its figures, which the caller has cut to what was known.
        seed: of the observation errors.
    """
    case = model.case
    start = _first_day(case)
    usable = [o for o in observations if o.ref_end >= start]
    if counted.counting != "running_total":
        usable = [o for o in usable if o.ref_start is None or o.ref_start >= start - timedelta(31)]
        return [_single(model, arrays, counted, o, seed) for o in usable]
    predicted = []
    for rule in counted.rules:
        own = [o for o in usable if _class(case, o) == rule.source_class]
        predicted += _increments(model, arrays, counted, rule, own, seed)
    return sorted(predicted, key=lambda p: p.observation.ref_end)


def _single(
    model: Model, arrays: Arrays, counted: Series, observation: Observation, seed: int
) -> Predicted:
    rule = counted.rule(_class(model.case, observation))
    figure = observation.value * units.factor(observation.unit, counted.unit, observation.id)
    if counted.counting == "level":
        true = _at(model, arrays, counted, observation.ref_end)
    else:
        true = _between(model, arrays, counted, observation)
    return Predicted(observation, rule, figure, _counted(model, rule, observation, true, seed))


def _increments(
    model: Model,
    arrays: Arrays,
    counted: Series,
    rule: SourceRule,
    observations: Sequence[Observation],
    seed: int,
) -> list[Predicted]:
    """Increments between one class's successive totals, each with its own error; the first from zero."""
    predicted: list[Predicted] = []
    last_figure, last_draws, last_day = 0.0, 0.0 * _total(model, arrays, counted, _first_day(model.case)), None
    for o in observations:
        if last_day is not None and o.ref_end - last_day < _CLOSEST_TOTALS:
            continue
        figure = o.value * units.factor(o.unit, counted.unit, o.id)
        draws = _counted(model, rule, o, _total(model, arrays, counted, o.ref_end), seed)
        predicted.append(Predicted(o, rule, figure - last_figure, draws - last_draws))
        last_figure, last_draws, last_day = figure, draws, o.ref_end
    return predicted


def _counted(
    model: Model, rule: SourceRule, observation: Observation, true: np.ndarray, seed: int
) -> np.ndarray:
    """Bias and error of one figure, in every run."""
    expected = true / rule.equivalence * _bias(model.case, rule.bias, seed, true.shape[-1])
    stream = np.random.Generator(np.random.Philox([seed, zlib.crc32(observation.id.encode())]))
    if rule.error is None:
        return stream.poisson(np.maximum(expected, 0.0)).astype(float)
    return expected * np.exp(rule.error * stream.standard_normal(len(expected)))


def _bias(case: Case, name: str, seed: int, runs: int) -> np.ndarray:
    if name == REFERENCE:
        return np.ones(runs)
    printed = label("observation.bias", name)
    prior = case.parameters["observation.bias"].priors[name]
    return np.asarray(draw({printed: prior}, seed, np.arange(runs))[printed], float)


def _class(case: Case, observation: Observation) -> str:
    return case.evidence.source(observation.source).source_class


def _first_day(case: Case) -> date:
    year, month = divmod(month_number(case.spec.start), 12)
    return date(year, month + 1, 1)


def _amounts(model: Model, arrays: Arrays, counted: Series) -> Float[np.ndarray, "month run"]:
    """What the series observes, a month at a time, in its unit without time."""
    total = None
    for name in counted.observes:
        reference = resolve(model.axes, name, f"series.toml: {counted.name}")
        values = series(model, arrays, name).astype(float)
        unit = reference.unit.removesuffix("/month")
        scaled = values * units.factor(unit, _amount_unit(counted, unit), counted.name)
        total = scaled if total is None else total + scaled
    assert total is not None
    return total


def _amount_unit(counted: Series, model_unit: str) -> str:
    """The series' unit as an amount; a counted thing that stands for several keeps the model's unit."""
    if any(rule.equivalence != 1.0 for rule in counted.rules):
        return model_unit
    return counted.unit.split("/")[0]


def _at(model: Model, arrays: Arrays, counted: Series, day: date) -> np.ndarray:
    """The level on a day, between the ends of the months around it."""
    values = _amounts(model, arrays, counted)
    position = _month_position(model.case, day)
    lower = int(np.clip(np.floor(position) - 1, 0, len(values) - 1))
    upper = min(lower + 1, len(values) - 1)
    weight = float(np.clip(position - 1 - lower, 0.0, 1.0))
    return np.asarray(values[lower] * (1 - weight) + values[upper] * weight)


def _total(model: Model, arrays: Arrays, counted: Series, day: date) -> np.ndarray:
    """The running total on a day."""
    if all(quantities()[n.partition("[")[0]].carried for n in counted.observes):
        return _at(model, arrays, counted, day)
    values = _amounts(model, arrays, counted)
    return np.asarray(_weights(model.case, _first_day(model.case), day, len(values)) @ values)


def _between(model: Model, arrays: Arrays, counted: Series, o: Observation) -> np.ndarray:
    """The amount, or mean rate, over the days that a figure is about."""
    assert o.ref_start is not None
    values = _amounts(model, arrays, counted)
    amount = _weights(model.case, o.ref_start, o.ref_end, len(values)) @ values
    if "/" not in counted.unit:
        return np.asarray(amount)
    days = (o.ref_end - o.ref_start).days + 1
    return np.asarray(amount * units.factor("1/day", "1/" + counted.unit.split("/")[1], o.id) / days)


def _weights(case: Case, first: date, last: date, months: int) -> Float[np.ndarray, "month"]:
    """Share of each month's days from `first` to `last`, both included."""
    start = month_number(case.spec.start)
    weights = np.zeros(months)
    for number in range(months):
        year, month = divmod(start + number, 12)
        days = calendar.monthrange(year, month + 1)[1]
        opens, closes = date(year, month + 1, 1), date(year, month + 1, days)
        overlap = (min(last, closes) - max(first, opens)).days + 1
        weights[number] = max(overlap, 0) / days
    return weights


def _month_position(case: Case, day: date) -> float:
    """Months from the case's start to the end of a day."""
    days = calendar.monthrange(day.year, day.month)[1]
    return day.year * 12 + day.month - 1 - month_number(case.spec.start) + day.day / days


def known_by_series(case: Case) -> Mapping[str, Sequence[Observation]]:
    """What was known at the cut, by series that the model observes."""
    known = case.known
    return {s.name: known.of(s.name) for s in known.series if s.quantitative}


def bearing(model: Model) -> dict[str, int]:
    """How many known figures bear on each mechanism: on what it writes, or on what that is made from within a month.

    A figure on deliveries bears on the exchange that asks for them, on the ledger that grants them, and on whatever
    those read in the same month.
    """
    writer = {name: process.slot for process in model.plan for name in process.writes}
    feeds = {p.slot: {writer[n] for n in p.reads if n in writer} for p in model.plan}
    by_name = {s.name: s for s in model.case.evidence.series}
    counts = {process.slot: 0 for process in model.plan}
    for name, rows in known_by_series(model.case).items():
        reached = {writer[q.partition("[")[0]] for q in by_name[name].observes}
        reached |= {slot for first in reached for slot in feeds[first]}
        for slot in reached:
            counts[slot] += len(rows)
    return counts
