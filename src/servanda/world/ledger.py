"""The ledger: mechanisms request, one clearing a month grants what is there, and rations fairly.

Rival goods move by four kinds of entry only: made, sent, used and lost on the way. Where requests
on an account exceed what it holds, every request on it is granted the same share. Goods under way
arrive at the rate 1/transit time, with the exact integral of dT/dt = s − T/τ over the month, so
that halving the step changes little. Lent people leave their sender's account, stay on its books,
and come back or are lost:

    account' = account + made − used − Σ sent + Σ arrived + returned
    transit' = transit + sent − arrived − interdicted
    lent'    = lent + arrived − lost − returned

Knowledge passes through without debit. Debts are booked here too: deliveries under contract create
an obligation at the agreed price, payments settle it, and what is left is arrears.
"""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from servanda.case import Case
from servanda.world.axes import Axes, collect, column, pick
from servanda.world.process import Draws, Process, parameter
from servanda.world.state import Clock, Month, World


class LedgerParameters(eqx.Module):
    """Parameters of clearing, one a tie."""

    transit_time: Float[Array, "tie *run"] = parameter("tie", "month", "mean time under way")
    transit_loss: Float[Array, "tie *run"] = parameter(
        "tie", "dimensionless", "share lost under way"
    )


class Ledger(Process):
    """Clears a month's requests against what is there."""

    givers: tuple[int | None, ...]
    receivers: tuple[int | None, ...]
    lent: tuple[bool, ...]
    knowledge: tuple[bool, ...]
    sells: tuple[int | None, ...]
    pays: tuple[int | None, ...]
    in_sight: tuple[int | None, ...]
    size: tuple[int, int]

    slot = "ledger"
    variant = "fair-rationing"
    reads = frozenset(
        {
            "stock",
            "transit",
            "lent",
            "dispatched",
            "arrears",
            "price",
            "loss_rate",
            "made",
            "use_request",
            "send_request",
            "recall_request",
            "covert_request",
            "settles",
            "unit_cost",
        }
    )
    writes = frozenset(
        {
            "stock",
            "transit",
            "lent",
            "dispatched",
            "arrears",
            "used",
            "sent",
            "arrived",
            "interdicted",
            "lent_lost",
            "returned",
            "obligation",
            "delivery_cost",
            "paid",
            "paid_in_sight",
        }
    )
    Parameters = LedgerParameters

    @classmethod
    def build(cls, case: Case, axes: Axes) -> "Ledger":
        """The ledger of a case: the accounts that each tie debits and credits, and its pact."""
        ties = axes.spec.ties
        kinds = [axes.kind(t) for t in ties]
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

    def step(
        self, p: LedgerParameters, world: World, month: Month, draws: Draws, clock: Clock
    ) -> dict[str, Array]:
        """Clear one month."""
        dt = clock.dt
        accounts, pacts = self.size
        asked = month.send_request + month.covert_request
        available = world.stock + month.made
        debits = month.use_request + collect(asked, self.givers, accounts)
        share = jnp.where(debits > available, available / jnp.maximum(debits, 1e-30), 1.0)
        used = month.use_request * share
        granted = jnp.stack(
            [a if g is None else a * share[g] for a, g in zip(asked, self.givers, strict=True)]
        )
        arrived, interdicted, transit = self._carry(p, world.transit, granted, dt)
        lent, lost, returned = self._people(world, month, arrived, dt)
        stock = (
            available
            - used
            - collect(granted, self.givers, accounts)
            + collect(arrived, self.receivers, accounts)
            + collect(returned, self.givers, accounts)
        )
        served = self._served(world, arrived, dt)
        obligation = collect(world.price * served, self.sells, pacts)
        paid = collect(month.settles * arrived, self.pays, pacts)
        return {
            "stock": jnp.maximum(stock, 0.0),
            "transit": transit,
            "lent": lent,
            "dispatched": world.dispatched + jnp.where(column(self.lent, granted), granted, 0.0),
            "arrears": world.arrears + obligation - paid,
            "used": used,
            "sent": granted,
            "arrived": arrived,
            "interdicted": interdicted,
            "lent_lost": lost,
            "returned": returned,
            "obligation": obligation,
            "delivery_cost": collect(month.unit_cost * served, self.sells, pacts),
            "paid": paid,
            "paid_in_sight": collect(month.settles * arrived, self.in_sight, pacts),
        }

    def _carry(
        self, p: LedgerParameters, transit: Array, sent: Array, dt: float
    ) -> tuple[Array, Array, Array]:
        """Arrivals, losses and what is still under way; knowledge needs no way."""
        rate = dt / jnp.maximum(p.transit_time, 1e-6)
        stay = jnp.exp(-rate)
        # sent arrives evenly over the month, so the part of it still under way is (1 − e^−r)/r
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
        present = jnp.where(people, world.lent + arrived, 0.0)
        lost = present * -jnp.expm1(-world.loss_rate * dt)
        returned = jnp.where(people, jnp.minimum(month.recall_request, present - lost), 0.0)
        return present - lost - returned, lost, returned

    def _served(self, world: World, arrived: Array, dt: float) -> Array:
        """What is paid for: goods when they arrive, people for every month that they serve."""
        return jnp.where(column(self.lent, arrived), world.lent * dt, arrived)


def total(axes: Axes, world: World, good: str) -> Float[Array, "*run"]:
    """All there is of a good in the world: on accounts, under way and lent."""
    accounts = [i for i, a in enumerate(axes["account"]) if a.endswith(f".{good}")]
    ties = [i for i, t in enumerate(axes.spec.ties) if t.good == good]
    held = pick(world.stock, accounts).sum(0)
    return held + pick(world.transit, ties).sum(0) + pick(world.lent, ties).sum(0)
