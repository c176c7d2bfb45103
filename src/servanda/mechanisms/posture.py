"""Posture: every quarter, states choose among a few named stances.

Up to the evidence cut-off a stance is the one in the record. After it an actor chooses among at
most three stances by quantal response: it chooses stance s with a probability proportional to
exp(U_s/λ). The payoff U_s is in dollars a month:

    U_s = constant_s + response_s·driver + inertia·[s is in force].

The driver is one state variable of last month, divided by its scale. Inertia is the payoff of
keeping the stance in force. λ is the payoff difference that makes a choice e times as likely. Each
stance sends a level of one signal (enforcement, courtship, supply of arms, turn away). Other
mechanisms read the signals. The levels of actors that send the same signal add up. A lever can fix
any stance. The fixed stance then replaces the record and the choice.

Source: McKelvey and Palfrey, "Quantal Response Equilibria for Normal Form Games", GEB 10 (1995).
The model uses their choice rule without the equilibrium.

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
from servanda.errors import CaseError
from servanda.world import Clock, Draw, Draws, Layout, Month, Theory, World, parameter
from servanda.world.axes import SIGNALS, collect, column, pick
from servanda.world.quantities.posture import PostureFlows, PostureState
from servanda.world.ranges import ANY, POSITIVE, Range


class Posture(Theory):
    """The slot: stances in force and their signals."""

    slot = "posture"
    State = PostureState
    Flows = PostureFlows


class StanceParameters(eqx.Module):
    """Parameters of stances. Abstract: theories extend it."""

    fixed: Float[Array, "posture *run"] = parameter(
        "posture",
        "dimensionless",
        "stance fixed by a lever, counted from 0; −1 if none is",
        Range(low=-1.0, high=2.0, whole=True),
    )


class Recorded(Posture):
    """A family: stances follow the record up to the cut-off; afterwards actors may choose."""

    levels: tuple[tuple[float, ...], ...]
    signals: tuple[int, ...]
    drivers: tuple[tuple[str, str, int | None], ...]  # slot, state and position
    recorded: tuple[tuple[int, ...], ...]

    @classmethod
    def build(cls, case: Case, layout: Layout) -> Self:
        """Find the recorded stances by month, and the driver of each choice."""
        spec = case.spec
        _check_levers(case)
        start, cutoff = month_number(spec.start), month_number(spec.as_of)
        known = {o.id for o in case.known.observations}
        drivers = [
            layout.carried(p.driver, f"case.toml: postures[{number}].driver")
            for number, p in enumerate(spec.postures, start=1)
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
                    cutoff - start + 1,
                )
                for p in spec.postures
            ),
        )

    def initial(self, p: StanceParameters) -> PostureState:
        """The first of each actor's stances; the record replaces it in the first month."""
        return PostureState(stance=jnp.zeros_like(p.fixed))

    def step(
        self, p: Any, world: World, month: Month, draws: Draws, clock: Clock
    ) -> tuple[PostureState, PostureFlows]:
        """Take stances from the record or the choice, and compute signals."""
        before = world.posture.stance
        if not self.levels:
            none = jnp.zeros((len(SIGNALS), *before.shape[1:]), before.dtype)
            return world.posture, PostureFlows(signal=none)
        record = jnp.asarray(np.array(self.recorded), before.dtype)
        past = record[:, jnp.minimum(clock.month, record.shape[1] - 1)]
        later = jnp.where(clock.quarter, self._choose(p, world, draws), before)
        free = jnp.where(clock.future, later, past[:, *(None,) * (before.ndim - 1)])
        stance = jnp.where(p.fixed >= 0, p.fixed, free)
        sent = sum(
            (stance == k)
            * column([levels[k] if k < len(levels) else 0.0 for levels in self.levels], stance)
            for k in range(max(map(len, self.levels)))
        )
        signal = collect(jnp.asarray(sent), self.signals, len(SIGNALS))
        return PostureState(stance=stance), PostureFlows(signal=signal)

    @abstractmethod
    def _choose(self, p: Any, world: World, draws: Draws) -> Float[Array, "posture *run"]:
        """The stance that each actor chooses in this step."""


