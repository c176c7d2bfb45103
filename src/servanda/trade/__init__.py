"""Structural gravity: estimated, solved in changes, and sanctions as trade costs. Useful alone.

    gravity = estimate(data, ["ln_DIST", "CNTG"])        # PPML, from a long table
    economy = gravity.economy                            # or Economy(("A", "B"), flows)
    after = counterfactual(economy, cost_change, elasticity=6.0)
    after.real_income

Regimes of sanctions, written as data, become cost changes (`sanctions`), tables that a case's runs
read (`effects`) and sweeps over what nobody knows exactly (`sweep`), with what leverage they use
and leave (`leverage`). How much trade goes round them is held against the record in the study of
rerouting, which stands outside the package.
"""

from servanda.trade.armington import Closure, Factors
from servanda.trade.baseline import Baseline, read_baseline
from servanda.trade.counterfactual import counterfactual, counterfactuals, solution
from servanda.trade.effects import Effect, effects, read_effects, write_effects
from servanda.trade.flows import Economy, Equilibrium
from servanda.trade.gravity import Gravity, estimate
from servanda.trade.regimes import Measure, Regime, read_regimes
from servanda.trade.resistance import Resistances, resistances
from servanda.trade.sanctions import cost_changes
from servanda.trade.sweep import sweep
from servanda.trade.table import economy_from_table

__all__ = [
    "Baseline",
    "Closure",
    "Economy",
    "Effect",
    "Equilibrium",
    "Factors",
    "Gravity",
    "Measure",
    "Regime",
    "Resistances",
    "cost_changes",
    "counterfactual",
    "counterfactuals",
    "economy_from_table",
    "effects",
    "estimate",
    "read_baseline",
    "read_effects",
    "read_regimes",
    "resistances",
    "solution",
    "sweep",
    "write_effects",
]
