"""Data sets simulated from the priors of a case, with the truths that they come from."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count

import numpy as np
from jaxtyping import Bool, Float, UInt32

from servanda.calibration.target import Target
from servanda.engine import Simulator
from servanda.engine.streams import Past
from servanda.ensembles import Ensemble
from servanda.observation import expected, sample
from servanda.results import Results, run_policies


@dataclass(frozen=True, eq=False)
class DataSet:
    """One data set, and the truth that it comes from.

    Attributes:
        z: the true unknowns.
        numbers: the one number that keys what is drawn beside them.
        counted: what the sources count: the value of each figure.
    """

    z: Float[np.ndarray, "unknown 1"]
    numbers: UInt32[np.ndarray, "1"]
    counted: Float[np.ndarray, "figure"]


def data_sets(simulator: Simulator, target: Target, seed: int) -> Iterator[DataSet]:
    """Data sets without end. The first ones are the same, however many are taken.

    A bound is a figure of which the source says that the count is at most, or at least, this. Data
    sets whose count is on the other side are passed over: the truths of those that are left have
    the prior times the probability of the side, as the likelihood of a bound takes it.
    """
    for batch in count():
        numbers = np.arange(simulator.batch) + batch * simulator.batch
        random = np.random.default_rng([seed, batch])
        z = random.standard_normal((target.size, simulator.batch))
        beside = random.integers(0, 2**32, simulator.batch, dtype=np.uint32)
        counted = _counted(target, runs_of(simulator, target, z, beside, numbers, seed))
        for run in np.flatnonzero(_on_their_side(target, counted)):
            yield DataSet(z[:, [run]], beside[[run]], _published(target, counted[:, run]))


def runs_of(
    simulator: Simulator,
    target: Target,
    z: Float[np.ndarray, "unknown run"],
    beside: UInt32[np.ndarray, "run"],
    numbers: np.ndarray,
    seed: int,
) -> Results:
    """Runs of the simulator with these unknowns."""
    inputs = dict(zip(target.space.inputs, target.space.values(z), strict=True))
    past = Past(np.asarray(target.space.past(z)), beside, np.asarray(target.seed, np.uint32))
    drawn = Ensemble.of(simulator.model, inputs, numbers=numbers, seed=seed)
    (found,) = run_policies(simulator, replace(drawn, past=past))
    return found


def _counted(target: Target, runs: Results) -> Float[np.ndarray, "figure run"]:
    """What the sources count in each run; of a bound, the count that it bounds."""
    counted, first = [], 0
    for record in target.likelihood.records:
        figures = target.likelihood.figures[first : first + len(record.figures)]
        first += len(figures)
        counted.append(sample(figures, expected(runs, record.series, figures), runs))
    return np.concatenate(counted)


def _on_their_side(
    target: Target, counted: Float[np.ndarray, "figure run"]
) -> Bool[np.ndarray, "run"]:
    """The runs in which every count is on the side of its bound."""
    bounds = np.array([figure.rule.bound for figure in target.likelihood.figures])[:, None]
    record = target.likelihood.counted[:, None]
    above, below = counted > record, counted < record
    beyond = (bounds == "upper") & above | (bounds == "lower") & below
    return np.asarray(~beyond.any(axis=0))


def _published(target: Target, counted: Float[np.ndarray, "figure"]) -> Float[np.ndarray, "figure"]:
    """The counts, and the bounds in place of what they bound."""
    bounds = [figure.rule.bound != "estimate" for figure in target.likelihood.figures]
    return np.where(bounds, target.likelihood.counted, counted)
