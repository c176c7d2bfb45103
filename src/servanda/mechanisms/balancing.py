"""Balancing: a coalition deepens against a threat, and its presence worries a neighbour.

Walt's four parts, nearness being constant for states that do not move: power (warheads), offence
(launches) and hostility (the worth of what the pact exchanges, and soldiers sent abroad), each as
one plus a multiple of its scale, with equal weights on their logs, relative to the threat felt at
the start:

    T = [(1 + warheads/w)(1 + launches/l)(1 + flow/f + soldiers/n)]^(1/3) / T0.

Depth B moves towards threat less friction φ, B' = B + (T/(T + φ) − B)(1 − e^(−κ·dt)). Meetings are
counts with rate m0·exp(m1·B). Military presence follows depth, P = exp(b(B − B0)), and the
neighbour's concern C moves in the same way towards a mean of presence, P/(1 + P), and of the
proliferator's knowledge. Where the supplier builds no weapons of its own, power, offence and
knowledge count for nothing.

Source: Walt, *The Origins of Alliances* (1987), for the parts of threat; equal weights and the
shares of presence and knowledge in concern are this project's.

Left out: what each member contributes; domestic politics of members; bandwagoning; the buyer's own
power, which the war already ties down; meetings that deepen cooperation by themselves.
"""

from abc import abstractmethod
from typing import Any, Self, final

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from servanda.case import Case
from servanda.world import Clock, Draws, Layout, Month, Theory, World, parameter
from servanda.world.quantities.balancing import BalancingFlows, BalancingState


class Balancing(Theory):
    """The slot: how deep coalitions are, what they feel and do, and whom it worries."""

    slot = "balancing"
    State = BalancingState
    Flows = BalancingFlows


class ThreatParameters(eqx.Module):
    """Parameters of threat and of what depth brings. Abstract: each theory has its own."""

    power_scale: Float[Array, "*run"] = parameter(
        "", "warhead", "warheads that double the power part of threat"
    )
    offence_scale: Float[Array, "*run"] = parameter(
        "", "launch/month", "launches that double the offence part of threat"
    )
    flow_scale: Float[Array, "*run"] = parameter(
        "", "USD/month", "worth exchanged that adds one to the hostility part of threat"
    )
    soldier_scale: Float[Array, "*run"] = parameter(
        "", "person", "soldiers abroad that add one to the hostility part of threat"
    )
    initial_threat: Float[Array, "coalition *run"] = parameter(
        "coalition", "dimensionless", "threat product that counts as one"
    )
    initial_depth: Float[Array, "coalition *run"] = parameter(
        "coalition", "dimensionless", "depth of cooperation at the start"
    )
    meeting_base: Float[Array, "coalition *run"] = parameter(
        "coalition", "meeting/month", "meetings at no depth"
    )
    meeting_slope: Float[Array, "coalition *run"] = parameter(
        "coalition", "dimensionless", "log meetings for one of depth"
    )
    presence_slope: Float[Array, "coalition *run"] = parameter(
        "coalition", "dimensionless", "log presence for one of depth"
    )
    initial_concern: Float[Array, "coalition *run"] = parameter(
        "coalition", "dimensionless", "the neighbour's concern at the start"
    )
    concern_presence: Float[Array, "coalition *run"] = parameter(
        "coalition", "dimensionless", "weight of presence in concern, the rest being knowledge"
    )
    concern_speed: Float[Array, "coalition *run"] = parameter(
        "coalition", "1/month", "rate at which concern follows"
    )


