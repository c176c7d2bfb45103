"""Metrics on arrays made by hand: 24 months from 2020-01, cut at 2020-12."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from servanda.case.schema import CaseSpec, Metric, metric_span, month_number
from servanda.engine import assemble
from servanda.errors import CaseError
from servanda.files.records import validated
from servanda.results import evaluate
from servanda.results.metrics import check_metrics, is_yes_or_no, table_of_metrics
from tests.builders import SPEC, tiny_case
from tests.handmade import results, tiny

DELIVERED = "arrived[SUP>BUY:shells]"
MONTHS = np.arange(1.0, 25.0)  # 1 in 2020-01, 2 in 2020-02, …


def metric(quantity: str = DELIVERED, unit: str = "round", **more: Any) -> Metric:
    given = {"name": "m", "label": "M", "unit": unit, "quantity": quantity}
    return Metric.model_validate(given | more)


def value(given: Metric, **values: Any) -> float:
    made = results(**(values or {"arrived": {"SUP>BUY:shells": MONTHS}}))
    (only,) = evaluate(made, [given])["m"]
    return float(only)


@pytest.mark.parametrize(
    ("reduce", "expected"),
    [("sum", 9), ("mean", 3), ("first", 2), ("last", 4), ("min", 2), ("max", 4), ("any", 1)],
)
def test_a_span_of_months_is_reduced_to_one_number(reduce, expected):
    unit = "dimensionless" if reduce == "any" else "round"
    given = metric(unit=unit, reduce=reduce, since="2020-02", until="2020-04")
    assert value(given) == expected


@pytest.mark.parametrize(
    ("since", "until", "months"),
    [
        ("start", "horizon", (0, 23)),
        ("start", "as_of", (0, 11)),
        ("as_of", "horizon", (12, 23)),  # what comes after the cut
        ("2020-06", "2021-01", (5, 12)),
        ("2019-01", "2025-12", (0, 23)),  # only the case's own months
    ],
)
def test_spans_begin_after_the_cutoff_and_end_with_it(since, until, months):
    assert metric_span(tiny().case.spec, metric(since=since, until=until)) == months


def test_any_is_yes_where_one_month_is():
    given = metric("dormant[BUY-SUP]", "dimensionless", reduce="any", since="as_of")
    flags = np.zeros(24)
    assert value(given, dormant={"BUY-SUP": flags}) == 0
    flags[11] = 1  # before the span
    assert value(given, dormant={"BUY-SUP": flags}) == 0
    flags[20] = 1
    assert value(given, dormant={"BUY-SUP": flags}) == 1


def test_another_quantity_is_taken_away_first():
    given = metric("alive[BUY-SUP]", "dimensionless", reduce="last", less="dormant[BUY-SUP]")
    assert value(given, alive={"BUY-SUP": 1}, dormant={"BUY-SUP": 1}) == 0
    assert value(given, alive={"BUY-SUP": 1}, dormant={"BUY-SUP": 0}) == 1


def test_a_share_is_of_sums_reduced_alike_and_nothing_is_a_share_of_nothing():
    trade = ("recorded_trade[PAT-SUP]", "recorded_trade[BUY-SUP]")
    given = metric(trade[0], "dimensionless", reduce="sum", over=trade)
    both = {"PAT-SUP": MONTHS, "BUY-SUP": 3 * MONTHS}
    assert value(given, recorded_trade=both) == 0.25
    assert value(given, recorded_trade={}) == 0


@pytest.mark.parametrize(("ended", "expected"), [(3.0, 1), (4.0, 1), (2.0, 0)])
def test_above_is_yes_beyond_that_number(ended, expected):
    given = metric("ending[BUY-SUP]", "dimensionless", reduce="last", above=2.5)
    assert value(given, ending={"BUY-SUP": ended}) == expected


def test_amounts_and_rates_are_converted_to_the_metrics_unit():
    gain = metric("gain[BUY-SUP/SUP]", "MUSD/year", reduce="mean")
    assert value(gain, gain={"BUY-SUP/SUP": 1e6}) == pytest.approx(12, rel=1e-6)


def test_months_of_a_rate_sum_to_an_amount():
    given = metric("launch_rate[SUP]", "launch", reduce="sum", until="2020-03")
    assert value(given, launch_rate={"SUP": 2}) == 6


def test_every_run_has_its_own_number():
    made = results(runs=3, arrived={"SUP>BUY:shells": MONTHS[:, None] * [1, 2, 3]})
    given = evaluate(made, [metric(reduce="last")])["m"]
    assert given.tolist() == [24, 48, 72]
    assert given.dtype == np.float32


def test_people_lent_are_kept_on_their_ties_only():
    made = results(lent={"SUP>BUY:troops": MONTHS})
    assert made.arrays["lent"].shape == (24, 1, 1)
    assert made.series("lent[SUP>BUY:troops]")[:, 0].tolist() == MONTHS.tolist()
    assert made.series("tempo").shape == (24, 1)


def test_a_cases_own_metrics_are_evaluated_by_name():
    specs = [metric(name=n, reduce=n).model_dump() for n in ("sum", "last")]
    model = assemble(tiny_case(spec={"metrics": specs}))
    check_metrics(model)
    made = results(model, arrived={"SUP>BUY:shells": MONTHS})
    assert {k: float(v[0]) for k, v in evaluate(made).items()} == {"sum": 300, "last": 24}


# ── quantiles and events ────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("level", "expected"), [(0, 2), (0.25, 3), (0.5, 4), (0.6, 4.4), (1, 6)])
def test_a_quantile_is_over_the_months_of_the_span(level, expected):
    """Of 2, 3, 4, 5, 6; between two months in proportion."""
    given = metric(reduce="quantile", level=level, since="2020-02", until="2020-06")
    assert value(given) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    ("since", "above", "months", "month"),
    [
        ("start", 2.5, 3, "2020-03"),  # 3 comes with the third month, at whose end three are over
        ("start", 0.5, 1, "2020-01"),
        ("start", 3.0, 4, "2020-04"),  # more than three
        ("2020-06", 2.5, 1, "2020-06"),  # so already where the span begins
        ("as_of", 15.5, 4, "2021-04"),  # 16 is the fourth month after the cut
    ],
)
def test_an_event_is_the_first_month_in_which_a_quantity_is_more_than_that(
    since, above, months, month
):
    about = {"unit": "month", "since": since, "above": above}
    assert value(metric(reduce="time_to_event", **about)) == months
    assert value(metric(reduce="month_of_event", **about)) == month_number(month)


def test_the_event_of_a_yes_or_no_is_the_first_yes():
    flags = np.zeros(24)
    flags[[3, 5]] = 1
    given = metric("dormant[BUY-SUP]", "month", reduce="time_to_event")
    assert value(given, dormant={"BUY-SUP": flags}) == 4
    later = metric("dormant[BUY-SUP]", "month", reduce="time_to_event", since="2020-05")
    assert value(later, dormant={"BUY-SUP": flags}) == 2


def test_an_event_of_a_difference():
    """The first month in which there is war and no pact."""
    given = metric("war", "month", reduce="month_of_event", less="alive[BUY-SUP]")
    alive = np.where(np.arange(24) < 14, 1.0, 0.0)
    assert value(given, war={"": 1.0}, alive={"BUY-SUP": alive}) == month_number("2021-03")


@pytest.mark.parametrize("reduce", ["time_to_event", "month_of_event"])
def test_an_event_that_never_happens_is_infinite(reduce):
    assert value(metric(unit="month", reduce=reduce, above=24)) == np.inf
    assert value(metric(unit="month", reduce=reduce, above=23, until="2021-11")) == np.inf


def test_a_time_to_an_event_is_in_the_metrics_unit():
    assert value(metric(unit="year", reduce="time_to_event", above=5.5)) == pytest.approx(0.5)


# ── what is written of them ─────────────────────────────────────────────────────────────────────


def written(*given: Metric, **values: Any) -> list[str]:
    weights = values.pop("weights", None)
    model = assemble(tiny_case(spec={"metrics": [m.model_dump() for m in given]}))
    check_metrics(model)
    runs = len(next(iter(next(iter(values.values())).values()))[0])
    made = results(model, runs, weights=weights, **values)
    header, *rows = table_of_metrics(made).splitlines()
    assert header == "metric,label,unit,mean,low,median,high"
    return rows


def ending_after(*months: int) -> np.ndarray:
    """Whether the pact is in force, (month, run): it ends after so many months."""
    return (np.arange(24)[:, None] < np.array(months)).astype(float)


def test_an_amount_is_written_with_its_mean_median_and_interval():
    """Of 0, 10, …, 90 and 200: the 5th and 95th percentile lie half way between two runs."""
    amounts = np.ones((24, 1)) * np.array([*range(0, 100, 10), 200.0])
    rows = written(metric(reduce="last"), arrived={"SUP>BUY:shells": amounts})
    assert rows == [f"m,M,round,{650 / 11:.6g},5,50,145"]


def test_a_yes_or_no_is_written_as_its_share_alone():
    given = metric("alive[BUY-SUP]", "dimensionless", reduce="last")
    alive = {"BUY-SUP": ending_after(5, 24, 24, 24)}
    assert written(given, alive=alive) == ["m,M,dimensionless,0.75,,,"]
    heavy = written(given, alive=alive, weights=[5, 1, 1, 1])
    assert heavy == ["m,M,dimensionless,0.375,,,"]


def test_a_month_of_an_event_is_written_as_a_month_and_never_as_nothing():
    given = metric("dormant[BUY-SUP]", "month", reduce="month_of_event")
    dormant = {"BUY-SUP": 1 - ending_after(2, 4, 4, 14, 24)}
    assert written(given, dormant=dormant) == ["m,M,month,,2020-03,2020-05,"]


def test_a_time_to_an_event_is_written_as_a_number_and_never_as_nothing():
    given = metric("dormant[BUY-SUP]", "month", reduce="time_to_event")
    some = written(given, dormant={"BUY-SUP": 1 - ending_after(2, 4, 24)})
    assert some == ["m,M,month,,3,5,"]
    never = written(given, dormant={"BUY-SUP": 1 - ending_after(24, 24)})
    assert never == ["m,M,month,,,,"]


@pytest.mark.parametrize(
    ("quantity", "more", "expected"),
    [
        ("alive[BUY-SUP]", {"reduce": "last"}, True),
        ("alive[BUY-SUP]", {"reduce": "first"}, True),
        ("alive[BUY-SUP]", {"reduce": "min"}, True),
        ("alive[BUY-SUP]", {"reduce": "mean"}, False),  # a share of the months
        ("alive[BUY-SUP]", {"reduce": "sum"}, False),
        ("alive[BUY-SUP]", {"reduce": "last", "less": "dormant[BUY-SUP]"}, True),
        ("alive[BUY-SUP]", {"reduce": "last", "less": "tempo"}, False),
        ("alive[BUY-SUP]", {"reduce": "sum", "over": ("war",)}, False),
        ("alive[BUY-SUP]", {"reduce": "month_of_event"}, False),
        ("ending[BUY-SUP]", {"reduce": "last"}, False),
        ("ending[BUY-SUP]", {"reduce": "last", "above": 2.5}, True),
        ("dormant[BUY-SUP]", {"reduce": "any"}, True),
        (DELIVERED, {"reduce": "mean", "above": 1e6}, True),
    ],
)
def test_a_yes_or_no_is_one_or_zero_in_every_run(quantity, more, expected):
    assert is_yes_or_no(tiny(), metric(quantity, "dimensionless", **more)) == expected


# ── refusals ────────────────────────────────────────────────────────────────────────────────────


def refusal(**given: Any) -> str:
    model = assemble(tiny_case(spec={"metrics": [metric(**given).model_dump()]}))
    with pytest.raises(CaseError) as caught:
        check_metrics(model)
    return str(caught.value)


def test_a_quantity_that_runs_do_not_keep_is_refused():
    message = refusal(quantity="gap[SUPP]", unit="dimensionless")
    assert message == (
        "case.toml: metrics['m'].quantity: found 'gap[SUPP]', expected one of gap[SUP]\n"
        "  hint: did you mean 'gap[SUP]'?"
    )


def test_a_unit_that_does_not_convert_is_refused():
    assert refusal(unit="person") == (
        "case.toml: metrics['m'].unit: found unit 'round', expected a unit that converts to "
        "'person'"
    )


@pytest.mark.parametrize("more", [{"reduce": "any"}, {"above": 1}, {"over": (DELIVERED,)}])
def test_a_share_or_a_yes_or_no_has_no_unit(more):
    assert refusal(**more) == (
        "case.toml: metrics['m'].unit: found unit 'dimensionless', "
        "expected a unit that converts to 'round'"
    )


@pytest.mark.parametrize(
    ("more", "key"), [({"less": "tempo"}, "less"), ({"over": ("tempo",)}, "over[1]")]
)
def test_unlike_things_are_neither_taken_away_nor_divided(more, key):
    assert refusal(**more) == (
        f"case.toml: metrics['m'].{key}: found 'tempo' in dimensionless, "
        f"expected round, as '{DELIVERED}' has"
    )


def test_an_empty_span_is_refused():
    assert refusal(since="2021-02", until="as_of") == (
        "case.toml: metrics['m']: found since 2021-02 until as_of, which is 2021-02 to 2020-12, "
        "expected months in order, within the case"
    )


def test_a_month_of_an_event_is_no_number_of_years():
    assert refusal(reduce="month_of_event", unit="year", above=1) == (
        "case.toml: metrics['m'].unit: found unit 'year', expected 'month', the unit of the "
        "dates of "
        "events"
    )


LEVEL = "expected `level` with reduce = 'quantile', and only there"


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"reduce": "quantile"}, LEVEL),
        ({"reduce": "mean", "level": 0.5}, LEVEL),
        ({"reduce": "time_to_event", "over": [DELIVERED]}, "expected an event without `over`"),
        ({"reduce": "month_of_event", "over": [DELIVERED]}, "expected an event without `over`"),
    ],
    ids=["no level", "level of a mean", "time as a share", "month as a share"],
)
def test_a_reduction_that_does_not_fit_its_keys_is_refused(more, expected):
    given = {"name": "m", "label": "M", "unit": "month", "quantity": "war"} | more
    with pytest.raises(CaseError) as caught:
        validated(CaseSpec, SPEC | {"metrics": [given]}, "case.toml")
    assert str(caught.value) == f"case.toml: metrics[1]: found {shown(given)}, {expected}"


def shown(given: dict[str, Any]) -> str:
    """A value as a message has it, cut short."""
    return f"{repr(given)[:57]}..."


@pytest.mark.parametrize(
    ("level", "message"),
    [
        (1.5, "found 1.5, expected a number less than or equal to 1"),
        (-0.1, "found -0.1, expected a number greater than or equal to 0"),
    ],
)
def test_a_level_lies_between_zero_and_one(level, message):
    given = metric(reduce="quantile", level=0.5).model_dump() | {"level": level}
    with pytest.raises(CaseError) as caught:
        validated(CaseSpec, SPEC | {"metrics": [given]}, "case.toml")
    assert str(caught.value) == f"case.toml: metrics[1].level: {message}"


def test_an_unknown_reduction_is_refused():
    given = {"name": "m", "label": "M", "unit": "month", "quantity": "war", "reduce": "median"}
    with pytest.raises(CaseError) as caught:
        validated(CaseSpec, SPEC | {"metrics": [given]}, "case.toml")
    assert str(caught.value) == (
        "case.toml: metrics[1].reduce: found 'median', expected 'sum', 'mean', 'first', 'last',"
        " 'min', 'max', 'quantile', 'any', 'time_to_event' or 'month_of_event'\n"
        "  hint: did you mean 'mean'?"
    )
