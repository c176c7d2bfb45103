"""Which figures are compared and with what, by hand: 24 months from 2020-01, cut-off 2020-12."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pytest

from servanda.case import Prior, Series
from servanda.engine import Model
from servanda.observation import Figure, bearing, expected, known_records, record
from servanda.world import Axes
from tests.builders import tiny_case
from tests.handmade import counted, observation, results, rule, with_evidence

DELIVERED, STOCK = "arrived[SUP>BUY:shells]", "stock[SUP.shells]"
MONTHS = 100.0 * np.arange(1, 25)  # 100 in 2020-01, 200 in 2020-02, …


class Compared(NamedTuple):
    """The figures of a series, those left out with their reason, and what is expected of each."""

    figures: tuple[Figure, ...]
    omitted: list[tuple[str, str]]
    expected: np.ndarray

    @property
    def values(self) -> list[float]:
        return [figure.value for figure in self.figures]

    @property
    def ids(self) -> list[str]:
        return [figure.observation.id for figure in self.figures]


def compared(series: Series, rows: list[Any], runs: int = 1, **more: Any) -> Compared:
    """What the sources of these rows expect to count; shells arrive by the hundred each month."""
    model = with_evidence(series, rows, more.pop("biases", None))
    made = results(model, runs, **(more or {"arrived": {"SUP>BUY:shells": MONTHS}}))
    found = record(model, series, rows)
    omitted = [(o.id, reason) for o, reason in found.omitted]
    return Compared(found.figures, omitted, expected(made, series, found.figures))


def numbers(found: Compared) -> list[float]:
    """What is expected in the first run."""
    return [pytest.approx(float(mean), rel=1e-5, abs=1e-6) for mean in found.expected[:, 0]]


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
    found = compared(
        counted("level", STOCK), [observation(1, 7, day)], stock={"SUP.shells": MONTHS}
    )
    assert [level] == numbers(found)
    assert found.values == [7]


def test_a_level_in_another_unit_is_converted_and_so_is_the_figure():
    series = counted("level", "recruit_price[BUY]", "MUSD/person")
    row = observation(1, 2000, "2020-03-31", unit="USD/person")
    found = compared(series, [row], recruit_price={"BUY": 1e4})
    assert numbers(found) == [0.01]
    assert found.values == pytest.approx([0.002])


def test_a_level_may_have_begun_before_the_case():
    row = observation(1, 7, "2020-01-31", "2019-01-01")
    assert compared(counted("level", STOCK), [row], stock={"SUP.shells": MONTHS}).ids == ["E1"]


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
    assert [flow] == numbers(compared(counted("flow", DELIVERED, unit), [row]))


def test_months_of_a_monthly_rate_add_up_to_an_amount():
    series = counted("flow", "launch_rate[SUP]", "launch")
    row = observation(1, 7, "2020-03-31", "2020-02-01", unit="launch")
    assert numbers(compared(series, [row], launch_rate={"SUP": MONTHS})) == [500]


def test_flows_that_began_before_the_case_are_left_out():
    rows = [
        observation(1, 7, "2019-12-31", "2019-12-01"),
        observation(2, 7, "2020-01-31", "2019-12-31"),
        observation(3, 7, "2020-01-31", "2020-01-01"),
    ]
    found = compared(counted("flow", DELIVERED), rows)
    assert found.ids == ["E3"]
    reason = "dated before the case starts"
    assert found.omitted == [("E1", reason), ("E2", reason)]


RATE = "round/day"


def test_a_period_that_holds_shorter_ones_is_compared_by_what_remains_of_it():
    """A year, of which a quarter and a month of another have figures of their own."""
    rows = [
        observation(1, 500, "2020-03-31", "2020-01-01"),
        observation(2, 610, "2020-06-30", "2020-06-01"),
        observation(3, 7000, "2020-12-31", "2020-01-01"),
    ]
    found = compared(counted("flow", DELIVERED), rows)
    assert found.ids == ["E1", "E2", "E3"]
    assert found.values == [500, 610, 7000 - 500 - 610]
    assert numbers(found) == [600, 600, 7800 - 600 - 600]


def test_what_remains_of_a_mean_rate_is_a_mean_rate_over_the_days_that_remain():
    rows = [
        observation(1, 10, "2020-04-30", "2020-04-01", unit=RATE),
        observation(2, 20, "2020-06-29", "2020-04-01", unit=RATE),
    ]
    found = compared(counted("flow", DELIVERED, RATE), rows)
    assert found.values == [10, pytest.approx((20 * 90 - 10 * 30) / 60)]
    assert numbers(found)[1] == (500 + 600 * 29 / 30) / 60


def test_what_is_inside_a_shorter_period_is_not_taken_off_twice():
    rows = [
        observation(1, 100, "2020-01-31", "2020-01-01"),
        observation(2, 500, "2020-03-31", "2020-01-01"),
        observation(3, 2000, "2020-06-30", "2020-01-01"),
    ]
    found = compared(counted("flow", DELIVERED), rows)
    assert found.values == [100, 400, 1500]
    assert numbers(found) == [100, 500, 1500]


def test_a_period_that_shorter_ones_cover_tells_nothing_new():
    rows = [
        observation(1, 100, "2020-01-31", "2020-01-01"),
        observation(2, 200, "2020-02-29", "2020-02-01"),
        observation(3, 310, "2020-03-24", "2020-01-01"),
    ]
    found = compared(counted("flow", DELIVERED), rows)
    reason = "less than 25 of its days are not in shorter figures of its source class"
    assert (found.ids, found.omitted) == (["E1", "E2"], [("E3", reason)])


def test_a_period_that_crosses_another_is_left_out_as_is_the_same_period_again():
    rows = [
        observation(1, 100, "2020-01-31", "2020-01-01"),
        observation(2, 200, "2020-02-29", "2020-01-16"),
        observation(3, 110, "2020-01-31", "2020-01-01"),
    ]
    found = compared(counted("flow", DELIVERED), rows)
    assert found.ids == ["E1"]
    assert [id_ for id_, _ in found.omitted] == ["E3", "E2"]
    again, crossing = (reason for _, reason in found.omitted)
    assert again == "less than 25 of its days are not in shorter figures of its source class"
    assert crossing == (
        "another figure of its source class has some of its days, and days outside of its period"
    )


def test_of_bounds_on_the_same_days_the_one_on_most_days_is_compared():
    rows = [
        replace(observation(n, value, end, "2020-01-01"), bound="at least")
        for n, value, end in ((1, 24, "2020-02-16"), (2, 60, "2020-11-23"), (3, 50, "2020-02-27"))
    ]
    found = compared(counted("flow", DELIVERED), rows)
    assert (found.ids, found.values) == (["E2"], [60])
    reason = "a bound on days that another bound of its source class is about"
    assert found.omitted == [("E3", reason), ("E1", reason)]


def test_a_bound_less_the_estimates_inside_it_is_a_bound():
    rows = [
        observation(1, 100, "2020-01-31", "2020-01-01"),
        replace(observation(2, 700, "2020-06-30", "2020-01-01"), bound="at least"),
    ]
    found = compared(counted("flow", DELIVERED), rows)
    assert found.values == [100, 600]
    assert [figure.rule.bound for figure in found.figures] == ["estimate", "lower"]


def test_fewer_events_than_inside_a_period_cannot_have_happened():
    """An amount may have been revised downwards; events are counted or not."""
    series = counted("flow", "launch_rate[SUP]", "launch", rule(error="poisson"))
    rows = [
        observation(1, 5, "2020-01-31", "2020-01-01", unit="launch"),
        observation(2, 4, "2020-06-30", "2020-01-01", unit="launch"),
    ]
    totals = counted("running_total", "launch_rate[SUP]", "launch", rule(error="poisson"))
    reason = "events that are fewer than those of other figures of its source class that it holds"
    for one in (series, totals):
        found = compared(one, rows, launch_rate={"SUP": 1.0})
        assert (found.ids, found.omitted) == (["E1"], [("E2", reason)])


def test_source_classes_count_the_same_days_each_for_itself():
    rows = [
        observation(1, 100, "2020-01-31", "2020-01-01"),
        observation(2, 700, "2020-06-30", "2020-01-01", source="ministry"),
    ]
    series = counted("flow", DELIVERED, "round", rule(), rule("ministry"))
    assert compared(series, rows).values == [100, 700]


# ── rounding and revision ───────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("value", "last_digit"),
    [(24_000, 1000), (5, 1), (1_969e5, 1e5), (0.35, 0.01), (1e6, 1e6), (0, 1), (-300, 100)],
)
def test_a_figure_was_rounded_at_its_last_digit_that_is_not_zero(value, last_digit):
    """Each value within half of that digit is as likely."""
    found = compared(
        counted("flow", DELIVERED), [observation(1, value, "2020-04-30", "2020-04-01")]
    )
    assert found.figures[0].resolution == pytest.approx(last_digit / np.sqrt(12))


def test_the_rounding_of_a_figure_is_in_the_units_of_its_series():
    series = counted("level", "recruit_price[BUY]", "MUSD/person")
    row = observation(1, 2000, "2020-03-31", unit="USD/person")
    found = compared(series, [row], recruit_price={"BUY": 1e4})
    assert found.figures[0].resolution == pytest.approx(0.001 / np.sqrt(12))


def test_rounding_and_revision_of_both_totals_remain_in_an_increment():
    rows = [observation(1, 10_900, "2020-02-29"), observation(2, 11_000, "2020-04-30")]
    found = compared(counted("running_total", DELIVERED), rows)
    assert found.values == [10_900, 100]
    rounded, revised = np.hypot(100, 1000) / np.sqrt(12), 0.03 * np.hypot(10_900, 11_000)
    resolutions = [figure.resolution for figure in found.figures]
    assert resolutions == pytest.approx([100 / np.sqrt(12), np.hypot(rounded, revised)])


# ── running totals ──────────────────────────────────────────────────────────────────────────────


def test_a_running_total_is_compared_by_its_increments():
    rows = [
        observation(1, 350, "2020-02-29"),
        observation(2, 900, "2020-04-15"),
        observation(3, 1500, "2020-05-31"),
    ]
    found = compared(counted("running_total", DELIVERED), rows)
    assert found.values == [350, 550, 600]
    assert numbers(found) == [300, 300 + 200, 200 + 500]


def test_a_total_that_the_model_carries_is_read_as_it_is():
    series = counted("running_total", "dispatched[SUP>BUY:troops]", "person")
    rows = [
        observation(1, 5, "2020-02-29", unit="person"),
        observation(2, 9, "2020-04-30", unit="person"),
    ]
    found = compared(series, rows, dispatched={"SUP>BUY:troops": MONTHS})
    assert numbers(found) == [200, 200]
    assert found.values == [5, 4]


def test_a_shared_bias_scales_every_increment_alike():
    series = counted("running_total", DELIVERED, "round", rule(bias="high"))
    rows = [observation(1, 350, "2020-02-29"), observation(2, 900, "2020-03-31")]
    found = compared(series, rows, biases={"high": 1.5})
    assert numbers(found) == [450, 450]


def test_an_uncertain_bias_is_drawn_once_a_run_and_class():
    prior = Prior("lognormal", (1.0, 0.3), 0.1, 10.0, "dimensionless", "assumed")
    series = counted("flow", DELIVERED, "round", rule(bias="high"))
    rows = [observation(n, 1, f"2020-0{n}-28", f"2020-0{n}-28") for n in (1, 2)]
    one, two = compared(series, rows, runs=500, biases={"high": prior}).expected
    assert np.std(np.log(one)) == pytest.approx(0.3, abs=0.03)
    np.testing.assert_allclose(two / one, (200 / 29) / (100 / 31), rtol=1e-6)


def test_each_source_class_keeps_its_own_total_and_all_come_in_order_of_time():
    rules = (rule(), rule("ministry", bias="high"))
    rows = [
        observation(1, 300, "2020-02-29"),
        observation(2, 900, "2020-03-31", source="ministry"),
        observation(3, 600, "2020-04-30"),
    ]
    series = counted("running_total", DELIVERED, "round", *rules)
    found = compared(series, rows, biases={"high": 2.0})
    assert found.ids == ["E1", "E2", "E3"]
    assert found.values == [300, 900, 300]
    assert numbers(found) == [300, 1200, 700]


def test_totals_given_closer_together_than_25_days_are_one_reading():
    rows = [
        observation(1, 300, "2020-02-29"),
        observation(2, 310, "2020-03-10"),  # 10 days on
        observation(3, 320, "2020-03-24"),  # 24 days on
        observation(4, 500, "2020-03-25"),  # 25 days on
    ]
    found = compared(counted("running_total", DELIVERED), rows)
    assert (found.ids, found.values) == (["E1", "E4"], [300, 200])
    reason = "less than 25 days after the total before it"
    assert found.omitted == [("E2", reason), ("E3", reason)]


def test_totals_that_ended_before_the_case_are_left_out():
    rows = [observation(1, 300, "2019-12-31"), observation(2, 700, "2020-02-29")]
    found = compared(counted("running_total", DELIVERED), rows)
    assert (found.ids, found.values) == (["E2"], [700])
    assert found.omitted == [("E1", "dated before the case starts")]


def test_what_stands_for_several_is_counted_in_its_own_unit():
    series = counted("running_total", DELIVERED, "container", rule(equivalence=50.0))
    rows = [observation(1, 7, "2020-02-29", unit="container")]
    found = compared(series, rows)
    assert numbers(found) == [6]
    assert found.values == [7]


# ── what was known, and what it bears on ────────────────────────────────────────────────────────


def test_only_what_was_known_at_the_cutoff_is_read():
    late = {"known_on": observation(1, 1, "2021-01-01").ref_end}
    rows = [
        observation(1, 7, "2020-12-31"),
        observation(2, 7, "2020-06-30", **late),
        observation(3, 7, "2021-01-31"),
    ]
    model = with_evidence(counted("level", STOCK), rows)
    assert known_ids(model) == ["E1"]
    assert known_ids(at(model, "2020-11")) == []
    assert known_ids(at(model, "2021-02")) == ["E2", "E1", "E3"]


def known_ids(model: Model) -> list[str]:
    (found,) = known_records(model)
    return [figure.observation.id for figure in found.figures]


def at(model: Model, as_of: str) -> Model:
    return replace(model, case=model.case.at(as_of))


def test_a_series_that_is_context_only_is_not_compared():
    series = replace_observes(counted("context", STOCK))
    assert known_records(with_evidence(series, [observation(1, 7, "2020-12-31")])) == []


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


def test_figures_that_are_not_compared_do_not_bear_on_anything():
    """Two totals come within days of the one before, and one is about days before the case."""
    rows = [
        observation(1, 10, "2019-12-31"),
        observation(2, 300, "2020-02-29"),
        observation(3, 310, "2020-03-10"),
        observation(4, 320, "2020-03-11"),
        observation(5, 500, "2020-06-30"),
    ]
    model = with_evidence(counted("running_total", DELIVERED), rows)
    assert bearing(model)["ledger"] == 2
    (found,) = known_records(model)
    assert [o.id for o, _ in found.omitted] == ["E1", "E3", "E4"]
    assert len(found.figures) + len(found.omitted) == len(rows)


# ── bounds of single figures ────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("said", "bound"),
    [(None, "upper"), ("estimate", "estimate"), ("at most", "upper"), ("at least", "lower")],
)
def test_a_row_says_whether_its_figure_is_a_bound_or_leaves_it_to_its_class(said, bound):
    series = counted("level", STOCK, "round", rule(bound="upper", error=0.1))
    row = replace(observation(1, 7, "2020-03-31"), bound=said)
    found = compared(series, [row], stock={"SUP.shells": MONTHS})
    assert [figure.rule.bound for figure in found.figures] == [bound]


def test_an_increment_is_bounded_as_its_total_is_if_the_total_before_is_an_estimate():
    series = counted("running_total", DELIVERED, "round", rule(error=0.1))
    bounds = [None, "at least", "at least", "estimate", "at most"]
    rows = [
        replace(observation(n, 1000 * n, f"2020-{2 * n:02}-28"), bound=bound)
        for n, bound in enumerate(bounds, start=1)
    ]
    found = compared(series, rows)
    assert [figure.rule.bound for figure in found.figures] == [
        *("estimate", "lower", "estimate", "estimate", "upper")
    ]
