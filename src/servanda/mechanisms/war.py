"""Tempo of the war: persistent, capped by men, ended by a ceasefire.

The log tempo x is an AR(1): x' = φx + σε, with the exact discretisation for a step of any length.
An army that is short of men cannot keep the pace: tempo = exp(x)·min(1, manning)^γ, manning being
the attacker's men over men required. After the cut each month carries a hazard of ceasefire, after
which tempo is zero; before it the record shows war.

Source: monthly casualty counts are an AR(1) to a good approximation (persistence .83 in the
prototype's fit to the Ukrainian general staff's counts); a constant ceasefire hazard is the
exponential model of war duration, e.g. Bennett and Stam, "The Duration of Interstate Wars", APSR
90 (1996).

Left out: fronts, offensives and seasons; escalation; what a ceasefire would be worth to either
side.
"""

from typing import ClassVar, Self

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from servanda.case import Case
from servanda.world import Axes, Clock, Draw, Draws, Month, Process, World, parameter
from servanda.world.axes import collect


class WarParameters(eqx.Module):
    """Parameters of tempo and ceasefire."""

    persistence: Float[Array, "*run"] = parameter(
        "", "dimensionless", "share of log tempo that lasts a month"
    )
    volatility: Float[Array, "*run"] = parameter(
        "", "dimensionless", "standard deviation of a month's shock to log tempo"
    )
    initial_log_tempo: Float[Array, "*run"] = parameter(
        "", "dimensionless", "log tempo at the start"
    )
    ceasefire_hazard: Float[Array, "*run"] = parameter(
        "", "1/month", "hazard of a ceasefire after the cut"
    )
    required: Float[Array, "belligerent *run"] = parameter(
        "belligerent", "person", "men that the full pace needs"
    )
    manning_elasticity: Float[Array, "*run"] = parameter(
        "", "dimensionless", "percent less pace for a percent fewer men than required"
    )


class PersistentTempo(Process):
    """AR(1) tempo, capped by men, with a hazard of ceasefire."""

    foreign: tuple[int | None, ...]

    slot = "war"
    variant = "persistent-tempo"
    reads = frozenset({"log_tempo", "war", "men", "lent"})
    writes = frozenset({"log_tempo", "war", "tempo", "manning", "required"})
    draws: ClassVar[tuple[Draw, ...]] = (Draw("shock", kind="normal"), Draw("ceasefire"))
    Parameters = WarParameters

    @classmethod
    def build(cls, case: Case, axes: Axes) -> Self:
        """Foreign troops fight for the belligerent that they are lent to."""
        return cls(foreign=tuple(axes.fights_for(t) for t in case.spec.ties))

    def initial(self, p: WarParameters) -> dict[str, Array]:
        """The war is on, at its first pace."""
        return {"log_tempo": p.initial_log_tempo, "war": jnp.ones_like(p.initial_log_tempo)}

    def step(
        self, p: WarParameters, world: World, month: Month, draws: Draws, clock: Clock
    ) -> dict[str, Array]:
        """Move log tempo, draw the ceasefire, and cap the pace by men."""
        kept = jnp.exp(jnp.log(p.persistence) * clock.dt)
        # variance of the exact AR(1) over a step of dt, equal to σ² at one month
        spread = jnp.sqrt((1 - kept * kept) / (1 - p.persistence * p.persistence))
        log_tempo = kept * world.log_tempo + p.volatility * spread * draws["shock"]
        return self._pace(p, world, draws, clock, log_tempo)

    def _pace(
        self, p: WarParameters, world: World, draws: Draws, clock: Clock, log_tempo: Array
    ) -> dict[str, Array]:
        ceased = draws["ceasefire"] < -jnp.expm1(-p.ceasefire_hazard * clock.dt)
        war = jnp.where(clock.future & ceased, 0.0, world.war)
        helpers = collect(world.lent, self.foreign, p.required.shape[0])
        manning = (world.men + helpers) / p.required
        cap = p.manning_elasticity * jnp.log(jnp.clip(manning[0], 1e-3, 1.0))
        tempo = war * jnp.exp(log_tempo + cap)
        return {
            "log_tempo": log_tempo,
            "war": war,
            "tempo": tempo,
            "manning": manning,
            "required": p.required,
        }


class ConstantTempo(PersistentTempo):
    """Null rival: the pace of the start goes on, capped by men, until a ceasefire."""

    variant = "constant-tempo"
    draws = (Draw("ceasefire"),)

    def step(
        self, p: WarParameters, world: World, month: Month, draws: Draws, clock: Clock
    ) -> dict[str, Array]:
        """Keep log tempo where it is."""
        return self._pace(p, world, draws, clock, world.log_tempo)
