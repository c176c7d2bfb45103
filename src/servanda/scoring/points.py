"""The figures that became known after an origin, and those known by then.

An origin is a month. What was known by it is what `Case.at` says: figures that had become known
about periods that had ended. The figures after it are made by the same rules as those that a
posterior learns from (`servanda.observation.record`), from the whole record: running totals by
their increments, each amount once.

A figure after the origin is forecast if it became known after the origin, about a period that ends
after it. If its period had ended, or other figures tell of all its months after the origin, it is
about the past, and is left out. A period may begin before the origin, as a year does at an origin
in June.
"""

import calendar
from dataclasses import dataclass
from datetime import date

import numpy as np

from servanda.case import Observation, Series
from servanda.case.schema import month_number
from servanda.engine import Model
from servanda.observation import Figure, known_records, record

HORIZONS = (3, 6, 12)
"""Months after the origin by which the period of a figure ends: the ends of three spans."""

_NOTHING = 1e-9  # of a month: what rounding leaves

NOWCAST = "became known after the origin, about a time before it"
FORETOLD = "known by the origin, before its period ended"
TOO_FAR = f"ends more than {HORIZONS[-1]} months after the origin"
BEYOND = "ends after the last month of the case"
NEGATIVE = "less than other figures of its source class that it holds: they contradict each other"
BOUND = "a bound: the count was at least or at most this"
NOT_COMPARED = "not compared with runs: {}"


@dataclass(frozen=True, eq=False)
class Point:
    """A figure after an origin.

    Attributes:
        figure: the figure.
        ahead: months from the origin to the end of its period.
        horizon: the first of `HORIZONS` that is as far ahead.
    """

    figure: Figure
    ahead: float
    horizon: int


@dataclass(frozen=True)
class LeftOut:
    """A figure that is not scored.

    Attributes:
        origin: the origin.
        series: name of the series.
        figure: id of the figure.
        why: the reason.
    """

    origin: str
    series: str
    figure: str
    why: str


@dataclass(frozen=True, eq=False)
class Outlook:
    """A series as it was known at an origin, and what became known later.

    Attributes:
        series: the series.
        earlier: the figures that were known, in order of time, without bounds and those that
            contradict others.
        later: the figures after the origin that are scored.
    """

    series: Series
    earlier: tuple[Figure, ...]
    later: tuple[Point, ...]


def outlooks(model: Model) -> tuple[list[Outlook], list[LeftOut]]:
    """Every series that the model observes, seen from the evidence cut-off of its case.

    Returns:
        The series, and the later figures that are not scored.
    """
    known = {one.series.name: one.figures for one in known_records(model)}
    found, left_out = [], []
    for series in model.case.evidence.series:
        if series.quantitative:
            points, rest = _after(model, series)
            earlier = [one for one in known.get(series.name, ()) if _is_usable(one)]
            found.append(Outlook(series, tuple(earlier), tuple(points)))
            left_out += rest
    return found, left_out


def months_after(origin: str, day: date) -> float:
    """Months from the end of an origin to a day; the days of the last month count in part."""
    days = calendar.monthrange(day.year, day.month)[1]
    return day.year * 12 + day.month - 1 - month_number(origin) - 1 + day.day / days


def _after(model: Model, series: Series) -> tuple[list[Point], list[LeftOut]]:
    """The figures of a series that are scored, and those that are not."""
    spec, every = model.case.spec, model.case.evidence.of(series.name)
    inside = [o for o in every if months_after(spec.horizon, o.ref_end) <= 0]
    made = record(model, series, inside)
    reasons = dict.fromkeys({o.id for o in every} - {o.id for o in inside}, BEYOND)
    reasons |= {o.id: NOT_COMPARED.format(why) for o, why in made.omitted}
    points = []
    for figure in made.figures:
        ahead = months_after(spec.as_of, figure.observation.ref_end)
        horizon = next((end for end in HORIZONS if ahead <= end), None)
        why = _why_not(model, figure, horizon)
        if why is not None:
            reasons[figure.observation.id] = why
        elif horizon is not None:
            points.append(Point(figure, ahead, horizon))
    later = [o.id for o in every if _is_later(model, o)]
    rest = [LeftOut(spec.as_of, series.name, id_, reasons[id_]) for id_ in later if id_ in reasons]
    return points, rest


def _is_later(model: Model, o: Observation) -> bool:
    """Whether a figure was not known by the cut-off."""
    return o.known_on > model.case.cutoff or o.ref_end > model.case.cutoff


def _why_not(model: Model, figure: Figure, horizon: int | None) -> str | None:
    """The reason not to score a figure, if there is one."""
    o, cutoff = figure.observation, model.case.cutoff
    origin = month_number(model.case.spec.as_of) - month_number(model.case.spec.start) + 1
    if o.ref_end <= cutoff or np.abs(figure.months[origin:]).max(initial=0.0) < _NOTHING:
        return NOWCAST
    if o.known_on <= cutoff:
        return FORETOLD
    if figure.rule.bound != "estimate":
        return BOUND
    if _contradicts(figure):
        return NEGATIVE
    return TOO_FAR if horizon is None else None


def _is_usable(figure: Figure) -> bool:
    return figure.rule.bound == "estimate" and not _contradicts(figure)


def _contradicts(figure: Figure) -> bool:
    """Whether less than nothing is left of a figure, after others that its period holds.

    On the scale of scores, log(1 + x), it would be far from any forecast.
    """
    return figure.value < 0 <= figure.observation.value
