"""Exact weights: against a known density, by Bayes' rule by hand, and mixtures as densities."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from studies.rerouting.fit import Mixture, Noise, SeriesFit, combine, forecast, pick, weigh


def regression(values: np.ndarray, phi: float = 0.5) -> SeriesFit:
    design = np.stack([np.ones(len(values) + 3), np.arange(len(values) + 3.0)], axis=1)
    rise = np.zeros((1, 1, len(values)))
    return weigh(
        values, rise, design, np.array([3.0, 0.5]), Noise((phi,), 2.0, 0.2), np.ones(1), slice(None)
    )


def test_the_evidence_is_the_density_of_a_multivariate_t():
    # Integrating coefficients and variance leaves a t with 2·shape degrees of freedom.
    values = np.random.default_rng(3).normal(0, 0.3, 8)
    evidence = regression(values)
    apart = np.abs(np.subtract.outer(np.arange(8), np.arange(8)))
    x = evidence.design[:8] * evidence.prior_sd
    scale = 0.2**2 * (0.5**apart + x @ x.T)
    expected = stats.multivariate_t(np.zeros(8), scale, df=4).logpdf(values - values.mean())
    assert float(evidence.log_evidence(8)[0, 0, 0]) == pytest.approx(expected)


def test_forecasts_one_step_ahead_multiply_up_to_the_evidence():
    values = np.random.default_rng(4).normal(0, 0.3, 9)
    evidence = regression(values)
    one = np.ones(1)
    scores = [
        forecast(evidence, one, known, known, np.zeros((1, 1))).log_density(float(values[known]))
        for known in range(4, 9)
    ]
    gained = evidence.log_evidence(9) - evidence.log_evidence(4)
    assert sum(scores) == pytest.approx(float(gained[0, 0, 0]))


def test_series_share_what_they_share():
    # With nothing of its own, a series' weights of shared nodes are Bayes' rule by hand.
    values = np.array([0.0, 0.1, -0.1, 1.0])
    rise = np.zeros((2, 1, 4))
    rise[1, 0, 3] = 1.0  # the second node says that the last value is higher by one
    design, noise = np.ones((4, 1)), Noise((0.0,), 2.0, 0.2)
    one = weigh(values, rise, design, np.ones(1), noise, np.ones(1), slice(0, 3))
    log_odds = float(np.diff(one.log_evidence(4)[0, :, 0])[0])
    alone = combine([one], [4], np.array([0.5, 0.5]))
    both = combine([one, one], [4, 4], np.array([0.5, 0.5]))
    assert math.log(alone.shared[1] / alone.shared[0]) == pytest.approx(log_odds)
    assert math.log(both.shared[1] / both.shared[0]) == pytest.approx(2 * log_odds)
    assert log_odds > 1


def test_a_mixture_is_a_density():
    mixture = Mixture(np.array([0.3, 0.7]), np.array([0.0, 1.0]), np.array([0.5, 0.2]), 6.0)
    grid = np.linspace(-20, 20, 2001)
    total = sum(math.exp(mixture.log_density(float(x))) for x in grid) * 0.02
    assert total == pytest.approx(1, abs=1e-4)
    draws = mixture.draw(20000, np.random.default_rng(0))
    assert draws.mean() == pytest.approx(0.7, abs=0.01)


def test_indices_are_drawn_in_proportion():
    drawn = pick(np.array([0.2, 0.0, 0.8]), 1000, np.random.default_rng(0))
    assert np.bincount(drawn, minlength=3).tolist() == [200, 0, 800]
