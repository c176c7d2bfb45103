"""Counts: what a source counts in a run, as samples and as log probability, against SciPy."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats
from scipy.integrate import quad

from servanda.case import Prior, Series
from servanda.observation import Figure, amounts, events, expected, monthly, record, sample
from servanda.observation.discrepancy import discrepancy
from servanda.results import Results
from tests.handmade import counted, observation, results, rule, with_evidence

DELIVERED, RATE = "arrived[SUP>BUY:shells]", "launch_rate[SUP]"
NEVER = -np.inf
WIDEST = 8


def figure(value: float = 1.0, number: int = 1, resolution: float = 1e-9, **how: Any) -> Figure:
    """A figure whose source counts like this; what it is about does not matter here."""
    series = counted("flow", DELIVERED, "round", rule(**how))
    row = observation(number, value, "2020-04-30", "2020-04-01")
    return Figure(row, series.rules[0], value, np.eye(24)[3], resolution)


def log_probs(value: float, means: Any, **how: Any) -> np.ndarray:
    """In double precision, so that only the definition can differ; without a discrepancy."""
    filled = np.full((1, WIDEST), means[-1], float)  # JAX compiles for every length anew
    filled[0, : len(means)] = means
    with jax.enable_x64(True):
        return np.asarray(log_prob(value, jnp.asarray(filled), **how))[0, : len(means)]


def log_prob(
    value: float,
    means: Any,
    error: float | str,
    resolution: float = 1e-9,
    bound: str = "estimate",
    delta: float = 0.0,
) -> Any:
    """The log probability of a figure in runs that expect these means."""
    count, delta, upper = (
        jnp.array([[value]]),
        jnp.full_like(means, delta),
        np.array([[bound == "upper"]]),
    )
    if error == "poisson":
        if bound == "estimate":
            return events.log_probability(count, means, delta)
        return events.log_side(count, means, delta, upper)
    near = jnp.array([[resolution / error]])
    deviation = jnp.hypot(jnp.array([[error]]), amounts.loading(means, near) * delta)
    off = amounts.place(count, near) - amounts.place(means, near)
    if bound == "estimate":
        return amounts.log_density(count, off, near, deviation)
    return amounts.log_side(off, deviation, upper)


def drawn(
    figures: list[Figure], means: Any, runs: int, seed: int = 1, numbers: Any = None
) -> np.ndarray:
    """Samples of figures with these means, in runs with these numbers."""
    return sample(figures, np.array(means, float), company(runs, seed, numbers))


def company(runs: int, seed: int, numbers: Any, delta: float = 0.0) -> Results:
    """Results of a model whose series `s` has this discrepancy."""
    made = results(runs=runs, seed=seed)
    own = {**made.ensemble.parameters, discrepancy("s"): np.full(runs, delta, np.float32)}
    made = replace(made, ensemble=replace(made.ensemble, parameters=own))
    if numbers is None:
        return made
    return replace(made, ensemble=replace(made.ensemble, run_numbers=np.array(numbers)))


# ── log probability of an estimate ──────────────────────────────────────────────────────────────


@pytest.mark.parametrize("error", [0.05, 0.4, 1.5])
def test_an_estimate_far_above_its_resolution_has_the_density_of_a_lognormal(error):
    means = [0.3, 1, 40, 5000]
    found = log_probs(40.0, means, error=error)
    expected_ = [stats.lognorm(error, scale=mean).logpdf(40.0) for mean in means]
    np.testing.assert_allclose(found, expected_, rtol=1e-9)


@pytest.mark.parametrize("value", [-2.0, 0.0, 3.0])
def test_an_estimate_has_the_density_of_johnsons_s_u(value):
    """SciPy's own: asinh of the count over h is normal."""
    means, near = [-3.0, 0.0, 1.0, 40.0], 2.0 / 0.4
    found = log_probs(value, means, error=0.4, resolution=2.0)
    expected_ = [
        stats.johnsonsu(-np.arcsinh(mean / near) / 0.4, 1 / 0.4, scale=near).logpdf(value)
        for mean in means
    ]
    np.testing.assert_allclose(found, expected_, rtol=1e-9)


@pytest.mark.parametrize("mean", [0.0, 1.0, 100.0])
def test_relative_error_and_resolution_add_up_in_squares(mean):
    """To first order in the error."""
    (counts,) = drawn([figure(error=0.02, resolution=0.5)], np.full((1, MANY), mean), MANY)
    assert np.std(counts) == pytest.approx(np.hypot(0.02 * mean, 0.5), rel=0.02)


