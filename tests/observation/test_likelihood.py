"""The likelihood of the record with a persistent discrepancy, against SciPy."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import replace
from typing import Any

import jax
import numpy as np
import pytest
from scipy import stats

from servanda.case import Evidence, Series
from servanda.engine import assemble
from servanda.observation.discrepancy import PERSISTENCE, discrepancy
from servanda.observation.likelihood import Deviation, Likelihood
from tests.handmade import counted, observation, rule, with_evidence

DELIVERED, RATE = "arrived[SUP>BUY:shells]", "launch_rate[SUP]"
MONTHS = 100.0 * np.arange(1, 25)
OWN = discrepancy("s")


def likelihood(series: Series, rows: list[Any], biases: Any = None) -> Likelihood:
    return Likelihood(with_evidence(series, rows, biases))


def by_figure(
    found: Likelihood, delta: float, months: Any = MONTHS, **biases: float
) -> tuple[np.ndarray, Deviation]:
    """In one run, in double precision; shells arrive by the hundred each month."""
    inputs = {OWN: [delta]} | {f"observation.bias[{k}]": [v] for k, v in biases.items()}
    with jax.enable_x64(True):
        given = {name: jax.numpy.asarray(value, float) for name, value in inputs.items()}
        values = np.asarray(months, float)[:, None, None]
        each, deviation = jax.jit(found.by_figure)(values, given)
        return np.asarray(each)[:, 0], Deviation(*map(np.asarray, deviation))


def on_days(*days: tuple[str, str, float], **more: Any) -> list[Any]:
    rows = enumerate(days, start=1)
    return [observation(n, value, last, first, **more) for n, (first, last, value) in rows]


MONTHLY = on_days(
    ("2020-02-01", "2020-02-29", 260.0),
    ("2020-03-01", "2020-03-31", 390.0),
    ("2020-07-01", "2020-07-31", 610.0),
)


class Joint:
    """The estimates of a series as one normal vector on the scale on which they err."""

    def __init__(self, found: Likelihood, delta: float, means: list[float], times: list[float]):
        values = np.array([f.value for f in found.figures])
        errors = np.array([f.rule.error for f in found.figures])
        near = np.array([f.resolution for f in found.figures]) / errors
        self.away = np.arcsinh(values / near) - np.arcsinh(np.array(means) / near)
        self.loading = np.array(means) / np.hypot(means, near)
        apart = np.abs(np.subtract.outer(times, times))
        shared = delta**2 * np.exp(-apart / PERSISTENCE)
        self.with_last = shared[-1] * self.loading
        self.covariance = np.outer(self.loading, self.loading) * shared + np.diag(errors**2)
        self.slopes = -np.log(np.hypot(values, near)).sum()


@pytest.mark.parametrize("delta", [0.02, 0.3, 2.0])
def test_estimates_of_a_series_are_one_normal_vector_whose_discrepancy_persists(delta):
    found = likelihood(counted("flow", DELIVERED, "round", rule(error=0.2)), MONTHLY)
    each, _ = by_figure(found, delta)
    one = Joint(found, delta, [200.0, 300.0, 700.0], [1.0, 2.0, 6.0])
    exact = stats.multivariate_normal(cov=one.covariance).logpdf(one.away) + one.slopes
    assert each.sum() == pytest.approx(exact, rel=1e-9)


def test_estimates_of_several_series_are_one_normal_vector_in_blocks():
    """Each has a discrepancy of its own; a source class may count in several, with one bias."""
    ministry = rule("ministry", error=0.3, bias="high")
    names = {"s": DELIVERED, "men": "losses[BUY]", "fire": "used[BUY.shells]"}
    series = [
        counted("flow", quantity, "person" if name == "men" else "round", *rules).model_copy(
            update={"name": name}
        )
        for (name, quantity), rules in zip(
            names.items(),
            [(rule(error=0.2), ministry), (ministry,), (rule(error=0.1),)],
            strict=True,
        )
    ]
    about = [
        ("s", 2, 260, "press"), ("men", 2, 31, "ministry"), ("s", 3, 520, "ministry"),
        ("fire", 3, 7100, "press"), ("men", 5, 77, "ministry"), ("s", 9, 610, "press"),
        ("fire", 4, 7600, "press"), ("men", 12, 12, "ministry"),
    ]  # fmt: skip
    rows = [
        observation(
            number, value, f"2020-{month:02}-{monthrange(2020, month)[1]}", f"2020-{month:02}-01",
            series=name, source=source, unit="person" if name == "men" else "round",
        )
        for number, (name, month, value, source) in enumerate(about, start=1)
    ]  # fmt: skip
    case = with_evidence(series[0], rows, {"high": 1.5}).case
    evidence = Evidence(tuple(rows), tuple(series), case.evidence.sources)
    found = Likelihood(assemble(replace(case, evidence=evidence)))
    monthly = {"s": 100.0, "men": 20.0, "fire": 2500.0}  # so many more each month
    deltas = {"s": 0.3, "men": 0.05, "fire": 0.8}
    each = several(found, monthly, deltas, {"high": 1.5})

    kept = sorted(about, key=lambda one: ([*names].index(one[0]), one[1]))
    assert [f.value for f in found.figures] == [value for _, _, value, _ in kept]
    errors = [{"press": {"s": 0.2, "fire": 0.1}.get(n), "ministry": 0.3}[c] for n, _, _, c in kept]
    means = [monthly[n] * m * (1.5 if c == "ministry" else 1.0) for n, m, _, c in kept]
    near = np.array([f.resolution for f in found.figures]) / errors
    away = np.arcsinh([v for _, _, v, _ in kept] / near) - np.arcsinh(means / near)
    loading = np.array(means) / np.hypot(means, near)
    shared = [
        [(a == b) * deltas[a] ** 2 * np.exp(-abs(s - t) / PERSISTENCE) for b, t, *_ in kept]
        for a, s, *_ in kept
    ]
    covariance = np.outer(loading, loading) * shared + np.diag(np.square(errors))
    slopes = -np.log(np.hypot([v for _, _, v, _ in kept], near)).sum()
    exact = stats.multivariate_normal(cov=covariance).logpdf(away) + slopes
    assert each.sum() == pytest.approx(exact, rel=1e-9)


def several(
    found: Likelihood, monthly: dict[str, float], deltas: dict[str, float], biases: dict[str, float]
) -> np.ndarray:
    """In one run, in double precision, in which what each series observes rises each month."""
    inputs = {discrepancy(name): [delta] for name, delta in deltas.items()}
    inputs |= {f"observation.bias[{name}]": [bias] for name, bias in biases.items()}
    rises = [monthly[r.series.name] for r in found.records]
    with jax.enable_x64(True):
        given = {name: jax.numpy.asarray(value, float) for name, value in inputs.items()}
        values = np.outer(np.arange(1, 25), rises)[..., None]
        each, _ = jax.jit(found.by_figure)(values, given)
        return np.asarray(each)[:, 0]


def test_where_the_discrepancy_stands_at_the_end_is_its_conditional_distribution():
    found = likelihood(counted("flow", DELIVERED, "round", rule(error=0.2)), MONTHLY)
    _, deviation = by_figure(found, 0.3)
    one = Joint(found, 0.3, [200.0, 300.0, 700.0], [1.0, 2.0, 6.0])
    gain = np.linalg.solve(one.covariance, one.with_last)
    assert deviation.mean[0, 0] == pytest.approx(gain @ one.away, rel=1e-9)
    assert deviation.variance[0, 0] == pytest.approx(0.09 - gain @ one.with_last, rel=1e-9)


def test_without_a_discrepancy_figures_are_independent():
    """As each is by itself, whichever its kind."""
    rules = (rule(error=0.2), rule("ministry", error=0.3, bound="upper", bias="high"))
    rows = [*MONTHLY, observation(9, 900, "2020-09-30", "2020-09-01", source="ministry")]
    found = likelihood(counted("flow", DELIVERED, "round", *rules), rows, {"high": 1.5})
    each, _ = by_figure(found, 1e-9, high=1.5)
    near = [f.resolution / f.rule.error for f in found.figures]
    away = [
        (np.arcsinh(f.value / h) - np.arcsinh(mean / h)) / f.rule.error
        for f, h, mean in zip(found.figures, near, (200.0, 300.0, 700.0, 1350.0), strict=True)
    ]
    apart = [
        stats.norm.logpdf(z) - np.log(f.rule.error * np.hypot(f.value, h))
        for z, f, h in zip(away, found.figures, near, strict=True)
    ]
    apart[3] = stats.norm.logcdf(away[3])
    np.testing.assert_allclose(each, apart, rtol=1e-6)


def test_a_second_figure_of_one_month_says_little_about_a_series_that_lies_off():
    """Two classes without error of their own count one month: the discrepancy is known by one."""
    rows = [
        observation(1, 401, "2020-04-30", "2020-04-01"),
        observation(2, 401, "2020-04-30", "2020-04-01", source="ministry"),
    ]
    rules = (rule(error=0.01), rule("ministry", error=0.01))
    found = likelihood(counted("flow", DELIVERED, "round", *rules), rows)
    (first, again), (off, off_again) = (
        by_figure(found, 0.5, scale * MONTHS)[0] for scale in (1.0, 2.0)
    )
    assert off - first == pytest.approx(-0.5 * (np.log(2) / 0.5) ** 2, abs=0.02)
    assert off_again == pytest.approx(again, abs=0.05)


@pytest.mark.parametrize(("bound", "value"), [("estimate", 3), ("at most", 3), ("at least", 3)])
def test_a_count_of_events_is_negative_binomial(bound, value):
    series = counted("flow", RATE, "launch", rule(error="poisson"))
    row = replace(observation(1, value, "2020-02-29", "2020-02-01", unit="launch"), bound=bound)
    (each,) = by_figure(likelihood(series, [row]), 0.5, np.full(24, 5.0))[0]
    size = 1 / 0.5**2
    count = stats.nbinom(size, size / (size + 5.0))
    exact = {
        "estimate": count.logpmf(value),
        "at most": count.logcdf(value),
        "at least": count.logsf(value - 1),
    }
    assert each == pytest.approx(exact[bound], rel=1e-5)


def test_two_counts_of_one_month_share_what_the_rate_is_off_by():
    """Their joint probability is that of Poisson counts mixed over one gamma variate."""
    rules = (rule(error="poisson"), rule("ministry", error="poisson"))
    series = counted("flow", RATE, "launch", *rules)
    rows = [
        observation(n, value, "2020-02-29", "2020-02-01", unit="launch", source=source)
        for n, value, source in ((1, 3, "press"), (2, 9, "ministry"))
    ]
    each, _ = by_figure(likelihood(series, rows), 0.5, np.full(24, 5.0))
    gamma = stats.gamma(4, scale=1 / 4)
    exact = gamma.expect(lambda u: stats.poisson(5 * u).pmf(3) * stats.poisson(5 * u).pmf(9))
    assert each.sum() == pytest.approx(np.log(exact), rel=1e-6)


def test_a_bound_has_the_probability_of_its_side_with_both_variances():
    row = replace(observation(1, 401, "2020-04-30", "2020-04-01"), bound="at least")
    series = counted("flow", DELIVERED, "round", rule(error=0.3))
    (each,) = by_figure(likelihood(series, [row]), 0.4)[0]
    near = 1 / np.sqrt(12) / 0.3
    away = np.arcsinh(401 / near) - np.arcsinh(400 / near)
    both = np.hypot(0.3, 0.4 * 400 / np.hypot(400, near))
    assert each == pytest.approx(stats.norm.logcdf(-away / both), rel=1e-9)


def test_a_bias_scales_what_is_expected():
    series = counted("flow", DELIVERED, "round", rule(error=0.2, bias="high"))
    found = likelihood(series, MONTHLY, {"high": 1.5})
    assert found.inputs == ("observation.bias[high]", OWN)
    biased, _ = by_figure(found, 0.3, MONTHS / 1.5, high=1.5)
    plain, _ = by_figure(
        likelihood(counted("flow", DELIVERED, "round", rule(error=0.2)), MONTHLY), 0.3
    )
    np.testing.assert_allclose(biased, plain, rtol=1e-9)


def test_only_bounds_leave_the_discrepancy_as_it_was():
    row = replace(observation(1, 401, "2020-04-30", "2020-04-01"), bound="at least")
    series = counted("flow", DELIVERED, "round", rule(error=0.3))
    _, deviation = by_figure(likelihood(series, [row]), 0.4)
    assert (deviation.mean[0, 0], deviation.variance[0, 0]) == (0, pytest.approx(0.16))
