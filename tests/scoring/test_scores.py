"""Scores of one figure, against formulas written out by hand and against SciPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import quad

from servanda.observation import Figure, log_density, sample
from servanda.observation.discrepancy import discrepancy
from servanda.scoring.history import unscaled
from servanda.scoring.scores import Scores, of_draws, of_normal
from tests.handmade import counted, observation, results, rule, with_evidence

DELIVERED = "arrived[SUP>BUY:shells]"
LEVELS = (np.arange(4000) + 0.5) / 4000


def figure(value: float, number: int = 1, resolution: float = 1e-9, **how: Any) -> Figure:
    row = observation(number, value, "2021-03-31", "2021-03-01")
    return Figure(row, counted("flow", DELIVERED, "round", rule(**how)).rules[0], value,
                  np.eye(24)[14], resolution)  # fmt: skip


def draws_of(middle: float, spread: float) -> np.ndarray:
    """Quantiles of a distribution that is normal on the scale of scores."""
    return np.asarray(unscaled(middle + spread * stats.norm.ppf(LEVELS)))


def scored(value: float, draws: Any, **how: Any) -> Scores:
    return of_draws(figure(value, **how), np.asarray(draws, float), -1.0, 1)


# ── CRPS ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("off", [-1.2, 0.0, 0.4])
def test_crps_is_that_of_a_normal_distribution_in_closed_form(off):
    """Gneiting and others, Monthly Weather Review 133 (2005): σ·(z·(2Φ−1) + 2φ − 1/√π)."""
    middle, spread = 9.0, 0.5
    z = off / spread
    wanted = spread * (z * (2 * stats.norm.cdf(z) - 1) + 2 * stats.norm.pdf(z) - np.pi**-0.5)
    value = float(unscaled(middle + off))
    assert scored(value, draws_of(middle, spread)).crps == pytest.approx(wanted, rel=2e-3)
    normal = of_normal(figure(value, error=0.1), middle, spread, 1)
    assert normal.crps == pytest.approx(wanted, rel=5e-3)


def test_crps_is_the_mean_distance_less_half_the_distance_of_the_draws_from_each_other():
    draws = [0.0, 3.0, 10.0, 10.0, 250.0]
    logs, value = [np.log1p(x) for x in draws], np.log1p(30.0)
    far = np.mean([abs(x - value) for x in logs])
    apart = np.mean([abs(x - y) for x in logs for y in logs])
    assert scored(30.0, draws).crps == pytest.approx(far - apart / 2)


def test_crps_of_a_sure_forecast_is_the_size_of_its_error_in_log_points():
    assert scored(100.0, [110.0] * 9).crps == pytest.approx(np.log(111 / 101))


def test_the_right_distribution_has_a_better_mean_score_than_any_other():
    """CRPS and the log score are proper."""
    outcomes = draws_of(8.0, 0.4)[::80]
    means = {
        (middle, spread): np.mean(
            [(s.crps, -(s.log_score or 0.0)) for s in _all(outcomes, middle, spread)], axis=0
        )
        for middle, spread in [(8.0, 0.4), (8.3, 0.4), (7.7, 0.4), (8.0, 0.2), (8.0, 0.8)]
    }
    right = means.pop((8.0, 0.4))
    assert all((right < other).all() for other in means.values())


def _all(outcomes: np.ndarray, middle: float, spread: float) -> list[Scores]:
    return [of_normal(figure(float(v), error=0.1), middle, spread, 1) for v in outcomes]


def test_an_amount_that_falls_below_zero_is_scored_with_its_sign():
    assert scored(-20.0, [20.0] * 3).crps == pytest.approx(2 * np.log(21))


# ── intervals and PIT ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("value", "inside_50", "inside_90"),
    [(50, True, True), (25, True, True), (20, False, True), (96, False, False), (3, False, False)],
)
def test_a_figure_lies_in_the_intervals_or_not(value, inside_50, inside_90):
    found = scored(float(value), np.arange(101))
    assert (found.inside_50, found.inside_90) == (inside_50, inside_90)
    assert found.quantiles == (5, 25, 50, 75, 95)
    assert found.pit == pytest.approx((value + 0.5) / 101)


def test_the_pit_of_calibrated_counts_is_uniform_although_they_are_few():
    """It is drawn between the probabilities of fewer and of at most as many, by the figure's id."""
    random = np.random.default_rng(1)
    draws = random.poisson(1.5, 4000)
    made = [of_draws(figure(float(value), n, error="poisson"), draws.astype(float), -1.0, 1)
            for n, value in enumerate(random.poisson(1.5, 600))]  # fmt: skip
    assert stats.kstest([one.pit for one in made], "uniform").pvalue > 0.01
    again = of_draws(figure(1.0, 5, error="poisson"), draws.astype(float), -1.0, 1)
    other = of_draws(figure(1.0, 6, error="poisson"), draws.astype(float), -1.0, 1)
    assert again.pit != other.pit


