"""The bargain: need, cost, volume, price, payment and gains.

Each contracted tie has its own bargain. The ties of one pact share its means of payment and its
credit.

See `servanda.mechanisms.exchange` for the equations and their sources.
"""

from typing import Self

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from servanda.world import Axes, Month, World, parameter
from servanda.world.axes import collect, pick, place
from servanda.world.ranges import SHARE

# Cost would diverge as a stock runs out. It stops rising when the reserve is this many stocks.
_SCARCEST = 20.0
_TINY = 1e-6


class TermsParameters(eqx.Module):
    """Parameters of need, cost and payment, which every theory of orders uses. Abstract."""

    cost: Float[Array, "tie *run"] = parameter(
        "tie", "USD/{good}", "giver's cost of a unit, at a stock above the reserve"
    )
    value: Float[Array, "tie *run"] = parameter(
        "tie", "USD/{good}", "receiver's value of the first unit it gets"
    )
    reserve: Float[Array, "tie *run"] = parameter(
        "tie", "{good}", "reserve: stock below which the giver's cost rises"
    )
    reserve_exponent: Float[Array, "*run"] = parameter(
        "", "dimensionless", "elasticity of cost to reserve over stock, below the reserve"
    )
    need: Float[Array, "tie *run"] = parameter(
        "tie", "{good}/month", "need in addition to the war's needs for arms and troops"
    )
    limit: Float[Array, "tie *run"] = parameter(
        "tie", "{good}/month", "most that the giver would send; for lent people, most present"
    )
    lane_ceiling: Float[Array, "tie *run"] = parameter(
        "tie", "{good}/month", "capacity of the finished lane"
    )
    unit_value: Float[Array, "tie *run"] = parameter(
        "tie", "USD/{good}", "market worth of a unit; for lent people, of a month of one person"
    )
    efficiency: Float[Array, "tie *run"] = parameter(
        "tie", "dimensionless", "worth to the payee of a dollar of cost to the payer"
    )
    payment_capacity: Float[Array, "partnership *run"] = parameter(
        "partnership", "USD/month", "most that the buyer pays in a month"
    )


class BargainParameters(TermsParameters):
    """Parameters of a bargain. Abstract: a theory adds how orders respond."""

    bargaining_power: Float[Array, "partnership *run"] = parameter(
        "partnership",
        "dimensionless",
        "supplier's bargaining power: its share of the surplus",
        SHARE,
    )
    credit_horizon: Float[Array, "partnership *run"] = parameter(
        "partnership", "month", "credit limit, in months of the buyer's surplus"
    )


