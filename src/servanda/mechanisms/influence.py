"""Influence: a patron's share in a client depends on their ties and on the client's dependence.

The model follows the Formal Bilateral Influence Capacity index: capacity = bandwidth × dependence.
Bandwidth is the smoothed value of the ties between patron and client. Dependence is the patron's
share of the client's bandwidth. The published weights are not available here, so they are
parameters. The model computes three accountings, which give opposite pictures. *Recorded* counts
the trade that customs record. *Given* adds what the patron gives besides (oil, arms, technology,
hidden payment), as the index does. *Valued* adds what the client gives too, with everything at its
worth, times a weight. Courtship adds the same dollars of bandwidth to all three; it is not trade.

    bandwidth' = bandwidth + (ties − bandwidth)(1 − e^(−dt/memory)),
    share_p = bandwidth_p·dependence_p^δ / Σ over the client's patrons.

p is a patron and δ the weight of dependence. The shares of a client's patrons sum to one. If no
patron has ever dealt with the client, all shares are zero. Recorded dealings (visits, meetings,
agreements) are counts with the rate base + slope·valued bandwidth.

Source: Moyer, Sweijs, Burrows and van Manen, "Power and Influence in a Globalized World" (Atlantic
Council 2018).

Left out: party ties, education, media; influence that is held but not used; what a patron fears to
lose; patrons that the case does not name, so shares are among the named patrons.
"""

from abc import abstractmethod
from typing import Any, Self, final

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from servanda.case import Case
from servanda.world import Clock, Draws, Layout, Month, Theory, World, parameter
from servanda.world.axes import SIGNALS, collect, pick
from servanda.world.quantities.influence import InfluenceFlows, InfluenceState
from servanda.world.ranges import POSITIVE


class Influence(Theory):
    """The slot: bandwidth between patrons and clients, and each patron's share."""

    slot = "influence"
    State = InfluenceState
    Flows = InfluenceFlows


class BandwidthParameters(eqx.Module):
    """Parameters of bandwidth and dependence. Abstract: theories extend it."""

    base_trade: Float[Array, "patronage *run"] = parameter(
        "patronage", "USD/month", "recorded trade outside the ties of the case"
    )
    past: Float[Array, "patronage *run"] = parameter(
        "patronage", "USD/month", "bandwidth at the start"
    )
    memory: Float[Array, "*run"] = parameter(
        "", "month", "mean time for which past ties count", POSITIVE
    )
    dependence_exponent: Float[Array, "*run"] = parameter(
        "", "dimensionless", "weight of dependence: its exponent in a patron's capacity"
    )
    overture: Float[Array, "patronage *run"] = parameter(
        "patronage", "USD/month", "bandwidth that full courtship adds"
    )
    contact_base: Float[Array, "patronage *run"] = parameter(
        "patronage", "event/month", "rate of recorded dealings without any ties"
    )
    contact_slope: Float[Array, "patronage *run"] = parameter(
        "patronage", "event/USD", "recorded dealings added by a dollar of valued bandwidth"
    )


