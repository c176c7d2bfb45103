"""A posterior: particles learned from the record, as a file that ArviZ reads, and as an ensemble.

    FOLDER.zarr/posterior        the inputs by particle, and the shocks of the months to the cut-off
    FOLDER.zarr/sample_stats     log likelihood, and the number that keys what else was drawn
    FOLDER.zarr/log_likelihood   by figure

The groups have the dimensions `chain` and `draw` (its particles). `xarray.open_datatree` and
`arviz.from_zarr` open it. Its attributes say what it was learned from.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from hashlib import blake2b
from pathlib import Path

import numpy as np
import xarray as xr
from jaxtyping import Float, Float32
from scipy.special import logsumexp

from servanda.calibration.particles import Particles, Rung
from servanda.calibration.target import Target
from servanda.engine import Model
from servanda.engine.streams import Past
from servanda.ensembles import Ensemble
from servanda.ensembles.ensemble import Numbers, check_numbers, check_runs, check_seed
from servanda.errors import UsageError
from servanda.files import drafts
from servanda.results import note as notes

FEWEST = 64
"""Particles of a chain, of which half tell the covariance that the others move by."""
_LEAST_ACCEPTED, _LEAST_DISTINCT = 0.1, 0.5
_WHERE = "posterior '{}'"
_LEARN = "learn it again: servanda calibrate"


@dataclass(frozen=True)
class Settings:
    """What decides on a posterior beside the case.

    Attributes:
        chains: number of samplers that learn it independently.
        particles: number of particles of each chain.
        moves: moves of each particle at each rung.
        seed: seed of all random numbers.
    """

    chains: int = 2
    particles: int = 512
    moves: int = 3
    seed: int = 1

    def check(self) -> None:
        """Raise `UsageError` on a number that is no number of chains, particles, moves, or seed."""
        for name in ("chains", "particles", "moves"):
            check_runs(getattr(self, name), name)
        if self.particles < FEWEST:
            raise UsageError("particles", str(self.particles), f"at least {FEWEST}")
        check_seed(self.seed)

    def __str__(self) -> str:
        return f"{self.chains} × {self.particles:,} particles, moves {self.moves}, seed {self.seed}"


@dataclass(frozen=True, eq=False)
class Posterior:
    """Particles learned from the record of a case to its cut-off.

    Attributes:
        inputs: the uncertain inputs by printed name, one value for each particle, chain by chain.
        past: the shocks of the months up to the cut-off, and numbers for what else was drawn.
        by_figure: log likelihood of each figure.
        figures: ids of the figures.
        paths: the rungs from prior to posterior, of each chain.
        settings: what decided on it beside the case.
        case: digest of the case.
        versions: versions on which it depends.
    """

    inputs: Mapping[str, Float32[np.ndarray, "particle"]]
    past: Past
    by_figure: Float[np.ndarray, "figure particle"]
    figures: tuple[str, ...]
    paths: tuple[tuple[Rung, ...], ...]
    settings: Settings
    case: str
    versions: Mapping[str, str]

    @classmethod
    def of(
        cls, target: Target, reached: Sequence[Particles], settings: Settings, model: Model
    ) -> "Posterior":
        """The posterior that the particles of each chain have reached."""
        z = np.concatenate([at.z for at in reached], axis=1)
        numbers = np.concatenate([at.numbers for at in reached])
        shocks = np.asarray(target.space.past(z.astype(np.float32)))
        values = target.space.values(z).astype(np.float32)
        return cls(
            inputs=dict(zip(target.space.inputs, values, strict=True)),
            past=Past(shocks, numbers, np.asarray(settings.seed, np.uint32)),
            by_figure=target.by_figure(z, numbers),
            figures=tuple(f.observation.id for f in target.likelihood.figures),
            paths=tuple(tuple(at.path) for at in reached),
            settings=settings,
            case=model.digest,
            versions=notes.versions(),
        )

    def __len__(self) -> int:
        return self.settings.chains * self.settings.particles

    def by_chain(self, values: Float[np.ndarray, "particle"]) -> Float[np.ndarray, "chain draw"]:
        """Values of particles by chain."""
        return np.reshape(values, (self.settings.chains, -1))

    @property
    def log_evidences(self) -> Float[np.ndarray, "chain"]:
        """The log probability of the record under the model and its priors, by each chain."""
        return np.array([path[-1].log_evidence for path in self.paths])

    @property
    def log_evidence(self) -> float:
        """The log probability of the record under the model and its priors."""
        return float(logsumexp(self.log_evidences) - np.log(len(self.paths)))

    @property
    def poor(self) -> bool:
        """Whether moves were hardly accepted, or many particles of a chain are equal."""
        rungs = [rung for path in self.paths for rung in path]
        least = min(min(rung.informed, rung.rest) for rung in rungs)
        fewest = min(path[-1].distinct for path in self.paths)
        return least < _LEAST_ACCEPTED or fewest < _LEAST_DISTINCT * self.settings.particles

    @cached_property
    def hash(self) -> str:
        """A hash of its content."""
        return _hash(self.tree())

    def ensemble(self, model: Model, runs: int | Numbers, seed: int = 1) -> Ensemble:
        """Runs of the posterior, each with the inputs and the past of a particle.

        The runs take the chains by turns, so that the first ones are of all chains too. Runs that
        share a particle share its past, and never its future shocks.

        Args:
            model: model of the case that it was learned from.
            runs: number of runs, numbered from zero; or the numbers of the runs.
            seed: seed of the shocks after the cut-off.

        Raises:
            UsageError: if the posterior is of another case, or on a wrong number of runs or seed.
        """
        self.check_fits(model)
        check_seed(seed)
        numbers = np.arange(check_runs(runs)) if isinstance(runs, int) else check_numbers(runs)
        draws = numbers // self.settings.chains % self.settings.particles
        rows = numbers % self.settings.chains * self.settings.particles + draws
        return Ensemble(
            parameters={name: values[rows] for name, values in self.inputs.items()},
            run_numbers=numbers,
            weights=np.full(len(numbers), 1 / len(numbers)),
            origin="posterior",
            seed=seed,
            case=model.digest,
            version=self.versions["servanda"],
            past=self.past.of_runs(rows),
            learned=f"posterior {self.hash[:12]}, {self.settings}",
            chains=self.settings.chains,
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
        tree.attrs["hash"] = self.hash
        with drafts.folder(path, parents=True) as draft:
            tree.to_zarr(draft, mode="w", zarr_format=2, consolidated=True)

    def tree(self) -> xr.DataTree:
        """The posterior as ArviZ reads it."""
        names = list(self.inputs)
        shocks = np.moveaxis(np.asarray(self.past.shocks), -1, 0)
        inputs = np.stack([self.inputs[name] for name in names], axis=-1)
        dims, shape = ("chain", "draw"), (self.settings.chains, self.settings.particles)

        def split(values: np.ndarray) -> np.ndarray:
            return values.reshape(*shape, *values.shape[1:])

        coords = {"chain": np.arange(shape[0]), "draw": np.arange(shape[1])}
        learned = xr.Dataset(
            {
                "inputs": ((*dims, "input"), split(inputs)),
                "shocks": ((*dims, "month", "shock"), split(shocks)),
            },
            {**coords, "input": names, "month": np.arange(shocks.shape[1])},
        )
        stats = xr.Dataset(
            {
                "log_likelihood": (dims, split(self.by_figure.sum(axis=0))),
                "number": (dims, split(np.asarray(self.past.numbers))),
            },
            coords,
        )
        figures = xr.Dataset(
            {"record": ((*dims, "figure"), split(self.by_figure.T))},
            {**coords, "figure": list(self.figures)},
        )
        tree = xr.DataTree.from_dict(
            {"posterior": learned, "sample_stats": stats, "log_likelihood": figures}
        )
        tree.attrs = {
            "case_digest": self.case,
            "settings": json.dumps(asdict(self.settings)),
            "versions": json.dumps(self.versions),
            "paths": json.dumps([[asdict(rung) for rung in path] for path in self.paths]),
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

    def joined(values: np.ndarray) -> np.ndarray:
        return values.reshape(len(values) * values.shape[1], *values.shape[2:])

    inputs = joined(learned["inputs"].values)
    names = learned["input"].values.tolist()
    return Posterior(
        inputs={name: inputs[:, row].copy() for row, name in enumerate(names)},
        past=Past(
            np.moveaxis(joined(learned["shocks"].values), 0, -1).copy(),
            joined(stats["number"].values),
            np.asarray(settings.seed, np.uint32),
        ),
        by_figure=joined(tree["log_likelihood"].dataset["record"].values).T,
        figures=tuple(tree["log_likelihood"].dataset["figure"].values.tolist()),
        paths=tuple(tuple(map(Rung.of, path)) for path in json.loads(tree.attrs["paths"])),
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
