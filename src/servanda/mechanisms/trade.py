"""Trade: sanctions take trade and income; a table of equilibrium results says how much.

Sanctions are trade costs. A structural gravity model with sectors (`servanda.trade`) solves their
effect on real income and trade in advance, outside the monthly step. It solves it for each month in
which a measure comes into force, and for each regime of enforcement, elasticity and severity. Here
the latest of these months is interpolated linearly between elasticities σ and between severities z.
z says where in their ranges covers and costs lie (−1 low, 1 high). The enforcement E that the
senders signal sets the weights of the regimes (0 is indifference, one half selective, 1 full
enforcement):

    effect(σ, z, E) = Σ_regimes weight(E)·Σ_σ' weight(σ)·Σ_z' weight(z)·table[regime, σ', z'].

Beyond the ends of the table the values at its ends hold: before its first month, after its last,
and beyond its outermost elasticities and severities. A route may win back imports lost, and with
them the income that measures on the target's imports take. The hold is the share of the target's
income that senders would take by ending all trade with it.

Source: Anderson and van Wincoop, "Gravity with Gravitas", AER 93 (2003); Dekle, Eaton and Kortum,
"Global Rebalancing with Gravity", IMF Staff Papers 55 (2008).

Left out: adjustment over time, as each month is at equilibrium; tariffs in return; growth of the
economies since the table's baseline; exports lost, which the table has and no mechanism reads.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from typing import Self, final

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from servanda.case import Case
from servanda.case.schema import month_number
from servanda.errors import CaseError, nearest
from servanda.files.cells import number
from servanda.world import Clock, Draws, Layout, Month, Nothing, Theory, World, parameter
from servanda.world.axes import SIGNALS
from servanda.world.quantities.trade import TradeFlows
from servanda.world.ranges import ANY, Range

REGIMES = ("indifference", "selective", "enforcement")
COLUMNS = (
    *("since", "regime", "elasticity", "severity", "actor"),
    *("real_income_change", "imports_change", "hold", "hold_imports", "imports_lost_musd_month"),
)
# For a route's target: the column of the table, and the factor to the unit of the quantity.
TEXTS = ("since", "regime", "actor")
OF_ROUTES = (
    ("imports_lost_musd_month", 1e6),
    ("imports_change", 1.0),
    ("hold", 1.0),
    ("hold_imports", 1.0),
)
Cell = tuple[str, str, float, float, str]
Table = tuple[tuple[tuple[float, ...], ...], ...]  # by month, point of the table, and row


class Trade(Theory):
    """The slot: effects of sanctions on trade and income."""

    slot = "trade"
    State = Nothing
    Flows = TradeFlows


@final
class TableParameters(eqx.Module):
    """Parameters of the interpolation."""

    elasticity: Float[Array, "*run"] = parameter(
        "",
        "dimensionless",
        "elasticity of substitution between countries' goods",
        Range(low=1.0, above=True),
    )
    severity: Float[Array, "*run"] = parameter(
        "",
        "dimensionless",
        "severity: where in their ranges covers and costs lie; −1 and 1 are the ends",
        ANY,
    )


@final
class EquilibriumTable(Trade):
    """Effects come from equilibrium results by month, elasticity, severity and enforcement."""

    since: tuple[int, ...]  # months from the start of the case to those of the table
    elasticities: tuple[float, ...]
    severities: tuple[float, ...]
    table: Table
    actors: int
    routes: int

    variant = "equilibrium-table"
    Parameters = TableParameters

    @classmethod
    def build(cls, case: Case, layout: Layout) -> Self:
        """Read the case's `trade_effects.csv`; actors that it lacks are not affected.

        Raises:
            CaseError: if there is no table, a column is missing, or an actor in it lacks a regime
                from some month on, at some elasticity or severity; or a month is not one.
        """
        found = _cells(case.tables.get("trade_effects", ()))
        months, _, sigmas, severities, covered = (
            sorted(set(part)) for part in zip(*found, strict=True)
        )
        _check_cells(found, product(months, REGIMES, sigmas, severities, covered))
        actors = layout.axes["actor"]
        targets = [route.target for route in case.spec.routes]
        rows = (
            *(("real_income_change", actor, 1.0) for actor in actors),
            *((column, target, scale) for column, scale in OF_ROUTES for target in targets),
        )

        def effect(cell: tuple[str, str, float, float], column: str, actor: str) -> float:
            return found[*cell, actor][column] if actor in covered else 0.0

        return cls(
            since=tuple(month_number(month) - month_number(case.spec.start) for month in months),
            elasticities=tuple(sigmas),
            severities=tuple(severities),
            table=tuple(
                tuple(
                    tuple(
                        scale * effect((month, *point), column, actor)
                        for column, actor, scale in rows
                    )
                    for point in product(REGIMES, sigmas, severities)
                )
                for month in months
            ),
            actors=len(actors),
            routes=len(targets),
        )

    def initial(self, p: TableParameters) -> Nothing:
        """The slot has no state."""
        return Nothing()

    def step(
        self, p: TableParameters, world: World, month: Month, draws: Draws, clock: Clock
    ) -> tuple[Nothing, TradeFlows]:
        """Look up."""
        enforcement = month.posture.signal[SIGNALS.index("enforcement")]
        levels = tuple(np.linspace(0.0, 1.0, len(REGIMES)).tolist())
        weights = product(
            tent_weights(enforcement, levels),
            tent_weights(p.elasticity, self.elasticities),
            tent_weights(p.severity, self.severities),
        )
        by_month = jnp.asarray(np.array(self.table), p.elasticity.dtype)
        begun = sum(clock.month >= since for since in self.since[1:])
        points = by_month[begun]
        total = jnp.zeros((points.shape[1], *p.elasticity.shape), p.elasticity.dtype)
        for point, (regime, sigma, severity) in enumerate(weights):
            column = points[point][:, *(None,) * p.elasticity.ndim]
            total = total + column * regime * sigma * severity
        lost, *others = self._split(total[self.actors :])
        # Sanctions on others may raise a target's trade. Nothing is lost then.
        return Nothing(), _flows(total[: self.actors], jnp.maximum(lost, 0), *others)

    def _split(self, total: Array) -> list[Array]:
        """Split the array into the quantities of routes."""
        width = self.routes
        return [total[at * width : (at + 1) * width] for at in range(len(OF_ROUTES))]


@final
class NoEffect(Trade):
    """Null rival: sanctions have no effect."""

    routes: int
    actors: int

    variant = "no-effect"
    Parameters = Nothing

    @classmethod
    def build(cls, case: Case, layout: Layout) -> Self:
        """Count routes and actors."""
        return cls(layout.axes.size("route"), layout.axes.size("actor"))

    def initial(self, p: Nothing) -> Nothing:
        """The slot has no state."""
        return Nothing()

    def step(
        self, p: Nothing, world: World, month: Month, draws: Draws, clock: Clock
    ) -> tuple[Nothing, TradeFlows]:
        """All effects are zero."""
        shape, dtype = world.war.war.shape, world.war.war.dtype
        none = jnp.zeros((self.routes, *shape), dtype)
        income = jnp.zeros((self.actors, *shape), dtype)
        return Nothing(), _flows(income, none, none, none, none)


def _flows(
    income: Array, sanctioned: Array, imports: Array, hold: Array, hold_imports: Array
) -> TradeFlows:
    """The month's flows; those of routes are in the order of `OF_ROUTES`."""
    return TradeFlows(
        sanctioned=sanctioned,
        income_gross=income,
        imports_gross=imports,
        hold=hold,
        hold_imports=hold_imports,
    )


