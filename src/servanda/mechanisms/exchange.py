"""Exchange: partners strike bargains every quarter, and lanes carry the goods and the payment.

A bargain sets volume and price. It is struck once a quarter and when a tie opens. A lane is the
capacity of a tie to carry goods; it is built up over time. The receiver's need G is its shortfall:
for arms demand less own output, for troops men required less men present (smoothed over a tenth of
what is wanted), and what the case adds. The receiver values a flow q at V(q) = v(q − q²/2G), so
marginal value falls to zero as the need is met. v is the value of the first unit. The giver's cost
of a unit is c = c0·max(1, min(R/S, 20))^η. It rises once the giver's stock S falls below its
reserve R. A unit of payment that costs the payer one dollar is worth k dollars to the payee. The
disagreement point is *no deal this quarter*. Generalised Nash bargaining over volume and price then
gives

    q* = G·(1 − c/kv)₊,    price = c + β(k·V(q*)/q* − c).

β is the bargaining power of the supplier, and the price is in dollars of worth to the payee. If q*
exceeds the most that the giver would send, the giver sends its limit, and the price shares the
surplus of that volume. Outside options do not enter the bargain; they belong to commitment. If the
outside option were the disagreement point, no partner would ever gain by leaving.

Orders for goods move a third of the way to the last bargain each month. Missing people are sent at
a rate of two a month of those missing, as far as the lane carries them. No partner has to supply
more than a bargain struck now would yield, so a supplier whose stock runs out stops at once. What
falls due in a month is D = deliveries ordered + arrears A, less advance payments. The buyer pays it
at the rate cap·(1 − exp(−D/cap)), where cap is the most that it pays in a month. The mix of
payment favours goods with a high worth to the payee for their cost to the payer, and goods that the
payee is short of. A unit of payment settles debt equal to its worth to the payee. What lanes cannot
carry becomes arrears. The supplier lends at most A*, a number of months of the buyer's surplus.
Volumes are scaled by (1 − A/A*)₊; the price is the one agreed for the whole volume.

Source: Nash, "The Bargaining Problem", Econometrica 18 (1950), and Roth, *Axiomatic Models of
Bargaining* (1979), for unequal power; Bulow and Rogoff, "Sovereign Debt: Is to Forgive to Forget?",
AER 79 (1989), for credit limited by continuing gains. The lanes, the pace of orders and the rule of
payment are this project's assumptions.

Left out: renegotiation of debt already booked; interest on it; barter ratios by good; haggling over
quality; bargains over several goods at once, and with third parties; private information.
"""

from abc import abstractmethod
from typing import Any, ClassVar, Self, final

import jax.numpy as jnp
from jaxtyping import Array, Float

from servanda.case import Case
from servanda.case.schema import Tie, month_number
from servanda.mechanisms.bargain import Bargain, BargainParameters, TermsParameters
from servanda.world import Clock, Draw, Draws, Layout, Month, Theory, World, parameter
from servanda.world.axes import column
from servanda.world.quantities.exchange import ExchangeFlows, ExchangeState
from servanda.world.ranges import SHARE


class Exchange(Theory):
    """The slot: orders, lanes, prices, and requests to send goods and people."""

    slot = "exchange"
    State = ExchangeState
    Flows = ExchangeFlows


class LaneParameters(TermsParameters):
    """Parameters of lanes and orders. Abstract: theories extend it."""

    lane_build: Float[Array, "tie *run"] = parameter(
        "tie", "1/month", "rate at which a lane approaches its capacity"
    )
    lane_start: Float[Array, "tie *run"] = parameter(
        "tie", "{good}/month", "capacity of the lane when the tie opens"
    )
    opening_hazard: Float[Array, "tie *run"] = parameter(
        "tie", "1/month", "hazard of opening of a tie that is not open by the cut-off"
    )
    allowed: Float[Array, "tie *run"] = parameter(
        "tie", "dimensionless", "multiple of what the tie may carry; a lever closes it with 0"
    )
    adjustment: Float[Array, "*run"] = parameter(
        "",
        "dimensionless",
        "share of the way to the last bargain that orders move in a month",
        SHARE,
    )