def test_a_total_that_hardly_rose_says_little_about_a_small_rise():
    """10,900 and then 11,000 soldiers: 100 more, of which rounding leaves hundreds open."""
    found = log_probs(100.0, [0.0, 100.0, 400.0, 3000.0], error=0.08, resolution=550.0)
    assert found[0] == pytest.approx(found[1], abs=0.05)
    assert found[2] > found[1] - 0.2
    assert found[3] < found[1] - 5


@pytest.mark.parametrize("mean", [3.0, 0.0, -3.0])
def test_the_density_of_an_estimate_integrates_to_one(mean):
    def density(value: float) -> float:
        return float(np.exp(log_probs(value, [mean], error=0.4, resolution=1.0)[0]))

    total, _ = quad(density, -60, 60, epsabs=1e-7, limit=200)
    assert total == pytest.approx(1, abs=1e-6)


# ── of a bound ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("error", [0.1, 0.8])
@pytest.mark.parametrize("mean", [20.0, 39.0, 41.0, 90.0])
def test_a_bound_has_the_probability_of_its_side(error, mean):
    count = stats.lognorm(error, scale=mean)
    (upper,) = log_probs(40.0, [mean], error=error, bound="upper")
    (lower,) = log_probs(40.0, [mean], error=error, bound="lower")
    assert upper == pytest.approx(count.logcdf(40.0), rel=1e-9, abs=1e-12)
    assert lower == pytest.approx(count.logsf(40.0), rel=1e-9, abs=1e-12)
    assert np.exp(upper) + np.exp(lower) == pytest.approx(1, rel=1e-12)


def test_a_bound_on_nothing_has_the_probability_of_a_fall():
    """Nothing is at most 0 in half of all counts, if revisions go both ways."""
    how = {"error": 0.3, "resolution": 5.0}
    assert log_probs(0.0, [0.0], **how, bound="upper").tolist() == [np.log(0.5)]
    (fall,) = log_probs(-5.0, [0.0], **how, bound="upper")
    near = 5.0 / 0.3
    assert fall == pytest.approx(stats.norm.logcdf(np.arcsinh(-5.0 / near) / 0.3), rel=1e-9)


def test_far_on_the_wrong_side_a_bound_is_unlikely_but_finite():
    """So that inference finds its way back."""
    (found,) = log_probs(1.0, [1e6], error=0.4, bound="upper")
    assert found == pytest.approx(stats.lognorm(0.4, scale=1e6).logcdf(1.0), rel=1e-6)
    assert found < -500


# ── of counts of events ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("mean", [0.2, 4.0, 60.0])
@pytest.mark.parametrize("value", [0.0, 1.0, 4.0, 70.0])
def test_a_count_of_events_is_poisson(value, mean):
    count = stats.poisson(mean)
    how = {"error": "poisson"}
    np.testing.assert_allclose(log_probs(value, [mean], **how), count.logpmf(value), rtol=1e-3)
    (upper,) = log_probs(value, [mean], **how, bound="upper")
    (lower,) = log_probs(value, [mean], **how, bound="lower")
    assert np.exp(upper) == pytest.approx(count.cdf(value), rel=1e-3)
    assert np.exp(lower) == pytest.approx(count.sf(value - 1), rel=1e-3)


def test_the_probabilities_of_all_counts_add_up_to_one():
    total = sum(np.exp(log_probs(float(n), [4.0], error="poisson")[0]) for n in range(60))
    assert total == pytest.approx(1, rel=1e-9)


@pytest.mark.parametrize(
    ("value", "mean", "bound"),
    [(1.0, 200.0, "upper"), (30.0, 400.0, "upper"), (60.0, 0.5, "lower"), (9.0, 1e-6, "lower")],
)
def test_far_on_the_wrong_side_a_bound_of_events_is_unlikely_but_finite(value, mean, bound):
    """In the single precision of runs too, where the share itself is too small to be a number."""
    means = jnp.full((1, WIDEST), mean, np.float32)
    found = float(log_prob(value, means, error="poisson", bound=bound)[0, 0])
    count = stats.poisson(mean)
    exact = count.logcdf(value) if bound == "upper" else count.logsf(value - 1)
    assert found == pytest.approx(exact, rel=1e-3)
    assert found < -80


