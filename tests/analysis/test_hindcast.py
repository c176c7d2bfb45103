"""Hindcast coverage: by hand, and the shipped case's."""

from __future__ import annotations

import numpy as np
import pytest

from servanda.experiments.hindcast import FEW, WANTED, Coverage, hindcast, summary
from servanda.experiments.observe import Predicted
from tests.cases import shipped, shipped_runs
from tests.experiments.conftest import arrays, counted, observation, rule, with_evidence

SERIES = counted("level", "stock[SUP.shells]", "round", rule(error=0.1))
DRAWS = np.linspace(90, 110, 1001)


def coverage(*figures: float) -> Coverage:
    points = [
        Predicted(observation(n, f, f"2020-{n:02}-28"), SERIES.rules[0], f, DRAWS)
        for n, f in enumerate(figures, start=1)
    ]
    return Coverage(SERIES, tuple(points))


@pytest.mark.parametrize(
    ("figures", "share", "counted_", "reached", "reason"),
    [
        ((100, 100), 1.0, False, True, ""),
        ((100, 100, 95, 105, 200), 0.8, True, True, ""),
        (
            (100, 100, 200, 100),
            0.75,
            True,
            False,
            "the record is above the model at one point, 2020-03",
        ),
        (
            (50, 100, 200, 10, 300),
            0.2,
            True,
            False,
            (
                "the record is above the model at 2 points, 2020-03 to 2020-05; "
                "the record is below the model at 2 points, 2020-01 to 2020-04"
            ),
        ),
    ],
)
def test_coverage_counts_points_inside_and_says_where_the_others_lie(
    figures, share, counted_, reached, reason
):
    found = coverage(*figures)
    assert (found.share, found.counted, found.reached) == (share, counted_, reached)
    assert found.reason == reason


def test_only_series_with_enough_points_are_summed_up():
    cases = [coverage(100, 100, 100), coverage(100, 0, 0), coverage(0), coverage(0, 0)]
    assert summary(cases) == (1, 2)
    assert (FEW, WANTED) == (3, 0.8)


def test_a_series_is_covered_by_what_was_known_at_the_cut_and_no_more():
    rows = [observation(n, 100, f"2020-0{n}-28") for n in (1, 2)]
    rows.append(observation(3, 1e9, "2021-06-30"))
    model = with_evidence(SERIES, rows)
    (found,) = hindcast(model, arrays(model, runs=200, stock={"SUP.shells": 100}), 1)
    assert [p.observation.id for p in found.points] == ["E1", "E2"]
    assert found.share == 1


def test_a_series_without_a_figure_by_the_cut_is_not_listed():
    model = with_evidence(SERIES, [observation(1, 100, "2021-06-30")])
    assert hindcast(model, arrays(model), 1) == []


def test_the_shipped_case_covers_its_record():
    coverages = hindcast(shipped().model, shipped_runs(), 1)
    reached, counted_series = summary(coverages)
    assert counted_series >= 15
    assert reached >= 0.8 * counted_series
    cut = shipped().model.case.cut
    points = [p for c in coverages for p in c.points]
    assert all(p.observation.known_on <= cut and p.observation.ref_end <= cut for p in points)
    assert all(np.isfinite(p.draws).all() for p in points)
    for c in coverages:
        assert (c.reason == "") == c.reached, c.series.name


def test_the_shipped_cases_intervals_say_something():
    """Coverage is not bought with intervals that exclude nothing: half span less than 30-fold."""
    points = [p for c in hindcast(shipped().model, shipped_runs(), 1) for p in c.points]
    spans = [p.interval[1] / p.interval[0] for p in points if p.interval[0] > 0]
    assert len(spans) > 100
    assert np.median(spans) < 30
