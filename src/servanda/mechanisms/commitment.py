"""Commitment: a pact lasts while both partners gain from it, and it can end in four ways.

This is a relational contract: nobody enforces it. Each partner stays while the value that it
expects from staying exceeds its best alternative. The difference is the slack of partner i:

    slack_i = s_i/(r + h + h_war) + (security_i − displeasure_i − outside_i)/(r + h) ± w·arrears.

Here s_i is the partner's surplus from the bargain, which may end with the war. r is its impatience
(discount rate), h is the hazard of the reference class, and h_war is the hazard of the war's end
that partners expect. Security is the worth of the pact's guarantee. Displeasure is the cost that
third parties impose. Outside is the best alternative. Arrears enter with + for the supplier, which
would lose its claim by leaving. They enter with − for the buyer, which would lose its debt by
leaving. w is the share of arrears that leaving would cancel. Three signals shift these terms, each
at most to twice its value. A third party that courts the supplier raises the supplier's outside
option. A third party that presses the pact raises the displeasure of both partners. A buyer that
turns away raises its own outside option. The slack of the weaker partner sets the hazard of legal
ending. Slack is bounded between −3 and 3 times its scale:

    log hazard = log h_class(age) − γ·slack/scale.

The class hazard h_class comes from past alliances of a declared reference class. It is the hazard
of a pact whose weaker partner is indifferent (slack zero). It has one value for the first five
years of a pact and one for later years. The class is a structural alternative: each run belongs to
one class. Before a pact is signed it cannot end. Before the evidence cut-off no pact ends, because
the record shows that none did.

The model separates two states. A pact is *dormant* when the worth of what is exchanged, smoothed
over three months, stays below a fifth of its peak, or below one dollar a month, for six months. A
pact under which nothing was ever exchanged is therefore dormant. A dormant pact can revive. A pact
*ends* legally by lapse, renegotiation, violation, or substitution by a third party. The way of
ending is drawn by weight. When the buyer turns away, the weight of substitution is up to twice as
large.

Source: Levin, "Relational Incentive Contracts", AER 93 (2003); Leeds and Savun, "Terminating
Alliances", JOP 69 (2007); base hazards from ATOP (Leeds et al. 2002), see `servanda.history`. The
bounds on slack and the thresholds of dormancy are this project's.

Left out: treaty clauses; leaders' ties; reputation with others than the third parties named; a pact
signed anew after it ended; expectations beyond this month's surplus.
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
from servanda.world.ranges import POSITIVE, SHARE

_FIRST_YEARS = 5.0
# Bound of slack, in scales. e^±3 takes the hazard from rare to near certain within a year.
_WIDEST_SLACK = 3.0


class Commitment(Theory):
    """The slot: whether a pact lasts, and how much it is used."""

    slot = "commitment"
    State = CommitmentState
    Flows = CommitmentFlows


class PartnerParameters(eqx.Module):
    """Parameters of staying and leaving. Abstract: theories extend it."""

    class_draw: Float[Array, "*run"] = parameter(
        "",
        "dimensionless",
        "reference class of the run, as a number from 0 to 1 over the classes",
        SHARE,
    )
    base_hazard: Float[Array, "reference_class *run"] = parameter(
        "reference_class", "1/month", "hazard of ending of a pact of this class in its first years"
    )
    later_hazard: Float[Array, "reference_class *run"] = parameter(
        "reference_class", "1/month", "hazard of ending of a pact of this class after five years"
    )
    discount_rate: Float[Array, "*run"] = parameter("", "1/month", "impatience", POSITIVE)
    war_end_belief: Float[Array, "*run"] = parameter(
        "", "1/month", "hazard of the war's end that partners expect"
    )
    security: Float[Array, "partner *run"] = parameter(
        "partner", "USD/month", "worth of the pact's guarantee"
    )
    displeasure: Float[Array, "partner *run"] = parameter(
        "partner", "USD/month", "cost of the pact that third parties impose"
    )
    outside_option: Float[Array, "partner *run"] = parameter(
        "partner", "USD/month", "worth of the best alternative to the pact"
    )
    debt_weight: Float[Array, "*run"] = parameter(
        "", "dimensionless", "share of arrears that leaving would cancel", SHARE
    )
    ending_share: Float[Array, "ending *run"] = parameter(
        "ending", "dimensionless", "weight of each way of ending in the draw", weights=True
    )


class Contract(Commitment):
    """A family: pacts end by a hazard based on a reference class, or become dormant."""

    signed: tuple[int, ...]
    use: Use

    draws: ClassVar[tuple[Draw, ...]] = (
        Draw("ending", axis="partnership"),
        Draw("way", axis="partnership"),
    )

    @classmethod
    def build(cls, case: Case, layout: Layout) -> Self:
        """Find when each pact was signed, and which ties carry it."""
        start = month_number(case.spec.start)
        known = {o.id for o in case.known.observations}
        cutoff = month_number(case.spec.as_of)

        def signed(partnership: Partnership) -> int:
            """The month of signing, or the cut-off if the signing was not known by then."""
            seen = partnership.source in known
            return (month_number(partnership.signed) if seen else cutoff) - start

        return cls(signed=tuple(signed(p) for p in case.spec.partnerships), use=Use.of(layout))

    def initial(self, p: PartnerParameters) -> CommitmentState:
        """Every pact is alive at the start: partners may exchange before they sign."""
        return self.use.initial(p.class_draw)

    def step(
        self, p: Any, world: World, month: Month, draws: Draws, clock: Clock
    ) -> tuple[CommitmentState, CommitmentFlows]:
        """Compute slack and hazards, draw endings, and update dormancy."""
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
        """Base hazard of each pact, by the reference class of the run and the pact's age."""
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
        """Slack in USD: worth of staying less worth of leaving, for each partner of each pact."""
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
        """Hazard of legal ending of each pact."""

    def _way(self, p: PartnerParameters, month: Month, draw: Array) -> Array:
        """The way of ending, counted from 1; a buyer that turns away favours substitution."""
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
    """Parameters of a hazard that depends on slack."""

    hazard_slope: Float[Array, "*run"] = parameter(
        "", "dimensionless", "fall of the log hazard when slack rises by one scale"
    )
    slack_scale: Float[Array, "*run"] = parameter("", "USD", "scale of slack", POSITIVE)


