"""Executors, which compute batches of runs."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from servanda.engine import Batch, Setting, Simulator
from servanda.engine.within import check_moved
from servanda.ensembles.ensemble import Ensemble
from servanda.ensembles.finite import check_finite
from servanda.errors import ExecutorError

Arrays = Mapping[str, np.ndarray]


class Executor(ABC):
    """Computes batches of runs, in this process or elsewhere.

    Results and their order do not depend on the executor. `compute` may return batches in any
    order; `simulate` sorts them.
    """

    @abstractmethod
    def compute(
        self, simulator: Simulator, batches: Iterable[Batch]
    ) -> Iterator[tuple[int, Arrays]]:
        """The position of each batch, counted from zero, and its results by quantity."""


class InProcess(Executor):
    """Computes one batch after another on the devices of this process."""

    def compute(
        self, simulator: Simulator, batches: Iterable[Batch]
    ) -> Iterator[tuple[int, Arrays]]:
        """The position of each batch and its results, in order."""
        return enumerate(simulator.run(batches))


def simulate(
    simulator: Simulator,
    ensemble: Ensemble,
    settings: Sequence[Setting] = (),
    executor: Executor | None = None,
) -> Iterator[Arrays]:
    """Compute the results of an ensemble, batch by batch, in the order of its runs.

    Args:
        simulator: simulator of the model that the ensemble was made for.
        ensemble: the runs.
        settings: levers that are set, as the engine takes them.
        executor: computes the batches. Default: in this process.

    Yields:
        An array by quantity, (month, member, run), or (month, run) if it has no axis.

    Raises:
        UsageError: if the ensemble is of another case or version, if levers together lead a
            parameter out of its range, or if free memory does not hold the results of a batch.
        ExecutorError: if the executor loses a batch, or returns a batch twice or with another
            number of runs.
        ResultError: if a result is not a finite number.
    """
    ensemble.check_fits(simulator.model)
    if len(ensemble):
        check_moved(simulator.model.parameters, ensemble.parameters, settings, len(ensemble))
    simulator.check_memory()
    sizes = [len(piece) for piece in ensemble.pieces(simulator.batch)]
    batches = (
        simulator.pack(piece.parameters, piece.run_numbers, piece.seed, settings, piece.past)
        for piece in ensemble.pieces(simulator.batch)
    )
    waiting: dict[int, Arrays] = {}
    following = 0
    for place, arrays in (executor or InProcess()).compute(simulator, batches):
        _check_place(place, len(sizes), following, waiting)
        _check_arrays(place, arrays, simulator, sizes[place])
        check_finite(simulator, ensemble, settings, place * simulator.batch, arrays)
        waiting[place] = arrays
        while following in waiting:
            yield waiting.pop(following)
            following += 1
    if following < len(sizes):
        raise ExecutorError(
            where="executor",
            found=f"no results of batch {following + 1} of {len(sizes)}",
            expected="the results of every batch",
            hint="run again: results depend on the run number, so the other runs stay the same",
        )


def _check_place(place: int, count: int, following: int, waiting: Mapping[int, Arrays]) -> None:
    if not 0 <= place < count:
        raise ExecutorError("executor", f"batch {place + 1}", f"batches 1 to {count}")
    if place < following or place in waiting:
        raise ExecutorError("executor", f"batch {place + 1} twice", "each batch once")


def _check_arrays(place: int, arrays: Arrays, simulator: Simulator, runs: int) -> None:
    for name in simulator.record:
        if name not in arrays:
            raise ExecutorError(
                "executor", f"batch {place + 1} without '{name}'", "every quantity that runs keep"
            )
        array, shape = arrays[name], simulator.shape(name, runs)
        if array.shape[-1:] != (runs,):
            raise ExecutorError(
                "executor",
                f"{array.shape[-1] if array.ndim else 0} runs in batch {place + 1}",
                f"{runs} runs, as in the batch given to it",
            )
        if array.shape != shape or array.dtype != simulator.dtype:
            raise ExecutorError(
                "executor",
                f"{array.dtype} of shape {array.shape} as '{name}' in batch {place + 1}",
                f"{np.dtype(simulator.dtype)} of shape {shape}",
            )
