"""Solver: finds a root of a gap by acceleration or by Newton's method, with derivatives.

Both methods start from the solution without a change. **Accelerated**: the inverse of the slopes
before the change, computed once, turns each gap into a step. Anderson's (1965) method combines the
last few steps. A step costs two passes over the flows and solves no system of that size, so
hundreds of countries are fast. **Newton**: if acceleration fails, Newton's method with backtracking
approaches the new costs in stages, which shrink after a failure and grow after a success. Each
stage starts where the last one leads to.

Derivatives come from the implicit function theorem and not from the steps. At a root of g(x, θ),
dx/dθ = −(∂g/∂x)⁻¹ ∂g/∂θ, whichever method found it.

Source: Anderson, "Iterative Procedures for Nonlinear Integral Equations", JACM 12(4), 1965; Walker
and Ni, "Anderson Acceleration for Fixed-Point Iterations", SIAM J. Numer. Anal. 49(4), 2011.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import lax
from jax.scipy.linalg import cho_solve
from jaxtyping import Array, Bool, Float, Int

Point = Float[Array, " unknown"]
Slopes = Float[Array, "unknown unknown"]
Scalar = Float[Array, ""]
Gap = Callable[[Point], Point]
Staged = Callable[[Scalar], Gap]  # the gap at a share of the cost change

TOLERANCE = 1e-10  # largest gap of an accepted answer
# Newton's method goes on to this gap: where little trade is left, prices that are far off leave a
# gap that small, and the next stage would start from them.
FINEST = 1e-14
REMEMBERED = 6
ACCELERATED_STEPS = 60
NEWTON_STEPS = 50
LONGEST_STEP = 2.0  # log points; prevents overshooting in first steps
SHORTEST_STRIDE = 1e-4  # share of the cost change
SHORTEST_STEP = 2.0**-30  # of a Newton step
FLOOR = 1e-300  # keeps an empty system solvable


class Root(NamedTuple):
    """The end of a search. `walked` is below one if it did not reach the new costs."""

    point: Point
    gap: Point
    steps: Int[Array, ""]
    walked: Scalar


class _Walk(NamedTuple):
    """The share of the cost change reached, and the last stage tried."""

    point: Point
    gap: Point
    steps: Int[Array, ""]
    walked: Scalar
    stride: Scalar
    slope: Point  # by which the point moved for each share of the last stage


def quick_root(gap: Staged, start: Point, slopes_inverse: Slopes) -> Root:
    """Try to find a root at the new costs by acceleration, which may fail for large changes.

    Args:
        gap: The gap at a share of the cost change.
        start: Its root without a cost change.
        slopes_inverse: The inverse of the gap's slopes there, or an approximation.
    """
    return _accelerated(gap(jnp.ones_like(start[0])), start, slopes_inverse)


def patient_root(gap: Staged, start: Point) -> Root:
    """Find a root at the new costs by Newton's method in stages."""

    def advance(w: _Walk) -> _Walk:
        target = jnp.minimum(1.0, w.walked + w.stride)
        ahead = target - w.walked
        tried = _newton(gap(target), w.point + ahead * w.slope)
        arrived = size_of(tried.gap) <= TOLERANCE
        return _Walk(
            jnp.where(arrived, tried.point, w.point),
            tried.gap,
            w.steps + tried.taken,
            jnp.where(arrived, target, w.walked),
            jnp.where(arrived, 2.0, 0.5) * w.stride,
            jnp.where(arrived, (tried.point - w.point) / ahead, w.slope),
        )

    def going(w: _Walk) -> Bool[Array, ""]:
        return (w.walked < 1) & (w.stride >= SHORTEST_STRIDE)

    none = jnp.zeros_like(start[0])
    still = jnp.zeros_like(start)
    first = _Walk(start, still, jnp.zeros((), jnp.int64), none, none + 1, still)
    last = lax.while_loop(going, advance, first)
    return Root(last.point, last.gap, last.steps, last.walked)


