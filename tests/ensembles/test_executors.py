"""Executors: where batches are computed changes nothing, and what is not handed back is missed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np
import pytest
import xarray as xr

from servanda.engine import Batch, Simulator
from servanda.ensembles import Arrays, Ensemble, Executor, InProcess, simulate
from servanda.errors import ExecutorError
from servanda.results import open_run, prepare, run_to_folder
from servanda.running import run
from tests.cases import template

Found = list[tuple[int, Arrays]]


def runs() -> int:
    """Two batches and one run of a third."""
    return 2 * prepare(template()).batch + 1


class Changed(Executor):
    """Computes every batch in this process, and then changes what it hands back."""

    def __init__(self, change: Callable[[Found], Found]) -> None:
        self.change = change

    def compute(
        self, simulator: Simulator, batches: Iterable[Batch]
    ) -> Iterator[tuple[int, Arrays]]:
        yield from self.change(list(InProcess().compute(simulator, batches)))


def cut(found: Found) -> Found:
    """The second batch short of its last run."""
    place, arrays = found[1]
    return [found[0], (place, {k: v[..., :-1] for k, v in arrays.items()}), found[2]]


def turned(found: Found) -> Found:
    """The first batch with the months of one quantity behind its members."""
    place, arrays = found[0]
    return [(place, {**arrays, "arrived": arrays["arrived"].swapaxes(0, 1)}), *found[1:]]


def in_double_precision(found: Found) -> Found:
    """The first batch as it is where JAX is set to 64 bits."""
    place, arrays = found[0]
    return [(place, {k: v.astype(np.float64) for k, v in arrays.items()}), *found[1:]]


def without_alive(found: Found) -> Found:
    """The second batch without one quantity."""
    place, arrays = found[1]
    return [found[0], (place, {k: v for k, v in arrays.items() if k != "alive"}), found[2]]


@pytest.fixture(scope="module")
def plain() -> xr.Dataset:
    return run(template(), runs(), prior=True)


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0], [1, 0, 2], [2, 0, 1]])
def test_batches_may_come_in_any_order(plain, order):
    shuffled = Changed(lambda found: [found[at] for at in order])
    xr.testing.assert_identical(run(template(), runs(), executor=shuffled, prior=True), plain)


def test_batches_are_handed_on_as_soon_as_their_turn_comes():
    simulator = prepare(template())
    sizes = [
        next(iter(arrays.values())).shape[-1]
        for arrays in simulate(
            simulator,
            Ensemble.prior(simulator.model, runs()),
            executor=Changed(lambda found: found[::-1]),
        )
    ]
    assert sizes == [simulator.batch, simulator.batch, 1]


def test_a_folder_written_by_another_executor_has_the_same_hash(tmp_path):
    ensemble = Ensemble.prior(prepare(template()).model, runs())
    backwards = Changed(lambda found: found[::-1])
    hashes = {
        run_to_folder(template(), tmp_path / name, ensemble, executor=executor).note["hash"]
        for name, executor in (("here", None), ("backwards", backwards))
    }
    assert len(hashes) == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda found: found[:2],
            (
                "executor: found no results of batch 3 of 3, expected the results of every batch\n"
                "  hint: run again: results depend on the run number, so the other runs stay "
                "the same"
            ),
        ),
        (
            lambda found: [found[0], found[2]],
            (
                "executor: found no results of batch 2 of 3, expected the results of every batch\n"
                "  hint: run again: results depend on the run number, so the other runs stay "
                "the same"
            ),
        ),
        (
            lambda _: [],
            (
                "executor: found no results of batch 1 of 3, expected the results of every batch\n"
                "  hint: run again: results depend on the run number, so the other runs stay "
                "the same"
            ),
        ),
        (
            lambda found: [found[0], *found],
            "executor: found batch 1 twice, expected each batch once",
        ),
        (
            lambda found: [found[2], found[2], *found[:2]],
            "executor: found batch 3 twice, expected each batch once",
        ),
        (
            lambda found: [*found, (3, found[0][1])],
            "executor: found batch 4, expected batches 1 to 3",
        ),
        (
            lambda found: [(-1, found[0][1]), *found],
            "executor: found batch 0, expected batches 1 to 3",
        ),
        (
            cut,
            "executor: found 1023 runs in batch 2, expected 1024 runs, as in the batch given to it",
        ),
        (
            without_alive,
            "executor: found batch 2 without 'alive', expected every quantity that runs keep",
        ),
        (
            lambda found: [(0, found[2][1]), found[1], (2, found[0][1])],
            "executor: found 1 runs in batch 1, expected 1024 runs, as in the batch given to it",
        ),
        (
            turned,
            (
                "executor: found float32 of shape (2, 72, 1024) as 'arrived' in batch 1,"
                " expected float32 of shape (72, 2, 1024)"
            ),
        ),
        (
            in_double_precision,
            (
                "executor: found float64 of shape (72, 5, 1024) as 'stock' in batch 1,"
                " expected float32 of shape (72, 5, 1024)"
            ),
        ),
    ],
    ids=[
        "the last lost",
        "one lost in between",
        "all lost",
        "handed on twice",
        "waiting twice",
        "one too many",
        "before the first",
        "cut short",
        "a quantity lost",
        "swapped",
        "months and members swapped",
        "in double precision",
    ],
)
def test_batches_that_are_not_what_was_given_are_refused(change, message):
    with pytest.raises(ExecutorError) as caught:
        run(template(), runs(), executor=Changed(change), prior=True)
    assert str(caught.value) == message


def test_what_came_before_a_lost_batch_stays_readable(tmp_path):
    ensemble = Ensemble.prior(prepare(template()).model, runs())
    lost = Changed(lambda found: [found[0], found[2]])
    with pytest.raises(ExecutorError):
        run_to_folder(template(), tmp_path / "run", ensemble, executor=lost)
    folder = open_run(tmp_path / "run")
    size = prepare(template()).batch
    assert (folder.note["done"], folder.note["partial"]) == (size, True)
    whole = run(template(), size, prior=True)
    np.testing.assert_array_equal(folder.arrays()["tempo"], whole["tempo"].values)


def test_policies_are_each_computed_by_the_executor(plain):
    asked: list[int] = []

    def count(found: Found) -> Found:
        asked.append(len(found))
        return found

    beside = run(
        template(),
        runs(),
        policies={"rest": {}, "none": {"shells": 0}},
        executor=Changed(count),
        prior=True,
    )
    assert asked == [3, 3]
    np.testing.assert_array_equal(beside["tempo"].sel(policy="rest"), plain["tempo"])