@pytest.mark.parametrize("delta", [0.0, 1e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.3])
@pytest.mark.parametrize("mean", [0.05, 4.0, 200.0, 2000.0])
def test_a_bound_of_events_is_exact_for_every_discrepancy_in_single_precision(mean, delta):
    """SciPy computes in double precision; counts lie on both sides of the mean, near and far."""
    delta, mean = float(np.float32(delta)), float(np.float32(mean))
    size = 1 / delta**2 if delta else np.inf
    count = stats.nbinom(size, 1 / (1 + mean / size)) if delta else stats.poisson(mean)
    away = np.sqrt(mean + (delta * mean) ** 2) * np.array([-5, -3, -1, 0, 1, 3, 5, 20])
    values = np.unique(np.maximum(np.round(mean + away), 1.0))
    bounds = jnp.tile(jnp.asarray(values, jnp.float32)[:, None], (2, 1))
    upper = np.repeat([True, False], len(values))[:, None]
    given = jnp.full(bounds.shape, mean, jnp.float32), jnp.full(bounds.shape, delta, jnp.float32)
    found = np.asarray(events.log_side(bounds, *given, upper))[:, 0]
    exact = np.concatenate([count.logcdf(values), count.logsf(values - 1)])
    np.testing.assert_allclose(found, exact, rtol=5e-3, atol=2e-4)


@pytest.mark.parametrize("mean", [0.0, -2.0])
def test_where_nothing_is_expected_no_event_is_counted(mean):
    """Less than nothing cannot be expected of events: it is none."""
    how = {"error": "poisson"}
    assert log_probs(0.0, [mean], **how).tolist() == [0]
    assert log_probs(3.0, [mean], **how).tolist() == [NEVER]
    assert log_probs(3.0, [mean], **how, bound="upper").tolist() == [0]
    assert log_probs(3.0, [mean], **how, bound="lower").tolist() == [NEVER]
    assert log_probs(0.0, [mean], **how, bound="lower").tolist() == [0]


@pytest.mark.parametrize("value", [2.5, -1.0])
def test_events_come_in_whole_numbers(value):
    assert log_probs(value, [4.0], error="poisson").tolist() == [NEVER]


def test_a_bound_between_two_counts_is_the_one_on_its_side():
    how = {"error": "poisson"}
    two_or_fewer = np.log(stats.poisson(4).cdf(2))
    assert log_probs(2.5, [4.0], **how, bound="upper")[0] == pytest.approx(two_or_fewer, 1e-5)
    three_or_more = np.log(stats.poisson(4).sf(2))
    assert log_probs(2.5, [4.0], **how, bound="lower")[0] == pytest.approx(three_or_more, 1e-5)
    assert log_probs(-1.0, [4.0], **how, bound="upper").tolist() == [NEVER]
    assert log_probs(-1.0, [4.0], **how, bound="lower").tolist() == [0]


def test_the_gradient_of_what_is_possible_is_finite():
    """Also beside runs in which the figure is impossible."""

    def slopes(**how: Any) -> np.ndarray:
        means = jnp.array([[2.0, 0.0, -1.0]], np.float32)
        found = jax.grad(lambda m: log_prob(3.0, m, resolution=1e-3, **how)[:, 0].sum())(means)
        return np.asarray(found)[0]

    assert np.isfinite(slopes(error="poisson")).all()
    assert np.isfinite(slopes(error=0.4, bound="lower")).all()
    found = slopes(error=0.4)
    assert np.isfinite(found).all()
    # d/dm of the log density of a lognormal: (ln v − ln m) / (σ² m)
    assert float(found[0]) == pytest.approx(np.log(1.5) / (0.16 * 2), rel=1e-4)


# ── samples ─────────────────────────────────────────────────────────────────────────────────────

MANY = 50_000


def test_a_sample_of_an_estimate_is_lognormal():
    (counts,) = drawn([figure(error=0.4)], np.full((1, MANY), 400.0), MANY)
    found = stats.kstest(np.log(counts / 400) / 0.4, "norm")
    assert found.pvalue > 0.001
    assert np.log(counts).mean() == pytest.approx(np.log(400), abs=4 * 0.4 / np.sqrt(MANY))


def test_a_sample_of_a_count_is_poisson():
    (counts,) = drawn([figure(error="poisson")], np.full((1, MANY), 4.0), MANY)
    assert counts.mean() == pytest.approx(4, abs=4 * 2 / np.sqrt(MANY))
    assert counts.var() == pytest.approx(4, rel=0.03)
    assert set(counts) <= set(range(40))


