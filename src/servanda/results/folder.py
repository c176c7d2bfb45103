"""A run folder: the case, the arrays of results, and a note of their origin.

    FOLDER/case/          the case's files, as they were run
    FOLDER/ensemble.npz   the parameters of all runs asked for
    FOLDER/results.zarr   every kept quantity and the parameters of the runs done, for xarray
    FOLDER/metrics.csv    every metric over runs, written when all runs are done
    FOLDER/run.json       cut-off, seed, origin, levers, runs asked for and done, versions, and a
                          hash of the results
    FOLDER/policies/      the metrics under policies that claims compare, written as they are judged
    FOLDER/hashes/        a hash of each of these files, see `servanda.results.hashes`
    FOLDER/.lock          held by the process that writes the folder

Each batch is written when it is computed, and `run.json` then counts it. If the run is interrupted
or the disk is full, the folder is readable up to its last complete batch and is marked as partial.
The hash of the results depends on the results only. It does not depend on the folder or on the
number of cores. What is read is compared with its hash, so that nothing damaged is read.
"""

import errno
import hashlib
import os
import shutil
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from filelock import FileLock, Timeout

from servanda.case import Case, load
from servanda.engine import CHUNK, Model
from servanda.engine.streams import Past
from servanda.ensembles import AS_IS, Ensemble, Policy
from servanda.errors import RunFolderError
from servanda.files import drafts
from servanda.files.fields import path_of
from servanda.files.tables import text_of
from servanda.results import note as notes
from servanda.results.by_policy import MetricsByPolicy
from servanda.results.hashes import END, PAGE, PIECE, START, Hashes
from servanda.results.metrics import table_of_metrics
from servanda.results.results import Progress, Results, made_from
from servanda.results.store import RunStore, by_run_variables
from servanda.results.stored import uninterrupted

_ENSEMBLE = "ensemble.npz"
_METRICS = "metrics.csv"
_PAST = ("past_shock", "past_number", "past_seed")
_CHAINS = "chains"
BRIEFING = "briefing.html"


