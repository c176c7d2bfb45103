"""The hindcast: predictive coverage of the record to the evidence cut-off.

Runs of the prior say what the case allows before its record is seen. Runs of a posterior say what
other records of the same past would have been, so a series outside their intervals is one that the
model cannot fit (a posterior-predictive check; Gelman, Meng and Stern, "Posterior Predictive
Assessment of Model Fitness", Statistica Sinica 6, 1996).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from servanda.calibration.choice import ensemble_of
from servanda.case import Case, Observation, Series
from servanda.ensembles import weighted
from servanda.observation import Figure, expected, known_records, sample
from servanda.results import Progress, Results, prepare, run_policies

RUNS = 2048
FEW = 3
WANTED = 0.8


@dataclass(frozen=True, eq=False)
class Predicted:
    """A figure, with the model's predictive interval for it.

    Attributes:
        figure: the figure.
        interval: the 90 % predictive interval of the count, with the source's bias and error.
        median: the median of the count.
    """

    figure: Figure
    interval: tuple[float, float]
    median: float

    @property
    def inside(self) -> bool:
        """Whether the figure lies in the interval, or outside on a side that its bound allows."""
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
    """The figures of one series, with their 90 % predictive intervals.

    Attributes:
        series: the series.
        points: its figures to the evidence cut-off, with the model's predictive intervals.
        omitted: its figures that are not compared, and the reason.
    """

    series: Series
    points: tuple[Predicted, ...]
    omitted: tuple[tuple[Observation, str], ...] = ()

    @property
    def inside(self) -> int:
        """The number of figures inside their intervals."""
        return sum(point.inside for point in self.points)

    @property
    def share(self) -> float:
        """The coverage: the share of figures inside their intervals."""
        return self.inside / len(self.points)

    @property
    def counted(self) -> bool:
        """Whether there are enough figures to compute a coverage."""
        return len(self.points) >= FEW

    @property
    def reached(self) -> bool:
        """Whether the series reaches the wanted coverage."""
        return self.share >= WANTED

    @property
    def reason(self) -> str:
        """The figures outside their intervals, in words; empty if the coverage is reached."""
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
                count = "one figure is" if len(points) == 1 else f"{len(points)} figures are"
                parts.append(f"{count} {side} the interval ({when})")
        return "; ".join(parts)


def _span(first: object, last: object) -> str:
    return f"{first:%Y-%m} to {last:%Y-%m}"


def hindcast(
    case: Case | str | Path,
    runs: int = RUNS,
    seed: int = 1,
    *,
    prior: bool = False,
    progress: Progress | None = None,
) -> list[Coverage]:
    """Compute the predictive coverage of the record to the evidence cut-off.

    Args:
        case: from `servanda.load`, the name of a shipped case, or a folder.
        runs: number of runs, drawn from the posterior.
        seed: seed of all random numbers.
        prior: whether to draw from the priors.
        progress: called with the number of runs done and the number asked for.

    Returns:
        For each series, its figures with their 90 % predictive intervals.

    Raises:
        CaseError: if the case does not fit together.
        UsageError: on zero runs.
    """
    simulator = prepare(case)
    ensemble = ensemble_of(simulator, runs, seed, prior=prior)
    (results,) = run_policies(simulator, ensemble, progress=progress)
    return coverages(results)


def coverages(results: Results) -> list[Coverage]:
    """The coverage of every series that the model observes and that has figures to the cut-off."""
    found = []
    for known in known_records(results.model):
        if known.figures:
            points = predict(results, known.series, known.figures)
            found.append(Coverage(known.series, tuple(points), known.omitted))
    return found


def predict(results: Results, series: Series, figures: Sequence[Figure]) -> list[Predicted]:
    """Each figure, with the 90 % predictive interval of its source's count."""
    counted = sample(figures, expected(results, series, figures), results)
    found = weighted.quantile(counted, (0.05, 0.5, 0.95), results.weights).T.tolist()
    return [
        Predicted(figure, (low, high), median)
        for figure, (low, median, high) in zip(figures, found, strict=True)
    ]


def summary(coverages: Sequence[Coverage]) -> tuple[int, int]:
    """The number of counted series that reach the wanted coverage, and of counted series."""
    counted = [c for c in coverages if c.counted]
    return sum(c.reached for c in counted), len(counted)
