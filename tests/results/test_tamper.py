"""A run folder that was damaged or edited is refused, and the message names the first difference.

What a forger does who makes the hashes again is not found, and is not tried here.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr

from servanda import briefing
from servanda.ensembles import Ensemble
from servanda.errors import RunFolderError
from servanda.report import page
from servanda.results import RunFolder, note, open_run, prepare, resume
from servanda.results.folder import alone
from servanda.results.hashes import PIECE
from tests.cases import blank, template

RUNS = PIECE + 8
Tampering = Callable[[Path], Any]
OTHER = "found other content than was written, expected the file that the run wrote"
ADDED = "found a file that the run did not write, expected no file of this name"
GONE = "found no such file, expected the file that the run wrote"
FIRST = f"of runs 0 to {PIECE - 1}, as the run wrote it"
SECOND = f"of runs {PIECE} to {RUNS - 1}, as the run wrote it"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which every number tells its run."""
    model = prepare(template()).model
    path = tmp_path_factory.mktemp("written") / "run"
    folder = RunFolder.create(path, template(), model, Ensemble.prior(model, RUNS))
    numbers = np.arange(RUNS, dtype=np.float32)
    folder.append({name: values + numbers for name, values in blank(model, RUNS).items()})
    folder.finish(model)
    (path / "briefing.html").write_text("a page")
    folder.note_briefing()
    return path


def read_all(path: Path) -> None:
    """Read what a briefing may read."""
    folder = open_run(path)
    folder.case()
    folder.ensemble()
    folder.dataset().load()


def noted(**changes: Any) -> Tampering:
    def tamper(path: Path) -> None:
        kept = json.loads((path / "run.json").read_text())
        (path / "run.json").write_text(json.dumps(kept | changes))

    return tamper


def edited(file: str, change: Callable[[str], str]) -> Tampering:
    return lambda path: (path / file).write_text(change((path / file).read_text()))


def metadata(change: Callable[[dict[str, Any]], Any]) -> Tampering:
    def tamper(path: Path) -> None:
        file = path / "results.zarr" / ".zmetadata"
        content = json.loads(file.read_text())
        change(content["metadata"])
        file.write_text(json.dumps(content))

    return tamper


def cut(file: str) -> Tampering:
    return lambda path: (path / file).write_bytes((path / file).read_bytes()[:-1])


def without(name: str) -> Tampering:
    def tamper(path: Path) -> None:
        gone = path / name
        shutil.rmtree(gone) if gone.is_dir() else gone.unlink()

    return tamper


def overwritten(path: Path) -> None:
    """As xarray or zarr would do it."""
    store = zarr.open_group(path / "results.zarr", mode="r+", zarr_format=2)
    store["alive"][..., -1] = 1


def shorter(entries: dict[str, Any]) -> None:
    for name in ("alive", "tempo"):
        entries[f"{name}/.zarray"]["shape"][-1] = 100


def wider(entries: dict[str, Any]) -> None:
    entries["month/.zarray"]["shape"] = entries["month/.zarray"]["chunks"] = [73]


def other_weights(entries: dict[str, Any]) -> None:
    entries["weight/.zarray"]["shape"] = [100]


def longer(entries: dict[str, Any]) -> None:
    for entry in entries.values():
        if entry.get("shape", [])[-1:] == [RUNS]:
            entry["shape"][-1] = 10**6


def of_length(length: Any) -> Tampering:
    return metadata(lambda entries: entries["tempo/.zarray"].update(shape=[72, length]))


def added(file: str) -> Tampering:
    def tamper(path: Path) -> None:
        (path / file).parent.mkdir(exist_ok=True)
        (path / file).write_text("{}")

    return tamper


def a_pipe(path: Path) -> None:
    without("results.zarr/tempo/0.0")(path)
    os.mkfifo(path / "results.zarr" / "tempo" / "0.0")


def emptied(path: Path) -> None:
    for file in (path / "results.zarr").iterdir():
        shutil.rmtree(file) if file.is_dir() else file.unlink()


