"""Each baseline, worked out by hand; and which one a series has, by what was known before."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from scipy import stats

from servanda.scoring import choice
from servanda.scoring.baselines import RATES, TOTALS, centre
from servanda.scoring.choice import choose
from servanda.scoring.history import History, coverage, scaled, unscaled
from tests.handmade import counted, observation, rule, with_evidence

MONTHS = 60


def months(first: int, last: int) -> np.ndarray:
    """Whole months of the case, both included."""
    return ((np.arange(MONTHS) >= first) & (np.arange(MONTHS) <= last)).astype(float)


def history(
    amounts: Sequence[float],
    spans: Sequence[tuple[int, int]] | None = None,
    *,
    total: bool = False,
    level: bool = False,
    classes: Sequence[str] | None = None,
    since_start: int = 0,
) -> History:
    """Figures about spans of months; without them, one a month from the first."""
    spans = [(n, n) for n in range(len(amounts))] if spans is None else spans
    ends = np.array([last + 1.0 for _, last in spans])
    return History(
        total=total,
        level=level,
        amounts=np.array(amounts, float),
        coverage=np.stack([months(*span) for span in spans]),
        times=np.array([np.mean(span) for span in spans]),
        ends=ends,
        known=ends,
        classes=tuple(classes or ["press"] * len(amounts)),
        since_start=np.arange(len(amounts)) < since_start,
    )


def forecast(name: str, own: History, span: tuple[int, int], origin: int | None = None) -> float:
    """The amount that a baseline expects of a span of months."""
    rules = TOTALS if own.total else RATES
    at = len(own) if origin is None else origin
    return float(unscaled(centre(rules[name], own.of_class("press"), own, months(*span), at)))


# ── the scale ───────────────────────────────────────────────────────────────────────────────────


def test_the_scale_is_log_of_one_more_and_keeps_the_sign():
    assert scaled(np.array([0.0, np.e - 1, 1 - np.e])).tolist() == [0, 1, -1]
    amounts = np.array([-4e5, -0.3, 0.0, 7.0, 3e9])
    np.testing.assert_allclose(unscaled(scaled(amounts)), amounts, rtol=1e-12)


# ── levels and flows ────────────────────────────────────────────────────────────────────────────


def test_persistence_keeps_the_last_rate_for_as_many_months_as_are_asked():
    own = history([10, 20, 40])
    assert forecast("persistence", own, (3, 3)) == pytest.approx(40)
    assert forecast("persistence", own, (3, 5)) == pytest.approx(120)


def test_a_longer_figure_counts_by_its_monthly_rate():
    own = history([60, 90], [(0, 2), (3, 4)])
    assert forecast("persistence", own, (5, 5), 5) == pytest.approx(45)


def test_drift_goes_on_along_the_line_from_first_to_last():
    own = history([9, 99, 999])  # log(1 + x) rises by log 10 a month
    assert forecast("drift", own, (3, 3)) == pytest.approx(9999)
    assert forecast("drift", own, (4, 4)) == pytest.approx(99999)


def test_a_line_that_leads_beyond_numbers_stops_before():
    own = history([0, 1e13], [(0, 0), (1, 1)])
    assert np.isfinite(forecast("drift", own, (59, 59)))


def test_the_mean_is_taken_on_the_scale_of_scores():
    assert forecast("mean", history([9, 999]), (5, 5)) == pytest.approx(99)


def test_last_year_is_the_same_month_a_year_before_or_else_the_last_one():
    own = history(list(range(100, 113)))
    assert forecast("last year", own, (13, 13)) == pytest.approx(101)
    assert forecast("last year", own, (13, 14)) == pytest.approx(2 * 101.5)
    assert forecast("last year", history([7, 8]), (3, 3)) == pytest.approx(8)


def test_a_level_has_no_duration():
    own = history([50, 70], level=True)
    between = np.zeros(MONTHS)
    between[[3, 4]] = 0.25, 0.75  # a day between the ends of two months
    found = centre(RATES["persistence"], own, own, between, 2)
    assert float(unscaled(found)) == pytest.approx(70)


# ── running totals ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "rise"),
    [
        ("persistence", 0),
        ("last flow", 2 * 30),
        ("drift", 2 * 50 / 3),
        ("mean", 2 * (np.sqrt(11 * 31) - 1)),
    ],
)
def test_a_running_total_stays_or_goes_on_rising(name, rise):
    own = history([20, 30], [(0, 1), (2, 2)], total=True)
    assert forecast(name, own, (3, 4), 3) == pytest.approx(rise, rel=1e-5)


def test_a_first_total_tells_no_rate_but_what_there_was_in_its_months():
    """Nobody says when counting began. It counts from the start of the case."""
    own = history([100, 30], [(0, 9), (10, 10)], total=True, since_start=1)
    assert forecast("mean", own, (11, 11), 11) == pytest.approx(30)
    assert forecast("last flow", own, (0, 11), 11) == pytest.approx(130 + 30)


def test_months_before_the_origin_go_at_the_rate_that_earlier_figures_had():
    own = history([10, 20, 40])
    assert forecast("persistence", own, (1, 4), 3) == pytest.approx(2 * 30 + 2 * 40)


def test_a_source_class_is_forecast_by_itself_from_two_figures_on():
    classes = ["press", "ministry", "press", "ministry"]
    own = history([10, 1000, 20, 2000], classes=classes)
    assert forecast("persistence", own, (4, 4)) == pytest.approx(20)
    own = history([10, 1000, 20, 2000], classes=["press", *["ministry"] * 3])
    assert forecast("persistence", own, (4, 4)) == pytest.approx(2000)


def test_the_months_of_a_stock_that_is_counted_as_a_total_are_those_between_two_ends():
    series = counted("running_total", "stock[SUP.shells]", "round", rule())
    rows = [observation(1, 30.0, "2020-03-31"), observation(2, 50.0, "2020-06-30")]
    model = with_evidence(series, rows)
    from servanda.observation import record

    found = coverage(model, series, record(model, series, rows).figures)
    np.testing.assert_allclose(found[:, :8], [[1] * 3 + [0] * 5, [0] * 3 + [1] * 3 + [0] * 2])


# ── which baseline a series has ─────────────────────────────────────────────────────────────────


def noise(seed: int, count: int = 40) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 0.3, count)


def chosen(own: History, *others: History) -> choice.Baseline:
    named = {"s": own, **{f"other {n}": other for n, other in enumerate(others)}}
    return choose(named, len(own))["s"]


def test_the_baseline_is_the_one_that_fitted_best_before_the_origin():
    month = np.arange(40)
    shapes = {
        "mean": 8 + noise(1),
        "persistence": 8 + np.cumsum(noise(3)),
        "drift": 4 + 0.2 * month + 0.1 * noise(3),
        "last year": 8 + 2 * np.sin(month * np.pi / 6) + 0.1 * noise(4),
    }
    found = {name: chosen(history(unscaled(shape))).name for name, shape in shapes.items()}
    assert found == {name: name for name in shapes}


def test_the_spread_of_a_baseline_is_the_size_of_its_own_earlier_errors():
    """Of persistence: how far figures are from those one to three months before."""
    places = 8 + np.cumsum(noise(2, 80))
    errors = [places[n] - places[n - lag] for n in range(80) for lag in (1, 2, 3) if n >= lag]
    wanted = np.sqrt(np.pi / 2) * np.abs(errors).mean()
    own = replaced(history([1]), unscaled(places))
    assert chosen(own).spreads[3] == pytest.approx(wanted, rel=0.05)


def replaced(own: History, amounts: np.ndarray) -> History:
    """A history of more months than the tests' case has."""
    count = len(amounts)
    numbers = np.arange(count, dtype=float)
    return History(
        total=own.total,
        level=own.level,
        amounts=amounts,
        coverage=np.eye(count),
        times=numbers,
        ends=numbers + 1,
        known=numbers + 1,
        classes=("press",) * count,
        since_start=np.zeros(count, bool),
    )


