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

Where no economy is asked for, sales at home may be left out of the data, for every country, and so
may other pairs. The equation is then estimated on the pairs that are there. Panels over years, with
effects of pairs, are in `servanda.trade.panel`.

Left out: the bias of standard errors when effects are many (Weidner and Zylkin 2021).

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
from typing import Any, Literal, get_args

import numpy as np
import scipy  # scipy.optimize takes a fifth of a second, and is imported when it is first used
from jaxtyping import Bool, Float64
from scipy.special import xlogy

from servanda.errors import UsageError, nearest
from servanda.trade.flows import Economy, check_flows, check_names
from servanda.trade.resistance import Countries, Pairs, Resistances, balance, resistances
from servanda.trade.table import Grid, Table, column, find_pairs

Costs = Float64[np.ndarray, "cost origin destination"]
Effects = Float64[np.ndarray, " cost"]
Covariance = Float64[np.ndarray, "cost cost"]
Flows = Float64[np.ndarray, " pair"]
Marks = Bool[np.ndarray, "origin destination"]
Absent = Literal["refuse", "zero", "left-out"]

MAX_ITERATIONS = 100
ROUNDING = 1e-7  # variation of a cost, relative to its size, that is none; float32 leaves 6e-8
DISTINCT = 1e-4  # least share of its variation that the other costs leave; float32 leaves 1e-6
UNSEEN = 1e-12  # relative squared effect of a direction on positive flows that counts as none
NOTICED = 1e-6  # least effect on a zero flow or a coefficient, with costs of unit size
LARGEST_LOG = 700.0  # beyond 709 an exponential overflows
HOME = (
    "sales at home are gross output less exports; or leave them out for every country, and the"
    " estimate gives no economy"
)
NOT_THERE = (
    "missing is not zero: give absent='zero' if these pairs have costs and did not trade, or"
    " absent='left-out' if their flows are unknown"
)
NO_COSTS = "a pair without trade needs a row with its costs; without them, give absent='left-out'"
CONDITION = 1e-9  # largest Σ costs (X − X̂), relative to Σ |costs| X


@dataclass(frozen=True, slots=True)
class Estimate:
    """Estimated effects of costs on flows.

    Attributes:
        costs: The names of the cost variables, in the order of the coefficients.
        coefficients: β, the change in log flows for one unit of each.
        covariance: Their covariance, robust or clustered, in the same order on both axes.
    """

    costs: tuple[str, ...]
    coefficients: Effects
    covariance: Covariance

    @property
    def standard_errors(self) -> Effects:
        """Standard errors of the coefficients: the roots of the covariance's diagonal."""
        errors: Effects = np.sqrt(np.diag(self.covariance))
        return errors


@dataclass(frozen=True, slots=True)
class Gravity(Estimate):
    """An estimated structural gravity equation.

    Attributes:
        countries: Their codes, in the order of every other array.
        ease: t_ij^(1−σ) = exp(β · costs_ij), by origin and destination; here and in the fitted
            flows, NaN for pairs that were left out.
        fitted: The fitted flows, in the unit of the observed ones. They add up to the observed
            total of every exporter and importer.
        exporter_effects: Log effect of each origin.
        importer_effects: Log effect of each destination, with a mean of zero.
        deviance: Poisson deviance, in the unit of the flows: zero where the fit is perfect.
        r_squared: Squared correlation of observed and fitted flows.
        observations: The number of pairs.
    """

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
        """The fitted flows as an economy, from which a counterfactual can start.

        Raises:
            UsageError: Pairs were left out of the estimation.
        """
        self._check_complete("the economy")
        return Economy(self.countries, self.fitted)

    def resistances(self, elasticity: float, reference: str) -> Resistances:
        """Return the multilateral resistances that the estimate implies.

        Args:
            elasticity: σ, between goods of different origin.
            reference: The country whose inward resistance is 1.

        Raises:
            UsageError: As `resistances`, or pairs were left out of the estimation.
        """
        self._check_complete("multilateral resistances")
        output, expenditure = self.fitted.sum(axis=1), self.fitted.sum(axis=0)
        return resistances(self.countries, self.ease, output, expenditure, elasticity, reference)

    def _check_complete(self, what: str) -> None:
        for i, j in np.argwhere(np.isnan(self.fitted))[:1]:
            raise UsageError(
                f"{what} of gravity",
                f"no flow from {self.countries[i]!r} to {self.countries[j]!r} in the estimation",
                "every pair, sales at home included",
                hint="estimate with sales at home: gross output less exports",
            )


