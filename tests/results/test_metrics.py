"""Metrics on arrays made by hand: 24 months from 2020-01, cut at 2020-12."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from servanda.case.schema import Metric, metric_span
from servanda.engine import Model, assemble
from servanda.errors import CaseError
from servanda.experiments import evaluate
from servanda.experiments.metrics import check_metrics, series
from tests.builders import tiny_case
from tests.experiments.conftest import arrays

DELIVERED = "arrived[SUP>BUY:shells]"
MONTHS = np.arange(1.0, 25.0)  # 1 in 2020-01, 2 in 2020-02, …


def metric(quantity: str = DELIVERED, unit: str = "round", **more: Any) -> Metric:
    given = {"name": "m", "label": "M", "unit": unit, "quantity": quantity}
    return Metric.model_validate(given | more)


def value(model: Model, given: Metric, **values: Any) -> float:
    made = arrays(model, **(values or {"arrived": {"SUP>BUY:shells": MONTHS}}))
    (only,) = evaluate(model, made, [given])["m"]
    return float(only)


@pytest.mark.parametrize(
    ("reduce", "expected"), [("sum", 9), ("mean", 3), ("last", 4), ("max", 4), ("any", 1)]
)
def test_a_span_of_months_is_reduced_to_one_number(tiny, reduce, expected):
    unit = "dimensionless" if reduce == "any" else "round"
    given = metric(unit=unit, reduce=reduce, since="2020-02", until="2020-04")
    assert value(tiny, given) == expected


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
def test_spans_begin_after_the_cut_and_end_with_it(tiny, since, until, months):
    assert metric_span(tiny.case.spec, metric(since=since, until=until)) == months


def test_any_is_yes_where_one_month_is(tiny):
    given = metric("dormant[BUY-SUP]", "dimensionless", reduce="any", since="as_of")
    flags = np.zeros(24)
    assert value(tiny, given, dormant={"BUY-SUP": flags}) == 0
    flags[11] = 1  # before the span
    assert value(tiny, given, dormant={"BUY-SUP": flags}) == 0
    flags[20] = 1
    assert value(tiny, given, dormant={"BUY-SUP": flags}) == 1


def test_another_quantity_is_taken_away_first(tiny):
    given = metric("alive[BUY-SUP]", "dimensionless", reduce="last", less="dormant[BUY-SUP]")
    assert value(tiny, given, alive={"BUY-SUP": 1}, dormant={"BUY-SUP": 1}) == 0
    assert value(tiny, given, alive={"BUY-SUP": 1}, dormant={"BUY-SUP": 0}) == 1


def test_a_share_is_of_sums_reduced_alike_and_nothing_is_a_share_of_nothing(tiny):
    trade = ("recorded_trade[PAT-SUP]", "recorded_trade[BUY-SUP]")
    given = metric(trade[0], "dimensionless", reduce="sum", over=trade)
    both = {"PAT-SUP": MONTHS, "BUY-SUP": 3 * MONTHS}
    assert value(tiny, given, recorded_trade=both) == 0.25
    assert value(tiny, given, recorded_trade={}) == 0


@pytest.mark.parametrize(("ended", "expected"), [(3.0, 1), (4.0, 1), (2.0, 0)])
def test_above_is_yes_beyond_that_number(tiny, ended, expected):
    given = metric("ending[BUY-SUP]", "dimensionless", reduce="last", above=2.5)
    assert value(tiny, given, ending={"BUY-SUP": ended}) == expected


def test_amounts_and_rates_are_converted_to_the_metrics_unit(tiny):
    gain = metric("gain[BUY-SUP/SUP]", "MUSD/year", reduce="mean")
    assert value(tiny, gain, gain={"BUY-SUP/SUP": 1e6}) == pytest.approx(12, rel=1e-6)


def test_months_of_a_rate_sum_to_an_amount(tiny):
    given = metric("launch_rate[SUP]", "launch", reduce="sum", until="2020-03")
    assert value(tiny, given, launch_rate={"SUP": 2}) == 6


def test_every_run_has_its_own_number(tiny):
    made = arrays(tiny, runs=3)
    made["arrived"][:, 0] = MONTHS[:, None] * [1, 2, 3]
    given = evaluate(tiny, made, [metric(reduce="last")])["m"]
    assert given.tolist() == [24, 48, 72]
    assert given.dtype == np.float32


def test_people_lent_are_kept_on_their_ties_only(tiny):
    made = arrays(tiny)
    made["lent"][:, 0, 0] = MONTHS
    assert made["lent"].shape == (24, 1, 1)
    assert series(tiny, made, "lent[SUP>BUY:troops]")[:, 0].tolist() == MONTHS.tolist()
    assert series(tiny, made, "tempo").shape == (24, 1)


def test_a_cases_own_metrics_are_evaluated_by_name():
    specs = [metric(name=n, reduce=n).model_dump() for n in ("sum", "last")]
    model = assemble(tiny_case(spec={"metrics": specs}))
    check_metrics(model)
    made = arrays(model, arrived={"SUP>BUY:shells": MONTHS})
    assert {k: float(v[0]) for k, v in evaluate(model, made).items()} == {"sum": 300, "last": 24}


# ── refusals ────────────────────────────────────────────────────────────────────────────────────


def refusal(**given: Any) -> str:
    model = assemble(tiny_case(spec={"metrics": [metric(**given).model_dump()]}))
    with pytest.raises(CaseError) as caught:
        check_metrics(model)
    return str(caught.value)


def test_a_quantity_that_runs_do_not_keep_is_refused():
    message = refusal(quantity="gap[SUPP]", unit="dimensionless")
    assert message == (
        "case.toml: metric 'm': found 'gap[SUPP]', expected one of gap[SUP]\n"
        "  hint: did you mean 'gap[SUP]'?"
    )


def test_a_unit_that_does_not_convert_is_refused():
    assert refusal(unit="person") == (
        "case.toml: metric 'm': found unit 'round', expected a unit that converts to 'person'"
    )


@pytest.mark.parametrize("more", [{"reduce": "any"}, {"above": 1}, {"over": (DELIVERED,)}])
def test_a_share_or_a_yes_or_no_has_no_unit(more):
    assert refusal(**more) == (
        "case.toml: metric 'm': found unit 'dimensionless', "
        "expected a unit that converts to 'round'"
    )


@pytest.mark.parametrize("more", [{"less": "tempo"}, {"over": ("tempo",)}])
def test_unlike_things_are_neither_taken_away_nor_divided(more):
    assert refusal(**more) == (
        "case.toml: metric 'm': found 'tempo' in dimensionless, "
        f"expected round, as '{DELIVERED}' has"
    )


def test_an_empty_span_is_refused():
    assert refusal(since="2021-02", until="as_of") == (
        "case.toml: metric 'm': found since 2021-02 until as_of, which is 2021-02 to 2020-12, "
        "expected months in order, within the case"
    )
