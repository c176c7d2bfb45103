"""Solves counterfactuals a few at a time on every core, in compiled programs of one fixed shape.

The quick method comes first; what it leaves unsolved goes to the patient one, which is compiled
only then. One counterfactual follows another within a program, since a batched loop would wait for
the slowest; so the bits of one do not depend on how many others were asked for.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice
from typing import Literal, NamedTuple, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Float, Float64, Int

from servanda.trade.armington import (
    Changes,
    Closure,
    Factors,
    Pools,
    Sectors,
    Trade,
    WorldTrade,
    changes,
    markets,
    reach,
)
from servanda.trade.solver import (
    TOLERANCE,
    Gap,
    Point,
    Root,
    Scalar,
    Slopes,
    Staged,
    differentiable_root,
    patient_root,
    quick_root,
)

Method = Literal["quick", "patient", "differentiable"]
Inverses = Float[Array, "reference unknown unknown"]
T = TypeVar("T")

CHUNK = 16  # counterfactuals that a core takes at a time, or fewer
CHUNK_CELLS = 2**17  # flows that these have together, at most
REFERENCES = (3.0, 10.0)  # elasticities at which slopes are worked out


class Solved(NamedTuple):
    """Solutions, what gap was left in each market, and how far new costs were walked to."""

    changes: Changes
    gap: Float[Array | np.ndarray, "*run pool country"]
    walked: Float[Array | np.ndarray, "*run"]


@partial(jax.jit, static_argnames=("closure", "factors"))
def slopes_inverses(world: WorldTrade, closure: Closure, factors: Factors) -> Inverses:
    """How prices answer to gaps before any change, at each elasticity of reference."""
    start, unchanged = _start(world, factors), jnp.zeros_like(world.flows)

    def at(reference: Scalar) -> Slopes:
        sigma = jnp.full(len(world.flows), reference)
        gap = _gap(world, unchanged, sigma, closure, factors)
        inverse: Slopes = jnp.linalg.inv(jax.jacfwd(gap(jnp.zeros_like(start[0])))(start))
        return inverse

    inverses: Inverses = lax.map(at, jnp.array(REFERENCES, start.dtype))
    return inverses


def _inverse_at(inverses: Inverses, elasticity: Sectors) -> Slopes:
    """The inverse at any elasticity. It all but follows a line in 1/σ, as slopes do one in σ."""
    low, high = (1 / reference for reference in REFERENCES)
    share = (1 / elasticity.mean() - low) / (high - low)
    return inverses[0] + share * (inverses[1] - inverses[0])


def solve_one(
    world: WorldTrade,
    log_cost: Trade,
    elasticity: Sectors,
    inverses: Inverses,
    closure: Closure,
    factors: Factors,
    method: Method,
) -> Solved:
    """Solve one counterfactual by one method."""
    gap = _gap(world, log_cost, elasticity, closure, factors)
    root = _root(gap, _start(world, factors), _inverse_at(inverses, elasticity), method)
    shape = _pools(world, factors)
    reached = reach(world, log_cost, elasticity)
    price = root.point.reshape(shape)
    found = changes(world, reached, elasticity, closure, price, root.steps)
    return Solved(found, root.gap.reshape(shape), root.walked)


def solve_many(
    world: WorldTrade,
    costs: Float64[np.ndarray, "run sector origin destination"],
    elasticities: Float64[np.ndarray, "run sector"],
    closure: Closure,
    factors: Factors,
) -> Generator[Solved, None, None]:
    """Solve every run, a chunk at a time and in order, on every core."""
    width = max(1, min(CHUNK, CHUNK_CELLS // world.flows.size))
    # Threads do not inherit JAX's setting, so each chunk makes it again.
    with jax.enable_x64(True):
        inverses = slopes_inverses(world, closure, factors)

    def part(method: Method, *given: np.ndarray) -> Solved:
        count = len(given[0])
        filled = (_filled(values, width) for values in given)
        solved = _chunk(world, *filled, inverses, count, closure, factors, method)
        # Slicing in NumPy copies nothing; JAX would compile a program for each count.
        taken: Solved = jax.tree.map(lambda a: np.asarray(a)[:count], solved)
        return taken

    def chunk(start: int) -> Solved:
        given = costs[start : start + width], elasticities[start : start + width]
        with jax.enable_x64(True):
            solved = part("quick", *given)
            unsolved = np.flatnonzero(~(solved.changes.residual <= TOLERANCE))
            if not unsolved.size:
                return solved
            again = part("patient", *(values[unsolved] for values in given))
        replaced: Solved = jax.tree.map(partial(_replaced, unsolved), solved, again)
        return replaced

    return _on_every_core(chunk, range(0, len(costs), width))


def _filled(values: np.ndarray, width: int) -> np.ndarray:
    """A chunk of a program's one width; rows that nobody asked for are ones, and not solved."""
    if len(values) == width:
        return values
    return np.concatenate([values, np.ones((width - len(values), *values.shape[1:]))])


