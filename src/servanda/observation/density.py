"""The density of a figure in runs that have happened, with the discrepancies that were drawn.

The mean of these densities over runs is the density of the forecast that the runs make. It is
smoother than the counts that `servanda.observation.sampling.sample` draws, because the error of the
figure itself is not drawn.
"""

from collections.abc import Sequence

import numpy as np
import scipy  # scipy.stats takes half a second, and is imported when it is first used
from jaxtyping import Float
from scipy.special import logsumexp

from servanda.observation.figure import Figure
from servanda.observation.sampling import given_run
from servanda.results import Results


def log_density(
    figures: Sequence[Figure],
    expected: Float[np.ndarray, "figure run"],
    results: Results,
) -> Float[np.ndarray, "figure"]:
    """The log density of each figure in the mixture of all runs; of events the log probability.

    It is minus infinity for events that no run allows.

    Args:
        figures: figures that are no bounds.
        expected: expected counts of their sources.
        results: as for `sample`.
    """
    given = given_run(figures, expected, results)
    found = [_in_runs(figure, own) for figure, own in zip(figures, given, strict=True)]
    shares = np.broadcast_to(results.weights, given.shape)
    return np.asarray(logsumexp(np.reshape(found, given.shape), axis=-1, b=shares))


def _in_runs(figure: Figure, given: Float[np.ndarray, "run"]) -> Float[np.ndarray, "run"]:
    """The log density of a figure in each run, by the distribution that `sample` draws from."""
    error, near = figure.rule.error, figure.near
    if error is None:
        return np.asarray(scipy.stats.poisson.logpmf(figure.value, given))
    off = np.arcsinh(figure.value / near) - given
    slope = np.hypot(figure.value, near)  # of a count over the scale of errors
    return np.asarray(scipy.stats.norm.logpdf(off, scale=error) - np.log(slope))
