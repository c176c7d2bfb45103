"""The figures of the record that are compared with runs, and the months of each figure.

A figure is compared with a weighted sum of the model's monthly values. A level is interpolated to
its day between the ends of the two nearest months. A flow is summed over the days of its period, in
proportion of each month; if its unit has a time, it is a mean rate. A running total counts from the
case's start. It is compared by the increments between successive totals of a source class, because
a comparison of the totals themselves would hide a fall in the monthly amounts.
"""

import calendar
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from jaxtyping import Float

from servanda.case import Case, Observation, Series, SourceRule, units
from servanda.case.evidence import BOUNDS
from servanda.case.schema import month_number
from servanda.engine import Model

# Totals that are closer together are two readings of one amount, and give no increment.
CLOSEST_TOTALS = timedelta(days=25)
TOO_CLOSE = f"less than {CLOSEST_TOTALS.days} days after the total before it"
TOO_EARLY = "dated before the case starts"


@dataclass(frozen=True, eq=False)
class Figure:
    """A figure of the record in the form that is compared with runs.

    Attributes:
        observation: the figure as it was published.
        rule: the rule by which its source counts, with the figure's own bound where it has one.
        value: the value that is compared, in the series' unit: the figure, or its increment on the
            last total of its source class.
        months: the weight of each month of the case.
    """

    observation: Observation
    rule: SourceRule
    value: float
    months: Float[np.ndarray, "month"]


@dataclass(frozen=True, eq=False)
class Record:
    """The figures of one series.

    Attributes:
        series: the series.
        figures: the figures that are compared, in order of time.
        omitted: the figures that are not compared, and the reason.
    """

    series: Series
    figures: tuple[Figure, ...]
    omitted: tuple[tuple[Observation, str], ...]


def known_records(model: Model) -> list[Record]:
    """The figures known at the evidence cut-off, for each series that the model observes."""
    known = model.case.known
    return [record(model, s, known.of(s.name)) for s in known.series if s.quantitative]


def record(model: Model, series: Series, observations: Sequence[Observation]) -> Record:
    """The figures of a series in the form that is compared, in order of time.

    Args:
        model: model of the case.
        series: the series.
        observations: figures of the series in order of time. The caller has chosen those known.
    """
    months = _Months(model.case)
    total, level = series.counting == "running_total", series.counting == "level"
    kept, omitted = [], []
    for o in observations:
        first = o.ref_end if level or total else o.ref_start or o.ref_end
        if first >= months.first_day:
            kept.append(o)
        else:
            omitted.append((o, TOO_EARLY))
    if not total:
        figures = [_single(model.case, months, series, o) for o in kept]
        return Record(series, tuple(figures), tuple(omitted))
    found: list[Figure] = []
    for rule in series.rules:
        own = [o for o in kept if rule_of(model.case, series, o) == rule]
        increments, close = _increments(months, series, rule, own, carried=carried(model, series))
        found += increments
        omitted += [(o, TOO_CLOSE) for o in close]
    found.sort(key=lambda figure: figure.observation.ref_end)
    return Record(series, tuple(found), tuple(omitted))


def rule_of(case: Case, series: Series, o: Observation) -> SourceRule:
    """The rule by which the source of a figure counts."""
    return series.rule(case.evidence.source(o.source).source_class)


def carried(model: Model, series: Series) -> bool:
    """Whether a series observes quantities that are carried from month to month."""
    found = [model.layout.resolve(name, series.name) for name in series.observes]
    return all(reference.quantity.carried for reference in found)


def bearing(model: Model) -> Mapping[str, int]:
    """The number of compared figures that bear on each mechanism.

    A figure bears on the mechanism that writes the observed quantity. It also bears on the
    mechanisms whose flows that mechanism reads in the same month. For example, deliveries bear on
    the ledger, which grants them, and on the exchange, which asks for them.
    """
    writer = {name: q.slot for name, q in model.layout.quantities.items()}
    flows = {name for name, q in model.layout.quantities.items() if not q.carried}
    feeds = {slot: {writer[name] for name in reads & flows} for slot, reads in model.reads.items()}
    counts = {theory.slot: 0 for theory in model.plan}
    for known in known_records(model):
        observed = [model.layout.resolve(n, known.series.name) for n in known.series.observes]
        reached = {writer[reference.quantity.name] for reference in observed}
        reached |= {slot for first in reached for slot in feeds[first]}
        for slot in reached:
            counts[slot] += len(known.figures)
    return counts


