"""How much a pact is used, and whether it sleeps: counted alike by every theory of commitment.

See `servanda.mechanisms.commitment` for the marks of dormancy.
"""

from typing import Self

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array

from servanda.world import Clock, Layout, Month, World
from servanda.world.axes import collect
from servanda.world.quantities.commitment import CommitmentState

_QUIET_SHARE = 0.2
_QUIET_MONTHS = 6.0
# USD a month. Pacts exchange millions; what is worth less than a dollar is left over by rounding.
_NOTHING = 1.0
_SMOOTHING_MONTHS = 3.0


class Use(eqx.Module):
    """Which ties carry each pact, and so how much the pact is used."""

    tie_pact: tuple[int | None, ...]
    contracts: tuple[int | None, ...]
    lent: tuple[bool, ...]
    pacts: int

    @classmethod
    def of(cls, layout: Layout) -> Self:
        """Find them in a case."""
        axes = layout.axes
        return cls(
            tie_pact=axes.pacts("contract", "payment"),
            contracts=axes.pacts("contract"),
            lent=tuple(edge.good.kind == "lent" for edge in axes.edges),
            pacts=axes.size("partnership"),
        )

    def initial(self, like: Array) -> CommitmentState:
        """Partners may deal from the start; the treaty only puts it on paper."""
        nothing = jnp.zeros((self.pacts, *like.shape), like.dtype)
        return CommitmentState(
            alive=jnp.ones_like(nothing),
            dormant=nothing,
            ending=nothing,
            flow=nothing,
            peak=nothing,
            quiet=nothing,
        )

    def after(
        self, world: World, month: Month, alive: Array, ending: Array, clock: Clock
    ) -> tuple[CommitmentState, Array]:
        """The state at the step's end: smoothed flow, its peak, and dormancy; and what was given.

        Args:
            world: last month's.
            month: this month's deliveries and their worth.
            alive: of each pact at the step's end.
            ending: likewise.
            clock: where in time the step is.
        """
        before = world.commitment
        serving = jnp.stack(
            [
                world.ledger.lent[row] * clock.dt if lent else month.ledger.arrived[row]
                for row, lent in enumerate(self.lent)
            ]
        )
        worth = month.exchange.worth * serving
        value = collect(worth, self.tie_pact, self.pacts) / clock.dt
        weight = jnp.exp(-clock.dt / _SMOOTHING_MONTHS)
        flow = before.flow * weight + value * (1 - weight)
        peak = jnp.maximum(before.peak, flow)
        little = flow < jnp.maximum(_QUIET_SHARE * peak, _NOTHING)
        quiet = jnp.where(little, before.quiet + clock.dt, 0.0)
        state = CommitmentState(
            alive=alive,
            dormant=jnp.where((quiet >= _QUIET_MONTHS) & (alive > 0), 1.0, 0.0),
            ending=ending,
            flow=flow,
            peak=peak,
            quiet=quiet,
        )
        return state, collect(worth, self.contracts, self.pacts)
