"""Figures of amounts: their error is relative where they are large, and absolute near zero.

On the scale asinh(y/h) a figure y errs by a normal deviation (`servanda.observation.counts`). The
likelihood of a bound is that of a censored observation (Tobin, "Estimation of Relationships for
Limited Dependent Variables", Econometrica 26, 1958).
"""

import jax.numpy as jnp
import numpy as np
from jax.scipy.stats import norm
from jaxtyping import Array, Bool, Float

Column = Float[Array, "#figure #run"]


def place(count: Column, near: Column) -> Column:
    """The place of a count on the scale of errors; `near` is h."""
    return jnp.arcsinh(count / near)


def loading(mean: Column, near: Column) -> Column:
    """How far a small relative change of the mean moves it on the scale.

    That is one where the mean is large, zero where it is zero, and minus one where it is a fall.
    """
    return mean / jnp.hypot(mean, near)


def log_density(value: Column, off: Column, near: Column, deviation: Column) -> Column:
    """The log density of a figure.

    Args:
        value: the figure.
        off: its distance on the scale of errors from what is expected.
        near: the scale h.
        deviation: standard deviation on the scale of errors.
    """
    slope = deviation * jnp.hypot(value, near)  # of a count over the scale of errors
    return norm.logpdf(off / deviation) - jnp.log(slope)


def log_side(off: Column, deviation: Column, upper: Bool[np.ndarray, "#figure #run"]) -> Column:
    """The log probability that a count is at most, or at least, a bound.

    Args:
        off: distance of the bound on the scale of errors from what is expected.
        deviation: standard deviation on the scale of errors.
        upper: whether the count is at most the bound.
    """
    return norm.logcdf(jnp.where(upper, off, -off) / deviation)
