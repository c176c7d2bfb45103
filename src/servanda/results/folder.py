"""A run folder: the resolved case, the arrays, and a note of what made them.

    FOLDER/case/          the case's files, as they were
    FOLDER/results.zarr   each run's parameters, and every kept quantity, as xarray opens it
    FOLDER/metrics.csv    every metric over runs, once the run is whole
    FOLDER/run.json       cut-off, seed, origin, levers, runs asked for and done, versions, and a
                          hash of the results

Batches are written as they come and counted in `run.json` after each, so that a run that was
interrupted or ran out of disk is readable up to its last whole batch and says that it is partial.
The hash depends on the numbers alone: not on the folder, nor on how many cores made them.
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

# A folder cannot be read without these keys of its note.
_NEEDED = frozenset(
    {
        *("as_of", "case_digest", "changes", "done", "levers", "origin"),
        *("partial", "policy", "runs", "seed", "version"),
    }
)
_VERSIONS = ("servanda", "jax", "jaxlib", "numpy", "equinox", "numpyro")
# Fast rather than small, with bits shuffled (2): neighbouring months resemble each other.
_COMPRESSION: Mapping[str, Any] = {"id": "blosc", "cname": "lz4", "clevel": 1, "shuffle": 2}
# What one device computes in a call, so that a batch fills whole chunks of the store.
_RUNS_A_CHUNK = 4 * CHUNK
_SINCE_1970 = {"units": "days since 1970-01-01", "calendar": "proleptic_gregorian"}


@dataclass
class RunFolder:
    """A run on disk, being written or read.

    Attributes:
        path: the folder.
        note: what `run.json` says.
    """

    path: Path
    note: dict[str, Any]
    _hash: Any = field(default_factory=hashlib.blake2b, repr=False)
    _read: dict[str, np.ndarray] | None = field(default=None, repr=False)

    @classmethod
    def create(
        cls, path: Path, case: Case, model: Model, ensemble: Ensemble, policy: Policy = AS_IS
    ) -> "RunFolder":
        """A new folder with empty arrays.

        Args:
            path: where to make it.
            case: whose files are copied into it.
            model: of the case.
            ensemble: the runs that are to be written.
            policy: under which they are run.

        Raises:
            RunFolderError: if it exists or cannot be written; then nothing of it is left.
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
                    found="something there already",
                    expected="a folder that does not exist yet",
                ) from None
            try:
                _copy_case(case.folder, path / "case")
                folder._allocate(model, ensemble, policy)
                folder._write_note({})  # last, because it makes the folder a run folder
            except BaseException:
                shutil.rmtree(path, ignore_errors=True)
                raise
        return folder

    def append(self, batch: Mapping[str, np.ndarray]) -> int:
        """Write the next batch of runs, as the simulator makes them, and count it.

        Returns:
            How many runs are done.
        """
        first = self.note["done"]
        done = int(first + next(iter(batch.values())).shape[-1])
        with _writing(f"run folder '{self.path}'", f"its first {first} runs stay readable"):
            store = dict(self._store("r+").arrays())
            for name, values in batch.items():
                store[name][..., first:done] = values
            self._add_to_hash(batch)
            self._write_note({"done": done})
        return done

    def _add_to_hash(self, batch: Mapping[str, np.ndarray]) -> None:
        """A chunk at a time, because how many make a batch depends on the machine."""
        for first in range(0, next(iter(batch.values())).shape[-1], CHUNK):
            for values in batch.values():
                self._hash.update(np.ascontiguousarray(values[..., first : first + CHUNK]))

    def finish(self, model: Model) -> None:
        """Write the metrics, mark the run as whole and record the hash of its results."""
        with _writing(f"run folder '{self.path}'", "its runs stay readable"):
            write_metrics(self.results(model), self.path / "metrics.csv")
            self._write_note({"partial": False, "hash": self._hash.hexdigest()})

    def dataset(self) -> xr.Dataset:
        """The results so far, with labels and units; read when used."""
        data: xr.Dataset = xr.open_zarr(self.path / "results.zarr", chunks=None, zarr_format=2)
        so_far = data.isel(run=slice(0, self.note["done"]))
        if not self.note["partial"]:
            return so_far
        weight = so_far["weight"].copy(data=self.ensemble().weights)
        return so_far.assign_coords(weight=weight)

    def arrays(self) -> dict[str, np.ndarray]:
        """The results so far, in memory, by quantity; read once."""
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
        """The runs so far: parameters, numbers, weights, and their origin."""
        done = self.note["done"]
        with _uninterrupted():
            store = dict(self._store("r").arrays())
            names = np.asarray(store["parameter"][...]).tolist()
            values = np.asarray(store["parameters"][:, :done])
            weights = np.asarray(store["weight"][:done])
            numbers = np.asarray(store["run"][:done])
        return Ensemble(
            parameters=dict(zip(names, values, strict=True)),
            run_numbers=numbers,
            weights=weights / weights.sum() if done < self.note["runs"] else weights,
            origin=self.note["origin"],
            seed=self.note["seed"],
            case=self.note["case_digest"],
            version=self.note["version"],
        )

    def results(self, model: Model) -> Results:
        """The results so far, in memory.

        Args:
            model: of the case in the folder.
        """
        policy = Policy(self.note["policy"], self.note["levers"])
        return Results(model, self.ensemble(), policy, self.arrays(), self.note)

    def case(self) -> Case:
        """The case as it was run, with its cut-off and what was changed of it.

        Raises:
            CaseError: if its files are damaged.
            RunFolderError: if its content is not what was run.
        """
        case = load(self.path / "case").changed(self.note["changes"]).at(self.note["as_of"])
        same_version = self.note["version"] == version("servanda")
        if same_version and case.digest != self.note["case_digest"]:
            raise RunFolderError(
                where=f"run folder '{self.path}'",
                found=f"a case of digest {case.digest}",
                expected=f"digest {self.note['case_digest']}, as it was run",
                hint="files in its folder 'case' were changed after the run",
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
        # those that xarray would take for variables, as they are named after no dimension
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
            # a fill value would make xarray read the run numbered zero as missing
            array = store.create_array(
                name, shape=variable.shape, dtype=variable.dtype, fill_value=None
            )
            array[...] = variable.values
            dims_of = [str(dim) for dim in variable.dims]
            array.attrs.update({"_ARRAY_DIMENSIONS": dims_of, **variable.attrs})
        # without it xarray warns whoever opens the store by hand
        zarr.consolidate_metadata(store.store, zarr_format=2)

    def _write_note(self, changes: Mapping[str, Any]) -> None:
        """Replace `run.json` in one step, and only then change the note in memory."""
        note = {**self.note, **changes}
        draft = self.path / "run.json.new"
        draft.write_text(json.dumps(note, indent=2) + "\n", encoding="utf-8")
        draft.replace(self.path / "run.json")
        self.note = note


def open_run(path: Path) -> RunFolder:
    """A run folder written earlier.

    Raises:
        RunFolderError: if it is not one.
    """
    try:
        note = json.loads((path / "run.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise _no_run_folder(path, "no readable run.json") from None
    if not isinstance(note, dict) or not note.keys() >= _NEEDED:
        raise _no_run_folder(path, "a run.json without " + ", ".join(sorted(_NEEDED)))
    for part in ("case", "results.zarr"):
        if not (path / part).is_dir():
            raise _no_run_folder(path, f"no {part} in it")
    return RunFolder(path, note)


def _versions() -> dict[str, str]:
    """What the bits of a result depend on."""
    return {name: version(name) for name in _VERSIONS} | {"python": platform.python_version()}


def _no_run_folder(path: Path, found: str) -> RunFolderError:
    return RunFolderError(
        where=f"run folder '{path}'", found=found, expected="a folder that `servanda run` wrote"
    )


def _sizes(model: Model, ensemble: Ensemble) -> dict[str, int]:
    """Sizes of the dimensions of what runs keep."""
    members = {axis: variable.size for axis, variable in member_coordinates(model).items()}
    return members | {"month": len(months(model)), "run": len(ensemble)}


def _coordinates(model: Model, ensemble: Ensemble, policy: Policy) -> dict[str, xr.Variable]:
    """What is not an array of results: coordinates, and each run's parameters."""
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
    """Turn a failed write into one clear message; what was written before stays."""
    try:
        with _uninterrupted():
            yield
    except OSError as error:
        raise RunFolderError(
            where=where,
            found=f"a write that failed: {error.strerror or error}",
            expected="a place that can be written, with room on it",
            hint=hint,
        ) from None


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Hold Ctrl-C back until the store is done with.

    Zarr reads and writes from a thread of its own: broken off, it complains on the terminal.
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


def _copy_case(source: Path, target: Path) -> None:
    """The files that make a case, and nothing else that lies beside them."""
    target.mkdir()
    for file in sorted([*source.glob("*.toml"), *source.glob("*.csv")]):
        shutil.copyfile(file, target / file.name)
