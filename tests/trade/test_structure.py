"""How far real incomes depend on the closure and on whether factors move."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from servanda.errors import UsageError
from servanda.trade import Regime, structure
from servanda.trade.leverage import solve
from servanda.trade.sanctions import trade_costs
from servanda.trade.structure import Structural, structural
from tests.small_world import ABC, BASELINE, SOLD

MILD = Regime("mild", "", (SOLD,))


def test_the_range_is_that_of_the_solutions_of_all_structures(monkeypatch):
    monkeypatch.setattr(structure, "FACTORS", ("fixed",))  # fewer programs to compile
    centre = np.array([[8.0, 5.5]])
    costs = trade_costs(MILD, BASELINE.economy, centre, np.zeros(1))
    found = structural((MILD,), BASELINE)
    worlds = [replace(BASELINE, closure=c) for c in ("export-share", "multiplicative", "additive")]
    percent = np.stack([100 * (solve(one, costs, centre)[0][0] - 1) for one in worlds])
    assert found == [
        Structural("mild", *row, ())
        for row in zip(ABC, percent.min(axis=0).tolist(), percent.max(axis=0).tolist(), strict=True)
    ]
    assert found[0].low < found[0].high < 0


def test_a_structure_without_an_answer_is_named(monkeypatch):
    def refusing(baseline, costs, _):
        if baseline.closure == "additive":
            raise UsageError("trade equilibrium", "none", "one")
        return np.ones((1, 3)), costs.change

    monkeypatch.setattr(structure, "solve", refusing)
    found = structural((MILD,), BASELINE)
    assert found == [Structural("mild", code, 0.0, 0.0, ("closure 'additive'",)) for code in ABC]


def test_the_baselines_own_structure_must_have_an_answer(monkeypatch):
    def refusing(*_):
        raise UsageError("trade equilibrium", "none", "one")

    monkeypatch.setattr(structure, "solve", refusing)
    with pytest.raises(UsageError):
        structural((MILD,), BASELINE)
