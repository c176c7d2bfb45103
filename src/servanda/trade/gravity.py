"""Estimates trade costs from trade flows: structural gravity by PPML.

Claim: a flow depends on its exporter, its importer, and the trade costs between them,

    X_ij = exp(exporter_i + importer_j + β · costs_ij) + error,   t_ij^(1−σ) = exp(β · costs_ij)

estimated by Poisson pseudo-maximum likelihood (Santos Silva and Tenreyro 2006), which keeps
zero flows and allows unequal variance. With effects of every exporter and importer, fitted flows
add up to the observed totals of each. The effects are then the multilateral resistances of theory,
without further restriction (Arvis and Shepherd 2013; Fally 2015). A counterfactual can start from
the fitted flows.

pyfixest estimates β. The effects then follow, given β, from scaling rows and columns to
their totals (`resistance.balance`). This meets the totals within a relative 1e-12, while pyfixest
stops with some exporters 1e-5 away. β is checked against its first-order condition,
Σ costs (X − X̂) = 0.

Standard errors are sandwich ones, clustered by a column where one is named, with G/(G − 1) for G
clusters as the only correction for small samples: the convention of Stata's `ppml`, which the
published examples use.

Left out: panels over years, effects of pairs, and the bias of standard errors when effects are
many (Weidner and Zylkin 2021).

Sources: Santos Silva and Tenreyro, "The Log of Gravity", Review of Economics and Statistics 88(4),
2006, and "On the existence of the maximum likelihood estimates in Poisson regression", Economics
Letters 107(2), 2010. Correia, Guimarães and Zylkin, "Verifying the existence of maximum likelihood
estimates for generalized linear models", arXiv 1903.01633, 2021. Arvis and Shepherd, "The Poisson
quasi-maximum likelihood estimator: a solution to the 'adding up' problem in gravity models",
Applied Economics Letters 20(6), 2013. Fally, "Structural gravity and fixed effects", Journal of
International Economics 97(1), 2015. Weidner and Zylkin, "Bias and consistency in three-way gravity
models", Journal of International Economics 132, 2021. Yotov, Piermartini, Monteiro and Larch, "An
Advanced Guide to Trade Policy Analysis", WTO/UNCTAD 2016.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Any

import numpy as np
from jaxtyping import Float64
from scipy.optimize import linprog
from scipy.special import xlogy

from servanda.errors import UsageError
from servanda.trade.flows import Economy, check_names
from servanda.trade.resistance import Countries, Pairs, Resistances, balance, resistances
from servanda.trade.table import Grid, Table, column, find_pairs

Costs = Float64[np.ndarray, "cost origin destination"]
Effects = Float64[np.ndarray, " cost"]

MAX_ITERATIONS = 100
COLLINEAR = 1e-9  # relative remainder of a cost variable that the others explain
UNSEEN = 1e-12  # relative squared effect of a direction on positive flows that counts as none
NOTICED = 1e-6  # least effect on a zero flow or a coefficient, with costs of unit size
LARGEST_LOG = 700.0  # beyond 709 an exponential overflows
CONDITION = 1e-9  # largest Σ costs (X − X̂), relative to Σ |costs| X


@dataclass(frozen=True, slots=True)
class Gravity:
    """An estimated structural gravity equation.

    Attributes:
        costs: The names of the cost variables, in the order of the coefficients.
        coefficients: β, the change in log flows for one unit of each.
        standard_errors: Their standard errors, robust or clustered.
        countries: Their codes, in the order of every other array.
        ease: t_ij^(1−σ) = exp(β · costs_ij), by origin and destination.
        fitted: The fitted flows, in the unit of the observed ones. They add up to the observed
            total of every exporter and importer.
        exporter_effects: Log effect of each origin.
        importer_effects: Log effect of each destination, with a mean of zero.
        deviance: Poisson deviance, in the unit of the flows: zero where the fit is perfect.
        r_squared: Squared correlation of observed and fitted flows.
        observations: The number of pairs.
    """

    costs: tuple[str, ...]
    coefficients: Effects
    standard_errors: Effects
    countries: tuple[str, ...]
    ease: Pairs
    fitted: Pairs
    exporter_effects: Countries
    importer_effects: Countries
    deviance: float
    r_squared: float
    observations: int

    @property
    def economy(self) -> Economy:
        """The fitted flows as an economy, from which a counterfactual can start."""
        return Economy(self.countries, self.fitted)

    def resistances(self, elasticity: float, reference: str) -> Resistances:
        """Return the multilateral resistances that the estimate implies.

        Args:
            elasticity: σ, between goods of different origin.
            reference: The country whose inward resistance is 1.
        """
        output, expenditure = self.fitted.sum(axis=1), self.fitted.sum(axis=0)
        return resistances(self.countries, self.ease, output, expenditure, elasticity, reference)


def estimate(
    data: Table,
    costs: Sequence[str],
    *,
    flow: str = "trade",
    exporter: str = "exporter",
    importer: str = "importer",
    cluster: str | None = None,
) -> Gravity:
    """Estimate structural gravity with exporter and importer effects by PPML.

    Args:
        data: One row for each origin with each destination, sales at home included, in any order: a
            pandas DataFrame, or a dict of arrays.
        costs: The columns of cost variables, such as log distance or a dummy for a border.
        flow: The column of flows, in any one unit of money.
        exporter: The column of codes of the origin.
        importer: The column of codes of the destination.
        cluster: The column of clusters within which errors may be correlated, such as the pair
            whatever its direction. Without one, errors are independent.

    Returns:
        The estimates, with the fitted flows.

    Raises:
        UsageError: pyfixest is not installed; a column is unknown; a pair has no row or several;
            a flow is negative or missing, a domestic flow is zero, or a country has no trade; a
            cost variable is not finite, or is collinear with the effects and the others; the
            zeros leave a coefficient without a finite value; ease is beyond what a float holds;
            or PPML does not converge.
    """
    pyfixest = _pyfixest()
    grid = find_pairs(data, exporter, importer)
    economy = Economy(grid.countries, grid.values(data, flow))
    names = tuple(costs)
    values = _cost_values(data, grid, names)
    within = _within(names, values)
    scale = np.sqrt((within**2).mean(axis=(1, 2)))
    cells = within / scale[:, None, None]
    clusters = _clusters(data, grid, cluster)
    _check_separation(names, grid, economy.flows, cells)
    scaled, errors = _fit(pyfixest, grid, economy.flows, cells, clusters)
    coefficients = scaled / scale
    log_ease = np.tensordot(coefficients, values, axes=1)
    output, expenditure = economy.flows.sum(axis=1), economy.flows.sum(axis=0)
    seller, buyer = balance(log_ease, output, expenditure)
    fitted = np.exp(seller[:, None] + buyer + log_ease)
    _check_condition(names, cells, economy.flows, fitted)
    return Gravity(
        names,
        coefficients,
        standard_errors=errors / scale,
        countries=grid.countries,
        ease=_ease(log_ease),
        fitted=fitted,
        exporter_effects=seller + buyer.mean(),
        importer_effects=buyer - buyer.mean(),
        deviance=_deviance(economy.flows, fitted),
        r_squared=_squared_correlation(economy.flows, fitted),
        observations=fitted.size,
    )


def _pyfixest() -> ModuleType:
    try:
        return import_module("pyfixest")
    except ImportError:
        raise UsageError(
            "servanda.trade.gravity",
            "pyfixest is not installed",
            "the extra 'gravity', which estimating trade costs needs",
            hint="pip install 'servanda[gravity]'",
        ) from None


def _cost_values(data: Table, grid: Grid, names: tuple[str, ...]) -> Costs:
    if not names:
        raise UsageError("cost variables", "none", "at least one column")
    check_names(names, "cost variables", "column")
    values = np.stack([grid.values(data, name) for name in names])
    for cost, i, j in np.argwhere(~np.isfinite(values)):
        raise UsageError(
            f"{names[cost]} {grid.pair(i, j)}",
            repr(float(values[cost, i, j])),
            "a finite number",
        )
    return values


def _within(names: tuple[str, ...], values: Costs) -> Costs:
    """Subtract exporter and importer means from each cost variable; refuse collinear ones.

    Subtracting the means of rows and columns once is exact, as no pair is missing.
    """
    rows, columns = values.mean(axis=2, keepdims=True), values.mean(axis=1, keepdims=True)
    within: Costs = values - rows - columns + values.mean(axis=(1, 2), keepdims=True)
    basis: list[np.ndarray] = []
    for name, raw, left in zip(names, values, within, strict=True):
        rest = left.ravel()
        for direction in basis * 2:  # Do it twice, because of rounding.
            rest = rest - (rest @ direction) * direction
        length = float(np.linalg.norm(rest))
        if length <= COLLINEAR * float(np.linalg.norm(raw)):
            raise UsageError(
                f"cost variable {name!r}",
                "a variable that exporter and importer effects and the variables before it explain",
                "a variable with variation of its own between pairs",
                hint="leave it out",
            )
        basis.append(rest / length)
    return within


def _clusters(data: Table, grid: Grid, cluster: str | None) -> np.ndarray:
    """Number the cluster of each pair, in the order of the grid."""
    if cluster is None:
        return np.arange(grid.rows.size)
    labels = import_module("pandas").factorize(column(data, cluster)[grid.rows.ravel()])[0]
    numbers: np.ndarray = np.asarray(labels)
    if (numbers < 0).any():
        first = np.unravel_index(int((numbers < 0).argmax()), grid.rows.shape)
        raise UsageError(f"{cluster} {grid.pair(*first)}", "nothing", "a cluster")
    if numbers.max() == 0:
        raise UsageError(f"cluster column {cluster!r}", "one cluster", "at least two")
    return numbers


def _fit(
    pyfixest: ModuleType, grid: Grid, flows: Pairs, cells: Costs, clusters: np.ndarray
) -> tuple[Effects, Effects]:
    """Run PPML on costs of unit size; return coefficients and standard errors."""
    number = len(grid.countries)
    columns: dict[str, Any] = {f"cost{k}": cell.ravel() for k, cell in enumerate(cells)}
    table = import_module("pandas").DataFrame(
        {
            "flow": flows.ravel() / flows.mean(),
            "exporter": np.repeat(np.arange(number), number),
            "importer": np.tile(np.arange(number), number),
            "cluster": clusters,
            **columns,
        }
    )
    with np.errstate(
        divide="ignore", invalid="ignore"
    ):  # from t values of a perfect fit, which are not used
        fit = pyfixest.fepois(
            f"flow ~ {' + '.join(columns)} | exporter + importer",
            table,
            vcov={"CRV1": "cluster"},
            ssc=pyfixest.ssc(k_adj=False),
            # The check would drop, with a warning, observations that `_check_separation` refuses.
            separation_check=[],
            iwls_tol=1e-14,
            iwls_maxiter=MAX_ITERATIONS,
            demeaner=pyfixest.MapDemeaner(fixef_tol=1e-14, fixef_maxiter=100_000),
        )
        found = fit.tidy().loc[list(columns)]
    return found["Estimate"].to_numpy(), found["Std. Error"].to_numpy()


def _check_separation(names: tuple[str, ...], grid: Grid, flows: Pairs, cells: Costs) -> None:
    """Refuse costs that separate zeros from positive flows: PPML estimates would be infinite.

    They exist if a direction of the coefficients does not change any positive flow and only
    lowers zeros (Santos Silva and Tenreyro 2010; Correia, Guimarães and Zylkin 2021). Few
    directions leave positive flows unchanged, so a small linear program finds such a direction.
    """
    positive = flows.ravel() > 0
    if positive.all():
        return
    sides = np.eye(len(flows))
    exporter, importer = np.repeat(sides, len(flows), axis=0), np.tile(sides, (len(flows), 1))
    design = np.hstack([cells.reshape(len(names), -1).T, exporter, importer])
    sizes, directions = np.linalg.eigh(design[positive].T @ design[positive])
    free = directions[:, sizes <= UNSEEN * sizes.max()]
    lowered = design[~positive] @ free
    best = linprog(lowered.sum(axis=0), lowered, np.zeros(len(lowered)), bounds=(-1, 1))
    told_apart = np.flatnonzero(lowered @ best.x < -NOTICED)
    if len(told_apart):
        first = np.unravel_index(np.flatnonzero(~positive)[told_apart[0]], flows.shape)
        at_work = np.abs(free @ best.x)[: len(names)] > NOTICED
        raise UsageError(
            "cost variables",
            ", ".join(repr(name) for name, used in zip(names, at_work, strict=True) if used)
            + f", separating {len(told_apart)} zeros from positive flows, the first "
            + grid.pair(*first),
            "variables that also vary among positive flows",
            hint="a coefficient would be infinite: leave out variables that only mark pairs without"
            " trade",
        )


def _check_condition(names: tuple[str, ...], cells: Costs, observed: Pairs, fitted: Pairs) -> None:
    """Refuse coefficients that do not solve the first-order condition of PPML."""
    score = np.abs(np.tensordot(cells, observed - fitted, axes=2))
    worst = score / np.tensordot(np.abs(cells), observed, axes=2)
    for name, gap in zip(names, worst.tolist(), strict=True):
        if not gap <= CONDITION:
            raise UsageError(
                f"PPML, coefficient of {name!r}",
                f"a first-order condition off by a relative {gap:.1e}",
                f"at most {CONDITION:.0e}",
                hint="the estimates have not converged: look for extreme flows or costs",
            )


def _ease(log_ease: Pairs) -> Pairs:
    largest = float(np.abs(log_ease).max())
    if largest > LARGEST_LOG:
        raise UsageError(
            "cost variables",
            f"β · costs as large as {largest:.0f}",
            f"at most {LARGEST_LOG:.0f}, as ease is its exponential",
            hint="measure each cost from that of a typical pair",
        )
    ease: Pairs = np.exp(log_ease)
    return ease


def _squared_correlation(observed: Pairs, fitted: Pairs) -> float:
    """Stata's R² for PPML; not a number if all flows are equal."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(np.corrcoef(observed.ravel(), fitted.ravel())[0, 1] ** 2)


def _deviance(observed: Pairs, fitted: Pairs) -> float:
    return float(2 * (xlogy(observed, observed / fitted) - (observed - fitted)).sum())