class Bandwidth(Influence):
    """A family: bandwidth times dependence, under three accountings."""

    recorded: tuple[int | None, ...]
    given: tuple[int | None, ...]
    exchanged: tuple[int | None, ...]
    lent: tuple[bool, ...]
    clients: tuple[int, ...]  # the client of each patronage, counted from 0

    @classmethod
    def build(cls, case: Case, layout: Layout) -> Self:
        """Find the ties between each patron and its client, in either direction."""
        spec = case.spec
        pairs = [frozenset((p.patron, p.client)) for p in spec.patronages]
        patrons = [p.patron for p in spec.patronages]
        clients = list(dict.fromkeys(p.client for p in spec.patronages))

        def under(*, customs: bool, by_patron: bool = False) -> tuple[int | None, ...]:
            found: list[int | None] = []
            for t in spec.ties:
                pair = frozenset((t.giver, t.receiver))
                row = pairs.index(pair) if t.customs == customs and pair in pairs else None
                if by_patron and row is not None and t.giver != patrons[row]:
                    row = None
                found.append(row)
            return tuple(found)

        return cls(
            recorded=under(customs=True),
            given=under(customs=False, by_patron=True),
            exchanged=under(customs=False),
            lent=tuple(edge.good.kind == "lent" for edge in layout.axes.edges),
            clients=tuple(clients.index(p.client) for p in spec.patronages),
        )

    def initial(self, p: BandwidthParameters) -> InfluenceState:
        """Bandwidth at the start, the same under every accounting."""
        return InfluenceState(
            bandwidth_recorded=p.past, bandwidth_given=p.past, bandwidth_valued=p.past
        )

    def step(
        self, p: Any, world: World, month: Month, draws: Draws, clock: Clock
    ) -> tuple[InfluenceState, InfluenceFlows]:
        """Value the ties, update bandwidth, and compute shares."""
        before = world.influence
        if not self.clients:
            empty = before.bandwidth_recorded
            return before, InfluenceFlows(
                recorded_trade=empty,
                influence_recorded=empty,
                influence_given=empty,
                influence_valued=empty,
                contact_rate=empty,
            )
        served = jnp.stack(
            [
                world.ledger.lent[row] if lent else month.ledger.arrived[row] / clock.dt
                for row, lent in enumerate(self.lent)
            ]
        )
        worth, size = month.exchange.worth * served, p.past.shape[0]
        trade = p.base_trade + collect(worth, self.recorded, size)
        courted = jnp.maximum(month.posture.signal[SIGNALS.index("courtship")], 0.0)
        ties = trade + p.overture * courted
        fresh = -jnp.expm1(-clock.dt / p.memory)
        given = self._beside(p, ties, collect(worth, self.given, size))
        valued = self._beside(p, ties, collect(worth, self.exchanged, size))
        after = InfluenceState(
            bandwidth_recorded=_towards(before.bandwidth_recorded, ties, fresh),
            bandwidth_given=_towards(before.bandwidth_given, given, fresh),
            bandwidth_valued=_towards(before.bandwidth_valued, valued, fresh),
        )
        return after, InfluenceFlows(
            recorded_trade=trade,
            influence_recorded=self._share(p, after.bandwidth_recorded),
            influence_given=self._share(p, after.bandwidth_given),
            influence_valued=self._share(p, after.bandwidth_valued),
            contact_rate=p.contact_base + p.contact_slope * after.bandwidth_valued,
        )

    @abstractmethod
    def _beside(self, p: Any, ties: Array, hidden: Array) -> Array:
        """Worth of the ties, including what customs do not record."""

    def _share(self, p: BandwidthParameters, width: Array) -> Array:
        """Each patron's share of the capacity of all patrons of the same client."""
        total = jnp.maximum(self._of_client(width), 1.0)
        score = width * jnp.exp(p.dependence_exponent * jnp.log(width / total + 1e-9))
        return score / jnp.maximum(self._of_client(score), 1e-6)

    def _of_client(self, x: Array) -> Array:
        """For each patron, the sum over all patrons of the same client."""
        return pick(collect(x, self.clients, max(self.clients) + 1), self.clients)


@final
class HiddenParameters(BandwidthParameters):
    """Parameters of influence that counts what customs do not record."""

    security_weight: Float[Array, "*run"] = parameter(
        "", "dimensionless", "weight of a dollar of arms, people or technology relative to trade"
    )


@final
class FormalBilateral(Bandwidth):
    """Bandwidth times dependence, under three accountings."""

    variant = "formal-bilateral"
    Parameters = HiddenParameters

    def _beside(self, p: HiddenParameters, ties: Array, hidden: Array) -> Array:
        return ties + p.security_weight * hidden


@final
class RecordedParameters(BandwidthParameters):
    """Parameters of influence by recorded trade alone."""


@final
class TradeOnly(Bandwidth):
    """Null rival: only recorded trade counts for influence and dealings."""

    variant = "trade-only"
    Parameters = RecordedParameters

    def _beside(self, p: RecordedParameters, ties: Array, hidden: Array) -> Array:
        return ties


def _towards(width: Array, ties: Array, fresh: Array) -> Array:
    """Bandwidth at the end of the step, which approaches the present worth of ties."""
    return width + (ties - width) * fresh
