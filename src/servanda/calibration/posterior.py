"""A posterior: particles learned from the record, as a file that ArviZ reads, and as an ensemble.

    FOLDER.zarr/posterior        the inputs by particle, and the shocks of the months to the cut-off
    FOLDER.zarr/sample_stats     log likelihood, and the number that keys what else was drawn
    FOLDER.zarr/log_likelihood   by figure

The groups have the dimensions `chain` (one) and `draw` (the particles). `xarray.open_datatree` and
`arviz.from_zarr` open it. Its attributes say what it was learned from.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hashlib import blake2b
from pathlib import Path

import numpy as np
import xarray as xr
from jaxtyping import Float, Float32

from servanda.calibration.particles import Particles, Rung
from servanda.calibration.target import Target
from servanda.engine import Model
from servanda.engine.streams import Past
from servanda.ensembles import Ensemble
from servanda.ensembles.ensemble import check_runs, check_seed
from servanda.errors import UsageError
from servanda.files import drafts
from servanda.results import note as notes

_LEAST_ACCEPTED, _LEAST_DISTINCT = 0.1, 10
_WHERE = "posterior '{}'"
_LEARN = "learn it again: servanda calibrate"


@dataclass(frozen=True)
class Settings:
    """What decides on a posterior beside the case.

    Attributes:
        particles: number of particles.
        moves: moves of each particle at each rung.
        seed: seed of all random numbers.
    """

    particles: int = 1024
    moves: int = 3
    seed: int = 1


@dataclass(frozen=True, eq=False)
class Posterior:
    """Particles learned from the record of a case to its cut-off.

    Attributes:
        inputs: the uncertain inputs by printed name, one value for each particle.
        past: the shocks of the months up to the cut-off, and numbers for what else was drawn.
        by_figure: log likelihood of each figure.
        figures: ids of the figures.
        path: the rungs from prior to posterior.
        settings: what decided on it beside the case.
        case: digest of the case.
        versions: versions on which it depends.
    """

    inputs: Mapping[str, Float32[np.ndarray, "particle"]]
    past: Past
    by_figure: Float[np.ndarray, "figure particle"]
    figures: tuple[str, ...]
    path: tuple[Rung, ...]
    settings: Settings
    case: str
    versions: Mapping[str, str]

    @classmethod
    def of(cls, target: Target, at: Particles, settings: Settings, model: Model) -> "Posterior":
        """The posterior that particles have reached."""
        values = target.space.values(at.z).astype(np.float32)
        shocks = np.asarray(target.space.past(at.z.astype(np.float32)))
        return cls(
            inputs=dict(zip(target.space.inputs, values, strict=True)),
            past=Past(shocks, at.numbers, np.asarray(settings.seed, np.uint32)),
            by_figure=target.by_figure(at.z, at.numbers),
            figures=tuple(f.observation.id for f in target.likelihood.figures),
            path=tuple(at.path),
            settings=settings,
            case=model.digest,
            versions=notes.versions(),
        )

    def __len__(self) -> int:
        return self.settings.particles

    @property
    def log_evidence(self) -> float:
        """The log probability of the record under the model and its priors."""
        return self.path[-1].log_evidence

    @property
    def poor(self) -> bool:
        """Whether moves were hardly accepted, or the particles descend from few draws."""
        least = min(min(rung.informed, rung.rest) for rung in self.path)
        return least < _LEAST_ACCEPTED or self.path[-1].distinct < _LEAST_DISTINCT

    def ensemble(self, model: Model, runs: int, seed: int = 1) -> Ensemble:
        """Runs of the posterior: run n has the inputs and the past of particle n, in turn.

        Runs that share a particle share its past, and never its future shocks.

        Args:
            model: model of the case that it was learned from.
            runs: number of runs.
            seed: seed of the shocks after the cut-off.

        Raises:
            UsageError: if the posterior is of another case, or on a wrong number of runs or seed.
        """
        self.check_fits(model)
        check_seed(seed)
        numbers = np.arange(check_runs(runs))
        rows = numbers % len(self)
        return Ensemble(
            parameters={name: values[rows] for name, values in self.inputs.items()},
            run_numbers=numbers,
            weights=np.full(runs, 1 / runs),
            origin="posterior",
            seed=seed,
            case=model.digest,
            version=self.versions["servanda"],
            past=self.past.of_runs(rows),
        )

    def check_fits(self, model: Model) -> None:
        """Raise `UsageError` unless it was learned from this case."""
        if self.case != model.digest:
            raise UsageError(
                "posterior",
                f"one of digest {self.case}",
                f"one of the case '{model.case.spec.name}' as it is now, digest {model.digest}",
                _LEARN,
            )

    def save(self, path: Path) -> None:
        """Write the posterior as a folder of the format zarr.

        Raises:
            FileExistsError: if there is a file or folder of this name.
            OSError: if it cannot be written.
        """
        tree = self.tree()
        tree.attrs["hash"] = _hash(tree)
        with drafts.folder(path, parents=True) as draft:
            tree.to_zarr(draft, mode="w", zarr_format=2, consolidated=True)

    def tree(self) -> xr.DataTree:
        """The posterior as ArviZ reads it."""
        names = list(self.inputs)
        shocks = np.moveaxis(np.asarray(self.past.shocks), -1, 0)
        inputs = np.stack([self.inputs[name] for name in names], axis=-1)
        dims = ("chain", "draw")
        coords = {"chain": [0], "draw": np.arange(len(self))}
        learned = xr.Dataset(
            {
                "inputs": ((*dims, "input"), inputs[None]),
                "shocks": ((*dims, "month", "shock"), shocks[None]),
            },
            {**coords, "input": names, "month": np.arange(shocks.shape[1])},
        )
        stats = xr.Dataset(
            {
                "log_likelihood": (dims, self.by_figure.sum(axis=0)[None]),
                "number": (dims, np.asarray(self.past.numbers)[None]),
            },
            coords,
        )
        figures = xr.Dataset(
            {"record": ((*dims, "figure"), self.by_figure.T[None])},
            {**coords, "figure": list(self.figures)},
        )
        tree = xr.DataTree.from_dict(
            {"posterior": learned, "sample_stats": stats, "log_likelihood": figures}
        )
        tree.attrs = {
            "case_digest": self.case,
            "settings": json.dumps(asdict(self.settings)),
            "versions": json.dumps(self.versions),
            "path": json.dumps([asdict(rung) for rung in self.path]),
        }
        return tree


def open_posterior(path: Path) -> Posterior:
    """Read a posterior that `Posterior.save` wrote.

    Raises:
        UsageError: if there is none, or it is damaged.
    """
    where = _WHERE.format(path)
    try:
        tree = xr.open_datatree(path, engine="zarr").load()
        whole = tree.attrs.pop("hash") == _hash(tree)
        found = _read(tree) if whole else None
    except Exception:  # noqa: BLE001 -- zarr and xarray raise many kinds on damaged files
        why = "no posterior that can be read"
        raise UsageError(where, why, "one that servanda wrote", _LEARN) from None
    if found is None:
        raise UsageError(where, "other content than was written", "the file as written", _LEARN)
    return found


def _read(tree: xr.DataTree) -> Posterior:
    learned, stats = tree["posterior"].dataset, tree["sample_stats"].dataset
    settings = Settings(**json.loads(tree.attrs["settings"]))
    inputs = learned["inputs"].values[0]
    names = learned["input"].values.tolist()
    return Posterior(
        inputs={name: inputs[:, row].copy() for row, name in enumerate(names)},
        past=Past(
            np.moveaxis(learned["shocks"].values[0], 0, -1).copy(),
            stats["number"].values[0],
            np.asarray(settings.seed, np.uint32),
        ),
        by_figure=tree["log_likelihood"].dataset["record"].values[0].T,
        figures=tuple(tree["log_likelihood"].dataset["figure"].values.tolist()),
        path=tuple(map(Rung.of, json.loads(tree.attrs["path"]))),
        settings=settings,
        case=tree.attrs["case_digest"],
        versions=json.loads(tree.attrs["versions"]),
    )


def _hash(tree: xr.DataTree) -> str:
    """A hash of the values and attributes of a posterior."""
    found = blake2b(json.dumps(tree.attrs, sort_keys=True).encode(), digest_size=16)
    for group in sorted(tree.children):
        data = tree[group].dataset
        for name in sorted(map(str, data.variables)):
            values = data[name].values
            found.update(f"{group}/{name}/{values.shape}".encode())
            text = values.dtype.kind in "OU"
            found.update(json.dumps(values.tolist()).encode() if text else values.tobytes())
    return found.hexdigest()
