"""Leakage of a case's sanctions: drawn from its priors of evasion, lowered by enforcement."""

from __future__ import annotations

import numpy as np
import pytest

from servanda.analysis.sanctions import leaks
from servanda.trade import Measure, Regime
from tests.cases import shipped

DRAWS = 400


def regime(name: str, enforcement: float) -> Regime:
    measure = Measure(
        *("RUS", ("EU",), "to-target", "trade", "2022-03"),
        *((0.5, 0.5, 0.5), (1.0, 1.0, 1.0), "assumed", (), ""),
    )
    return Regime(name, "", (measure,), enforcement)


def test_leakage_without_enforcement_is_the_ceiling_and_falls_with_it():
    case = shipped().model.case
    drawn = leaks(case, [regime("lax", 0.0), regime("hard", 1.0)], DRAWS, 1)
    lax, hard = drawn["lax", "RUS"], drawn["hard", "RUS"]
    # A beta(1.5, 3.2) has mean 1.5 / 4.7 = 0.319 and a standard deviation of 0.195.
    assert lax.mean() == pytest.approx(0.319, abs=3 * 0.195 / np.sqrt(DRAWS))
    assert (hard < lax).all()
    # The bite is lognormal with median 0.7: half of the draws fall by more than e^-0.7.
    assert np.median(np.log(lax / hard)) == pytest.approx(0.7, rel=0.1)
    assert set(drawn) == {(r, t) for r in ("lax", "hard") for t in ("RUS", "PRK")}


def test_the_first_draws_are_the_same_however_many_there_are():
    case = shipped().model.case
    few, many = (leaks(case, [regime("lax", 0.0)], n, 1)["lax", "RUS"] for n in (5, 50))
    assert few.tolist() == many[:5].tolist()
