"""Hindcast coverage: does the record to the cut lie within what the model thought possible?"""

from dataclasses import dataclass

from servanda.case import Series
from servanda.engine import Model
from servanda.experiments.metrics import Arrays
from servanda.experiments.observe import Predicted, known_by_series, predict

FEW = 3
WANTED = 0.8


@dataclass(frozen=True)
class Coverage:
    """How much of one series lies within its 90 % prior-predictive intervals.

    Attributes:
        series: the series.
        points: its figures to the cut, with what each run would have them be.
    """

    series: Series
    points: tuple[Predicted, ...]

    @property
    def inside(self) -> int:
        """How many figures lie inside."""
        return sum(p.inside for p in self.points)

    @property
    def share(self) -> float:
        """What part of the figures lies inside."""
        return self.inside / len(self.points)

    @property
    def counted(self) -> bool:
        """Whether there are enough figures to say anything."""
        return len(self.points) >= FEW

    @property
    def reached(self) -> bool:
        """Whether the series reaches the wanted coverage."""
        return self.share >= WANTED

    @property
    def reason(self) -> str:
        """Where the record lies outside, in words; empty if the series reaches the coverage."""
        if self.reached:
            return ""
        outside = [p for p in self.points if not p.inside]
        above = [p for p in outside if p.figure > p.interval[1]]
        below = [p for p in outside if p.figure < p.interval[0]]
        parts = []
        for side, points in (("above", above), ("below", below)):
            if points:
                first, last = points[0].observation.ref_end, points[-1].observation.ref_end
                when = f"{first:%Y-%m}" if first == last else f"{first:%Y-%m} to {last:%Y-%m}"
                count = "one point" if len(points) == 1 else f"{len(points)} points"
                parts.append(f"the record is {side} the model at {count}, {when}")
        return "; ".join(parts)


def hindcast(model: Model, arrays: Arrays, seed: int) -> list[Coverage]:
    """Coverage of every series that the model observes and that has figures by the cut."""
    case = model.case
    by_name = {s.name: s for s in case.evidence.series}
    found = []
    for name, observations in known_by_series(case).items():
        points = predict(model, arrays, by_name[name], observations, seed)
        if points:
            found.append(Coverage(by_name[name], tuple(points)))
    return found


def summary(coverages: list[Coverage]) -> tuple[int, int]:
    """How many series with enough figures reach the wanted coverage, and how many there are."""
    counted = [c for c in coverages if c.counted]
    return sum(c.reached for c in counted), len(counted)
