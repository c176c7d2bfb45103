"""How far real incomes depend on the model's structure: its closure, and whether factors move.

Draws vary elasticities and severities. They leave the model as it is, so their interval says
nothing of what another model would give. Here everything is at the centre of its range, and one
assumption at a time is replaced: the baseline's closure by the others, and its factors by the
other kind. The closure `held-shares` is left out, because its flows do not add up to output.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from servanda.errors import UsageError
from servanda.trade.armington import FACTORS
from servanda.trade.baseline import Baseline
from servanda.trade.closure import CLOSURES
from servanda.trade.leverage import solve
from servanda.trade.regimes import Regime
from servanda.trade.sanctions import TradeCosts, trade_costs


@dataclass(frozen=True, slots=True)
class Structural:
    """The change in a country's real income under a regime, over structures of the model.

    Attributes:
        regime: The regime.
        country: The country.
        low: The lowest change, in percent.
        high: The highest change, in percent.
        refused: The structures in which the regime has no answer.
    """

    regime: str
    country: str
    low: float
    high: float
    refused: tuple[str, ...]


def structural(
    regimes: Sequence[Regime], baseline: Baseline, month: str | None = None
) -> list[Structural]:
    """Solve regimes at the centre of every range, once for each structure of the model.

    Args:
        regimes: The regimes.
        baseline: The world without sanctions; its own structure is the first.
        month: The month whose measures count; all that last if none is given.

    Raises:
        UsageError: A measure names a country or sector that the economy does not have, or the
            baseline's own structure has no answer.
    """
    centre = np.array([[range_[1] for range_ in baseline.elasticities]])
    collected = any(measure.revenue for regime in regimes for measure in regime.measures)
    rows = []
    for regime in regimes:
        costs = trade_costs(regime, baseline.economy, centre, np.zeros(1), month)
        if collected and costs.revenue is None:  # so that all regimes share one program
            costs = TradeCosts(costs.change, np.zeros_like(costs.change))
        found, refused = [solve(baseline, costs, centre)[0][0]], []
        for name, other in _others(baseline):
            try:
                found.append(solve(other, costs, centre)[0][0])
            except UsageError:
                refused.append(name)
        percent = 100 * (np.stack(found) - 1)
        for country, low, high in zip(
            baseline.economy.countries, percent.min(axis=0), percent.max(axis=0), strict=True
        ):
            rows.append(Structural(regime.name, country, float(low), float(high), tuple(refused)))
    return rows


def _others(baseline: Baseline) -> list[tuple[str, Baseline]]:
    """The baseline with one assumption replaced, and what it is called."""
    closures = [c for c in CLOSURES if c not in (baseline.closure, "held-shares")]
    factors = [f for f in FACTORS if f != baseline.factors]
    return [
        *((f"closure {c!r}", replace(baseline, closure=c)) for c in closures),
        *((f"{f} factors", replace(baseline, factors=f)) for f in factors),
    ]
