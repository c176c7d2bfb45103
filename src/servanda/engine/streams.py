"""Random streams: one random number for each seed, draw, run and step.

Each draw has a key, made from its name. The counter is the run and the step. Two policies therefore
have the same random numbers, an additional actor does not change the numbers of others, and the
numbers of a run do not depend on the number of runs. The generator is Threefry-2x32 (Salmon et al.,
"Parallel random numbers: as easy as 1, 2, 3", SC 2011). It gives two words for each draw, which a
normal draw needs.
"""

import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, UInt32

from servanda.case import Observation
from servanda.engine.threefry import threefry
from servanda.errors import CaseError
from servanda.world import Axes, Clock, Draw, Theory


def stream_names(axes: Axes, plan: Sequence[Theory]) -> list[tuple[str, Draw, list[str]]]:
    """Slot, draw, and the stream name of each member of the draw."""
    return [
        (theory.slot, d, [f"{theory.slot}/{d.name}/{member}" for member in axes[d.axis]])
        for theory in plan
        for d in theory.draws
    ]


def error_name(observation: Observation) -> str:
    """Name of the stream that the error of a figure is drawn from."""
    return f"observation/{observation.id}"


def stream_key(name: str) -> int:
    """The key of a stream: the CRC-32 of its name."""
    return zlib.crc32(name.encode())


def check_keys(names: Iterable[str]) -> None:
    """Raise `CaseError` if two streams have one key, because they would draw the same numbers."""
    named: dict[int, str] = {}
    for name in names:
        other = named.setdefault(stream_key(name), name)
        if other != name:
            raise CaseError(
                where=f"random numbers of '{name}'",
                found=f"those of '{other}'",
                expected="numbers of its own",
                hint="two names can share a key: rename a good, an actor or a figure in one",
            )


class Past(NamedTuple):
    """Random numbers of the months up to the evidence cut-off, given in place of drawn ones.

    A posterior learns the shocks of these months together with the parameters.

    Attributes:
        shocks: the normal draws of each month, in the order of `Streams.shocks`.
        numbers: numbers that key all other draws, in place of run numbers.
        seed: seed of these draws.
    """

    shocks: Float[Array | np.ndarray, "*chunk month shock run"]
    numbers: UInt32[Array | np.ndarray, "*chunk run"]
    seed: UInt32[Array | np.ndarray, "*chunk"]

    def of_runs(self, rows: Any) -> "Past":
        """The past of some runs."""
        return Past(self.shocks[..., rows], self.numbers[..., rows], self.seed)


class Streams:
    """The random numbers of a plan."""

    def __init__(self, axes: Axes, plan: Sequence[Theory]) -> None:
        self._draws = stream_names(axes, plan)
        keys = [stream_key(name) for _, _, names in self._draws for name in names]
        self._keys = np.array(keys, dtype=np.uint32)

    @property
    def shocks(self) -> tuple[str, ...]:
        """The names of all normal draws."""
        normals = (names for _, draw, names in self._draws if draw.kind == "normal")
        return tuple(name for names in normals for name in names)

    def with_past(
        self, draws: Mapping[str, Mapping[str, Array]], past: Past, clock: Clock
    ) -> dict[str, dict[str, Array]]:
        """The draws of one step with the given shocks in months up to the cut-off."""
        month = jax.lax.dynamic_index_in_dim(
            past.shocks, jnp.minimum(clock.month, len(past.shocks) - 1), keepdims=False
        )
        out = {slot: dict(own) for slot, own in draws.items()}
        row = 0
        for slot, draw, names in self._draws:
            if draw.kind == "normal":
                given = month[row : row + len(names)] if draw.axis else month[row]
                out[slot][draw.name] = jnp.where(clock.future, out[slot][draw.name], given)
                row += len(names)
        return out

    def at(
        self, seed: UInt32[Array, ""], runs: UInt32[Array, "*run"], step: Int[Array, ""]
    ) -> dict[str, dict[str, Float[Array, "..."]]]:
        """All draws of one step, by slot and name, with the member first and the run last."""
        keys = jnp.asarray(self._keys)[:, *(None,) * runs.ndim]
        words = threefry((seed, keys), (runs, step.astype(jnp.uint32)))
        # Compute them once, and not again in the loop of every reader.
        first, second = jax.lax.optimization_barrier(words)  # type: ignore[no-untyped-call]
        out: dict[str, dict[str, Float[Array, "..."]]] = {}
        row = 0
        for slot, draw, names in self._draws:
            rows = slice(row, row + len(names))
            values = uniform(first[rows])
            if draw.kind == "normal":
                values = normal(values, uniform(second[rows]))
            out.setdefault(slot, {})[draw.name] = values if draw.axis else values[0]
            row += len(names)
        return out


def uniform(bits: UInt32[Array, "..."]) -> Float[Array, "..."]:
    """Uniform on the open (0, 1), from the upper 23 bits of a word: 24 could round to one."""
    upper: Array = (bits >> 9).astype(jnp.float32)
    middle: Array = upper * jnp.float32(2.0**-23) + jnp.float32(2.0**-24)
    return middle


def normal(first: Float[Array, "..."], second: Float[Array, "..."]) -> Float[Array, "..."]:
    """Standard normal by the method of Box and Muller."""
    return jnp.sqrt(-2.0 * jnp.log(first)) * jnp.cos(2.0 * jnp.pi * second)
