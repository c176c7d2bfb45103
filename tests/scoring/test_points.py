"""Which figures are forecast from an origin, and why the others are left out."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from servanda.case import Observation
from servanda.scoring import points
from servanda.scoring.points import LeftOut, Outlook, outlooks
from tests.builders import tiny_case
from tests.handmade import counted, observation, rule, with_evidence

DELIVERED, STOCK = "arrived[SUP>BUY:shells]", "stock[SUP.shells]"
ORIGIN = "2020-06"  # of the tiny case, which runs from 2020-01 to 2021-12


def seen(
    counting: str, *rows: Observation, observes: str = DELIVERED, **how: Any
) -> tuple[Outlook, list[LeftOut]]:
    """A series of the tiny case as it is seen from the origin."""
    series = counted(counting, observes, "round", rule(**how))
    ((found,), left_out) = outlooks(with_evidence(series, rows, case=tiny_case().at(ORIGIN)))
    return found, left_out


def month(number: int, value: float, at: str, **more: Any) -> Observation:
    """A flow of one month of 2020 or 2021."""
    last = {"02": 29 if at.startswith("2020") else 28, "04": 30, "06": 30, "09": 30, "11": 30}
    return observation(number, value, f"{at}-{last.get(at[5:], 31)}", f"{at}-01", **more)


@pytest.mark.parametrize(
    ("end", "ahead", "horizon"),
    [
        ("2020-07-01", 1 / 31, 3),
        ("2020-07-31", 1, 3),
        ("2020-09-30", 3, 3),
        ("2020-10-01", 3 + 1 / 31, 6),
        ("2020-12-31", 6, 6),
        ("2021-01-01", 6 + 1 / 31, 12),
        ("2021-06-30", 12, 12),
    ],
)
def test_months_ahead_count_from_the_end_of_the_origin_to_the_end_of_the_period(
    end, ahead, horizon
):
    found, _ = seen("level", observation(1, 50.0, end), observes=STOCK)
    ((point,), known) = found.later, found.earlier
    assert (point.ahead, point.horizon, known) == (pytest.approx(ahead), horizon, ())


def test_what_was_known_by_the_origin_stands_beside_what_became_known_later():
    found, left_out = seen("flow", month(1, 5.0, "2020-05"), month(2, 7.0, "2020-07"))
    assert [figure.value for figure in found.earlier] == [5]
    assert [point.figure.value for point in found.later] == [7]
    assert left_out == []


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (month(1, 5.0, "2020-05", known_on=date(2020, 7, 15)), points.NOWCAST),
        (month(1, 5.0, "2020-07", known_on=date(2020, 6, 30)), points.FORETOLD),
        (month(1, 5.0, "2021-07"), points.TOO_FAR),
        (month(1, 5.0, "2022-01"), points.BEYOND),
        (month(1, 5.0, "2020-08", bound="at least"), points.BOUND),
    ],
)  # fmt: skip
def test_a_figure_that_is_no_forecast_is_left_out_with_the_reason(row, why):
    found, left_out = seen("flow", row)
    assert (found.earlier, found.later) == ((), ())
    assert left_out == [LeftOut(ORIGIN, "s", "E1", why)]


def test_a_year_whose_months_after_the_origin_others_tell_of_is_about_the_past():
    half = observation(1, 60.0, "2020-12-31", "2020-07-01")
    year = observation(2, 100.0, "2020-12-31", "2020-01-01")
    found, left_out = seen("flow", half, year)
    assert [point.figure.value for point in found.later] == [60]
    assert left_out == [LeftOut(ORIGIN, "s", "E2", points.NOWCAST)]


def test_a_year_that_holds_more_than_itself_contradicts_and_is_left_out():
    half = observation(1, 60.0, "2020-06-30", "2020-01-01")
    year = observation(2, 40.0, "2020-12-31", "2020-01-01")
    found, left_out = seen("flow", half, year)
    assert ([f.value for f in found.earlier], found.later) == ([60], ())
    assert left_out == [LeftOut(ORIGIN, "s", "E2", points.NEGATIVE)]


def test_a_figure_that_is_not_compared_with_runs_is_left_out_with_the_reason():
    totals = [observation(1, 10.0, "2020-07-31"), observation(2, 11.0, "2020-08-10")]
    found, left_out = seen("running_total", *totals)
    assert [point.figure.value for point in found.later] == [10]
    why = "not compared with runs: less than 25 days after the total before it"
    assert left_out == [LeftOut(ORIGIN, "s", "E2", why)]


def test_a_running_total_is_forecast_by_what_it_adds_to_the_one_before():
    totals = [observation(n, v, d) for n, v, d in TOTALS]
    found, _ = seen("running_total", *totals)
    assert [figure.value for figure in found.earlier] == [30, 20]
    assert [point.figure.value for point in found.later] == [25, 15]


TOTALS = [
    (1, 30.0, "2020-03-31"),
    (2, 50.0, "2020-05-31"),
    (3, 75.0, "2020-08-31"),
    (4, 90.0, "2020-12-31"),
]


def test_bounds_tell_a_baseline_nothing():
    found, _ = seen("flow", month(1, 5.0, "2020-04", bound="at most"), month(2, 6.0, "2020-05"))
    assert [figure.value for figure in found.earlier] == [6]


def test_context_is_not_forecast():
    series = counted("context", DELIVERED).model_copy(update={"observes": ()})
    rows = [month(1, 5.0, "2020-07")]
    assert outlooks(with_evidence(series, rows, case=tiny_case().at(ORIGIN))) == ([], [])
