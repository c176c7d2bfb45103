"""Trade: what sanctions take, read off a table of equilibrium results.

Sanctions are trade costs. Their effect on real income and trade is solved once for each enforcement
regime and elasticity in an Armington model (`servanda.trade`), outside the month; here the table is
interpolated linearly between elasticities and, by the enforcement E that the senders signal (0 is
indifference, one half selective, 1 full enforcement), between regimes:

    effect(σ, E) = Σ_regimes weight(E)·Σ_σ' weight(σ)·table[regime, σ'].

Beyond the ends of the table its ends hold. Imports lost are what a route may win back.

Source: Anderson and van Wincoop, "Gravity with Gravitas", AER 93 (2003); Dekle, Eaton and Kortum,
"Global Rebalancing with Gravity", IMF Staff Papers 55 (2008).

Left out: sectors other than the table's; adjustment over time, as each month is at equilibrium;
tariffs in return; exports lost, which the table has and no mechanism reads.
"""

from collections.abc import Container, Iterable, Sequence
from itertools import product
from typing import Self

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from servanda.case import Case
from servanda.errors import CaseError
from servanda.world import Axes, Clock, Draws, Month, Process, World, parameter
from servanda.world.axes import SIGNALS

REGIMES = ("indifference", "selective", "enforcement")
Table = tuple[tuple[tuple[float, ...], ...], ...]  # by regime, elasticity and actor


class TradeParameters(eqx.Module):
    """Parameters of the reading."""

    elasticity: Float[Array, "*run"] = parameter(
        "", "dimensionless", "elasticity of substitution between countries' goods"
    )


class EquilibriumTable(Process):
    """Interpolates equilibrium results by elasticity and enforcement."""

    elasticities: tuple[float, ...]
    income: Table
    lost: Table

    slot = "trade"
    variant = "equilibrium-table"
    reads = frozenset({"signal"})
    writes = frozenset({"sanctioned", "income_gross"})
    Parameters = TradeParameters

    @classmethod
    def build(cls, case: Case, axes: Axes) -> Self:
        """Read the case's `trade_effects.csv`; actors that it lacks are not affected.

        Raises:
            CaseError: if there is no table, or an actor in it lacks a regime at some elasticity.
        """
        rows = case.tables.get("trade_effects", ())
        if not rows:
            raise CaseError(
                where="trade_effects.csv",
                found="no rows",
                expected="a table of regime, elasticity, actor and effects",
                hint="choose trade = 'no-effect' for a case without sanctions",
            )
        found = {(r["regime"], float(r["elasticity"]), r["actor"]): r for r in rows}
        sigmas = tuple(sorted({sigma for _, sigma, _ in found}))
        covered = {actor for *_, actor in found}
        _check_cells(found, product(REGIMES, sigmas, sorted(covered)))

        def table(column: str, actors: Sequence[str], scale: float) -> Table:
            def effect(regime: str, sigma: float, actor: str) -> float:
                known = actor in covered
                return scale * float(found[regime, sigma, actor][column]) if known else 0.0

            return tuple(
                tuple(tuple(effect(regime, s, a) for a in actors) for s in sigmas)
                for regime in REGIMES
            )

        return cls(
            elasticities=sigmas,
            income=table("real_income_change", axes["actor"], 1.0),
            lost=table("imports_lost_musd_month", [r.target for r in case.spec.routes], 1e6),
        )

    def step(
        self, p: TradeParameters, world: World, month: Month, draws: Draws, clock: Clock
    ) -> dict[str, Array]:
        """Look up."""
        enforcement = month.signal[SIGNALS.index("enforcement")]
        return {
            "sanctioned": self._at(self.lost, p.elasticity, enforcement),
            "income_gross": self._at(self.income, p.elasticity, enforcement),
        }

    def _at(self, table: Table, sigma: Array, enforcement: Array) -> Array:
        by_regime = np.asarray(table)
        total = jnp.zeros((by_regime.shape[2], *sigma.shape), sigma.dtype)
        levels = np.linspace(0.0, 1.0, len(REGIMES))
        for r, regime_weight in enumerate(tent_weights(enforcement, tuple(levels))):
            for s, sigma_weight in enumerate(tent_weights(sigma, self.elasticities)):
                column = jnp.asarray(by_regime[r, s], sigma.dtype)
                total = total + column[:, *(None,) * sigma.ndim] * regime_weight * sigma_weight
        return total


class NoEffect(Process):
    """Null rival: sanctions change nothing."""

    routes: int
    actors: int

    slot = "trade"
    variant = "no-effect"
    reads = frozenset({"war"})
    writes = frozenset({"sanctioned", "income_gross"})
    Parameters = TradeParameters

    @classmethod
    def build(cls, case: Case, axes: Axes) -> Self:
        """Remember how many routes and actors there are."""
        return cls(axes.size("route"), axes.size("actor"))

    def step(
        self, p: TradeParameters, world: World, month: Month, draws: Draws, clock: Clock
    ) -> dict[str, Array]:
        """Nothing is lost."""
        shape, dtype = world.war.shape, world.war.dtype
        return {
            "sanctioned": jnp.zeros((self.routes, *shape), dtype),
            "income_gross": jnp.zeros((self.actors, *shape), dtype),
        }


def _check_cells(
    found: Container[tuple[str, float, str]], wanted: Iterable[tuple[str, float, str]]
) -> None:
    """Raise `CaseError` if the table has a hole: what is missing is not zero."""
    for cell in wanted:
        if cell not in found:
            raise CaseError(
                where="trade_effects.csv",
                found="no row for regime '{}', elasticity {:g}, actor '{}'".format(*cell),
                expected="every actor of the table in every regime at every elasticity",
            )


def tent_weights(x: Float[Array, "*run"], knots: tuple[float, ...]) -> list[Float[Array, "*run"]]:
    """Linear interpolation weights of `x` on knots; constant beyond the ends."""
    if len(knots) == 1:
        return [jnp.ones_like(x)]
    x = jnp.clip(x, knots[0], knots[-1])
    weights, last = [], len(knots) - 1
    for k, knot in enumerate(knots):
        rise = (x - knots[k - 1]) / (knot - knots[k - 1]) if k > 0 else jnp.ones_like(x)
        fall = (knots[k + 1] - x) / (knots[k + 1] - knot) if k < last else jnp.ones_like(x)
        weights.append(jnp.clip(jnp.minimum(rise, fall), 0.0, 1.0))
    return weights
