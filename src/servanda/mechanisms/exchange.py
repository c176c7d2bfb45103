"""Exchange: bargains struck once a quarter and when a tie opens, paid as lanes are built.

The receiver's need G is its shortfall: demand less own output for arms, required less present men
for troops (rounded off over a tenth of what is wanted), and what the case adds. Its value of a flow
q is V(q) = v(q − q²/2G), so that marginal value falls to zero as need is met; the giver's cost is c
= c0·max(1, min(R/S, 20))^η a unit, rising once its stock S falls below its reserve R. With a unit
of payment worth k to the payee for each dollar that it costs the payer, generalised Nash bargaining
over volume and price, *no deal this quarter* being the disagreement point, gives

    q* = G·(1 − c/kv)₊,    price = c + β(k·V(q*)/q* − c),

β being the supplier's bargaining power and the price in dollars of worth to the payee. Where q* is
more than the giver would send, it sends its limit, at the price that shares the surplus of that.
Outside options do not enter: they belong to commitment, because a bargain whose disagreement point
is the outside option leaves no partner who would ever leave.

Orders for goods move a third of the way a month towards the last bargain, missing people are sent
for at a rate of two a month as far as the lane carries them, and nobody is held to more than a
bargain struck now would yield: a supplier whose stock runs out stops at once. What falls due in a
month, D = deliveries ordered + arrears A, is paid at the rate cap·(1 − exp(−D/cap)), less where
something was paid ahead, in a mix that favours what is worth most to the payee for its cost to the
payer and what the payee is shortest of. A unit of payment settles what it is worth to the payee;
what lanes cannot carry stays owed. The supplier lends no more than A*, a horizon of the buyer's
surplus: volumes are scaled by (1 − A/A*)₊ at the price agreed for the whole.

Source: Nash, "The Bargaining Problem", Econometrica 18 (1950), and Roth, *Axiomatic Models of
Bargaining* (1979), for unequal power; Bulow and Rogoff, "Sovereign Debt: Is to Forgive to Forget?",
AER 79 (1989), for credit limited by continuing gains. The lanes, the pace of orders and the rule of
payment are this project's assumptions.

Left out: renegotiation of debt already booked; interest on it; barter ratios by good; haggling over
quality; bargains over several goods at once, and with third parties; what either side knows and the
other does not.
"""

from typing import Self

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from servanda.case import Case
from servanda.case.schema import Tie, month_number
from servanda.mechanisms.bargain import Bargain
from servanda.world import Axes, Clock, Draw, Draws, Month, Process, World, parameter
from servanda.world.axes import column


class ExchangeParameters(eqx.Module):
    """Parameters of bargains, lanes and payment."""

    cost: Float[Array, "tie *run"] = parameter("tie", "USD/{good}", "giver's cost of a unit")
    value: Float[Array, "tie *run"] = parameter(
        "tie", "USD/{good}", "receiver's value of the first unit"
    )
    reserve: Float[Array, "tie *run"] = parameter(
        "tie", "{good}", "stock below which giving costs more"
    )
    reserve_exponent: Float[Array, "*run"] = parameter(
        "", "dimensionless", "percent more cost for a percent less stock below the reserve"
    )
    need: Float[Array, "tie *run"] = parameter(
        "tie", "{good}/month", "need beyond what the war's accounts show"
    )
    limit: Float[Array, "tie *run"] = parameter(
        "tie", "{good}/month", "most the giver would send; for lent people, have away"
    )
    lane_ceiling: Float[Array, "tie *run"] = parameter(
        "tie", "{good}/month", "what the finished lane carries"
    )
    lane_build: Float[Array, "tie *run"] = parameter(
        "tie", "1/month", "rate at which a lane is built"
    )
    lane_start: Float[Array, "tie *run"] = parameter(
        "tie", "{good}/month", "what the lane carries when it opens"
    )
    opening_hazard: Float[Array, "tie *run"] = parameter(
        "tie", "1/month", "hazard that a tie not open by the cut opens"
    )
    unit_value: Float[Array, "tie *run"] = parameter(
        "tie", "USD/{good}", "what a unit is worth at market; for lent people, a month of one"
    )
    efficiency: Float[Array, "tie *run"] = parameter(
        "tie", "dimensionless", "worth to the payee of a dollar of cost to the payer"
    )
    allowed: Float[Array, "tie *run"] = parameter(
        "tie", "dimensionless", "1; a lever closes the tie with 0"
    )
    bargaining_power: Float[Array, "partnership *run"] = parameter(
        "partnership", "dimensionless", "share of the surplus that goes to the supplier"
    )
    payment_capacity: Float[Array, "partnership *run"] = parameter(
        "partnership", "USD/month", "most the buyer pays in a month"
    )
    credit_horizon: Float[Array, "partnership *run"] = parameter(
        "partnership", "month", "months of the buyer's surplus that the supplier lends"
    )
    adjustment: Float[Array, "*run"] = parameter(
        "", "dimensionless", "share of the way to the bargain that orders move in a month"
    )


