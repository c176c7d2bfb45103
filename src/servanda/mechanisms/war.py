"""Tempo of the war: tempo is persistent, lack of men reduces it, and a ceasefire ends it.

The log tempo x is an AR(1) process: x' = φx + σε, with the exact discretisation for a step of any
length. An army that is short of men cannot keep the pace: tempo = exp(x)·min(1, manning)^γ. Manning
is the attacker's men divided by men required. After the evidence cut-off each month has a hazard of
a ceasefire. After a ceasefire tempo is zero. Before the cut-off there is war, as the record shows.

Source: monthly casualty counts are an AR(1) to a good approximation (persistence .83 in the
prototype's fit to the Ukrainian general staff's counts); a constant ceasefire hazard is the
exponential model of war duration, e.g. Bennett and Stam, "The Duration of Interstate Wars", APSR
90 (1996).

Left out: fronts, offensives and seasons; escalation; what a ceasefire would be worth to either
side.
"""

from abc import abstractmethod
from typing import Any, ClassVar, Self, final

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from servanda.case import Case
from servanda.world import Clock, Draw, Draws, Layout, Month, Theory, World, parameter
from servanda.world.axes import collect
from servanda.world.quantities.war import WarFlows, WarState
from servanda.world.ranges import ANY, Range

# Tempo depends on the men present divided by the men required.
NEEDED = Range(
    low=0.0,
    above=True,
    hint="for a case without a war, name no theory of 'war' in 'mechanisms' of case.toml",
)


class War(Theory):
    """The slot: whether the war goes on, and its tempo."""

    slot = "war"
    State = WarState
    Flows = WarFlows


class PaceParameters(eqx.Module):
    """Parameters of manning and ceasefire. Abstract: theories extend it."""

    initial_log_tempo: Float[Array, "*run"] = parameter(
        "", "dimensionless", "log tempo at the start", ANY
    )
    ceasefire_hazard: Float[Array, "*run"] = parameter(
        "", "1/month", "hazard of a ceasefire after the cut-off"
    )
    required: Float[Array, "belligerent *run"] = parameter(
        "belligerent", "person", "men required for full tempo", NEEDED
    )
    manning_elasticity: Float[Array, "*run"] = parameter(
        "", "dimensionless", "elasticity of tempo to manning below one"
    )


class CappedByMen(War):
    """A family: lack of men reduces tempo, and a ceasefire ends the war."""

    foreign: tuple[int | None, ...]

    @classmethod
    def build(cls, case: Case, layout: Layout) -> Self:
        """Find the belligerent for which each tie's foreign troops fight."""
        return cls(foreign=tuple(layout.axes.fights_for(t) for t in case.spec.ties))

    def initial(self, p: PaceParameters) -> WarState:
        """The war goes on, at its initial log tempo."""
        return WarState(log_tempo=p.initial_log_tempo, war=jnp.ones_like(p.initial_log_tempo))

    def step(
        self, p: Any, world: World, month: Month, draws: Draws, clock: Clock
    ) -> tuple[WarState, WarFlows]:
        """Update log tempo, draw the ceasefire, and reduce tempo where men are short."""
        log_tempo = self._log_tempo(p, world, month, draws, clock)
        ceased = draws["ceasefire"] < -jnp.expm1(-p.ceasefire_hazard * clock.dt)
        war = jnp.where(clock.future & ceased, 0.0, world.war.war)
        helpers = collect(world.ledger.lent, self.foreign, p.required.shape[0])
        manning = (world.attrition.men + helpers) / p.required
        cap = p.manning_elasticity * jnp.log(jnp.clip(manning[0], 1e-3, 1.0))
        return (
            WarState(log_tempo=log_tempo, war=war),
            WarFlows(tempo=war * jnp.exp(log_tempo + cap), manning=manning, required=p.required),
        )

    @abstractmethod
    def _log_tempo(
        self, p: Any, world: World, month: Month, draws: Draws, clock: Clock
    ) -> Float[Array, "*run"]:
        """Log tempo at the end of the step; arguments as for `step`."""


@final
class PersistentParameters(PaceParameters):
    """Parameters of a persistent tempo."""

    persistence: Float[Array, "*run"] = parameter(
        "",
        "dimensionless",
        "share of log tempo that remains after a month",
        Range(0.0, 1.0, below=True),
    )
    volatility: Float[Array, "*run"] = parameter(
        "", "dimensionless", "standard deviation of a month's shock to log tempo"
    )


@final
class PersistentTempo(CappedByMen):
    """Log tempo is AR(1); lack of men reduces tempo; a ceasefire ends the war."""

    variant = "persistent-tempo"
    draws: ClassVar[tuple[Draw, ...]] = (Draw("shock", kind="normal"), Draw("ceasefire"))
    Parameters = PersistentParameters

    def _log_tempo(
        self, p: PersistentParameters, world: World, month: Month, draws: Draws, clock: Clock
    ) -> Float[Array, "*run"]:
        kept = jnp.exp(jnp.log(p.persistence) * clock.dt)
        # Variance of the exact AR(1) over a step of dt; σ² for a step of one month.
        spread = jnp.sqrt((1 - kept * kept) / (1 - p.persistence * p.persistence))
        return kept * world.war.log_tempo + p.volatility * spread * draws["shock"]


@final
class ConstantParameters(PaceParameters):
    """Parameters of a constant tempo."""


@final
class ConstantTempo(CappedByMen):
    """Null rival: initial tempo lasts until a ceasefire; lack of men reduces it."""

    variant = "constant-tempo"
    draws: ClassVar[tuple[Draw, ...]] = (Draw("ceasefire"),)
    Parameters = ConstantParameters

    def _log_tempo(
        self, p: ConstantParameters, world: World, month: Month, draws: Draws, clock: Clock
    ) -> Float[Array, "*run"]:
        return world.war.log_tempo