def _cells(rows: Sequence[Mapping[str, str]]) -> dict[Cell, dict[str, float]]:
    """The rows of the table by month, regime, elasticity, severity and actor."""
    if not rows:
        raise CaseError(
            where="trade_effects.csv",
            found="no rows",
            expected="a table of months, regimes, elasticities, severities, actors and effects",
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
    cells: dict[Cell, dict[str, float]] = {}
    for place, row in enumerate(rows, start=1):
        where = f"trade_effects.csv row {place}"
        numbers = {name: number(row, name, where) for name in COLUMNS if name not in TEXTS}
        cell = (
            _month(row["since"]),
            row["regime"],
            numbers["elasticity"],
            numbers["severity"],
            row["actor"],
        )
        if cell in cells:
            raise CaseError(where, "a second row of this cell", "each cell of the table once")
        cells[cell] = numbers
    return cells


def _month(text: str) -> str:
    try:
        month_number(text)
    except ValueError as error:
        raise CaseError("trade_effects.csv: since", repr(text), str(error)) from None
    return text


def _check_cells(found: Mapping[Cell, object], wanted: Iterable[Cell]) -> None:
    """Raise `CaseError` if the table lacks a row: a missing row does not mean zero."""
    for cell in wanted:
        if cell not in found:
            raise CaseError(
                where="trade_effects.csv",
                found="no row since {}, regime '{}', elasticity {:g}, severity {:g}, "
                "actor '{}'".format(*cell),
                expected="every actor of the table in every regime, at every elasticity and "
                "severity, from every month on",
            )


def tent_weights(x: Float[Array, "*run"], knots: tuple[float, ...]) -> list[Float[Array, "*run"]]:
    """Linear interpolation weights of `x` on knots, constant beyond the ends."""
    if len(knots) == 1:
        return [jnp.ones_like(x)]
    x = jnp.clip(x, knots[0], knots[-1])
    weights, last = [], len(knots) - 1
    for k, knot in enumerate(knots):
        rise = (x - knots[k - 1]) / (knot - knots[k - 1]) if k > 0 else jnp.ones_like(x)
        fall = (knots[k + 1] - x) / (knots[k + 1] - knot) if k < last else jnp.ones_like(x)
        weights.append(jnp.clip(jnp.minimum(rise, fall), 0.0, 1.0))
    return weights
