"""What covert ties carry and leakage wins back: worked out alike by every theory of evasion.

See `servanda.mechanisms.evasion` for the equations.
"""

from typing import Self

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array

from servanda.case import Case
from servanda.world import Layout, Month
from servanda.world.quantities.evasion import EvasionFlows


class Wiring(eqx.Module):
    """Which route each covert tie is on, and whose income each route feeds."""

    routes: tuple[int | None, ...]
    route_of_actor: tuple[int | None, ...]
    targets: tuple[int, ...]

    @classmethod
    def of(cls, case: Case, layout: Layout) -> Self:
        """Find them in a case."""
        names, actors = layout.axes["route"], layout.axes["actor"]
        targets = [r.target for r in case.spec.routes]
        return cls(
            routes=tuple(
                names.index(t.route) if t.basis == "covert" and t.route else None
                for t in case.spec.ties
            ),
            route_of_actor=tuple(targets.index(a) if a in targets else None for a in actors),
            targets=tuple(actors.index(target) for target in targets),
        )

    def flows(self, month: Month, leakage: Array, covert: Array) -> EvasionFlows:
        """What leakage wins back, of income and of what senders hold."""
        trade = month.trade
        return EvasionFlows(
            leakage=leakage,
            leverage=trade.hold - leakage * trade.hold_imports,
            leverage_left=trade.hold
            + self._taken(month)
            - leakage * (trade.hold_imports + trade.imports_gross),
            covert_request=covert,
            income_change=self._net(month, leakage),
        )

    def carried(self, share: Array, worth: Array, rerouted: Array, dt: float) -> Array:
        """What covert ties ask to carry of their routes; goods that are worth nothing do not go."""
        rows = []
        for row, route in enumerate(self.routes):
            if route is None:
                rows.append(jnp.zeros_like(worth[row]))
            else:
                value = share[row] * rerouted[route] * dt
                goods = value / jnp.maximum(worth[row], 1e-6)
                rows.append(jnp.where(worth[row] > 0, goods, 0.0))
        return jnp.stack(rows)

    def _taken(self, month: Month) -> Array:
        """Change of the income of each route's target, before leakage."""
        rows = [month.trade.income_gross[actor] for actor in self.targets]
        return jnp.stack(rows) if rows else jnp.zeros_like(month.trade.hold)

    def _net(self, month: Month, leakage: Array) -> Array:
        gross, imports = month.trade.income_gross, month.trade.imports_gross
        return jnp.stack(
            [
                gross[row] if route is None else gross[row] - leakage[route] * imports[route]
                for row, route in enumerate(self.route_of_actor)
            ]
        )
