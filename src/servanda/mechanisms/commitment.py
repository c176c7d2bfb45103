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

from typing import Self

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from servanda.case import Case
from servanda.case.schema import Partnership, month_number
from servanda.world import Axes, Clock, Draw, Draws, Month, Process, World, parameter
from servanda.world.axes import ENDINGS, SIGNALS, collect, column

_QUIET_SHARE = 0.2
_QUIET_MONTHS = 6.0
_SMOOTHING_MONTHS = 3.0
_FIRST_YEARS = 5.0
# A payoff gap beyond this many scales counts as this many: e^±3 spans rare to certain in a year.
_WIDEST_SLACK = 3.0


class CommitmentParameters(eqx.Module):
    """Parameters of staying and leaving."""

    class_draw: Float[Array, "*run"] = parameter(
        "", "dimensionless", "which reference class the run belongs to, 0 to 1 over the classes"
    )
    base_hazard: Float[Array, "reference_class *run"] = parameter(
        "reference_class", "1/month", "hazard of ending of a pact of this class in its first years"
    )
    later_hazard: Float[Array, "reference_class *run"] = parameter(
        "reference_class", "1/month", "hazard of ending of a pact of this class after five years"
    )
    hazard_slope: Float[Array, "*run"] = parameter(
        "", "dimensionless", "fall of log hazard for one scale of slack"
    )
    slack_scale: Float[Array, "*run"] = parameter("", "USD", "slack that counts as one")
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


class RelationalContract(Process):
    """Slack of the weaker partner drives a hazard around a reference class."""

    signed: tuple[int, ...]
    tie_pact: tuple[int | None, ...]
    contracts: tuple[int | None, ...]
    lent: tuple[bool, ...]

    slot = "commitment"
    variant = "relational-contract"
    reads = frozenset(
        {
            "alive",
            "ending",
            "flow",
            "peak",
            "quiet",
            "arrears",
            "lent",
            "gain",
            "arrived",
            "worth",
            "signal",
        }
    )
    writes = frozenset(
        {
            "alive",
            "dormant",
            "ending",
            "flow",
            "peak",
            "quiet",
            "slack",
            "hazard",
            "base_hazard",
            "value_given",
        }
    )
    draws = (Draw("ending", axis="partnership"), Draw("way", axis="partnership"))
    Parameters = CommitmentParameters

    @classmethod
    def build(cls, case: Case, axes: Axes) -> Self:
        """When each pact was signed, and which ties carry it."""
        start = month_number(case.spec.start)
        known = {o.id for o in case.known.observations}
        cut = month_number(case.spec.as_of)

        def signed(partnership: Partnership) -> int:
            """The month of signing; the cut, where the signing was not yet known by then."""
            seen = partnership.source in known
            return (month_number(partnership.signed) if seen else cut) - start

        return cls(
            signed=tuple(signed(p) for p in case.spec.partnerships),
            tie_pact=axes.pacts("contract", "payment"),
            contracts=axes.pacts("contract"),
            lent=tuple(axes.kind(t) == "lent" for t in case.spec.ties),
        )

    def initial(self, p: CommitmentParameters) -> dict[str, Array]:
        """Partners may deal from the start; the treaty only puts it on paper."""
        return {"alive": jnp.ones((len(self.signed), *p.class_draw.shape), p.class_draw.dtype)}

    def step(
        self, p: CommitmentParameters, world: World, month: Month, draws: Draws, clock: Clock
    ) -> dict[str, Array]:
        """Weigh staying against leaving, draw the ending, and watch for dormancy."""
        base = self._class_hazard(p, clock)
        slack = self._slack(p, world, month, base)
        hazard = self._hazard(p, base, slack)
        at_risk = clock.future & (clock.time >= column(self.signed, hazard))
        ends = at_risk & (draws["ending"] < -jnp.expm1(-hazard * clock.dt)) & (world.alive > 0)
        alive = jnp.where(ends, 0.0, world.alive)
        way = self._way(p, month, draws["way"])
        return {
            "alive": alive,
            "ending": jnp.where(ends, way, world.ending),
            "slack": slack,
            "hazard": hazard * alive,
            "base_hazard": base + jnp.zeros_like(hazard),
            **self._use(world, month, alive, clock),
        }

    def _class_hazard(self, p: CommitmentParameters, clock: Clock) -> Array:
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
        self, p: CommitmentParameters, world: World, month: Month, base: Array
    ) -> Float[Array, "partner *run"]:
        """Worth of staying less worth of leaving, USD, supplier and buyer of each pact in turn."""
        courted = month.signal[SIGNALS.index("courtship")]
        turned = month.signal[SIGNALS.index("turn")]
        rows = []
        for pact in range(len(self.signed)):
            lasting = p.discount_rate + base[pact]
            passing = lasting + p.war_end_belief
            debt = p.debt_weight * world.arrears[pact]
            for member, (pull, sign) in enumerate(((courted, 1.0), (turned, -1.0))):
                row = 2 * pact + member
                outside = p.outside_option[row] * (1 + jnp.maximum(pull, 0.0))
                displeasure = p.displeasure[row] * (1 + jnp.maximum(-courted, 0.0))
                steady = p.security[row] - displeasure - outside
                rows.append(month.gain[row] / passing + steady / lasting + sign * debt)
        return jnp.stack(rows)

    def _hazard(self, p: CommitmentParameters, base: Array, slack: Array) -> Array:
        """Hazard of legal ending, one a pact."""
        weaker = jnp.minimum(slack[0::2], slack[1::2]) / p.slack_scale
        bounded = jnp.clip(weaker, -_WIDEST_SLACK, _WIDEST_SLACK)
        return base * jnp.exp(-p.hazard_slope * bounded)

    def _way(self, p: CommitmentParameters, month: Month, draw: Array) -> Array:
        """The way of ending, counted from one; a buyer that turns is likelier to substitute."""
        turned = 1 + jnp.maximum(month.signal[SIGNALS.index("turn")], 0.0)
        weight = jnp.stack(
            [
                share * turned if name == "substitution" else share
                for name, share in zip(ENDINGS, p.ending_share, strict=True)
            ]
        )
        reached = jnp.cumsum(weight, axis=0) / weight.sum(0)
        passed = [(draw > row).astype(draw.dtype) for row in reached[:-1]]
        return 1.0 + jnp.stack(passed).sum(0)

    def _use(self, world: World, month: Month, alive: Array, clock: Clock) -> dict[str, Array]:
        """Smoothed flow, its peak, and dormancy."""
        serving = jnp.stack(
            [
                world.lent[row] * clock.dt if lent else month.arrived[row]
                for row, lent in enumerate(self.lent)
            ]
        )
        worth = month.worth * serving
        value = collect(worth, self.tie_pact, len(self.signed)) / clock.dt
        weight = jnp.exp(-clock.dt / _SMOOTHING_MONTHS)
        flow = world.flow * weight + value * (1 - weight)
        peak = jnp.maximum(world.peak, flow)
        little = flow < _QUIET_SHARE * peak
        quiet = jnp.where(little, world.quiet + clock.dt, 0.0)
        dormant = jnp.where((quiet >= _QUIET_MONTHS) & (alive > 0), 1.0, 0.0)
        given = collect(worth, self.contracts, len(self.signed))
        used = {"flow": flow, "peak": peak, "quiet": quiet, "dormant": dormant}
        return {**used, "value_given": given}


class ConstantHazard(RelationalContract):
    """Null rival: only the reference class matters; what partners gain or owe changes nothing."""

    variant = "constant-hazard"

    def _hazard(self, p: CommitmentParameters, base: Array, slack: Array) -> Array:
        return base