def estimate(
    data: Table,
    costs: Sequence[str],
    *,
    flow: str = "trade",
    exporter: str = "exporter",
    importer: str = "importer",
    cluster: str | None = None,
    absent: Absent | str = "refuse",
) -> Gravity:
    """Estimate structural gravity with exporter and importer effects by PPML.

    Args:
        data: One row for each origin with each destination, in any order: a pandas DataFrame, or a
            dict of arrays or lists. Sales at home are included for every country, or for none; in
            the latter case the estimate gives no economy.
        costs: The columns of cost variables, such as log distance or a dummy for a border.
        flow: The column of flows, in any one unit of money.
        exporter: The column of codes of the origin.
        importer: The column of codes of the destination.
        cluster: The column of clusters within which errors may be correlated, such as the pair
            whatever its direction. Without one, errors are independent.
        absent: What pairs of different countries without a flow are: `zero`, if their rows have
            costs; `left-out` of the estimation; or refused.

    Returns:
        The estimates, with the fitted flows.

    Raises:
        UsageError: pyfixest is not installed; a column or option is unknown; a code is spelt in two
            ways; a pair has no flow or several rows; a flow is negative, a domestic flow is
            zero, or a country has no trade; a cost variable is not finite, or is collinear with the
            effects and the others; the zeros leave a coefficient without a finite value; ease is
            beyond what a float holds; or PPML does not converge.
    """
    pyfixest = need_pyfixest()
    grid = find_pairs(data, exporter, importer)
    flows, there = _flows(grid, grid.values(data, flow), absent)
    names = cost_names(costs)
    values = _cost_values(data, grid, names, there)
    within = _within(names, values, there)
    scale = np.sqrt((within**2).sum(axis=(1, 2)) / there.sum())
    cells = within / scale[:, None, None]
    clusters = _clusters(data, grid, cluster, there)
    _check_separation(names, grid, flows, cells, there)
    scaled, covariance = _fit(pyfixest, names, flows, cells, clusters, there)
    coefficients = scaled / scale
    log_ease = np.where(there, np.tensordot(coefficients, values, axes=1), -np.inf)
    seller, buyer = balance(log_ease, flows.sum(axis=1), flows.sum(axis=0))
    fitted = np.exp(seller[:, None] + buyer + log_ease)
    _check_condition(names, cells, flows, fitted)
    return Gravity(
        names,
        coefficients,
        covariance=covariance / np.outer(scale, scale),
        countries=grid.countries,
        ease=np.where(there, _ease(np.where(there, log_ease, 0.0)), np.nan),
        fitted=np.where(there, fitted, np.nan),
        exporter_effects=seller + buyer.mean(),
        importer_effects=buyer - buyer.mean(),
        deviance=_deviance(flows[there], fitted[there]),
        r_squared=_squared_correlation(flows[there], fitted[there]),
        observations=int(there.sum()),
    )


def _flows(grid: Grid, flows: Pairs, absent: str) -> tuple[Pairs, Marks]:
    """The flows, zero where none is used, and the pairs that are estimated on."""
    if absent not in get_args(Absent):
        expected = "one of " + ", ".join(get_args(Absent))
        raise UsageError("absent", repr(absent), expected, nearest(str(absent), get_args(Absent)))
    home, row, known = np.eye(len(flows), dtype=bool), grid.rows >= 0, ~np.isnan(flows)
    if absent == "refuse":
        there = row
    elif absent == "zero":
        there = row & (known | ~home)
    else:
        there = known
    missing = ~there if there[home].any() else ~there & ~home
    abroad = NO_COSTS if absent == "zero" else NOT_THERE
    grid.check_complete(missing & home if absent == "left-out" else missing, HOME, abroad)
    flows = np.where(there & (known | (absent == "refuse")), flows, 0.0)
    if there.all():
        Economy(grid.countries, flows)
    check_flows(grid.countries, flows)
    for axis, direction in ((1, "exports"), (0, "imports")):
        for i in np.flatnonzero(flows.sum(axis=axis) == 0):
            raise UsageError(
                f"{direction} of {grid.countries[i]!r}",
                "zero with every country",
                "at least one positive flow",
                hint="leave the country out",
            )
    return flows, there