KNOWN = (
    "form, case, case_digest, as_of, seed, origin, learned, mechanisms, version, changes, policy, "
    "levers, quantities, runs, done, partial, versions, hash, note_hash"
)
NO_FOLDER = "expected a folder that `servanda run` wrote"
TAMPERED: dict[str, tuple[Tampering, str]] = {
    "more runs": (
        noted(done=10**6),
        f", run.json: done: found 1000000, expected at most the {RUNS} runs asked for",
    ),
    "fewer runs": (noted(done=PIECE, partial=True), f", run.json: {OTHER}"),
    "whole called partial": (
        noted(partial=True),
        f", run.json: partial: found true with {RUNS} of {RUNS} runs done, expected false",
    ),
    "another seed": (noted(seed=2), f", run.json: {OTHER}"),
    "another lever": (noted(levers={"shells": 0.5}), f", run.json: {OTHER}"),
    "another hash": (noted(hash="0" * 128), f", run.json: {OTHER}"),
    "text for a number": (
        noted(done="520"),
        ", run.json: done: found '520', expected a whole number",
    ),
    "a fraction of a run": (
        noted(runs=520.5),
        ", run.json: runs: found 520.5, expected a whole number",
    ),
    "a list for a table": (noted(levers=[]), ", run.json: levers: found [], expected a table"),
    "an unknown key": (
        noted(sed=1),
        (
            ", run.json: sed: found a key that is not known here, "
            f"expected one of {KNOWN}\n  hint: did you mean 'seed'?"
        ),
    ),
    "no key": (noted(form=None), f": found a run.json without the form of the folder, {NO_FOLDER}"),
    "another form": (
        noted(form=4, version="0.9.0"),
        (
            ", run.json: found form 4 of run folders, expected form 3, which this version reads "
            "and writes\n  hint: the folder is from servanda 0.9.0"
        ),
    ),
    "a deep note": (
        edited("run.json", lambda _: "[" * 100_000),
        f": found no readable run.json, {NO_FOLDER}",
    ),
    "a number of 5,000 digits": (
        edited("run.json", lambda text: text.replace(f": {RUNS},", f": {'1' * 5000},")),
        f": found no readable run.json, {NO_FOLDER}",
    ),
    "a longer horizon": (
        edited("case/case.toml", lambda text: text.replace("2025-12", "2026-12")),
        f", case/case.toml: {OTHER}",
    ),
    "an edited prior": (
        edited("case/parameters.toml", lambda text: text + "\n"),
        f", case/parameters.toml: {OTHER}",
    ),
    "no evidence": (without("case/evidence.csv"), f", case/evidence.csv: {GONE}"),
    "a file more": (
        lambda path: (path / "case" / "more.csv").write_text("a\n"),
        f", case/more.csv: {ADDED}",
    ),
    "other parameters": (cut("ensemble.npz"), f", ensemble.npz: {OTHER}"),
    "no parameters": (without("ensemble.npz"), f", ensemble.npz: {GONE}"),
    "overwritten results": (
        overwritten,
        (
            ", results.zarr/alive/0.0.1: found other content than was written, "
            f"expected alive {SECOND}"
        ),
    ),
    "a cut chunk": (
        cut("results.zarr/arrived/0.1.0"),
        (
            ", results.zarr/arrived/0.1.0: found other content than was written, "
            f"expected arrived {FIRST}"
        ),
    ),
    "a deleted chunk": (
        without("results.zarr/tempo/0.1"),
        f", results.zarr/tempo/0.1: found no such file, expected tempo {SECOND}",
    ),
    "deleted weights": (
        without("results.zarr/weight/0"),
        f", results.zarr/weight/0: found no such file, expected weight {FIRST}",
    ),
    "other months": (cut("results.zarr/month/0"), f", results.zarr/month/0: {OTHER}"),
    "fewer runs in the store": (
        metadata(shorter),
        (
            ", results.zarr/.zmetadata: found 100 runs of alive, "
            f"expected the {RUNS} runs that run.json counts"
        ),
    ),
    "fewer weights than runs": (
        metadata(other_weights),
        (
            ", results.zarr/.zmetadata: found 100 runs of weight, "
            f"expected the {RUNS} runs that run.json counts"
        ),
    ),
    "more runs in the store": (
        metadata(longer),
        (
            ", results.zarr/.zmetadata: found 1000000 runs of alive, "
            f"expected the {RUNS} runs that run.json counts"
        ),
    ),
    **{
        f"{length!r} for the number of runs": (
            of_length(length),
            (
                ", results.zarr/.zmetadata: found no number of runs of tempo, "
                f"expected the {RUNS} runs that run.json counts"
            ),
        )
        for length in ("many", None, -5, float(RUNS), 10**30)
    },
    "a whole store marked as partial": (
        metadata(lambda entries: entries[".zattrs"].update(partial="of more")),
        f", results.zarr/.zmetadata: {OTHER}",
    ),
    "a key twice": (
        edited("run.json", lambda text: '{"done": 5,' + text[1:]),
        f", run.json: {OTHER}",
    ),
    "a pipe for a chunk": (
        a_pipe,
        f", results.zarr/tempo/0.0: found no such file, expected tempo {FIRST}",
    ),
    "a month more": (metadata(wider), f", results.zarr/.zmetadata: {OTHER}"),
    "another unit": (
        metadata(lambda entries: entries["tempo/.zattrs"].update(units="shell")),
        f", results.zarr/.zmetadata: {OTHER}",
    ),
    "an empty list of arrays": (
        metadata(lambda entries: entries.clear()),
        f", results.zarr/.zmetadata: {OTHER}",
    ),
    "an empty group": (emptied, f", results.zarr/.zmetadata: {GONE}"),
    "other attributes": (
        edited("results.zarr/.zattrs", lambda _: "{}"),
        f", results.zarr/.zattrs: {OTHER}",
    ),
    "no hashes": (without("hashes"), f", hashes/start.json: {GONE}"),
    "no hashes of some runs": (
        without("hashes/runs-0.json"),
        f", hashes/runs-0.json: found no such file, expected the hashes {FIRST}",
    ),
    "half a list of hashes": (
        edited("hashes/runs-1.json", lambda text: text[:50]),
        f", hashes/runs-1.json: found no list of hashes, expected the hashes {SECOND}",
    ),
}
# What a briefing does not read is found by `verify` alone.
UNREAD: dict[str, tuple[Tampering, str]] = {
    "a copy of metadata deleted": (
        without("results.zarr/alive/.zarray"),
        f", results.zarr/alive/.zarray: {OTHER}",
    ),
    "a copy of attributes cut": (
        cut("results.zarr/alive/.zattrs"),
        f", results.zarr/alive/.zattrs: {OTHER}",
    ),
    "a copy of another array's metadata": (
        lambda path: shutil.copy(
            path / "results.zarr/.zattrs", path / "results.zarr/tempo/.zarray"
        ),
        f", results.zarr/tempo/.zarray: {OTHER}",
    ),
    "a line more in a copy": (
        edited("results.zarr/alive/.zarray", lambda text: text + "\n"),
        f", results.zarr/alive/.zarray: {OTHER}",
    ),
    "other metrics": (
        edited("metrics.csv", lambda text: text + "\n"),
        f", metrics.csv: {OTHER}\n  hint: `servanda run --resume` writes it",
    ),
    "another briefing": (
        edited("briefing.html", lambda text: text + " "),
        f", briefing.html: {OTHER}\n  hint: `servanda brief` writes it",
    ),
    "no briefing": (
        without("briefing.html"),
        f", briefing.html: {GONE}\n  hint: `servanda brief` writes it",
    ),
    **{
        f"{file} more": (
            added(file),
            f", {file}: {ADDED}",
        )
        for file in (
            "case/notes.txt",
            "results.zarr/zarr.json",
            "results.zarr/ghost/.zarray",
            "results.zarr/tempo/0.2",
            "hashes/more.json",
        )
    },
    "no metrics": (
        without("metrics.csv"),
        f", metrics.csv: {GONE}\n  hint: `servanda run --resume` writes it",
    ),
}


