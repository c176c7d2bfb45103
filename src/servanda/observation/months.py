"""The months of a case, and the weights of days and periods in them."""

import calendar
from datetime import date

import numpy as np
from jaxtyping import Float

from servanda.case import Case, Observation, Series, units
from servanda.case.schema import month_number


class Months:
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
