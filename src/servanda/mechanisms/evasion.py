"""Evasion: what sanctions take and covert networks win back.

Sanctioned trade goes direct, is rerouted, or is abandoned. The rerouted part N of the trade lost L
approaches a ceiling that enforcement E lowers, N' = N + (θ·e^(−εE)·L − N)(1 − e^(−ρ·dt)), the exact
solution over the step. Leakage is N/L, what is won back of what sanctions took, zero where they
take nothing. Covert ties carry their share of N as goods.

The rival `network` is the article's own claim: routes grow with traffic, at the rate ρ(s +
N/ceiling), from a seed s. That is logistic, and with u = N/ceiling and e = e^(−ρ(1 + s)dt) a step
goes (s + u)(1 − e)/(s + u + (1 − u)e) of the way to the ceiling. On EU exports to Russia's
neighbours the record leans to it without deciding: docs/rerouting.md.

Leakage wins back the same share of the income that measures on the target's imports take. What it
sells elsewhere instead is in the equilibrium already. Leverage is what the senders take of the
target's income and what they could still take by ending all trade with it (Hirschman 1945), less
what leakage wins back of both. A route that was sanctioned before the case starts begins where its
age has brought it.

Source: motivated by the diversion that Chupilkin, Javorcik and Plekhanov document, "The Eurasian
Roundabout", EBRD Working Paper 276 (2023); the equations are ours, fitted in docs/rerouting.md.
Hirschman, National Power and the Structure of Foreign Trade (1945).

Left out: who the middlemen are and what they charge; finance apart from trade; a route's capacity
being shared by targets; the income that rerouting costs. The project helps nobody to evade
anything: routes here are aggregates of published trade figures.
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


class Evasion(Theory):
    """The slot: what goes round sanctions, and what is left of their effect."""

    slot = "evasion"
    State = EvasionState
    Flows = EvasionFlows


class RouteParameters(eqx.Module):
    """Parameters of what covert ties carry. Abstract: each theory has its own."""

    carried: Float[Array, "tie *run"] = parameter(
        "tie", "dimensionless", "share of its route's rerouted value that a covert tie carries"
    )


class Routes(Evasion):
    """A family: what is rerouted, however it moves, leaks, carries goods and wins income back."""

    wiring: Wiring

    @classmethod
    def build(cls, case: Case, layout: Layout) -> Self:
        """Which route each covert tie is on, and which route feeds each actor."""
        return cls(Wiring.of(case, layout))

    def initial(self, p: RouteParameters) -> EvasionState:
        """Nothing is rerouted yet."""
        routes = len(self.wiring.targets)
        return EvasionState(rerouted=jnp.zeros((routes, *p.carried.shape[1:]), p.carried.dtype))

    def step(
        self, p: Any, world: World, month: Month, draws: Draws, clock: Clock
    ) -> tuple[EvasionState, EvasionFlows]:
        """Reroute, carry, and win back income."""
        sanctioned = month.trade.sanctioned
        rerouted = self._reroute(p, world.evasion.rerouted, month, clock)
        won_back = jnp.clip(rerouted / jnp.maximum(sanctioned, 1.0), 0.0, 1.0)
        leakage = jnp.where(sanctioned > 0, won_back, 0.0)
        covert = self.wiring.carried(p.carried, month.exchange.worth, rerouted, clock.dt)
        return EvasionState(rerouted=rerouted), self.wiring.flows(month, leakage, covert)

    @abstractmethod
    def _reroute(self, p: Any, before: Array, month: Month, clock: Clock) -> Array:
        """What is rerouted at the step's end."""


class CeilingParameters(RouteParameters):
    """Parameters of a ceiling of rerouting, one a route. Abstract: each theory has its own."""

    ceiling: Float[Array, "route *run"] = parameter(
        "route", "dimensionless", "share of lost trade rerouted in the end, without enforcement"
    )
    enforcement_bite: Float[Array, "route *run"] = parameter(
        "route", "dimensionless", "fall of the log ceiling at full enforcement"
    )
    age: Float[Array, "route *run"] = parameter(
        "route", "month", "how long trade had been sanctioned when the case starts"
    )


class Growing(Routes):
    """A family: rerouting approaches a ceiling that enforcement lowers, at one pace or another."""

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
        """Share of the way to the ceiling that the step goes."""


@final
class SaturatingParameters(CeilingParameters):
    """Parameters of rerouting at a constant rate."""

    rate: Float[Array, "route *run"] = parameter(
        "route", "1/month", "rate at which rerouting approaches its ceiling"
    )


@final
class Saturating(Growing):
    """Rerouting approaches a ceiling that enforcement lowers."""

    variant = "saturating"
    Parameters = SaturatingParameters

    def _approach(
        self, p: SaturatingParameters, rerouted: Array, ceiling: Array, dt: float | Array
    ) -> Array:
        return -jnp.expm1(-p.rate * dt)


@final
class NetworkParameters(CeilingParameters):
    """Parameters of rerouting that grows with its own traffic."""

    network_rate: Float[Array, "route *run"] = parameter(
        "route", "1/month", "rate of growth once the route is used"
    )
    seed: Float[Array, "route *run"] = parameter(
        "route", "dimensionless", "growth without any traffic, as a share of growth at the ceiling"
    )


@final
class Network(Growing):
    """Rival: routes grow with traffic, slowly at first and faster once used."""

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
    """Null rival: sanctions hold; what is lost is lost."""

    variant = "no-evasion"
    Parameters = ShutParameters

    def _reroute(self, p: ShutParameters, before: Array, month: Month, clock: Clock) -> Array:
        return before


@final
class Unevaded(Evasion):
    """What stands in where a case names no theory: nothing leaks and no covert tie carries."""

    wiring: Wiring

    variant = ABSENT
    Parameters = Nothing

    @classmethod
    def build(cls, case: Case, layout: Layout) -> Self:
        """Whose income each route would feed."""
        return cls(Wiring.of(case, layout))

    def initial(self, p: Nothing) -> EvasionState:
        """Nothing is rerouted."""
        return EvasionState(rerouted=jnp.zeros(len(self.wiring.targets)))

    def step(
        self, p: Nothing, world: World, month: Month, draws: Draws, clock: Clock
    ) -> tuple[EvasionState, EvasionFlows]:
        """All that sanctions take is lost, and senders hold all that they could take."""
        nothing = jnp.zeros_like(month.trade.sanctioned)
        covert = jnp.zeros_like(month.exchange.worth)
        return world.evasion, self.wiring.flows(month, nothing, covert)
