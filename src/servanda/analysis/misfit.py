"""Where the model is wrong: series that lie off it further than was expected of any series.

The discrepancy δ of a series is how far it lies off the model on the log scale, in a way that no
parameter mends (`servanda.observation.discrepancy`). All series have the same prior of δ, so what
the record says of it tells where the model is wrong (Kennedy and O'Hagan, "Bayesian Calibration of
Computer Models", JRSS B 63, 2001). A large δ widens the predictive intervals of its series, so a
series may be wrong with all of its figures inside. The coverage of a posterior finds the others: it
is low where figures err by more than a discrepancy that persists can take up.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp
from pathlib import Path

from servanda.analysis.hindcast import RUNS, Coverage, coverages
from servanda.analysis.moved import Moved, moved_inputs
from servanda.calibration.calibrate import learned
from servanda.case import Case
from servanda.observation.discrepancy import discrepancy
from servanda.results import Progress, prepare, run_policies


@dataclass(frozen=True, eq=False)
class Misfit:
    """How far one series lies off the model.

    Attributes:
        coverage: the figures of the series, with the posterior's predictive intervals.
        discrepancy: the standard deviation δ of its discrepancy, under prior and posterior.
    """

    coverage: Coverage
    discrepancy: Moved

    @property
    def wrong(self) -> bool:
        """Whether the model is wrong in this series.

        That is where δ is beyond the median of its prior in 95 % of the runs, or where the series
        has three or more figures and the intervals hold under 80 % of them.
        """
        beyond = self.discrepancy.posterior[0] > self.discrepancy.prior[1]
        return beyond or (self.coverage.counted and not self.coverage.reached)

    @property
    def factor(self) -> float:
        """By what factor the series typically lies off: exp(δ), at the median of δ."""
        return exp(self.discrepancy.posterior[1])

    @property
    def sides(self) -> tuple[int, int]:
        """The numbers of estimates above and below the medians that are predicted for them."""
        estimates = [p for p in self.coverage.points if p.figure.rule.bound == "estimate"]
        above = sum(p.figure.value > p.median for p in estimates)
        return above, sum(p.figure.value < p.median for p in estimates)


def misfits(
    case: Case | str | Path,
    runs: int = RUNS,
    seed: int = 1,
    *,
    progress: Progress | None = None,
) -> list[Misfit]:
    """Tell where the model is wrong: how far each series lies off runs of the posterior.

    Args:
        case: from `servanda.load`, the name of a shipped case, or a folder.
        runs: number of runs, drawn from the posterior, which is learned if it is missing.
        seed: seed of what is drawn.
        progress: called with the number of runs done and the number asked for.

    Returns:
        The series with figures to the cut-off; first those in which the model is wrong, and among
        them those that lie furthest off.

    Raises:
        CaseError: if the case does not fit together.
        UsageError: on zero runs; if the record has nothing to learn from.
    """
    simulator = prepare(case)
    ensemble = learned(simulator).ensemble(simulator.model, runs, seed)
    (results,) = run_policies(simulator, ensemble, progress=progress)
    return misfits_of(moved_inputs(simulator.model, ensemble), coverages(results))


def misfits_of(inputs: Sequence[Moved], found: Sequence[Coverage]) -> list[Misfit]:
    """The series in the order of `misfits`.

    Args:
        inputs: the inputs under prior and posterior.
        found: coverage of each series by runs of the posterior.
    """
    named = {one.name: one for one in inputs}
    every = [Misfit(own, named[discrepancy(own.series.name)]) for own in found]
    return sorted(every, key=lambda one: (not one.wrong, -one.discrepancy.posterior[1]))
