"""Balancing: a coalition deepens its cooperation against a threat, which worries a neighbour.

Walt names four parts of threat. Nearness is constant, because states do not move. The other three
are power (warheads), offence (launches) and hostility (the worth of what the pact exchanges, and
soldiers sent abroad). Each part is one plus a multiple of its scale: w warheads, l launches, f
dollars a month and n soldiers. The parts have equal weights on their logs. Threat is relative to
the threat T0 perceived at the start:

    T = [(1 + warheads/w)(1 + launches/l)(1 + flow/f + soldiers/n)]^(1/3) / T0.

Depth of cooperation B moves at the rate κ towards a target in which friction φ dampens threat,
B' = B + (T/(T + φ) − B)(1 − e^(−κ·dt)). Meetings are counts with rate m0·exp(m1·B). Military
presence P follows depth, P = exp(b(B − B0)), where B0 is depth at the start. The neighbour's
concern C moves in the same way as depth. Its target is a weighted mean of presence, P/(1 + P), and
the proliferator's knowledge. Where the supplier builds no weapons of its own, power, offence and
knowledge count as zero.

Source: Walt, *The Origins of Alliances* (1987), for the parts of threat. Equal weights, and the
shares of presence and knowledge in concern, are this project's.

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
from servanda.world.ranges import POSITIVE, SHARE


class Balancing(Theory):
    """The slot: threat, depth of cooperation, meetings, presence and the neighbour's concern."""

    slot = "balancing"
    State = BalancingState
    Flows = BalancingFlows


class ThreatParameters(eqx.Module):
    """Parameters of threat and of the effects of depth. Abstract: theories extend it."""

    power_scale: Float[Array, "*run"] = parameter(
        "", "warhead", "number of warheads that doubles the power part of threat", POSITIVE
    )
    offence_scale: Float[Array, "*run"] = parameter(
        "", "launch/month", "monthly launches that double the offence part of threat", POSITIVE
    )
    flow_scale: Float[Array, "*run"] = parameter(
        "", "USD/month", "worth exchanged that adds one to the hostility part of threat", POSITIVE
    )
    soldier_scale: Float[Array, "*run"] = parameter(
        "",
        "person",
        "number of soldiers abroad that adds one to the hostility part of threat",
        POSITIVE,
    )
    initial_threat: Float[Array, "coalition *run"] = parameter(
        "coalition", "dimensionless", "threat perceived at the start, the unit of threat", POSITIVE
    )
    initial_depth: Float[Array, "coalition *run"] = parameter(
        "coalition", "dimensionless", "depth of cooperation at the start", SHARE
    )
    meeting_base: Float[Array, "coalition *run"] = parameter(
        "coalition", "meeting/month", "meetings at depth zero"
    )
    meeting_slope: Float[Array, "coalition *run"] = parameter(
        "coalition", "dimensionless", "rise of log meetings from depth zero to one"
    )
    presence_slope: Float[Array, "coalition *run"] = parameter(
        "coalition", "dimensionless", "rise of log presence from depth zero to one"
    )
    initial_concern: Float[Array, "coalition *run"] = parameter(
        "coalition", "dimensionless", "the neighbour's concern at the start", SHARE
    )
    concern_presence: Float[Array, "coalition *run"] = parameter(
        "coalition", "dimensionless", "weight of presence in concern; knowledge has the rest", SHARE
    )
    concern_speed: Float[Array, "coalition *run"] = parameter(
        "coalition", "1/month", "rate at which concern approaches its target"
    )


class Watchers(Balancing):
    """A family: coalitions watch a pact, and their depth sets their military presence."""

    pacts: tuple[int, ...]
    suppliers: tuple[int | None, ...]
    soldiers: tuple[tuple[int, ...], ...]

    @classmethod
    def build(cls, case: Case, layout: Layout) -> Self:
        """Find the pact, weapons and soldiers abroad that each coalition watches."""
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
        """Depth and concern at the start."""
        return BalancingState(depth=p.initial_depth, concern=p.initial_concern)

    def step(
        self, p: Any, world: World, month: Month, draws: Draws, clock: Clock
    ) -> tuple[BalancingState, BalancingFlows]:
        """Compute threat, depth, meetings, presence and the neighbour's concern."""
        before = world.balancing
        if not self.pacts:
            empty = before.depth
            return before, BalancingFlows(threat=empty, presence=empty, meeting_rate=empty)
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
        """Depth at the end of the step."""

    def _threat(self, p: ThreatParameters, world: World, month: Month) -> Array:
        rows = []
        for row, (pact, supplier) in enumerate(zip(self.pacts, self.suppliers, strict=True)):
            zero = jnp.zeros_like(world.war.war)
            abroad = sum((world.ledger.lent[t] for t in self.soldiers[row]), zero)
            flow = world.commitment.flow[pact]
            product = 1 + flow / p.flow_scale + abroad / p.soldier_scale
            if supplier is not None:
                warheads = world.proliferation.warheads[supplier]
                launches = month.proliferation.launch_rate[supplier]
                product = product * (1 + warheads / p.power_scale)
                product = product * (1 + launches / p.offence_scale)
            rows.append(jnp.exp(jnp.log(product) / 3) / p.initial_threat[row])
        # The barrier keeps two divisions apart. XLA may otherwise multiply the divisors, and the
        # last bit of the result would depend on the number of coalitions.
        apart: Array = jax.lax.optimization_barrier(jnp.stack(rows))  # type: ignore[no-untyped-call]
        return apart


@final
class BalanceParameters(ThreatParameters):
    """Parameters of depth that responds to threat."""

    friction: Float[Array, "coalition *run"] = parameter(
        "coalition", "dimensionless", "threat at which the target of depth is one half", POSITIVE
    )
    speed: Float[Array, "coalition *run"] = parameter(
        "coalition", "1/month", "rate at which depth approaches its target"
    )


@final
class ThreatBalance(Watchers):
    """Depth responds to threat, dampened by friction."""

    variant = "threat-balance"
    Parameters = BalanceParameters

    def _deepen(self, p: BalanceParameters, depth: Array, threat: Array, dt: float) -> Array:
        aim = threat / (threat + p.friction)
        return depth + (aim - depth) * -jnp.expm1(-p.speed * dt)


@final
class ConstantParameters(ThreatParameters):
    """Parameters of constant depth."""


@final
class ConstantDepth(Watchers):
    """Null rival: depth stays constant, whatever the threat; knowledge still raises concern."""

    variant = "constant-depth"
    Parameters = ConstantParameters

    def _deepen(self, p: ConstantParameters, depth: Array, threat: Array, dt: float) -> Array:
        return depth