def differentiable_root(gap: Staged, start: Point, slopes_inverse: Slopes) -> Root:
    """Find a root by either method, differentiable in the variables that `gap` closes over."""

    def search(_: Gap, guess: Point) -> tuple[Point, tuple[Scalar, Scalar]]:
        quick = quick_root(gap, guess, slopes_inverse)
        arrived = size_of(quick.gap) <= TOLERANCE
        root = lax.cond(arrived, lambda: quick, lambda: patient_root(gap, guess))
        # As a float: JAX needs a derivative of every output, and integers have none.
        return root.point, (root.steps.astype(guess.dtype), root.walked)

    def tangent(linear: Gap, wanted: Point) -> Point:
        slopes: Slopes = jax.jacfwd(linear)(jnp.zeros_like(wanted))
        answer: Point = jnp.linalg.solve(slopes, wanted)
        return answer

    whole = gap(jnp.ones_like(start[0]))
    point, (steps, walked) = lax.custom_root(whole, start, search, tangent, has_aux=True)
    return Root(point, whole(point), steps.astype(jnp.int64), walked)


def size_of(gap: Point) -> Scalar:
    """The largest gap; infinite at a point where the gap is not a number."""
    largest = jnp.abs(gap).max()
    return jnp.where(jnp.isnan(largest), jnp.inf, largest)


def _shortened(step: Point) -> Point:
    return step * jnp.minimum(1.0, LONGEST_STEP / jnp.abs(step).max())


class _Trail(NamedTuple):
    """State of the acceleration: its point, latest moves and changes of the proposed step."""

    point: Point
    gap: Point
    step: Point
    moves: Float[Array, "remembered unknown"]
    turns: Float[Array, "remembered unknown"]
    taken: Int[Array, ""]


def _accelerated(gap: Gap, start: Point, slopes_inverse: Slopes) -> Root:
    """Anderson's method on x − J⁻¹ g(x), J the slopes before the change."""

    def mixed(t: _Trail) -> Point:
        normal = t.turns @ t.turns.T
        # Rows not yet filled are zero. A small diagonal keeps the system solvable.
        ridge = 1e-14 * jnp.trace(normal) + FLOOR
        lower = jnp.linalg.cholesky(normal + ridge * jnp.eye(REMEMBERED, dtype=start.dtype))
        weights = cho_solve((lower, True), t.turns @ t.step)
        return _shortened(t.step - (t.moves + t.turns).T @ weights)

    def advance(t: _Trail) -> _Trail:
        move = mixed(t)
        here = gap(t.point + move)
        step = -slopes_inverse @ here
        row = t.taken % REMEMBERED
        moves, turns = t.moves.at[row].set(move), t.turns.at[row].set(step - t.step)
        return _Trail(t.point + move, here, step, moves, turns, t.taken + 1)

    def going(t: _Trail) -> Bool[Array, ""]:
        size = size_of(t.gap)
        return (size > TOLERANCE) & jnp.isfinite(size) & (t.taken < ACCELERATED_STEPS)

    here, none = gap(start), jnp.zeros((REMEMBERED, *start.shape), start.dtype)
    first = _Trail(start, here, -slopes_inverse @ here, none, none, jnp.zeros((), jnp.int64))
    last = lax.while_loop(going, advance, first)
    return Root(last.point, last.gap, last.taken, jnp.ones_like(start[0]))


class _Try(NamedTuple):
    """State of Newton's method, and whether steps no longer reduce the gap."""

    point: Point
    gap: Point
    taken: Int[Array, ""]
    stuck: Bool[Array, ""]


def _newton(gap: Gap, start: Point) -> _Try:
    """Newton's method; halves each step until the gap falls, and stops if it does not."""

    def advance(t: _Try) -> _Try:
        step = _shortened(jnp.linalg.solve(jax.jacfwd(gap)(t.point), -t.gap))

        def worse(share: Scalar) -> Bool[Array, ""]:
            helps = size_of(gap(t.point + share * step)) < size_of(t.gap)
            return ~helps & (share >= SHORTEST_STEP)

        share = lax.while_loop(worse, lambda s: s / 2, jnp.ones_like(start[0]))
        stuck = share < SHORTEST_STEP
        point = jnp.where(stuck, t.point, t.point + share * step)
        return _Try(point, gap(point), t.taken + 1, stuck)

    def going(t: _Try) -> Bool[Array, ""]:
        size = size_of(t.gap)
        return (size > FINEST) & jnp.isfinite(size) & (t.taken < NEWTON_STEPS) & ~t.stuck

    first = _Try(start, gap(start), jnp.zeros((), jnp.int64), jnp.zeros((), bool))
    return lax.while_loop(going, advance, first)
