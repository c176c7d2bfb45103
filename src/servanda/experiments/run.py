"""Running a case in memory, or into a folder batch by batch."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from servanda.case import Case
from servanda.engine import Model, Setting, Simulator, assemble
from servanda.engine.parameters import sample, setting
from servanda.errors import UsageError
from servanda.experiments.dataset import to_dataset
from servanda.experiments.folder import RunFolder
from servanda.experiments.metrics import check_metrics

Progress = Callable[[int, int], None]


def prepare(case: Case) -> Simulator:
    """A checked, assembled and compiled-once simulator of a case; the same one for the same case.

    Raises:
        CaseError: if the case does not fit together.
    """
    return _simulator(_Identity(case))


class _Identity:
    """A case compared by identity, so that it can key a cache."""

    def __init__(self, case: Case) -> None:
        self.case = case

    def __hash__(self) -> int:
        return id(self.case)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Identity) and other.case is self.case


@lru_cache(maxsize=4)
def _simulator(identity: _Identity) -> Simulator:
    model = assemble(identity.case)
    check_metrics(model)
    return Simulator(model)


def check_request(runs: int, seed: int, option: str = "--runs") -> None:
    """Raise `UsageError` unless there is at least one run and the seed fits in 32 bits."""
    if runs < 1:
        raise UsageError(where=option, found=str(runs), expected="at least 1")
    if not 0 <= seed < 2**32:
        raise UsageError(
            where="--seed", found=str(seed), expected="a whole number from 0 to 4294967295"
        )


def settings_of(case: Case, levers: Mapping[str, float | str]) -> list[Setting]:
    """Levers by name at their values; raises `UsageError` on a wrong one."""
    return [setting(case.spec.levers, name, value) for name, value in levers.items()]


def about(model: Model, seed: int, levers: Mapping[str, float | str]) -> dict[str, Any]:
    """What a result is a result of."""
    spec = model.case.spec
    return {
        "case": spec.name,
        "as_of": spec.as_of,
        "seed": seed,
        "levers": ", ".join(f"{k}={v}" for k, v in levers.items()),
        "mechanisms": ", ".join(f"{p.slot}={p.variant}" for p in model.plan),
    }


def run(
    case: Case,
    runs: int = 1000,
    seed: int = 1,
    *,
    as_of: str | None = None,
    levers: Mapping[str, float | str] | None = None,
    progress: Progress | None = None,
) -> xr.Dataset:
    """Run a case.

    Args:
        case: from `servanda.load`.
        runs: how many; a run's numbers do not depend on how many there are.
        seed: of all randomness.
        as_of: another cut, `YYYY-MM`.
        levers: by name, at a value or named choice.
        progress: called with runs done and runs asked for.

    Returns:
        Every kept quantity by month, member and run, and the parameters of each run, with labels
        and units.

    Raises:
        CaseError: if the case does not fit together.
        UsageError: on zero runs or a lever that is unknown or out of range.
    """
    check_request(runs, seed)
    moved = case if as_of is None else case.at(as_of)
    simulator = prepare(moved)
    settings = settings_of(moved, levers or {})
    batches = simulate(simulator, runs, seed, settings, progress)
    drawn = sample(simulator.model.numbers, seed, np.arange(runs))
    return to_dataset(simulator.model, batches, drawn, about(simulator.model, seed, levers or {}))


def simulate(
    simulator: Simulator,
    runs: int,
    seed: int,
    settings: Sequence[Setting] = (),
    progress: Progress | None = None,
) -> dict[str, np.ndarray]:
    """All batches of a run, joined."""
    batches, done = [], 0
    for batch in simulator.run(runs, seed, settings):
        batches.append(batch)
        done += next(iter(batch.values())).shape[-1]
        if progress is not None:
            progress(done, runs)
    return {name: np.concatenate([b[name] for b in batches], axis=-1) for name in batches[0]}


def run_to_folder(
    case: Case,
    out: Path,
    runs: int,
    seed: int,
    *,
    levers: Mapping[str, float | str] | None = None,
    progress: Progress | None = None,
) -> RunFolder:
    """Run a case into a new folder, a batch at a time, so that an interrupted run stays readable.

    Raises:
        RunFolderError: if the folder exists or cannot be written.
        KeyboardInterrupt: passed on; the folder says that it is partial until it is whole.
    """
    check_request(runs, seed)
    simulator = prepare(case)
    moved = levers or {}
    settings = settings_of(case, moved)
    made_from = about(simulator.model, seed, moved)
    folder = RunFolder.create(out, simulator.model, runs, moved, made_from)
    for batch in simulator.run(runs, seed, settings):
        done = folder.append(batch)
        if progress is not None:
            progress(done, runs)
    folder.write_metrics(simulator.model)
    folder.finish()
    return folder
