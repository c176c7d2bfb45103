"""Hindcast: does the record to the cut-off lie within what the model expected?"""

from collections.abc import Sequence
from dataclasses import dataclass

from servanda.case import Observation, Series
from servanda.ensembles import weighted
from servanda.observation import Figure, expected, known_records, sample
from servanda.results import Results

FEW = 3
WANTED = 0.8


@dataclass(frozen=True, eq=False)
class Predicted:
    """A figure beside what the model expected of its source.

    Attributes:
        figure: the figure.
        interval: the 90 % predictive interval of the count, bias and error included.
    """

    figure: Figure
    interval: tuple[float, float]

    @property
    def inside(self) -> bool:
        """Whether the figure is within the interval, or beyond it where a bound allows that."""
        low, high = self.interval
        match self.figure.rule.bound:
            case "upper":
                return self.figure.value >= low
            case "lower":
                return self.figure.value <= high
            case _:
                return low <= self.figure.value <= high


@dataclass(frozen=True, eq=False)
class Coverage:
    """How much of one series lies within its 90 % predictive intervals.

    Attributes:
        series: the series.
        points: its figures to the cut-off, with what the model expected.
        omitted: its figures that are not compared, and why.
    """

    series: Series
    points: tuple[Predicted, ...]
    omitted: tuple[tuple[Observation, str], ...] = ()

    @property
    def inside(self) -> int:
        """How many figures lie inside."""
        return sum(point.inside for point in self.points)

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
        above = [p for p in outside if p.figure.value > p.interval[1]]
        below = [p for p in outside if p.figure.value < p.interval[0]]
        parts = []
        for side, points in (("above", above), ("below", below)):
            if points:
                days = [p.figure.observation.ref_end for p in points]
                when = f"{days[0]:%Y-%m}" if len(set(days)) == 1 else _span(days[0], days[-1])
                count = "one point" if len(points) == 1 else f"{len(points)} points"
                parts.append(f"the record is {side} the model at {count}, {when}")
        return "; ".join(parts)


def _span(first: object, last: object) -> str:
    return f"{first:%Y-%m} to {last:%Y-%m}"


def hindcast(results: Results) -> list[Coverage]:
    """Coverage of every series that the model observes and that has figures by the cut-off."""
    found = []
    for known in known_records(results.model):
        if known.figures:
            points = predict(results, known.series, known.figures)
            found.append(Coverage(known.series, tuple(points), known.omitted))
    return found


def predict(results: Results, series: Series, figures: Sequence[Figure]) -> list[Predicted]:
    """Each figure with the 90 % predictive interval of what its source would have counted."""
    counted = sample(figures, expected(results, series, figures), results)
    low, high = weighted.quantile(counted, (0.05, 0.95), results.weights)
    return [
        Predicted(figure, (float(low[row]), float(high[row]))) for row, figure in enumerate(figures)
    ]


def summary(coverages: Sequence[Coverage]) -> tuple[int, int]:
    """How many series with enough figures reach the wanted coverage, and how many there are."""
    counted = [c for c in coverages if c.counted]
    return sum(c.reached for c in counted), len(counted)
