"""Samples of what sources count in a run.

Runs of the prior have a discrepancy of every series that starts anywhere (is stationary). Runs of a
posterior have learned where it stands at the last figure of the series, so from there on their
discrepancy goes on from it. Before, theirs is a fresh one too: their samples are then what other
records of the same past would have been, to compare with this one.
"""

from collections.abc import Sequence
from typing import NamedTuple
from weakref import WeakKeyDictionary

import jax
import jax.numpy as jnp
import numpy as np
import scipy  # scipy.stats takes half a second, and is imported when it is first used
from jaxtyping import Float
from scipy.special import gammaincinv, ndtr, ndtri

from servanda.engine.streams import error_name
from servanda.ensembles.draws import uniforms
from servanda.observation.discrepancy import PERSISTENCE, discrepancy
from servanda.observation.figure import Figure
from servanda.observation.likelihood import Likelihood
from servanda.results import Results

_LEAST = 1e-3  # of δ: below it a rate of events is that of the model
_KEPT = float(np.exp(-1 / PERSISTENCE))  # of a discrepancy, after a month


class Standing(NamedTuple):
    """Where the discrepancy of a series stands in each run at its last figure.

    Attributes:
        month: the month of the figure, a position.
        mean, variance: of the discrepancy; of a series of counts of events, of its rate.
    """

    month: int
    mean: Float[np.ndarray, "run"]
    variance: Float[np.ndarray, "run"]


def sample(
    figures: Sequence[Figure],
    expected: Float[np.ndarray, "figure run"],
    results: Results,
) -> Float[np.ndarray, "figure run"]:
    """Draw one count of each figure in each run.

    The error of a figure in a run comes from a uniform random number. It depends only on the seed,
    the figure's id and the run number, so a change in one run changes no other draw. The figures of
    a series share its discrepancy.

    Args:
        figures: the figures.
        expected: expected counts of their sources.
        results: results whose seed and run numbers key the errors, and whose ensemble has the
            discrepancies of the series.
    """
    names = [error_name(figure.observation) for figure in figures]
    at = uniforms(names, results.ensemble.seed, results.ensemble.run_numbers)
    counted = given_run(figures, expected, results)
    for row, figure in enumerate(figures):
        error = figure.rule.error
        if error is None:
            counted[row] = scipy.stats.poisson.ppf(at[row], counted[row])
        else:
            counted[row] = figure.near * np.sinh(counted[row] + error * ndtri(at[row]))
    return counted


def given_run(
    figures: Sequence[Figure],
    expected: Float[np.ndarray, "figure run"],
    results: Results,
) -> Float[np.ndarray, "figure run"]:
    """What each figure's source counts in each run, but for the error of the figure itself.

    The discrepancy of the series is in it. Of events it is the mean of their number, and of other
    figures the place on the scale of errors, asinh(y/h).

    Args:
        figures: the figures.
        expected: expected counts of their sources.
        results: as for `sample`.
    """
    off = {name: _Off(name, results) for name in {f.observation.series for f in figures}}
    found = np.empty_like(expected)
    for row, figure in enumerate(figures):
        own, month = off[figure.observation.series], round(figure.time)
        if figure.rule.error is None:
            found[row] = np.maximum(expected[row], 0.0) * own.rate(month)
        else:
            weight = expected[row] / np.hypot(expected[row], figure.near)
            found[row] = np.arcsinh(expected[row] / figure.near) + weight * own.discrepancy(month)
    return found


class _Off:
    """How far a series lies off the model in each run, by month."""

    def __init__(self, series: str, results: Results) -> None:
        ensemble, name = results.ensemble, discrepancy(series)
        self._delta = np.asarray(ensemble.parameters[name], float)
        self._shocks = np.stack(
            [
                ndtri(uniforms([name], ensemble.seed, ensemble.run_numbers, month + 1)[0])
                for month in range(results.months)
            ]
        )
        learned = standing(results) if ensemble.origin == "posterior" else {}
        self._standing = learned.get(series)

    def discrepancy(self, month: int) -> Float[np.ndarray, "run"]:
        """The discrepancy on the log scale."""
        at = self._standing
        if at is None or month <= at.month:
            return np.asarray(self._delta * self._path(0, month))
        first = at.mean + np.sqrt(at.variance) * self._shocks[at.month]
        since = self._delta * self._path(at.month, month, from_zero=True)
        return np.asarray(_KEPT ** (month - at.month) * first + since)

    def rate(self, month: int) -> Float[np.ndarray, "run"]:
        """What the expected count of events is multiplied by: a gamma variate."""
        place, at = ndtr(self._path(0, month)), self._standing
        mean, variance = np.ones_like(place), self._delta**2
        if at is not None and month > at.month:
            kept = _KEPT ** (month - at.month)
            mean = 1 + kept * (at.mean - 1)
            variance = kept**2 * at.variance + (1 - kept**2) * variance
        variance = np.maximum(variance, _LEAST**2)
        shape = mean**2 / variance
        found = gammaincinv(shape, place) * variance / mean
        return np.asarray(np.where(variance > _LEAST**2, found, mean))

    def _path(self, first: int, last: int, *, from_zero: bool = False) -> Float[np.ndarray, "run"]:
        """An AR(1) path at its last month; it starts at random with variance one, or at zero."""
        path = self._shocks[first] * (0.0 if from_zero else 1.0)
        for shock in self._shocks[first + 1 : last + 1]:
            path = _KEPT * path + np.sqrt(1 - _KEPT**2) * shock
        return np.asarray(path)


_STANDING: WeakKeyDictionary[Results, dict[str, Standing]] = WeakKeyDictionary()


def standing(results: Results) -> dict[str, Standing]:
    """Where the discrepancies of series stand in runs of a posterior, at their last figures."""
    if results not in _STANDING:
        _STANDING[results] = _standing(results)
    return _STANDING[results]


def _standing(results: Results) -> dict[str, Standing]:
    likelihood = Likelihood(results.model)
    months = results.cutoff + 1
    values = np.stack([results.series(name)[:months] for name in likelihood.observed], axis=1)
    inputs = {name: jnp.asarray(results.ensemble.parameters[name]) for name in likelihood.inputs}
    _, found = jax.jit(likelihood.by_figure)(jnp.asarray(values), inputs)
    mean, variance = (np.asarray(part, float) for part in found)
    stands = {}
    for row, known in enumerate(likelihood.records):
        # A bound by itself says nothing of where the discrepancy stands.
        told = [f for f in known.figures if f.rule.error is None or f.rule.bound == "estimate"]
        if told:
            last = max(round(figure.time) for figure in told)
            stands[known.series.name] = Standing(last, mean[row], variance[row])
    return stands
