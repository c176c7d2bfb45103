"""Draws from priors, keyed by seed, run number and parameter name.

The parameters of a run do not depend on the number of runs, the order of a file, or other
parameters. The random number generator is that of the engine's random streams.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float, Float32, Int
from scipy.special import betaincinv, ndtr, ndtri

from servanda.case import Prior
from servanda.case.priors import Family
from servanda.engine.streams import stream_key
from servanda.engine.threefry import threefry


def draw(
    priors: Mapping[str, Prior], seed: int, runs: Int[np.ndarray, "run"]
) -> dict[str, Float32[np.ndarray, "run"]]:
    """Draw every prior once for each run.

    Args:
        priors: priors by printed name. The name keys the random stream.
        seed: seed of the draws.
        runs: numbers of the runs. A run's draws do not depend on the other runs.

    Returns:
        One draw per run by printed name, in the prior's unit.
    """
    return dict(zip(priors, quantiles(priors, uniforms(list(priors), seed, runs)), strict=True))


def quantiles(
    priors: Mapping[str, Prior], at: Float[np.ndarray, "prior run"]
) -> Float32[np.ndarray, "prior run"]:
    """Quantiles of priors, each in its own unit, at levels from 0 to 1."""
    families: dict[Family, list[int]] = defaultdict(list)
    for row, prior in enumerate(priors.values()):
        families[prior.family].append(row)
    every = np.array([prior.arguments for prior in priors.values()]).reshape(-1, 4)
    found = np.empty(at.shape, np.float32)
    for family, rows in families.items():
        arguments = every[rows].T[..., None]
        # rounding to single precision may go beyond a bound
        bounds = arguments[2:].astype(np.float32)
        found[rows] = np.clip(_quantile(family, at[rows], *arguments).astype(np.float32), *bounds)
    return found


def uniforms(
    names: Sequence[str], seed: int, runs: Int[np.ndarray, "run"], step: int = 0
) -> Float[np.ndarray, "name run"]:
    """A uniform number on the open interval (0, 1) for each name and run.

    Args:
        names: names of the streams.
        seed: seed of the draws.
        runs: numbers of the runs.
        step: position in the streams.
    """
    streams = np.array([stream_key(name) for name in names], np.uint32)[:, None]
    counters = runs.astype(np.uint32), np.full_like(runs, step, np.uint32)
    high, low = threefry((np.full_like(streams, seed), streams), counters)
    # the upper 52 bits of the two words
    bits = high.astype(np.uint64) << np.uint64(20) | low.astype(np.uint64) >> np.uint64(12)
    return np.asarray((bits.astype(np.float64) + 0.5) * 2.0**-52)


def _quantile(
    family: Family,
    at: Float[np.ndarray, "name run"],
    first: Float[np.ndarray, "name 1"],
    second: Float[np.ndarray, "name 1"],
    low: Float[np.ndarray, "name 1"],
    high: Float[np.ndarray, "name 1"],
) -> Float[np.ndarray, "name run"]:
    """Quantiles of the truncated distribution. NumPyro would compile this for some seconds."""
    found: np.ndarray
    match family:
        case "normal":
            below, above = ndtr((low - first) / second), ndtr((high - first) / second)
            found = first + second * ndtri(below + at * (above - below))
        case "lognormal":
            with np.errstate(divide="ignore"):
                logs = [np.log(x) for x in (first, np.maximum(low, 0.0), high)]
            found = np.exp(_quantile("normal", at, logs[0], second, *logs[1:]))
        case "beta":
            found = betaincinv(first, second, at)
        case "uniform":
            low, high = np.maximum(first, low), np.minimum(second, high)
            found = low + at * (high - low)
        case "fixed":
            found = np.broadcast_to(first, at.shape)
    return found
