"""The arrays of a run folder: `results.zarr`, which grows along the runs that are done.

Each quantity is stored by member and by piece of runs, so that one member is read alone. A batch is
written in this order: its chunks, their hashes, and the metadata that readers use (`.zmetadata`).
A reader therefore finds whole batches, whenever the run was killed.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import xarray as xr
import zarr
from zarr.storage import LocalStore

from servanda.engine import Model
from servanda.ensembles import Ensemble, Policy
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
from servanda.results.hashes import PIECE, STORE, CheckedStore, Hashes, blank, growing
from servanda.results.stored import Stored, uninterrupted

# Fast compression with bits shuffled (2), because neighbouring months have similar values.
_COMPRESSION: Mapping[str, Any] = {"id": "blosc", "cname": "lz4", "clevel": 1, "shuffle": 2}
# Chunks that are empty are written too, because each chunk has a hash.
_ALL_CHUNKS = {"array.write_empty_chunks": True}
_OTHER = "other content than was written", "the file that the run wrote"
_SINCE_1970 = {"units": "days since 1970-01-01", "calendar": "proleptic_gregorian"}


@dataclass(frozen=True)
class RunStore:
    """The arrays of a run folder on disk.

    Attributes:
        hashes: the hashes of the folder's files.
        quantities: the kept quantities.
    """

    hashes: Hashes
    quantities: tuple[str, ...]

    def allocate(self, model: Model, ensemble: Ensemble, policy: Policy) -> None:
        """Create the arrays, without runs."""
        with zarr.config.set(_ALL_CHUNKS):
            self._allocate(model, ensemble, policy)

    def _allocate(self, model: Model, ensemble: Ensemble, policy: Policy) -> None:
        store = self._open("w")
        others = _coordinates(model, ensemble, policy)
        by_run = by_run_variables(model, ensemble)
        store.attrs.update(global_attributes(model, ensemble, {policy.name: dict(policy.levers)}))
        store.attrs["partial"] = _partial(len(ensemble))
        # coordinates that no dimension is named after, which xarray would read as variables
        names = [
            name
            for name, variable in {**others, **by_run}.items()
            if name != "parameters" and variable.dims != (name,)
        ]
        store.attrs["coordinates"] = " ".join(names)
        self._allocate_quantities(store, model, len(ensemble))
        for name, variable in by_run.items():
            shape = variable.shape[:-1]
            # with a fill value xarray would read run number zero as missing
            array = store.create_array(
                name,
                shape=(*shape, 0),
                chunks=(*(max(size, 1) for size in shape), min(PIECE, len(ensemble))),
                dtype=variable.dtype,
                fill_value=None,
            )
            _describe(array, variable)
        for name, variable in others.items():
            array = store.create_array(
                name, shape=variable.shape, dtype=variable.dtype, fill_value=None
            )
            array[...] = variable.values
            _describe(array, variable)
        # without this xarray warns users who open the store themselves
        zarr.consolidate_metadata(store.store, zarr_format=2)

    def _allocate_quantities(self, store: zarr.Group, model: Model, runs: int) -> None:
        sizes = {axis: v.size for axis, v in member_coordinates(model).items()}
        sizes["month"] = len(months(model))
        for name in self.quantities:
            dims = dimensions(model)[name]
            shape = tuple(sizes[dim] for dim in dims[:-1])
            array = store.create_array(
                name,
                shape=(*shape, 0),
                chunks=(sizes["month"], *(1 for _ in dims[1:-1]), min(PIECE, runs)),
                dtype="float32",
                fill_value=float("nan"),
                compressors=_COMPRESSION,
            )
            array.attrs.update({"_ARRAY_DIMENSIONS": list(dims), **attributes(model, name)})

    def append(
        self, batch: Mapping[str, np.ndarray], by_run: Mapping[str, xr.Variable], first: int
    ) -> None:
        """Write a batch of runs.

        Args:
            batch: results by quantity.
            by_run: coordinates and parameters of all runs asked for.
            first: number of runs written before.
        """
        done = first + next(iter(batch.values())).shape[-1]
        beside = {name: v.values[..., first:done] for name, v in by_run.items()}
        with zarr.config.set(_ALL_CHUNKS):
            store = self._open("r+")
            for name, values in {**batch, **beside}.items():
                array: Any = store[name]
                array.resize((*values.shape[:-1], done))
                array[..., first:done] = values
        self.hashes.write()
        zarr.consolidate_metadata(store.store, zarr_format=2)
        if done == by_run["run"].size:
            store.attrs.pop("partial", None)
            zarr.consolidate_metadata(store.store, zarr_format=2)

    def stored(self, done: int) -> dict[str, Stored]:
        """Every quantity of the runs that are done."""
        with uninterrupted():
            self._check_growth(done)
            store: Any = self._open("r")
            return {name: Stored(store[name], done) for name in self.quantities}

    def dataset(self, done: int) -> xr.Dataset:
        """The runs that are done, with labels and units. Values are read when they are used."""
        with uninterrupted():
            self._check_growth(done)
            data: xr.Dataset = xr.open_zarr(self._store("r"), chunks=None, zarr_format=2)
        return data.isel(run=slice(0, done))

    def check_metadata(self) -> None:
        """Compare the copies of the metadata beside each array with `.zmetadata`.

        Raises:
            RunFolderError: if they differ. The number of runs may differ after a kill.
        """
        entries = self.metadata()
        blank(entries)
        for key, entry in entries.items():
            try:
                own = json.loads(self.hashes.content(f"{STORE}/{key}") or b"")
            except (ValueError, RecursionError):
                own = None
            if not _fits(own, entry):
                raise self._error(key, *_OTHER)

    def metadata(self) -> dict[str, Any]:
        """The entries of `.zmetadata`, compared with its hash except for what a batch changes."""
        self.hashes.check_metadata()
        entries: dict[str, Any] = json.loads(
            (self.hashes.folder / STORE / ".zmetadata").read_bytes()
        )["metadata"]
        return entries

    def _check_growth(self, done: int) -> None:
        """Check what a batch changes in the metadata, which their hashes do not tell.

        A batch that was interrupted may have written more runs than the note counts.
        """
        entries, runs = self.metadata(), self.hashes.runs
        lengths = {name: shape[-1] for name, shape in growing(entries).items()}
        for name, length in lengths.items():
            number = type(length) is int and length in range(2**32)
            if not number or not done <= length <= runs or length != lengths["run"]:
                found = f"{length if number else 'no number of'} runs of {name}"
                raise self._error(".zmetadata", found, f"the {done} runs that run.json counts")
        mark = entries[".zattrs"].get("partial")
        last_batch = mark is None and lengths["run"] == runs
        if mark != (None if done == runs else _partial(runs)) and not last_batch:
            raise self._error(".zmetadata", *_OTHER)

    def _error(self, key: str, found: str, expected: str) -> RunFolderError:
        where = f"run folder '{self.hashes.folder}', {STORE}/{key}"
        return RunFolderError(where, found, expected)

    def _store(self, mode: Literal["r", "r+", "w"]) -> CheckedStore:
        local = LocalStore(self.hashes.folder / STORE, read_only=mode == "r")
        return CheckedStore(local, self.hashes, start=mode == "w")

    def _open(self, mode: Literal["r", "r+", "w"]) -> zarr.Group:
        if mode != "w":
            self.hashes.check_metadata()
        return zarr.open_group(self._store(mode), mode=mode, zarr_format=2)


def _partial(runs: int) -> str:
    return f"{runs} runs were asked for; this store holds those that are done"


def by_run_variables(model: Model, ensemble: Ensemble) -> dict[str, xr.Variable]:
    """The coordinates and parameters of each run."""
    parameters = parameter_variables(ensemble)["parameters"]
    return {**run_coordinates(model, ensemble), "parameters": parameters}


def _coordinates(model: Model, ensemble: Ensemble, policy: Policy) -> dict[str, xr.Variable]:
    """The coordinates that do not depend on the run."""
    days = months(model).astype("datetime64[D]").astype(np.int64)
    return {
        "month": xr.Variable(("month",), days, month_attributes() | _SINCE_1970),
        **member_coordinates(model),
        "parameter": parameter_variables(ensemble)["parameter"],
        "policy": xr.Variable((), np.array(policy.name, dtype="U")),
    }


def _describe(array: Any, variable: xr.Variable) -> None:
    """Write the dimensions and attributes of an array, as xarray reads them."""
    dims = [str(dim) for dim in variable.dims]
    array.attrs.update({"_ARRAY_DIMENSIONS": dims, **variable.attrs})


def _fits(own: Any, entry: Mapping[str, Any]) -> bool:
    """Whether metadata beside an array is that of an entry with what changes taken out."""
    if not isinstance(own, dict):
        return False
    own.pop("partial", None)
    shape = own.get("shape")
    if isinstance(shape, list) and shape and entry.get("shape", [])[-1:] == [None]:
        shape[-1] = None
    return bool(own == entry)
