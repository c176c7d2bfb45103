"""Trade in general equilibrium, in changes: one sector, goods told apart by origin.

Claim: when a trade cost moves, buyers turn to other origins and the prices of every origin move
until each country sells what it makes. Observed flows and one elasticity say how far; no cost level
has to be known (exact hat algebra: Dekle, Eaton and Kortum 2008). With x̂ = x'/x, s_ij the share of
origin i in what destination j spends, Y output, E spending and γ value added in output:

    demand        s'_ij = s_ij (t̂_ij p̂_i / P̂_j)^(1−σ),  P̂_j^(1−σ) = Σ_i s_ij (t̂_ij p̂_i)^(1−σ)
    cost          p̂_i = ŵ_i^γ P̂_i^(1−γ)
    clearing      Y_i ŵ_i = Σ_j s'_ij E'_j
    real income   ŵ_i / P̂_i, which is ŝ_ii^(1/(γ(1−σ))) wherever t̂_ii = 1

The last is the gains-from-trade formula of Arkolakis, Costinot and Rodríguez-Clare (2012). World
output in money stays as observed: it is the unit of account.

**Closure.** What a country spends follows what it earns, in one of two ways:

- ``"ratio"``, the default: E_j / Y_j stays as observed, all rescaled by one number so that the
  world spends what it makes. An exporter cut off from its buyers then runs a smaller surplus, as
  cut-off exporters did; an answer was found for every random economy tried; and it comes nearest
  to the published border experiment of Yotov et al. (2016).
- ``"transfer"``: E_j − Y_j stays the same share of world output (Dekle, Eaton and Kortum 2008). The
  lender goes on lending as before, so that isolation with an imbalance has no equilibrium.

Both let market clearing move every country's output (the full endowment model). Tools that hold
output shares at their observed values there, such as gegravity, differ by hundredths of a point.

Leaves out: sectors, movement of factors, tariff revenue (a cost change is lost on the way, as ice
melts) and time. Real income is that of the factors, without what is borrowed or lent.

Sources: Anderson and van Wincoop, "Gravity with Gravitas", AER 93(1), 2003. Dekle, Eaton and
Kortum, "Global Rebalancing with Gravity", IMF Staff Papers 55(3), 2008. Arkolakis, Costinot and
Rodríguez-Clare, "New Trade Models, Same Old Gains?", AER 102(1), 2012. Costinot and
Rodríguez-Clare, "Trade Theory with Numbers", Handbook of International Economics 4, 2014. Yotov,
Piermartini, Monteiro and Larch, "An Advanced Guide to Trade Policy Analysis", WTO/UNCTAD 2016.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float64

from servanda.errors import UsageError
from servanda.trade.flows import Countries, Economy, Equilibrium, Pairs, check_costs

Closure = Literal["ratio", "transfer"]
Slopes = Float64[np.ndarray, "country country"]

TOLERANCE = 1e-10  # largest |log demand − log supply| of an accepted answer
MAX_STEPS = 100
LONGEST_STEP = 2.0  # log points; keeps Newton's first steps from overshooting
SHORTEST_STRIDE = 1e-4  # of the way to the new costs, which are walked to in stages where needed


@dataclass(frozen=True, slots=True)
class _Trial:
    """The world at one guess of log prices: gaps, their slopes, and what follows from the guess."""

    gap: Countries
    slope: Slopes
    log_price: Countries
    log_wage: Countries
    log_index: Countries
    flows: Pairs

    @property
    def residual(self) -> float:
        largest = float(np.abs(self.gap).max())
        return math.inf if math.isnan(largest) else largest


def counterfactual(
    economy: Economy, cost_change: Pairs, elasticity: float, closure: Closure = "ratio"
) -> Equilibrium:
    """Solve for the equilibrium after trade costs change.

    Args:
        economy: The flows observed before.
        cost_change: t̂, new over old cost of delivering one unit: 1.2 adds a fifth of its price.
        elasticity: σ, between goods of different origin; the trade elasticity is σ − 1.
        closure: What spending follows: see the module's text.

    Returns:
        The new equilibrium, with demand within a relative 1e-10 of supply everywhere.

    Raises:
        UsageError: The elasticity is 1 or less, a cost change is not a positive number for each
            pair, or no equilibrium was found.
    """
    if not (math.isfinite(elasticity) and elasticity > 1):
        raise UsageError("elasticity of substitution", repr(elasticity), "a finite number above 1")
    check_costs(economy.countries, cost_change)
    if (cost_change == 1).all():  # to the last bit, which exp(log(1)) need not give
        same = np.ones(len(economy.countries))
        return Equilibrium(economy.countries, same, same, same, same, economy.flows, 0, 0.0)
    walked, stride, steps = 0.0, 1.0, 0
    log_price = np.zeros(len(economy.countries))
    while walked < 1:
        target = min(1.0, walked + stride)
        cost = cost_change ** (target * (1 - elasticity))
        trial, taken = _newton(economy, cost, elasticity, closure, log_price)
        steps += taken
        if trial.residual <= TOLERANCE:
            walked, stride, log_price = target, 2 * stride, trial.log_price
        elif stride > SHORTEST_STRIDE:
            stride /= 2
        else:
            raise _no_equilibrium(walked, trial.residual)
    return Equilibrium(
        economy.countries,
        price=np.exp(trial.log_price),
        wage=np.exp(trial.log_wage),
        price_index=np.exp(trial.log_index),
        real_income=np.exp(trial.log_wage - trial.log_index),
        flows=trial.flows,
        steps=steps,
        residual=trial.residual,
    )


def _newton(
    economy: Economy, cost: Pairs, elasticity: float, closure: Closure, log_price: Countries
) -> tuple[_Trial, int]:
    """Step from a guess until demand meets supply or no step helps; say how many were taken."""
    trial = _try(economy, cost, elasticity, closure, log_price)
    for step in range(MAX_STEPS):
        if trial.residual <= TOLERANCE or not math.isfinite(trial.residual):
            return trial, step
        try:
            direction = np.linalg.solve(trial.slope, -trial.gap)
        except np.linalg.LinAlgError:
            return trial, step
        direction *= min(1.0, LONGEST_STEP / np.abs(direction).max())
        for halving in range(30):
            guess = trial.log_price + direction * 0.5**halving
            better = _try(economy, cost, elasticity, closure, guess)
            if better.residual < trial.residual:
                break
        else:
            return trial, step
        trial = better
    return trial, MAX_STEPS


def _try(
    economy: Economy, cost: Pairs, elasticity: float, closure: Closure, log_price: Countries
) -> _Trial:
    """Evaluate clearing at one guess. `cost` is t̂^(1−σ); a slope is by log price, one a column."""
    share_va, flows, identity = economy.value_added_share, economy.flows, np.eye(len(log_price))
    weight = flows / flows.sum(axis=0) * cost * np.exp((1 - elasticity) * log_price)[:, None]
    share = weight / weight.sum(axis=0)
    log_index = np.log(weight.sum(axis=0)) / (1 - elasticity)  # its slope is share.T
    log_wage = (log_price - (1 - share_va) * log_index) / share_va
    # Only relative prices matter to demand: set their level so that world output stays as it was.
    level = np.log(flows.sum(axis=1) @ np.exp(log_wage) / flows.sum())
    log_price, log_index, log_wage = log_price - level, log_index - level, log_wage - level
    wage_slope = (identity - (1 - share_va) * share.T) / share_va
    supply = flows.sum(axis=1) * np.exp(log_wage)
    spending, spending_slope = _spending(flows, closure, supply, wage_slope)
    trade = share * spending
    to = trade / trade.sum(axis=1, keepdims=True)
    demand_slope = (1 - elasticity) * (identity - to @ share.T) + to @ spending_slope
    level_slope = supply @ wage_slope / supply.sum()  # without it the level of a step is open
    slope = demand_slope - wage_slope + level_slope
    gap = np.log(trade.sum(axis=1) / supply)
    return _Trial(gap, slope, log_price, log_wage, log_index, trade)


def _spending(
    flows: Pairs, closure: Closure, supply: Countries, wage_slope: Slopes
) -> tuple[Countries, Slopes]:
    """Say what each country spends, and how the log of that answers to each log price."""
    output, before = flows.sum(axis=1), flows.sum(axis=0)
    level_slope = supply @ wage_slope / supply.sum()
    if closure == "ratio":
        wanted = before / output * supply
        slope = wage_slope + level_slope - wanted @ wage_slope / wanted.sum()
        return wanted * supply.sum() / wanted.sum(), slope
    spending = supply + before - output
    if (spending <= 0).any():  # owes more than it makes: no place to move to
        return np.full_like(supply, np.nan), wage_slope
    return spending, supply[:, None] * wage_slope / spending[:, None]


def _no_equilibrium(walked: float, residual: float) -> UsageError:
    return UsageError(
        f"trade equilibrium, {walked:.0%} of the way to the new costs",
        f"demand a relative {residual:.1e} from supply",
        f"at most {TOLERANCE:.0e}",
        hint="a country all but cut off cannot keep its deficit or surplus: "
        "balance its trade, use the 'ratio' closure or cap the cost change",
    )
