"""Evasion: covert networks win back part of the trade that sanctions take.

Sanctioned trade goes direct, is rerouted, or is abandoned. L is the trade that is lost to sanctions
and N is the part of it that is rerouted. N approaches a ceiling, the share θ of L, at the rate ρ.
Enforcement E lowers the ceiling by the factor e^(−εE):

    N' = N + (θ·e^(−εE)·L − N)(1 − e^(−ρ·dt)).

This is the exact solution over the step. Leakage is N/L, the share of sanctioned trade that is won
back. It is zero where sanctions take no trade. Covert ties carry their share of N as goods.

The rival `network` states the article's own claim: routes grow with traffic, at the rate ρ(s +
N/ceiling), from a seed s. This is logistic growth. With u = N/ceiling and e = e^(−ρ(1 + s)dt) a
step goes the share (s + u)(1 − e)/(s + u + (1 − u)e) of the way to the ceiling. The record of EU
exports to Russia's neighbours favours `network` but does not decide: docs/rerouting.md.

Measures on the target's imports take part of its income. Leakage wins back the same share of that
part. What the target sells elsewhere instead is already in the trade equilibrium. Leverage is what
the senders take of the target's income plus what they could still take by ending all trade with it
(Hirschman 1945), less what leakage wins back of both. A route that was sanctioned before the case
starts has at the start the traffic of its age.

Source: motivated by the diversion that Chupilkin, Javorcik and Plekhanov document, "The Eurasian
Roundabout", EBRD Working Paper 276 (2023). The equations are this project's, fitted in
docs/rerouting.md. Hirschman, National Power and the Structure of Foreign Trade (1945).

Left out: who the middlemen are and what they charge; finance apart from trade; a route's capacity
being shared by targets; the income that rerouting costs. The project helps nobody to evade
sanctions: routes here are aggregates of published trade figures.
"""

from abc import abstractmethod
from typing import Any, Self, final

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from servanda.case import Case
from servanda.mechanisms.covert import Wiring
from servanda.world import ABSENT, Clock, Draws, Layout, Month, Nothing, Theory, World, parameter
from servanda.world.axes import SIGNALS
from servanda.world.quantities.evasion import EvasionFlows, EvasionState
from servanda.world.ranges import SHARE


class Evasion(Theory):
    """The slot: rerouted trade, leakage, and the effect that sanctions keep."""

    slot = "evasion"
    State = EvasionState
    Flows = EvasionFlows


class RouteParameters(eqx.Module):
    """Parameters of what covert ties carry. Abstract: theories extend it."""

    carried: Float[Array, "tie *run"] = parameter(
        "tie",
        "dimensionless",
        "share of its route's rerouted trade that a covert tie carries",
        SHARE,
    )


class Routes(Evasion):
    """A family: rerouted trade causes leakage, feeds covert ties and wins back income."""

    wiring: Wiring

    @classmethod
    def build(cls, case: Case, layout: Layout) -> Self:
        """Find the route of each covert tie and the route of each target."""
        return cls(Wiring.of(case, layout))

    def initial(self, p: RouteParameters) -> EvasionState:
        """Nothing is rerouted yet."""
        routes = len(self.wiring.targets)
        return EvasionState(rerouted=jnp.zeros((routes, *p.carried.shape[1:]), p.carried.dtype))

    def step(
        self, p: Any, world: World, month: Month, draws: Draws, clock: Clock
    ) -> tuple[EvasionState, EvasionFlows]:
        """Compute rerouted trade, covert flows, leakage and income."""
        sanctioned = month.trade.sanctioned
        rerouted = self._reroute(p, world.evasion.rerouted, month, clock)
        won_back = jnp.clip(rerouted / jnp.maximum(sanctioned, 1.0), 0.0, 1.0)
        leakage = jnp.where(sanctioned > 0, won_back, 0.0)
        covert = self.wiring.carried(p.carried, month.exchange.worth, rerouted, clock.dt)
        return EvasionState(rerouted=rerouted), self.wiring.flows(month, leakage, covert)

    @abstractmethod
    def _reroute(self, p: Any, before: Array, month: Month, clock: Clock) -> Array:
        """Rerouted trade at the end of the step."""


