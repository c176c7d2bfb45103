"""The sampler, against a posterior and an evidence that are known: those of a linear model."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats
from scipy.special import ndtri

from servanda.calibration.directions import Directions
from servanda.calibration.particles import Particles
from servanda.calibration.sampler import climb, start
from servanda.errors import ResultError

UNKNOWNS, FIGURES = 30, 6


class Linear:
    """Figures that are sums of unknowns, with normal errors of one tenth."""

    size = UNKNOWNS
    part_of = np.full(UNKNOWNS, -1)
    error = 0.1

    def __init__(self) -> None:
        random = np.random.default_rng(5)
        self.sums = random.standard_normal((FIGURES, UNKNOWNS)) / np.sqrt(UNKNOWNS)
        self.sums[:, 20:] = 0.0  # the last unknowns are idle
        self.figures = self.sums @ random.standard_normal(UNKNOWNS) * 1.5

    def by_part(self, z: np.ndarray, _: np.ndarray) -> np.ndarray:
        off = self.figures[:, None] - self.sums @ z
        return stats.norm.logpdf(off, scale=self.error)

    def information(self, *_: Any) -> np.ndarray:
        return self.sums.T @ self.sums / self.error**2

    def exact(self) -> tuple[np.ndarray, np.ndarray, float]:
        """Mean and standard deviation of each unknown, and the log evidence."""
        covariance = np.linalg.inv(np.eye(UNKNOWNS) + self.information())
        mean = covariance @ self.sums.T @ self.figures / self.error**2
        total = self.sums @ self.sums.T + self.error**2 * np.eye(FIGURES)
        evidence = stats.multivariate_normal(cov=total).logpdf(self.figures)
        return mean, np.sqrt(np.diag(covariance)), float(evidence)


def sampled(problem: Linear, seed: int = 1, particles: int = 1000, moves: int = 5) -> Particles:
    (*_, found) = climb(problem, start(problem, particles, seed), moves, lambda *_: None)
    return found


def test_the_posterior_and_the_evidence_of_a_linear_model_are_found():
    problem = Linear()
    mean, deviation, evidence = problem.exact()
    runs = [sampled(problem, seed) for seed in range(4)]
    found = np.mean([run.z.mean(axis=1) for run in runs], axis=0)
    np.testing.assert_allclose((found - mean) / deviation, 0, atol=0.12)
    spread = np.mean([run.z.std(axis=1) for run in runs], axis=0)
    np.testing.assert_allclose(spread / deviation, 1, atol=0.06)
    evidences = [run.path[-1].log_evidence for run in runs]
    assert np.mean(evidences) == pytest.approx(evidence, abs=0.15)


class Apart(Linear):
    """A linear model in which ten figures have an unknown of their own, which they hold tightly."""

    part_of = np.where(np.arange(UNKNOWNS) >= UNKNOWNS - FIGURES, np.arange(UNKNOWNS) - 24, -1)

    def __init__(self) -> None:
        super().__init__()
        self.sums[:, -FIGURES:] = np.eye(FIGURES)


class Beside(Linear):
    """A linear model with a normal number that is drawn beside the unknowns, in one figure."""

    weight = np.array([0.4, *[0.0] * (FIGURES - 1)])

    def __init__(self) -> None:
        super().__init__()
        self.figures[0] += 2.5  # more than the unknowns account for

    def by_part(self, z: np.ndarray, numbers: np.ndarray) -> np.ndarray:
        off = self.figures[:, None] - self.sums @ z - np.outer(self.weight, drawn(numbers))
        return stats.norm.logpdf(off, scale=self.error)

    def joint(self) -> Linear:
        """The same model with that number as its last unknown, in place of an idle one."""
        other = Linear()
        other.sums = np.column_stack([self.sums[:, :-1], self.weight])
        other.figures = self.figures
        return other


def drawn(numbers: np.ndarray) -> np.ndarray:
    return np.asarray(ndtri((numbers + 0.5) / 2**32))


def test_what_is_drawn_beside_the_unknowns_is_learned_with_them():
    """As if it were an unknown more: its mean, its width, and the evidence."""
    problem = Beside()
    mean, deviation, evidence = problem.joint().exact()
    assert mean[-1] > 1  # it has something to learn
    runs = [sampled(problem, seed, moves=20) for seed in range(3)]
    places = [np.vstack([run.z[:-1], drawn(run.numbers)]) for run in runs]
    found = np.mean([place.mean(axis=1) for place in places], axis=0)
    np.testing.assert_allclose((found - mean) / deviation, 0, atol=0.2)
    spread = np.mean([place.std(axis=1) for place in places], axis=0)
    np.testing.assert_allclose(spread / deviation, 1, atol=0.1)
    evidences = [run.path[-1].log_evidence for run in runs]
    assert np.mean(evidences) == pytest.approx(evidence, abs=0.3)


@pytest.mark.parametrize("kind", [Linear, Beside, Apart])
def test_particles_keep_the_likelihood_of_their_unknowns_and_of_what_is_drawn_beside(kind):
    found = sampled(kind(), particles=200, moves=2)
    np.testing.assert_allclose(found.parts, kind().by_part(found.z, found.numbers))


def test_unknowns_of_one_part_alone_are_learned_with_all_others():
    problem = Apart()
    mean, deviation, evidence = problem.exact()
    runs = [sampled(problem, seed) for seed in range(4)]
    found = np.mean([run.z.mean(axis=1) for run in runs], axis=0)
    np.testing.assert_allclose((found - mean) / deviation, 0, atol=0.12)
    spread = np.mean([run.z.std(axis=1) for run in runs], axis=0)
    np.testing.assert_allclose(spread / deviation, 1, atol=0.06)
    assert np.mean([run.path[-1].log_evidence for run in runs]) == pytest.approx(evidence, abs=0.15)


def test_unknowns_that_no_figure_is_about_keep_their_prior():
    idle = sampled(Linear()).z[20:]
    assert stats.kstest(idle.ravel(), "norm").pvalue > 0.001


def test_the_same_seed_gives_the_same_particles():
    one, again, other = (sampled(Linear(), seed, 200, 2) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.z, again.z)
    np.testing.assert_array_equal(one.numbers, again.numbers)
    assert (one.z != other.z).any()
    assert one.path == again.path


def test_the_power_rises_to_one_and_half_of_the_particles_stay_effective():
    path = sampled(Linear(), particles=400, moves=1).path
    powers = [rung.power for rung in path]
    assert powers == sorted(powers)
    assert powers[-1] == 1.0
    assert [rung.effective for rung in path[:-1]] == pytest.approx(
        [200] * (len(path) - 1), rel=1e-3
    )
    assert path[-1].effective >= 200


def test_a_likelihood_that_says_nothing_leaves_the_prior_in_one_rung():
    class Silent(Linear):
        def by_part(self, z: np.ndarray, _: np.ndarray) -> np.ndarray:
            return np.zeros((1, z.shape[1]))

        def information(self, *_: Any) -> np.ndarray:
            return np.zeros((UNKNOWNS, UNKNOWNS))

    found = sampled(Silent(), particles=300, moves=1)
    (rung,) = found.path
    assert (rung.power, rung.log_evidence, rung.directions, rung.rest) == (1.0, 0.0, 0, 1.0)
    assert stats.kstest(found.z.ravel(), "norm").pvalue > 0.001


def test_wrong_directions_cost_acceptance_and_not_truth():
    class Misled(Linear):
        def information(self, *_: Any) -> np.ndarray:
            """As if only idle unknowns were informed, and two others."""
            return np.diag([9.0, 9.0, *[0.0] * 18, *[9.0] * 10])

    problem = Misled()
    mean, deviation, _ = Linear().exact()
    runs = [sampled(problem, seed, moves=20) for seed in range(3)]
    found = np.mean([run.z.mean(axis=1) for run in runs], axis=0)
    np.testing.assert_allclose((found - mean) / deviation, 0, atol=0.25)
    assert runs[0].path[-1].rest < sampled(Linear()).path[-1].rest


def test_where_most_draws_of_the_prior_are_impossible_the_others_go_on():
    """Three of four draws are below the third quartile of the first unknown."""

    class Halved(Linear):
        def by_part(self, z: np.ndarray, _: np.ndarray) -> np.ndarray:
            return np.where(z[:1] > stats.norm.ppf(0.75), 0.0, -np.inf)

        def information(self, *_: Any) -> np.ndarray:
            return np.zeros((UNKNOWNS, UNKNOWNS))

    found = sampled(Halved(), particles=2000, moves=3)
    assert (found.z[0] > stats.norm.ppf(0.75)).all()
    assert found.path[-1].log_evidence == pytest.approx(np.log(0.25), abs=0.1)


def test_where_every_particle_is_impossible_the_calibration_says_so():
    class Impossible(Linear):
        def by_part(self, z: np.ndarray, _: np.ndarray) -> np.ndarray:
            return np.full((1, z.shape[1]), -np.inf)

    with pytest.raises(ResultError) as caught:
        sampled(Impossible(), particles=100)
    assert str(caught.value) == (
        "calibration: found a likelihood of zero in all 100 particles, "
        "expected a likelihood above zero in some"
    )


def test_directions_are_those_with_information_the_most_informed_first():
    found = Directions.of(np.diag([0.0, 3.0, 0.01, 7.0]))
    assert found.information.tolist() == [7, 3]
    assert np.abs(found.basis).tolist() == [[0, 0], [0, 1], [0, 0], [1, 0]]
    z = np.arange(8.0).reshape(4, 2)
    np.testing.assert_allclose(found.basis @ found.along(z) + found.rest(z), z)
    np.testing.assert_allclose(found.along(found.rest(z)), 0, atol=1e-12)
