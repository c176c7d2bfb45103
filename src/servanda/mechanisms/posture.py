"""Posture: states recalibrate, a quarter at a time, among a few named stances.

Up to the cut a stance is what the record shows. After it an actor chooses among at most three by
quantal response: stance s is chosen with probability ∝ exp(U_s/λ), and

    U_s = constant_s + response_s·driver + inertia·[s is in force],

payoffs in dollars a month, the driver being one quantity of last month's world on its own scale.
Each stance sends a level of one signal (enforcement, courtship, supply of arms, turn away), which
other mechanisms read; actors that send the same signal add up. A lever can fix any stance, and then
neither the record nor the choice is asked.

Source: McKelvey and Palfrey, "Quantal Response Equilibria for Normal Form Games", GEB 10 (1995), of
which this is the choice rule without the equilibrium.

Left out: bluffing and belief about others' choices; more than one issue at a time; looking ahead;
crises that would make an actor choose between quarters.
"""

from typing import ClassVar, Self

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from servanda.case import Case
from servanda.case.schema import month_number
from servanda.errors import CaseError, nearest
from servanda.world import Axes, Clock, Draw, Draws, Month, Process, World, parameter, quantities
from servanda.world.axes import SIGNALS


class PostureParameters(eqx.Module):
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
    fixed: Float[Array, "posture *run"] = parameter(
        "posture", "dimensionless", "stance fixed by a lever, counted from 0; −1 leaves it free"
    )


class QuantalResponse(Process):
    """Logit choice among stances, recorded before the cut."""

    levels: tuple[tuple[float, ...], ...]
    signals: tuple[int, ...]
    drivers: tuple[tuple[str, int], ...]
    recorded: tuple[tuple[int, ...], ...]

    slot = "posture"
    variant = "quantal-response"
    reads = frozenset(
        {"stance", "war", "flow", "lent", "depth", "concern", "knowledge", "warheads", "arrears"}
    )
    writes = frozenset({"stance", "signal"})
    draws: ClassVar[tuple[Draw, ...]] = (Draw("choice", axis="posture"),)
    Parameters = PostureParameters

    @classmethod
    def build(cls, case: Case, axes: Axes) -> Self:
        """The record of stances by month, and what drives each choice."""
        spec = case.spec
        start, cut = month_number(spec.start), month_number(spec.as_of)
        known = {o.id for o in case.known.observations}
        return cls(
            levels=tuple(tuple(s.level for s in p.stances) for p in spec.postures),
            signals=tuple(SIGNALS.index(p.signal) for p in spec.postures),
            drivers=tuple(_driver(p.driver, p.actor, axes, cls.reads) for p in spec.postures),
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

    def step(
        self, p: PostureParameters, world: World, month: Month, draws: Draws, clock: Clock
    ) -> dict[str, Array]:
        """Replay or choose, and signal."""
        nothing = jnp.zeros_like(world.war)
        signal = [nothing] * len(SIGNALS)
        stances, first = [], 0
        for row, levels in enumerate(self.levels):
            record = jnp.asarray(np.array(self.recorded[row]), world.war.dtype)
            past = record[jnp.minimum(clock.month, len(self.recorded[row]) - 1)]
            chosen = self._choose(p, row, first, world, draws["choice"][row])
            later = jnp.where(clock.quarter, chosen, world.stance[row])
            free = jnp.where(clock.future, later, jnp.broadcast_to(past, nothing.shape))
            stance = jnp.where(p.fixed[row] >= 0, p.fixed[row], free)
            stances.append(stance)
            sent = sum((stance == k) * level for k, level in enumerate(levels))
            signal[self.signals[row]] = signal[self.signals[row]] + sent
            first += len(levels)
        stacked = jnp.stack(stances) if stances else world.stance
        return {"stance": stacked, "signal": jnp.stack(signal)}

    def _choose(
        self, p: PostureParameters, row: int, first: int, world: World, draw: Array
    ) -> Array:
        """One stance a run, by inverting the cumulative choice probabilities at the draw."""
        name, member = self.drivers[row]
        quantity = getattr(world, name)
        felt = quantity[member] if quantity.ndim > world.war.ndim else quantity
        driver = felt / p.driver_scale[row]
        scores = []
        for k in range(len(self.levels[row])):
            payoff = p.constant[first + k] + p.response[first + k] * driver
            payoff = payoff + p.inertia[row] * (world.stance[row] == k)
            scores.append(payoff / p.noise[row])
        score = jnp.stack(scores)
        weight = jnp.exp(score - score.max(0))
        reached = jnp.cumsum(weight, axis=0) / weight.sum(0)
        return sum(
            ((draw > reached[k]).astype(draw.dtype) for k in range(len(scores) - 1)),
            jnp.zeros_like(draw),
        )


class FrozenPosture(QuantalResponse):
    """Null rival: every actor keeps its last recorded stance."""

    variant = "frozen"
    draws: ClassVar[tuple[Draw, ...]] = ()

    def step(
        self, p: PostureParameters, world: World, month: Month, draws: Draws, clock: Clock
    ) -> dict[str, Array]:
        """Replay, then stay."""
        return super().step(p, world, month, {"choice": world.stance}, clock)

    def _choose(
        self, p: PostureParameters, row: int, first: int, world: World, draw: Array
    ) -> Array:
        return world.stance[row]


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


def _driver(driver: str, actor: str, axes: Axes, readable: frozenset[str]) -> tuple[str, int]:
    """A driver like `flow[RUS-PRK]` as the name of a carried quantity and a position."""
    where = f"case.toml: driver of {actor}"
    name, _, member = driver.removesuffix("]").partition("[")
    carried = sorted(q.name for q in quantities().values() if q.carried and q.name in readable)
    if name not in carried:
        raise CaseError(
            where=where,
            found=f"'{driver}'",
            expected="one of " + ", ".join(carried) + ", with a member in brackets",
            hint=nearest(name, carried),
        )
    axis = quantities()[name].axis
    if member not in axes[axis]:
        raise CaseError(
            where=where,
            found=f"member '{member}' of {name}",
            expected="one of " + ", ".join(axes[axis]),
            hint=nearest(member, axes[axis]),
        )
    return name, axes.at(axis, member)
