"""A run folder: the resolved case, the arrays, and a note of what made them.

    FOLDER/case/          the case's files, with its cut
    FOLDER/results.zarr   every kept quantity, (month, member, run), opened by xarray
    FOLDER/run.json       seed, runs asked for and done, versions, levers, and a hash of the results

Batches are written as they come and counted in `run.json` after each, so that a run that was interrupted or ran out
of disk is readable up to its last whole batch and says that it is partial.
"""

import hashlib
import json
import platform
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
import zarr
from numcodecs import Blosc

from servanda.case import Case, load
from servanda.engine import Model
from servanda.engine.simulate import kept_members
from servanda.errors import RunFolderError
from servanda.world import quantities
from servanda.experiments.dataset import attributes, coordinates, dimensions

_VERSIONS = ("servanda", "jax", "jaxlib", "numpy", "equinox", "numpyro")
_COMPRESSION = Blosc(cname="lz4", clevel=1, shuffle=Blosc.BITSHUFFLE)
_RUNS_A_CHUNK = 1024


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

    @classmethod
    def create(
        cls,
        path: Path,
        model: Model,
        runs: int,
        seed: int,
        levers: Mapping[str, float | str],
        about: Mapping[str, Any],
    ) -> "RunFolder":
        """A new folder with empty arrays; raises `RunFolderError` if it exists or cannot be written."""
        if path.exists():
            raise RunFolderError(
                where=str(path), found="something there already", expected="a folder that does not exist"
            )
        note = {
            **about,
            "levers": dict(levers),
            "runs": runs,
            "done": 0,
            "partial": True,
            "versions": {name: version(name) for name in _VERSIONS} | {"python": platform.python_version()},
            "hash": "",
        }
        folder = cls(path, note)
        with _writing(path):
            path.mkdir(parents=True)
            shutil.copytree(model.case.folder, path / "case", ignore=shutil.ignore_patterns("__pycache__"))
            _set_cut(path / "case" / "case.toml", model.case.spec.as_of)
            folder._allocate(model, runs)
            folder._write_note()
        return folder

    def append(self, batch: Mapping[str, np.ndarray]) -> int:
        """Write one batch of runs and count it; returns how many runs are done."""
        first = self.note["done"]
        count = next(iter(batch.values())).shape[-1]
        with _writing(self.path):
            store = zarr.open_group(self.path / "results.zarr", mode="r+", zarr_format=2)
            for name, values in batch.items():
                array = store[name]
                array[..., first : first + count] = values
                self._hash.update(np.ascontiguousarray(values))
            self.note["done"] = first + count
            self._write_note()
        return int(self.note["done"])

    def finish(self) -> None:
        """Mark the run as whole and record the hash of its results."""
        self.note |= {"partial": False, "hash": self._hash.hexdigest()}
        with _writing(self.path):
            self._write_note()

    def dataset(self) -> xr.Dataset:
        """The results so far, with labels and units; read when used."""
        data = xr.open_zarr(self.path / "results.zarr", chunks=None, consolidated=False, zarr_format=2)
        return data.isel(run=slice(0, self.note["done"]))

    def arrays(self) -> dict[str, np.ndarray]:
        """The results so far, in memory, by quantity."""
        store = zarr.open_group(self.path / "results.zarr", mode="r", zarr_format=2)
        done = self.note["done"]
        return {
            name: np.asarray(array[..., :done])
            for name, array in store.arrays()
            if name in quantities()
        }

    def case(self) -> Case:
        """The case as it was run."""
        return load(self.path / "case")

    def _allocate(self, model: Model, runs: int) -> None:
        store = zarr.open_group(self.path / "results.zarr", mode="w", zarr_format=2)
        store.attrs.update({k: self.note[k] for k in ("case", "as_of", "seed", "mechanisms")})
        labels, dims = coordinates(model), dimensions(model)
        sizes = {name: len(values) for name, values in labels.items()} | {"run": runs}
        for name in kept_members(model):
            shape = tuple(sizes[d] for d in dims[name])
            array = store.create_array(
                name,
                shape=shape,
                chunks=(*shape[:-1], min(_RUNS_A_CHUNK, runs)),
                dtype="float32",
                fill_value=float("nan"),
                compressors=_COMPRESSION,
            )
            array.attrs.update(
                {"_ARRAY_DIMENSIONS": list(dims[name]), **attributes(model, name)}
            )
        for dim in sorted({d for ds in dims.values() for d in ds}):
            values = np.arange(runs) if dim == "run" else np.array(labels[dim], dtype="U")
            # a fill value would make xarray read the run numbered zero as missing
            coordinate = store.create_array(
                dim, shape=values.shape, dtype=values.dtype, fill_value=None
            )
            coordinate[...] = values
            coordinate.attrs["_ARRAY_DIMENSIONS"] = [dim]

    def _write_note(self) -> None:
        draft = self.path / "run.json.new"
        draft.write_text(json.dumps(self.note, indent=2) + "\n", encoding="utf-8")
        draft.replace(self.path / "run.json")


def open_folder(path: Path) -> RunFolder:
    """A run folder written earlier.

    Raises:
        RunFolderError: if it is not one.
    """
    try:
        note = json.loads((path / "run.json").read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError):
        raise RunFolderError(
            where=str(path), found="no readable run.json", expected="a folder that `servanda run` wrote"
        ) from None
    return RunFolder(path, note)


class _writing:
    """Turns a failed write into one clear message; what was written before stays."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, OSError):
            raise RunFolderError(
                where=str(self._path),
                found=error.strerror or str(error),
                expected="a folder that can be written",
                hint="runs already counted in run.json stay readable",
            ) from None


def _set_cut(file: Path, as_of: str) -> None:
    """Write the cut that was run into the copied case, so that it can be run again as it was."""
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    moved = [f'as_of = "{as_of}"\n' if line.startswith("as_of") else line for line in lines]
    file.write_text("".join(moved), encoding="utf-8")
