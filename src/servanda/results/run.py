"""Running a case in memory, or into a run folder batch by batch."""

import shutil
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from servanda.case import Case, as_case
from servanda.engine import Simulator, assemble
from servanda.ensembles import AS_IS, Ensemble, Executor, Policy, simulate
from servanda.errors import ResultError
from servanda.files.room import check_disk, check_memory
from servanda.results.folder import RunFolder, alone, open_run
from servanda.results.metrics import check_metrics
from servanda.results.results import Progress, Results
from servanda.world import Theory

_COPIES = 2  # of results that are in memory: as batches, and joined
_ON_DISK = 0.6  # compressed size of results over their size in memory, rarely more


def prepare(case: Case | str | Path, theories: Sequence[type[Theory]] = ()) -> Simulator:
    """The simulator of a case, checked and assembled. Cases with the same content share one.

    Args:
        case: from `servanda.load`, the name of a shipped case, or a folder.
        theories: theories from outside the package, as for `servanda.engine.assemble`.

    Raises:
        CaseError: if the case and the theories do not fit together.
    """
    case = as_case(case)
    with case.lines_shown():
        return _simulator(_Content(case), tuple(theories))


class _Content:
    """A case that compares by its content, as a key of the cache."""

    def __init__(self, case: Case) -> None:
        self.case = case

    def __hash__(self) -> int:
        return hash(self.case.digest)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _Content):
            return False
        mine, theirs = self.case, other.case
        return mine.digest == theirs.digest and mine.changes == theirs.changes


@lru_cache(maxsize=4)
def _simulator(content: _Content, theories: tuple[type[Theory], ...]) -> Simulator:
    model = assemble(content.case, theories)
    check_metrics(model)
    return Simulator(model)


def run_policies(
    simulator: Simulator,
    ensemble: Ensemble,
    policies: Sequence[Policy] = (AS_IS,),
    *,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> list[Results]:
    """The results of each policy, on the same runs."""
    case, found, done = simulator.model.case, [], 0
    check_memory(len(ensemble), "runs", _COPIES * len(policies) * simulator.run_bytes)
    settings = [policy.settings(case) for policy in policies]
    for policy, moved in zip(policies, settings, strict=True):
        batches = []
        for batch in simulate(simulator, ensemble, moved, executor):
            batches.append(batch)
            done += next(iter(batch.values())).shape[-1]
            if progress is not None:
                progress(done, len(ensemble) * len(policies))
        arrays = {n: np.concatenate([b[n] for b in batches], axis=-1) for n in batches[0]}
        found.append(Results(simulator.model, ensemble, policy, arrays))
    return found


def run_to_folder(
    case: Case,
    out: Path,
    ensemble: Ensemble,
    policy: Policy = AS_IS,
    *,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> RunFolder:
    """Run a case into a new folder batch by batch, so that an interrupted run stays readable.

    Raises:
        RunFolderError: if the folder exists or cannot be written.
        UsageError: on a lever that is unknown or out of range, or an ensemble of another case.
        ResultError: if a result is not a finite number. The folder keeps the batches before it; a
            folder without a batch is removed.
        KeyboardInterrupt: on Ctrl-C. The folder then keeps its batches and is marked as partial.
    """
    simulator = prepare(case)
    policy.settings(case)  # raises before there is a folder
    ensemble.check_fits(simulator.model)
    check_disk(len(ensemble), "runs", _ON_DISK * simulator.run_bytes, out)
    folder = RunFolder.create(out, case, simulator.model, ensemble, policy)
    try:
        with alone(folder.path):
            _go_on(folder, simulator, executor, progress)
    except ResultError:
        if not folder.note["done"]:
            shutil.rmtree(out)
        raise
    return folder


def resume(
    path: str | Path, *, executor: Executor | None = None, progress: Progress | None = None
) -> RunFolder:
    """Go on with a run that was interrupted, to the same bits as a run that was not.

    Of a complete folder only the metrics are written, if they are missing.

    Raises:
        RunFolderError: if the folder is damaged, was changed, was written on another version of a
            package on which exact results depend, or is being written by another process.
        ResultError: if a result is not a finite number.
        KeyboardInterrupt: on Ctrl-C. The folder then keeps its batches and is marked as partial.
    """
    with alone(open_run(path).path):
        folder = open_run(path)
        folder.check_same_versions()
        folder.verify_runs()
        simulator = prepare(folder.case())
        folder.go_on(simulator.model)
        _go_on(folder, simulator, executor, progress)
    return folder


def _go_on(
    folder: RunFolder, simulator: Simulator, executor: Executor | None, progress: Progress | None
) -> None:
    """Append the runs that are not done, and write the metrics."""
    planned = folder.planned()
    settings = folder.policy.settings(simulator.model.case)
    ahead = planned.after(folder.note["done"])
    for batch in simulate(simulator, ahead, settings, executor) if len(ahead) else ():
        done = folder.append(batch)
        if progress is not None:
            progress(done, len(planned))
    folder.finish(simulator.model)
