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


class Exchange(Theory):
    """The slot: orders, lanes and prices, and what is asked to be sent."""

    slot = "exchange"
    State = ExchangeState
    Flows = ExchangeFlows


class LaneParameters(TermsParameters):
    """Parameters of lanes and orders. Abstract: each theory has its own."""

    lane_build: Float[Array, "tie *run"] = parameter(
        "tie", "1/month", "rate at which a lane is built"
    )
    lane_start: Float[Array, "tie *run"] = parameter(
        "tie", "{good}/month", "what the lane carries when it opens"
    )
    opening_hazard: Float[Array, "tie *run"] = parameter(
        "tie", "1/month", "hazard that a tie not open by the cut opens"
    )
    allowed: Float[Array, "tie *run"] = parameter(
        "tie", "dimensionless", "1; a lever closes the tie with 0"
    )
    adjustment: Float[Array, "*run"] = parameter(
        "", "dimensionless", "share of the way to the bargain that orders move in a month"
    )


class Orders(Exchange):
    """A family: orders, however they are agreed, are worked up, carried by lanes and paid."""

    bargain: Bargain
    opens: tuple[int | None, ...]
    lent: tuple[bool, ...]
    aid_signal: tuple[int | None, ...]
    under_pact: tuple[int | None, ...]
    carried: tuple[bool, ...]

    draws: ClassVar[tuple[Draw, ...]] = (Draw("opening", axis="tie"),)

    @classmethod
    def build(cls, case: Case, layout: Layout) -> Self:
        """Which ties are bargained for, which pay, and when each opened on the record."""
        spec, axes = case.spec, layout.axes
        start, cutoff = month_number(spec.start), month_number(spec.as_of)
        known = {o.id for o in case.known.observations}

        def opened(tie: Tie) -> int | None:
            """The month a tie opened, None where that was not known by the cut."""
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
        """Ties that are open from the start carry what their lane carries then."""
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
        """Open ties, strike bargains, build lanes, ask the ledger to send and to pay."""
        before = world.exchange
        opened = self._open(p, before.opened, draws["opening"], clock)
        live = opened * p.allowed * self._pact_alive(world)
        wanted, agreed = self._contract(p, world, month, live)
        struck = clock.quarter | (opened > before.opened)
        target = jnp.where(struck, wanted, before.target)
        price = jnp.where(struck, agreed, before.price)
        # a contingent of people is agreed as a number; only flows of goods are worked up to
        moved = jnp.where(
            self._people(p.cost), 1.0, -jnp.expm1(jnp.log1p(-p.adjustment) * clock.dt)
        )
        # nobody is held to more than both would want this month
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
        """Agreed flow and price of every tie; the flow is zero where a tie is not contracted."""

    def _open(self, p: LaneParameters, before: Array, draw: Array, clock: Clock) -> Array:
        """Ties open when the record says; those not open by the cut may open later."""
        chance = -jnp.expm1(-p.opening_hazard * clock.dt)
        later = clock.future & (draw < chance)
        dated = column([month is not None for month in self.opens], before)
        due = jnp.where(dated, clock.time >= column([m or 0 for m in self.opens], before), later)
        return jnp.where(due, 1.0, before)

    def _pact_alive(self, world: World) -> Array:
        """Whether the pact that a tie is under is alive; one for ties under none."""
        alive = world.commitment.alive
        ones = jnp.ones_like(world.war.war)
        return jnp.stack([ones if pact is None else alive[pact] for pact in self.under_pact])

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
    """Parameters of orders that do not answer to need or debt."""


@final
class ConstantOrders(Orders):
    """Null rival: every open lane is filled, at cost, whatever the need and whatever is owed."""

    variant = "constant-orders"
    Parameters = ConstantParameters

    def _contract(
        self, p: ConstantParameters, world: World, month: Month, live: Array
    ) -> tuple[Array, Array]:
        contracted = column([t == "contract" for t in self.bargain.ties], live)
        flow = jnp.where(self._people(p.limit), p.limit, jnp.minimum(p.limit, p.lane_ceiling))
        return jnp.where(contracted, flow * live, 0.0), p.cost