def cost_names(costs: Sequence[str]) -> tuple[str, ...]:
    """The names of the cost variables: one or more, each once."""
    if isinstance(costs, str):
        raise UsageError("cost variables", f"the text {costs!r}", "a list of columns")
    if not costs:
        raise UsageError("cost variables", "none", "at least one column")
    check_names(tuple(costs), "cost variables", "column")
    return tuple(costs)


def need_pyfixest() -> ModuleType:
    """Import pyfixest, or say how to install it."""
    try:
        return import_module("pyfixest")
    except ImportError:
        raise UsageError(
            "servanda.trade.gravity",
            "pyfixest is not installed",
            "the extra 'gravity', which estimating trade costs needs",
            hint="pip install 'servanda[gravity]'",
        ) from None


def _cost_values(data: Table, grid: Grid, names: tuple[str, ...], there: Marks) -> Costs:
    values = np.stack([grid.values(data, name) for name in names])
    for cost, i, j in np.argwhere(~np.isfinite(values) & there):
        raise UsageError(
            f"{names[cost]} {grid.pair(i, j)}",
            repr(float(values[cost, i, j])),
            "a finite number",
        )
    return np.where(there, values, 0.0)


def _within(names: tuple[str, ...], values: Costs, there: Marks) -> Costs:
    """Subtract exporter and importer effects from each cost variable; refuse collinear ones."""
    number = len(there)
    centred = (values - values.sum(axis=(1, 2), keepdims=True) / there.sum()) * there
    counts = np.block(
        [
            [np.diag(there.sum(axis=1)), there],
            [there.T, np.diag(there.sum(axis=0))],
        ]
    ).astype(np.float64)
    totals = np.hstack([centred.sum(axis=2), centred.sum(axis=1)])
    effects = totals @ np.linalg.pinv(counts, hermitian=True)
    within: Costs = (centred - effects[:, :number, None] - effects[:, None, number:]) * there
    basis: list[np.ndarray] = []
    for name, raw, left in zip(names, values, within, strict=True):
        rest = left.ravel()
        least = max(ROUNDING * np.linalg.norm(raw), DISTINCT * np.linalg.norm(rest))
        for direction in basis * 2:  # Do it twice, because of rounding.
            rest = rest - (rest @ direction) * direction
        length = float(np.linalg.norm(rest))
        if length <= least:
            raise collinear(name)
        basis.append(rest / length)
    return within


def collinear(name: str) -> UsageError:
    """The error about a cost variable without variation of its own."""
    return UsageError(
        f"cost variable {name!r}",
        "a variable that the effects and the variables before it explain",
        "a variable with variation of its own",
        hint="leave it out",
    )


def _clusters(data: Table, grid: Grid, cluster: str | None, there: Marks) -> np.ndarray:
    """Number the cluster of each pair that is there, in the order of the grid."""
    if cluster is None:
        return np.arange(there.sum())
    labels = import_module("pandas").factorize(column(data, cluster)[grid.rows[there]])[0]
    numbers: np.ndarray = np.asarray(labels)
    if (numbers < 0).any():
        first = np.argwhere(there)[int((numbers < 0).argmax())]
        raise UsageError(f"{cluster} {grid.pair(*first)}", "nothing", "a cluster")
    check_clusters(numbers, cluster)
    return numbers


def check_clusters(numbers: np.ndarray, cluster: str | None) -> None:
    """Refuse a single cluster, within which all errors may be correlated."""
    if numbers.max() == 0:
        raise UsageError(f"cluster column {cluster!r}", "one cluster", "at least two")


