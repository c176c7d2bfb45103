"""Solves counterfactuals in parallel on every core, in compiled programs of one fixed shape.

The accelerated method comes first. Newton's method solves the rest; it is compiled only if needed.
A program solves its counterfactuals one after another, because a batched loop would wait for the
slowest. The result of one therefore does not depend on the number of others.
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
from jaxtyping import Array, Float, Int

from servanda.compiling import COMPILER_OPTIONS
from servanda.trade.armington import (
    Barriers,
    Changes,
    Factors,
    Pools,
    Sectors,
    WorldTrade,
    access,
    changes,
    markets,
)
from servanda.trade.closure import Rule
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

CHUNK = 16  # most counterfactuals that a core takes at a time
CHUNK_CELLS = 2**17  # most flows that these have together
REFERENCES = (3.0, 10.0)  # elasticities at which slopes are computed


class Asked(NamedTuple):
    """Counterfactuals to solve.

    Attributes:
        cost: t̂.
        collected: The share of what buyers pay that the destination collects; None without duties.
        elasticity: σ.
    """

    cost: Float[Array | np.ndarray, "*run sector origin destination"]
    collected: Float[Array | np.ndarray, "*run sector origin destination"] | None
    elasticity: Float[Array | np.ndarray, "*run sector"]

    def barriers(self) -> Barriers:
        """The new costs in logs."""
        duty = None if self.collected is None else -jnp.log1p(-self.collected)
        return Barriers(jnp.log(self.cost), duty)


class Solved(NamedTuple):
    """Solutions, the remaining gap in each market, and the share of the cost change reached."""

    changes: Changes
    gap: Float[Array | np.ndarray, "*run pool country"]
    walked: Float[Array | np.ndarray, "*run"]


@partial(jax.jit, static_argnames=("rule", "factors"))
def slopes_inverses(world: WorldTrade, rule: Rule, factors: Factors) -> Inverses:
    """Inverse slopes of the gaps before any change, at each reference elasticity."""
    start, unchanged = _start(world, factors), Barriers(jnp.zeros_like(world.flows), None)

    def at(reference: Scalar) -> Slopes:
        sigma = jnp.full(len(world.flows), reference)
        gap = _gap(world, unchanged, sigma, rule, factors)
        inverse: Slopes = jnp.linalg.inv(jax.jacfwd(gap(jnp.zeros_like(start[0])))(start))
        return inverse

    inverses: Inverses = lax.map(at, jnp.array(REFERENCES, start.dtype))
    return inverses


def _inverse_at(inverses: Inverses, elasticity: Sectors) -> Slopes:
    """The inverse at any elasticity, interpolated in 1/σ, in which it is nearly linear."""
    low, high = (1 / reference for reference in REFERENCES)
    share = (1 / elasticity.mean() - low) / (high - low)
    return inverses[0] + share * (inverses[1] - inverses[0])


def solve_one(
    world: WorldTrade,
    asked: Asked,
    inverses: Inverses,
    rule: Rule,
    factors: Factors,
    method: Method,
) -> Solved:
    """Solve one counterfactual by one method."""
    barriers, elasticity = asked.barriers(), jnp.asarray(asked.elasticity)
    gap = _gap(world, barriers, elasticity, rule, factors)
    root = _root(gap, _start(world, factors), _inverse_at(inverses, elasticity), method)
    shape = _pools(world, factors)
    given = access(world, barriers, elasticity)
    price = root.point.reshape(shape)
    found = changes(world, given, elasticity, rule, price, root.steps)
    return Solved(found, root.gap.reshape(shape), root.walked)


def solve_many(
    world: WorldTrade, asked: Asked, rule: Rule, factors: Factors
) -> Generator[Solved, None, None]:
    """Solve every run, a chunk at a time and in order, on every core."""
    width = max(1, min(CHUNK, CHUNK_CELLS // world.flows.size))
    # Threads do not inherit JAX's configuration, so each chunk sets it again.
    with jax.enable_x64(True):
        inverses = slopes_inverses(world, rule, factors)

    def part(method: Method, given: Asked) -> Solved:
        count = len(given.cost)
        filled = jax.tree.map(partial(_filled, width), given)
        solved = _chunk(world, filled, inverses, count, rule, factors, method)
        # Slicing in NumPy copies nothing; JAX would compile a program for each count.
        taken: Solved = jax.tree.map(lambda a: np.asarray(a)[:count], solved)
        return taken

    def chunk(start: int) -> Solved:
        given: Asked = jax.tree.map(lambda values: values[start : start + width], asked)
        with jax.enable_x64(True):
            solved = part("quick", given)
            unsolved = np.flatnonzero(~(solved.changes.residual <= TOLERANCE))
            if not unsolved.size:
                return solved
            again = part("patient", jax.tree.map(lambda values: values[unsolved], given))
        replaced: Solved = jax.tree.map(partial(_replaced, unsolved), solved, again)
        return replaced

    return _on_every_core(chunk, range(0, len(asked.cost), width))


def _filled(width: int, values: np.ndarray) -> np.ndarray:
    """A chunk of the program's width; additional rows are zeros and are not solved."""
    if len(values) == width:
        return values
    return np.concatenate([values, np.zeros((width - len(values), *values.shape[1:]))])


