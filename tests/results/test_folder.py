"""Run folders: whole, partial, broken, and where nothing can be written."""

from __future__ import annotations

import errno
import json
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
import zarr.storage._local
from zarr import Array

from servanda.case import load
from servanda.engine import CHUNK
from servanda.errors import RunFolderError
from servanda.experiments import open_folder, prepare, run, run_to_folder
from servanda.experiments.dataset import coordinates, dimensions
from servanda.experiments.folder import RunFolder
from servanda.experiments.run import about
from tests.cases import template, template_folder


def model() -> Any:
    return prepare(template()).model


def create(path: Path, runs: int = 300, seed: int = 1) -> RunFolder:
    return RunFolder.create(path, model(), runs, {}, about(model(), seed, {}))


def batch(runs: int, first: int = 0) -> dict[str, np.ndarray]:
    """Arrays in which every number tells its run."""
    sizes = {name: len(labels) for name, labels in coordinates(model()).items()} | {"run": runs}
    return {
        name: np.broadcast_to(
            np.arange(first, first + runs, dtype=np.float32), [sizes[d] for d in dims]
        )
        for name, dims in dimensions(model()).items()
    }


def note(path: Path) -> dict[str, Any]:
    return json.loads((path / "run.json").read_text())


def full_disk(*_: Any, **__: Any) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def interrupt(*_: Any, **__: Any) -> None:
    raise KeyboardInterrupt


# ── whole ───────────────────────────────────────────────────────────────────────────────────────


def test_a_folder_holds_the_case_the_results_and_a_note(tmp_path):
    folder = run_to_folder(template(), tmp_path / "deep" / "run", 5, 7, levers={"shells": "0.5"})
    assert sorted(p.name for p in folder.path.iterdir()) == [
        "case",
        "metrics.csv",
        "results.zarr",
        "run.json",
    ]
    given = note(folder.path)
    assert {k: given[k] for k in ("case", "as_of", "seed", "runs", "done", "partial")} == {
        "case": "tiny",
        "as_of": "2021-12",
        "seed": 7,
        "runs": 5,
        "done": 5,
        "partial": False,
    }
    assert given["levers"] == {"shells": "0.5"}
    assert given["versions"].keys() >= {"servanda", "jax", "numpy", "python"}
    assert len(given["hash"]) == 128
    assert open_folder(folder.path).note == given


def test_batches_follow_each_other(tmp_path):
    folder = create(tmp_path / "run")
    assert [folder.append(batch(256)), folder.append(batch(44, 256))] == [256, 300]
    for values in folder.arrays().values():
        assert (values == np.arange(300)).all()
    assert folder.dataset()["run"].values.tolist() == list(range(300))


def test_the_case_in_the_folder_runs_again_to_the_same_bits(tmp_path):
    runs = prepare(template()).batch + 5
    first = run_to_folder(template().at("2021-06"), tmp_path / "first", runs, 3)
    again = first.case()
    assert again.spec == template().at("2021-06").spec
    second = run_to_folder(again, tmp_path / "second", runs, 3)
    assert second.note["hash"] == first.note["hash"]
    third = run_to_folder(again, tmp_path / "third", runs, 4)
    assert third.note["hash"] != first.note["hash"]


def test_the_hash_does_not_depend_on_how_many_runs_a_machine_does_at_once(tmp_path):
    hashes = set()
    for name, sizes in (("a", [300]), ("b", [CHUNK, 172]), ("c", [CHUNK, CHUNK, 44])):
        folder, first = create(tmp_path / name), 0
        for size in sizes:
            first = folder.append(batch(size, first))
        folder.finish()
        hashes.add(folder.note["hash"])
    assert len(hashes) == 1


def test_one_bit_more_is_another_hash(tmp_path):
    one, other = create(tmp_path / "one", 1), create(tmp_path / "other", 1)
    one.append(batch(1))
    changed = {name: values.copy() for name, values in batch(1).items()}
    changed["tempo"][-1, 0] = np.nextafter(np.float32(0), np.float32(1))
    other.append(changed)
    for folder in (one, other):
        folder.finish()
    assert one.note["hash"] != other.note["hash"]


