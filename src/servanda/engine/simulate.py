"""One pure month, scanned over months, batched over runs on the last axis, in chunks of one fixed shape.

A chunk is `CHUNK` runs wherever it runs, so that a run's bits do not depend on how many were asked for. Chunks are
mapped one after another on each device and spread over devices; a batch is what one call computes.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, PartitionSpec
from jaxtyping import Array

from servanda.case.schema import month_number
from servanda.engine.model import Model, initial_world, replace
from servanda.engine.parameters import Setting, pack, sample
from servanda.engine.quantity_names import kept_positions
from servanda.engine.streams import Streams
from servanda.world import Clock, Month, World, quantities
from servanda.world.axes import pick

CHUNK = 128
_CHUNKS_A_DEVICE = 4


class Simulator:
    """Runs a model; compiled once for a model, a step length and a precision.

    Args:
        model: what to run.
        steps_a_month: 1, or more to check that halving the step changes little.
        dtype: `float32` for ensembles, `float64` (with JAX's x64 mode) for checks.
    """

    def __init__(self, model: Model, *, steps_a_month: int = 1, dtype: Any = jnp.float32) -> None:
        self.model = model
        self.dtype = dtype
        self.steps_a_month = steps_a_month
        spec = model.case.spec
        start = month_number(spec.start)
        self.months = month_number(spec.horizon) - start + 1
        self._cut = month_number(spec.as_of) - start
        self._streams = Streams(model.axes, model.plan)
        self.record = kept_members(model)
        self.compilations = 0

    @property
    def batch(self) -> int:
        """How many runs one call computes."""
        return CHUNK * _CHUNKS_A_DEVICE * len(jax.devices())

    def run(
        self,
        runs: int,
        seed: int,
        settings: Sequence[Setting] = (),
        drawn: Mapping[str, np.ndarray] | None = None,
    ) -> Iterator[dict[str, np.ndarray]]:
        """Batches of results, in order of run, the last one cut to what was asked for.

        Args:
            runs: how many; numbered from zero.
            seed: of the experiment.
            settings: levers that are not at rest.
            drawn: parameter draws to use instead of the prior's, by label, one a run.

        Yields:
            By quantity, an array (month, member, run); without a member axis where the quantity has none.
        """
        for first in range(0, runs, self.batch):
            numbers = np.arange(first, first + self.batch)
            if drawn is None:
                values = sample(self.model.numbers, seed, numbers)
            else:
                rows = np.minimum(numbers, runs - 1)
                values = {k: v[rows] for k, v in drawn.items()}
            record = self._batch(values, settings, seed, numbers)
            wanted = min(self.batch, runs - first)
            yield self._split(np.asarray(record), wanted)

    def _batch(
        self,
        drawn: Mapping[str, np.ndarray],
        settings: Sequence[Setting],
        seed: int,
        numbers: np.ndarray,
    ) -> Array:
        plan, count = self.model.plan, len(numbers)
        phases = [
            pack(plan, self.model.numbers, drawn, settings, count, self.dtype, after=after)
            for after in (False, True)
        ]
        both = jax.tree.map(lambda a, b: jnp.stack([a, b]), *phases)
        chunked = jax.tree.map(self._chunk, both)
        runs = jnp.asarray(numbers, jnp.uint32).reshape(-1, CHUNK)
        record: Array = self._compiled(chunked, runs, jnp.uint32(seed))
        return record

    def _chunk(self, x: Array) -> Array:
        """(..., runs) to (chunks, ..., CHUNK)."""
        return jnp.moveaxis(x.reshape(*x.shape[:-1], x.shape[-1] // CHUNK, CHUNK), -2, 0)

    @cached_property
    def _compiled(self) -> Any:
        mesh = Mesh(np.array(jax.devices()), ("device",))
        split, whole = PartitionSpec("device"), PartitionSpec()

        def chunks(parameters: Any, runs: Array, seed: Array) -> Array:
            self.compilations += 1
            return jax.lax.map(lambda chunk: self.trajectory(*chunk, seed), (parameters, runs))

        spread = jax.shard_map(
            chunks, mesh=mesh, in_specs=(split, split, whole), out_specs=split, check_vma=False
        )
        return jax.jit(spread)

    def trajectory(self, phases: Any, runs: Array, seed: Array) -> Array:
        """All months of one chunk: what is kept, as (month, row, run).

        Args:
            phases: parameter records by slot, before and after the cut stacked on the first axis.
            runs: numbers of the runs.
            seed: of the experiment.
        """
        first = jax.tree.map(lambda x: x[0], phases)
        world = initial_world(self.model, first, runs.shape, self.dtype)

        def month(world: World, number: Array) -> tuple[World, Array]:
            total: Any = None
            for part in range(self.steps_a_month):
                clock = self._clock(number, part)
                phase = clock.future.astype(int)
                parameters = jax.tree.map(lambda x: x[phase], phases)
                world, happened = self.step(world, parameters, clock, runs, seed)
                kept = self._keep(world, happened)
                total = kept if total is None else self._combine(total, kept)
            return world, total

        _, record = jax.lax.scan(month, world, jnp.arange(self.months))
        return record

    def step(
        self, world: World, parameters: Mapping[str, Any], clock: Clock, runs: Array, seed: Array
    ) -> tuple[World, Month]:
        """One step: every process in the order of the plan."""
        index = clock.month * self.steps_a_month + jnp.round(
            (clock.time - clock.month) * self.steps_a_month
        ).astype(int)
        draws = self._streams.at(seed, runs, index)
        happened = Month.zeros(self.model.axes, runs.shape, self.dtype)
        following: dict[str, Array] = {}
        for process in self.model.plan:
            own = {k: v.astype(self.dtype) for k, v in draws.get(process.slot, {}).items()}
            wrote = process.step(parameters[process.slot], world, happened, own, clock)
            happened = replace(happened, wrote)
            following |= wrote
        return replace(world, following), happened

    def _clock(self, month: Array, part: int) -> Clock:
        dt = 1.0 / self.steps_a_month
        return Clock(
            month=month,
            time=(month + part * dt).astype(self.dtype),
            dt=dt,
            quarter=(month % 3 == 0) & (part == 0),
            future=month > self._cut,
        )

    def _keep(self, world: World, happened: Month) -> Array:
        rows = []
        for name, members in self.record.items():
            source = world if quantities()[name].carried else happened
            values = getattr(source, name)
            rows.append(values[None] if not quantities()[name].axis else pick(values, members))
        return jnp.concatenate(rows)

    def _combine(self, before: Array, after: Array) -> Array:
        """Two steps of one month: amounts add up, everything else is as it was last."""
        adds = np.concatenate(
            [np.full(max(len(m), 1), _is_amount(name)) for name, m in self.record.items()]
        )
        column = jnp.asarray(adds)[:, *(None,) * (before.ndim - 1)]
        return jnp.where(column, before + after, after)

    def _split(self, record: np.ndarray, runs: int) -> dict[str, np.ndarray]:
        """(chunk, month, row, CHUNK) to arrays (month, member, run) by quantity."""
        flat = np.moveaxis(record, 0, 2).reshape(*record.shape[1:3], -1)[..., :runs]
        out, row = {}, 0
        for name, members in self.record.items():
            width = len(members) if quantities()[name].axis else 1
            block = flat[:, row : row + width]
            out[name] = block if quantities()[name].axis else block[:, 0]
            row += width
        return out


def _is_amount(name: str) -> bool:
    quantity = quantities()[name]
    return (
        not quantity.carried
        and "/month" not in quantity.unit
        and quantity.unit != "dimensionless"
        and name
        not in (
            "slack",
            "released",
            "required",
        )
    )


def kept_members(model: Model) -> dict[str, list[int]]:
    """Positions of the members of every quantity that a run keeps and that has members."""
    axes = model.axes
    return {
        name: kept_positions(axes, name)
        for name, quantity in quantities().items()
        if quantity.kept and axes.size(quantity.axis)
    }
