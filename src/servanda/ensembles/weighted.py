"""Means, quantiles and errors over weighted runs.

With equal weights each function returns exactly the unweighted result.
"""

from collections.abc import Sequence
from math import sqrt
from typing import NamedTuple

import numpy as np
import scipy  # scipy.stats takes half a second, and is imported when it is first used
from jaxtyping import Bool, Float

# The least variance of a share: about that of a share of 0.01 %.
_SUREST = 1e-4


def equal(weights: Float[np.ndarray, "run"]) -> bool:
    """Whether all weights are equal."""
    return bool((weights == weights[0]).all())


def mean(
    values: Float[np.ndarray, "*shape run"] | Bool[np.ndarray, "*shape run"],
    weights: Float[np.ndarray, "run"],
) -> Float[np.ndarray, "*shape"]:
    """The mean over runs, in double precision; NaN if no run has any weight."""
    if not weights.any():
        return np.full(values.shape[:-1], np.nan)
    if equal(weights):
        return np.asarray(values.mean(axis=-1, dtype=float))
    return np.asarray(values @ weights / weights.sum(), float)


def quantile(
    values: Float[np.ndarray, "*shape run"],
    levels: Sequence[float],
    weights: Float[np.ndarray, "run"],
) -> Float[np.ndarray, "level *shape"]:
    """Quantiles over runs.

    With equal weights, a quantile is interpolated between the two nearest runs; otherwise it is
    that of `attained`. Runs of weight zero are left out.
    """
    some = weights > 0
    if not some.any():
        return np.full((len(levels), *values.shape[:-1]), np.nan)
    if not some.all():
        values, weights = values[..., some], weights[some]
    if equal(weights):
        return np.asarray(np.quantile(values, levels, axis=-1), float)
    return attained(values, levels, weights)


def attained(
    values: Float[np.ndarray, "*shape run"],
    levels: Sequence[float],
    weights: Float[np.ndarray, "run"],
) -> Float[np.ndarray, "level *shape"]:
    """Quantiles that are values of runs: the least value at which the weights reach the level.

    They are defined also if some values are infinite, because nothing is interpolated.
    """
    found = np.quantile(values, levels, axis=-1, weights=weights, method="inverted_cdf")
    return np.asarray(found, float)


class Spread(NamedTuple):
    """The 90 % interval over runs, and the median."""

    low: float
    median: float
    high: float


def spread(values: Float[np.ndarray, "run"], weights: Float[np.ndarray, "run"]) -> Spread:
    """The 5 %, 50 % and 95 % quantiles over runs."""
    low, median, high = quantile(values, (0.05, 0.5, 0.95), weights)
    return Spread(float(low), float(median), float(high))


def ranks(
    values: Float[np.ndarray, "run"], weights: Float[np.ndarray, "run"]
) -> Float[np.ndarray, "run"]:
    """The weight of the runs below each run, plus half the weight of the runs that tie with it.

    With equal weights, the usual ranks, counted in runs.
    """
    if equal(weights):
        return np.asarray(scipy.stats.rankdata(values), float)
    _, place = np.unique(values, return_inverse=True)
    own = np.bincount(place, weights)
    return np.asarray((np.cumsum(own) - own / 2)[place], float)


def effective(weights: Float[np.ndarray, "run"]) -> float:
    """The effective number of runs (Kish 1965): (Σw)²/Σw²."""
    if not weights.any():
        return 0.0
    if equal(weights):
        return float(len(weights))
    return float(weights.sum() ** 2 / (weights**2).sum())


def share_error(share: float, weights: Float[np.ndarray, "run"]) -> float:
    """The binomial Monte Carlo standard error of a share of runs."""
    return sqrt(share * (1 - share) / effective(weights))


def least_share_error(share: float, weights: Float[np.ndarray, "run"]) -> float:
    """The same error, but never zero: a few equal runs do not make a share certain."""
    return sqrt(max(share * (1 - share), _SUREST) / effective(weights))


def mean_error(values: Float[np.ndarray, "run"], weights: Float[np.ndarray, "run"]) -> float:
    """The Monte Carlo standard error of a mean over runs."""
    if equal(weights):
        return float(np.std(values, dtype=np.float64) / sqrt(len(values)))
    centre = mean(values, weights)
    variance = float(mean((values - centre) ** 2, weights))
    return sqrt(variance / effective(weights))
