"""Simulation: one pure step, looped over months and batched over runs, in chunks of one shape.

A chunk always has `CHUNK` runs, so that the results of a run do not depend on the number of runs.
A batch is the set of runs that one call computes. Its chunks are dealt out to the devices in turn,
and each device computes its own one after another. Each batch overwrites the record of the batch
before, because allocating new memory costs up to a third of the computing time.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import cached_property
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from jaxtyping import Array, Float, Int, UInt32

from servanda.case.schema import month_number
from servanda.compiling import COMPILER_OPTIONS
from servanda.engine.model import Model, initial_world
from servanda.engine.parameters import Setting, records, table
from servanda.engine.streams import Past, Streams
from servanda.files.room import check_memory
from servanda.world import Clock, Month, Quantity, Record, World
from servanda.world.axes import pick
from servanda.world.quantity import empty

CHUNK = 128
_CHUNKS_A_DEVICE = 4
_COPIES = 2  # of a batch that are in memory: as it was computed, and by quantity
_SPLIT = PartitionSpec("device")  # type: ignore[no-untyped-call]


def _of_a_month(quantity: Quantity, before: Array, latest: Array, parts: Array) -> Array:
    """Combine the value of the parts of a month so far with the next part's.

    Amounts add up and rates are averaged.
    """
    if quantity.adds_up:
        return before + latest
    if "/month" in quantity.unit and not quantity.carried:
        return (before * parts + latest) / (parts + 1)
    return latest


class Batch(NamedTuple):
    """Runs that are computed in one call.

    Attributes:
        phases: all parameters of the model, up to the cut-off and after it.
        run_numbers: numbers of the runs.
        seed: seed of their shocks.
        runs: number of requested runs. Further runs fill the last chunk that has a requested one;
            the chunks after it are not computed.
        past: random numbers of the months up to the cut-off, or None if they are drawn too.
    """

    phases: Float[np.ndarray, "chunk 2 parameter run"]
    run_numbers: UInt32[np.ndarray, "chunk run"]
    seed: int
    runs: int
    past: Past | None = None


class Simulator:
    """Runs a model. It compiles once for a model, a step length and a precision.

    Args:
        model: the model.
        steps_a_month: 1; more, to check that halving the step changes little.
        dtype: `float32` for ensembles, `float64` for checks.
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
        self.record = dict(model.layout.kept)
        self.compilations = 0

    @property
    def batch(self) -> int:
        """Number of runs that one call computes."""
        return CHUNK * _CHUNKS_A_DEVICE * len(jax.devices())

    @property
    def run_bytes(self) -> int:
        """Bytes of the results of one run."""
        return self.months * self._month_bytes

    @property
    def _month_bytes(self) -> int:
        rows = sum(len(members) for members in self.record.values())
        return int(rows * np.dtype(self.dtype).itemsize)

    def shape(self, quantity: str, runs: int) -> tuple[int, ...]:
        """The shape of a quantity in a batch: (month, member, run), or (month, run)."""
        members = self.record[quantity]
        axis = (len(members),) if self.model.layout.quantities[quantity].axis else ()
        return (self.months, *axis, runs)

    def check_memory(self) -> None:
        """Raise `UsageError` unless free memory holds the results of a batch."""
        check_memory(self.months, "months", _COPIES * self.batch * self._month_bytes)

    def pack(
        self,
        parameters: Mapping[str, np.ndarray],
        run_numbers: Int[np.ndarray, "run"],
        seed: int,
        settings: Sequence[Setting] = (),
        past: Past | None = None,
    ) -> Batch:
        """A batch of at most `batch` runs; copies of the last run fill the last chunk.

        Args:
            parameters: by label, one number for each run, before levers; others are fixed.
            run_numbers: numbers of the runs.
            seed: seed of their shocks.
            settings: levers at values other than their rest.
            past: random numbers of the months up to the cut-off, (month, shock, run) and (run).
        """
        rows = np.minimum(self._rows.ravel(), len(run_numbers) - 1)
        values = {
            name: parameters[name][rows] for name in parameters if name in self.model.parameters
        }
        phases = [
            table(self.model.parameters, values, settings, self.batch, self.dtype, after=after)
            for after in (False, True)
        ]
        chunks = np.reshape(phases, (2, len(self.model.parameters), -1, CHUNK)).transpose(
            2, 0, 1, 3
        )
        packed = run_numbers[rows].astype(np.uint32).reshape(-1, CHUNK)
        given = None if past is None else self._chunked(past, rows)
        return Batch(chunks, packed, seed, len(run_numbers), given)

    def _chunked(self, past: Past, rows: Int[np.ndarray, "run"]) -> Past:
        """The past of a batch by chunk."""
        shocks = np.asarray(past.shocks, self.dtype)[..., rows]
        chunks = len(rows) // CHUNK
        by_chunk = np.moveaxis(shocks.reshape(*shocks.shape[:-1], chunks, CHUNK), -2, 0)
        numbers = np.asarray(past.numbers, np.uint32)[rows].reshape(chunks, CHUNK)
        seeds = np.full(len(numbers), past.seed, np.uint32)
        return Past(np.ascontiguousarray(by_chunk), numbers, seeds)

    def run(self, batches: Iterable[Batch]) -> Iterator[dict[str, np.ndarray]]:
        """Compute batches and yield their results in order.

        Yields:
            By quantity, an array (month, member, run), or (month, run) if it has no axis.
        """
        with self._precision():
            record = self._blank()
        left = iter(batches)
        ahead = next(left, None)
        while ahead is not None:
            batch = ahead
            busy, seed = self._busy(batch.runs), np.uint32(batch.seed)
            with self._precision():
                record = self._compiled(
                    record, batch.phases, batch.run_numbers, busy, seed, batch.past
                )
            ahead = next(left, None)  # Pack the next batch while the devices compute.
            yield self._split(record, batch.runs)

    def _precision(self) -> AbstractContextManager[None]:
        """The simulator's own precision, whatever JAX is set to."""
        found: AbstractContextManager[None] = jax.enable_x64(self.dtype == jnp.float64)
        return found

    @cached_property
    def _rows(self) -> Int[np.ndarray, "chunk run"]:
        """Rows of a batch by chunk. Chunks stand by device, and rows go to the devices in turn."""
        chunks = np.arange(self.batch).reshape(_CHUNKS_A_DEVICE, -1, CHUNK)
        return chunks.transpose(1, 0, 2).reshape(-1, CHUNK)

    def _busy(self, runs: int) -> Int[np.ndarray, "device"]:
        """How many chunks each device has to compute."""
        computed = self._rows[:, 0].reshape(-1, _CHUNKS_A_DEVICE) < runs
        count: np.ndarray = computed.sum(axis=1, dtype=np.int32)
        return count

    def _blank(self) -> Array:
        """Empty record of a batch: (chunk, month, row, run of the chunk)."""
        rows = sum(len(members) for members in self.record.values())
        shape = (self.batch // CHUNK, self.months, rows, CHUNK)
        return jnp.zeros(shape, self.dtype, device=NamedSharding(self._mesh, _SPLIT))

    @cached_property
    def _mesh(self) -> Mesh:
        return Mesh(np.array(jax.devices()), ("device",))

    @cached_property
    def _compiled(self) -> Any:
        def chunks(
            record: Array, values: Array, runs: Array, busy: Array, seed: Array, past: Past | None
        ) -> Array:
            self.compilations += 1

            def chunk(at: Array, record: Array) -> Array:
                own = None if past is None else Past(*(part[at] for part in past))
                return self._chunk(record, at, values[at], runs[at], seed, own)

            filled: Array = jax.lax.fori_loop(0, busy[0].astype(int), chunk, record)
            return filled

        spread = jax.shard_map(
            chunks,
            mesh=self._mesh,
            in_specs=(_SPLIT, _SPLIT, _SPLIT, _SPLIT, None, _SPLIT),
            out_specs=_SPLIT,
            check_vma=False,
        )
        return jax.jit(spread, donate_argnums=0, compiler_options=COMPILER_OPTIONS)

    def _chunk(
        self,
        record: Float[Array, "chunk month row run"],
        at: Int[Array, ""],
        phases: Float[Array, "2 parameter run"],
        runs: UInt32[Array, "run"],
        seed: UInt32[Array, ""],
        past: Past | None,
    ) -> Float[Array, "chunk month row run"]:
        """Compute all months of one chunk and write them into the record.

        Args:
            record: record of all chunks of the device.
            at: position of the chunk.
            phases: all parameters, up to the cut-off and after it.
            runs: numbers of the runs.
            seed: seed of the shocks.
            past: random numbers of the months up to the cut-off, or None if they are drawn too.
        """
        plan, own = self.model.plan, self.model.parameters
        first = records(plan, own, phases[0])
        world = initial_world(self.model, first, runs.shape, self.dtype)
        after = min(max(self._cut + 1, 0), self.months)
        spans = jnp.array([0, after]), jnp.array([after, self.months])

        # Parameters are constant within a phase, so what depends on them alone is computed once.
        # The month takes each from the table. Taking them before the loop would copy all of them.
        def phase(state: tuple[World, Array], part: tuple[Array, Array, Array]) -> Any:
            values, begin, end = part

            def month(number: Array, state: tuple[World, Array]) -> tuple[World, Array]:
                world, record = state
                parameters = records(plan, own, values)
                world, rows = self._month(world, parameters, number, runs, seed, past)
                place = (at, number, jnp.zeros_like(at), jnp.zeros_like(at))
                return world, jax.lax.dynamic_update_slice(record, rows[None, None], place)

            return jax.lax.fori_loop(begin, end, month, state), None

        (_, record), _ = jax.lax.scan(phase, (world, record), (phases, *spans))
        return record

    def _month(
        self,
        world: World,
        parameters: Mapping[str, Any],
        number: Array,
        runs: Array,
        seed: Array,
        past: Past | None,
    ) -> tuple[World, Array]:
        """All steps of one month, and the rows of its kept quantities."""
        quantities = self.model.layout.quantities

        def advance(state: tuple[World, dict[str, Array]], part: Array) -> Any:
            world, so_far = state
            clock = self.clock(number, part)
            world, happened = self.step(world, parameters, clock, runs, seed, past)
            total = {
                name: _of_a_month(quantities[name], so_far[name], latest, part)
                for name, latest in self.keep(world, happened).items()
            }
            return (world, total), None

        none = {k: jnp.zeros((len(v), *runs.shape), self.dtype) for k, v in self.record.items()}
        (world, total), _ = jax.lax.scan(advance, (world, none), jnp.arange(self.steps_a_month))
        return world, jnp.concatenate([total[name] for name in self.record])

    def step(
        self,
        world: World,
        parameters: Mapping[str, Any],
        clock: Clock,
        runs: Array,
        seed: Array,
        past: Past | None = None,
    ) -> tuple[World, Month]:
        """One step of every theory, in the order of the plan."""
        index = clock.month * self.steps_a_month + jnp.round(
            (clock.time - clock.month) * self.steps_a_month
        ).astype(int)
        if past is None:
            draws = self._streams.at(seed, runs, index)
        else:
            seeds = jnp.where(clock.future, seed, past.seed)
            numbers = jnp.where(clock.future, runs, past.numbers)
            draws = self._streams.at(seeds, numbers, index)
            draws = self._streams.with_past(draws, past, clock)
        like = jnp.zeros(runs.shape, self.dtype)
        plan, sizes = self.model.plan, self.model.axes.sizes
        month = Month({theory.slot: empty(theory.Flows, sizes, like) for theory in plan})
        following: dict[str, Record] = {}
        for theory in plan:
            own = {k: v.astype(self.dtype) for k, v in draws.get(theory.slot, {}).items()}
            state, flows = theory.step(parameters[theory.slot], world, month, own, clock)
            month = month.having(theory.slot, flows)
            following[theory.slot] = state
        return World(following), month

    def clock(self, month: Array, part: int | Array = 0) -> Clock:
        """The clock at a part of a month."""
        dt = 1.0 / self.steps_a_month
        return Clock(
            month=month,
            time=(month + part * dt).astype(self.dtype),
            dt=dt,
            quarter=(month % 3 == 0) & (part == 0),
            future=month > self._cut,
        )

    def keep(self, world: World, happened: Month) -> dict[str, Array]:
        """Kept values by quantity; a quantity without an axis gets one row."""
        kept, quantities = {}, self.model.layout.quantities
        for name, members in self.record.items():
            quantity = quantities[name]
            values = getattr((world if quantity.carried else happened)[quantity.slot], name)
            kept[name] = pick(values, members) if quantity.axis else values[None]
        return kept

    def _split(self, record: Array, runs: int) -> dict[str, np.ndarray]:
        """(chunk, month, row, run of the chunk) to arrays (month, member, run) by quantity."""
        out = np.empty((*record.shape[1:3], runs), self.dtype)
        for shard in record.addressable_shards:
            rows = self._rows[shard.index[0]]
            for first, chunk in zip(rows[:, 0], np.asarray(shard.data), strict=True):
                here = out[..., first : first + CHUNK]
                here[:] = chunk[..., : here.shape[-1]]
        ends = np.cumsum([len(members) for members in self.record.values()])
        blocks = zip(self.record, np.split(out, ends[:-1], axis=1), strict=True)
        quantities = self.model.layout.quantities
        return {k: block if quantities[k].axis else block[:, 0] for k, block in blocks}
