"""Scores of forecasts and their simple rivals, by hand and by formula."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from servanda.errors import UsageError
from studies.rerouting import scores as scoring


def test_crps_of_a_normal_forecast_is_that_of_the_formula():
    # Gneiting and Raftery (2007): for N(0, 1) at y, y(2Φ(y) − 1) + 2φ(y) − 1/√π.
    draws = stats.norm.ppf((np.arange(20000) + 0.5) / 20000)
    for y in (0.0, 1.0, -2.5):
        expected = y * (2 * stats.norm.cdf(y) - 1) + 2 * stats.norm.pdf(y) - 1 / math.sqrt(math.pi)
        assert scoring.crps(draws, y) == pytest.approx(expected, abs=1e-3)


def test_crps_by_hand():
    # Draws 0 and 2, value 1: mean |x − y| = 1, less half of the mean distance of two draws, 2.
    assert scoring.crps(np.array([0.0, 2.0]), 1.0) == 0.0


def test_newey_west_by_hand():
    # 1, 1, −1, −1: variance 1; lag one 1/4 with weight 1/2: 1 + 2·½·¼ = 1.25, over four.
    values = np.array([1.0, 1, -1, -1])
    assert scoring.newey_west(values, 0) == pytest.approx(0.5)
    assert scoring.newey_west(values, 1) == pytest.approx(math.sqrt(1.25 / 4))


def test_rivals_by_hand():
    logs = np.array([*[0.0, 0.1] * 6, *[0.2, 0.3] * 2])  # sixteen months
    naive = scoring.naive(logs, 1)
    assert (float(naive.centre[0]), float(naive.scale[0])) == (0.0, pytest.approx(0.2))
    flat = np.zeros(20)
    line = np.arange(16) * 0.1
    trend = scoring.walk(line, flat, 3, drift=True)
    assert float(trend.centre[0]) == pytest.approx(1.8)
    stays = scoring.walk(line, flat, 3, drift=False)
    assert float(stays.centre[0]) == pytest.approx(1.5)
    assert float(stays.scale[0]) == pytest.approx(0.1 * math.sqrt(3))


def test_a_difference_is_that_of_means_by_month():
    def row(model: str, month: str, partner: str, score: float) -> scoring.Score:
        return scoring.Score(model, partner, "2022-01", month, 1, score, 0.0, True)

    rows = [
        row(model, month, partner, score)
        for model, base in (("network", 1.0), ("trend", 0.5))
        for month, more in (("2022-02", 0.0), ("2022-03", 1.0))
        for partner, score in (("KGZ", base * (1 + more)), ("ARM", base * (1 + more)))
    ]
    found = scoring.difference(rows, "network", "trend", 1)
    assert (found.mean, found.months) == (0.75, 2)
    assert scoring.difference(rows, "trend", "network", 1).mean == -0.75


def test_rivals_need_more_than_a_year():
    with pytest.raises(UsageError) as error:
        scoring.naive(np.zeros(5), 1)
    assert str(error.value) == "seasonal forecast: found 5 months, expected 14 or more"
    with pytest.raises(UsageError) as error:
        scoring.walk(np.zeros(5), np.zeros(9), 1, drift=True)
    assert str(error.value) == "trend forecast: found 5 months, expected 14 or more"