@final
class RelationalContract(Contract):
    """The weaker partner's slack shifts the hazard of the reference class."""

    variant = "relational-contract"
    Parameters = RelationalParameters

    def _hazard(self, p: RelationalParameters, base: Array, slack: Array) -> Array:
        weaker = jnp.minimum(slack[0::2], slack[1::2]) / p.slack_scale
        bounded = jnp.clip(weaker, -_WIDEST_SLACK, _WIDEST_SLACK)
        return base * jnp.exp(-p.hazard_slope * bounded)


@final
class ClassParameters(PartnerParameters):
    """Parameters of the reference class's hazard."""


@final
class ConstantHazard(Contract):
    """Null rival: the hazard is that of the reference class, whatever partners gain or owe."""

    variant = "constant-hazard"
    Parameters = ClassParameters

    def _hazard(self, p: ClassParameters, base: Array, slack: Array) -> Array:
        return base


@final
class Unbroken(Commitment):
    """Used where a case names no theory: no pact ends, and its use is still counted."""

    use: Use

    variant = ABSENT
    Parameters = Nothing

    @classmethod
    def build(cls, case: Case, layout: Layout) -> Self:
        """Find the ties that carry each pact."""
        return cls(Use.of(layout))

    def initial(self, p: Nothing) -> CommitmentState:
        """All pacts are alive."""
        return self.use.initial(jnp.zeros(()))

    def step(
        self, p: Nothing, world: World, month: Month, draws: Draws, clock: Clock
    ) -> tuple[CommitmentState, CommitmentFlows]:
        """Measure what is exchanged."""
        before = world.commitment
        state, given = self.use.after(world, month, before.alive, before.ending, clock)
        nothing = jnp.zeros_like(given)
        slack = jnp.zeros((2 * self.use.pacts, *given.shape[1:]), given.dtype)
        return state, CommitmentFlows(
            slack=slack, base_hazard=nothing, hazard=nothing, value_given=given
        )
