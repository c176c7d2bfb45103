"""A run folder: the case, the arrays of results, and a note of their origin.

    FOLDER/case/          the case's files, as they were run
    FOLDER/results.zarr   the parameters of each run and every kept quantity, for xarray
    FOLDER/metrics.csv    every metric over runs, written when all runs are done
    FOLDER/run.json       cut-off, seed, origin, levers, runs asked for and done, versions, and a
                          hash of the results

Each batch is written when it is computed, and `run.json` then counts it. If the run is interrupted
or the disk is full, the folder is readable up to its last complete batch and is marked as partial.
The hash depends on the results only. It does not depend on the folder or on the number of cores.
"""

import hashlib
import json
import platform
import shutil
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import numpy as np
import xarray as xr
import zarr

from servanda.case import Case, load
from servanda.engine import CHUNK, Model
from servanda.ensembles import AS_IS, Ensemble, Policy
from servanda.errors import RunFolderError
from servanda.results.dataset import (
    attributes,
    dimensions,
    global_attributes,
    member_coordinates,
    month_attributes,
    months,
    parameter_variables,
    run_coordinates,
)
from servanda.results.metrics import write_metrics
from servanda.results.results import Results, made_from

# Reading a folder needs these keys of its note.
_NEEDED = frozenset(
    {
        *("as_of", "case_digest", "changes", "done", "levers", "origin"),
        *("partial", "policy", "runs", "seed", "version"),
    }
)
_VERSIONS = ("servanda", "jax", "jaxlib", "numpy", "equinox", "numpyro")
# Fast compression with bits shuffled (2), because neighbouring months have similar values.
_COMPRESSION: Mapping[str, Any] = {"id": "blosc", "cname": "lz4", "clevel": 1, "shuffle": 2}
# The runs that one device computes in a call, so that a batch fills whole chunks of the store.
_RUNS_A_CHUNK = 4 * CHUNK
_SINCE_1970 = {"units": "days since 1970-01-01", "calendar": "proleptic_gregorian"}


