"""Commitment: the pact lasts while it pays, and ends in one of several ways.

A relational contract: nobody enforces it, so each partner stays while what it expects from staying
beats what it could have instead. For partner i

    slack_i = s_i/(r + h + h_war) + (security_i − displeasure_i − outside_i)/(r + h) ± w·arrears,

s_i being its surplus from the bargain, which may end with the war, r its impatience and h the
hazard of the reference class. Arrears bind the supplier, who would lose the claim by leaving, and
tempt the buyer, who would be rid of the debt; w is the share that leaving would wipe out. A third
party that courts raises the supplier's outside option, in full courtship to twice it; one that
presses raises what third parties make the pact cost both, likewise; a buyer that turns away puts
its own outside option higher, likewise. The weaker partner's slack, between −3 and 3 of its
scale, drives

    log hazard = log h_class(age) − γ·slack/scale,

the class hazard, taken from past alliances of a declared reference class, being that of a pact
whose weaker partner is indifferent, with one value for the first five years and one for later. The
class is a structural alternative: each run belongs to one. Until a pact is signed there is nothing
to end, and before the cut the record says that it did not.

Two deaths are kept apart. *Dormancy*: the worth of what is exchanged, smoothed over three months,
stays below a fifth of its peak for six months; it can be revived. Legal *ending*: by lapse,
renegotiation, violation, or substitution by a third party, drawn by weight, a buyer that turns away
substituting up to twice as readily.

Source: Levin, "Relational Incentive Contracts", AER 93 (2003); Leeds and Savun, "Terminating
Alliances", JOP 69 (2007); base hazards from ATOP (Leeds et al. 2002), see `servanda.history`. The
bounds on slack and the marks of dormancy are this project's.

Left out: treaty clauses; leaders' ties; reputation with others than the third parties named; a pact
signed anew after it ended; expectations that look further ahead than this month's surplus.
"""

from abc import abstractmethod
from typing import Any, ClassVar, Self, final

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from servanda.case import Case
from servanda.case.schema import Partnership, month_number
from servanda.mechanisms.use import Use
from servanda.world import (
    ABSENT,
    Clock,
    Draw,
    Draws,
    Layout,
    Month,
    Nothing,
    Theory,
    World,
    parameter,
)
from servanda.world.axes import ENDINGS, SIGNALS, column
from servanda.world.quantities.commitment import CommitmentFlows, CommitmentState

_FIRST_YEARS = 5.0
# A payoff gap beyond this many scales counts as this many: e^±3 spans rare to certain in a year.
_WIDEST_SLACK = 3.0


class Commitment(Theory):
    """The slot: whether a pact lasts, and how much it is used."""

    slot = "commitment"
    State = CommitmentState
    Flows = CommitmentFlows


class PartnerParameters(eqx.Module):
    """Parameters of staying and leaving. Abstract: each theory has its own."""

    class_draw: Float[Array, "*run"] = parameter(
        "", "dimensionless", "which reference class the run belongs to, 0 to 1 over the classes"
    )
    base_hazard: Float[Array, "reference_class *run"] = parameter(
        "reference_class", "1/month", "hazard of ending of a pact of this class in its first years"
    )
    later_hazard: Float[Array, "reference_class *run"] = parameter(
        "reference_class", "1/month", "hazard of ending of a pact of this class after five years"
    )
    discount_rate: Float[Array, "*run"] = parameter("", "1/month", "impatience")
    war_end_belief: Float[Array, "*run"] = parameter(
        "", "1/month", "hazard of the war's end that partners reckon with"
    )
    security: Float[Array, "partner *run"] = parameter(
        "partner", "USD/month", "worth of the pact's guarantee"
    )
    displeasure: Float[Array, "partner *run"] = parameter(
        "partner", "USD/month", "what third parties make the pact cost"
    )
    outside_option: Float[Array, "partner *run"] = parameter(
        "partner", "USD/month", "what the best alternative would yield"
    )
    debt_weight: Float[Array, "*run"] = parameter(
        "", "dimensionless", "share of arrears that leaving would wipe out"
    )
    ending_share: Float[Array, "ending *run"] = parameter(
        "ending", "dimensionless", "weight of each way of ending"
    )


