"""Laws of the scoreboard, on runs made by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest

from servanda.case import Observation, Series
from servanda.case.priors import DISCREPANCY
from servanda.observation.discrepancy import discrepancy
from servanda.scoring.points import outlooks
from servanda.scoring.rows import forecasts
from servanda.scoring.totals import Row
from tests.handmade import counted, observation, results, rule, with_evidence

DELIVERED = "arrived[SUP>BUY:shells]"
ENDS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
WAVE = [round(900 + 500 * np.sin(n / 2) + 40 * n) for n in range(24)]
"""Shells delivered, by month of the tiny case. Its cut-off is after twelve months."""


def flows(amounts: Sequence[float], **more: Any) -> list[Observation]:
    return [
        observation(n + 1, float(value), f"{2020 + n // 12}-{n % 12 + 1:02d}-{_last(n)}",
                    f"{2020 + n // 12}-{n % 12 + 1:02d}-01", **more)
        for n, value in enumerate(amounts)
    ]  # fmt: skip


def _last(n: int) -> int:
    return 28 if n == 13 else ENDS[n % 12]


def rows(
    figures: Sequence[Observation],
    runs: Sequence[Sequence[float]],
    series: Series | None = None,
    delta: float = 0.0,
) -> list[Row]:
    """The scores of runs that deliver so much in each month."""
    series = counted("flow", DELIVERED, "round", rule(error=0.05)) if series is None else series
    model = with_evidence(series, figures)
    given = {discrepancy(series.name): [delta] * len(runs)}
    made = results(model, len(runs), given=given, arrived={"SUP>BUY:shells": np.array(runs).T})
    return forecasts(made, outlooks(model)[0])


def mean(own: Sequence[Row]) -> tuple[float, float]:
    """CRPS of the model and of the baseline."""
    return (
        float(np.mean([row.model.crps for row in own])),
        float(np.mean([row.against.crps for row in own if row.against is not None])),
    )


def test_there_is_a_row_for_every_figure_after_the_origin():
    found = rows(flows(WAVE), [WAVE] * 5)
    assert [row.figure for row in found] == [f"E{n}" for n in range(13, 25)]
    assert [row.horizon for row in found] == [3] * 3 + [6] * 3 + [12] * 6
    assert {(row.series, row.origin, row.unit, row.source_class) for row in found} == {
        ("s", "2020-12", "round", "press")
    }
    assert [row.value for row in found] == WAVE[12:]


def test_a_perfect_forecaster_beats_the_baseline_and_a_wrong_one_loses_to_it():
    perfect, baseline = mean(rows(flows(WAVE), [WAVE] * 50))
    assert perfect < 0.03 < baseline
    wrong, same = mean(rows(flows(WAVE), [[20 * v for v in WAVE]] * 50))
    assert wrong > same == baseline


def test_what_comes_after_the_origin_changes_no_baseline():
    found = rows(flows(WAVE), [WAVE] * 5)
    other = rows(flows([*WAVE[:12], *[7 * v for v in WAVE[12:]]]), [WAVE] * 5)
    assert [row.value for row in other] == [7 * row.value for row in found]
    for one, another in zip(found, other, strict=True):
        assert one.baseline == another.baseline
        assert one.against is not None
        assert another.against is not None
        assert one.against.quantiles == another.against.quantiles
        assert one.model.quantiles == another.model.quantiles


def test_what_became_known_late_changes_no_baseline_either():
    """A month of the past that was told after the origin was not known by it."""
    late = [replace(flows([1e6])[0], id="late", known_on=date(2021, 2, 1))]
    before = rows(flows(WAVE)[1:], [WAVE] * 5)
    after = rows([*flows(WAVE)[1:], *late], [WAVE] * 5)
    assert before == after


def test_the_name_of_a_series_changes_no_score():
    series = counted("flow", DELIVERED, "round", rule(error=0.05))
    other = series.model_copy(update={"name": "renamed"})
    assert discrepancy("renamed") == f"{DISCREPANCY}[renamed]"
    one = rows(flows(WAVE), [WAVE] * 5, series)
    again = rows(flows(WAVE, series="renamed"), [WAVE] * 5, other)
    assert [replace(row, series="s") for row in again] == one


def test_in_another_unit_of_large_amounts_the_same_forecaster_is_ahead():
    runs = [[v * (0.8 + 0.1 * n) for v in WAVE] for n in range(5)]
    found = []
    for unit, scale in (("round", 1.0), ("kiloround", 1e-3)):
        series = counted("flow", DELIVERED, unit, rule(error=0.05))
        figures = flows([1000 * v * scale for v in WAVE], unit=unit)
        found.append(mean(rows(figures, [[1000 * v for v in run] for run in runs], series)))
    (model, baseline), (again, baseline_again) = found
    assert model < baseline
    assert (again, baseline_again) == (
        pytest.approx(model, rel=0.01),
        pytest.approx(baseline, rel=0.01),
    )


def test_a_series_with_fewer_than_two_earlier_figures_stands_apart():
    (found,) = {(row.baseline, row.against) for row in rows(flows(WAVE)[11:], [WAVE] * 5)}
    assert found == (None, None)
    (name,) = {row.baseline for row in rows(flows(WAVE)[10:], [WAVE] * 5)}
    assert name is not None


def test_two_first_totals_of_two_sources_tell_no_rate_and_stand_apart():
    series = counted(
        "running_total", DELIVERED, "round", rule(), rule("ministry", bias="reference")
    )
    figures = [
        observation(1, 100.0, "2020-05-31"),
        observation(2, 200.0, "2020-06-30", source="ministry"),
        observation(3, 900.0, "2021-03-31"),
    ]
    (row,) = rows(figures, [WAVE] * 5, series)
    assert (row.value, row.baseline) == (800, None)


def test_a_discrepancy_widens_the_forecast_of_the_model_and_not_the_baseline():
    narrow, wide = (rows(flows(WAVE), [WAVE] * 200, delta=delta) for delta in (0.0, 0.5))
    for one, other in zip(narrow, wide, strict=True):
        assert other.model.quantiles[0] < one.model.quantiles[0]
        assert other.model.quantiles[-1] > one.model.quantiles[-1]
        assert one.against == other.against


def test_counts_of_events_have_a_brier_score_of_model_and_baseline():
    series = counted("flow", "launch_rate[SUP]", "launch", rule(error="poisson"))
    figures = flows([1, 0, 2, 0] * 6, unit="launch")
    model = with_evidence(series, figures)
    made = results(model, 50, launch_rate={"SUP": 0.75})
    for row in forecasts(made, outlooks(model)[0]):
        assert row.against is not None
        assert row.model.brier is not None
        assert row.against.brier is not None


@pytest.mark.parametrize("counting", ["flow", "running_total"])
def test_totals_are_scored_by_what_they_add(counting):
    amounts = np.cumsum(WAVE) if counting == "running_total" else WAVE
    series = counted(counting, DELIVERED, "round", rule(error=0.05))
    found = rows(flows(amounts), [WAVE] * 50, series)
    assert [row.value for row in found] == WAVE[12:]
