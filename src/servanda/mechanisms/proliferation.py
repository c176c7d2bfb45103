"""Proliferation: weapons knowledge from own research and from what is taught.

Knowledge k runs from zero to the frontier at one,

    dk/dt = (own·(1 − bite·E) + absorbed·T)(1 − k),

T being technology received, in dollars a month, and E the enforcement that raises the cost of own
research; solved exactly over the step, within which E and T are held. Warheads are added at the
rate r0·e^(r1·k), k being last month's. Launches are counts whose rate l0·e^(−x·exports) falls while
missiles are exported instead of tested. The gap is the rival's lead as a share of what the rival
knows, 1 − k/k_rival, negative once the rival is overtaken.

Source: own-and-transfer growth of knowledge as in Nelson and Phelps, "Investment in Humans,
Technological Diffusion, and Economic Growth", AER 56 (1966); counts of launches and warheads: CSIS
Beyond Parallel and the SIPRI yearbooks, as cited in the case.

Left out: fissile material as a stock; delivery against warhead technology; the rival's own
progress; forgetting; what tests teach; exports of other goods than the one a case calls `missiles`.
"""

from typing import Self

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from servanda.case import Case
from servanda.world import Axes, Clock, Draws, Month, Process, World, parameter
from servanda.world.axes import SIGNALS

# A rival that knew nothing would make the gap, a share of its knowledge, infinite.
_LEAST_RIVAL = 0.01


class ProliferationParameters(eqx.Module):
    """Parameters of weapons knowledge, one a proliferator."""

    knowledge: Float[Array, "proliferator *run"] = parameter(
        "proliferator", "dimensionless", "knowledge at the start, frontier = 1"
    )
    rival_knowledge: Float[Array, "proliferator *run"] = parameter(
        "proliferator", "dimensionless", "the rival's knowledge, frontier = 1"
    )
    own_research: Float[Array, "proliferator *run"] = parameter(
        "proliferator", "1/month", "growth towards the frontier by own research"
    )
    enforcement_bite: Float[Array, "proliferator *run"] = parameter(
        "proliferator", "dimensionless", "share of own research that full enforcement stops"
    )
    absorption: Float[Array, "proliferator *run"] = parameter(
        "proliferator", "1/USD", "growth towards the frontier by a dollar of technology received"
    )
    warheads: Float[Array, "proliferator *run"] = parameter(
        "proliferator", "warhead", "assembled warheads at the start"
    )
    warhead_rate: Float[Array, "proliferator *run"] = parameter(
        "proliferator", "warhead/month", "warheads added at no knowledge"
    )
    warhead_learning: Float[Array, "proliferator *run"] = parameter(
        "proliferator", "dimensionless", "log growth of that rate from no knowledge to the frontier"
    )
    launches: Float[Array, "proliferator *run"] = parameter(
        "proliferator", "launch/month", "launches while none are exported"
    )
    crowding: Float[Array, "proliferator *run"] = parameter(
        "proliferator", "month/missile", "fall of log launches for a missile exported a month"
    )


class OwnAndTransfer(Process):
    """Knowledge grows by own research and by what is taught."""

    teachers: tuple[int, ...]
    exports: tuple[tuple[int, ...], ...]

    slot = "proliferation"
    variant = "own-and-transfer"
    reads = frozenset({"knowledge", "warheads", "arrived", "worth", "signal"})
    writes = frozenset({"knowledge", "warheads", "launch_rate", "gap"})
    Parameters = ProliferationParameters

    @classmethod
    def build(cls, case: Case, axes: Axes) -> Self:
        """Which tie teaches each proliferator, and which carry its missiles away."""
        spec = case.spec
        return cls(
            teachers=tuple(axes.at("tie", p.taught_by) for p in spec.proliferators),
            exports=tuple(
                tuple(
                    i
                    for i, t in enumerate(spec.ties)
                    if t.giver == p.actor and t.good == "missiles"
                )
                for p in spec.proliferators
            ),
        )

    def initial(self, p: ProliferationParameters) -> dict[str, Array]:
        """Where knowledge and warheads begin."""
        return {"knowledge": p.knowledge, "warheads": p.warheads}

    def step(
        self, p: ProliferationParameters, world: World, month: Month, draws: Draws, clock: Clock
    ) -> dict[str, Array]:
        """Learn, build, test."""
        if not self.teachers:
            return {name: jnp.zeros_like(world.knowledge) for name in self.writes}
        enforcement = jnp.maximum(month.signal[SIGNALS.index("enforcement")], 0.0)
        taught = jnp.stack([month.worth[t] * month.arrived[t] for t in self.teachers])
        exported = jnp.stack(
            [
                sum((month.arrived[t] for t in ties), jnp.zeros_like(enforcement))
                for ties in self.exports
            ]
        )
        own = p.own_research * (1 - p.enforcement_bite * enforcement) * clock.dt
        learnt = -jnp.expm1(-own - self._absorbed(p, taught))
        knowledge = world.knowledge + (1 - world.knowledge) * learnt
        rate = p.warhead_rate * jnp.exp(p.warhead_learning * world.knowledge)
        return {
            "knowledge": knowledge,
            "warheads": world.warheads + rate * clock.dt,
            "launch_rate": p.launches * jnp.exp(-p.crowding * exported / clock.dt),
            "gap": 1 - knowledge / jnp.maximum(p.rival_knowledge, _LEAST_RIVAL),
        }

    def _absorbed(self, p: ProliferationParameters, taught: Array) -> Array:
        return p.absorption * taught


class OwnOnly(OwnAndTransfer):
    """Null rival: what is taught teaches nothing."""

    variant = "own-only"

    def _absorbed(self, p: ProliferationParameters, taught: Array) -> Array:
        return jnp.zeros_like(taught)
