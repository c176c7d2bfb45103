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

from typing import Any, Self

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from servanda.case import Case
from servanda.world import Axes, Clock, Draws, Month, Process, World, parameter
from servanda.world.axes import SIGNALS


class EvasionParameters(eqx.Module):
    """Parameters of rerouting, one a route unless noted."""

    ceiling: Float[Array, "route *run"] = parameter(
        "route", "dimensionless", "share of lost trade rerouted in the end, without enforcement"
    )
    rate: Float[Array, "route *run"] = parameter(
        "route", "1/month", "rate at which rerouting approaches its ceiling"
    )
    enforcement_bite: Float[Array, "route *run"] = parameter(
        "route", "dimensionless", "fall of the log ceiling at full enforcement"
    )
    age: Float[Array, "route *run"] = parameter(
        "route", "month", "how long trade had been sanctioned when the case starts"
    )
    carried: Float[Array, "tie *run"] = parameter(
        "tie", "dimensionless", "share of its route's rerouted value that a covert tie carries"
    )


class Saturating(Process):
    """Rerouting approaches a ceiling that enforcement lowers."""

    routes: tuple[int | None, ...]
    route_of_actor: tuple[int | None, ...]
    targets: tuple[int, ...]

    slot = "evasion"
    variant = "saturating"
    reads = frozenset(
        {
            "rerouted",
            "signal",
            "sanctioned",
            "income_gross",
            "imports_gross",
            "hold",
            "hold_imports",
            "worth",
        }
    )
    writes = frozenset(
        {
            "rerouted",
            "leakage",
            "leverage",
            "leverage_left",
            "covert_request",
            "income_change",
        }
    )
    Parameters = EvasionParameters

    @classmethod
    def build(cls, case: Case, axes: Axes) -> Self:
        """Which route each covert tie is on, and which route feeds each actor."""
        names = axes["route"]
        targets = [r.target for r in case.spec.routes]
        return cls(
            routes=tuple(
                names.index(t.route) if t.basis == "covert" and t.route else None
                for t in case.spec.ties
            ),
            route_of_actor=tuple(targets.index(a) if a in targets else None for a in axes["actor"]),
            targets=tuple(axes["actor"].index(target) for target in targets),
        )

    def step(
        self, p: EvasionParameters, world: World, month: Month, draws: Draws, clock: Clock
    ) -> dict[str, Array]:
        """Reroute, carry, and win back income."""
        enforcement = jnp.maximum(month.signal[SIGNALS.index("enforcement")], 0.0)
        ceiling = p.ceiling * jnp.exp(-p.enforcement_bite * enforcement) * month.sanctioned
        grown = ceiling * self._approach(p, jnp.zeros_like(ceiling), ceiling, p.age)
        before = jnp.where((clock.time == 0) & (p.age > 0), grown, world.rerouted)
        rerouted = before + (ceiling - before) * self._approach(p, before, ceiling, clock.dt)
        won_back = jnp.clip(rerouted / jnp.maximum(month.sanctioned, 1.0), 0.0, 1.0)
        leakage = jnp.where(month.sanctioned > 0, won_back, 0.0)
        return {
            "rerouted": rerouted,
            "leakage": leakage,
            "leverage": month.hold - leakage * month.hold_imports,
            "leverage_left": month.hold
            + self._taken(month)
            - leakage * (month.hold_imports + month.imports_gross),
            "covert_request": self._carried(p, month, rerouted, clock.dt),
            "income_change": self._net(month, leakage),
        }

    def _approach(self, p: Any, rerouted: Array, ceiling: Array, dt: float | Array) -> Array:
        """Share of the way to the ceiling that the step goes."""
        return -jnp.expm1(-p.rate * dt)

    def _carried(self, p: EvasionParameters, month: Month, rerouted: Array, dt: float) -> Array:
        rows = []
        for row, route in enumerate(self.routes):
            if route is None:
                rows.append(jnp.zeros_like(month.worth[row]))
            else:
                value = p.carried[row] * rerouted[route] * dt
                rows.append(value / jnp.maximum(month.worth[row], 1e-6))
        return jnp.stack(rows)

    def _taken(self, month: Month) -> Array:
        """Change of the income of each route's target, before leakage."""
        rows = [month.income_gross[actor] for actor in self.targets]
        return jnp.stack(rows) if rows else jnp.zeros_like(month.hold)

    def _net(self, month: Month, leakage: Array) -> Array:
        gross, imports = month.income_gross, month.imports_gross
        return jnp.stack(
            [
                gross[row] if route is None else gross[row] - leakage[route] * imports[route]
                for row, route in enumerate(self.route_of_actor)
            ]
        )


class NetworkParameters(EvasionParameters):
    """Parameters of rerouting that grows with its own traffic."""

    network_rate: Float[Array, "route *run"] = parameter(
        "route", "1/month", "rate of growth once the route is used"
    )
    seed: Float[Array, "route *run"] = parameter(
        "route", "dimensionless", "growth without any traffic, as a share of growth at the ceiling"
    )


class Network(Saturating):
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


class NoEvasion(Saturating):
    """Null rival: sanctions hold; what is lost is lost."""

    variant = "no-evasion"

    def _approach(
        self, p: EvasionParameters, rerouted: Array, ceiling: Array, dt: float | Array
    ) -> Array:
        return jnp.zeros_like(p.rate)
