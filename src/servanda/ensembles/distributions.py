"""Priors as NumPyro distributions, for inference."""

from typing import Any

import jax.numpy as jnp
import numpyro.distributions as dist
from jaxtyping import Array

from servanda.case import Prior
from servanda.case.priors import Family


def distribution(prior: Prior) -> dist.Distribution:
    """A prior as a truncated NumPyro distribution."""
    first, second, low, high = (jnp.asarray(x) for x in prior.arguments)
    return _truncated(prior.family, first, second, low, high)


def _truncated(family: Family, first: Array, second: Array, low: Array, high: Array) -> Any:
    match family:
        case "normal":
            return dist.TruncatedNormal(first, second, low=low, high=high)
        case "lognormal":
            base = dist.TruncatedNormal(
                jnp.log(first), second, low=jnp.log(jnp.maximum(low, 0.0)), high=jnp.log(high)
            )
            return dist.TransformedDistribution(base, dist.transforms.ExpTransform())
        case "beta":
            return dist.Beta(first, second)
        case "uniform":
            return dist.Uniform(jnp.maximum(first, low), jnp.minimum(second, high))
        case "fixed":
            return dist.Delta(first)
