"""Metrics under other policies: kept in the run folder, checked when read, never run twice."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from servanda.ensembles import Ensemble
from servanda.errors import RunFolderError
from servanda.files import drafts
from servanda.results import RunFolder, note, open_run, prepare
from servanda.results.by_policy import key
from tests.cases import template

RUNS = 8
AS_IS = key({})
LESS = key({"shells": 0.5, "war": "over"})
MORE = key({"shells": 2.0})
METRICS = {
    "fire": np.linspace(0, 1, RUNS, dtype=np.float32),
    "lasts": np.linspace(0, 1, RUNS) / 3,
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A folder that keeps the metrics under one policy."""
    model = prepare(template()).model
    made = tmp_path / "run"
    RunFolder.create(made, template(), model, Ensemble.prior(model, RUNS))
    open_run(made).by_policy(RUNS)[LESS] = METRICS
    return made


def file_of(path: Path) -> Path:
    (file,) = (path / "policies").iterdir()
    return file


def refused(path: Path) -> list[str]:
    """What reading the policies and what checking the folder say."""
    said = []
    for use in (lambda: open_run(path).by_policy(RUNS), open_run(path).verify):
        with pytest.raises(RunFolderError) as caught:
            use()
        said.append(str(caught.value))
    return said


def test_what_was_kept_comes_back_to_the_bit(path):
    kept = open_run(path).by_policy(RUNS)
    assert set(kept) == {LESS}
    for name, values in METRICS.items():
        np.testing.assert_array_equal(kept[LESS][name], values, strict=True)
    kept[AS_IS] = METRICS
    assert set(open_run(path).by_policy(RUNS)) == {LESS, AS_IS}
    open_run(path).verify()


def test_other_runs_and_another_stack_begin_anew(path, monkeypatch):
    assert not open_run(path).by_policy(RUNS - 1)
    monkeypatch.setattr(note, "versions", lambda: {"jax": "0.1"})
    assert not open_run(path).by_policy(RUNS)


@pytest.mark.parametrize("change", [lambda content: content[:-1], lambda content: content[::-1]])
def test_a_policy_that_was_changed_is_refused(path, change):
    file = file_of(path)
    file.write_bytes(change(file.read_bytes()))
    message = (
        f"run folder '{path}', policies/{file.name}: found other content than was written, "
        "expected the file that the run wrote\n"
        f"  hint: remove policies/{file.name}: `servanda brief` runs again what it lacks"
    )
    assert refused(path) == [message, message]


def test_a_policy_that_no_run_wrote_is_refused(path):
    (path / "policies" / "more.npz").write_bytes(file_of(path).read_bytes())
    where = f"run folder '{path}', "
    without = (
        f"{where}hashes/policy-more.json: found no such file, expected the file that the run wrote"
        "\n  hint: remove policies/more.npz: `servanda brief` runs again what it lacks"
    )
    added = (
        f"{where}policies/more.npz: found a file that the run did not write, "
        "expected no file of this name"
    )
    assert refused(path) == [without, added]


def test_a_folder_goes_on_without_the_file_of_a_policy(path):
    """A kill leaves a hash without its file, and so does whoever removes a damaged file."""
    file_of(path).unlink()
    open_run(path).verify()
    kept = open_run(path).by_policy(RUNS)
    assert not kept
    kept[LESS] = METRICS
    open_run(path).verify()


def failing(code: int) -> Any:
    def write(*_: Any) -> None:
        raise OSError(code, os.strerror(code))

    return write


def test_a_full_disk_is_told(path, monkeypatch):
    monkeypatch.setattr(drafts, "write", failing(errno.ENOSPC))
    with pytest.raises(RunFolderError) as caught:
        open_run(path).by_policy(RUNS)[AS_IS] = METRICS
    assert str(caught.value) == (
        f"run folder '{path}': found a write that failed: No space left on device, expected a "
        "place that can be written, on a disk with free space\n  hint: the runs stay readable"
    )


@pytest.mark.parametrize("code", [errno.EACCES, errno.EROFS])
def test_a_folder_that_one_may_only_read_keeps_nothing_more_and_hinders_nothing(
    path, monkeypatch, code
):
    monkeypatch.setattr(drafts, "write", failing(code))
    kept = open_run(path).by_policy(RUNS)
    kept[AS_IS] = METRICS
    assert set(kept) == {LESS, AS_IS}
    assert set(open_run(path).by_policy(RUNS)) == {LESS}