def _replaced(places: np.ndarray, values: np.ndarray, others: np.ndarray) -> np.ndarray:
    replaced = values.copy()
    replaced[places] = others
    return replaced


def _on_every_core(task: Callable[[int], T], starts: range) -> Generator[T, None, None]:
    """Results in order; only as many tasks are pending as keep all cores busy."""
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
    finally:  # If a task fails or the caller stops, no pending task begins.
        pool.shutdown(cancel_futures=True)


@partial(jax.jit, static_argnames=("rule", "factors", "method"), compiler_options=COMPILER_OPTIONS)
def _chunk(
    world: WorldTrade,
    asked: Asked,
    inverses: Inverses,
    count: int | Int[Array, ""],
    rule: Rule,
    factors: Factors,
    method: Method,
) -> Solved:
    """Solve the first `count`, one after another."""

    def solve(run: int | Int[Array, ""]) -> Solved:
        one: Asked = jax.tree.map(lambda values: values[run], asked)
        return solve_one(world, one, inverses, rule, factors, method)

    def advance(run: Int[Array, ""], so_far: Solved) -> Solved:
        with_it: Solved = jax.tree.map(lambda a, one: a.at[run].set(one), so_far, solve(run))
        return with_it

    one = jax.eval_shape(solve, 0)
    none: Solved = jax.tree.map(lambda a: jnp.zeros((len(asked.cost), *a.shape), a.dtype), one)
    solved: Solved = lax.fori_loop(0, count, advance, none)
    return solved


def _pools(world: WorldTrade, factors: Factors) -> tuple[int, int]:
    """Shape of the prices: pools of factors by countries."""
    sectors, countries, _ = world.flows.shape
    return (sectors if factors == "fixed" else 1), countries


def _start(world: WorldTrade, factors: Factors) -> Point:
    pools, countries = _pools(world, factors)
    return jnp.zeros(pools * countries, world.flows.dtype)


def _gap(
    world: WorldTrade, barriers: Barriers, elasticity: Sectors, rule: Rule, factors: Factors
) -> Staged:
    """The markets' gaps as a function of prices and of the share of the cost change."""

    def gap(share: Scalar) -> Gap:
        given = access(world, barriers.share(share), elasticity)

        def at(point: Point) -> Point:
            prices: Pools = point.reshape(_pools(world, factors))
            return markets(world, given, elasticity, rule, prices).gap.ravel()

        return at

    return gap


def _root(gap: Staged, start: Point, inverse: Slopes, method: Method) -> Root:
    if method == "quick":
        return quick_root(gap, start, inverse)
    if method == "patient":
        return patient_root(gap, start)
    return differentiable_root(gap, start, inverse)