def test_the_cases_files_are_copied_as_they_are_and_the_cut_is_in_the_note(tmp_path):
    moved = prepare(template().at("2021-03")).model
    folder = RunFolder.create(tmp_path / "run", moved, 1, {}, about(moved, 1, {}))
    for file in template_folder().iterdir():
        assert (folder.path / "case" / file.name).read_bytes() == file.read_bytes()
    assert folder.case().spec.as_of == note(folder.path)["as_of"] == "2021-03"


def test_a_run_may_be_put_inside_its_own_cases_folder(tmp_path):
    source = tmp_path / "source"
    shutil.copytree(template_folder(), source)
    (source / "notes.txt").write_text("not part of the case")
    inside = prepare(load(source)).model
    folder = RunFolder.create(source / "runs" / "one", inside, 1, {}, about(inside, 1, {}))
    copied = {p.name for p in (folder.path / "case").iterdir()}
    assert copied == {p.name for p in template_folder().iterdir()}
    assert folder.case().spec == load(source).spec


# ── partial ─────────────────────────────────────────────────────────────────────────────────────


def test_ctrl_c_between_batches_leaves_the_runs_that_are_done(tmp_path):
    size = prepare(template()).batch
    with pytest.raises(KeyboardInterrupt):
        run_to_folder(template(), tmp_path / "run", 2 * size, 1, progress=interrupt)
    folder = open_folder(tmp_path / "run")
    assert (folder.note["done"], folder.note["partial"], folder.note["hash"]) == (size, True, "")
    whole = run(template(), size)
    partial = folder.dataset().load()
    xr.testing.assert_equal(partial, whole)
    assert folder.case().spec == template().spec


def test_ctrl_c_before_the_first_batch_leaves_a_folder_without_runs(tmp_path, monkeypatch):
    simulator = prepare(template())
    monkeypatch.setattr(simulator, "run", lambda *_: (interrupt() for _ in range(1)))
    with pytest.raises(KeyboardInterrupt):
        run_to_folder(template(), tmp_path / "run", 5, 1)
    folder = open_folder(tmp_path / "run")
    assert (folder.note["done"], folder.note["partial"]) == (0, True)
    assert folder.dataset().sizes["run"] == 0
    assert folder.arrays()["tempo"].shape == (72, 0)


@pytest.mark.parametrize("written", [0, 1, 10])
def test_ctrl_c_within_a_batch_leaves_the_batches_before_it(tmp_path, monkeypatch, written):
    folder = create(tmp_path / "run")
    folder.append(batch(CHUNK))
    write, count = Array.__setitem__, iter(range(100))

    def break_off(self: Any, where: Any, values: Any) -> None:
        if next(count) == written:
            raise KeyboardInterrupt
        write(self, where, values)

    monkeypatch.setattr(Array, "__setitem__", break_off)
    with pytest.raises(KeyboardInterrupt):
        folder.append(batch(CHUNK, CHUNK))
    left = open_folder(tmp_path / "run")
    assert (left.note["done"], left.note["partial"]) == (CHUNK, True)
    for values in left.arrays().values():
        assert (values == np.arange(CHUNK)).all()