class Bargain(eqx.Module):
    """Accounts and pacts of all contracted and payment ties of a case."""

    ties: tuple[str, ...]
    contracts: tuple[int, ...]
    payments: tuple[int, ...]
    contract_pact: tuple[int, ...]
    payment_pact: tuple[int, ...]
    giver_account: tuple[int, ...]
    buyer_account: tuple[int | None, ...]
    payee_account: tuple[int | None, ...]
    men_of: tuple[int | None, ...]
    pacts: int

    @classmethod
    def build(cls, axes: Axes) -> Self:
        """Find the accounts and pacts of contracted and payment ties."""
        ties = axes.spec.ties
        contracts, payments = axes.ties("contract"), axes.ties("payment")
        pacts = axes.pacts("contract", "payment")
        sold = [ties[i] for i in contracts]
        givers = [axes.account(t.giver, t.good) for t in sold]
        return cls(
            ties=tuple(t.basis for t in ties),
            contracts=tuple(contracts),
            payments=tuple(payments),
            contract_pact=tuple(p for i in contracts if (p := pacts[i]) is not None),
            payment_pact=tuple(p for i in payments if (p := pacts[i]) is not None),
            giver_account=tuple(g for g in givers if g is not None),
            buyer_account=tuple(
                axes.account(t.receiver, t.good) if axes.kind(t) == "rival" else None for t in sold
            ),
            payee_account=tuple(axes.account(ties[i].receiver, ties[i].good) for i in payments),
            men_of=tuple(axes.fights_for(t) for t in sold),
            pacts=axes.size("partnership"),
        )

    def strike(
        self, p: BargainParameters, world: World, month: Month, live: Array
    ) -> tuple[Float[Array, "tie *run"], Float[Array, "tie *run"]]:
        """Volume and price of every contracted tie; the price of other ties is zero."""
        if not self.contracts:
            return jnp.zeros_like(world.exchange.target), jnp.zeros_like(world.exchange.price)
        need, cost, value, worth = self._terms(p, world, month, live)
        wanted = need * jnp.clip(1 - cost / jnp.maximum(worth * value, _TINY), 0.0, 1.0)
        volume = jnp.minimum(wanted, pick(p.limit, self.contracts)) * pick(live, self.contracts)
        mean_value = value * (1 - volume / (2 * jnp.maximum(need, _TINY)))
        power = pick(p.bargaining_power, self.contract_pact)
        price = cost + power * jnp.maximum(worth * mean_value - cost, 0.0)
        surplus = volume * (mean_value - price / jnp.maximum(worth, _TINY))
        volume = volume * pick(self._credit(p, world, surplus), self.contract_pact)
        size = len(self.ties)
        return place(volume, self.contracts, size), place(price, self.contracts, size)

    def payment(
        self,
        p: TermsParameters,
        world: World,
        month: Month,
        lane: Array,
        price: Array,
        order: Array,
        dt: float,
    ) -> Float[Array, "tie *run"]:
        """Goods requested as payment of this month's debt and of arrears, within lane capacity."""
        if not self.payments:
            return jnp.zeros_like(world.exchange.order)
        ordered = collect(pick(price * order, self.contracts), self.contract_pact, self.pacts)
        # Both are what falls due in a month, less what was paid in advance.
        due = jnp.maximum(ordered + world.ledger.arrears, 0.0)
        cap = jnp.maximum(p.payment_capacity, 1.0)
        paid = pick(cap * -jnp.expm1(-due / cap), self.payment_pact)
        unit = jnp.maximum(pick(p.unit_value * p.efficiency, self.payments), _TINY)
        flow = jnp.minimum(paid * self._mix(p, month, lane) / unit, pick(lane, self.payments))
        return place(flow * dt, self.payments, len(self.ties))

    def gains(
        self,
        p: TermsParameters,
        world: World,
        month: Month,
        order: Array,
        price: Array,
        live: Array,
    ) -> Float[Array, "partner *run"]:
        """Surplus of the standing orders to supplier and buyer of each pact, USD a month."""
        if not self.contracts:
            return jnp.zeros(
                (2 * self.pacts, *world.exchange.order.shape[1:]), world.exchange.order.dtype
            )
        need, cost, value, worth = self._terms(p, world, month, live)
        volume, agreed = pick(order, self.contracts), pick(price, self.contracts)
        met = jnp.minimum(volume, need)
        benefit = value * (met - met * met / (2 * jnp.maximum(need, _TINY)))
        # A buyer that has no open payment tie gives up nothing.
        given_up = jnp.where(worth > 0, agreed * volume / jnp.maximum(worth, _TINY), 0.0)
        seller = collect((agreed - cost) * volume, self.contract_pact, self.pacts)
        buyer = collect(benefit - given_up, self.contract_pact, self.pacts)
        return jnp.stack([row for pair in zip(seller, buyer, strict=True) for row in pair])

    def _terms(
        self, p: TermsParameters, world: World, month: Month, live: Array
    ) -> tuple[Array, Array, Array, Array]:
        """Need, unit cost, first-unit value and worth of payment of each contracted tie."""
        # The bargain assumes finished lanes, although payment waits until they are built.
        worth = self._worth(p, month, p.lane_ceiling * live)
        return (
            self._need(p, world, month),
            self._cost(p, world),
            pick(p.value, self.contracts),
            pick(worth, self.contract_pact),
        )

    def unit_cost(self, p: TermsParameters, world: World) -> Float[Array, "tie *run"]:
        """Cost of a unit to the giver on every contracted tie; zero on other ties."""
        if not self.contracts:
            return jnp.zeros_like(world.exchange.order)
        return place(self._cost(p, world), self.contracts, len(self.ties))

    def _cost(self, p: TermsParameters, world: World) -> Array:
        stock = pick(world.ledger.stock, self.giver_account)
        scarcity = pick(p.reserve, self.contracts) / jnp.maximum(stock, _TINY)
        scarcity = jnp.clip(scarcity, 1.0, _SCARCEST)
        return pick(p.cost, self.contracts) * jnp.exp(p.reserve_exponent * jnp.log(scarcity))

    def _need(self, p: TermsParameters, world: World, month: Month) -> Array:
        """The receiver's need: demand less output, or men required less men present."""
        rows = []
        for row, tie in enumerate(self.contracts):
            extra = p.need[tie]
            account, side = self.buyer_account[row], self.men_of[row]
            if side is not None:
                required = month.war.required[side]
                extra = extra + world.war.war * soft(
                    required - world.attrition.men[side], 0.1 * required
                )
            elif account is not None:
                demand = month.arsenal.demand[account]
                extra = extra + soft(demand - world.arsenal.capacity[account], 0.1 * demand)
            rows.append(extra)
        return jnp.stack(rows)

    def _mix(self, p: TermsParameters, month: Month, lane: Array) -> Array:
        """Share of each payment tie in its pact's payments."""
        weights = []
        for row, tie in enumerate(self.payments):
            account = self.payee_account[row]
            wanted = jnp.ones_like(lane[tie])
            if account is not None:
                short = (1 + month.arsenal.shortage[account]) / 2
                wanted = jnp.where(month.arsenal.demand[account] > 0, short, wanted)
            carried = lane[tie] * p.unit_value[tie]
            weights.append(p.efficiency[tie] * wanted * carried)
        weight = jnp.stack(weights)
        total = pick(collect(weight, self.payment_pact, self.pacts), self.payment_pact)
        return weight / jnp.maximum(total, _TINY)

    def _worth(self, p: TermsParameters, month: Month, lane: Array) -> Array:
        """k: what a dollar of cost to the buyer is worth to each supplier, given the mix.

        k is one for a pact that has no payment tie. It is zero, so that there is no bargain, for a
        pact whose payment ties are all closed.
        """
        worth = jnp.ones_like(p.payment_capacity)
        if not self.payments:
            return worth
        mix = self._mix(p, month, lane) * pick(p.efficiency, self.payments)
        paid = collect(mix, self.payment_pact, self.pacts)
        rows = [paid[i] if i in self.payment_pact else worth[i] for i in range(self.pacts)]
        return jnp.stack(rows)

    def _credit(self, p: BargainParameters, world: World, surplus: Array) -> Array:
        """Share of the bargain that the supplier delivers on credit, given the arrears."""
        gain = collect(surplus, self.contract_pact, self.pacts)
        limit = jnp.maximum(p.credit_horizon * gain, 1.0)
        return jnp.clip(1 - jnp.maximum(world.ledger.arrears, 0.0) / limit, 0.0, 1.0)


def soft(x: Float[Array, "*shape"], width: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """max(x, 0), smoothed over `width`."""
    scale = jnp.maximum(width, _TINY)
    return scale * jax.nn.softplus(x / scale)
