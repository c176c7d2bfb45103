"""Structural gravity: estimation, counterfactuals in changes, and sanctions as trade costs.

The package works without the rest of Servanda.

    gravity = estimate(data, ["ln_DIST", "CNTG"])        # PPML, from a long table
    economy = gravity.economy                            # or Economy(("A", "B"), flows)
    after = counterfactual(economy, cost_change, elasticity=6.0)
    after.real_income

Sanctions regimes are data. `sanctions` turns them into cost changes, `effects` into the tables that
runs of a case read, and `sweep` into effects over draws of uncertain inputs. `leverage` computes
the leverage that they use and leave. The study of rerouting, outside the package, compares leakage
with the record.
"""

from servanda.trade.armington import Factors
from servanda.trade.baseline import Baseline, read_baseline
from servanda.trade.closure import Closure
from servanda.trade.counterfactual import balanced, counterfactual, counterfactuals, solution
from servanda.trade.effects import Effect, effects, read_effects, write_effects
from servanda.trade.flows import Economy, Equilibrium
from servanda.trade.gravity import Gravity, estimate
from servanda.trade.observed import economy_from_table
from servanda.trade.panel import PanelGravity, estimate_panel
from servanda.trade.regimes import Measure, Regime, read_regimes
from servanda.trade.resistance import Resistances, economy_from_costs, resistances
from servanda.trade.sanctions import TradeCosts, cost_changes, trade_costs
from servanda.trade.sweep import sweep

__all__ = [
    "Baseline",
    "Closure",
    "Economy",
    "Effect",
    "Equilibrium",
    "Factors",
    "Gravity",
    "Measure",
    "PanelGravity",
    "Regime",
    "Resistances",
    "TradeCosts",
    "balanced",
    "cost_changes",
    "counterfactual",
    "counterfactuals",
    "economy_from_costs",
    "economy_from_table",
    "effects",
    "estimate",
    "estimate_panel",
    "read_baseline",
    "read_effects",
    "read_regimes",
    "resistances",
    "solution",
    "sweep",
    "trade_costs",
    "write_effects",
]