def test_of_errors_that_are_normal_the_spread_is_the_standard_deviation():
    places = 8 + noise(5, 80)
    own = replaced(history([1]), unscaled(places))
    found = chosen(own)
    assert found.name == "mean"
    assert found.spreads[12] == pytest.approx(0.3, rel=0.15)


def test_a_series_of_two_figures_has_the_spread_that_others_had():
    wild = [history(unscaled(8 + 5 * noise(n, 20))) for n in (1, 2)]
    calm = [history(unscaled(8 + 0.1 * noise(n, 20))) for n in (1, 2)]
    two = history([100, 101], [(0, 0), (19, 19)])
    spreads = [choose({"s": two, **dict(zip("ab", o, strict=True))}, 20)["s"] for o in (wild, calm)]
    assert spreads[0].spreads[3] > 5 * spreads[1].spreads[3]


def test_names_of_series_and_their_order_change_nothing():
    own = {"a": history([5, 7, 9, 4, 8]), "b": history([900, 20, 500, 70])}
    one = choose(own, 5)
    other = choose({"x": own["b"], "y": own["a"]}, 5)
    for name, again in (("a", "y"), ("b", "x")):
        assert one[name].name == other[again].name
        assert one[name].spreads == pytest.approx(other[again].spreads)


def test_the_unit_of_large_amounts_changes_no_choice_and_hardly_a_spread():
    places = 12 + np.cumsum(noise(3))
    one, other = (chosen(history(unscaled(places) * scale)) for scale in (1.0, 1000.0))
    assert one.name == other.name
    assert one.spreads == pytest.approx(other.spreads, rel=1e-3)


def test_a_baseline_that_never_erred_may_still_err():
    own = chosen(replaced(history([1]), np.full(60, 7.0)))
    assert min(own.spreads.values()) >= 0.01


def test_a_forecast_is_normal_about_the_baseline_with_its_spread():
    own = chosen(history(unscaled(8 + np.cumsum(noise(3)))))
    middle, spread = own.forecast("press", months(40, 40), 40, 3)
    assert middle == pytest.approx(float(scaled(own.history.amounts[-1])))
    assert spread == own.spreads[3]
    assert stats.norm(middle, spread).cdf(middle) == 0.5
