"""What the shipped case's sanctions cost: by the model, and in the table that runs read."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from servanda.trade import Effect, read_effects, trade_costs
from servanda.trade.leverage import solve
from servanda.trade.sweep import elasticity
from tests.trade.russia_dprk import BASELINE, BY_NAME, CASE, ECONOMY, PLACES, Losses


@pytest.fixture(scope="session")
def losses() -> Losses:
    """Loss of real income by regime, country and place between low and high, all in force."""
    places = np.array(PLACES)
    sigma = np.stack([elasticity(r, places[:, 0]) for r in BASELINE.elasticities], axis=1)
    found = {}
    for name, regime in BY_NAME.items():
        income, _ = solve(BASELINE, trade_costs(regime, ECONOMY, sigma, places[:, 1]), sigma)
        for (run, place), (i, country) in product(enumerate(PLACES), enumerate(ECONOMY.countries)):
            found[name, country, place] = float(1 - income[run, i])
    return found


@pytest.fixture(scope="session")
def effects_rows() -> list[Effect]:
    return read_effects(CASE / "trade_effects.csv")


@pytest.fixture(scope="session")
def effects_table(
    effects_rows: list[Effect],
) -> dict[tuple[str, str, float, float, str], Effect]:
    return {
        (row.since, row.regime, row.elasticity, row.severity, row.actor): row
        for row in effects_rows
    }