@dataclass
class RunFolder:
    """A run folder on disk, open for writing or reading.

    Attributes:
        path: the folder.
        note: the content of `run.json`.
    """

    path: Path
    note: dict[str, Any]
    _hashes: Hashes = field(repr=False)
    _hash: Any = field(default_factory=hashlib.blake2b, repr=False)
    _planned: Ensemble | None = field(default=None, repr=False)
    _by_run: Mapping[str, xr.Variable] = field(default_factory=dict, repr=False)

    @classmethod
    def create(
        cls, path: Path, case: Case, model: Model, ensemble: Ensemble, policy: Policy = AS_IS
    ) -> "RunFolder":
        """Create a new folder without runs.

        Args:
            path: path of the new folder.
            case: case whose files are copied into the folder.
            model: model of the case.
            ensemble: runs that will be written.
            policy: policy of the runs.

        Raises:
            RunFolderError: if the folder exists or cannot be written. Nothing of it is left.
        """
        note = (
            {"form": notes.FORM}
            | made_from(model, ensemble)
            | {
                "policy": policy.name,
                "levers": dict(policy.levers),
                "quantities": list(model.layout.kept),
                "runs": len(ensemble),
                "done": 0,
                "partial": True,
                "versions": notes.versions(),
                "hash": "",
            }
        )
        with _writing(f"run folder '{path}'"):
            try:
                with drafts.folder(path, parents=True) as draft:
                    hashes = Hashes(draft, len(ensemble))
                    _copy_case(case, draft, hashes)
                    _write_ensemble(ensemble, draft, hashes)
                    RunStore(hashes, tuple(model.layout.kept)).allocate(model, ensemble, policy)
                    hashes.write()
                    note = notes.write(draft, note)
            except FileExistsError:
                raise _taken(path) from None
        folder = cls(path, note, Hashes(path, len(ensemble)), _planned=ensemble)
        folder.go_on(model)
        return folder

    def go_on(self, model: Model) -> None:
        """Prepare to append runs.

        Args:
            model: model of the case in the folder.
        """
        self._by_run = by_run_variables(model, self.planned())

    def append(self, batch: Mapping[str, np.ndarray]) -> int:
        """Write the next batch of runs, and count it. With the last one the folder is complete.

        Returns:
            The number of runs done.

        Raises:
            RunFolderError: if the batch cannot be written.
            ValueError: if the runs before it do not fill whole pieces of the store.
        """
        first = self.note["done"]
        if first % PIECE:  # a piece that is written twice has no hash for some time
            raise ValueError(f"a batch before the last one has a multiple of {PIECE} runs")
        done = int(first + next(iter(batch.values())).shape[-1])
        ordered = {name: batch[name] for name in self.note["quantities"]}
        with _writing(f"run folder '{self.path}'", f"the first {first} runs stay readable"):
            self._store.append(ordered, self._by_run, first)
            self._add_to_hash(ordered)
            complete = done == self.note["runs"]
            changes = {"partial": False, "hash": self._hash.hexdigest()} if complete else {}
            self.note = notes.write(self.path, {**self.note, "done": done, **changes})
        return done

    def _add_to_hash(self, batch: Mapping[str, np.ndarray]) -> None:
        """Add a batch to the hash by chunks, because the size of a batch depends on the machine."""
        for first in range(0, next(iter(batch.values())).shape[-1], CHUNK):
            for values in batch.values():
                self._hash.update(np.ascontiguousarray(values[..., first : first + CHUNK]))

    def finish(self, model: Model) -> None:
        """Write the metrics of a complete folder."""
        with _writing(f"run folder '{self.path}'", "the runs stay readable"):
            text = table_of_metrics(self.results(model))
            # Its hash first: a kill in between leaves no file that differs from its hash.
            self._hashes.add(END, _METRICS, text.encode())
            self._hashes.add_metadata()
            self._hashes.write()
            drafts.write(self.path / _METRICS, text)
        self._by_run = {}  # large, and no longer needed

    def dataset(self) -> xr.Dataset:
        """The results so far, with labels and units. Values are read when they are used."""
        data = self._store.dataset(self.note["done"])
        if not self.note["partial"]:
            return data
        return data.assign_coords(weight=data["weight"].copy(data=self.ensemble().weights))

    def arrays(self) -> dict[str, np.ndarray]:
        """The results so far, in memory, by quantity."""
        return {name: stored[...] for name, stored in self._store.stored(self.note["done"]).items()}

    def planned(self) -> Ensemble:
        """The ensemble of all runs asked for: parameters, run numbers, weights and origin."""
        if self._planned is None:
            self._hashes.check_file(_ENSEMBLE)
            with np.load(self.path / _ENSEMBLE, allow_pickle=False) as stored:
                self._planned = Ensemble(
                    parameters=dict(
                        zip(stored["parameter"].tolist(), stored["parameters"], strict=True)
                    ),
                    run_numbers=stored["run"],
                    weights=stored["weight"],
                    origin=self.note["origin"],
                    seed=self.note["seed"],
                    case=self.note["case_digest"],
                    version=self.note["version"],
                    past=_past_in(stored),
                    learned=self.note["learned"],
                    chains=int(stored[_CHAINS]) if _CHAINS in stored else 0,
                )
        return self._planned

    def ensemble(self) -> Ensemble:
        """The ensemble of the runs so far: parameters, run numbers, weights and origin."""
        return self.planned().first(self.note["done"])

    def results(self, model: Model) -> Results:
        """The results so far. Each quantity is read when it is used, and not kept in memory.

        Args:
            model: model of the case in the folder.
        """
        stored = self._store.stored(self.note["done"])
        return Results(model, self.ensemble(), self.policy, stored, self.note)

    def by_policy(self, runs: int) -> MetricsByPolicy:
        """The metrics of the first runs under other policies. What is added is written.

        Raises:
            RunFolderError: if a file of them is damaged, or cannot be written.
        """
        return MetricsByPolicy(self.path, self._hashes, runs)

    def case(self) -> Case:
        """The case as it was run, with its evidence cut-off and its changes.

        Raises:
            CaseError: if this version reads the files otherwise than the version that wrote them.
            RunFolderError: if the files were changed.
        """
        self._check_case()
        case = (
            load(self.path / "case")
            .changed(map(tuple, self.note["changes"]))
            .at(self.note["as_of"])
        )
        if self.unverified is None and case.digest != self.note["case_digest"]:
            raise RunFolderError(
                where=f"run folder '{self.path}'",
                found=f"a case of digest {case.digest}",
                expected=f"digest {self.note['case_digest']}, as it was run",
            )
        return case

    @property
    def policy(self) -> Policy:
        """The policy of the runs."""
        return Policy(self.note["policy"], self.note["levers"])

    def check_same_versions(self) -> None:
        """Raise `RunFolderError` unless the versions are those that the runs were made with."""
        for name, here in notes.versions().items():
            there = self.note["versions"].get(name)
            if name != "python" and there != here:
                raise RunFolderError(
                    f"run folder '{self.path}'",
                    f"runs made with {name} {there}",
                    f"{name} {here}, as it is installed",
                    "runs of two versions may differ; make a new run",
                )

    @property
    def unverified(self) -> str | None:
        """What cannot be verified of a folder of another version; None for one of this version."""
        if self.note["version"] == version("servanda"):
            return None
        return (
            f"run folder '{self.path}' was written by servanda {self.note['version']}. Its files "
            f"are checked. That servanda {version('servanda')} reads the case in the same way is "
            "not verified."
        )

    def verify(self, progress: Progress | None = None) -> None:
        """Check that the folder is as the run wrote it: every file, and none added to its parts.

        This finds damage and edits. It does not find a forger, who can make the hashes again.

        Args:
            progress: called with the number of runs checked and the number done.

        Raises:
            RunFolderError: on the first difference.
        """
        self.verify_runs(progress)
        if not self.note["partial"]:
            self._hashes.check_file(_METRICS, END, "`servanda run --resume` writes it")
            for file in self._hashes.of(END):
                self._hashes.check_file(file, END)
        if self._hashes.has(PAGE) or (self.path / BRIEFING).exists():
            self._hashes.check_file(BRIEFING, PAGE, "`servanda brief` writes it")
        for name in self._hashes.policies():
            for file in self._hashes.of(name):
                # A kill leaves a hash without its file, which is then made again.
                if (self.path / file).exists():
                    self._hashes.check_policy(file)
        self._hashes.check_nothing_added(self._store.metadata(), self.note["done"])

    def verify_runs(self, progress: Progress | None = None) -> None:
        """Check everything but the metrics, which a run that was killed at its end lacks."""
        done, store = self.note["done"], self._store
        self._check_case()
        self._hashes.check_file(_ENSEMBLE)
        stored = store.stored(done)
        store.check_metadata()
        for file in self._hashes.chunks(START):
            self._hashes.check_file(file)
        self._hash = hashlib.blake2b()
        for number, name in enumerate(self._hashes.pieces(done)):
            for file in self._hashes.chunks(name):
                self._hashes.check_file(file)
            last = min((number + 1) * PIECE, done)
            runs = slice(number * PIECE, last)
            self._add_to_hash({name: array.of_runs(runs) for name, array in stored.items()})
            if progress is not None:
                progress(last, done)
        if not self.note["partial"] and self._hash.hexdigest() != self.note["hash"]:
            raise RunFolderError(
                f"run folder '{self.path}'",
                f"results of hash {self._hash.hexdigest()}",
                f"hash {self.note['hash']}, as run.json has",
            )

    def note_briefing(self) -> None:
        """Note the hash of the briefing that was just written into the folder."""
        with _writing(f"run folder '{self.path}'", "the briefing stays readable"):
            self._hashes.add(PAGE, BRIEFING, (self.path / BRIEFING).read_bytes())
            self._hashes.write()

    @property
    def _store(self) -> RunStore:
        return RunStore(self._hashes, tuple(self.note["quantities"]))

    def _check_case(self) -> None:
        """Check the files of the case, and that none was added."""
        known = [file for file in self._hashes.of(START) if file.startswith("case/")]
        there = [f"case/{file.name}" for file in _files_of(self.path / "case")]
        for file in dict.fromkeys([*known, *there]):
            self._hashes.check_file(file)


