"""Trade: what sanctions take, read off a table of equilibrium results.

Sanctions are trade costs. Their effect on real income and trade is solved for each year, regime of
enforcement, elasticity and severity in a structural gravity model with sectors (`servanda.trade`),
outside the month. Here the table of the month's year is interpolated linearly between elasticities
σ, between severities z (where in their ranges covers and costs lie, −1 low to 1 high) and, by the
enforcement E that the senders signal (0 is indifference, one half selective, 1 full enforcement),
between regimes:

    effect(σ, z, E) = Σ_regimes weight(E)·Σ_σ' weight(σ)·Σ_z' weight(z)·table[regime, σ', z'].

Beyond the ends of the table its ends hold: before its first year, after its last, and beyond its
outermost elasticities and severities. Imports lost are what a route may win back; what is untaken
is what senders could still take from a route's target by ending all trade with it.

Source: Anderson and van Wincoop, "Gravity with Gravitas", AER 93 (2003); Dekle, Eaton and Kortum,
"Global Rebalancing with Gravity", IMF Staff Papers 55 (2008).

Left out: adjustment over time, as each month is at equilibrium; tariffs in return; growth of the
economies since the table's baseline; exports lost, which the table has and no mechanism reads.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from typing import Self

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from servanda.case import Case
from servanda.case.schema import month_number
from servanda.errors import CaseError, nearest
from servanda.world import Axes, Clock, Draws, Month, Process, World, parameter
from servanda.world.axes import SIGNALS

MONTHS_A_YEAR = 12
REGIMES = ("indifference", "selective", "enforcement")
COLUMNS = (
    *("year", "regime", "elasticity", "severity", "actor"),
    *("real_income_change", "threat_left", "imports_lost_musd_month"),
)
Cell = tuple[int, str, float, float, str]
Table = tuple[tuple[tuple[float, ...], ...], ...]  # by year, point of the table, and row


class TradeParameters(eqx.Module):
    """Parameters of the reading."""

    elasticity: Float[Array, "*run"] = parameter(
        "", "dimensionless", "elasticity of substitution between countries' goods"
    )
    severity: Float[Array, "*run"] = parameter(
        "", "dimensionless", "where in their ranges the sanctions' covers and costs lie, -1 to 1"
    )


class EquilibriumTable(Process):
    """Interpolates equilibrium results by year, elasticity, severity and enforcement."""

    begins: int  # months from the start of the table's first year to the start of the case
    elasticities: tuple[float, ...]
    severities: tuple[float, ...]
    table: Table
    actors: int
    routes: int

    slot = "trade"
    variant = "equilibrium-table"
    reads = frozenset({"signal"})
    writes = frozenset({"sanctioned", "income_gross", "untaken"})
    Parameters = TradeParameters

    @classmethod
    def build(cls, case: Case, axes: Axes) -> Self:
        """Read the case's `trade_effects.csv`; actors that it lacks are not affected.

        Raises:
            CaseError: if there is no table, a column is missing, or an actor in it lacks a regime
                in some year, at some elasticity or severity.
        """
        found = _cells(case.tables.get("trade_effects", ()))
        years, _, sigmas, severities, covered = (
            sorted(set(part)) for part in zip(*found, strict=True)
        )
        _check_cells(found, product(years, REGIMES, sigmas, severities, covered))
        actors = axes["actor"]
        targets = [route.target for route in case.spec.routes]
        rows = (
            *(("real_income_change", actor, 1.0) for actor in actors),
            *(("imports_lost_musd_month", target, 1e6) for target in targets),
            *(("threat_left", target, 1.0) for target in targets),
        )

        def effect(cell: tuple[int, str, float, float], column: str, actor: str) -> float:
            return float(found[*cell, actor][column]) if actor in covered else 0.0

        return cls(
            begins=month_number(case.spec.start) - MONTHS_A_YEAR * years[0],
            elasticities=tuple(sigmas),
            severities=tuple(severities),
            table=tuple(
                tuple(
                    tuple(
                        scale * effect((year, *point), column, actor)
                        for column, actor, scale in rows
                    )
                    for point in product(REGIMES, sigmas, severities)
                )
                for year in years
            ),
            actors=len(actors),
            routes=len(targets),
        )

    def step(
        self, p: TradeParameters, world: World, month: Month, draws: Draws, clock: Clock
    ) -> dict[str, Array]:
        """Look up."""
        enforcement = month.signal[SIGNALS.index("enforcement")]
        levels = tuple(np.linspace(0.0, 1.0, len(REGIMES)).tolist())
        weights = product(
            tent_weights(enforcement, levels),
            tent_weights(p.elasticity, self.elasticities),
            tent_weights(p.severity, self.severities),
        )
        by_year = jnp.asarray(np.array(self.table), p.elasticity.dtype)
        year = jnp.clip((self.begins + clock.month) // MONTHS_A_YEAR, 0, len(self.table) - 1)
        points = by_year[year]
        total = jnp.zeros((points.shape[1], *p.elasticity.shape), p.elasticity.dtype)
        for point, (regime, sigma, severity) in enumerate(weights):
            column = points[point][:, *(None,) * p.elasticity.ndim]
            total = total + column * regime * sigma * severity
        return {
            "income_gross": total[: self.actors],
            "sanctioned": total[self.actors : self.actors + self.routes],
            "untaken": total[self.actors + self.routes :],
        }


class NoEffect(Process):
    """Null rival: sanctions change nothing."""

    routes: int
    actors: int

    slot = "trade"
    variant = "no-effect"
    reads = frozenset({"war"})
    writes = frozenset({"sanctioned", "income_gross", "untaken"})
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
            "untaken": jnp.zeros((self.routes, *shape), dtype),
        }


def _cells(rows: Sequence[Mapping[str, str]]) -> dict[Cell, Mapping[str, str]]:
    """The rows of the table by what they are about."""
    if not rows:
        raise CaseError(
            where="trade_effects.csv",
            found="no rows",
            expected="a table of years, regimes, elasticities, severities, actors and effects",
            hint="write it with 'servanda sanction CASE --table', or choose trade = 'no-effect' "
            "for a case without sanctions",
        )
    for name in COLUMNS:
        if name not in rows[0]:
            raise CaseError(
                where="trade_effects.csv",
                found=f"no column '{name}'",
                expected="columns " + ", ".join(COLUMNS),
                hint=nearest(name, set(rows[0]) - set(COLUMNS))
                or "write it again with 'servanda sanction CASE --table'",
            )
    return {
        (int(r["year"]), r["regime"], float(r["elasticity"]), float(r["severity"]), r["actor"]): r
        for r in rows
    }


def _check_cells(found: Mapping[Cell, object], wanted: Iterable[Cell]) -> None:
    """Raise `CaseError` if the table has a hole: what is missing is not zero."""
    for cell in wanted:
        if cell not in found:
            raise CaseError(
                where="trade_effects.csv",
                found="no row for {}, regime '{}', elasticity {:g}, severity {:g}, "
                "actor '{}'".format(*cell),
                expected="every actor of the table in every regime, at every elasticity and "
                "severity, in every year",
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
