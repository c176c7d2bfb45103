"""What a source counts in a run: the expected count, its log probability, and samples of it.

A source class expects m = b·x/e where there is x: b is the bias that the class shares (one for the
reference class), e how many of the model's units one counted thing stands for. It counts m·exp(ε),
ε ~ N(0, σ²) with the rule's log standard deviation; counts of events are Poisson with mean m
instead. A figure that bounds says that the count is at most, or at least, the figure. Errors of
figures are independent.

Source: the lognormal error and the shared bias are this project's; the likelihood of a bound is
that of a censored observation (Tobin, "Estimation of Relationships for Limited Dependent
Variables", Econometrica 26, 1958).
"""

from collections.abc import Sequence

import jax.numpy as jnp
import numpy as np
from jax.scipy.special import gammainc, gammaincc, gammaln
from jax.scipy.stats import norm
from jaxtyping import Array, Float
from scipy.special import ndtri
from scipy.stats import poisson

from servanda.case import Series, units
from servanda.case.evidence import REFERENCE
from servanda.case.priors import label
from servanda.ensembles.draws import uniforms
from servanda.ensembles.ensemble import BIAS
from servanda.observation.figures import Figure
from servanda.results import Results


def expected(
    results: Results, series: Series, figures: Sequence[Figure]
) -> Float[np.ndarray, "figure run"]:
    """What the source of each figure expects to count in each run, in the series' unit.

    Args:
        results: what runs kept, with the biases of source classes in its ensemble.
        series: the series.
        figures: of the series.
    """
    weights = np.stack([figure.months / figure.rule.equivalence for figure in figures])
    biases = np.stack([bias(results, figure.rule.bias) for figure in figures])
    return np.asarray(weights @ monthly(results, series) * biases)


def monthly(results: Results, series: Series) -> Float[np.ndarray, "month run"]:
    """What a series observes, month by month: a level, or a month's amount, in its unit.

    Where a counted thing stands for several of the model's, it is in the model's unit.
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
    """The bias that a source class shares, in every run."""
    if name == REFERENCE:
        return np.ones(results.count)
    return np.asarray(results.ensemble.parameters[label(BIAS, name)], float)


def sample(
    figures: Sequence[Figure],
    expected: Float[np.ndarray, "figure run"],
    results: Results,
) -> Float[np.ndarray, "figure run"]:
    """One count of each figure in each run.

    The error of a figure in a run comes from a uniform number that the seed, the figure's id and
    the run's number fix: another expectation in one run changes no other draw.

    Args:
        figures: which.
        expected: what their sources expect.
        results: whose seed and run numbers key the errors.
    """
    names = [f"observation/{figure.observation.id}" for figure in figures]
    at = uniforms(names, results.ensemble.seed, results.ensemble.run_numbers)
    counted = np.empty_like(expected)
    for row, figure in enumerate(figures):
        error = figure.rule.error
        if error is None:
            counted[row] = poisson.ppf(at[row], np.maximum(expected[row], 0.0))
        else:
            counted[row] = expected[row] * np.exp(error * ndtri(at[row]))
    return counted


def log_prob(
    figures: Sequence[Figure],
    expected: Float[Array, "figure run"] | Float[np.ndarray, "figure run"],
) -> Float[Array, "figure run"]:
    """Log probability of each figure in each run; its density where it is an estimate.

    Args:
        figures: which.
        expected: what their sources expect.

    Returns:
        Minus infinity where a run cannot bring a figure about.
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
    """Of mean·exp(error·z), which has the sign of its mean and is zero where that is."""
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
    # where the signs differ the count is on one side for certain
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
    if whole == 0:  # none at all, or none at least
        return -mean if bound == "estimate" else mean * 0
    if bound == "lower":
        density = _tail(gammainc(whole, some), density, some / (whole + 1))
    return jnp.where(mean > 0, density, -jnp.inf)


def _tail(
    share: Float[Array, "run"], density: Float[Array, "run"], ratio: Float[Array, "run"]
) -> Float[Array, "run"]:
    """The log of a tail's probability, also where that is too small for a number.

    There it is that of the count at the edge and of a geometric series of those beyond it: so far
    out each is about `ratio` of the one before.
    """
    least = float(np.finfo(share.dtype).tiny)
    far = density - jnp.log1p(-jnp.minimum(ratio, 0.99))
    return jnp.where(share > least, jnp.log(jnp.maximum(share, least)), far)
