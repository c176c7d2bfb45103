"""Each amount enters once, although sources tell it again in running totals and longer periods.

Figures of one source class that tell of the same days are not independent. A running total is
compared by its increments, because a comparison of the totals themselves would hide a fall in the
monthly amounts. A flow over a period that holds shorter periods is compared by what remains of it:
a year of which two months have figures of their own is compared by the other ten months.
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from servanda.case import Observation
from servanda.observation.figure import Figure

CLOSEST = timedelta(days=25)
TOO_CLOSE = f"less than {CLOSEST.days} days after the total before it"
COVERED = f"less than {CLOSEST.days} of its days are not in shorter figures of its source class"
CROSSING = "another figure of its source class has some of its days, and days outside of its period"
FEWER = "events that are fewer than those of other figures of its source class that it holds"
AGAIN = "a bound on days that another bound of its source class is about"


class Found(NamedTuple):
    """Figures that are compared, and those that are not, with the reason."""

    figures: list[Figure]
    omitted: list[tuple[Observation, str]]


def increments(totals: Iterable[Figure]) -> Found:
    """Increments between successive running totals of a source class, in order of time.

    The first increment counts from zero. Totals that are closer together are two readings of one
    amount, and give no increment.
    """
    found = Found([], [])
    before: Figure | None = None
    for total in totals:
        day = total.observation.ref_end
        if before is not None and day - before.observation.ref_end < CLOSEST:
            found.omitted.append((total.observation, TOO_CLOSE))
            continue
        rise = total.less([] if before is None else [before])
        if _is_impossible(rise):
            found.omitted.append((total.observation, FEWER))
            continue
        found.figures.append(rise)
        before = total
    return found


class _Period(NamedTuple):
    """The days of a flow, both included, and its figure."""

    first: date
    last: date
    flow: Figure

    @classmethod
    def of(cls, flow: Figure) -> "_Period":
        o = flow.observation
        return cls(o.ref_start or o.ref_end, o.ref_end, flow)

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def is_bound(self) -> bool:
        return self.flow.rule.bound != "estimate"

    def meets(self, other: "_Period") -> bool:
        return self.first <= other.last and other.first <= self.last

    def holds(self, other: "_Period") -> bool:
        return self.first <= other.first and other.last <= self.last


def remainders(flows: Iterable[Figure], *, rates: bool) -> Found:
    """Flows of a source class, each less the flows inside its period.

    Estimates are taken before bounds, and shorter ones before longer ones; of bounds the longest.

    Args:
        flows: the flows.
        rates: whether they are mean rates over their periods, and not amounts.
    """
    found = Found([], [])
    taken: list[_Period] = []
    for period in sorted(map(_Period.of, flows), key=_turn):
        inside = _widest(period, taken)
        left = period.days - sum(other.days for other in inside)
        reason = _reason(period, [other for other in taken if period.meets(other)], left)
        if reason is not None:
            found.omitted.append((period.flow.observation, reason))
            continue
        sizes = [p.days if rates else 1 for p in (period, *inside)]
        amount, *others = (p.flow.times(n) for p, n in zip((period, *inside), sizes, strict=True))
        remains = amount.less(others).times(1 / (left if rates else 1))
        if _is_impossible(remains):
            found.omitted.append((period.flow.observation, FEWER))
            continue
        taken.append(period)
        found.figures.append(remains)
    return found


def _is_impossible(figure: Figure) -> bool:
    """Whether a figure says that fewer than no events happened."""
    return figure.rule.error is None and figure.value < 0


def _turn(period: _Period) -> tuple[bool, int, date]:
    days = -period.days if period.is_bound else period.days
    return period.is_bound, days, period.last


def _widest(period: _Period, taken: Sequence[_Period]) -> list[_Period]:
    """The widest periods inside one, so that those inside them are not taken off twice."""
    inside: list[_Period] = []
    for other in sorted(taken, key=lambda one: -one.days):
        if period.holds(other) and not any(one.meets(other) for one in inside):
            inside.append(other)
    return inside


def _reason(period: _Period, met: Sequence[_Period], left: int) -> str | None:
    """The reason not to compare a flow beside those that share days with it, if there is one."""
    if any(other.is_bound for other in met):
        return AGAIN
    if not all(period.holds(other) for other in met):
        return CROSSING
    return COVERED if met and left < CLOSEST.days else None