def _fit(
    pyfixest: ModuleType,
    names: tuple[str, ...],
    flows: Pairs,
    cells: Costs,
    clusters: np.ndarray,
    there: Marks,
) -> tuple[Effects, Covariance]:
    """Run PPML on costs of unit size; return coefficients and their covariance."""
    origins, destinations = np.nonzero(there)
    columns = {f"cost{k}": cell[there] for k, cell in enumerate(cells)}
    table = {
        "flow": flows[there] / flows.mean(),
        "exporter": origins,
        "importer": destinations,
        "cluster": clusters,
        **columns,
    }
    _, found, covariance = fit_ppml(
        pyfixest,
        f"flow ~ {' + '.join(columns)} | exporter + importer",
        table,
        # The check would drop, with a warning, observations that `_check_separation` refuses.
        separation_check=[],
        iwls_tol=1e-14,
        demeaner=pyfixest.MapDemeaner(fixef_tol=1e-14, fixef_maxiter=100_000),
    )
    for name, key in zip(names, columns, strict=True):
        if key not in found.index:
            raise collinear(name)
    return found.loc[list(columns)].to_numpy(), covariance


def fit_ppml(
    pyfixest: ModuleType, formula: str, table: Any, **options: Any
) -> tuple[Any, Any, Covariance]:
    """PPML by pyfixest, with errors clustered by the column `cluster`.

    Returns:
        pyfixest's result, the coefficients by name, and their covariance.
    """
    with np.errstate(
        divide="ignore", invalid="ignore"
    ):  # from t values of a perfect fit, which are not used
        fit = pyfixest.fepois(
            formula,
            import_module("pandas").DataFrame(table),
            vcov={"CRV1": "cluster"},
            ssc=pyfixest.ssc(k_adj=False),
            iwls_maxiter=MAX_ITERATIONS,
            **options,
        )
        found = fit.coef()
    covariance = np.asarray(fit._vcov, dtype=np.float64)  # noqa: SLF001 (it has no public name)
    return fit, found, covariance


def _check_separation(
    names: tuple[str, ...], grid: Grid, flows: Pairs, cells: Costs, there: Marks
) -> None:
    """Refuse costs that separate zeros from positive flows: PPML estimates would be infinite.

    They exist if a direction of the coefficients does not change any positive flow and only
    lowers zeros (Santos Silva and Tenreyro 2010; Correia, Guimarães and Zylkin 2021). Few
    directions leave positive flows unchanged, so a small linear program finds such a direction.
    """
    positive = flows[there] > 0
    if positive.all():
        return
    pairs = np.argwhere(there)
    sides = np.eye(len(flows))[pairs]
    design = np.hstack([cells[:, there].T, sides[:, 0], sides[:, 1]])
    sizes, directions = np.linalg.eigh(design[positive].T @ design[positive])
    free = directions[:, sizes <= UNSEEN * sizes.max()]
    lowered = design[~positive] @ free
    best = scipy.optimize.linprog(
        lowered.sum(axis=0), lowered, np.zeros(len(lowered)), bounds=(-1, 1)
    )
    told_apart = np.flatnonzero(lowered @ best.x < -NOTICED)
    if len(told_apart):
        first = pairs[np.flatnonzero(~positive)[told_apart[0]]]
        at_work = np.abs(free @ best.x)[: len(names)] > NOTICED
        raise separating(
            ", ".join(repr(name) for name, used in zip(names, at_work, strict=True) if used)
            + f", separating {len(told_apart)} zeros from positive flows, the first "
            + grid.pair(*first)
        )


def separating(found: str) -> UsageError:
    """The error about cost variables that separate zeros from positive flows."""
    return UsageError(
        "cost variables",
        found,
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
            raise not_converged(name, gap, CONDITION)


def not_converged(name: str, gap: float, most: float) -> UsageError:
    """The error about a coefficient that does not solve its first-order condition."""
    return UsageError(
        f"PPML, coefficient of {name!r}",
        f"a first-order condition off by a relative {gap:.1e}",
        f"at most {most:.0e}",
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


def _squared_correlation(observed: Flows, fitted: Flows) -> float:
    """Stata's R² for PPML; not a number if all flows are equal."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(np.corrcoef(observed.ravel(), fitted.ravel())[0, 1] ** 2)


def _deviance(observed: Flows, fitted: Flows) -> float:
    return float(2 * (xlogy(observed, observed / fitted) - (observed - fitted)).sum())