def test_no_event_is_counted_where_none_is_expected():
    assert not drawn([figure(error="poisson")], np.zeros((1, 50)), 50).any()


def test_where_nothing_is_expected_no_more_is_counted_than_the_resolution_leaves_open():
    (counts,) = drawn([figure(error=0.4, resolution=2.0)], np.zeros((1, MANY)), MANY)
    assert np.std(counts) == pytest.approx(2.0, rel=0.2)
    assert np.mean(counts > 0) == pytest.approx(0.5, abs=0.01)


def test_what_falls_is_counted_as_falling():
    (counts,) = drawn([figure(error=0.4)], np.full((1, 500), -400.0), 500)
    assert (counts < 0).all()
    assert np.median(np.log(-counts)) == pytest.approx(np.log(400), abs=0.1)


@pytest.mark.parametrize("error", [0.4, "poisson"])
@pytest.mark.parametrize("value", [3.0, 4.0, 6.0])
def test_samples_are_as_often_at_most_a_figure_as_an_upper_bound_is_probable(error, value):
    (counts,) = drawn([figure(error=error)], np.full((1, MANY), 4.0), MANY)
    (probable,) = np.exp(log_probs(value, [4.0], error=error, bound="upper"))
    share = (counts <= value).mean()
    assert share == pytest.approx(probable, abs=4 * np.sqrt(probable * (1 - probable) / MANY))


@pytest.mark.parametrize("error", [0.4, "poisson"])
def test_another_expectation_in_one_run_changes_no_other_draw(error):
    means = np.full((2, 100), 7.0)
    moved = means.copy()
    moved[0, 41] = 70.0
    figures = [figure(number=n, error=error) for n in (1, 2)]
    before, after = (drawn(figures, m, 100) for m in (means, moved))
    changed = np.argwhere(before != after)
    assert changed.tolist() == [[0, 41]]


def test_a_run_alone_is_counted_as_in_company():
    figures = [figure(number=n, error=0.4) for n in (1, 2)]
    many = drawn(figures, np.full((2, 300), 400.0), 300)
    alone = drawn(figures, np.full((2, 1), 400.0), 1, numbers=[203])
    np.testing.assert_array_equal(alone[:, 0], many[:, 203])
    some = drawn(figures, np.full((2, 3), 400.0), 3, numbers=[9, 203, 0])
    np.testing.assert_array_equal(some, many[:, [9, 203, 0]])


def test_errors_are_the_same_for_the_same_seed_and_figure_and_for_no_other():
    figures = [figure(number=n, error=0.4) for n in (1, 2)]
    means = np.full((2, 50), 400.0)
    one, two = drawn(figures, means, 50)
    again, _ = drawn(figures, means, 50)
    other, _ = drawn(figures, means, 50, seed=2)
    np.testing.assert_array_equal(one, again)
    assert not np.isin(one, two).any()
    assert not np.isin(one, other).any()


def test_a_figure_is_counted_alike_beside_any_others():
    figures = [figure(number=n, error=0.4) for n in (1, 2, 3)]
    whole = drawn(figures, np.full((3, 20), 400.0), 20)
    (alone,) = drawn(figures[1:2], np.full((1, 20), 400.0), 20)
    np.testing.assert_array_equal(alone, whole[1])


def test_figures_err_independently():
    figures = [figure(number=n, error=0.4) for n in (1, 2)]
    one, two = np.log(drawn(figures, np.full((2, MANY), 400.0), MANY))
    assert abs(np.corrcoef(one, two)[0, 1]) < 4 / np.sqrt(MANY)


# ── discrepancies ───────────────────────────────────────────────────────────────────────────────


def test_the_discrepancy_of_a_series_adds_to_the_errors_of_its_figures_and_persists():
    """Correlation falls by the factor e in twelve months."""
    series = counted("flow", DELIVERED, "round", rule(error=0.3))
    days = ("2020-01", 31), ("2020-02", 29), ("2021-02", 28)
    rows = [observation(n, 401, f"{m}-{d}", f"{m}-01") for n, (m, d) in enumerate(days, start=1)]
    counts = from_record(series, rows, MANY, 0.4, arrived={"SUP>BUY:shells": 400.0})
    off = np.log(counts / 400.0)
    assert off.std(axis=1) == pytest.approx([0.5] * 3, rel=0.02)
    shares = np.cov(off) / 0.4**2
    assert shares[0, 1] == pytest.approx(np.exp(-1 / 12), abs=0.03)
    assert shares[0, 2] == pytest.approx(np.exp(-13 / 12), abs=0.03)


