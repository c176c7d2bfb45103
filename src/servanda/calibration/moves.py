"""Moves of particles that leave the posterior as it is.

Most unknowns are moved little by the data, and those that are moved lie in few directions. Moves
take these apart (Cui, Law and Marzouk, "Dimension-Independent Likelihood-Informed MCMC", JCP 304,
2016):

- In the informed directions a particle is moved about the cloud: a Gaussian with the mean and the
  covariance of the other half of the particles (as in Goodman and Weare, "Ensemble Samplers with
  Affine Invariance", CAMCoS 5, 2010).
- In all others it is moved about the prior, and gets another number for what is drawn beside the
  unknowns. An unknown that the data do not move therefore keeps its prior, and a direction that is
  wrongly left here costs acceptance, and not truth.

Both are moves of Crank and Nicolson, with a step from 0 to 1 that follows their acceptance.

- Unknowns on which one part of the likelihood alone depends, as the discrepancy of a series does,
  are also drawn anew from the prior, and each part accepts or refuses its own. Where a discrepancy
  is small its series hold the other unknowns tightly, and moves of all unknowns together find the
  way there too slowly (the funnel of Neal, "Slice Sampling", Annals of Statistics 31, 2003).
"""

import numpy as np
from jaxtyping import Float, Int, UInt32
from scipy.linalg import solve_triangular

from servanda.calibration.directions import Directions
from servanda.calibration.particles import Particles, Problem

_INFORMED, _REST = 0.25, 0.3  # acceptance that the steps are led to
_SHORTEST = 0.02
_WORDS = 2**32


class Mover:
    """Moves of particles at one rung.

    Args:
        problem: the likelihood.
        directions: the informed directions.
        power: the power of the likelihood.
        steps: the steps to begin with, in the informed directions and in all others.
    """

    def __init__(
        self, problem: Problem, directions: Directions, power: float, steps: tuple[float, float]
    ) -> None:
        self._problem = problem
        self._directions = directions
        self._power = power
        self._steps = list(steps)
        self._accepted: list[tuple[float, float]] = []

    @property
    def steps(self) -> tuple[float, float]:
        """The steps now."""
        return self._steps[0], self._steps[1]

    @property
    def acceptance(self) -> tuple[float, float]:
        """Mean acceptance so far, in the informed directions and in all others."""
        informed, rest = np.mean(self._accepted, axis=0)
        return float(informed), float(rest)

    def move(self, at: Particles) -> None:
        """Move every particle once in each way."""
        informed = self._move_informed(at) if self._directions.count else 1.0
        rest = self._move_rest(at)
        self._move_own(at)
        self._accepted.append((informed, rest))
        for which, (found, wanted) in enumerate(((informed, _INFORMED), (rest, _REST))):
            step = self._steps[which] * np.exp(0.5 * (found - wanted))
            self._steps[which] = float(np.clip(step, _SHORTEST, 1.0))

    def _move_informed(self, at: Particles) -> float:
        """Move each half of the particles about the other half."""
        first, second = np.array_split(np.arange(at.z.shape[1]), 2)
        return float(
            np.mean([self._about(at, *both) for both in ((first, second), (second, first))])
        )

    def _about(self, at: Particles, own: np.ndarray, others: np.ndarray) -> float:
        step, directions = self._steps[0], self._directions
        mean, factor = directions.cloud(at.z[:, others])
        before = directions.along(at.z[:, own])
        noise = factor @ at.random.standard_normal(before.shape)
        after = mean + np.sqrt(1 - step**2) * (before - mean) + step * noise

        def log_ratio(along: np.ndarray) -> np.ndarray:
            """The log density of the prior over that of the cloud."""
            scaled = solve_triangular(factor, along - mean, lower=True)
            return np.asarray(0.5 * ((scaled**2).sum(axis=0) - (along**2).sum(axis=0)))

        z = at.z[:, own] + directions.basis @ (after - before)
        return self._decide(at, own, z, at.numbers[own], log_ratio(after) - log_ratio(before))

    def _move_rest(self, at: Particles) -> float:
        """Move all other directions about the prior."""
        step, directions = self._steps[1], self._directions
        noise = directions.rest(at.random.standard_normal(at.z.shape))
        before = directions.rest(at.z)
        z = at.z + (np.sqrt(1 - step**2) - 1) * before + step * noise
        every = np.arange(z.shape[1])
        return self._decide(at, every, z, numbers_of(at.random, len(every)), np.zeros(len(every)))

    def _move_own(self, at: Particles) -> None:
        """Draw anew what one part alone depends on, and let each part decide on its own."""
        part_of = self._problem.part_of
        rows = np.flatnonzero(part_of >= 0)
        if not len(rows):
            return
        z = at.z.copy()
        z[rows] = at.random.standard_normal(z[rows].shape)
        found = self._problem.by_part(z, at.numbers)
        gain = self._power * (found - at.parts)
        taken = np.log(at.random.random(gain.shape)) < gain
        at.z[rows] = np.where(taken[part_of[rows]], z[rows], at.z[rows])
        at.parts = np.where(taken, found, at.parts)

    def _decide(
        self,
        at: Particles,
        own: Int[np.ndarray, "own"],
        z: Float[np.ndarray, "unknown own"],
        numbers: UInt32[np.ndarray, "own"],
        log_ratio: Float[np.ndarray, "own"],
    ) -> float:
        """Accept or refuse proposals, and return the share that is accepted."""
        found = self._problem.by_part(z, numbers)
        gain = self._power * (found.sum(axis=0) - at.log_likelihood[own]) + log_ratio
        taken = np.log(at.random.random(len(own))) < gain
        rows = own[taken]
        at.z[:, rows], at.numbers[rows] = z[:, taken], numbers[taken]
        at.parts[:, rows] = found[:, taken]
        return float(taken.mean())


def numbers_of(random: np.random.Generator, count: int) -> UInt32[np.ndarray, "run"]:
    """Numbers for what is drawn beside the unknowns."""
    return random.integers(0, _WORDS, count, dtype=np.uint32)