@pytest.mark.parametrize("step", ["_allocate", "_write_note"])
def test_ctrl_c_before_there_is_a_note_leaves_nothing(tmp_path, monkeypatch, step):
    monkeypatch.setattr(RunFolder, step, interrupt)
    with pytest.raises(KeyboardInterrupt):
        create(tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_before_the_hash_leaves_all_runs_in_a_folder_that_says_partial(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(RunFolder, "finish", interrupt)
    with pytest.raises(KeyboardInterrupt):
        run_to_folder(template(), tmp_path / "run", 5, 1)
    left = open_folder(tmp_path / "run")
    assert (left.note["done"], left.note["partial"], left.note["hash"]) == (5, True, "")


# ── full disk ───────────────────────────────────────────────────────────────────────────────────


def test_a_disk_that_fills_up_while_results_are_written(tmp_path, monkeypatch):
    folder = create(tmp_path / "run")
    folder.append(batch(CHUNK))
    monkeypatch.setattr(zarr.storage._local, "_put", full_disk)
    with pytest.raises(RunFolderError) as caught:
        folder.append(batch(CHUNK, CHUNK))
    assert str(caught.value) == (
        f"run folder '{tmp_path / 'run'}': found a write that failed: No space left on device, "
        "expected a place that can be written, with room on it\n"
        f"  hint: its first {CHUNK} runs stay readable"
    )
    monkeypatch.undo()
    left = open_folder(tmp_path / "run")
    assert (left.note["done"], left.note["partial"]) == (CHUNK, True)
    assert (left.dataset()["tempo"].values == np.arange(CHUNK)).all()


def test_a_disk_that_fills_up_while_the_note_is_written(tmp_path, monkeypatch):
    folder = create(tmp_path / "run")
    folder.append(batch(CHUNK))
    monkeypatch.setattr(Path, "write_text", full_disk)
    for fails in (lambda: folder.append(batch(CHUNK, CHUNK)), folder.finish):
        with pytest.raises(RunFolderError):
            fails()
    monkeypatch.undo()
    left = open_folder(tmp_path / "run")
    assert (left.note["done"], left.note["partial"]) == (CHUNK, True)
    assert folder.note == left.note
    assert (left.arrays()["tempo"] == np.arange(CHUNK)).all()


def test_a_disk_that_is_full_from_the_start_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(zarr.storage._local, "_put", full_disk)
    with pytest.raises(RunFolderError) as caught:
        create(tmp_path / "run")
    assert str(caught.value) == (
        f"run folder '{tmp_path / 'run'}': found a write that failed: No space left on device, "
        "expected a place that can be written, with room on it"
    )
    assert list(tmp_path.iterdir()) == []


# ── refusals ────────────────────────────────────────────────────────────────────────────────────


def test_a_folder_that_exists_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(RunFolderError) as caught:
        create(tmp_path)
    assert str(caught.value) == (
        f"run folder '{tmp_path}': found something there already, "
        "expected a folder that does not exist yet"
    )
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]


def test_a_parent_that_cannot_be_written_is_refused(tmp_path, monkeypatch):
    def refuse(*_: Any, **__: Any) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(Path, "mkdir", refuse)  # as root may write anywhere
    with pytest.raises(RunFolderError) as caught:
        create(tmp_path / "run")
    assert str(caught.value) == (
        f"run folder '{tmp_path / 'run'}': found a write that failed: Permission denied, "
        "expected a place that can be written, with room on it"
    )


def test_a_parent_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RunFolderError) as caught:
        create(tmp_path / "file" / "run")
    assert str(caught.value) == (
        f"run folder '{tmp_path / 'file' / 'run'}': found a write that failed: Not a directory, "
        "expected a place that can be written, with room on it"
    )


@pytest.mark.parametrize(
    ("broken", "found"),
    [
        ({"run.json": None}, "no readable run.json"),
        ({"run.json": '{"seed": 1, "ru'}, "no readable run.json"),
        ({"run.json": "[]"}, "a run.json without as_of, done, partial, runs, seed"),
        ({"run.json": "{}"}, "a run.json without as_of, done, partial, runs, seed"),
        ({"case": None}, "no case in it"),
        ({"results.zarr": None}, "no results.zarr in it"),
    ],
)
def test_what_is_no_run_folder_is_not_opened(tmp_path, broken, found):
    path = create(tmp_path / "run", 1).path
    for name, text in broken.items():
        if text is not None:
            (path / name).write_text(text)
        elif (path / name).is_dir():
            shutil.rmtree(path / name)
        else:
            (path / name).unlink()
    with pytest.raises(RunFolderError) as caught:
        open_folder(path)
    assert str(caught.value) == (
        f"run folder '{path}': found {found}, expected a folder that `servanda run` wrote"
    )
