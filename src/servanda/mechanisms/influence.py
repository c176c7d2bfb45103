"""Influence: each patron's share in a client, by what passes between them and what it hangs on.

In the manner of the Formal Bilateral Influence Capacity index: capacity = bandwidth × dependence,
bandwidth being the smoothed value of ties and dependence the patron's share in the client's. The
published weights are not public here, so they are parameters. Three accountings stand side by side
and give opposite pictures: *recorded* counts trade that customs see; *given* adds what the patron
gives beside it (oil, arms, technology, hidden pay), as the index does; *valued* adds what the
client gives too, everything at its worth, times a weight. Courtship counts in all, as so many
dollars of ties, but not as trade.

    bandwidth' = bandwidth + (ties − bandwidth)(1 − e^(−dt/memory)),
    share_p = bandwidth_p·dependence_p^δ / Σ over the client's patrons.

A client's shares sum to one, unless nobody has ever dealt with it: then all are zero. Recorded
dealings (visits, meetings, agreements) are counts with rate base + slope·valued bandwidth.

Source: Moyer, Sweijs, Burrows and van Manen, "Power and Influence in a Globalized World" (Atlantic
Council 2018).

Left out: party ties, education, media; influence that is held but not used; what a patron fears to
lose; patrons that the case does not name, so that a share is of the named ones.
"""

from typing import Self

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from servanda.case import Case
from servanda.world import Axes, Clock, Draws, Month, Process, World, parameter
from servanda.world.axes import SIGNALS, collect


class InfluenceParameters(eqx.Module):
    """Parameters of influence."""

    base_trade: Float[Array, "patronage *run"] = parameter(
        "patronage", "USD/month", "recorded trade that no tie of the case carries"
    )
    past: Float[Array, "patronage *run"] = parameter(
        "patronage", "USD/month", "bandwidth at the start"
    )
    memory: Float[Array, "*run"] = parameter("", "month", "how long past dealings count")
    security_weight: Float[Array, "*run"] = parameter(
        "", "dimensionless", "weight of a dollar of arms, people or technology against one of trade"
    )
    dependence_exponent: Float[Array, "*run"] = parameter(
        "", "dimensionless", "weight of dependence against bandwidth"
    )
    overture: Float[Array, "patronage *run"] = parameter(
        "patronage", "USD/month", "bandwidth that full courtship adds"
    )
    contact_base: Float[Array, "patronage *run"] = parameter(
        "patronage", "event/month", "recorded dealings without any ties"
    )
    contact_slope: Float[Array, "patronage *run"] = parameter(
        "patronage", "event/USD", "recorded dealings that a dollar of valued ties brings"
    )


class FormalBilateral(Process):
    """Bandwidth times dependence, under three accountings."""

    recorded: tuple[int | None, ...]
    given: tuple[int | None, ...]
    exchanged: tuple[int | None, ...]
    lent: tuple[bool, ...]
    clients: tuple[tuple[int, ...], ...]

    slot = "influence"
    variant = "formal-bilateral"
    reads = frozenset(
        {
            "bandwidth_recorded",
            "bandwidth_given",
            "bandwidth_valued",
            "lent",
            "arrived",
            "worth",
            "signal",
        }
    )
    writes = frozenset(
        {
            "bandwidth_recorded",
            "bandwidth_given",
            "bandwidth_valued",
            "recorded_trade",
            "influence_recorded",
            "influence_given",
            "influence_valued",
            "contact_rate",
        }
    )
    Parameters = InfluenceParameters

    @classmethod
    def build(cls, case: Case, axes: Axes) -> Self:
        """Which ties run between each patron and its client, in either direction."""
        spec = case.spec
        pairs = [frozenset((p.patron, p.client)) for p in spec.patronages]

        patrons = [p.patron for p in spec.patronages]

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
            lent=tuple(axes.kind(t) == "lent" for t in spec.ties),
            clients=tuple(
                tuple(i for i, q in enumerate(spec.patronages) if q.client == p.client)
                for p in spec.patronages
            ),
        )

    def initial(self, p: InfluenceParameters) -> dict[str, Array]:
        """The past decides where bandwidth begins, under every accounting."""
        return {f"bandwidth_{name}": p.past for name in ("recorded", "given", "valued")}

    def step(
        self, p: InfluenceParameters, world: World, month: Month, draws: Draws, clock: Clock
    ) -> dict[str, Array]:
        """Count, smooth, share."""
        if not self.clients:
            return {name: jnp.zeros_like(world.bandwidth_recorded) for name in self.writes}
        served = jnp.stack(
            [
                world.lent[row] if lent else month.arrived[row] / clock.dt
                for row, lent in enumerate(self.lent)
            ]
        )
        worth, size = month.worth * served, p.past.shape[0]
        trade = p.base_trade + collect(worth, self.recorded, size)
        courted = jnp.maximum(month.signal[SIGNALS.index("courtship")], 0.0)
        ties = trade + p.overture * courted
        fresh = -jnp.expm1(-clock.dt / p.memory)
        given = ties + p.security_weight * self._beside(worth, self.given, size)
        valued = ties + p.security_weight * self._beside(worth, self.exchanged, size)
        recorded_width = world.bandwidth_recorded + (ties - world.bandwidth_recorded) * fresh
        given_width = world.bandwidth_given + (given - world.bandwidth_given) * fresh
        valued_width = world.bandwidth_valued + (valued - world.bandwidth_valued) * fresh
        return {
            "bandwidth_recorded": recorded_width,
            "bandwidth_given": given_width,
            "bandwidth_valued": valued_width,
            "recorded_trade": trade,
            "influence_recorded": self._share(p, recorded_width),
            "influence_given": self._share(p, given_width),
            "influence_valued": self._share(p, valued_width),
            "contact_rate": p.contact_base + p.contact_slope * valued_width,
        }

    def _beside(self, worth: Array, ties: tuple[int | None, ...], size: int) -> Array:
        """Worth of ties that customs do not see."""
        return collect(worth, ties, size)

    def _share(self, p: InfluenceParameters, width: Array) -> Array:
        """Each patron's share of the capacity of all patrons of the same client."""
        rows = []
        for row, rivals in enumerate(self.clients):
            total = jnp.maximum(sum(width[r] for r in rivals), 1.0)
            scores = {
                r: width[r] * jnp.exp(p.dependence_exponent * jnp.log(width[r] / total + 1e-9))
                for r in rivals
            }
            rows.append(scores[row] / jnp.maximum(sum(scores.values()), 1e-6))
        return jnp.stack(rows)


class TradeOnly(FormalBilateral):
    """Null rival: only recorded trade makes influence and dealings, whatever else passes."""

    variant = "trade-only"

    def _beside(self, worth: Array, ties: tuple[int | None, ...], size: int) -> Array:
        return jnp.zeros((size, *worth.shape[1:]), worth.dtype)