class NashBargaining(Process):
    """Quarterly Nash bargains over volume and price."""

    bargain: Bargain
    opens: tuple[int | None, ...]
    lent: tuple[bool, ...]
    aid_signal: tuple[int | None, ...]
    under_pact: tuple[int | None, ...]
    carried: tuple[bool, ...]

    slot = "exchange"
    variant = "nash-bargaining"
    reads = frozenset(
        {
            "stock",
            "capacity",
            "transit",
            "lent",
            "arrears",
            "target",
            "order",
            "lane",
            "opened",
            "alive",
            "price",
            "war",
            "men",
            "demand",
            "shortage",
            "required",
            "signal",
        }
    )
    writes = frozenset(
        {
            "target",
            "order",
            "lane",
            "opened",
            "price",
            "send_request",
            "recall_request",
            "worth",
            "settles",
            "unit_cost",
            "gain",
        }
    )
    draws = (Draw("opening", axis="tie"),)
    Parameters = ExchangeParameters

    @classmethod
    def build(cls, case: Case, axes: Axes) -> Self:
        """Which ties are bargained for, which pay, and when each opened on the record."""
        spec = case.spec
        start, cut = month_number(spec.start), month_number(spec.as_of)
        known = {o.id for o in case.known.observations}

        def opened(tie: Tie) -> int | None:
            """The month a tie opened, None where that was not known by the cut."""
            if tie.opens is None:
                return 0
            seen = tie.source in known and month_number(tie.opens) <= cut
            return month_number(tie.opens) - start if seen else None

        return cls(
            bargain=Bargain.build(axes),
            opens=tuple(opened(t) for t in spec.ties),
            lent=tuple(axes.kind(t) == "lent" for t in spec.ties),
            aid_signal=tuple(axes.at("signal", t.signal) if t.signal else None for t in spec.ties),
            under_pact=axes.pacts("contract", "payment"),
            carried=tuple(t.basis != "covert" for t in spec.ties),
        )

    def initial(self, p: ExchangeParameters) -> dict[str, Array]:
        """Ties that are open from the start carry what their lane carries then."""
        opened = [
            jnp.full_like(row, m == 0) for m, row in zip(self.opens, p.lane_start, strict=True)
        ]
        return {
            "opened": jnp.stack(opened),
            "lane": p.lane_start,
            "price": p.cost,
            "order": jnp.zeros_like(p.cost),
        }

    def step(
        self, p: ExchangeParameters, world: World, month: Month, draws: Draws, clock: Clock
    ) -> dict[str, Array]:
        """Open ties, strike bargains, build lanes, ask the ledger to send and to pay."""
        opened = self._open(p, world, draws["opening"], clock)
        live = opened * p.allowed * self._pact_alive(world)
        wanted, agreed = self._contract(p, world, month, live)
        struck = clock.quarter | (opened > world.opened)
        target = jnp.where(struck, wanted, world.target)
        price = jnp.where(struck, agreed, world.price)
        # a contingent of people is agreed as a number; only flows of goods are worked up to
        moved = jnp.where(
            self._people(p.cost), 1.0, -jnp.expm1(jnp.log1p(-p.adjustment) * clock.dt)
        )
        # nobody is held to more than both would want this month
        order = jnp.minimum(world.order + (target - world.order) * moved, wanted)
        built = -jnp.expm1(-p.lane_build * clock.dt)
        lane = jnp.where(opened > 0, world.lane + (p.lane_ceiling - world.lane) * built, world.lane)
        send, recall = self._requests(world, month, order, lane, live, clock.dt)
        payment = self.bargain.payment(p, world, month, lane * live, price, order, clock.dt)
        return {
            "target": target,
            "order": order,
            "lane": lane,
            "opened": opened,
            "price": price,
            "send_request": send + payment,
            "recall_request": recall,
            "worth": p.unit_value,
            "settles": p.unit_value * p.efficiency,
            "unit_cost": self.bargain.unit_cost(p, world),
            "gain": self.bargain.gains(p, world, month, order, price, live),
        }

    def _contract(
        self, p: ExchangeParameters, world: World, month: Month, live: Array
    ) -> tuple[Array, Array]:
        """Agreed flow and price of every tie; zero where a tie is not contracted."""
        return self.bargain.strike(p, world, month, live)

    def _open(self, p: ExchangeParameters, world: World, draw: Array, clock: Clock) -> Array:
        """Ties open when the record says; those not open by the cut may open later."""
        chance = -jnp.expm1(-p.opening_hazard * clock.dt)
        later = clock.future & (draw < chance)
        rows = []
        for row, month in enumerate(self.opens):
            due = later[row] if month is None else clock.time >= month
            rows.append(jnp.where(due, 1.0, world.opened[row]))
        return jnp.stack(rows)

    def _pact_alive(self, world: World) -> Array:
        """Whether the pact that a tie is under is alive; one for ties under none."""
        ones = jnp.ones_like(world.order[0])
        return jnp.stack([ones if pact is None else world.alive[pact] for pact in self.under_pact])

    def _people(self, like: Array) -> Array:
        return column(self.lent, like)

    def _requests(
        self, world: World, month: Month, order: Array, lane: Array, live: Array, dt: float
    ) -> tuple[Array, Array]:
        """What is asked to be sent and to come home; payment ties ask through the bargain.

        Missing people are sent for at a rate of two a month of what is missing, so that the step's
        length does not matter.

        Orders are already zero where a tie is closed or its pact is over.
        """
        sends, recalls = [], []
        for row, tie in enumerate(self.bargain.ties):
            if not self.carried[row] or tie == "payment":
                sends.append(jnp.zeros_like(order[row]))
                recalls.append(jnp.zeros_like(order[row]))
                continue
            away = world.lent[row] + world.transit[row]
            if self.lent[row]:
                wanted = jnp.clip((order[row] - away) * -jnp.expm1(-2 * dt), 0.0, lane[row] * dt)
                recalls.append(jnp.maximum(world.lent[row] - order[row], 0.0))
            elif tie == "aid":
                signal = self.aid_signal[row]
                level = 1.0 if signal is None else jnp.maximum(month.signal[signal], 0.0)
                wanted = lane[row] * live[row] * level * dt
                recalls.append(jnp.zeros_like(wanted))
            else:
                wanted = jnp.minimum(order[row], lane[row]) * dt
                recalls.append(jnp.zeros_like(wanted))
            sends.append(wanted)
        return jnp.stack(sends), jnp.stack(recalls)


class ConstantOrders(NashBargaining):
    """Null rival: every open lane is filled, at cost, whatever the need and whatever is owed."""

    variant = "constant-orders"

    def _contract(
        self, p: ExchangeParameters, world: World, month: Month, live: Array
    ) -> tuple[Array, Array]:
        contracted = jnp.reshape(
            jnp.array([t == "contract" for t in self.bargain.ties]),
            (-1,) + (1,) * (world.order.ndim - 1),
        )
        flow = jnp.where(self._people(p.limit), p.limit, jnp.minimum(p.limit, p.lane_ceiling))
        return jnp.where(contracted, flow * live, 0.0), p.cost
