"""Counts of events whose rate lies off the model: the negative binomial distribution.

The count is Poisson with mean m·u, where u is gamma with mean one and variance δ². Without a
discrepancy (δ = 0) it is Poisson with mean m. All is written for single precision, in which runs
compute: the usual formula subtracts numbers of the size of 1/δ⁴, and so does the incomplete beta
function, by which the probability of a side is known. Where δ is small a side is added up count by
count, from the ratios of their probabilities.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import betainc, gammaln
from jaxtyping import Array, Bool, Float

_LEAST = 1e-6  # of δ²: below it the distribution is Poisson to single precision
_LARGE = 8.0  # shapes above this follow the formula of Stirling to single precision
_SMALL = 2.5e-3  # of δ²: below it the incomplete beta function is inexact
_WIDEST = 1e6  # of the variance of a count: above it there are too many counts to add up


def log_probability(
    count: Float[Array, "#figure #run"],
    mean: Float[Array, "figure run"],
    delta: Float[Array, "figure run"],
) -> Float[Array, "figure run"]:
    """The log probability of a count, which is minus infinity if it is no count.

    Args:
        count: the counts.
        mean: their means; less than nothing is nothing.
        delta: standard deviation of the discrepancy.
    """
    spread = jnp.maximum(delta**2, _LEAST)
    mean = jnp.maximum(mean, 0.0)
    some = jnp.where(mean > 0, mean, 1.0)
    off = jnp.log1p(some * spread)
    found = (
        count * (jnp.log(some) - off)
        + _log_rising(count, 1 / spread)
        + count * jnp.log(spread)
        - off / spread
        - gammaln(count + 1)
    )
    impossible = jnp.where(count == 0, 0.0, -jnp.inf)
    is_count = (count >= 0) & (count == jnp.round(count))
    return jnp.where(is_count, jnp.where(mean > 0, found, impossible), -jnp.inf)


def log_side(
    bound: Float[Array, "#figure #run"],
    mean: Float[Array, "figure run"],
    delta: Float[Array, "figure run"],
    upper: Bool[Array | np.ndarray, "#figure #run"],
) -> Float[Array, "figure run"]:
    """The log probability of a count that is at most, or at least, a bound.

    Args:
        bound: the bounds.
        mean: the means of the counts; less than nothing is nothing.
        delta: standard deviation of the discrepancy.
        upper: whether the count is at most the bound.
    """
    spread = jnp.maximum(delta**2, _LEAST)
    edge = jnp.maximum(jnp.where(upper, jnp.floor(bound), jnp.ceil(bound)), 0.0)
    none = mean <= 0
    some = jnp.where(none, 1.0, mean)
    added = (spread < _SMALL) & (some + some**2 * spread < _WIDEST)
    by_ratios = _log_side_by_ratios(edge, jnp.where(added, some, 1.0), delta, upper)
    found = jnp.where(added, by_ratios, _log_side_by_beta(edge, some, delta, upper))
    certain = jnp.where(upper, bound >= 0, bound <= 0)
    possible = jnp.where(upper, bound >= 0, True)
    beyond = jnp.where(none, jnp.where(certain, 0.0, -jnp.inf), found)
    return jnp.where(possible, jnp.where(~upper & (bound <= 0), 0.0, beyond), -jnp.inf)


def _log_side_by_ratios(
    edge: Float[Array, "#figure #run"],
    mean: Float[Array, "figure run"],
    delta: Float[Array, "figure run"],
    upper: Bool[Array | np.ndarray, "#figure #run"],
) -> Float[Array, "figure run"]:
    """The log probability of a side: that of its edge, times a sum of ratios to it.

    Counts are added up from the edge away from the mean. If the mean is on this side, they are
    those of the other side.
    """
    spread = jnp.maximum(delta**2, _LEAST)
    down = jnp.where(upper, edge <= mean, edge < mean)
    own = upper == down
    edge = jnp.where(own, edge, jnp.where(down, edge - 1, edge + 1))
    edge = jnp.maximum(edge, 0.0)  # at least none: certain, and told so by the caller

    def add(state: tuple[Array, Array, Array]) -> tuple[Array, Array, Array]:
        ratio, total, at = state
        lower = at * (1 + mean * spread) / (mean * (1 + (at - 1) * spread))
        higher = mean * (1 + at * spread) / ((at + 1) * (1 + mean * spread))
        ratio = ratio * jnp.where(down, lower, higher)
        return ratio, total + ratio, at + jnp.where(down, -1.0, 1.0)

    def unfinished(state: tuple[Array, Array, Array]) -> Array:
        ratio, total, _ = state
        return (ratio > float(np.finfo(ratio.dtype).eps) * total).any()

    one = jnp.ones_like(mean)
    _, total, _ = jax.lax.while_loop(unfinished, add, (one, one, jnp.broadcast_to(edge, one.shape)))
    found = log_probability(edge, mean, delta) + jnp.log(total)
    return jnp.where(own, found, jnp.log1p(-jnp.exp(jnp.where(own, -1.0, found))))


def _log_side_by_beta(
    edge: Float[Array, "#figure #run"],
    some: Float[Array, "figure run"],
    delta: Float[Array, "figure run"],
    upper: Bool[Array | np.ndarray, "#figure #run"],
) -> Float[Array, "figure run"]:
    """The log probability of a side, by the incomplete beta function."""
    shape = 1 / jnp.maximum(delta**2, _LEAST)
    share = some / (some + shape)
    below = jnp.where(upper, edge + 1, jnp.maximum(edge, 1.0))
    at_most = betainc(shape, below, 1 - share)
    at_edge = log_probability(edge, some, delta)
    # Far on the wrong side the tail is a geometric series that starts at the edge.
    ratio = jnp.where(
        upper,
        edge / (share * jnp.maximum(edge + shape - 1, _LEAST)),
        share * (edge + shape) / (edge + 1),
    )
    far = at_edge - jnp.log1p(-jnp.minimum(ratio, 0.99))
    tail = jnp.where(upper, at_most, betainc(below, shape, share))
    least = float(np.finfo(tail.dtype).tiny)
    return jnp.where(tail > least, jnp.log(jnp.maximum(tail, least)), far)


def _log_rising(
    count: Float[Array, "#figure #run"], shape: Float[Array, "figure run"]
) -> Float[Array, "figure run"]:
    """Log Γ(shape + count) − log Γ(shape)."""
    large = jnp.maximum(shape, _LARGE)
    by_stirling = (
        (large + count - 0.5) * jnp.log1p(count / large)
        + count * (jnp.log(large) - 1)
        + (1 / (large + count) - 1 / large) / 12
    )
    small = jnp.minimum(shape, _LARGE)
    return jnp.where(shape > _LARGE, by_stirling, gammaln(small + count) - gammaln(small))