class Orders(Exchange):
    """A family: orders approach what was agreed, lanes carry them, and the buyer pays."""

    bargain: Bargain
    opens: tuple[int | None, ...]
    lent: tuple[bool, ...]
    aid_signal: tuple[int | None, ...]
    under_pact: tuple[int | None, ...]
    carried: tuple[bool, ...]

    draws: ClassVar[tuple[Draw, ...]] = (Draw("opening", axis="tie"),)

    @classmethod
    def build(cls, case: Case, layout: Layout) -> Self:
        """Find which ties have bargains, which carry payment, and when each opened."""
        spec, axes = case.spec, layout.axes
        start, cutoff = month_number(spec.start), month_number(spec.as_of)
        known = {o.id for o in case.known.observations}

        def opened(tie: Tie) -> int | None:
            """The month in which a tie opened, None if that was not known by the cut-off."""
            if tie.opens is None:
                return 0
            seen = tie.source in known and month_number(tie.opens) <= cutoff
            return month_number(tie.opens) - start if seen else None

        return cls(
            bargain=Bargain.build(axes),
            opens=tuple(opened(t) for t in spec.ties),
            lent=tuple(edge.good.kind == "lent" for edge in axes.edges),
            aid_signal=tuple(axes.at("signal", t.signal) if t.signal else None for t in spec.ties),
            under_pact=axes.pacts("contract", "payment"),
            carried=tuple(t.basis != "covert" for t in spec.ties),
        )

    def initial(self, p: LaneParameters) -> ExchangeState:
        """No orders; lanes at their initial capacity; ties of the first month open."""
        opened = [
            jnp.full_like(row, m == 0) for m, row in zip(self.opens, p.lane_start, strict=True)
        ]
        nothing = jnp.zeros_like(p.cost)
        return ExchangeState(
            order=nothing,
            target=nothing,
            lane=p.lane_start,
            opened=jnp.stack(opened),
            price=p.cost,
        )

    def step(
        self, p: Any, world: World, month: Month, draws: Draws, clock: Clock
    ) -> tuple[ExchangeState, ExchangeFlows]:
        """Open ties, strike bargains, build lanes, and request deliveries and payment."""
        before = world.exchange
        opened = self._open(p, before.opened, draws["opening"], clock)
        live = opened * p.allowed * self._pact_alive(world)
        wanted, agreed = self._contract(p, world, month, live)
        struck = clock.quarter | (opened > before.opened)
        target = jnp.where(struck, wanted, before.target)
        price = jnp.where(struck, agreed, before.price)
        # Orders for people jump to the agreed number. Orders for goods approach the agreed flow.
        moved = jnp.where(
            self._people(p.cost), 1.0, -jnp.expm1(jnp.log1p(-p.adjustment) * clock.dt)
        )
        # No order exceeds what both partners want this month.
        order = jnp.minimum(before.order + (target - before.order) * moved, wanted)
        built = -jnp.expm1(-p.lane_build * clock.dt)
        lane = before.lane
        lane = jnp.where(opened > 0, lane + (p.lane_ceiling - lane) * built, lane)
        send, recall = self._requests(world, month, order, lane, live, clock.dt)
        payment = self.bargain.payment(p, world, month, lane * live, price, order, clock.dt)
        return (
            ExchangeState(order=order, target=target, lane=lane, opened=opened, price=price),
            ExchangeFlows(
                send_request=send + payment,
                recall_request=recall,
                worth=p.unit_value,
                settles=p.unit_value * p.efficiency,
                unit_cost=self.bargain.unit_cost(p, world),
                gain=self.bargain.gains(p, world, month, order, price, live),
            ),
        )

    @abstractmethod
    def _contract(self, p: Any, world: World, month: Month, live: Array) -> tuple[Array, Array]:
        """Agreed flow and price of every tie; the flow of a tie without contract is zero."""

    def _open(self, p: LaneParameters, before: Array, draw: Array, clock: Clock) -> Array:
        """Ties open in their recorded month; ties not open by the cut-off may open later."""
        chance = -jnp.expm1(-p.opening_hazard * clock.dt)
        later = clock.future & (draw < chance)
        dated = column([month is not None for month in self.opens], before)
        due = jnp.where(dated, clock.time >= column([m or 0 for m in self.opens], before), later)
        return jnp.where(due, 1.0, before)

    def _pact_alive(self, world: World) -> Array:
        """Whether the pact of each tie is alive; one for ties without a pact."""
        alive = world.commitment.alive
        ones = jnp.ones_like(world.war.war)
        return jnp.stack([ones if pact is None else alive[pact] for pact in self.under_pact])

    def _people(self, like: Array) -> Array:
        return column(self.lent, like)

    def _requests(
        self, world: World, month: Month, order: Array, lane: Array, live: Array, dt: float
    ) -> tuple[Array, Array]:
        """Requests to send goods and people and to recall people; payment is requested elsewhere.

        Missing people are sent at a rate of two a month of those missing, so that the length of
        the step does not matter.

        Orders are already zero where a tie is closed or its pact is over.
        """
        lent, transit = world.ledger.lent, world.ledger.transit
        missing = order - (lent + transit)
        people = jnp.clip(missing * -jnp.expm1(-2 * dt), 0.0, lane * dt)
        goods = jnp.minimum(order, lane) * dt
        whole = jnp.ones_like(world.war.war)
        stance = jnp.maximum(month.posture.signal, 0.0)
        level = jnp.stack([whole if s is None else stance[s] for s in self.aid_signal])
        aid = lane * live * level * dt
        bases = self.bargain.ties
        asked = [carried and b != "payment" for carried, b in zip(self.carried, bases, strict=True)]
        given = [b == "aid" for b in bases]
        sold = jnp.where(column(given, lane), aid, goods)
        send = jnp.where(self._people(lane), people, sold)
        back = jnp.maximum(lent - order, 0.0)
        lends = [ask and people for ask, people in zip(asked, self.lent, strict=True)]
        return jnp.where(column(asked, lane), send, 0.0), jnp.where(column(lends, lane), back, 0.0)


@final
class NashParameters(BargainParameters, LaneParameters):
    """Parameters of bargains, lanes and payment."""


@final
class NashBargaining(Orders):
    """Quarterly Nash bargains over volume and price."""

    variant = "nash-bargaining"
    Parameters = NashParameters

    def _contract(
        self, p: NashParameters, world: World, month: Month, live: Array
    ) -> tuple[Array, Array]:
        return self.bargain.strike(p, world, month, live)


@final
class ConstantParameters(LaneParameters):
    """Parameters of orders that do not depend on need or debt."""


@final
class ConstantOrders(Orders):
    """Null rival: orders fill every open lane at cost, whatever the need and the arrears."""

    variant = "constant-orders"
    Parameters = ConstantParameters

    def _contract(
        self, p: ConstantParameters, world: World, month: Month, live: Array
    ) -> tuple[Array, Array]:
        contracted = column([t == "contract" for t in self.bargain.ties], live)
        flow = jnp.where(self._people(p.limit), p.limit, jnp.minimum(p.limit, p.lane_ceiling))
        return jnp.where(contracted, flow * live, 0.0), p.cost
