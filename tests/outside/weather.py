"""Weather: the slot, and one theory of it: rain that comes in all months alike, and dries."""

from typing import final

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from servanda.world import Draw, Theory, parameter
from tests.outside.mud import MudFlows, MudState


class Weather(Theory):
    """The slot: how wet the ground is."""

    slot = "weather"
    State = MudState
    Flows = MudFlows


@final
class RainParameters(eqx.Module):
    """Parameters of rain."""

    rain: Float[Array, "belligerent *run"] = parameter(
        "belligerent", "1/month", "rate at which the ground gets wet"
    )
    storms: Float[Array, "*run"] = parameter("", "dimensionless", "share of months with a storm")


@final
class Rain(Weather):
    """Rain wets the ground; a storm drowns it."""

    variant = "rain"
    draws = (Draw("storm"),)
    Parameters = RainParameters

    @classmethod
    def build(cls, case, layout):
        """Nothing needs wiring."""
        return cls()

    def initial(self, p):
        """Dry, everywhere and in every run."""
        return MudState(water=jnp.zeros(p.rain.shape[0]))

    def step(self, p, world, month, draws, clock):
        """Rain."""
        dry = 1 - world.weather.water
        water = 1 - dry * jnp.exp(-p.rain * clock.dt)
        water = jnp.where(draws["storm"] < p.storms, 1.0, water)
        return MudState(water=water), MudFlows(mud=water.mean(0))
