"""The count of a source in a run: its expectation, its log probability, and samples of it.

If the true value is x, a source class expects the count m = b·x/e. Here b is the bias of the class
(one for the reference class) and e is the number of model units in one counted thing. The source
counts m·exp(ε) with ε ~ N(0, σ²), where σ is the log standard deviation of the rule. Counts of
events are Poisson with mean m instead. A figure that is a bound says that the count is at most, or
at least, the figure. Errors of figures are independent.

Source: the lognormal error and the shared bias are this project's. The likelihood of a bound is
that of a censored observation (Tobin, "Estimation of Relationships for Limited Dependent
Variables", Econometrica 26, 1958).
"""

from collections.abc import Sequence

import jax.numpy as jnp
import numpy as np
import scipy  # scipy.stats takes half a second, and is imported when it is first used
from jax.scipy.special import gammainc, gammaincc, gammaln
from jax.scipy.stats import norm
from jaxtyping import Array, Float
from scipy.special import ndtri

from servanda.case import Series, units
from servanda.case.evidence import REFERENCE
from servanda.case.priors import BIAS, label
from servanda.engine.streams import error_name
from servanda.ensembles.draws import uniforms
from servanda.observation.figures import Figure
from servanda.results import Results


def expected(
    results: Results, series: Series, figures: Sequence[Figure]
) -> Float[np.ndarray, "figure run"]:
    """The expected count of each figure's source in each run, in the series' unit.

    Args:
        results: results of the runs. Their ensemble has the biases of the source classes.
        series: the series.
        figures: figures of the series.
    """
    weights = np.stack([figure.months / figure.rule.equivalence for figure in figures])
    biases = np.stack([bias(results, figure.rule.bias) for figure in figures])
    return np.asarray(weights @ monthly(results, series) * biases)


def monthly(results: Results, series: Series) -> Float[np.ndarray, "month run"]:
    """The quantity that a series observes, by month: a level or an amount, in the series' unit.

    If one counted thing stands for several model units, the values are in the model's unit.
    """
    total = np.zeros((results.months, results.count))
    for name in series.observes:
        unit, wanted = results.unit(name), series.unit
        if series.counting != "level":
            unit, wanted = unit.removesuffix("/month"), wanted.partition("/")[0]
        if any(rule.equivalence != 1.0 for rule in series.rules):
            wanted = unit
        total = total + results.series(name).astype(float) * units.factor(unit, wanted, series.name)
    return total


def bias(results: Results, name: str) -> Float[np.ndarray, "run"]:
    """The bias of a source class in every run."""
    if name == REFERENCE:
        return np.ones(results.count)
    return np.asarray(results.ensemble.parameters[label(BIAS, name)], float)


def sample(
    figures: Sequence[Figure],
    expected: Float[np.ndarray, "figure run"],
    results: Results,
) -> Float[np.ndarray, "figure run"]:
    """Draw one count of each figure in each run.

    The error of a figure in a run comes from a uniform random number. It depends only on the seed,
    the figure's id and the run number, so a change in one run changes no other draw.

    Args:
        figures: the figures.
        expected: expected counts of their sources.
        results: results whose seed and run numbers key the errors.
    """
    names = [error_name(figure.observation) for figure in figures]
    at = uniforms(names, results.ensemble.seed, results.ensemble.run_numbers)
    counted = np.empty_like(expected)
    for row, figure in enumerate(figures):
        error = figure.rule.error
        if error is None:
            counted[row] = scipy.stats.poisson.ppf(at[row], np.maximum(expected[row], 0.0))
        else:
            counted[row] = expected[row] * np.exp(error * ndtri(at[row]))
    return counted


def log_prob(
    figures: Sequence[Figure],
    expected: Float[Array, "figure run"] | Float[np.ndarray, "figure run"],
) -> Float[Array, "figure run"]:
    """The log probability of each figure in each run; for an estimate, its log density.

    Args:
        figures: the figures.
        expected: expected counts of their sources.

    Returns:
        One value for each figure and run: minus infinity if the figure is impossible in the run.
    """
    return jnp.stack(
        [
            _poisson(figure, mean)
            if figure.rule.error is None
            else _lognormal(figure, mean, figure.rule.error)
            for figure, mean in zip(figures, jnp.asarray(expected), strict=True)
        ]
    )


def _lognormal(figure: Figure, mean: Float[Array, "run"], error: float) -> Float[Array, "run"]:
    """Log probability of a count mean·exp(error·z), which has the sign of its mean."""
    value = figure.value
    possible = jnp.sign(mean) == np.sign(value)
    sizes = jnp.where(possible & (mean != 0), jnp.abs(mean), 1.0)
    away = (np.log(abs(value) or 1.0) - jnp.log(sizes)) / error
    match figure.rule.bound:
        case "estimate":
            density = norm.logpdf(away) - np.log(error * (abs(value) or 1.0))
            there = jnp.where(mean == 0, 0.0, density)
            return jnp.where(possible, there, -jnp.inf)
        case "upper":
            side, inside = away * jnp.sign(mean), mean <= value
        case _:
            side, inside = -away * jnp.sign(mean), mean >= value
    # if the signs differ, the count lies on one side of the bound with certainty
    certain = jnp.where(inside, 0.0, -jnp.inf)
    return jnp.where(possible & (mean != 0), norm.logcdf(side), certain)


def _poisson(figure: Figure, mean: Float[Array, "run"]) -> Float[Array, "run"]:
    mean = jnp.maximum(mean, 0.0)
    some = jnp.where(mean > 0, mean, 1.0)
    value, bound = figure.value, figure.rule.bound
    whole = float({"upper": np.floor, "lower": np.ceil}.get(bound, np.round)(value))
    if whole < 0 or (bound == "estimate" and whole != value):
        return mean * 0 if bound == "lower" else mean * 0 - jnp.inf
    density = whole * jnp.log(some) - some - gammaln(whole + 1)
    if bound == "upper":
        return jnp.where(mean > 0, _tail(gammaincc(whole + 1, some), density, whole / some), 0.0)
    if whole == 0:  # a figure of zero: exactly zero, or at least zero
        return -mean if bound == "estimate" else mean * 0
    if bound == "lower":
        density = _tail(gammainc(whole, some), density, some / (whole + 1))
    return jnp.where(mean > 0, density, -jnp.inf)


def _tail(
    share: Float[Array, "run"], density: Float[Array, "run"], ratio: Float[Array, "run"]
) -> Float[Array, "run"]:
    """The log probability of a tail, also if the probability is too small for single precision.

    In that case the tail is a geometric series that starts with the probability of the count at the
    edge: far from the mean, each probability is about `ratio` times the one before.
    """
    least = float(np.finfo(share.dtype).tiny)
    far = density - jnp.log1p(-jnp.minimum(ratio, 0.99))
    return jnp.where(share > least, jnp.log(jnp.maximum(share, least)), far)
