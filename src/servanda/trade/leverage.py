"""Leverage: what senders take of a target's income, and what they could take by ending all trade.

Hirschman's (1945) influence effect of trade is the income that a target would lose if its senders
ended all trade with it. Before any sanctions all of it is a threat. A regime takes a part, which is
felt. The rest remains a threat. Leakage is the share θ of what measures on the target's *imports*
take that comes back through third countries. This part is no longer felt and no longer a threat.
What the target sells elsewhere instead is already in the equilibrium, so no part of it is counted
twice.

    before = felt + lost + left
    felt = taken − θ·taken_imports,   lost = θ·before_imports
    left = (before − taken) − θ·(before_imports − taken_imports)

The part of imports is a mean of two effects of measures on imports: before measures on exports are
in place, and after they are in place (Shapley 1953). The two differ because a country that cannot
sell cannot buy.

Sources: Hirschman, *National Power and the Structure of Foreign Trade*, 1945. Shapley, "A Value for
n-Person Games", Contributions to the Theory of Games II, 1953.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64

from servanda.trade.baseline import Baseline
from servanda.trade.counterfactual import counterfactuals
from servanda.trade.regimes import DIRECTIONS, Regime
from servanda.trade.sanctions import (
    Costs,
    Elasticities,
    Places,
    TradeCosts,
    banned,
    trade_costs,
)

Income = Float64[np.ndarray, "run country"]
ONE_WAY = (("from-target",), ("to-target",))  # what the target sells; what it buys


class Taken(NamedTuple):
    """Effects of a regime, by run.

    Attributes:
        income: Real income of each country, one without sanctions.
        flows: New flows, by run, sector, origin and destination.
        imports: Share of each country's real income that measures on targets' imports take.
    """

    income: Income
    flows: Costs
    imports: Income


class Hold(NamedTuple):
    """Share of a target's real income that ending all trade with senders would take, by run."""

    whole: Float64[np.ndarray, " run"]
    imports: Float64[np.ndarray, " run"]


def solve(baseline: Baseline, costs: TradeCosts, sigma: Elasticities) -> tuple[Income, Costs]:
    """Real income by run and country, and flows by run, sector, origin and destination."""
    economy = baseline.economy
    shape = len(sigma), *economy.flows.shape
    after = counterfactuals(
        economy,
        costs.change.reshape(shape),
        sigma,
        baseline.closure,
        baseline.factors,
        revenue=None if costs.revenue is None else costs.revenue.reshape(shape),
    )
    return after.real_income, after.flows.reshape(costs.change.shape)


def take(
    regime: Regime,
    baseline: Baseline,
    sigma: Elasticities,
    severity: Places,
    month: str | None = None,
) -> Taken:
    """Solve a regime, and separately its measures on targets' exports and on their imports."""
    given = regime, baseline.economy, sigma, severity, month
    income, flows = solve(baseline, trade_costs(*given), sigma)
    sold, bought = (
        solve(baseline, trade_costs(*given, directions), sigma)[0] for directions in ONE_WAY
    )
    return Taken(income, flows, _of_imports(income, sold, bought))


def hold(regimes: Sequence[Regime], target: str, baseline: Baseline, sigma: Elasticities) -> Hold:
    """Solve the end of all trade between a target and its senders in any regime."""
    economy = baseline.economy
    place = economy.countries.index(target)
    free = np.ones((*sigma.shape, *economy.flows.shape[-2:]))
    bans = (
        TradeCosts(banned(free, regimes, target, economy, directions), None)
        for directions in (DIRECTIONS, *ONE_WAY)
    )
    ended, sold, bought = (solve(baseline, ban, sigma)[0][:, place] for ban in bans)
    return Hold(1 - ended, _of_imports(ended, sold, bought))


def _of_imports(both: np.ndarray, sold: np.ndarray, bought: np.ndarray) -> np.ndarray:
    """The part of lost income that measures on imports take."""
    last, first = sold - both, 1 - bought
    part: np.ndarray = (last + first) / 2
    return part
