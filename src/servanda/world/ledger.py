"""The ledger: mechanisms request movements of goods, and the ledger grants what stocks allow.

The ledger clears once a month. Rival goods move by four kinds of entry only: made, sent, used and
lost in transit. If the requests on an account exceed its stock, each request gets the same share.
T is the stock in transit, s the rate of sending and τ the transit time. Goods arrive at the rate
1/τ, with the exact integral of dT/dt = s − T/τ over the month, so halving the step changes little.
Lent people leave their sender's account, stay on its books, and return or are lost:

    account' = account + made − used − Σ sent + Σ arrived + returned
    transit' = transit + sent − arrived − interdicted
    lent'    = lent + arrived − lost − returned

Giving knowledge does not debit an account. The ledger also books debts. Deliveries under contract
create an obligation at the agreed price, payments settle it, and the rest is arrears.
"""

from typing import final

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from servanda.case import Case
from servanda.world.axes import Axes, collect, column, pick
from servanda.world.layout import Layout
from servanda.world.quantities.ledger import LedgerFlows, LedgerState
from servanda.world.ranges import POSITIVE, SHARE
from servanda.world.state import Clock, Month, World
from servanda.world.theory import Draws, Theory, parameter


@final
class LedgerParameters(eqx.Module):
    """Parameters of clearing, one for each tie."""

    transit_time: Float[Array, "tie *run"] = parameter(
        "tie", "month", "mean time in transit", POSITIVE
    )
    transit_loss: Float[Array, "tie *run"] = parameter(
        "tie", "dimensionless", "share lost in transit", SHARE
    )


@final
class Ledger(Theory):
    """Clears the requests of a month against stocks. Every model has it; it has no rival."""

    givers: tuple[int | None, ...]
    receivers: tuple[int | None, ...]
    lent: tuple[bool, ...]
    knowledge: tuple[bool, ...]
    sells: tuple[int | None, ...]
    pays: tuple[int | None, ...]
    in_sight: tuple[int | None, ...]
    size: tuple[int, int]

    slot = "ledger"
    State = LedgerState
    Flows = LedgerFlows
    variant = "fair-rationing"
    Parameters = LedgerParameters

    @classmethod
    def build(cls, case: Case, layout: Layout) -> "Ledger":
        """Find the accounts that each tie debits and credits, and its pact."""
        axes = layout.axes
        ties = axes.spec.ties
        kinds = [edge.good.kind for edge in axes.edges]
        pays = axes.pacts("payment")
        return cls(
            givers=tuple(axes.account(t.giver, t.good) for t in ties),
            receivers=tuple(
                axes.account(t.receiver, t.good) if kind == "rival" else None
                for t, kind in zip(ties, kinds, strict=True)
            ),
            lent=tuple(kind == "lent" for kind in kinds),
            knowledge=tuple(kind == "knowledge" for kind in kinds),
            sells=axes.pacts("contract"),
            pays=pays,
            in_sight=tuple(p if t.observed else None for t, p in zip(ties, pays, strict=True)),
            size=(axes.size("account"), axes.size("partnership")),
        )

    def initial(self, p: LedgerParameters) -> LedgerState:
        """Empty books; the theory of the arsenal sets the opening stocks."""
        accounts, pacts = self.size
        nothing = jnp.zeros(len(self.lent))
        return LedgerState(
            stock=jnp.zeros(accounts),
            transit=nothing,
            lent=nothing,
            dispatched=nothing,
            arrears=jnp.zeros(pacts),
        )

    def step(
        self, p: LedgerParameters, world: World, month: Month, draws: Draws, clock: Clock
    ) -> tuple[LedgerState, LedgerFlows]:
        """Clear one month."""
        dt, books = clock.dt, world.ledger
        accounts, pacts = self.size
        asked = month.exchange.send_request + month.evasion.covert_request
        available = books.stock + month.arsenal.made
        use = month.arsenal.use_request
        debits = use + collect(asked, self.givers, accounts)
        share = jnp.where(debits > available, available / jnp.maximum(debits, 1e-30), 1.0)
        used = use * share
        granted = jnp.stack(
            [a if g is None else a * share[g] for a, g in zip(asked, self.givers, strict=True)]
        )
        arrived, interdicted, transit = self._carry(p, books.transit, granted, dt)
        lent, lost, returned = self._people(world, month, arrived, dt)
        stock = (
            available
            - used
            - collect(granted, self.givers, accounts)
            + collect(arrived, self.receivers, accounts)
            + collect(returned, self.givers, accounts)
        )
        served = jnp.where(column(self.lent, arrived), books.lent * dt, arrived)
        obligation = collect(world.exchange.price * served, self.sells, pacts)
        settled = month.exchange.settles * arrived
        paid = collect(settled, self.pays, pacts)
        return (
            LedgerState(
                stock=jnp.maximum(stock, 0.0),
                transit=transit,
                lent=lent,
                dispatched=books.dispatched + jnp.where(column(self.lent, granted), granted, 0.0),
                arrears=books.arrears + obligation - paid,
            ),
            LedgerFlows(
                used=used,
                sent=granted,
                arrived=arrived,
                interdicted=interdicted,
                lent_lost=lost,
                returned=returned,
                obligation=obligation,
                delivery_cost=collect(month.exchange.unit_cost * served, self.sells, pacts),
                paid=paid,
                paid_in_sight=collect(settled, self.in_sight, pacts),
            ),
        )

    def _carry(
        self, p: LedgerParameters, transit: Array, sent: Array, dt: float
    ) -> tuple[Array, Array, Array]:
        """Arrivals, losses and what remains in transit; knowledge arrives at once."""
        rate = dt / jnp.maximum(p.transit_time, 1e-6)
        stay = jnp.exp(-rate)
        # Goods are sent evenly over the month, so the share still in transit is (1 − e^−r)/r.
        under_way = transit * stay + sent * -jnp.expm1(-rate) / rate
        left = transit + sent - under_way
        lost = left * p.transit_loss
        direct = column(self.knowledge, sent)
        return (
            jnp.where(direct, sent, left - lost),
            jnp.where(direct, 0.0, lost),
            jnp.where(direct, 0.0, under_way),
        )

    def _people(
        self, world: World, month: Month, arrived: Array, dt: float
    ) -> tuple[Array, Array, Array]:
        """Lent people after arrivals, losses and returns."""
        people = column(self.lent, arrived)
        present = jnp.where(people, world.ledger.lent + arrived, 0.0)
        lost = present * -jnp.expm1(-world.attrition.loss_rate * dt)
        home = jnp.minimum(month.exchange.recall_request, present - lost)
        returned = jnp.where(people, home, 0.0)
        return present - lost - returned, lost, returned


def total(axes: Axes, world: World, good: str) -> Float[Array, "*run"]:
    """The total of a good: on accounts, in transit and lent."""
    accounts = [i for i, account in enumerate(axes.accounts) if account.good.name == good]
    ties = [i for i, edge in enumerate(axes.edges) if edge.good.name == good]
    held = pick(world.ledger.stock, accounts).sum(0)
    return held + pick(world.ledger.transit, ties).sum(0) + pick(world.ledger.lent, ties).sum(0)