def _single(case: Case, months: "_Months", series: Series, o: Observation) -> Figure:
    weights = months.at(o.ref_end) if series.counting == "level" else months.during(series, o)
    return Figure(o, _bounded(rule_of(case, series, o), o), _value(series, o), weights)


def _increments(
    months: "_Months",
    series: Series,
    rule: SourceRule,
    totals: Sequence[Observation],
    *,
    carried: bool,
) -> tuple[list[Figure], list[Observation]]:
    """Increments between successive totals of a class, and the totals that are too close.

    The first increment counts from zero. An increment on an estimate is bounded as its total is. A
    bound less a bound bounds nothing, so an increment on a bound is an estimate.
    """
    found: list[Figure] = []
    close: list[Observation] = []
    value, until, day = 0.0, np.zeros(months.count), date.min
    on_estimate = True
    for o in totals:
        if o.ref_end - day < CLOSEST_TOTALS:
            close.append(o)
            continue
        total = months.at(o.ref_end) if carried else months.share(months.first_day, o.ref_end)
        own = _bounded(rule, o)
        used = own if on_estimate else own.model_copy(update={"bound": "estimate"})
        found.append(Figure(o, used, _value(series, o) - value, total - until))
        value, until, day = _value(series, o), total, o.ref_end
        on_estimate = own.bound == "estimate"
    return found, close


def _bounded(rule: SourceRule, o: Observation) -> SourceRule:
    """The rule of a figure's source class, with the figure's own bound where it has one."""
    return rule if o.bound is None else rule.model_copy(update={"bound": BOUNDS[o.bound]})


def _value(series: Series, o: Observation) -> float:
    """A figure in the series' unit."""
    return o.value * units.factor(o.unit, series.unit, o.id)


class _Months:
    """The months of a case, and the weights of days and periods in them."""

    def __init__(self, case: Case) -> None:
        self._start = month_number(case.spec.start)
        self.count = month_number(case.spec.horizon) - self._start + 1
        self.first_day = date(self._start // 12, self._start % 12 + 1, 1)

    def at(self, day: date) -> Float[np.ndarray, "month"]:
        """Weights of a level on a day, interpolated between the ends of the nearest months."""
        days = calendar.monthrange(day.year, day.month)[1]
        position = day.year * 12 + day.month - 1 - self._start + day.day / days
        lower = int(np.clip(np.floor(position) - 1, 0, self.count - 1))
        upper = min(lower + 1, self.count - 1)
        weight = float(np.clip(position - 1 - lower, 0.0, 1.0))
        weights = np.zeros(self.count)
        weights[lower] += 1 - weight
        weights[upper] += weight
        return weights

    def during(self, series: Series, o: Observation) -> Float[np.ndarray, "month"]:
        """Weights of the amount, or the mean rate, over the days of a flow."""
        first = o.ref_start or o.ref_end
        weights = self.share(first, o.ref_end)
        _, rate, time = series.unit.partition("/")
        if not rate:
            return weights
        return weights * units.factor("1/day", f"1/{time}", o.id) / ((o.ref_end - first).days + 1)

    def share(self, first: date, last: date) -> Float[np.ndarray, "month"]:
        """The share of each month's days from `first` to `last`, both included."""
        weights = np.zeros(self.count)
        for number in range(self.count):
            year, month = divmod(self._start + number, 12)
            days = calendar.monthrange(year, month + 1)[1]
            opens, closes = date(year, month + 1, 1), date(year, month + 1, days)
            overlap = (min(last, closes) - max(first, opens)).days + 1
            weights[number] = max(overlap, 0) / days
        return weights