@pytest.mark.parametrize("kind", TAMPERED)
def test_a_tampered_folder_is_refused_where_it_is_read_and_where_it_is_checked(
    written, tmp_path, kind
):
    path = shutil.copytree(written, tmp_path / "run")
    tamper, message = TAMPERED[kind]
    tamper(path)
    for use in (read_all, lambda where: open_run(where).verify(), resume):
        with pytest.raises(RunFolderError) as caught:
            use(path)
        assert str(caught.value) == f"run folder '{path}'{message}"


@pytest.mark.parametrize("kind", UNREAD)
def test_verify_finds_what_no_reader_reads(written, tmp_path, kind):
    path = shutil.copytree(written, tmp_path / "run")
    tamper, message = UNREAD[kind]
    tamper(path)
    read_all(path)
    with pytest.raises(RunFolderError) as caught:
        open_run(path).verify()
    assert str(caught.value) == f"run folder '{path}'{message}"


def test_a_folder_as_it_was_written_is_refused_by_nothing(written):
    read_all(written)
    counted: list[tuple[int, int]] = []
    open_run(written).verify(lambda done, of: counted.append((done, of)))
    assert counted == [(PIECE, RUNS), (RUNS, RUNS)]


def test_a_briefing_that_is_written_again_is_as_it_was_written(written, tmp_path, monkeypatch):
    path = shutil.copytree(written, tmp_path / "run")
    monkeypatch.setattr(page, "brief", lambda *given, **_: given[-1].write_text("another page"))
    briefing.brief(path, verdicts=[], coverages=[])
    assert (path / "briefing.html").read_text() == "another page"
    open_run(path).verify()
    briefing.brief(path, verdicts=[], coverages=[], out=tmp_path / "elsewhere.html")
    open_run(path).verify()


