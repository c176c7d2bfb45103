"""Trade in general equilibrium, in changes: goods told apart by origin, in one sector or several.

Claim: when a trade cost moves, buyers turn to other origins and the prices of every origin move
until each country sells what it makes. Observed flows and one elasticity a sector say how far; no
cost level has to be known (exact hat algebra: Dekle, Eaton and Kortum 2008). With x̂ = x'/x, k a
sector, s_kij the share of origin i in what destination j spends on k, α_kj the sector's share in
what j spends, η the elasticity between sectors, Y output, E spending and γ value added in output:

    demand          s'_kij = s_kij (t̂_kij p̂_ki / P̂_kj)^(1−σ_k)
    inward          P̂_kj^(1−σ_k) = Σ_i s_kij (t̂_kij p̂_ki)^(1−σ_k)
    outward         Π̂_ki^(1−σ_k) = Σ_j (X_kij / Y_ki) (t̂_kij / P̂_kj)^(1−σ_k) Ê_kj / Ŷ_k
    price index     P̂_j^(1−η) = Σ_k α_kj P̂_kj^(1−η); at η = 1, P̂_j = Π_k P̂_kj^α_kj
    sectors         α'_kj = α_kj (P̂_kj / P̂_j)^(1−η)
    cost            p̂_ki = ŵ_ki^γ P̂_i^(1−γ)
    clearing        Y_ki ŵ_ki = Σ_j s'_kij α'_kj E'_j
    real income     Σ_k Y_ki ŵ_ki / (Y_i P̂_i)

World output in money stays as observed: it is the unit of account. Outward resistance follows: with
clearing, p̂_ki Π̂_ki = (Ŷ_ki / Ŷ_k)^(1/(1−σ_k)), as in Anderson and van Wincoop (2003). With one
sector, real income is ŝ_ii^(1/(γ(1−σ))) wherever t̂_ii = 1 (Arkolakis, Costinot and
Rodríguez-Clare 2012).

**Factors.** ``"mobile"``, the default: a country's factors move between sectors and earn the same
in each, so clearing holds for the country and not sector by sector. ``"fixed"``: each sector of a
country has an endowment of its own, as in the years before workers and plant can move. With γ = 1
and fixed factors this is the endowment model of Yotov et al. (2016); labour is never added to or
withdrawn. With one sector the two are the same.

**Closure.** What a country spends follows what it earns, in one of four ways:

- ``"multiplicative"``, the default: E_j / Y_j stays as observed, all rescaled by one number so that
  the world spends what it makes. It comes nearest to the published border experiment of Yotov et
  al. (2016). A lender goes on lending the same share of its earnings, however little it can sell.
- ``"export-share"``: a borrower would spend E_j / Y_j as observed, a lender what leaves its imports
  over its exports as observed; then all is rescaled by one number, as before, which moves that
  ratio a little. Who sells or buys less abroad lends less. Ours: we know of no source.
- ``"additive"``: E_j − Y_j stays the same share of world output (Dekle, Eaton and Kortum 2008). The
  lender goes on lending as before, so that isolation with an imbalance has no equilibrium.
- ``"held-shares"``: prices clear demand at the output and spending of before, Y_i = Σ_j s'_ij E_j;
  only then do output, spending and flows move with prices, X'_ij ∝ Ê_j Ŷ_i (t̂_ij / P̂_j Π̂_i)^(1−σ).
  This is how gegravity (Herman 2021) closes the model. Its flows do not add up to its output: use
  it to compare. In real incomes it differs from the first by hundredths of a point for a small
  change and by points for a large one.

Leaves out: tariff revenue (a cost change is lost on the way, as ice melts), inputs that differ by
sector, and time. Real income is that of the factors, without what is borrowed or lent.

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

from servanda.trade.flows import Economy

Closure = Literal["multiplicative", "additive", "export-share", "held-shares"]
Factors = Literal["mobile", "fixed"]
CLOSURES: tuple[Closure, ...] = get_args(Closure)
FACTORS: tuple[Factors, ...] = get_args(Factors)

# A pool of factors that earn alike: a country, or each of its sectors. One row or one a sector.
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


class Changes(NamedTuple):
    """A solution: see `servanda.trade.Equilibrium`, of which each field is one."""

    price: Float[Array, "... country"]
    wage: Float[Array, "... country"]
    inward: Float[Array, "... country"]
    outward: Float[Array, "... country"]
    price_index: Nations
    real_income: Nations
    flows: Float[Array, "... origin destination"]
    steps: Int[Array, ""]
    residual: Float[Array, ""]


class Markets(NamedTuple):
    """The world at one guess of prices."""

    ease: Goods  # p̂_ki^(1−σ)
    bought: Goods  # P̂_kj^(1−σ)
    log_index: Nations
    log_wage: Pools
    spending: Goods
    gap: Pools  # log demand − log supply, plus log world output


def world_of(economy: Economy) -> WorldTrade:
    """Put an economy in shares of world output."""
    n = len(economy.countries)
    flows = (economy.flows / economy.flows.sum()).reshape(-1, n, n)
    numbers = np.float64(economy.value_added_share), np.float64(economy.sector_elasticity)
    return WorldTrade(*jax.device_put((flows, *numbers)))


def reach(world: WorldTrade, log_cost: Trade, elasticity: Sectors) -> Trade:
    """s_kij t̂_kij^(1−σ): what prices do not change, worked out once for a search."""
    shares = world.flows / world.spending[:, None]
    return shares * jnp.exp((1 - elasticity)[:, None, None] * log_cost)


def markets(
    world: WorldTrade, reached: Trade, elasticity: Sectors, closure: Closure, log_price: Pools
) -> Markets:
    """Evaluate every market at a guess of prices.

    The gap is zero where demand meets supply and world output is what it was: demand depends on
    relative prices alone, so that their level is free to hold the unit of account.

    Args:
        world: The economy before.
        reached: What `reach` says of the new costs.
        elasticity: σ of each sector.
        closure: What spending follows.
        log_price: log p̂: one row where factors are mobile, one a sector where they are fixed.
    """
    gamma, power = world.value_added_share, (1 - elasticity)[:, None]
    before = world.spending
    ease = jnp.broadcast_to(jnp.exp(power * log_price), before.shape)
    bought = jnp.einsum("ki,kij->kj", ease, reached)
    log_inward = jnp.log(bought) / power
    log_index = _index(world, log_inward)
    log_wage = (log_price - (1 - gamma) * log_index) / gamma
    supply = _pooled(world.output, log_price) * jnp.exp(log_wage)
    shares = jnp.exp((1 - world.sector_elasticity) * (log_inward - log_index))
    split = shares * before / before.sum(axis=0)
    at_home = (split * ease * jnp.einsum("kii->ki", reached) / bought).sum(axis=0)
    spending = split * _spent(world, closure, supply, at_home)
    demand = ease * jnp.einsum("kij,kj->ki", reached, spending / bought)
    met = _pooled(world.output, log_price) if closure == "held-shares" else supply
    gap = jnp.log(_pooled(demand, log_price) / met) + jnp.log(supply.sum())
    return Markets(ease, bought, log_index, log_wage, spending, gap)


def _pooled(by_sector: Goods, log_price: Pools) -> Pools:
    """Add up the sectors whose factors earn alike."""
    alike = log_price.shape[0] < by_sector.shape[0]
    return by_sector.sum(axis=0, keepdims=True) if alike else by_sector


def _index(world: WorldTrade, log_inward: Goods) -> Nations:
    """The log price of all that a country buys."""
    if len(log_inward) == 1:
        return log_inward[0]
    share = world.spending / world.spending.sum(axis=0)
    alike = world.sector_elasticity == 1  # where the formula for others would divide by zero
    power = jnp.where(alike, 1.0, 1 - world.sector_elasticity)
    ces = jnp.log((share * jnp.exp(power * log_inward)).sum(axis=0)) / power
    return jnp.where(alike, (share * log_inward).sum(axis=0), ces)


def _spent(world: WorldTrade, closure: Closure, supply: Pools, at_home: Nations) -> Nations:
    """What each country spends, `at_home` being the share of it that stays there."""
    output, before = world.output.sum(axis=0), world.spending.sum(axis=0)
    earned = supply.sum(axis=0)
    if closure == "held-shares":
        return before
    if closure == "additive":
        spent = earned + (before - output) * earned.sum()
        # Who owes more than it makes has nothing to spend: there is no such world.
        return jnp.where(spent > 0, spent, jnp.nan)
    wanted = before / output * earned
    if closure == "export-share":
        wanted = jnp.where(before < output, _of_exports(world, earned, at_home), wanted)
    return wanted / wanted.sum() * earned.sum()


def _of_exports(world: WorldTrade, earned: Nations, at_home: Nations) -> Nations:
    """Spending E that leaves imports the same multiple m of exports.

    With earnings Y, and h of spending at home, (1 − h) E = m (Y − h E).
    """
    abroad = world.flows * (1 - jnp.eye(len(earned)))
    multiple = abroad.sum(axis=(0, 1)) / abroad.sum(axis=(0, 2))
    return multiple * earned / (1 + (multiple - 1) * at_home)


def changes(
    world: WorldTrade,
    reached: Trade,
    elasticity: Sectors,
    closure: Closure,
    log_price: Pools,
    steps: Int[Array, ""],
) -> Changes:
    """Read every result off the prices that clear the markets."""
    m = markets(world, reached, elasticity, closure, log_price)
    power, output = (1 - elasticity)[:, None], world.output
    price = jnp.broadcast_to(jnp.exp(log_price), output.shape)
    wage = jnp.broadcast_to(jnp.exp(m.log_wage), output.shape)
    earned = output * wage
    earning = earned.sum(axis=0) / output.sum(axis=0)
    served = reached / m.bought[:, None] * m.spending[:, None]
    flows = served * m.ease[..., None]
    grown = flows.sum(axis=(1, 2)) / output.sum(axis=1)
    access = served.sum(axis=2) / output / grown[:, None]
    if closure == "held-shares":
        flows = flows * wage[..., None] * earning / earned.sum()
    index = jnp.exp(m.log_index)
    return Changes(
        price=price,
        wage=wage,
        inward=jnp.exp(jnp.log(m.bought) / power),
        outward=jnp.exp(jnp.log(access) / power),
        price_index=index,
        real_income=earning / index,
        flows=flows,
        steps=steps,
        residual=jnp.abs(m.gap).max(),
    )
