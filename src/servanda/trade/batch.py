"""Solves counterfactuals a few at a time on every core, in compiled programs of one fixed shape.

The quick method comes first; what it leaves unsolved goes to the patient one, which is compiled
only then. One counterfactual follows another within a program, since a batched loop would wait for
the slowest; so the bits of one do not depend on how many others were asked for.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
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
    World,
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
T = TypeVar("T")

CHUNK = 16  # counterfactuals a core takes at a time
REFERENCE_ELASTICITY = 6.0  # at which first steps are worked out, for any number of runs alike


class Solved(NamedTuple):
    """Solutions, what gap was left in each market, and how far new costs were walked to."""

    changes: Changes
    gap: Float[Array | np.ndarray, "*run pool country"]
    walked: Float[Array | np.ndarray, "*run"]


@partial(jax.jit, static_argnames=("closure", "factors"))
def slopes_inverse(world: World, closure: Closure, factors: Factors) -> Slopes:
    """How prices answer to gaps before any change, at the reference elasticity."""
    sigma = jnp.full(len(world.flows), REFERENCE_ELASTICITY)
    start = _start(world, factors)
    gap = _gap(world, jnp.zeros_like(world.flows), sigma, closure, factors)
    slopes: Slopes = jax.jacfwd(gap(jnp.zeros_like(start[0])))(start)
    inverse: Slopes = jnp.linalg.inv(slopes)
    return inverse


def solve_one(
    world: World,
    log_cost: Trade,
    elasticity: Sectors,
    inverse: Slopes,
    closure: Closure,
    factors: Factors,
    method: Method,
) -> Solved:
    """Solve one counterfactual by one method."""
    gap = _gap(world, log_cost, elasticity, closure, factors)
    root = _root(gap, _start(world, factors), inverse, method)
    shape = _pools(world, factors)
    reached = reach(world, log_cost, elasticity)
    price = root.point.reshape(shape)
    found = changes(world, reached, elasticity, closure, price, root.steps)
    return Solved(found, root.gap.reshape(shape), root.walked)


def solve_many(
    world: World,
    log_costs: Float64[np.ndarray, "run sector origin destination"],
    elasticities: Float64[np.ndarray, "run sector"],
    closure: Closure,
    factors: Factors,
) -> Iterator[Solved]:
    """Solve every run, a chunk at a time and in order, on every core."""
    # Threads do not inherit JAX's setting, so each chunk makes it again.
    with jax.enable_x64(True):
        inverse = slopes_inverse(world, closure, factors)

    def part(start: int, method: Method, runs: np.ndarray) -> Solved:
        count = len(runs)
        costs = np.zeros((CHUNK, *log_costs.shape[1:]))
        sigma = np.full((CHUNK, log_costs.shape[1]), REFERENCE_ELASTICITY)
        costs[:count], sigma[:count] = log_costs[start + runs], elasticities[start + runs]
        solved = _chunk(world, costs, sigma, inverse, count, closure, factors, method)
        taken: Solved = jax.tree.map(lambda a: np.array(a[:count]), solved)
        return taken

    def chunk(start: int) -> Solved:
        with jax.enable_x64(True):
            solved = part(start, "quick", np.arange(min(CHUNK, len(log_costs) - start)))
            unsolved = np.flatnonzero(~(solved.changes.residual <= TOLERANCE))
            if unsolved.size:
                again = part(start, "patient", unsolved)
                for kept, better in zip(
                    jax.tree.leaves(solved), jax.tree.leaves(again), strict=True
                ):
                    kept[unsolved] = better
            return solved

    return _on_every_core(chunk, range(0, len(log_costs), CHUNK))


def _on_every_core(task: Callable[[int], T], starts: range) -> Iterator[T]:
    """Results in order, with no more tasks handed out than are needed to keep cores busy."""
    cores = os.cpu_count() or 1
    with ThreadPoolExecutor(cores) as pool:
        waiting = iter(starts)
        running = [pool.submit(task, start) for start in islice(waiting, 2 * cores)]
        while running:
            result = running.pop(0).result()
            running += [pool.submit(task, start) for start in islice(waiting, 1)]
            yield result


@partial(jax.jit, static_argnames=("closure", "factors", "method"))
def _chunk(
    world: World,
    log_costs: Float[Array | np.ndarray, "run sector origin destination"],
    elasticities: Float[Array | np.ndarray, "run sector"],
    inverse: Slopes,
    count: int | Int[Array, ""],
    closure: Closure,
    factors: Factors,
    method: Method,
) -> Solved:
    """Solve the first `count`, one after another."""

    def solve(run: int | Int[Array, ""]) -> Solved:
        one = log_costs[run], elasticities[run]
        return solve_one(world, *one, inverse, closure, factors, method)

    def advance(run: Int[Array, ""], so_far: Solved) -> Solved:
        with_it: Solved = jax.tree.map(lambda a, one: a.at[run].set(one), so_far, solve(run))
        return with_it

    one = jax.eval_shape(solve, 0)
    none: Solved = jax.tree.map(lambda a: jnp.zeros((CHUNK, *a.shape), a.dtype), one)
    solved: Solved = lax.fori_loop(0, count, advance, none)
    return solved


def _pools(world: World, factors: Factors) -> tuple[int, int]:
    """How many prices there are: of pools of factors, and of countries."""
    sectors, countries, _ = world.flows.shape
    return (sectors if factors == "fixed" else 1), countries


def _start(world: World, factors: Factors) -> Point:
    pools, countries = _pools(world, factors)
    return jnp.zeros(pools * countries, world.flows.dtype)


def _gap(
    world: World, log_cost: Trade, elasticity: Sectors, closure: Closure, factors: Factors
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