def _check_levers(case: Case) -> None:
    """Raise `CaseError` on a lever that fixes a stance which an actor does not have."""
    last = {f"posture.fixed[{p.actor}]": len(p.stances) - 1 for p in case.spec.postures}
    for lever in case.spec.levers:
        for target in lever.targets:
            most = max(lever.high, *lever.choices.values(), -1.0)
            if target in last and most > last[target]:
                raise CaseError(
                    f"case.toml: levers[{lever.name!r}]",
                    f"stance {most:g} of {target}",
                    f"-1 to {last[target]}: an actor's stances are counted from 0",
                )


@final
class ChoiceParameters(StanceParameters):
    """Parameters of logit choice."""

    constant: Float[Array, "stance *run"] = parameter(
        "stance", "USD/month", "payoff of a stance when the driver is zero", ANY
    )
    response: Float[Array, "stance *run"] = parameter(
        "stance", "USD/month", "payoff of a stance added by one scale of the driver", ANY
    )
    driver_scale: Float[Array, "posture *run"] = parameter(
        "posture", "dimensionless", "scale of the driver, in the driver's unit", POSITIVE
    )
    inertia: Float[Array, "posture *run"] = parameter(
        "posture", "USD/month", "payoff of keeping the stance in force"
    )
    noise: Float[Array, "posture *run"] = parameter(
        "posture", "USD/month", "payoff difference that makes a choice e times as likely", POSITIVE
    )


@final
class QuantalResponse(Recorded):
    """Actors choose stances by logit after the cut-off."""

    variant = "quantal-response"
    draws: ClassVar[tuple[Draw, ...]] = (Draw("choice", axis="posture"),)
    Parameters = ChoiceParameters

    def _choose(
        self, p: ChoiceParameters, world: World, draws: Draws
    ) -> Float[Array, "posture *run"]:
        # Invert the cumulative choice probabilities at the draw.
        before, driver = world.posture.stance, self._felt(world) / p.driver_scale
        counts = [len(levels) for levels in self.levels]
        first = [sum(counts[:row]) for row in range(len(counts))]
        scores = []
        for k in range(max(counts)):
            own = [start + min(k, count - 1) for start, count in zip(first, counts, strict=True)]
            payoff = pick(p.constant, own) + pick(p.response, own) * driver
            score = (payoff + p.inertia * (before == k)) / p.noise
            scores.append(
                jnp.where(column([k < count for count in counts], score), score, -jnp.inf)
            )
        best = scores[0]
        for score in scores[1:]:
            best = jnp.maximum(best, score)
        weights = [jnp.exp(score - best) for score in scores]
        total = sum(weights[1:], weights[0])
        chosen, reached = jnp.zeros_like(total), jnp.zeros_like(total)
        for weight in weights[:-1]:
            reached = reached + weight
            chosen = chosen + (draws["choice"] > reached / total).astype(total.dtype)
        return chosen

    def _felt(self, world: World) -> Float[Array, "posture *run"]:
        """The driver of each actor."""
        rows = [
            getattr(world[slot], name)[() if position is None else position]
            for slot, name, position in self.drivers
        ]
        return jnp.stack(rows)


@final
class FrozenParameters(StanceParameters):
    """Parameters of stances that do not change."""


@final
class FrozenPosture(Recorded):
    """Null rival: every actor keeps its last recorded stance."""

    variant = "frozen"
    Parameters = FrozenParameters

    def _choose(
        self, p: FrozenParameters, world: World, draws: Draws
    ) -> Float[Array, "posture *run"]:
        return world.posture.stance


def _by_month(record: list[tuple[int, int]], months: int) -> tuple[int, ...]:
    """The stance in force in each month up to the cut-off; later entries are not read."""
    ordered = sorted(record)
    current, stances = ordered[0][1], []
    for month in range(months):
        for since, stance in ordered:
            if since <= month:
                current = stance
        stances.append(current)
    return tuple(stances)
