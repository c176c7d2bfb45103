"""Posture: states recalibrate, a quarter at a time, among a few named stances.

Up to the cut a stance is what the record shows. After it an actor chooses among at most three by
quantal response: stance s is chosen with probability ∝ exp(U_s/λ), and

    U_s = constant_s + response_s·driver + inertia·[s is in force],

payoffs in dollars a month, the driver being one state of last month's world on its own scale.
Each stance sends a level of one signal (enforcement, courtship, supply of arms, turn away), which
other mechanisms read; actors that send the same signal add up. A lever can fix any stance, and then
neither the record nor the choice is asked.

Source: McKelvey and Palfrey, "Quantal Response Equilibria for Normal Form Games", GEB 10 (1995), of
which this is the choice rule without the equilibrium.

Left out: bluffing and belief about others' choices; more than one issue at a time; looking ahead;
crises that would make an actor choose between quarters.
"""

from abc import abstractmethod
from typing import Any, ClassVar, Self, final

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from servanda.case import Case
from servanda.case.schema import month_number
from servanda.world import Clock, Draw, Draws, Layout, Month, Theory, World, parameter
from servanda.world.axes import SIGNALS
from servanda.world.quantities.posture import PostureFlows, PostureState


class Posture(Theory):
    """The slot: stances in force, and what they signal."""

    slot = "posture"
    State = PostureState
    Flows = PostureFlows


class StanceParameters(eqx.Module):
    """Parameters of stances. Abstract: each theory has its own."""

    fixed: Float[Array, "posture *run"] = parameter(
        "posture", "dimensionless", "stance fixed by a lever, counted from 0; −1 leaves it free"
    )


class Recorded(Posture):
    """A family: stances are those of the record up to the cut; after it they may be chosen."""

    levels: tuple[tuple[float, ...], ...]
    signals: tuple[int, ...]
    drivers: tuple[tuple[str, str, int | None], ...]  # slot, state and position
    recorded: tuple[tuple[int, ...], ...]

    @classmethod
    def build(cls, case: Case, layout: Layout) -> Self:
        """The record of stances by month, and what drives each choice."""
        spec = case.spec
        start, cut = month_number(spec.start), month_number(spec.as_of)
        known = {o.id for o in case.known.observations}
        drivers = [
            layout.carried(p.driver, f"case.toml: driver of {p.actor}") for p in spec.postures
        ]
        return cls(
            levels=tuple(tuple(s.level for s in p.stances) for p in spec.postures),
            signals=tuple(SIGNALS.index(p.signal) for p in spec.postures),
            drivers=tuple((q.slot, q.name, position) for q, position in drivers),
            recorded=tuple(
                _by_month(
                    [
                        (
                            month_number(r.since) - start,
                            [s.name for s in p.stances].index(r.stance),
                        )
                        for r in p.recorded
                        if r.source in known or r is p.recorded[0]
                    ],
                    cut - start + 1,
                )
                for p in spec.postures
            ),
        )

    def initial(self, p: StanceParameters) -> PostureState:
        """The first of each actor's stances; the record overrules it in the first month."""
        return PostureState(stance=jnp.zeros_like(p.fixed))

    def step(
        self, p: Any, world: World, month: Month, draws: Draws, clock: Clock
    ) -> tuple[PostureState, PostureFlows]:
        """Replay or choose, and signal."""
        nothing = jnp.zeros_like(world.war.war)
        signal = [nothing] * len(SIGNALS)
        stances = []
        for row, levels in enumerate(self.levels):
            record = jnp.asarray(np.array(self.recorded[row]), nothing.dtype)
            past = record[jnp.minimum(clock.month, len(self.recorded[row]) - 1)]
            chosen = self._choose(p, row, world, draws)
            later = jnp.where(clock.quarter, chosen, world.posture.stance[row])
            free = jnp.where(clock.future, later, jnp.broadcast_to(past, nothing.shape))
            stance = jnp.where(p.fixed[row] >= 0, p.fixed[row], free)
            stances.append(stance)
            sent = sum((stance == k) * level for k, level in enumerate(levels))
            signal[self.signals[row]] = signal[self.signals[row]] + sent
        stacked = jnp.stack(stances) if stances else world.posture.stance
        return PostureState(stance=stacked), PostureFlows(signal=jnp.stack(signal))

    @abstractmethod
    def _choose(self, p: Any, row: int, world: World, draws: Draws) -> Array:
        """The stance that an actor would choose now, one a run."""


@final
class ChoiceParameters(StanceParameters):
    """Parameters of choice."""

    constant: Float[Array, "stance *run"] = parameter(
        "stance", "USD/month", "payoff of a stance at no driver"
    )
    response: Float[Array, "stance *run"] = parameter(
        "stance", "USD/month", "payoff that one scale of the driver adds"
    )
    driver_scale: Float[Array, "posture *run"] = parameter(
        "posture", "dimensionless", "how much of the driver counts as one, in the driver's unit"
    )
    inertia: Float[Array, "posture *run"] = parameter(
        "posture", "USD/month", "payoff of not changing"
    )
    noise: Float[Array, "posture *run"] = parameter(
        "posture", "USD/month", "payoff difference that makes a choice e times as likely"
    )


@final
class QuantalResponse(Recorded):
    """Logit choice among stances, recorded before the cut."""

    variant = "quantal-response"
    draws: ClassVar[tuple[Draw, ...]] = (Draw("choice", axis="posture"),)
    Parameters = ChoiceParameters

    def _choose(self, p: ChoiceParameters, row: int, world: World, draws: Draws) -> Array:
        # one stance a run, by inverting the cumulative choice probabilities at the draw
        slot, name, position = self.drivers[row]
        felt, draw = getattr(world[slot], name), draws["choice"][row]
        driver = (felt if position is None else felt[position]) / p.driver_scale[row]
        first = sum(len(levels) for levels in self.levels[:row])
        scores = []
        for k in range(len(self.levels[row])):
            payoff = p.constant[first + k] + p.response[first + k] * driver
            payoff = payoff + p.inertia[row] * (world.posture.stance[row] == k)
            scores.append(payoff / p.noise[row])
        score = jnp.stack(scores)
        weight = jnp.exp(score - score.max(0))
        reached = jnp.cumsum(weight, axis=0) / weight.sum(0)
        return sum(
            ((draw > reached[k]).astype(draw.dtype) for k in range(len(scores) - 1)),
            jnp.zeros_like(draw),
        )


@final
class FrozenParameters(StanceParameters):
    """Parameters of stances that do not change."""


@final
class FrozenPosture(Recorded):
    """Null rival: every actor keeps its last recorded stance."""

    variant = "frozen"
    Parameters = FrozenParameters

    def _choose(self, p: FrozenParameters, row: int, world: World, draws: Draws) -> Array:
        return world.posture.stance[row]


def _by_month(record: list[tuple[int, int]], months: int) -> tuple[int, ...]:
    """The stance in force each month up to the cut; later entries are not read."""
    ordered = sorted(record)
    current, stances = ordered[0][1], []
    for month in range(months):
        for since, stance in ordered:
            if since <= month:
                current = stance
        stances.append(current)
    return tuple(stances)
