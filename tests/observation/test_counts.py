"""What a source would have counted, by hand: 24 months from 2020-01, cut at 2020-12."""

from __future__ import annotations

from statistics import NormalDist
from typing import Any

import numpy as np
import pytest

from servanda.case import Prior, Series
from servanda.experiments.observe import Predicted, bearing, known_by_series, predict
from servanda.world import Axes
from tests.builders import tiny_case
from tests.experiments.conftest import arrays, counted, observation, rule, with_evidence

DELIVERED, STOCK = "arrived[SUP>BUY:shells]", "stock[SUP.shells]"
MONTHS = 100.0 * np.arange(1, 25)  # 100 in 2020-01, 200 in 2020-02, …


def predicted(series: Series, rows: list[Any], runs: int = 1, seed: int = 1, **more: Any) -> Any:
    biases = more.pop("biases", None)
    model = with_evidence(series, rows, biases)
    values = more or {"arrived": {"SUP>BUY:shells": MONTHS}}
    return predict(model, arrays(model, runs, **values), series, rows, seed)


def numbers(points: list[Predicted]) -> list[float]:
    return [pytest.approx(float(p.draws[0]), rel=1e-5, abs=1e-6) for p in points]


# ── levels ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("day", "level"),
    [
        ("2020-01-31", 100),  # the end of the first month
        ("2020-03-31", 300),
        ("2020-04-15", 350),  # half way through a month of thirty days
        ("2020-01-10", 100),  # before the first month's end nothing is known but that
        ("2021-12-31", 2400),
    ],
)
def test_a_level_is_the_models_on_that_day(day, level):
    points = predicted(
        counted("level", STOCK), [observation(1, 7, day)], stock={"SUP.shells": MONTHS}
    )
    assert [level] == numbers(points)
    assert points[0].figure == 7


def test_a_level_in_another_unit_is_converted_and_so_is_the_figure():
    series = counted("level", "recruit_price[BUY]", "MUSD/person")
    row = observation(1, 2000, "2020-03-31", unit="USD/person")
    (point,) = predicted(series, [row], recruit_price={"BUY": 1e4})
    assert float(point.draws[0]) == pytest.approx(0.01)
    assert point.figure == pytest.approx(0.002)


def test_a_level_may_have_begun_before_the_case():
    row = observation(1, 7, "2020-01-31", "2019-01-01")
    assert len(predicted(counted("level", STOCK), [row], stock={"SUP.shells": MONTHS})) == 1


# ── flows ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("first", "last", "unit", "flow"),
    [
        ("2020-04-01", "2020-04-30", "round", 400),
        ("2020-04-01", "2020-05-31", "round", 900),
        ("2020-04-16", "2020-05-10", "round", 400 * 15 / 30 + 500 * 10 / 31),
        ("2020-04-07", "2020-04-07", "round", 400 / 30),
        ("2020-02-01", "2020-02-29", "round/day", 200 / 29),
        ("2020-04-16", "2020-05-10", "round/day", (400 * 15 / 30 + 500 * 10 / 31) / 25),
        ("2020-04-01", "2020-04-30", "round/year", 400 * 365.25 / 30),
    ],
)
def test_a_flow_is_summed_over_its_days_and_with_time_in_its_unit_is_a_rate(
    first, last, unit, flow
):
    row = observation(1, 7, last, first, unit=unit)
    assert [flow] == numbers(predicted(counted("flow", DELIVERED, unit), [row]))


def test_months_of_a_monthly_rate_add_up_to_an_amount():
    series = counted("flow", "launch_rate[SUP]", "launch")
    row = observation(1, 7, "2020-03-31", "2020-02-01", unit="launch")
    assert numbers(predicted(series, [row], launch_rate={"SUP": MONTHS})) == [500]


def test_flows_that_began_before_the_case_are_left_out():
    rows = [
        observation(1, 7, "2019-12-31", "2019-12-01"),
        observation(2, 7, "2020-01-31", "2019-12-31"),
        observation(3, 7, "2020-01-31", "2020-01-01"),
    ]
    points = predicted(counted("flow", DELIVERED), rows)
    assert [p.observation.id for p in points] == ["E3"]


# ── running totals ──────────────────────────────────────────────────────────────────────────────


def test_a_running_total_is_compared_by_its_increments():
    rows = [
        observation(1, 350, "2020-02-29"),
        observation(2, 900, "2020-04-15"),
        observation(3, 1500, "2020-05-31"),
    ]
    points = predicted(counted("running_total", DELIVERED), rows)
    assert [p.figure for p in points] == [350, 550, 600]
    assert numbers(points) == [300, 300 + 200, 200 + 500]


def test_a_total_that_the_model_carries_is_read_as_it_is():
    series = counted("running_total", "dispatched[SUP>BUY:troops]", "person")
    rows = [
        observation(1, 5, "2020-02-29", unit="person"),
        observation(2, 9, "2020-04-30", unit="person"),
    ]
    model = with_evidence(series, rows)
    made = arrays(model)
    made["dispatched"][:, 0, 0] = MONTHS
    points = predict(model, made, series, rows, 1)
    assert numbers(points) == [200, 200]


