"""What may enter the likelihood twice, and what is said of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from servanda.analysis.twice import told_twice
from servanda.case import Evidence, Source
from servanda.engine import Model
from servanda.observation import known_records
from tests.handmade import counted, observation, rule, tiny

DELIVERED = "arrived[SUP>BUY:shells]"


def model(*rows: Any) -> Model:
    """The tiny case with two series of deliveries: totals `s`, and flows `t`."""
    totals = counted("running_total", DELIVERED, "round", rule(), rule("ministry"))
    flows = counted("flow", DELIVERED, "round", rule()).model_copy(update={"name": "t"})
    sources = tuple(Source(name, name, name, "", name) for name in ("press", "ministry"))
    evidence = Evidence(tuple(rows), (totals, flows), sources)
    return replace(tiny(), case=replace(tiny().case, evidence=evidence))


def flow(number: int, end: str, start: str, **more: Any) -> Any:
    return observation(number, 300, end, start, series="t", **more)


TOTALS = observation(1, 300, "2020-02-29"), observation(2, 900, "2020-06-30")


def test_figures_of_two_series_by_one_class_about_the_same_days_are_noted_once_a_class():
    twice = model(*TOTALS, flow(3, "2020-04-30", "2020-04-01"), flow(4, "2020-05-31", "2020-05-01"))
    (note,) = told_twice(twice)
    assert str(note) == (
        "evidence.csv: 'E3' and 'E2' of 's' are about the same days, by source class 'press': "
        "derived_from says if one repeats the other"
    )


def test_other_days_and_other_classes_are_not_noted():
    totals = [observation(2, 900, "2020-06-30", source="ministry")]
    assert not list(told_twice(model(TOTALS[0], flow(3, "2020-04-30", "2020-04-01"))))
    assert not list(told_twice(model(*totals, flow(3, "2020-04-30", "2020-04-01"))))


def test_a_figure_that_says_that_it_is_derived_is_compared_no_more():
    marked = flow(3, "2020-04-30", "2020-04-01", derived_from="E2")
    found = model(*TOTALS, marked)
    assert not list(told_twice(found))
    _, flows = known_records(found)
    reason = "derived from another figure, which is compared in its place"
    assert (flows.figures, [why for _, why in flows.omitted]) == ((), [reason])


def test_it_is_compared_until_the_figure_that_it_is_derived_from_is_known():
    late = replace(TOTALS[1], known_on=date(2021, 6, 30))
    marked = flow(3, "2020-04-30", "2020-04-01", derived_from="E2")
    _, flows = known_records(model(TOTALS[0], late, marked))
    assert [figure.observation.id for figure in flows.figures] == ["E3"]
