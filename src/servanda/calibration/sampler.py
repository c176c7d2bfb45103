"""Tempered sequential Monte Carlo from a standard normal prior to a posterior.

Particles start as draws from the prior. The likelihood enters by a power that rises from 0 to 1 in
rungs (Del Moral, Doucet and Jasra, "Sequential Monte Carlo Samplers", JRSS B 68, 2006). Each rung
is as high as keeps half of the particles effective; the particles are then resampled and moved. The
average weights multiply to the evidence. `servanda.calibration.moves` says how particles are moved.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from jaxtyping import Float

from servanda.calibration.directions import Directions
from servanda.calibration.moves import Mover, numbers_of
from servanda.calibration.particles import Particles, Problem, Rung
from servanda.errors import ResultError

EFFECTIVE = 0.5
"""Share of the particles that stay effective from one rung to the next."""
_AVERAGED = 6  # particles of which information is averaged: slopes cost more than moves
_LAST = 10  # times as many moves at the last rung, which has no other cost than theirs


def start(problem: Problem, particles: int, seed: int | Sequence[int]) -> Particles:
    """Particles drawn from the prior."""
    random = np.random.default_rng(seed)
    z = random.standard_normal((problem.size, particles))
    numbers = numbers_of(random, particles)
    found = problem.by_part(z, numbers)
    return Particles(z, numbers, found, random)


def climb(
    problem: Problem, at: Particles, moves: int, moved: Callable[[float, int, int], None]
) -> Iterator[Particles]:
    """Go on to the posterior, rung by rung.

    Args:
        problem: the likelihood.
        at: the particles so far; they are changed in place.
        moves: moves of each particle at each rung; ten times as many at the last.
        moved: called with the power, the moves done at it, and the moves to do.

    Yields:
        The particles after each rung.

    Raises:
        ResultError: if no particle has a likelihood above zero.
    """
    while at.power < 1.0:
        _check_possible(at.log_likelihood)
        power, log_weights = _next(at)
        weights = np.exp(log_weights - log_weights.max())
        gain = log_weights.max() + np.log(weights.mean())
        before = at.path[-1] if at.path else None
        found = _informed(problem, at, weights / weights.sum(), power)
        effective = weights.sum() ** 2 / (weights**2).sum()
        _resample(at, weights)
        todo = _LAST * moves if power == 1.0 else moves
        mover = Mover(problem, found, power, before.steps if before else (1.0, 1.0))
        for done in range(todo):
            mover.move(at)
            moved(power, done + 1, todo)
        evidence = gain + (before.log_evidence if before else 0.0)
        at.path.append(
            Rung(
                power,
                float(evidence),
                found.count,
                *mover.acceptance,
                mover.steps,
                len(np.unique(at.log_likelihood)),
                float(effective),
            )
        )
        yield at


def _next(at: Particles) -> tuple[float, Float[np.ndarray, "run"]]:
    """The next power of the likelihood, and the log weights of the particles there."""
    likelihood = at.log_likelihood

    def effective(power: float) -> float:
        log_weights = (power - at.power) * likelihood
        weights = np.exp(log_weights - log_weights.max())
        return float(weights.sum() ** 2 / (weights**2).sum() / len(weights))

    # Particles that are impossible at every power count as lost from the start.
    wanted = EFFECTIVE * float(np.isfinite(likelihood).mean())
    low, high = at.power, 1.0
    if effective(1.0) >= wanted:
        low = 1.0
    while high - low > 1e-9 * high and low < 1.0:
        middle = (low + high) / 2
        low, high = (middle, high) if effective(middle) >= wanted else (low, middle)
    return low, (low - at.power) * likelihood


def _informed(
    problem: Problem, at: Particles, weights: Float[np.ndarray, "run"], power: float
) -> Directions:
    """The directions that the likelihood to a power informs, averaged over some particles."""
    some = at.random.choice(len(weights), _AVERAGED, p=weights)
    found = [problem.information(at.z[:, one], int(at.numbers[one])) for one in some]
    return Directions.of(power * np.mean(found, axis=0))


def _resample(at: Particles, weights: Float[np.ndarray, "run"]) -> None:
    """Systematic resampling, in place."""
    count = len(weights)
    places = (at.random.random() + np.arange(count)) / count
    rows = np.searchsorted(np.cumsum(weights / weights.sum()), places).clip(max=count - 1)
    at.random.shuffle(rows)  # so that copies of a particle come into both halves
    at.z, at.numbers, at.parts = at.z[:, rows], at.numbers[rows], at.parts[:, rows]


def _check_possible(log_likelihood: Float[np.ndarray, "run"]) -> None:
    """Raise `ResultError` if every particle is impossible."""
    if not (log_likelihood > -np.inf).any():
        raise ResultError(
            "calibration",
            f"a likelihood of zero in all {len(log_likelihood)} particles",
            "a likelihood above zero in some",
        )