def test_a_shared_bias_scales_every_increment_alike():
    series = counted("running_total", DELIVERED, "round", rule(bias="high"))
    rows = [observation(1, 350, "2020-02-29"), observation(2, 900, "2020-03-31")]
    points = predicted(series, rows, biases={"high": 1.5})
    assert numbers(points) == [450, 450]


def test_an_uncertain_bias_is_drawn_once_a_run_and_class():
    prior = Prior("lognormal", (1.0, 0.3), 0.1, 10.0, "dimensionless", "assumed")
    series = counted("flow", DELIVERED, "round", rule(bias="high"))
    rows = [observation(n, 1, f"2020-0{n}-28", f"2020-0{n}-28") for n in (1, 2)]
    one, two = predicted(series, rows, runs=500, biases={"high": prior})
    assert np.std(np.log(one.draws)) == pytest.approx(0.3, abs=0.03)
    np.testing.assert_allclose(two.draws / one.draws, (200 / 29) / (100 / 31), rtol=1e-6)


def test_each_source_class_keeps_its_own_total_and_all_come_in_order_of_time():
    rules = (rule(), rule("ministry", bias="high"))
    rows = [
        observation(1, 300, "2020-02-29"),
        observation(2, 900, "2020-03-31", source="ministry"),
        observation(3, 600, "2020-04-30"),
    ]
    series = counted("running_total", DELIVERED, "round", *rules)
    points = predicted(series, rows, biases={"high": 2.0})
    assert [p.observation.id for p in points] == ["E1", "E2", "E3"]
    assert [p.figure for p in points] == [300, 900, 300]
    assert numbers(points) == [300, 1200, 700]


def test_totals_given_closer_together_than_25_days_are_one_reading():
    rows = [
        observation(1, 300, "2020-02-29"),
        observation(2, 310, "2020-03-10"),  # 10 days on
        observation(3, 320, "2020-03-24"),  # 24 days on
        observation(4, 500, "2020-03-25"),  # 25 days on
    ]
    points = predicted(counted("running_total", DELIVERED), rows)
    assert [(p.observation.id, p.figure) for p in points] == [("E1", 300), ("E4", 200)]


def test_totals_that_ended_before_the_case_are_left_out():
    rows = [observation(1, 300, "2019-12-31"), observation(2, 700, "2020-02-29")]
    points = predicted(counted("running_total", DELIVERED), rows)
    assert [(p.observation.id, p.figure) for p in points] == [("E2", 700)]


def test_what_stands_for_several_is_counted_in_its_own_unit():
    series = counted("running_total", DELIVERED, "container", rule(equivalence=50.0))
    rows = [observation(1, 7, "2020-02-29", unit="container")]
    points = predicted(series, rows)
    assert numbers(points) == [6]
    assert points[0].figure == 7


# ── errors ──────────────────────────────────────────────────────────────────────────────────────


def test_the_interval_is_that_of_a_lognormal_in_closed_form():
    error = 0.4
    row = observation(1, 400, "2020-04-30", "2020-04-01")
    series = counted("flow", DELIVERED, "round", rule(error=error))
    (point,) = predicted(series, [row], runs=200_000)
    z = NormalDist().inv_cdf(0.95)
    assert point.interval == pytest.approx(
        (400 * np.exp(-z * error), 400 * np.exp(z * error)), rel=0.01
    )
    assert np.log(point.draws).mean() == pytest.approx(np.log(400), abs=0.005)


def test_bias_and_error_add_up_in_logs():
    bias = Prior("lognormal", (1.0, 0.3), 1e-3, 1e3, "dimensionless", "assumed")
    series = counted("flow", DELIVERED, "round", rule(error=0.4, bias="high"))
    row = observation(1, 400, "2020-04-30", "2020-04-01")
    (point,) = predicted(series, [row], runs=100_000, biases={"high": bias})
    z = NormalDist().inv_cdf(0.95)
    assert point.interval == pytest.approx(
        (400 * np.exp(-z * 0.5), 400 * np.exp(z * 0.5)), rel=0.02
    )


def test_each_increment_has_an_error_of_its_own():
    """A class adds to its total, so what it counted before it counts again."""
    series = counted("running_total", DELIVERED, "round", rule(error=0.1))
    rows = [observation(1, 300, "2020-02-29"), observation(2, 600, "2020-03-31")]
    one, two = predicted(series, rows, runs=50_000)
    assert np.std(np.log(one.draws / 300)) == pytest.approx(0.1, rel=0.02)
    assert np.std(np.log(two.draws / 300)) == pytest.approx(0.1, rel=0.02)
    assert abs(np.corrcoef(one.draws, two.draws)[0, 1]) < 0.02


