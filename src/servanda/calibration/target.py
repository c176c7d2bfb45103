"""The posterior of a case as a problem for the sampler: its record given its unknowns."""

from copy import copy
from typing import Any, Self

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, PartitionSpec
from jaxtyping import Array, Float, Int, UInt32

from servanda.calibration.space import Space
from servanda.compiling import COMPILER_OPTIONS
from servanda.engine import CHUNK, Simulator
from servanda.engine.prefix import Prefix
from servanda.engine.streams import Past
from servanda.errors import ResultError
from servanda.observation import Likelihood
from servanda.observation.discrepancy import discrepancy

_SPLIT = PartitionSpec("device")  # type: ignore[no-untyped-call]
_STEEPEST = 50.0  # of the slopes of a figure: where the model has a kink they mean little


class Target:
    """The likelihood of a case's record to its cut-off.

    Args:
        simulator: simulator of the case.
        seed: seed of what is drawn beside the unknowns.

    Attributes:
        space: the unknowns.
        likelihood: the figures, and their likelihood in runs.
        counted: what was counted: the value of each figure.
        seed: seed of what is drawn beside the unknowns.
        part_of: by unknown, the series whose discrepancy it is; −1 if it is none.
    """

    def __init__(self, simulator: Simulator, seed: int) -> None:
        self.space = Space(simulator.model)
        self.likelihood = Likelihood(simulator.model)
        self.counted = self.likelihood.counted
        self.seed = seed
        self._prefix = Prefix(simulator, self.space.inputs, self.likelihood.observed)
        self.part_of = self._parts()
        self._compiled, self._compiled_slopes = self._programs()

    def with_counts(self, counted: Float[np.ndarray, "figure"]) -> Self:
        """The same figures with other counts. What is compiled serves both."""
        other = copy(self)
        other.counted = counted
        return other

    @property
    def size(self) -> int:
        """The number of unknowns."""
        return self.space.size

    def log_likelihood(
        self, z: Float[np.ndarray, "unknown run"], numbers: UInt32[np.ndarray, "run"]
    ) -> Float[np.ndarray, "run"]:
        """The log likelihood of each particle."""
        return np.asarray(self.by_figure(z, numbers).sum(axis=0))

    def by_part(
        self, z: Float[np.ndarray, "unknown run"], numbers: UInt32[np.ndarray, "run"]
    ) -> Float[np.ndarray, "series run"]:
        """The log likelihood of each series in each particle."""
        lengths = [len(record.figures) for record in self.likelihood.records]
        starts = np.cumsum([0, *lengths[:-1]])
        return np.asarray(np.add.reduceat(self.by_figure(z, numbers), starts, axis=0))

    def _parts(self) -> Int[np.ndarray, "unknown"]:
        found = np.full(self.size, -1)
        for part, record in enumerate(self.likelihood.records):
            found[self.space.inputs.index(discrepancy(record.series.name))] = part
        return found

    def by_figure(
        self, z: Float[np.ndarray, "unknown run"], numbers: UInt32[np.ndarray, "run"]
    ) -> Float[np.ndarray, "figure run"]:
        """The log likelihood of each figure in each particle, as `Likelihood.by_figure` has it."""
        count = len(numbers)
        rows = np.arange(-(-count // self._batch) * self._batch).clip(max=count - 1)
        chunks = np.ascontiguousarray(
            z.astype(np.float32)[:, rows].reshape(len(z), -1, CHUNK).swapaxes(0, 1)
        )
        counted = self.counted.astype(np.float32)
        found = self._compiled(chunks, numbers[rows].reshape(-1, CHUNK), counted)
        each = np.asarray(found, float).swapaxes(0, 1).reshape(found.shape[1], -1)[:, :count]
        self._check(each)
        return each

    def check_possible(
        self, z: Float[np.ndarray, "unknown run"], numbers: UInt32[np.ndarray, "run"]
    ) -> None:
        """Raise `ResultError` if a figure is impossible in every one of some particles."""
        never = np.isneginf(self.by_figure(z, numbers)).all(axis=1)
        if never.any():
            figure = self.likelihood.figures[int(np.argmax(never))]
            o, value = figure.observation, f"{self.counted[np.argmax(never)]:g}"
            raise ResultError(
                "calibration",
                f"a likelihood of zero of figure '{o.id}' of series '{o.series}', {value}, in all "
                f"{len(numbers)} draws of the priors",
                "a likelihood above zero in some",
                "counts of events are whole numbers, and none is counted where none is expected",
            )

    def _check(self, each: Float[np.ndarray, "figure run"]) -> None:
        """Raise `ResultError` if a likelihood is not a number."""
        if np.isnan(each).any():
            row, run = np.argwhere(np.isnan(each))[0]
            figure = self.likelihood.figures[row].observation
            raise ResultError(
                f"calibration, particle {run}",
                f"no number as the likelihood of figure '{figure.id}' of series '{figure.series}'",
                "a number",
            )

    def information(
        self, z: Float[np.ndarray, "unknown"], number: int
    ) -> Float[np.ndarray, "unknown unknown"]:
        """The information of the figures on the unknowns near a particle.

        Each figure is taken as normal on the scale on which it errs, with mean μ and variance v. By
        each pair of unknowns its information is μ'μ'/v + (log v)'(log v)'/2, where the slopes come
        from tangents along every unknown.
        """
        rows = np.arange(-(-self.size // self._batch) * self._batch)
        tangents = (rows == np.arange(self.size)[:, None]).astype(np.float32)
        by_chunk = np.ascontiguousarray(tangents.reshape(self.size, -1, CHUNK).swapaxes(0, 1))
        at = np.repeat(z.astype(np.float32)[:, None], CHUNK, axis=1)
        found = self._compiled_slopes(by_chunk, at, np.full(CHUNK, number, np.uint32))
        variance, means, variances = (
            np.asarray(part, float).swapaxes(0, 1).reshape(part.shape[1], -1)[:, : self.size]
            for part in found
        )
        slopes = np.vstack([means / np.sqrt(variance), variances / np.sqrt(2)])
        slopes = np.nan_to_num(slopes).clip(-_STEEPEST, _STEEPEST)
        return np.asarray(slopes.T @ slopes)

    @property
    def _batch(self) -> int:
        return CHUNK * len(jax.devices())

    def _programs(self) -> tuple[Any, Any]:
        """The likelihood and the slopes of the figures. They are compiled when first called."""

        def likelihood(z: Array, numbers: Array, counted: Array) -> Array:
            def one(given: tuple[Array, Array]) -> Array:
                values, past = self._inputs(*given)
                observed = self._prefix(values, past)
                found, _ = self.likelihood.by_figure(observed, self._named(values), counted)
                return found

            each: Array = jax.lax.map(one, (z, numbers))
            return each

        def slopes(tangents: Array, z: Array, numbers: Array) -> Any:
            def places(z: Array) -> tuple[Array, Array]:
                values, past = self._inputs(z, numbers)
                found = self.likelihood.places(self._prefix(values, past), self._named(values))
                return found[0], jnp.log(found[1])

            def one(tangent: Array) -> tuple[Array, Array, Array]:
                (_, log_variance), slopes = jax.jvp(places, (z,), (tangent,))
                return jnp.exp(log_variance), *slopes

            return jax.lax.map(one, tangents)

        return (
            self._spread(likelihood, (_SPLIT, _SPLIT, None)),
            self._spread(slopes, (_SPLIT, None, None)),
        )

    def _spread(self, device: Any, given: Any) -> Any:
        mesh = Mesh(np.array(jax.devices()), ("device",))
        spread = jax.shard_map(device, mesh=mesh, in_specs=given, out_specs=_SPLIT, check_vma=False)
        return jax.jit(spread, compiler_options=COMPILER_OPTIONS)

    def _inputs(self, z: Array, numbers: Array) -> tuple[Array, Past]:
        past = Past(self.space.past(z), numbers, jnp.uint32(self.seed))
        return self.space.interpolated(z), past

    def _named(self, values: Array) -> dict[str, Array]:
        return dict(zip(self.space.inputs, values, strict=True))