# ── events ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("value", "wanted"), [(0.0, 0.75**2), (1.0, 0.25**2), (6.0, 0.25**2)])
def test_the_brier_score_is_of_at_least_one_event(value, wanted):
    assert scored(value, [0, 1, 1, 5], error="poisson").brier == pytest.approx(wanted)


def test_amounts_have_no_brier_score():
    assert scored(1.0, [0, 1]).brier is None


def test_a_baseline_of_events_forecasts_whole_numbers_that_add_up_to_one():
    found = [of_normal(figure(float(n), error="poisson"), 0.9, 0.6, 1) for n in range(60)]
    assert sum(np.exp(one.log_score) for one in found) == pytest.approx(1, abs=1e-6)
    none = stats.norm(0.9, 0.6).cdf(np.log(1.5))
    assert np.exp(found[0].log_score) == pytest.approx(none)
    assert found[0].brier == pytest.approx((1 - none) ** 2, abs=2e-3)
    assert all(q == round(q) >= 0 for q in found[0].quantiles)


# ── log score ───────────────────────────────────────────────────────────────────────────────────


def test_the_log_score_of_a_baseline_is_a_density_of_the_figure_itself():
    def density(value: float) -> float:
        return float(np.exp(of_normal(figure(value, error=0.1), 3.0, 0.4, 1).log_score))

    total, _ = quad(density, -5, 400, points=[0, 20], limit=200)
    assert total == pytest.approx(1, abs=1e-4)


def test_a_forecast_that_rules_a_figure_out_has_no_log_score():
    assert of_draws(figure(3.0), np.ones(5), -np.inf, 1).log_score is None


def company(runs: int, delta: float) -> Any:
    model = with_evidence(counted("flow", DELIVERED, "round", rule()))
    return results(model, runs, given={discrepancy("s"): [delta] * runs})


@pytest.mark.parametrize("delta", [0.0, 0.6])
def test_the_density_of_the_model_is_that_of_the_counts_that_are_drawn(delta):
    """As a histogram of many draws shows it."""
    runs = 20_000
    means, made = np.full((1, runs), 50.0), company(runs, delta)
    how = {"error": 0.3, "resolution": 2.0}
    draws = sample([figure(1.0, **how)], means, made)[0]
    for value in (20.0, 50.0, 90.0):
        near = np.mean(np.abs(draws - value) < 2) / 4
        (found,) = log_density([figure(value, **how)], means, made)
        assert np.exp(found) == pytest.approx(near, rel=0.1)


def test_the_density_of_a_mixture_is_the_mean_of_the_densities():
    made = company(2, 0.0)
    means = np.array([[40.0, 60.0]])
    (found,) = log_density([figure(50.0, error=0.2)], means, made)
    each = [stats.lognorm(0.2, scale=mean).pdf(50.0) for mean in (40, 60)]
    assert np.exp(found) == pytest.approx(np.mean(each), rel=1e-5)


def test_the_probability_of_a_count_of_events_is_poisson_in_each_run():
    made = company(2, 0.0)
    means = np.array([[1.0, 4.0], [0.0, 0.0]])
    found = log_density([figure(3.0, error="poisson"), figure(1.0, error="poisson")], means, made)
    assert np.exp(found[0]) == pytest.approx(np.mean(stats.poisson([1, 4]).pmf(3)))
    assert found[1] == -np.inf