@dataclass
class RunFolder:
    """A run folder on disk, open for writing or reading.

    Attributes:
        path: the folder.
        note: the content of `run.json`.
    """

    path: Path
    note: dict[str, Any]
    _hash: Any = field(default_factory=hashlib.blake2b, repr=False)
    _read: dict[str, np.ndarray] | None = field(default=None, repr=False)

    @classmethod
    def create(
        cls, path: Path, case: Case, model: Model, ensemble: Ensemble, policy: Policy = AS_IS
    ) -> "RunFolder":
        """Create a new folder with empty arrays.

        Args:
            path: path of the new folder.
            case: case whose files are copied into the folder.
            model: model of the case.
            ensemble: runs that will be written.
            policy: policy of the runs.

        Raises:
            RunFolderError: if the folder exists or cannot be written. Nothing of it is left.
        """
        where = f"run folder '{path}'"
        note = made_from(model, ensemble) | {
            "policy": policy.name,
            "levers": dict(policy.levers),
            "runs": len(ensemble),
            "done": 0,
            "partial": True,
            "versions": _versions(),
            "hash": "",
        }
        folder = cls(path, note)
        with _writing(where):
            try:
                path.mkdir(parents=True)
            except FileExistsError:
                raise RunFolderError(
                    where=where,
                    found="a file or folder of this name",
                    expected="a folder that does not exist yet",
                ) from None
            try:
                _copy_case(case, path / "case")
                folder._allocate(model, ensemble, policy)
                folder._write_note({})  # last: with this file the folder is a run folder
            except BaseException:
                shutil.rmtree(path, ignore_errors=True)
                raise
        return folder

    def append(self, batch: Mapping[str, np.ndarray]) -> int:
        """Write the next batch of runs, and count it.

        Returns:
            The number of runs done.
        """
        first = self.note["done"]
        done = int(first + next(iter(batch.values())).shape[-1])
        with _writing(f"run folder '{self.path}'", f"the first {first} runs stay readable"):
            store = dict(self._store("r+").arrays())
            for name, values in batch.items():
                store[name][..., first:done] = values
            self._add_to_hash(batch)
            self._write_note({"done": done})
        return done

    def _add_to_hash(self, batch: Mapping[str, np.ndarray]) -> None:
        """Add a batch to the hash by chunks, because the size of a batch depends on the machine."""
        for first in range(0, next(iter(batch.values())).shape[-1], CHUNK):
            for values in batch.values():
                self._hash.update(np.ascontiguousarray(values[..., first : first + CHUNK]))

    def finish(self, model: Model) -> None:
        """Write the metrics, mark the folder as complete and record the hash of the results."""
        with _writing(f"run folder '{self.path}'", "the runs stay readable"):
            write_metrics(self.results(model), self.path / "metrics.csv")
            self._write_note({"partial": False, "hash": self._hash.hexdigest()})

    def dataset(self) -> xr.Dataset:
        """The results so far, with labels and units. Values are read when they are used."""
        data: xr.Dataset = xr.open_zarr(self.path / "results.zarr", chunks=None, zarr_format=2)
        so_far = data.isel(run=slice(0, self.note["done"]))
        if not self.note["partial"]:
            return so_far
        weight = so_far["weight"].copy(data=self.ensemble().weights)
        return so_far.assign_coords(weight=weight)

    def arrays(self) -> dict[str, np.ndarray]:
        """The results so far, in memory, by quantity. They are read once."""
        done = self.note["done"]
        if self._read is None or next(iter(self._read.values())).shape[-1] != done:
            with _uninterrupted():
                stored: Any = self._store("r").arrays()
                self._read = {
                    name: np.asarray(array[..., :done])
                    for name, array in stored
                    if array.ndim > 1 and array.attrs["_ARRAY_DIMENSIONS"][0] == "month"
                }
        return self._read

    def ensemble(self) -> Ensemble:
        """The ensemble of the runs so far: parameters, run numbers, weights and origin."""
        with _uninterrupted():
            store = dict(self._store("r").arrays())
            names = np.asarray(store["parameter"][...]).tolist()
            values = np.asarray(store["parameters"][...])
            weights, numbers = (np.asarray(store[name][...]) for name in ("weight", "run"))
        whole = Ensemble(
            parameters=dict(zip(names, values, strict=True)),
            run_numbers=numbers,
            weights=weights,
            origin=self.note["origin"],
            seed=self.note["seed"],
            case=self.note["case_digest"],
            version=self.note["version"],
        )
        return whole.first(self.note["done"])

    def results(self, model: Model) -> Results:
        """The results so far, in memory.

        Args:
            model: model of the case in the folder.
        """
        policy = Policy(self.note["policy"], self.note["levers"])
        return Results(model, self.ensemble(), policy, self.arrays(), self.note)

    def case(self) -> Case:
        """The case as it was run, with its evidence cut-off and its changes.

        Raises:
            CaseError: if the files are damaged.
            RunFolderError: if the content is not the content that was run.
        """
        case = (
            load(self.path / "case")
            .changed(map(tuple, self.note["changes"]))
            .at(self.note["as_of"])
        )
        same_version = self.note["version"] == version("servanda")
        if same_version and case.digest != self.note["case_digest"]:
            raise RunFolderError(
                where=f"run folder '{self.path}'",
                found=f"a case of digest {case.digest}",
                expected=f"digest {self.note['case_digest']}, as it was run",
                hint="files in the folder 'case' were changed after the run",
            )
        return case

    def _store(self, mode: Literal["r", "r+", "w"]) -> zarr.Group:
        return zarr.open_group(self.path / "results.zarr", mode=mode, zarr_format=2)

    def _allocate(self, model: Model, ensemble: Ensemble, policy: Policy) -> None:
        store = self._store("w")
        policies = {policy.name: dict(policy.levers)}
        runs, dims, sizes = len(ensemble), dimensions(model), _sizes(model, ensemble)
        coordinates = _coordinates(model, ensemble, policy)
        store.attrs.update(global_attributes(model, ensemble, policies))
        # coordinates that no dimension is named after, which xarray would read as variables
        others = [n for n, v in coordinates.items() if n != "parameters" and v.dims != (n,)]
        store.attrs["coordinates"] = " ".join(others)
        for name in model.layout.kept:
            shape = tuple(sizes[d] for d in dims[name])
            array = store.create_array(
                name,
                shape=shape,
                chunks=(*shape[:-1], min(_RUNS_A_CHUNK, runs)),
                dtype="float32",
                fill_value=float("nan"),
                compressors=_COMPRESSION,
            )
            array.attrs.update({"_ARRAY_DIMENSIONS": list(dims[name]), **attributes(model, name)})
        for name, variable in coordinates.items():
            # with a fill value xarray would read run number zero as missing
            array = store.create_array(
                name, shape=variable.shape, dtype=variable.dtype, fill_value=None
            )
            array[...] = variable.values
            dims_of = [str(dim) for dim in variable.dims]
            array.attrs.update({"_ARRAY_DIMENSIONS": dims_of, **variable.attrs})
        # without this xarray warns users who open the store themselves
        zarr.consolidate_metadata(store.store, zarr_format=2)

    def _write_note(self, changes: Mapping[str, Any]) -> None:
        """Replace `run.json` in one step, then change the note in memory."""
        note = {**self.note, **changes}
        draft = self.path / "run.json.new"
        draft.write_text(json.dumps(note, indent=2) + "\n", encoding="utf-8")
        draft.replace(self.path / "run.json")
        self.note = note


