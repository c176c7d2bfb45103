"""A process that is killed at any moment leaves a folder that is readable, or none.

The moments are random. A failure prints their seed. A server process has the modules loaded, so
that each process to be killed starts at once.
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import random
import shutil
import sys
import threading
import time
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
import zarr.storage._local

from servanda.analysis.sanctions import Sanctioned
from servanda.ensembles import Ensemble
from servanda.files import drafts
from servanda.results import RunFolder, open_run, prepare, resume, run_to_folder
from servanda.results.hashes import PIECE
from servanda.trade.findings import Diverted, Leverage, Payer, Spread
from servanda.trade.structure import Structural
from tests.cases import template
from tests.cli.conftest import tiny

SEED = 20241231
RUNS = 1024 + 100
KILLS = 2
STOPS = 4
SANCTION_FILES = ["diverted.csv", "leverage.csv", "payers.csv", "payers.png", "payers.svg"]
SANCTION_FILES += ["sanction.json", "structure.csv"]
SOME = Spread(1.0, 2.0, 3.0)
# Solved draws, so that the process to be killed does nothing but write.
SOLVED = Sanctioned(
    data=xr.Dataset(coords={"regime": ["ban"], "run": range(8)}),
    names={"AAA": "Aland"},
    payers=[Payer("ban", "AAA", SOME, SOME)],
    diverted=[Diverted("ban", "AAA", "exports", SOME, SOME, SOME, None, "BBB", SOME)],
    leverage=[Leverage("ban", "AAA", SOME, SOME, SOME, SOME, SOME)],
    structure=[Structural("ban", "AAA", 1.0, 3.0, ())],
)


def program(arguments: tuple[str, ...], cache: Path) -> None:
    """The program, in a process of its own and without a word."""
    from servanda.cli import main, sanction

    sanction.solve = lambda *_, **__: SOLVED
    os.environ["XDG_CACHE_HOME"] = str(cache)
    sys.argv = ["servanda", *arguments]
    with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere):
        main()


def killed(cache: Path, arguments: tuple[str, ...], begun: Callable[[], bool], wait: float) -> None:
    """Run the program, and kill it some seconds after something has begun."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["servanda.cli.work", "servanda.cli.sanction"])
    process: BaseProcess = context.Process(target=program, args=(arguments, cache))
    process.start()
    while process.is_alive() and not begun():
        time.sleep(0.001)
    time.sleep(wait)
    process.kill()
    process.join()


def done_in(out: Path) -> int:
    """What `run.json` counts; it is replaced in one step, so it is never half there."""
    note = out / "run.json"
    return json.loads(note.read_text())["done"] if note.is_file() else -1


def moments_of(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 (nothing secret)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    ensemble = Ensemble.prior(prepare(template()).model, RUNS)
    return run_to_folder(template(), tmp_path_factory.mktemp("whole") / "run", ensemble)


def check_left(left: RunFolder, arrays: dict[str, np.ndarray]) -> None:
    """What is left is as it was written, and the finished runs have their bits."""
    left.verify_runs()
    for name, values in left.arrays().items():
        done = left.note["done"]
        np.testing.assert_array_equal(values, arrays[name][..., :done], f"{name}, seed {SEED}")


def test_a_run_that_is_killed_is_readable_and_goes_on_to_the_same_bits(whole, tmp_path, cache_home):
    arrays, moments = whole.arrays(), moments_of(SEED)
    for number in range(KILLS):
        out, batches = tmp_path / f"run-{number}", moments.randrange(2)
        arguments = ("run", tiny(), "--prior", "--runs", str(RUNS), "--no-brief", "--out", str(out))
        killed(
            cache_home,
            arguments,
            lambda out=out, batches=batches: done_in(out) >= 1024 * batches,
            moments.uniform(0, 0.2),
        )
        check_left(open_run(out), arrays)
        finished = resume(out)
        finished.verify()
        assert finished.note["hash"] == whole.note["hash"], SEED


class Stop(BaseException):
    """The moment at which a process would have been killed."""


def test_a_kill_between_any_two_files_leaves_whole_batches_or_nothing(whole, tmp_path, monkeypatch):
    """The folder is copied as it stands at the moment, before anything is cleaned up."""
    model, moments = prepare(template()).model, moments_of(SEED)
    runs = PIECE + 100
    arrays = {name: values[..., :runs] for name, values in whole.arrays().items()}
    ensemble = whole.planned().first(runs)
    put, write = zarr.storage._local._put, drafts.write
    left, copied, one_at_a_time = [0], [Path()], threading.Lock()

    def counted(step: Callable[..., Any]) -> Callable[..., Any]:
        def stepping(*given: Any, **more: Any) -> Any:
            with one_at_a_time:  # zarr writes in several threads
                if left[0] == 0:
                    shutil.copytree(copied[0] / "at-work", copied[0] / "left")
                left[0] -= 1
                if left[0] < 0:
                    raise Stop
                return step(*given, **more)

        return stepping

    def written(path: Path) -> RunFolder:
        folder = RunFolder.create(path, template(), model, ensemble)
        for first in (0, PIECE):
            folder.append({name: v[..., first : first + PIECE] for name, v in arrays.items()})
        folder.finish(model)
        return folder

    monkeypatch.setattr(zarr.storage._local, "_put", counted(put))
    monkeypatch.setattr(drafts, "write", counted(write))
    left[0] = 10**6
    finished = written(tmp_path / "run")
    steps = 10**6 - left[0]
    for number in range(STOPS):
        copied[0] = tmp_path / str(number)
        (copied[0] / "at-work").mkdir(parents=True)
        left[0] = moments.randrange(steps)
        with pytest.raises(Stop):
            written(copied[0] / "at-work" / "run")
        left[0] = 10**6
        found = copied[0] / "left" / "run"
        if not found.exists():  # the draft has another name
            written(found)
            continue
        rest = open_run(found)
        check_left(rest, arrays)
        rest.go_on(model)
        for first in range(rest.note["done"], runs, PIECE):
            rest.append({name: v[..., first : first + PIECE] for name, v in arrays.items()})
        rest.finish(model)
        rest.verify()
        assert rest.note["hash"] == finished.note["hash"], SEED


def test_sanctions_that_are_killed_leave_all_tables_or_no_folder(tmp_path, cache_home):
    moments = moments_of(SEED)
    for longest in (0.0, 2.0):
        out = tmp_path / f"made-{longest}"
        arguments = ("sanction", "russia-dprk", "--draws", "8", "--out", str(out))
        before = set(tmp_path.iterdir())
        killed(
            cache_home,
            arguments,
            lambda before=before: set(tmp_path.iterdir()) != before,
            moments.uniform(0, longest),
        )
        if out.exists():
            assert sorted(path.name for path in out.iterdir()) == SANCTION_FILES
            assert json.loads((out / "sanction.json").read_text())["done"] == 8
        else:
            left = set(tmp_path.iterdir()) - before
            assert all(path.name.endswith(".draft") for path in left)