def test_a_series_that_lies_off_counts_nothing_where_the_model_has_nothing():
    """The discrepancy is a ratio: beside it only rounding and revision remain."""
    series = counted("flow", DELIVERED, "round", rule(error=0.08))
    row = observation(1, 10_000, "2020-04-30", "2020-04-01")
    (counts,) = from_record(series, [row], MANY, 0.6, arrived={"SUP>BUY:shells": 0.0})
    assert np.std(counts) == pytest.approx(10_000 / np.sqrt(12), rel=0.02)


def test_counts_of_events_with_a_discrepancy_are_negative_binomial():
    series = counted("flow", RATE, "launch", rule(error="poisson"))
    row = observation(1, 7, "2020-02-29", "2020-02-01", unit="launch")
    (counts,) = from_record(series, [row], MANY, 0.5, launch_rate={"SUP": 4.0})
    exact = stats.nbinom(4, 4 / (4 + 4.0))
    shares = [(counts == n).mean() for n in range(6)]
    assert shares == pytest.approx(exact.pmf(range(6)), abs=0.01)


# ── from the record to the count ────────────────────────────────────────────────────────────────


def from_record(
    series: Series, rows: list[Any], runs: int, delta: float = 0.0, **more: Any
) -> np.ndarray:
    model = with_evidence(series, rows, more.pop("biases", None))
    made = results(model, runs, given={discrepancy("s"): np.full(runs, delta)}, **more)
    figures = record(model, series, rows).figures
    return sample(figures, expected(made, series, figures), made)


def test_each_increment_has_an_error_of_its_own():
    """A class adds to its total, so what it counted before it counts again."""
    series = counted("running_total", DELIVERED, "round", rule(error=0.1))
    rows = [observation(1, 301, "2020-02-29"), observation(2, 602, "2020-03-31")]
    months = {"SUP>BUY:shells": 100.0 * np.arange(1, 25)}
    one, two = from_record(series, rows, MANY, arrived=months)
    assert np.std(one) == pytest.approx(30, rel=0.02)
    # and what the second total may revise of the first, 3 % of each
    assert np.std(two) == pytest.approx(np.hypot(30, np.hypot(9.03, 18.06)), rel=0.03)
    assert abs(np.corrcoef(one, two)[0, 1]) < 0.02


def test_counts_of_events_between_two_totals_are_poisson_too():
    series = counted("running_total", RATE, "launch", rule(error="poisson"))
    rows = [observation(n, 7, d, unit="launch") for n, d in ((1, "2020-10-31"), (2, "2020-12-31"))]
    one, two = from_record(series, rows, MANY, launch_rate={"SUP": 2.0})
    assert (one.mean(), two.mean()) == pytest.approx((20, 4), rel=0.02)
    assert (one.var(), two.var()) == pytest.approx((20, 4), rel=0.04)
    assert abs(np.corrcoef(one, two)[0, 1]) < 0.02


def test_bias_and_error_add_up_in_logs():
    bias = Prior("lognormal", (1.0, 0.3), 1e-3, 1e3, "dimensionless", "assumed")
    series = counted("flow", DELIVERED, "round", rule(error=0.4, bias="high"))
    row = observation(1, 401, "2020-04-30", "2020-04-01")
    months = {"SUP>BUY:shells": 400.0}
    (counts,) = from_record(series, [row], MANY, biases={"high": bias}, arrived=months)
    assert np.std(np.log(counts)) == pytest.approx(0.5, rel=0.02)


def test_months_of_what_is_observed_are_in_the_series_unit():
    series = counted("flow", "gain[BUY-SUP/SUP]", "MUSD")
    made = results(with_evidence(series), gain={"BUY-SUP/SUP": 3e6})
    np.testing.assert_allclose(monthly(made, series)[:, 0], np.full(24, 3.0))
    several = counted("flow", DELIVERED, "round").model_copy(
        update={"observes": (DELIVERED, "arrived[PAT>FOE:shells]")}
    )
    months = {"SUP>BUY:shells": 5.0, "PAT>FOE:shells": 2.0}
    assert (monthly(results(arrived=months), several) == 7).all()