def test_a_folder_that_another_process_writes_is_left_to_it(written, tmp_path):
    path = shutil.copytree(written, tmp_path / "run")
    with alone(path), pytest.raises(RunFolderError) as caught:
        resume(path)
    assert str(caught.value) == (
        f"run folder '{path}': found another process that writes it, "
        "expected a folder that no process writes"
    )
    read_all(path)
    resume(path)


def test_a_folder_may_be_moved_and_opened_elsewhere(written, tmp_path):
    open_run(shutil.copytree(written, tmp_path / "elsewhere")).verify()


def test_what_is_read_of_a_quantity_is_checked_and_nothing_else(written, tmp_path):
    path = shutil.copytree(written, tmp_path / "run")
    overwritten(path)
    results = open_run(path).results(prepare(template()).model)
    results.series("tempo")
    with pytest.raises(RunFolderError):
        results.series("alive[BBB-AAA]")


def test_a_folder_of_another_version_says_what_is_not_verified(written, tmp_path):
    path = shutil.copytree(written, tmp_path / "run")
    kept = json.loads((path / "run.json").read_text())
    note.write(path, kept | {"version": "0.0.9"})
    message = (
        f"run folder '{path}' was written by servanda 0.0.9. Its files are checked. That servanda "
        f"{kept['version']} reads the case in the same way is not verified."
    )
    with pytest.warns(UserWarning, match="not verified") as caught:
        folder = open_run(path)
    assert [str(one.message) for one in caught] == [message]
    folder.verify()


def test_runs_of_another_stack_are_not_gone_on_with(written, tmp_path):
    path = shutil.copytree(written, tmp_path / "run")
    kept = json.loads((path / "run.json").read_text())
    note.write(path, kept | {"versions": kept["versions"] | {"jax": "0.1"}})
    with pytest.raises(RunFolderError) as caught:
        resume(path)
    assert str(caught.value) == (
        f"run folder '{path}': found runs made with jax 0.1, expected jax "
        f"{kept['versions']['jax']}, as it is installed\n"
        "  hint: runs of two versions may differ; make a new run"
    )


def test_a_partial_folder_is_checked_too(tmp_path):
    model = prepare(template()).model
    path = tmp_path / "run"
    folder = RunFolder.create(path, template(), model, Ensemble.prior(model, RUNS))
    added("case/notes.txt")(path)
    with pytest.raises(RunFolderError) as caught:
        open_run(path).verify()
    assert str(caught.value) == f"run folder '{path}', case/notes.txt: {ADDED}"
    without("case/notes.txt")(path)
    folder.append(blank(model, PIECE))
    added("results.zarr/tempo/0.1")(path)  # of a batch that was killed
    added("results.zarr/tempo/0.1.a5.partial")(path)
    open_run(path).verify()
    whole_again = shutil.copytree(path, tmp_path / "unmarked")
    metadata(lambda entries: entries[".zattrs"].pop("partial"))(whole_again)
    with pytest.raises(RunFolderError) as caught:
        open_run(whole_again).dataset()
    assert str(caught.value) == f"run folder '{whole_again}', results.zarr/.zmetadata: {OTHER}"
    more = path / "case" / "more.csv"
    more.write_text("a\n")
    with pytest.raises(RunFolderError) as caught:
        open_run(path).verify()
    assert str(caught.value) == f"run folder '{path}'{TAMPERED['a file more'][1]}"
    more.unlink()
    without("results.zarr/tempo/0.0")(path)
    with pytest.raises(RunFolderError) as caught:
        open_run(path).verify()
    assert str(caught.value) == (
        f"run folder '{path}', results.zarr/tempo/0.0: found no such file, expected tempo {FIRST}"
    )
