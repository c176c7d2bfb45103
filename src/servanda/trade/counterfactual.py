"""Counterfactuals: one, thousands, or one as a function to be differentiated.

    after = counterfactual(economy, cost_change, elasticity=6.0)
    many = counterfactuals(economy, cost_changes, elasticities)
    answer = solution(economy)      # JAX: jit it, map it, take its gradient

Results are in float64, whatever the configuration of JAX.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from typing import cast

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Float64

from servanda.errors import UsageError, nearest
from servanda.trade.armington import FACTORS, Changes, Factors, world_of
from servanda.trade.batch import Asked, Solved, slopes_inverses, solve_many, solve_one
from servanda.trade.closure import CLOSURES, LOANS_FIXED, Closure, Rule, check_loans
from servanda.trade.flows import Economy, Equilibrium, check_costs, check_revenue
from servanda.trade.labels import Given, in_order
from servanda.trade.solver import TOLERANCE

Elasticity = float | Given
Progress = Callable[[int, int], None]
Solve = Callable[..., Changes]

BY_SECTOR = ("price", "wage", "inward", "outward", "flows")


def counterfactual(
    economy: Economy,
    cost_change: Given,
    elasticity: Elasticity,
    closure: Closure | str = "export-share",
    factors: Factors | str = "mobile",
    *,
    revenue: Given | None = None,
) -> Equilibrium:
    """Solve for the equilibrium after trade costs change.

    Args:
        economy: The flows observed before.
        cost_change: t̂, new over old cost of delivering one unit, in the shape of the flows: 1.2
            adds a fifth of its price. Lists and arrays go by position. A DataFrame with codes, or a
            DataArray, goes by its labels, in any order.
        elasticity: σ, between goods of different origin, one number or one for each sector; the
            trade elasticity is σ − 1.
        closure: How spending depends on earnings: see `servanda.trade.closure`.
        factors: Whether factors move between sectors: see `servanda.trade.armington`.
        revenue: The share of what buyers pay for each flow that the destination collects as a duty,
            in the shape of the flows: τ / (1 + τ) for a tariff τ, whose cost change is 1 + τ. It
            is at most 1 − 1/t̂, which the change adds. If none is given, nobody collects anything.

    Returns:
        The new equilibrium, with demand within a relative 1e-10 of supply everywhere.

    Raises:
        UsageError: An elasticity is 1 or less, a cost change is not a positive number for each
            pair, more is collected than a cost adds, a name or label is unknown, or no equilibrium
            was found.
    """
    cost = in_order(cost_change, economy.axes, "cost change")
    check_costs(economy, cost)
    collected = None
    if revenue is not None:
        collected = in_order(revenue, economy.axes, "revenue")
        check_revenue(economy, collected, cost)
        collected = collected[None]
    elasticities = _elasticity(economy, elasticity)
    options = _options(closure, factors, collected)
    return _solve(economy, cost[None], elasticities, *options, collected, None).run(0)


def counterfactuals(
    economy: Economy,
    cost_changes: Given,
    elasticities: Elasticity,
    closure: Closure | str = "export-share",
    factors: Factors | str = "mobile",
    *,
    revenue: Given | None = None,
    progress: Progress | None = None,
) -> Equilibrium:
    """Solve for many equilibria at once, on every core.

    Args:
        economy: The flows observed before.
        cost_changes: t̂ of each run, [run, origin, destination] or [run, sector, …].
        elasticities: σ: one number, one for each run, or one for each run and sector.
        closure: How spending depends on earnings.
        factors: Whether factors move between sectors.
        revenue: The share of what buyers pay that the destination collects, by run, as the costs.
        progress: Called with the number of finished runs and of all runs.

    Returns:
        The equilibria, with an axis of runs in front of every array. Each is equal to the last
        bit whatever the number of the others.

    Raises:
        UsageError: As `counterfactual`, with the run named; or there is no run.
    """
    runs: dict[str, tuple[str, ...]] = {"run": ()}
    costs = in_order(cost_changes, runs | economy.axes, "cost changes")
    if costs.ndim == 0 or not len(costs):
        raise UsageError("cost changes", "no run", "at least one")
    _check_all_costs(economy, costs)
    collected = None
    if revenue is not None:
        collected = in_order(revenue, runs | economy.axes, "revenue")
        _check_all_revenue(economy, collected, costs)
    by_sector = {"sector": economy.sectors} if np.ndim(elasticities) > 1 else {}
    given = in_order(elasticities, runs | by_sector, "elasticity of substitution")
    if given.ndim == 0:
        given = np.full(len(costs), given)
    options = _options(closure, factors, collected)
    return _solve(economy, costs, given, *options, collected, progress)


def balanced(
    economy: Economy, elasticity: Elasticity, factors: Factors | str = "mobile"
) -> Economy:
    """Return the economy as it would be if no country lent or borrowed, at unchanged costs.

    Counterfactuals from it do not depend on the closure, `held-shares` apart. Source: Ossa, "Trade
    Wars and Trade Talks with Data", AER 104(12), 2014.

    Args:
        economy: The flows observed.
        elasticity: σ, one number or one for each sector.
        factors: Whether factors move between sectors.

    Raises:
        UsageError: An elasticity is 1 or less, or a name is unknown.
    """
    unchanged = np.ones_like(economy.flows)[None]
    _, checked = _options(CLOSURES[0], factors, None)
    found = _solve(
        economy, unchanged, _elasticity(economy, elasticity), "balanced", checked, None, None
    )
    return replace(economy, flows=found.flows[0])


def solution(
    economy: Economy, closure: Closure | str = "export-share", factors: Factors | str = "mobile"
) -> Solve:
    """Return a counterfactual as a function for use in JAX.

    It is called with t̂, σ and, where duties are collected, the share of each flow that the
    destination collects, as for `counterfactual`. Derivatives are those of the equilibrium, by the
    implicit function theorem. The function checks neither what it is given nor its result, so look
    at the returned `residual`. Flows are in shares of world output. It needs float64: call it, and
    its JAX transformations, under ``jax.enable_x64(True)``.

    Args:
        economy: The flows observed before.
        closure: How spending depends on earnings.
        factors: Whether factors move between sectors.

    Raises:
        UsageError: A name is unknown; or, when called, JAX is in single precision.
    """
    options = _options(closure, factors, None)
    with jax.enable_x64(True):
        world = world_of(economy)
        inverses = slopes_inverses(world, *options)

    def solve(
        cost_change: Float[Array, "..."],
        elasticity: Float[Array, "..."] | float,
        revenue: Float[Array, "..."] | None = None,
    ) -> Changes:
        if not jax.config.jax_enable_x64:  # type: ignore[attr-defined]
            raise UsageError(
                "solution", "JAX in single precision", "a call under jax.enable_x64(True)"
            )
        _options(closure, factors, revenue)
        cost = jnp.asarray(cost_change).reshape(world.flows.shape)
        collected = None if revenue is None else jnp.asarray(revenue).reshape(cost.shape)
        sigma = jnp.broadcast_to(jnp.asarray(elasticity, cost.dtype), len(world.flows))
        asked = Asked(cost, collected, sigma)
        found = solve_one(world, asked, inverses, *options, "differentiable").changes
        if economy.sectors:
            return found
        return found._replace(**{name: getattr(found, name)[0] for name in BY_SECTOR})

    return solve


def _solve(
    economy: Economy,
    costs: Float64[np.ndarray, "run ..."],
    elasticities: Float64[np.ndarray, "..."],
    rule: Rule,
    factors: Factors,
    revenue: Float64[np.ndarray, "run ..."] | None,
    progress: Progress | None,
) -> Equilibrium:
    with jax.enable_x64(True):
        world = world_of(economy)
    shape, runs = (len(costs), *world.flows.shape), len(costs)
    cost = np.ascontiguousarray(costs, np.float64).reshape(shape)
    collected = None
    if revenue is not None:
        collected = np.ascontiguousarray(revenue, np.float64).reshape(shape)
    sigma = _checked_elasticities(economy, elasticities, runs)
    asked = Asked(cost, collected, sigma)
    parts: list[Changes] = []
    count = 0
    with closing(solve_many(world, asked, rule, factors)) as solving:
        for solved in solving:
            _check_solved(economy, solved, count, runs, rule)
            part = slice(count, count + len(solved.walked))
            found = np.asarray(solved.changes.flows), np.asarray(solved.changes.real_income)
            first = count if runs > 1 else None
            check_loans(rule, economy, cost[part], sigma[part], *found, first)
            parts.append(solved.changes)
            count = part.stop
            if progress is not None:
                progress(count, runs)
    together: Changes = jax.tree.map(lambda *values: np.concatenate(values), *parts)
    unchanged = (cost == 1).all(axis=(1, 2, 3)) & (rule != "balanced")
    if collected is not None:
        unchanged &= ~collected.any(axis=(1, 2, 3))
    return _equilibrium(economy, together, unchanged, rule)


def _elasticity(economy: Economy, given: Given) -> Float64[np.ndarray, "1 ..."]:
    """σ of one run."""
    axes = {"sector": economy.sectors} if np.ndim(given) else {}
    return in_order(given, axes, "elasticity of substitution")[None]


def _check_all_costs(economy: Economy, cost_changes: Float64[np.ndarray, "run ..."]) -> None:
    """Check all at once, which is fast; check one by one only to name the wrong one."""
    fitting = cost_changes.shape[1:] == economy.flows.shape
    if fitting and cost_changes.min() > 0 and cost_changes.max() < np.inf:
        return
    for run, cost_change in enumerate(cost_changes):
        check_costs(economy, cost_change, f" of run {run}")


def _check_all_revenue(
    economy: Economy, revenue: Float64[np.ndarray, "_ ..."], costs: Float64[np.ndarray, "run ..."]
) -> None:
    runs = len(costs)
    if len(revenue) != runs:
        raise UsageError("revenue", f"{len(revenue)} runs", f"{runs}, as many as cost changes")
    for run, (collected, cost) in enumerate(zip(revenue, costs, strict=True)):
        check_revenue(economy, collected, cost, f" of run {run}")


def _options(closure: str, factors: str, revenue: object | None) -> tuple[Closure, Factors]:
    for what, name, known in (("closure", closure, CLOSURES), ("factors", factors, FACTORS)):
        if name not in known:
            raise UsageError(
                what, repr(name), "one of " + ", ".join(known), hint=nearest(name, known)
            )
    if revenue is not None and closure == "held-shares":
        raise UsageError(
            "revenue",
            "duties under the closure 'held-shares', which keeps spending as observed",
            "another closure",
        )
    return cast(Closure, closure), cast(Factors, factors)


def _checked_elasticities(
    economy: Economy, given: Float64[np.ndarray, "..."], runs: int
) -> Float64[np.ndarray, "run sector"]:
    sectors = max(1, len(economy.sectors))
    if given.shape not in {(runs,), (runs, sectors)}:
        each = f", or one for each of the {sectors} sectors" if economy.sectors else ""
        raise UsageError(
            "elasticity of substitution",
            f"{given.shape[1:]} for a run" if given.ndim > 1 else f"{len(given)} numbers",
            f"one number for each run{each}",
        )
    for value in given.ravel().tolist():
        if not (np.isfinite(value) and value > 1):
            raise UsageError("elasticity of substitution", repr(value), "a finite number above 1")
    return np.array(np.broadcast_to(given.reshape(runs, -1), (runs, sectors)))


def _check_solved(economy: Economy, solved: Solved, first: int, runs: int, rule: Rule) -> None:
    """Raise an error about the first unsolved counterfactual and its worst market."""
    for run in np.flatnonzero(~(solved.changes.residual <= TOLERANCE)):
        left = np.abs(solved.gap[run])
        left = np.where(np.isnan(left), np.inf, left)
        pool, country = np.unravel_index(left.argmax(), left.shape)
        good = f"{economy.sectors[pool]} of " if len(left) > 1 else ""
        apart = f"a relative {left.max():.1e} from supply" if left.max() < np.inf else "undefined"
        raise UsageError(
            f"trade equilibrium{f' of run {first + run}' if runs > 1 else ''}, "
            f"{float(solved.walked[run]):.0%} of the way to the new costs",
            f"demand for {good}{economy.countries[country]!r} {apart}",
            f"at most {TOLERANCE:.0e} from supply",
            hint="an isolated country cannot keep its deficit or surplus: use the closure "
            "'export-share', balance trade first or cap the cost change"
            if rule in LOANS_FIXED
            else "cap the cost change or the elasticity",
        )


def _equilibrium(
    economy: Economy, found: Changes, unchanged: Bool[np.ndarray, " run"], rule: Rule
) -> Equilibrium:
    """Return solutions in the unit and shape of the economy, with runs in front."""
    arrays = {name: np.asarray(values) for name, values in found._asdict().items()}
    for money in ("flows", "revenue"):
        arrays[money] *= economy.flows.sum()
    arrays["real_spending"] = _real_spending(economy, arrays, rule)
    if not economy.sectors:
        arrays |= {name: arrays[name][:, 0] for name in BY_SECTOR}
    # Without a cost change, results must equal the data to the bit; exp(log(1)) may not.
    same = {"flows": economy.flows, "revenue": 0.0, "steps": 0, "residual": 0.0}
    for name, values in arrays.items():
        values[unchanged] = same.get(name, 1.0)
    return Equilibrium(economy.countries, economy.sectors, **arrays)


def _real_spending(
    economy: Economy, arrays: dict[str, np.ndarray], rule: Rule
) -> Float64[np.ndarray, "run country"]:
    """Change in what countries buy for final use: all that they buy, less inputs."""
    flows = economy.flows.reshape(arrays["flows"].shape[1:])
    made, bought = flows.sum(axis=2), flows.sum(axis=(0, 1))
    inputs = (1 - economy.value_added_share) * made.sum(axis=0)
    earning = (made * arrays["wage"]).sum(axis=1) / made.sum(axis=0)
    now = arrays["flows"].sum(axis=(1, 2)) + arrays["revenue"]
    if rule == "held-shares":  # its flows do not add up to its spending
        now = bought * earning
    with np.errstate(divide="ignore", invalid="ignore"):
        change = (now - inputs * earning) / (bought - inputs) / arrays["price_index"]
    return np.where(bought > inputs, change, np.nan)