def open_run(folder: str | Path) -> RunFolder:
    """Open a run folder that was written earlier.

    Args:
        folder: path of the folder.

    Raises:
        RunFolderError: if the path is not a run folder.
    """
    path = Path(folder)
    try:
        note = json.loads((path / "run.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise _no_run_folder(path, "no readable run.json") from None
    if not isinstance(note, dict) or not note.keys() >= _NEEDED:
        raise _no_run_folder(path, "a run.json without " + ", ".join(sorted(_NEEDED)))
    for part in ("case", "results.zarr"):
        if not (path / part).is_dir():
            raise _no_run_folder(path, f"no '{part}' in it")
    return RunFolder(path, note)


def _versions() -> dict[str, str]:
    """The versions on which the exact results depend."""
    return {name: version(name) for name in _VERSIONS} | {"python": platform.python_version()}


def _no_run_folder(path: Path, found: str) -> RunFolderError:
    return RunFolderError(
        where=f"run folder '{path}'", found=found, expected="a folder that `servanda run` wrote"
    )


def _sizes(model: Model, ensemble: Ensemble) -> dict[str, int]:
    """Sizes of the dimensions of the kept quantities."""
    members = {axis: variable.size for axis, variable in member_coordinates(model).items()}
    return members | {"month": len(months(model)), "run": len(ensemble)}


def _coordinates(model: Model, ensemble: Ensemble, policy: Policy) -> dict[str, xr.Variable]:
    """The arrays beside the results: coordinates, and the parameters of each run."""
    days = months(model).astype("datetime64[D]").astype(np.int64)
    return {
        "month": xr.Variable(("month",), days, month_attributes() | _SINCE_1970),
        **member_coordinates(model),
        **run_coordinates(model, ensemble),
        **parameter_variables(ensemble),
        "policy": xr.Variable((), np.array(policy.name, dtype="U")),
    }


@contextmanager
def _writing(where: str, hint: str | None = None) -> Iterator[None]:
    """Turn a failed write into one error message. Files written before stay."""
    try:
        with _uninterrupted():
            yield
    except OSError as error:
        raise RunFolderError(
            where=where,
            found=f"a write that failed: {error.strerror or error}",
            expected="a folder that can be written, on a disk with free space",
            hint=hint,
        ) from None


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Delay Ctrl-C until the store has been read or written.

    Zarr reads and writes in its own thread, which prints errors on the terminal if it is stopped.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    held: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: held.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if held:
            signal.raise_signal(signal.SIGINT)


def _copy_case(case: Case, target: Path) -> None:
    """Copy the files that a case was read from, and no other files of its folder."""
    target.mkdir()
    for name in case.files:
        shutil.copyfile(case.folder / name, target / name)