class Contract(Commitment):
    """A family: pacts end by a hazard around that of a reference class, or fall asleep unused."""

    signed: tuple[int, ...]
    use: Use

    draws: ClassVar[tuple[Draw, ...]] = (
        Draw("ending", axis="partnership"),
        Draw("way", axis="partnership"),
    )

    @classmethod
    def build(cls, case: Case, layout: Layout) -> Self:
        """When each pact was signed, and which ties carry it."""
        start = month_number(case.spec.start)
        known = {o.id for o in case.known.observations}
        cutoff = month_number(case.spec.as_of)

        def signed(partnership: Partnership) -> int:
            """The month of signing; the cut, where the signing was not yet known by then."""
            seen = partnership.source in known
            return (month_number(partnership.signed) if seen else cutoff) - start

        return cls(signed=tuple(signed(p) for p in case.spec.partnerships), use=Use.of(layout))

    def initial(self, p: PartnerParameters) -> CommitmentState:
        """Partners may deal from the start; the treaty only puts it on paper."""
        return self.use.initial(p.class_draw)

    def step(
        self, p: Any, world: World, month: Month, draws: Draws, clock: Clock
    ) -> tuple[CommitmentState, CommitmentFlows]:
        """Weigh staying against leaving, draw the ending, and watch for dormancy."""
        before = world.commitment
        base = self._class_hazard(p, clock)
        slack = self._slack(p, world, month, base)
        hazard = self._hazard(p, base, slack)
        at_risk = clock.future & (clock.time >= column(self.signed, hazard))
        ends = at_risk & (draws["ending"] < -jnp.expm1(-hazard * clock.dt)) & (before.alive > 0)
        alive = jnp.where(ends, 0.0, before.alive)
        way = self._way(p, month, draws["way"])
        ending = jnp.where(ends, way, before.ending)
        state, given = self.use.after(world, month, alive, ending, clock)
        return state, CommitmentFlows(
            slack=slack,
            base_hazard=base + jnp.zeros_like(hazard),
            hazard=hazard * alive,
            value_given=given,
        )

    def _class_hazard(self, p: PartnerParameters, clock: Clock) -> Array:
        """Base hazard of the run's own reference class at the pact's age, one a pact."""
        classes = p.base_hazard.shape[0]
        age = (clock.time - jnp.array(self.signed, p.class_draw.dtype)) / 12
        old = age[:, *(None,) * p.class_draw.ndim] >= _FIRST_YEARS
        mine = jnp.minimum(jnp.floor(p.class_draw * classes), classes - 1)
        own = jnp.zeros_like(p.class_draw)[None]
        for row in range(classes):
            hazard = jnp.where(old, p.later_hazard[row], p.base_hazard[row])
            own = own + jnp.where(mine == row, hazard, 0.0)
        return own

    def _slack(
        self, p: PartnerParameters, world: World, month: Month, base: Array
    ) -> Float[Array, "partner *run"]:
        """Worth of staying less worth of leaving, USD, supplier and buyer of each pact in turn."""
        courted = month.posture.signal[SIGNALS.index("courtship")]
        turned = month.posture.signal[SIGNALS.index("turn")]
        rows = []
        for pact in range(len(self.signed)):
            lasting = p.discount_rate + base[pact]
            passing = lasting + p.war_end_belief
            debt = p.debt_weight * world.ledger.arrears[pact]
            for member, (pull, sign) in enumerate(((courted, 1.0), (turned, -1.0))):
                row = 2 * pact + member
                outside = p.outside_option[row] * (1 + jnp.maximum(pull, 0.0))
                displeasure = p.displeasure[row] * (1 + jnp.maximum(-courted, 0.0))
                steady = p.security[row] - displeasure - outside
                rows.append(month.exchange.gain[row] / passing + steady / lasting + sign * debt)
        return jnp.stack(rows)

    @abstractmethod
    def _hazard(self, p: Any, base: Array, slack: Array) -> Array:
        """Hazard of legal ending, one a pact."""

    def _way(self, p: PartnerParameters, month: Month, draw: Array) -> Array:
        """The way of ending, counted from one; a buyer that turns is likelier to substitute."""
        turned = 1 + jnp.maximum(month.posture.signal[SIGNALS.index("turn")], 0.0)
        weight = jnp.stack(
            [
                share * turned if name == "substitution" else share
                for name, share in zip(ENDINGS, p.ending_share, strict=True)
            ]
        )
        reached = jnp.cumsum(weight, axis=0) / weight.sum(0)
        passed = [(draw > row).astype(draw.dtype) for row in reached[:-1]]
        return 1.0 + jnp.stack(passed).sum(0)


@final
class RelationalParameters(PartnerParameters):
    """Parameters of a hazard that slack drives."""

    hazard_slope: Float[Array, "*run"] = parameter(
        "", "dimensionless", "fall of log hazard for one scale of slack"
    )
    slack_scale: Float[Array, "*run"] = parameter("", "USD", "slack that counts as one")


@final
class RelationalContract(Contract):
    """Slack of the weaker partner drives a hazard around a reference class."""

    variant = "relational-contract"
    Parameters = RelationalParameters

    def _hazard(self, p: RelationalParameters, base: Array, slack: Array) -> Array:
        weaker = jnp.minimum(slack[0::2], slack[1::2]) / p.slack_scale
        bounded = jnp.clip(weaker, -_WIDEST_SLACK, _WIDEST_SLACK)
        return base * jnp.exp(-p.hazard_slope * bounded)


@final
class ClassParameters(PartnerParameters):
    """Parameters of a hazard that is the reference class's."""


@final
class ConstantHazard(Contract):
    """Null rival: only the reference class matters; what partners gain or owe changes nothing."""

    variant = "constant-hazard"
    Parameters = ClassParameters

    def _hazard(self, p: ClassParameters, base: Array, slack: Array) -> Array:
        return base


@final
class Unbroken(Commitment):
    """What stands in where a case names no theory: no pact ends, and its use is still counted."""

    use: Use

    variant = ABSENT
    Parameters = Nothing

    @classmethod
    def build(cls, case: Case, layout: Layout) -> Self:
        """Which ties carry each pact."""
        return cls(Use.of(layout))

    def initial(self, p: Nothing) -> CommitmentState:
        """All pacts are alive."""
        return self.use.initial(jnp.zeros(()))

    def step(
        self, p: Nothing, world: World, month: Month, draws: Draws, clock: Clock
    ) -> tuple[CommitmentState, CommitmentFlows]:
        """Count what is exchanged."""
        before = world.commitment
        state, given = self.use.after(world, month, before.alive, before.ending, clock)
        nothing = jnp.zeros_like(given)
        slack = jnp.zeros((2 * self.use.pacts, *given.shape[1:]), given.dtype)
        return state, CommitmentFlows(
            slack=slack, base_hazard=nothing, hazard=nothing, value_given=given
        )
