"""Whether ranks are uniform.

The test looks at how many truths have a rank below each level. Under uniform ranks each of these
numbers is binomial. The test statistic is the smallest two-sided tail probability over all levels
(Säilynoja, Bürkner and Vehtari, "Graphical Test for Discrete Uniformity and Its Applications in
Goodness-of-Fit Evaluation and Multiple Sample Comparison", Statistics and Computing 32, 2022). Its
distribution is simulated, so that the test is exact for any number of data sets. It was chosen over
a χ² of ranks in bins because it needs no bins, works for few data sets, and sees a shift and a
wrong width alike. Several quantities are tested together by the inequality of Bonferroni, which
allows for any dependence among them.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int
from scipy import stats

DRAWS = 31
"""Draws of the posterior among which a truth has its rank. They are far fewer than the particles,
which are not independent: some descend from one particle a few moves ago."""
SIMULATED = 20_000


def p_values(found: Int[np.ndarray, "set quantity"]) -> Float[np.ndarray, "quantity"]:
    """The probability of ranks at least this far from uniform, for each quantity by itself."""
    sets = len(found)
    null = np.random.default_rng(0).integers(0, DRAWS + 1, (SIMULATED, sets))
    by_chance = np.sort(_tail(null))
    as_far = np.searchsorted(by_chance, _tail(found.T) * (1 + 1e-9), side="right")
    return np.asarray((1 + as_far) / (1 + SIMULATED))


def together(p: Sequence[float] | np.ndarray) -> float:
    """The probability that any of several quantities is this far from uniform, at most."""
    return float(min(1.0, len(p) * np.min(p)))


def _tail(found: Int[np.ndarray, "row set"]) -> Float[np.ndarray, "row"]:
    """The smallest tail probability of the number of ranks below any level."""
    rows, sets = found.shape
    place = found + (DRAWS + 1) * np.arange(rows)[:, None]
    counts = np.bincount(place.ravel(), minlength=rows * (DRAWS + 1)).reshape(rows, -1)
    below = counts.cumsum(axis=1)[:, :-1]
    levels = np.arange(1, DRAWS + 1)
    number = np.arange(sets + 1)[:, None]
    at = stats.binom(sets, levels / (DRAWS + 1))
    tails = 2 * np.minimum(at.cdf(number), at.sf(number - 1))
    return np.asarray(tails[below, levels - 1].min(axis=1))