def test_totals_that_bound_bound_no_increment_but_the_first():
    series = counted("running_total", DELIVERED, "round", rule(bound="lower"))
    rows = [observation(1, 10, "2020-02-29"), observation(2, 20, "2020-03-31")]
    one, two = predicted(series, rows)
    assert (one.rule.bound, one.inside) == ("lower", True)
    assert (two.rule.bound, two.inside) == ("estimate", False)


def test_a_count_of_events_is_poisson():
    series = counted("flow", "launch_rate[SUP]", "launch", rule(error="poisson"))
    row = observation(1, 7, "2020-02-29", "2020-02-01", unit="launch")
    (point,) = predicted(series, [row], runs=50_000, launch_rate={"SUP": MONTHS / 50})
    assert point.draws.mean() == pytest.approx(4, rel=0.02)
    assert point.draws.var() == pytest.approx(4, rel=0.03)
    assert set(point.draws) <= set(range(40))


def test_counts_of_events_between_two_totals_are_poisson_too():
    series = counted("running_total", "launch_rate[SUP]", "launch", rule(error="poisson"))
    rows = [observation(n, 7, d, unit="launch") for n, d in ((1, "2020-10-31"), (2, "2020-12-31"))]
    one, two = predicted(series, rows, runs=50_000, launch_rate={"SUP": 2.0})
    assert (one.draws.mean(), two.draws.mean()) == pytest.approx((20, 4), rel=0.02)
    assert (one.draws.var(), two.draws.var()) == pytest.approx((20, 4), rel=0.04)
    assert abs(np.corrcoef(one.draws, two.draws)[0, 1]) < 0.02


def test_errors_are_the_same_for_the_same_seed_and_figure_and_for_no_other():
    series = counted("flow", DELIVERED, "round", rule(error=0.4))
    rows = [observation(n, 400, "2020-04-30", "2020-04-01") for n in (1, 2)]
    one, two = predicted(series, rows, runs=50)
    again, _ = predicted(series, rows, runs=50)
    other, _ = predicted(series, rows, runs=50, seed=2)
    np.testing.assert_array_equal(one.draws, again.draws)
    assert not np.isin(one.draws, two.draws).any()
    assert not np.isin(one.draws, other.draws).any()


@pytest.mark.parametrize(
    ("bound", "inside"),
    [
        ("estimate", {50: False, 100: True, 200: False}),
        ("upper", {50: False, 100: True, 200: True}),
        ("lower", {50: True, 100: True, 200: False}),
    ],
)
def test_a_bound_is_compatible_with_everything_on_its_open_side(bound, inside):
    given = counted("flow", DELIVERED, "round", rule(bound=bound)).rules[0]
    row = observation(1, 0, "2020-04-30", "2020-04-01")
    draws = np.linspace(90, 110, 1001)
    assert {f: Predicted(row, given, float(f), draws).inside for f in inside} == inside


# ── what was known, and what it bears on ────────────────────────────────────────────────────────


def test_only_what_was_known_at_the_cut_is_read():
    late = {"known_on": observation(1, 1, "2021-01-01").ref_end}
    rows = [
        observation(1, 7, "2020-12-31"),
        observation(2, 7, "2020-06-30", **late),
        observation(3, 7, "2021-01-31"),
    ]
    model = with_evidence(counted("level", STOCK), rows)
    assert [o.id for o in known_by_series(model.case)["s"]] == ["E1"]
    earlier = model.case.at("2020-11")
    assert list(known_by_series(earlier)["s"]) == []
    later = model.case.at("2021-02")
    assert [o.id for o in known_by_series(later)["s"]] == ["E2", "E1", "E3"]


def test_a_series_that_is_context_only_is_not_compared():
    series = replace_observes(counted("context", STOCK))
    assert known_by_series(with_evidence(series, [observation(1, 7, "2020-12-31")]).case) == {}


def replace_observes(series: Series) -> Series:
    return series.model_copy(update={"observes": ()})


def bearings(observes: str, **spec: Any) -> dict[str, int]:
    rows = [observation(n, 7, f"2020-0{n}-28") for n in (1, 2, 3)]
    case = tiny_case(spec=spec)
    return bearing(with_evidence(counted("level", observes), rows, case=case))


def test_figures_bear_on_who_writes_the_quantity_and_on_whose_flows_that_one_reads():
    assert {k: n for k, n in bearings(DELIVERED).items() if n} == {
        "ledger": 3,
        "arsenal": 3,  # asks for use, and makes
        "exchange": 3,  # asks for dispatch
        "evasion": 3,  # asks for covert dispatch
    }
    assert {k: n for k, n in bearings("warheads[SUP]").items() if n} == {
        "proliferation": 3,
        "exchange": 3,  # its worth of what teaches
        "ledger": 3,  # what arrived
        "posture": 3,  # enforcement
    }


def test_every_mechanism_of_a_plan_is_counted_even_where_no_figure_bears_on_it():
    counts = bearings("log_tempo")
    assert counts["balancing"] == 0
    assert set(counts) == {"ledger", *Axes.of(tiny_case().spec).spec.mechanisms}