def _replaced(places: np.ndarray, values: np.ndarray, others: np.ndarray) -> np.ndarray:
    replaced = values.copy()
    replaced[places] = others
    return replaced


def _on_every_core(task: Callable[[int], T], starts: range) -> Generator[T, None, None]:
    """Results in order, with no more tasks handed out than are needed to keep cores busy."""
    if len(starts) == 1:  # needs no thread
        yield task(starts[0])
        return
    cores = os.cpu_count() or 1
    pool = ThreadPoolExecutor(cores)
    try:
        waiting = iter(starts)
        running = [pool.submit(task, start) for start in islice(waiting, 2 * cores)]
        while running:
            result = running.pop(0).result()
            running += [pool.submit(task, start) for start in islice(waiting, 1)]
            yield result
    finally:  # where one fails, or nobody wants the rest, none that waits is begun
        pool.shutdown(cancel_futures=True)


@partial(jax.jit, static_argnames=("closure", "factors", "method"))
def _chunk(
    world: WorldTrade,
    costs: Float[Array | np.ndarray, "run sector origin destination"],
    elasticities: Float[Array | np.ndarray, "run sector"],
    inverses: Inverses,
    count: int | Int[Array, ""],
    closure: Closure,
    factors: Factors,
    method: Method,
) -> Solved:
    """Solve the first `count`, one after another."""

    def solve(run: int | Int[Array, ""]) -> Solved:
        one = jnp.log(costs[run]), elasticities[run]
        return solve_one(world, *one, inverses, closure, factors, method)

    def advance(run: Int[Array, ""], so_far: Solved) -> Solved:
        with_it: Solved = jax.tree.map(lambda a, one: a.at[run].set(one), so_far, solve(run))
        return with_it

    one = jax.eval_shape(solve, 0)
    none: Solved = jax.tree.map(lambda a: jnp.zeros((len(costs), *a.shape), a.dtype), one)
    solved: Solved = lax.fori_loop(0, count, advance, none)
    return solved


def _pools(world: WorldTrade, factors: Factors) -> tuple[int, int]:
    """How many prices there are: of pools of factors, and of countries."""
    sectors, countries, _ = world.flows.shape
    return (sectors if factors == "fixed" else 1), countries


def _start(world: WorldTrade, factors: Factors) -> Point:
    pools, countries = _pools(world, factors)
    return jnp.zeros(pools * countries, world.flows.dtype)


def _gap(
    world: WorldTrade, log_cost: Trade, elasticity: Sectors, closure: Closure, factors: Factors
) -> Staged:
    """The markets' gaps as a function of prices and of how far the costs have changed."""

    def gap(share: Scalar) -> Gap:
        reached = reach(world, share * log_cost, elasticity)

        def at(point: Point) -> Point:
            prices: Pools = point.reshape(_pools(world, factors))
            return markets(world, reached, elasticity, closure, prices).gap.ravel()

        return at

    return gap


def _root(gap: Staged, start: Point, inverse: Slopes, method: Method) -> Root:
    if method == "quick":
        return quick_root(gap, start, inverse)
    if method == "patient":
        return patient_root(gap, start)
    return differentiable_root(gap, start, inverse)
