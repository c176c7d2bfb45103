"""Trade in general equilibrium, in changes: goods differ by origin, in one or several sectors.

Claim: when a trade cost changes, buyers turn to other origins, and the prices of all origins change
until each country sells its output. The size of the changes follows from observed flows and one
elasticity for each sector. The levels of costs are not needed (exact hat algebra: Dekle, Eaton and
Kortum 2008). A hat is a change, x̂ = x'/x. k is a sector, and s_kij is the share of origin i in the
spending of destination j on k. α_kj is the sector's share in the spending of j, η the elasticity
between sectors, Y output, E spending and γ the share of value added in output:

    demand          s'_kij = s_kij (t̂_kij p̂_ki / P̂_kj)^(1−σ_k)
    inward          P̂_kj^(1−σ_k) = Σ_i s_kij (t̂_kij p̂_ki)^(1−σ_k)
    outward         Π̂_ki^(1−σ_k) = Σ_j (X_kij / Y_ki) (t̂_kij / P̂_kj)^(1−σ_k) Ê_kj / Ŷ_k
    price index     P̂_j^(1−η) = Σ_k α_kj P̂_kj^(1−η); at η = 1, P̂_j = Π_k P̂_kj^α_kj
    sectors         α'_kj = α_kj (P̂_kj / P̂_j)^(1−η)
    cost            p̂_ki = ŵ_ki^γ P̂_i^(1−γ)
    clearing        Y_ki ŵ_ki = Σ_j s'_kij α'_kj E'_j
    real income     Σ_k Y_ki ŵ_ki / (Y_i P̂_i)
    real spending   (E'_i − (1−γ) Y'_i) / ((E_i − (1−γ) Y_i) P̂_i)

World output in money stays as observed: it is the unit of account. Outward resistance follows. With
clearing, p̂_ki Π̂_ki = (Ŷ_ki / Ŷ_k)^(1/(1−σ_k)), as in Anderson and van Wincoop (2003). With one
sector, real income is ŝ_ii^(1/(γ(1−σ))) wherever t̂_ii = 1 (Arkolakis, Costinot and
Rodríguez-Clare 2012).

**Factors.** ``"mobile"``, the default: a country's factors move between sectors and earn the same
in each, so clearing holds for the country and not sector by sector. ``"fixed"``: each sector of a
country has its own endowment, as in the years before workers and plant can move. With γ = 1
and fixed factors this is the endowment model of Yotov et al. (2016); the quantity of labour
is constant. With one sector the two are the same.

**Closure.** How a country's spending E follows from its earnings, and what it lends or borrows, is
in `servanda.trade.closure`. One closure differs in its markets: ``"held-shares"``. Prices clear
demand at the initial output and spending, Y_i = Σ_j s'_ij E_j. Output, spending and flows then
follow prices, X'_ij ∝ Ê_j Ŷ_i (t̂_ij / P̂_j Π̂_i)^(1−σ). gegravity (Herman 2021) closes the model in
this way. Its flows do not add up to its output, so it serves only for comparison. Its real incomes
differ from those of ``"multiplicative"`` by hundredths of a point for a small change and by points
for a large one.

**Duties.** The destination collects a share k_kij of what buyers pay for a flow: τ / (1 + τ) for a
tariff τ, whose cost change is 1 + τ. Sellers receive the rest, so that clearing counts
(1 − k_kij) s'_kij, and flows are what sellers receive. What a country collects,
R_j = Σ_ki k_kij s'_kij α'_kj E'_j, is spent like earnings and counts in its real income,
(γ Σ_k Y_ki ŵ_ki + R_i) / (γ Y_i P̂_i). Costs that nobody collects are iceberg costs.

**Real spending** is real income with transfers: what a country buys for final use, loans included,
over its price index. Where trade is balanced before and after, the two are equal.

Left out: inputs that differ by sector, duties on exports, duties that stood before the change (they
count as costs that nobody collects), and time. Real income is that of factors
and treasury, without borrowing and lending.

Sources: Anderson and van Wincoop, "Gravity with Gravitas", AER 93(1), 2003. Dekle, Eaton and
Kortum, "Global Rebalancing with Gravity", IMF Staff Papers 55(3), 2008. Arkolakis, Costinot and
Rodríguez-Clare, "New Trade Models, Same Old Gains?", AER 102(1), 2012. Costinot and
Rodríguez-Clare, "Trade Theory with Numbers", Handbook of International Economics 4, 2014. Yotov,
Piermartini, Monteiro and Larch, "An Advanced Guide to Trade Policy Analysis", WTO/UNCTAD 2016.
Herman, "gegravity: General Equilibrium Gravity Modeling in Python", USITC working paper, 2021.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from servanda.trade.closure import Observed, Rule, Shares, spending
from servanda.trade.flows import Economy

Factors = Literal["mobile", "fixed"]
FACTORS: tuple[Factors, ...] = get_args(Factors)

# A pool of factors with the same earnings: a country, or each of its sectors.
Pools = Float[Array, "pool country"]
Goods = Float[Array, "sector country"]
Trade = Float[Array, "sector origin destination"]
Sectors = Float[Array, " sector"]
Nations = Float[Array, " country"]


class WorldTrade(NamedTuple):
    """The flows of an economy as shares of world output."""

    flows: Trade
    value_added_share: Float[Array, ""]
    sector_elasticity: Float[Array, ""]

    @property
    def output(self) -> Goods:
        """Y_ki."""
        return self.flows.sum(axis=2)

    @property
    def spending(self) -> Goods:
        """E_kj."""
        return self.flows.sum(axis=1)

    @property
    def abroad(self) -> Trade:
        """X_kij, zero where i = j."""
        return self.flows * (1 - jnp.eye(self.flows.shape[-1]))


class Barriers(NamedTuple):
    """New costs: log t̂, and the log of what a duty takes, −log(1 − k); None without duties."""

    log_cost: Trade
    log_duty: Trade | None

    def share(self, walked: Float[Array, ""]) -> Barriers:
        """A share of the change, in logs."""
        duty = None if self.log_duty is None else walked * self.log_duty
        return Barriers(walked * self.log_cost, duty)


class Access(NamedTuple):
    """What costs leave of each flow, s_kij t̂_kij^(1−σ); it does not depend on prices.

    Attributes:
        home: At home, i = j.
        paid: What buyers pay for goods from abroad; zero where i = j.
        received: The part of it that sellers receive; `paid` itself without duties.
    """

    home: Goods
    paid: Trade
    received: Trade


class Changes(NamedTuple):
    """A solution; `servanda.trade.Equilibrium` has these fields too and describes them."""

    price: Float[Array, "... country"]
    wage: Float[Array, "... country"]
    inward: Float[Array, "... country"]
    outward: Float[Array, "... country"]
    price_index: Nations
    real_income: Nations
    revenue: Nations
    flows: Float[Array, "... origin destination"]
    steps: Int[Array, ""]
    residual: Float[Array, ""]


class Markets(NamedTuple):
    """All markets at one guess of prices."""

    ease: Goods  # p̂_ki^(1−σ)
    bought: Goods  # P̂_kj^(1−σ)
    log_index: Nations
    log_wage: Pools
    spending: Goods
    revenue: Nations
    gap: Pools  # log demand − log supply, plus log world output


def world_of(economy: Economy) -> WorldTrade:
    """Put an economy in shares of world output."""
    n = len(economy.countries)
    flows = (economy.flows / economy.flows.sum()).reshape(-1, n, n)
    numbers = np.float64(economy.value_added_share), np.float64(economy.sector_elasticity)
    return WorldTrade(*jax.device_put((flows, *numbers)))


def access(world: WorldTrade, barriers: Barriers, elasticity: Sectors) -> Access:
    """What costs leave of each flow, computed once for a search.

    Trade with others is kept apart from sales at home, so that it is exact however little it is.
    """
    left = jnp.exp((1 - elasticity)[:, None, None] * barriers.log_cost)
    reached = world.flows / world.spending[:, None] * left
    paid = reached * (1 - jnp.eye(reached.shape[-1]))
    received = paid if barriers.log_duty is None else paid * jnp.exp(-barriers.log_duty)
    return Access(jnp.einsum("kii->ki", reached), paid, received)


def markets(
    world: WorldTrade, given: Access, elasticity: Sectors, rule: Rule, log_price: Pools
) -> Markets:
    """Evaluate every market at a guess of prices.

    The gap is zero where demand equals supply and world output is unchanged. Demand depends on
    relative prices alone, so the price level can keep the unit of account.

    Args:
        world: The economy before.
        given: What the new costs leave of each flow.
        elasticity: σ of each sector.
        rule: How spending depends on earnings.
        log_price: log p̂: one row if factors are mobile, one for each sector if they are fixed.
    """
    gamma, power = world.value_added_share, (1 - elasticity)[:, None]
    before, output = world.spending, _pooled(world.output, log_price)
    ease = jnp.broadcast_to(jnp.exp(power * log_price), before.shape)
    imported, at_home = jnp.einsum("ki,kij->kj", ease, given.paid), ease * given.home
    bought = imported + at_home
    log_inward = jnp.log(bought) / power
    log_index = _index(world, log_inward)
    log_wage = (log_price - (1 - gamma) * log_index) / gamma
    supply = output * jnp.exp(log_wage)
    shares = jnp.exp((1 - world.sector_elasticity) * (log_inward - log_index))
    split = shares * before / before.sum(axis=0)
    collected = jnp.zeros_like(log_index)
    if given.received is not given.paid:
        received = jnp.einsum("ki,kij->kj", ease, given.received)
        collected = (split * (imported - received) / bought).sum(axis=0)
    home, abroad = ((split * part / bought).sum(axis=0) for part in (at_home, imported))
    of_spending = Shares(home, abroad, collected)
    spent = spending(rule, _observed(world), supply.sum(axis=0), of_spending)
    budget = split * spent / bought
    sold = jnp.einsum("kij,kj->ki", given.received, budget) + given.home * budget
    demand = _pooled(ease * sold, log_price)
    gap = jnp.log(demand / (output if rule == "held-shares" else supply)) + jnp.log(supply.sum())
    return Markets(ease, bought, log_index, log_wage, split * spent, collected * spent, gap)


def _observed(world: WorldTrade) -> Observed:
    earned, spent = world.output.sum(axis=0), world.spending.sum(axis=0)
    return Observed(earned, spent, world.abroad.sum(axis=(0, 2)), world.abroad.sum(axis=(0, 1)))


def _pooled(by_sector: Goods, log_price: Pools) -> Pools:
    """Add up the sectors of each pool of factors."""
    alike = log_price.shape[0] < by_sector.shape[0]
    return by_sector.sum(axis=0, keepdims=True) if alike else by_sector


def _index(world: WorldTrade, log_inward: Goods) -> Nations:
    """The log price index of a country."""
    if len(log_inward) == 1:
        return log_inward[0]
    share = world.spending / world.spending.sum(axis=0)
    alike = world.sector_elasticity == 1  # where the formula for others would divide by zero
    power = jnp.where(alike, 1.0, 1 - world.sector_elasticity)
    ces = jnp.log((share * jnp.exp(power * log_inward)).sum(axis=0)) / power
    return jnp.where(alike, (share * log_inward).sum(axis=0), ces)


def changes(
    world: WorldTrade,
    given: Access,
    elasticity: Sectors,
    rule: Rule,
    log_price: Pools,
    steps: Int[Array, ""],
) -> Changes:
    """Compute all results from the prices that clear the markets."""
    m = markets(world, given, elasticity, rule, log_price)
    power, output = (1 - elasticity)[:, None], world.output
    price = jnp.broadcast_to(jnp.exp(log_price), output.shape)
    wage = jnp.broadcast_to(jnp.exp(m.log_wage), output.shape)
    earned, made = output * wage, output.sum(axis=0)
    earning = earned.sum(axis=0) / made
    received = given.received + given.home[:, None] * jnp.eye(output.shape[-1])
    served = received / m.bought[:, None] * m.spending[:, None]
    flows = served * m.ease[..., None]
    grown = flows.sum(axis=(1, 2)) / output.sum(axis=1)
    outward = served.sum(axis=2) / output / grown[:, None]
    if rule == "held-shares":
        flows = flows * wage[..., None] * earning / earned.sum()
    index = jnp.exp(m.log_index)
    return Changes(
        price=price,
        wage=wage,
        inward=jnp.exp(jnp.log(m.bought) / power),
        outward=jnp.exp(jnp.log(outward) / power),
        price_index=index,
        real_income=(earning + m.revenue / (world.value_added_share * made)) / index,
        revenue=m.revenue,
        flows=flows,
        steps=steps,
        residual=jnp.abs(m.gap).max(),
    )
