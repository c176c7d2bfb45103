"""Proliferation: a state gains weapons knowledge by its own research and by technology it receives.

Knowledge k runs from zero to one, the frontier:

    dk/dt = (own·(1 − bite·E) + absorbed·T)(1 − k).

`own` is the growth rate by own research. Enforcement E reduces it by the share `bite`. T is the
technology received, in dollars a month, and `absorbed` is the growth that one dollar adds. The
equation is solved exactly over the step, within which E and T are constant. Warheads are added at
the rate r0·e^(r1·k), where k is last month's knowledge. Launches are counts. Their rate
l0·e^(−x·exports) falls when weapons are exported instead of tested; the case says which goods count
as such exports. The gap is the rival's lead as a share of the rival's knowledge, 1 − k/k_rival. It
is negative once the state has overtaken the rival.

Source: own-and-transfer growth of knowledge as in Nelson and Phelps, "Investment in Humans,
Technological Diffusion, and Economic Growth", AER 56 (1966); counts of launches and warheads: CSIS
Beyond Parallel and the SIPRI yearbooks, as cited in the case.

Left out: fissile material as a stock; delivery and warhead technology as separate kinds; the
rival's own progress; forgetting; learning from tests.
"""

from abc import abstractmethod
from typing import Any, Self, final

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from servanda.case import Case
from servanda.world import Clock, Draws, Layout, Month, Theory, World, parameter
from servanda.world.axes import SIGNALS
from servanda.world.quantities.proliferation import ProliferationFlows, ProliferationState
from servanda.world.ranges import SHARE

# Lower bound of the rival's knowledge, which divides the gap.
_LEAST_RIVAL = 0.01


class Proliferation(Theory):
    """The slot: weapons knowledge, warheads and tests."""

    slot = "proliferation"
    State = ProliferationState
    Flows = ProliferationFlows


class ResearchParameters(eqx.Module):
    """Parameters of weapons knowledge, one for each proliferator. Abstract."""

    knowledge: Float[Array, "proliferator *run"] = parameter(
        "proliferator", "dimensionless", "knowledge at the start, frontier = 1", SHARE
    )
    rival_knowledge: Float[Array, "proliferator *run"] = parameter(
        "proliferator", "dimensionless", "the rival's knowledge, frontier = 1", SHARE
    )
    own_research: Float[Array, "proliferator *run"] = parameter(
        "proliferator", "1/month", "rate of growth towards the frontier by own research"
    )
    enforcement_bite: Float[Array, "proliferator *run"] = parameter(
        "proliferator", "dimensionless", "share of own research that full enforcement stops", SHARE
    )
    warheads: Float[Array, "proliferator *run"] = parameter(
        "proliferator", "warhead", "assembled warheads at the start"
    )
    warhead_rate: Float[Array, "proliferator *run"] = parameter(
        "proliferator", "warhead/month", "rate of adding warheads at knowledge zero"
    )
    warhead_learning: Float[Array, "proliferator *run"] = parameter(
        "proliferator", "dimensionless", "rise of the log rate from knowledge zero to the frontier"
    )
    launches: Float[Array, "proliferator *run"] = parameter(
        "proliferator", "launch/month", "rate of launches without exports of weapons"
    )
    crowding: Float[Array, "proliferator *run"] = parameter(
        "proliferator", "month/missile", "fall of log launches for each missile exported a month"
    )


class Learning(Proliferation):
    """A family: knowledge grows by own research and by absorbed technology."""

    teachers: tuple[int, ...]
    exports: tuple[tuple[int, ...], ...]

    @classmethod
    def build(cls, case: Case, layout: Layout) -> Self:
        """Find the tie that teaches each proliferator, and the ties that export its weapons."""
        spec = case.spec
        return cls(
            teachers=tuple(layout.axes.at("tie", p.taught_by) for p in spec.proliferators),
            exports=tuple(
                tuple(
                    i for i, t in enumerate(spec.ties) if t.giver == p.actor and t.good in p.exports
                )
                for p in spec.proliferators
            ),
        )

    def initial(self, p: ResearchParameters) -> ProliferationState:
        """Knowledge and warheads at the start."""
        return ProliferationState(knowledge=p.knowledge, warheads=p.warheads)

    def step(
        self, p: Any, world: World, month: Month, draws: Draws, clock: Clock
    ) -> tuple[ProliferationState, ProliferationFlows]:
        """Compute knowledge, warheads and the rate of launches."""
        before, arrived = world.proliferation, month.ledger.arrived
        if not self.teachers:
            empty = before.knowledge
            return before, ProliferationFlows(launch_rate=empty, gap=empty)
        enforcement = jnp.maximum(month.posture.signal[SIGNALS.index("enforcement")], 0.0)
        taught = jnp.stack([month.exchange.worth[t] * arrived[t] for t in self.teachers])
        exported = jnp.stack(
            [sum((arrived[t] for t in ties), jnp.zeros_like(enforcement)) for ties in self.exports]
        )
        own = p.own_research * (1 - p.enforcement_bite * enforcement) * clock.dt
        learnt = -jnp.expm1(-own - self._absorbed(p, taught))
        knowledge = before.knowledge + (1 - before.knowledge) * learnt
        rate = p.warhead_rate * jnp.exp(p.warhead_learning * before.knowledge)
        return (
            ProliferationState(knowledge=knowledge, warheads=before.warheads + rate * clock.dt),
            ProliferationFlows(
                launch_rate=p.launches * jnp.exp(-p.crowding * exported / clock.dt),
                gap=1 - knowledge / jnp.maximum(p.rival_knowledge, _LEAST_RIVAL),
            ),
        )

    @abstractmethod
    def _absorbed(self, p: Any, taught: Array) -> Array:
        """Rate of growth towards the frontier by technology received."""


@final
class TransferParameters(ResearchParameters):
    """Parameters of knowledge by transfer."""

    absorption: Float[Array, "proliferator *run"] = parameter(
        "proliferator", "1/USD", "rate of growth towards the frontier by a dollar of technology"
    )


@final
class OwnAndTransfer(Learning):
    """Knowledge grows by own research and by technology received."""

    variant = "own-and-transfer"
    Parameters = TransferParameters

    def _absorbed(self, p: TransferParameters, taught: Array) -> Array:
        return p.absorption * taught


@final
class OwnParameters(ResearchParameters):
    """Parameters of own research alone."""


@final
class OwnOnly(Learning):
    """Null rival: technology received has no effect on knowledge."""

    variant = "own-only"
    Parameters = OwnParameters

    def _absorbed(self, p: OwnParameters, taught: Array) -> Array:
        return jnp.zeros_like(taught)