class CeilingParameters(RouteParameters):
    """Parameters of the ceiling of rerouting, one for each route. Abstract."""

    ceiling: Float[Array, "route *run"] = parameter(
        "route",
        "dimensionless",
        "long-run share of lost trade that is rerouted without enforcement",
        SHARE,
    )
    enforcement_bite: Float[Array, "route *run"] = parameter(
        "route", "dimensionless", "fall of the log ceiling under full enforcement"
    )
    age: Float[Array, "route *run"] = parameter(
        "route", "month", "months for which trade had been sanctioned when the case starts"
    )


class Growing(Routes):
    """A family: rerouting approaches a ceiling that enforcement lowers."""

    def _reroute(self, p: Any, before: Array, month: Month, clock: Clock) -> Array:
        enforcement = jnp.maximum(month.posture.signal[SIGNALS.index("enforcement")], 0.0)
        lost = month.trade.sanctioned
        ceiling = p.ceiling * jnp.exp(-p.enforcement_bite * enforcement) * lost
        grown = ceiling * self._approach(p, jnp.zeros_like(ceiling), ceiling, p.age)
        before = jnp.where((clock.time == 0) & (p.age > 0), grown, before)
        rerouted: Array = before + (ceiling - before) * self._approach(p, before, ceiling, clock.dt)
        return rerouted

    @abstractmethod
    def _approach(self, p: Any, rerouted: Array, ceiling: Array, dt: float | Array) -> Array:
        """Share of the way to the ceiling that one step goes."""


@final
class SaturatingParameters(CeilingParameters):
    """Parameters of rerouting at a constant rate."""

    rate: Float[Array, "route *run"] = parameter(
        "route", "1/month", "rate at which rerouting approaches its ceiling"
    )


@final
class Saturating(Growing):
    """Rerouting approaches a ceiling at a constant rate; enforcement lowers the ceiling."""

    variant = "saturating"
    Parameters = SaturatingParameters

    def _approach(
        self, p: SaturatingParameters, rerouted: Array, ceiling: Array, dt: float | Array
    ) -> Array:
        return -jnp.expm1(-p.rate * dt)


@final
class NetworkParameters(CeilingParameters):
    """Parameters of rerouting that grows with traffic."""

    network_rate: Float[Array, "route *run"] = parameter(
        "route", "1/month", "growth rate of rerouting at full traffic"
    )
    seed: Float[Array, "route *run"] = parameter(
        "route",
        "dimensionless",
        "growth rate without traffic, as a share of that at full traffic",
        SHARE,
    )


@final
class Network(Growing):
    """Rival: routes grow with traffic, slowly at first and faster later."""

    variant = "network"
    Parameters = NetworkParameters

    def _approach(
        self, p: NetworkParameters, rerouted: Array, ceiling: Array, dt: float | Array
    ) -> Array:
        used = jnp.clip(rerouted / jnp.maximum(ceiling, 1.0), 0.0, 1.0)
        growth = p.network_rate * (1 + p.seed) * dt
        pull = p.seed + used
        return pull * -jnp.expm1(-growth) / (pull + (1 - used) * jnp.exp(-growth))


@final
class ShutParameters(RouteParameters):
    """Parameters of routes that do not grow."""


@final
class NoEvasion(Routes):
    """Null rival: rerouting does not grow, so sanctioned trade stays lost."""

    variant = "no-evasion"
    Parameters = ShutParameters

    def _reroute(self, p: ShutParameters, before: Array, month: Month, clock: Clock) -> Array:
        return before


@final
class Unevaded(Evasion):
    """Used where a case names no theory: leakage is zero and covert ties carry nothing."""

    wiring: Wiring

    variant = ABSENT
    Parameters = Nothing

    @classmethod
    def build(cls, case: Case, layout: Layout) -> Self:
        """Find the target of each route."""
        return cls(Wiring.of(case, layout))

    def initial(self, p: Nothing) -> EvasionState:
        """Nothing is rerouted."""
        return EvasionState(rerouted=jnp.zeros(len(self.wiring.targets)))

    def step(
        self, p: Nothing, world: World, month: Month, draws: Draws, clock: Clock
    ) -> tuple[EvasionState, EvasionFlows]:
        """Sanctioned trade is lost, and senders keep their full leverage."""
        nothing = jnp.zeros_like(month.trade.sanctioned)
        covert = jnp.zeros_like(month.exchange.worth)
        return world.evasion, self.wiring.flows(month, nothing, covert)