def check_free(path: Path) -> None:
    """Raise `RunFolderError` if a run folder cannot be made here."""
    if os.path.lexists(path):
        raise _taken(path)
    above = next(parent for parent in path.absolute().parents if os.path.lexists(parent))
    with _writing(f"run folder '{path}'"):
        if not above.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        if not os.access(above, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def _taken(path: Path) -> RunFolderError:
    return RunFolderError(
        f"run folder '{path}'", "a file or folder of this name", "a folder that does not exist yet"
    )


def open_run(folder: str | Path) -> RunFolder:
    """Open a run folder that was written earlier.

    What is read of it later is compared with its hash.

    Args:
        folder: path of the folder.

    Raises:
        RunFolderError: if the path is not a run folder, or its note was changed.
        UsageError: if the argument is no path.
    """
    path = path_of(folder, "run folder", "the path of a folder that `servanda run` wrote")
    note = notes.read(path)
    for part in ("case", "results.zarr"):
        if not (path / part).is_dir():
            raise notes.no_run_folder(path, f"no '{part}' in it")
    opened = RunFolder(path, note, Hashes(path, note["runs"]))
    if opened.unverified is not None:
        warnings.warn(opened.unverified, stacklevel=2)
    return opened


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keep other processes from writing a run folder. A killed process keeps none from it.

    Raises:
        RunFolderError: if another process writes the folder now, or it cannot be written.
    """
    where = f"run folder '{folder}'"
    lock = FileLock(folder / ".lock", timeout=0)
    with drafts.explained(where, RunFolderError):
        try:
            lock.acquire()
        except Timeout:
            found, expected = "another process that writes it", "a folder that no process writes"
            raise RunFolderError(where, found, expected) from None
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _writing(where: str, hint: str | None = None) -> Iterator[None]:
    """Turn a failed write into one error message, and delay Ctrl-C. Files written before stay."""
    with drafts.explained(where, RunFolderError, hint), uninterrupted():
        yield


def _files_of(folder: Path) -> list[Path]:
    """The files of a case in a folder, and no other files."""
    found = sorted([*folder.glob("*.toml"), *folder.glob("*.csv")])
    return [file for file in found if file.is_file()]


def _copy_case(case: Case, target: Path, hashes: Hashes) -> None:
    """Copy the files that a case is made from, and no other files of its folder."""
    (target / "case").mkdir()
    for name in case.files:
        text_of(case.folder / name, name.rpartition(".")[2].upper())  # no link out, and no device
        copy = target / "case" / name
        shutil.copyfile(case.folder / name, copy)
        hashes.add(START, f"case/{name}", copy.read_bytes())


def _past_in(stored: Mapping[str, np.ndarray]) -> Past | None:
    """The past that a stored ensemble learned, if it learned one."""
    return Past(*(stored[name] for name in _PAST)) if _PAST[0] in stored else None


def _write_ensemble(ensemble: Ensemble, folder: Path, hashes: Hashes) -> None:
    names = list(ensemble.parameters)
    values = np.array(list(ensemble.parameters.values()), np.float32)
    learned: dict[str, Any] = dict(zip(_PAST, ensemble.past or (), strict=False))
    if ensemble.chains:
        learned[_CHAINS] = np.array(ensemble.chains)
    np.savez(
        folder / _ENSEMBLE,
        parameter=np.array(names, dtype="U"),
        parameters=values.reshape(len(names), len(ensemble)),
        run=ensemble.run_numbers,
        weight=ensemble.weights,
        **learned,
    )
    hashes.add(START, _ENSEMBLE, (folder / _ENSEMBLE).read_bytes())
