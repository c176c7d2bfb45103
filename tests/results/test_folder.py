"""Run folders: whole, partial, broken, and where nothing can be written."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
import zarr.storage._local
from zarr import Array

from servanda.case import Case, load
from servanda.engine import Model, assemble
from servanda.ensembles import Ensemble, Policy
from servanda.errors import RunFolderError
from servanda.files import drafts
from servanda.results import (
    RunFolder,
    open_run,
    prepare,
    resume,
    run_policies,
    run_to_folder,
    to_dataset,
)
from servanda.results import note as notes
from servanda.results.hashes import PIECE
from servanda.results.store import RunStore
from servanda.running import run
from tests.builders import tiny_case
from tests.cases import blank, template, template_folder


def model() -> Model:
    return prepare(template()).model


def runs_of(runs: int, seed: int = 1, case: Case | None = None) -> Ensemble:
    return Ensemble.prior(model() if case is None else prepare(case).model, runs, seed)


def create(path: Path, runs: int = 1100, case: Case | None = None) -> RunFolder:
    """A folder without runs; a case of its own is assembled, which compiles nothing."""
    made = model() if case is None else assemble(case)
    return RunFolder.create(path, made.case, made, Ensemble.prior(made, runs))


def batch(runs: int, first: int = 0) -> dict[str, np.ndarray]:
    """Arrays in which every number tells its run."""
    numbers = np.arange(first, first + runs, dtype=np.float32)
    return {name: values + numbers for name, values in blank(model(), runs).items()}


def note(path: Path) -> dict[str, Any]:
    return json.loads((path / "run.json").read_text())


def full_disk(*_: Any, **__: Any) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def interrupt(*_: Any, **__: Any) -> None:
    raise KeyboardInterrupt


# ── whole ───────────────────────────────────────────────────────────────────────────────────────


def test_a_folder_holds_the_case_the_results_and_a_note(tmp_path):
    folder = run_to_folder(
        template(), tmp_path / "deep" / "run", runs_of(5, 7), Policy("half", {"shells": "0.5"})
    )
    assert sorted(p.name for p in folder.path.iterdir()) == [
        ".lock",
        "case",
        "ensemble.npz",
        "hashes",
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
    assert (given["policy"], given["levers"]) == ("half", {"shells": "0.5"})
    assert (given["origin"], given["case_digest"]) == ("prior", template().digest)
    assert given["versions"].keys() >= {"servanda", "jax", "numpy", "python"}
    assert len(given["hash"]) == 128
    assert open_run(folder.path).note == given


def test_batches_follow_each_other(tmp_path):
    folder = create(tmp_path / "run")
    assert [folder.append(batch(1024)), folder.append(batch(76, 1024))] == [1024, 1100]
    for values in folder.arrays().values():
        assert (values == np.arange(1100)).all()
    assert folder.dataset()["run"].values.tolist() == list(range(1100))


def test_a_batch_follows_whole_pieces_only(tmp_path):
    folder = create(tmp_path / "run")
    folder.append(batch(5))
    with pytest.raises(ValueError, match="a batch before the last one has a multiple of 512 runs"):
        folder.append(batch(5, 5))


def test_the_case_in_the_folder_runs_again_to_the_same_bits(tmp_path):
    case, runs = template().at("2021-06"), prepare(template()).batch + 5
    first = run_to_folder(case, tmp_path / "first", runs_of(runs, 3, case))
    again = first.case()
    assert (again.spec, again.digest) == (case.spec, case.digest)
    second = run_to_folder(again, tmp_path / "second", runs_of(runs, 3, again))
    assert second.note["hash"] == first.note["hash"]
    third = run_to_folder(again, tmp_path / "third", runs_of(runs, 4, again))
    assert third.note["hash"] != first.note["hash"]


def test_the_hash_does_not_depend_on_how_many_runs_a_machine_does_at_once(tmp_path):
    hashes = set()
    for name, sizes in (("a", [1100]), ("b", [PIECE, 588]), ("c", [PIECE, PIECE, 76])):
        folder, first = create(tmp_path / name), 0
        for size in sizes:
            first = folder.append(batch(size, first))
        folder.finish(model())
        hashes.add(folder.note["hash"])
    assert len(hashes) == 1


def test_one_bit_more_is_another_hash(tmp_path):
    one, other = create(tmp_path / "one", 1), create(tmp_path / "other", 1)
    one.append(batch(1))
    changed = {name: values.copy() for name, values in batch(1).items()}
    changed["tempo"][-1, 0] = np.nextafter(np.float32(0), np.float32(1))
    other.append(changed)
    for folder in (one, other):
        folder.finish(model())
    assert one.note["hash"] != other.note["hash"]


def test_the_cases_files_are_copied_as_they_are_and_the_cutoff_is_in_the_note(tmp_path):
    folder = create(tmp_path / "run", 1, template().at("2021-03"))
    for file in template_folder().iterdir():
        assert (folder.path / "case" / file.name).read_bytes() == file.read_bytes()
    assert folder.case().spec.as_of == note(folder.path)["as_of"] == "2021-03"


def test_a_run_may_be_put_inside_its_own_cases_folder(tmp_path):
    source = tmp_path / "source"
    shutil.copytree(template_folder(), source)
    (source / "notes.txt").write_text("not part of the case")
    folder = create(source / "runs" / "one", 1, load(source))
    copied = {p.name for p in (folder.path / "case").iterdir()}
    assert copied == {p.name for p in template_folder().iterdir()}
    assert folder.case().spec == load(source).spec


def test_a_folder_says_which_runs_it_has_and_where_their_parameters_come_from(tmp_path):
    given = {"war.volatility": [0.1, 0.2, 0.3]}
    about = {"numbers": [203, 0, 17], "weights": [1, 2, 5], "seed": 9, "origin": "design"}
    ensemble = Ensemble.of(model(), given, **about)
    folder = open_run(run_to_folder(template(), tmp_path / "run", ensemble).path)
    assert {k: note(folder.path)[k] for k in ("seed", "origin", "runs")} == {
        "seed": 9,
        "origin": "design",
        "runs": 3,
    }
    back = folder.ensemble()
    assert (back.origin, back.seed, back.case) == ("design", 9, template().digest)
    assert back.version == version("servanda")
    assert back.run_numbers.tolist() == [203, 0, 17]
    assert back.weights.tolist() == [1 / 8, 2 / 8, 5 / 8]
    assert list(back.parameters) == list(ensemble.parameters)
    for name, values in ensemble.parameters.items():
        np.testing.assert_array_equal(back.parameters[name], values, name)
    stored = folder.dataset()
    assert (stored.attrs["seed"], stored.attrs["origin"]) == (9, "design")
    assert stored["run"].values.tolist() == [203, 0, 17]
    assert stored["weight"].values.tolist() == [1 / 8, 2 / 8, 5 / 8]


def test_the_ensemble_of_a_folder_runs_again_to_the_same_bits(tmp_path):
    ensemble = Ensemble.of(model(), {"war.volatility": [0.1, 0.2]}, numbers=[8, 3], seed=4)
    folder = run_to_folder(template(), tmp_path / "run", ensemble)
    again = run(folder.case(), ensemble=folder.ensemble())
    xr.testing.assert_identical(folder.dataset().load(), again)


def test_the_results_of_a_folder_are_those_of_its_policy(tmp_path):
    policy = Policy("half", {"shells": 0.5})
    path = run_to_folder(template(), tmp_path / "run", runs_of(5), policy).path
    found = open_run(path).results(model())
    assert (found.policy, found.count) == (policy, 5)
    (alone,) = run_policies(prepare(template()), runs_of(5), [policy])
    for name, values in alone.arrays.items():
        np.testing.assert_array_equal(found.arrays[name], values, name)
    assert found.note == note(path)


def test_a_case_in_which_nothing_is_uncertain_has_a_folder_too(tmp_path):
    certain = assemble(replace(tiny_case(), folder=template_folder()))
    ensemble = Ensemble.prior(certain, 2)
    assert ensemble.parameters == {}
    folder = RunFolder.create(tmp_path / "run", certain.case, certain, ensemble)
    folder.append(blank(certain, 2))
    folder.finish(certain)
    left = open_run(folder.path)
    assert left.dataset()["parameters"].shape == (0, 2)
    assert left.ensemble().parameters == {}
    xr.testing.assert_identical(left.dataset().load(), to_dataset(left.results(certain)))


# ── partial ─────────────────────────────────────────────────────────────────────────────────────


def test_ctrl_c_between_batches_leaves_the_runs_that_are_done(tmp_path):
    size = prepare(template()).batch
    with pytest.raises(KeyboardInterrupt):
        run_to_folder(template(), tmp_path / "run", runs_of(2 * size), progress=interrupt)
    folder = open_run(tmp_path / "run")
    assert (folder.note["done"], folder.note["partial"], folder.note["hash"]) == (size, True, "")
    whole = run(template(), size, prior=True)
    partial = folder.dataset().load()
    xr.testing.assert_equal(partial, whole)
    assert folder.case().spec == template().spec


def test_ctrl_c_before_the_first_batch_leaves_a_folder_without_runs(tmp_path, monkeypatch):
    simulator = prepare(template())
    monkeypatch.setattr(simulator, "run", lambda *_: (interrupt() for _ in range(1)))
    with pytest.raises(KeyboardInterrupt):
        run_to_folder(template(), tmp_path / "run", runs_of(5))
    folder = open_run(tmp_path / "run")
    assert (folder.note["done"], folder.note["partial"]) == (0, True)
    assert folder.dataset().sizes["run"] == 0
    assert folder.arrays()["tempo"].shape == (72, 0)


@pytest.mark.parametrize("written", [0, 1, 10])
def test_ctrl_c_within_a_batch_leaves_the_batches_before_it(tmp_path, monkeypatch, written):
    folder = create(tmp_path / "run")
    folder.append(batch(PIECE))
    write, count = Array.__setitem__, iter(range(100))

    def break_off(self: Any, where: Any, values: Any) -> None:
        if next(count) == written:
            raise KeyboardInterrupt
        write(self, where, values)

    monkeypatch.setattr(Array, "__setitem__", break_off)
    with pytest.raises(KeyboardInterrupt):
        folder.append(batch(PIECE, PIECE))
    left = open_run(tmp_path / "run")
    assert (left.note["done"], left.note["partial"]) == (PIECE, True)
    for values in left.arrays().values():
        assert (values == np.arange(PIECE)).all()


@pytest.mark.usefixtures("heeds_ctrl_c")
def test_ctrl_c_during_a_write_is_held_back_until_the_batch_is_whole(tmp_path, monkeypatch):
    folder = create(tmp_path / "run")
    folder.append(batch(PIECE))
    write, count = Array.__setitem__, iter(range(100))

    def press_ctrl_c(self: Any, where: Any, values: Any) -> None:
        if next(count) in (1, 3):  # more than once, as people do
            signal.raise_signal(signal.SIGINT)
        write(self, where, values)

    monkeypatch.setattr(Array, "__setitem__", press_ctrl_c)
    handler = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        folder.append(batch(PIECE, PIECE))
    assert next(count) > 20  # every quantity was written, and not only the first ones
    assert signal.getsignal(signal.SIGINT) is handler
    left = open_run(tmp_path / "run")
    assert (left.note["done"], left.note["partial"]) == (2 * PIECE, True)
    for values in left.arrays().values():
        assert (values == np.arange(2 * PIECE)).all()


@pytest.mark.usefixtures("heeds_ctrl_c")
def test_ctrl_c_while_a_folder_is_made_leaves_a_whole_one_without_runs(tmp_path, monkeypatch):
    write = notes.write

    def press_ctrl_c(*given: Any) -> dict[str, Any]:
        signal.raise_signal(signal.SIGINT)
        return write(*given)

    monkeypatch.setattr(notes, "write", press_ctrl_c)
    with pytest.raises(KeyboardInterrupt):
        create(tmp_path / "run")
    assert open_run(tmp_path / "run").note["done"] == 0


def test_outside_the_main_thread_nothing_is_held_back(tmp_path, monkeypatch):
    """Only the main thread may say what a signal does."""
    handlers: list[Any] = []
    write = notes.write

    def look(*given: Any) -> dict[str, Any]:
        handlers.append(signal.getsignal(signal.SIGINT))
        return write(*given)

    before = signal.getsignal(signal.SIGINT)
    monkeypatch.setattr(notes, "write", look)
    with ThreadPoolExecutor(1) as elsewhere:
        folder = elsewhere.submit(create, tmp_path / "run").result()
        assert elsewhere.submit(folder.append, batch(PIECE)).result() == PIECE
    assert handlers == [before, before]
    folder.append(batch(5, PIECE))
    assert handlers[-1] is not before


def test_the_weights_of_a_partial_folder_add_up_to_one(tmp_path):
    ensemble = Ensemble.of(model(), {}, numbers=range(PIECE + 1), weights=[*range(PIECE), PIECE**2])
    folder = RunFolder.create(tmp_path / "run", template(), model(), ensemble)
    folder.append(batch(PIECE))
    left = open_run(tmp_path / "run")
    weights = np.arange(PIECE) / np.arange(PIECE).sum()
    np.testing.assert_allclose(left.ensemble().weights, weights)
    np.testing.assert_allclose(left.dataset()["weight"], weights)
    folder.append(batch(1, PIECE))
    whole = open_run(folder.path).dataset()["weight"]
    np.testing.assert_array_equal(whole, ensemble.weights)


@pytest.mark.parametrize(("owner", "step"), [(RunStore, "allocate"), (notes, "write")])
def test_ctrl_c_before_there_is_a_note_leaves_nothing(tmp_path, monkeypatch, owner, step):
    monkeypatch.setattr(owner, step, interrupt)
    with pytest.raises(KeyboardInterrupt):
        create(tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_all_runs_is_finished_also_if_its_metrics_are_missing(tmp_path, monkeypatch):
    monkeypatch.setattr(RunFolder, "finish", interrupt)
    with pytest.raises(KeyboardInterrupt):
        run_to_folder(template(), tmp_path / "run", runs_of(5))
    left = open_run(tmp_path / "run")
    assert (left.note["done"], left.note["partial"], len(left.note["hash"])) == (5, False, 128)
    with pytest.raises(RunFolderError) as caught:
        left.verify()
    assert str(caught.value) == (
        f"run folder '{tmp_path / 'run'}', metrics.csv: found no such file, expected the file that "
        "the run wrote\n  hint: `servanda run --resume` writes it"
    )
    monkeypatch.undo()
    resume(tmp_path / "run").verify()


# ── full disk ───────────────────────────────────────────────────────────────────────────────────


def test_a_disk_that_fills_up_while_results_are_written(tmp_path, monkeypatch):
    folder = create(tmp_path / "run")
    folder.append(batch(PIECE))
    monkeypatch.setattr(zarr.storage._local, "_put", full_disk)
    with pytest.raises(RunFolderError) as caught:
        folder.append(batch(PIECE, PIECE))
    assert str(caught.value) == (
        f"run folder '{tmp_path / 'run'}': found a write that failed: No space left on device, "
        "expected a place that can be written, on a disk with free space\n"
        f"  hint: the first {PIECE} runs stay readable"
    )
    monkeypatch.undo()
    left = open_run(tmp_path / "run")
    assert (left.note["done"], left.note["partial"]) == (PIECE, True)
    assert (left.dataset()["tempo"].values == np.arange(PIECE)).all()


def test_a_disk_that_fills_up_while_the_note_is_written(tmp_path, monkeypatch):
    folder = create(tmp_path / "run")
    folder.append(batch(PIECE))
    monkeypatch.setattr(drafts, "write", full_disk)
    with pytest.raises(RunFolderError):
        folder.append(batch(PIECE, PIECE))
    monkeypatch.undo()
    left = open_run(tmp_path / "run")
    assert (left.note["done"], left.note["partial"]) == (PIECE, True)
    assert folder.note == left.note
    assert (left.arrays()["tempo"] == np.arange(PIECE)).all()


def test_a_disk_that_is_full_from_the_start_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(zarr.storage._local, "_put", full_disk)
    with pytest.raises(RunFolderError) as caught:
        create(tmp_path / "run")
    assert str(caught.value) == (
        f"run folder '{tmp_path / 'run'}': found a write that failed: No space left on device, "
        "expected a place that can be written, on a disk with free space"
    )
    assert list(tmp_path.iterdir()) == []


# ── refusals ────────────────────────────────────────────────────────────────────────────────────


def test_a_folder_that_exists_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(RunFolderError) as caught:
        create(tmp_path)
    assert str(caught.value) == (
        f"run folder '{tmp_path}': found a file or folder of this name, "
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
        "expected a place that can be written, on a disk with free space"
    )


def test_a_parent_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RunFolderError) as caught:
        create(tmp_path / "file" / "run")
    assert str(caught.value) == (
        f"run folder '{tmp_path / 'file' / 'run'}': found a write that failed: Not a directory, "
        "expected a place that can be written, on a disk with free space"
    )


@pytest.mark.parametrize(
    ("broken", "found"),
    [
        ({"run.json": None}, "no run.json"),
        ({"run.json": '{"seed": 1, "ru'}, "no readable run.json"),
        ({"run.json": "[]"}, "a run.json without the form of the folder"),
        ({"run.json": "{}"}, "a run.json without the form of the folder"),
        ({"case": None}, "no 'case' in it"),
        ({"results.zarr": None}, "no 'results.zarr' in it"),
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
        open_run(path)
    assert str(caught.value) == (
        f"run folder '{path}': found {found}, expected a folder that `servanda run` wrote"
    )
