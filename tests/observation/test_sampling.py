"""Runs of a posterior know where the discrepancy of each series stands; forecasts go on from it."""

from __future__ import annotations

import calendar
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from servanda.observation import expected, record, sample
from servanda.observation.discrepancy import PERSISTENCE, discrepancy
from servanda.observation.figures import Figure
from servanda.results import Results
from tests.handmade import counted, observation, results, rule, with_evidence

DELTA, MANY = 0.5, 20_000
KEPT = float(np.exp(-1 / PERSISTENCE))
SHELLS = "arrived[SUP>BUY:shells]"


def month(number: int, value: float, **more: Any) -> Any:
    """A figure of one month, with the number of the month as its own."""
    year, of_year = 2020 + number // 12, number % 12 + 1
    start, last = f"{year}-{of_year:02d}", calendar.monthrange(year, of_year)[1]
    return observation(number, value, f"{start}-{last}", f"{start}-01", **more)


def runs(origin: str, series: Any, rows: list[Any], **arrays: Any) -> Results:
    """Runs with a known discrepancy, in which the model expects the same in all months."""
    model = with_evidence(series, rows)
    made = results(model, MANY, given={discrepancy("s"): np.full(MANY, DELTA)}, **arrays)
    return replace(made, ensemble=replace(made.ensemble, origin=origin))


def counts(found: Results, series: Any, *rows: Any) -> np.ndarray:
    figures: tuple[Figure, ...] = record(found.model, series, list(rows)).figures
    return sample(figures, expected(found, series, figures), found)


DELIVERED = counted("flow", SHELLS, "round", rule(error=0.01))
DOUBLE = [month(n, 800.0 + n) for n in (8, 9)]  # where the model expects 400
LAUNCHED = counted("flow", "launch_rate[SUP]", "launch", rule(error="poisson"))
MORE = [month(n, 12, unit="launch") for n in (7, 8, 9)]  # where the model expects 4


def delivered(origin: str) -> Results:
    return runs(origin, DELIVERED, DOUBLE, arrived={"SUP>BUY:shells": 400.0})


def launched(origin: str) -> Results:
    return runs(origin, LAUNCHED, MORE, launch_rate={"SUP": 4.0})


@pytest.mark.parametrize("ahead", [1, 12])
def test_a_series_at_twice_the_model_is_forecast_to_come_back_from_there(ahead: int):
    """The discrepancy was ln 2: its mean falls, and its variance grows back to δ²."""
    (found,) = counts(delivered("posterior"), DELIVERED, month(9 + ahead, 501.0))
    off = np.log(found / 400.0)
    kept = KEPT**ahead
    spread = np.sqrt((1 - kept**2) * DELTA**2 + 0.01**2)
    assert off.mean() == pytest.approx(kept * np.log(809 / 400), abs=4 * spread / np.sqrt(MANY))
    assert off.std() == pytest.approx(spread, rel=0.03)


def test_runs_of_the_prior_have_not_learned_where_it_stands():
    (found,) = counts(delivered("prior"), DELIVERED, month(10, 501.0))
    assert np.log(found / 400.0).mean() == pytest.approx(0.0, abs=4 * DELTA / np.sqrt(MANY))


def test_what_the_record_might_have_been_is_drawn_alike_for_both():
    """Samples of figures that were learned from are those of other records of the same past."""
    old, new = (counts(delivered(origin), DELIVERED, *DOUBLE) for origin in ("prior", "posterior"))
    assert (old == new).all()


def test_the_months_that_follow_have_one_path():
    found = counts(delivered("posterior"), DELIVERED, month(10, 501.0), month(11, 501.0))
    apart = np.log(found[1] / 400.0) - KEPT * np.log(found[0] / 400.0)
    assert apart.std() == pytest.approx(DELTA * np.sqrt(1 - KEPT**2), rel=0.03)


@pytest.mark.parametrize("ahead", [1, 12])
def test_a_rate_of_events_above_the_model_is_forecast_to_come_back_too(ahead: int):
    """Of a gamma variate of mean a and variance v, 12 events where 4 are expected make a gamma of
    shape a²/v + 12 and rate a/v + 4; a month on, its mean is nearer to one."""
    mean, variance = 1.0, DELTA**2
    for n in range(3):
        if n:
            mean = 1 + KEPT * (mean - 1)
            variance = KEPT**2 * variance + (1 - KEPT**2) * DELTA**2
        shape, rate = mean**2 / variance + 12, mean / variance + 4
        mean, variance = shape / rate, shape / rate**2
    kept = KEPT**ahead
    mean, variance = 1 + kept * (mean - 1), kept**2 * variance + (1 - kept**2) * DELTA**2
    (found,) = counts(launched("posterior"), LAUNCHED, month(9 + ahead, 4, unit="launch"))
    assert found.mean() == pytest.approx(4 * mean, rel=0.02)
    assert found.var() == pytest.approx(4 * mean + 16 * variance, rel=0.05)


def test_a_bound_alone_does_not_say_where_it_stands():
    bounds = [month(9, 800.0, bound="at least")]
    found = runs("posterior", DELIVERED, bounds, arrived={"SUP>BUY:shells": 400.0})
    (drawn,) = counts(found, DELIVERED, month(10, 501.0))
    assert np.log(drawn / 400.0).std() == pytest.approx(np.hypot(DELTA, 0.01), rel=0.03)