class Watchers(Balancing):
    """A family: coalitions watch a pact, and their depth, however it moves, brings presence."""

    pacts: tuple[int, ...]
    suppliers: tuple[int | None, ...]
    soldiers: tuple[tuple[int, ...], ...]

    @classmethod
    def build(cls, case: Case, layout: Layout) -> Self:
        """Each coalition watches one pact, its supplier's weapons and its soldiers abroad."""
        spec, axes = case.spec, layout.axes
        pacts = {p.label: p for p in spec.partnerships}
        builders = axes["proliferator"]
        watched = [pacts[c.against] for c in spec.coalitions]
        return cls(
            pacts=tuple(axes.at("partnership", w.label) for w in watched),
            suppliers=tuple(
                builders.index(w.supplier) if w.supplier in builders else None for w in watched
            ),
            soldiers=tuple(
                tuple(
                    i
                    for i, t in enumerate(spec.ties)
                    if t.giver == w.supplier and t.good == spec.war.men
                )
                for w in watched
            ),
        )

    def initial(self, p: ThreatParameters) -> BalancingState:
        """Where depth and concern begin."""
        return BalancingState(depth=p.initial_depth, concern=p.initial_concern)

    def step(
        self, p: Any, world: World, month: Month, draws: Draws, clock: Clock
    ) -> tuple[BalancingState, BalancingFlows]:
        """Feel the threat, deepen, meet, worry the neighbour."""
        before = world.balancing
        if not self.pacts:
            nobody = before.depth
            return before, BalancingFlows(threat=nobody, presence=nobody, meeting_rate=nobody)
        threat = self._threat(p, world, month)
        depth = self._deepen(p, before.depth, threat, clock.dt)
        presence = jnp.exp(p.presence_slope * (depth - p.initial_depth))
        nothing = jnp.zeros_like(world.war.war)
        knowledge = world.proliferation.knowledge
        learnt = jnp.stack([nothing if s is None else knowledge[s] for s in self.suppliers])
        felt = p.concern_presence * presence / (1 + presence) + (1 - p.concern_presence) * learnt
        followed = -jnp.expm1(-p.concern_speed * clock.dt)
        return (
            BalancingState(
                depth=depth, concern=before.concern + (felt - before.concern) * followed
            ),
            BalancingFlows(
                threat=threat,
                presence=presence,
                meeting_rate=p.meeting_base * jnp.exp(p.meeting_slope * depth),
            ),
        )

    @abstractmethod
    def _deepen(self, p: Any, depth: Array, threat: Array, dt: float) -> Array:
        """Depth at the step's end."""

    def _threat(self, p: ThreatParameters, world: World, month: Month) -> Array:
        rows = []
        for row, (pact, supplier) in enumerate(zip(self.pacts, self.suppliers, strict=True)):
            nobody = jnp.zeros_like(world.war.war)
            abroad = sum((world.ledger.lent[t] for t in self.soldiers[row]), nobody)
            flow = world.commitment.flow[pact]
            product = 1 + flow / p.flow_scale + abroad / p.soldier_scale
            if supplier is not None:
                warheads = world.proliferation.warheads[supplier]
                launches = month.proliferation.launch_rate[supplier]
                product = product * (1 + warheads / p.power_scale)
                product = product * (1 + launches / p.offence_scale)
            rows.append(jnp.exp(jnp.log(product) / 3) / p.initial_threat[row])
        # kept apart: where a quotient is divided again, XLA may multiply the divisors instead,
        # and the last bit would hang on how many coalitions there are
        apart: Array = jax.lax.optimization_barrier(jnp.stack(rows))  # type: ignore[no-untyped-call]
        return apart


@final
class BalanceParameters(ThreatParameters):
    """Parameters of depth that follows threat."""

    friction: Float[Array, "coalition *run"] = parameter(
        "coalition", "dimensionless", "threat at which cooperation would be half complete"
    )
    speed: Float[Array, "coalition *run"] = parameter(
        "coalition", "1/month", "rate at which depth follows threat"
    )


@final
class ThreatBalance(Watchers):
    """Depth follows threat less friction."""

    variant = "threat-balance"
    Parameters = BalanceParameters

    def _deepen(self, p: BalanceParameters, depth: Array, threat: Array, dt: float) -> Array:
        aim = threat / (threat + p.friction)
        return depth + (aim - depth) * -jnp.expm1(-p.speed * dt)


@final
class ConstantParameters(ThreatParameters):
    """Parameters of depth that stays."""


@final
class ConstantDepth(Watchers):
    """Null rival: cooperation stays as deep as it was, whatever the threat; knowledge worries."""

    variant = "constant-depth"
    Parameters = ConstantParameters

    def _deepen(self, p: ConstantParameters, depth: Array, threat: Array, dt: float) -> Array:
        return depth
