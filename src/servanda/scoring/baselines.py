"""Five simple forecasts of a figure, from the figures of its series that were known before.

Each says how a level or a monthly rate goes on. What a figure says of months before the origin goes
at the mean rate of earlier figures that share months with it.

- persistence: a level or a rate stays as it last was; a running total stays, and nothing is added;
- drift: a level or a rate goes on along the line from the first figure to the last, on the scale of
  scores; a running total goes on rising as it did on average;
- last year: the rate of the same months a year before, or the last one if no figure is about them;
- last flow: a running total goes on rising as it last did;
- mean: the mean of all levels or rates, on the scale of scores.

Source: Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 3rd edition, section 5.2.
"""

from collections.abc import Callable, Mapping

import numpy as np
from jaxtyping import Float

from servanda.scoring.history import History, scaled, unscaled

Months = Float[np.ndarray, "month"]
Rule = Callable[[History, Months], float]
"""The rate of the months of a figure, given how much of each month is in it."""
_YEAR = 12
NOTHING = 1e-9
"""Of a month: what rounding leaves of none."""


def _last(history: History, _: Months) -> float:
    return float(history.rates[-1])


def _nothing(_: History, __: Months) -> float:
    return 0.0


def _line(history: History, months: Months) -> float:
    first, last = history.times[0], history.times[-1]
    places = scaled(history.rates)
    slope = (places[-1] - places[0]) / max(last - first, 1.0)
    return float(unscaled(places[-1] + slope * (_middle(months) - last)))


def _average_rise(history: History, _: Months) -> float:
    return float(history.amounts.sum() / history.coverage.sum())


def _last_year(history: History, months: Months) -> float:
    before = np.append(months[_YEAR:], np.zeros(_YEAR))
    found = _shared(history, before)
    return _last(history, months) if found is None else found


def _mean(history: History, _: Months) -> float:
    return float(unscaled(scaled(history.rates).mean()))


RATES: Mapping[str, Rule] = {
    "persistence": _last,
    "drift": _line,
    "last year": _last_year,
    "mean": _mean,
}
TOTALS: Mapping[str, Rule] = {
    "last flow": _last,
    "drift": _average_rise,
    "last year": _last_year,
    "mean": _mean,
    "persistence": _nothing,
}


def rules(history: History) -> Mapping[str, Rule]:
    """The baselines that a series can have, by name."""
    return TOTALS if history.total else RATES


def centre(
    rule: Rule, own: History, history: History, coverage: Months, origin: int
) -> Float[np.ndarray, ""]:
    """The middle of a baseline's forecast of a figure, on the scale of scores.

    Args:
        rule: the baseline.
        own: the figures whose rates go on: `History.of_class` of the figure's source class.
        history: all figures of the series that were known at the origin.
        coverage: how much of each month of the case is in the figure.
        origin: the number of months of the case up to the origin.
    """
    if history.level:
        return scaled(rule(own, coverage) * coverage.sum())
    future = np.where(np.arange(len(coverage)) >= origin, coverage, 0.0)
    past = coverage - future
    amount = rule(own, future) * future.sum()
    if past.sum() > NOTHING:
        rate = _shared(history, past)
        amount += (rule(own, past) if rate is None else rate) * past.sum()
    return scaled(amount)


def _shared(history: History, months: Months) -> float | None:
    """The mean rate of the figures that share some months, or None if there are none."""
    shared = (history.coverage > NOTHING) @ months
    return float(shared @ history.rates / shared.sum()) if shared.any() else None


def _middle(months: Months) -> float:
    """The middle of some months."""
    return float(months @ np.arange(len(months)) / months.sum())
