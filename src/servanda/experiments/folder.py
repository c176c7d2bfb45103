"""A run folder: the resolved case, the arrays, and a note of what made them.

    FOLDER/case/          the case's files, as they were
    FOLDER/results.zarr   each run's parameters, and every kept quantity, as xarray opens it
    FOLDER/metrics.csv    every metric's median and 90 % interval, once the run is whole
    FOLDER/run.json       cut, seed, levers, runs asked for and done, versions, hash of the results

Batches are written as they come and counted in `run.json` after each, so that a run that was
interrupted or ran out of disk is readable up to its last whole batch and says that it is partial.
The hash depends on the numbers alone: not on the folder, nor on how many cores made them.
"""

import csv
import hashlib
import json
import platform
import shutil
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
from servanda.engine.parameters import sample
from servanda.errors import RunFolderError
from servanda.experiments.dataset import PARAMETERS, attributes, coordinates, dimensions
from servanda.experiments.metrics import evaluate

# What must be in a note for anything to be made of a folder.
_NEEDED = frozenset({"as_of", "done", "partial", "runs", "seed"})
_VERSIONS = ("servanda", "jax", "jaxlib", "numpy", "equinox", "numpyro")
# Fast rather than small, with bits shuffled (2): neighbouring months resemble each other.
_COMPRESSION: Mapping[str, Any] = {"id": "blosc", "cname": "lz4", "clevel": 1, "shuffle": 2}
# What one device computes in a call, so that a batch fills whole chunks of the store.
_RUNS_A_CHUNK = 4 * CHUNK


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
        cls,
        path: Path,
        model: Model,
        runs: int,
        levers: Mapping[str, float | str],
        about: Mapping[str, Any],
    ) -> "RunFolder":
        """A new folder with empty arrays.

        Raises:
            RunFolderError: if it exists or cannot be written; then nothing of it is left.
        """
        where = f"run folder '{path}'"
        note = {
            **about,
            "levers": dict(levers),
            "runs": runs,
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
                folder._fill(model, about)
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

    def finish(self) -> None:
        """Mark the run as whole and record the hash of its results."""
        with _writing(f"run folder '{self.path}'", "its runs stay readable"):
            self._write_note({"partial": False, "hash": self._hash.hexdigest()})

    def dataset(self) -> xr.Dataset:
        """The results so far, with labels and units; read when used."""
        data: xr.Dataset = xr.open_zarr(self.path / "results.zarr", chunks=None, zarr_format=2)
        return data.isel(run=slice(0, self.note["done"]))

    def arrays(self) -> dict[str, np.ndarray]:
        """The results so far, in memory, by quantity; read once."""
        done = self.note["done"]
        if self._read is None or next(iter(self._read.values())).shape[-1] != done:
            stored: Any = self._store("r").arrays()
            self._read = {
                name: np.asarray(array[..., :done])
                for name, array in stored
                if array.attrs["_ARRAY_DIMENSIONS"][0] == "month" and array.ndim > 1
            }
        return self._read

    def write_metrics(self, model: Model) -> Path:
        """`metrics.csv`: every metric's median and the interval that holds 90 % of runs."""
        values = evaluate(model, self.arrays())
        path = self.path / "metrics.csv"
        with (
            _writing(f"run folder '{self.path}'"),
            path.open("w", encoding="utf-8", newline="") as file,
        ):
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(("metric", "label", "unit", "low", "median", "high"))
            for metric in model.case.spec.metrics:
                spread = np.quantile(values[metric.name], [0.05, 0.5, 0.95])
                writer.writerow(
                    (metric.name, metric.label, metric.unit, *(f"{x:.6g}" for x in spread))
                )
        return path

    def parameters(self) -> dict[str, np.ndarray]:
        """The uncertain parameters of every run so far, by printed name."""
        store = dict(self._store("r").arrays())
        drawn = np.asarray(store["parameters"][:, : self.note["done"]])
        return dict(zip(np.asarray(store["number"][...]).tolist(), drawn, strict=True))

    def case(self) -> Case:
        """The case as it was run, with its cut."""
        return load(self.path / "case").at(self.note["as_of"])

    def _store(self, mode: Literal["r", "r+", "w"]) -> zarr.Group:
        return zarr.open_group(self.path / "results.zarr", mode=mode, zarr_format=2)

    def _fill(self, model: Model, about: Mapping[str, Any]) -> None:
        """The case, the empty arrays, and last the note that makes it a run folder."""
        _copy_case(model.case.folder, self.path / "case")
        self._allocate(model, about)
        self._write_note({})

    def _allocate(self, model: Model, about: Mapping[str, Any]) -> None:
        store = self._store("w")
        store.attrs.update(about)
        runs = self.note["runs"]
        labels, dims = coordinates(model), dimensions(model)
        sizes = {name: len(values) for name, values in labels.items()} | {"run": runs}
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
        for dim in sorted({d for ds in dims.values() for d in ds}):
            values = np.arange(runs) if dim == "run" else np.array(labels[dim], dtype="U")
            # a fill value would make xarray read the run numbered zero as missing
            coordinate = store.create_array(
                dim, shape=values.shape, dtype=values.dtype, fill_value=None
            )
            coordinate[...] = values
            coordinate.attrs["_ARRAY_DIMENSIONS"] = [dim]
        self._keep_parameters(model, store)
        # without it xarray warns whoever opens the store by hand
        zarr.consolidate_metadata(store.store, zarr_format=2)

    def _keep_parameters(self, model: Model, store: zarr.Group) -> None:
        """What each run was drawn with, so that it can be read without drawing it again."""
        drawn = sample(model.numbers, self.note["seed"], np.arange(self.note["runs"]))
        names = np.array(list(drawn), dtype="U")
        values = np.stack(list(drawn.values())).astype(np.float32)
        for name, dims, content in (
            ("number", ["number"], names),
            ("parameters", ["number", "run"], values),
        ):
            array = store.create_array(
                name, shape=content.shape, dtype=content.dtype, fill_value=None
            )
            array[...] = content
            array.attrs["_ARRAY_DIMENSIONS"] = dims
        store["parameters"].attrs["long_name"] = PARAMETERS

    def _write_note(self, changes: Mapping[str, Any]) -> None:
        """Replace `run.json` in one step, and only then change the note in memory."""
        note = {**self.note, **changes}
        draft = self.path / "run.json.new"
        draft.write_text(json.dumps(note, indent=2) + "\n", encoding="utf-8")
        draft.replace(self.path / "run.json")
        self.note = note


def open_folder(path: Path) -> RunFolder:
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


@contextmanager
def _writing(where: str, hint: str | None = None) -> Iterator[None]:
    """Turn a failed write into one clear message; what was written before stays."""
    try:
        yield
    except OSError as error:
        raise RunFolderError(
            where=where,
            found=f"a write that failed: {error.strerror or error}",
            expected="a place that can be written, with room on it",
            hint=hint,
        ) from None


def _copy_case(source: Path, target: Path) -> None:
    """The files that make a case, and nothing else that lies beside them."""
    target.mkdir()
    for file in sorted([*source.glob("*.toml"), *source.glob("*.csv")]):
        shutil.copyfile(file, target / file.name)
