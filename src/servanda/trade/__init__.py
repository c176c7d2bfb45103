"""Structural gravity in changes, and sanctions as trade costs. Useful alone, and outside the month.

    economy = Economy(("A", "B"), flows)
    after = counterfactual(economy, cost_change, elasticity=6.0)
    after.real_income

`sanctions` turns a regime, written as data, into cost changes and a table of what they do.
"""

from servanda.trade.armington import Closure, Factors
from servanda.trade.counterfactual import counterfactual, counterfactuals, solution
from servanda.trade.flows import Economy, Equilibrium
from servanda.trade.regimes import Bound, Measure, Regime, read_regimes
from servanda.trade.sanctions import Effect, cost_change, effects, read_effects, write_effects

__all__ = [
    "Bound",
    "Closure",
    "Economy",
    "Effect",
    "Equilibrium",
    "Factors",
    "Measure",
    "Regime",
    "cost_change",
    "counterfactual",
    "counterfactuals",
    "effects",
    "read_effects",
    "read_regimes",
    "solution",
    "write_effects",
]
