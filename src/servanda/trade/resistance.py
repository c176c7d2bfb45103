"""Multilateral resistances: the average trade costs of each country with all others.

Claim: trade between two countries depends on the cost of trade between them relative to their costs
of trade with all countries. Y is output (without an index, world output), E expenditure and t the
cost of delivering one unit (Anderson and van Wincoop 2003, equations 10 to 12, with separate output
and expenditure as in Yotov et al. 2016):

    flows      X_ij = (Y_i E_j / Y) (t_ij / (Π_i P_j))^(1−σ)
    outward    Π_i^(1−σ) = Σ_j (t_ij / P_j)^(1−σ) E_j / Y
    inward     P_j^(1−σ) = Σ_i (t_ij / Π_i)^(1−σ) Y_i / Y

Costs enter only as the **ease** t^(1−σ), which is what gravity estimates. The equations leave one
level open, so P is set to 1 in a reference country. They hold exactly if the flows add up to output
and expenditure. Solving them therefore means scaling the rows and columns of a positive matrix to
given totals (RAS, or Sinkhorn's method). One solution exists for any positive numbers whose totals
agree, and every sweep over rows and columns comes closer to it (Franklin and Lorenz 1989). Newton
steps are used where they come closer faster. Both work on logarithms, so units do not matter.

Sources: Anderson and van Wincoop, "Gravity with Gravitas", AER 93(1), 2003. Yotov, Piermartini,
Monteiro and Larch, "An Advanced Guide to Trade Policy Analysis", WTO/UNCTAD 2016. Franklin and
Lorenz, "On the Scaling of Multidimensional Matrices", Linear Algebra and its Applications 114,
1989.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64
from scipy.special import logsumexp

from servanda.errors import UsageError, nearest
from servanda.trade.flows import Economy
from servanda.trade.labels import Array, Given, in_order

Countries = Float64[np.ndarray, " country"]
Pairs = Float64[np.ndarray, "origin destination"]

TOLERANCE = 1e-12  # largest relative gap between a total and the sum of its flows
MAX_STEPS = 2000
LONGEST_STEP = 5.0  # log points
FRACTIONS = (1.0, 0.25, 0.05)  # halvings of a Newton step before a sweep
DAMPING = 1e-13
VISIBLE_FALL = 1e-12  # of the objective, per unit of output; smaller changes are rounding errors
TOTALS_AGREE = 1e-9  # relative
TIED = 1e-8  # least share of output that every group of countries must trade with the rest


@dataclass(frozen=True, slots=True)
class Resistances:
    """Multilateral resistances, in levels, not raised to 1 − σ.

    Attributes:
        countries: Their codes, in the order of both arrays.
        inward: P_j, the incidence of trade costs on buyers of a country. 1 in the reference.
        outward: Π_i, the incidence on its sellers.
        reference: The country in which P is 1.
    """

    countries: tuple[str, ...]
    inward: Countries
    outward: Countries
    reference: str


def resistances(
    countries: tuple[str, ...],
    ease: Given,
    output: Given,
    expenditure: Given,
    elasticity: float,
    reference: str,
) -> Resistances:
    """Solve for the multilateral resistances of Anderson and van Wincoop (2003).

    Args:
        countries: Their codes, in the order of every array.
        ease: t_ij^(1−σ) by origin and destination, positive. Multiplying all of it by one number
            multiplies every Π^(1−σ) by that number.
        output: Y_i, in any one unit of money.
        expenditure: E_j, in the same unit, with the same total.
        elasticity: σ, between goods of different origin.
        reference: The country in which P is set to 1.

    Returns:
        The resistances, with flows that add up to output and expenditure within a relative 1e-12.

    Raises:
        UsageError: The elasticity is 1 or less, the reference is unknown, a number is not positive
            and finite, shapes or totals differ, the totals cannot be met in double precision, or
            countries trade too little with each other for their price levels to be compared.
    """
    _check_elasticity(elasticity)
    if reference not in countries:
        raise UsageError(
            "country of reference",
            repr(reference),
            "one of " + ", ".join(countries),
            hint=nearest(reference, countries),
        )
    pairs = {"origin": countries, "destination": countries}
    ease = in_order(ease, pairs, "ease")
    output = in_order(output, {"country": countries}, "output")
    expenditure = in_order(expenditure, {"country": countries}, "expenditure")
    _check(countries, {"ease": ease, "output": output, "expenditure": expenditure})
    seller, buyer = balance(np.log(ease), output, expenditure)
    _check_tied(np.exp(seller[:, None] + buyer) * ease, output, expenditure)
    home = countries.index(reference)
    # e^(seller + buyer) ease is X_ij, so that e^seller is (Y_i / Y) Π^(σ−1) and e^buyer E_j P^(σ−1)
    # up to one number, which P = 1 in the reference fixes.
    level = buyer[home] - math.log(expenditure[home])
    inward = buyer - np.log(expenditure) - level
    outward = seller - np.log(output / output.sum()) + level
    return Resistances(
        countries,
        inward=np.exp(inward / (elasticity - 1)),
        outward=np.exp(outward / (elasticity - 1)),
        reference=reference,
    )


def economy_from_costs(
    countries: tuple[str, ...],
    costs: Given,
    output: Given,
    expenditure: Given,
    elasticity: float,
) -> Economy:
    """Make the economy that trade costs and totals imply, without observed flows.

    Flows are those of structural gravity, X_ij = (Y_i E_j / Y) (t_ij / (Π_i P_j))^(1−σ). The level
    of costs does not matter: twice all costs give the same flows.

    Args:
        countries: Their codes, in the order of every array.
        costs: t_ij, the cost of delivering one unit from origin to destination, positive: 1.2 adds
            a fifth of its price.
        output: Y_i, in any one unit of money.
        expenditure: E_j, in the same unit, with the same total.
        elasticity: σ, between goods of different origin.

    Raises:
        UsageError: The elasticity is 1 or less, a number is not positive and finite, shapes, labels
            or totals differ, or the totals cannot be met in double precision.
    """
    _check_elasticity(elasticity)
    levels = in_order(costs, {"origin": countries, "destination": countries}, "costs")
    made = in_order(output, {"country": countries}, "output")
    spent = in_order(expenditure, {"country": countries}, "expenditure")
    _check(countries, {"costs": levels, "output": made, "expenditure": spent})
    log_ease = (1 - elasticity) * np.log(levels)
    seller, buyer = balance(log_ease, made, spent)
    return Economy(countries, np.exp(seller[:, None] + buyer + log_ease))


def balance(
    log_ease: Pairs, output: Countries, expenditure: Countries
) -> tuple[Countries, Countries]:
    """Scale the rows and columns of a positive matrix to given totals.

    Args:
        log_ease: The log of the matrix, by origin and destination.
        output: The total of each row, positive.
        expenditure: The total of each column, positive, with the same sum.

    Returns:
        The log factor of each row and of each column. Only sums of the two are determined.

    Raises:
        UsageError: The totals cannot be met in double precision.
    """
    seller = np.log(output / output.sum())
    flows, access = _spend(log_ease, seller, expenditure)
    for _ in range(MAX_STEPS):
        gap = np.log(flows.sum(axis=1) / output)
        if np.ptp(gap) <= TOLERANCE:
            return seller, np.log(expenditure) - access
        step = _newton_step(flows, output, expenditure)
        for fraction in FRACTIONS:
            trial = _spend(log_ease, seller + fraction * step, expenditure)
            nearer = np.ptp(np.log(trial[0].sum(axis=1) / output)) < np.ptp(gap) / 2
            fall = fraction * (output @ step) - expenditure @ (trial[1] - access)
            if nearer or fall > VISIBLE_FALL * output.sum():
                seller, (flows, access) = seller + fraction * step, trial
                break
        else:  # A sweep never widens the spread of the gaps.
            seller = seller - gap
            flows, access = _spend(log_ease, seller, expenditure)
    raise UsageError(
        "multilateral resistances",
        f"totals a relative {np.ptp(gap):.1e} from output and expenditure",
        f"at most {TOLERANCE:.0e}",
        hint="some countries hardly trade at these costs, but their totals require trade: "
        "check the units of ease",
    )


def _spend(log_ease: Pairs, seller: Countries, expenditure: Countries) -> tuple[Pairs, Countries]:
    """Distribute each buyer's expenditure over the sellers; return also its access, in logs.

    Columns add up exactly. Rows do at the minimum of Σ_j E_j access_j − Σ_i Y_i seller_i, which is
    convex.
    """
    offer = log_ease + seller[:, None]
    access = logsumexp(offer, axis=0)
    return np.exp(offer - access) * expenditure, access


def _newton_step(flows: Pairs, output: Countries, expenditure: Countries) -> Countries:
    """Newton step of the log row factors, after which rows add up to first order.

    Only differences between factors matter, so the outer product fixes their level. Rows are scaled
    by the root of output, so that small countries count. Damping gives a direction to countries
    that do not trade at this guess.
    """
    root = np.sqrt(output)
    sold = flows.sum(axis=1)
    slope = np.diag(sold) - (flows / expenditure) @ flows.T
    scaled = slope / np.outer(root, root) + np.outer(root, root) / output.sum()
    step = np.linalg.solve(scaled + DAMPING * np.eye(len(root)), (output - sold) / root) / root
    shortened: Countries = step * (LONGEST_STEP / max(LONGEST_STEP, float(np.abs(step).max())))
    return shortened


def _check_tied(flows: Pairs, output: Countries, expenditure: Countries) -> None:
    """Refuse flows in groups that trade too little to compare their prices."""
    shares = flows / np.sqrt(np.outer(output, expenditure))
    # The first singular value is 1. The second is 1 too if two groups do not trade at all.
    second = float(np.linalg.svd(shares, compute_uv=False)[1:2].max(initial=0.0))
    if 1 - second**2 < TIED:
        raise UsageError(
            "multilateral resistances",
            f"a group of countries that trades a share of {max(0.0, 1 - second**2):.0e} of its"
            " output with the rest",
            f"at least {TIED:.0e}",
            hint="price levels of countries that do not trade cannot be compared: "
            "check the units of ease",
        )


def _check_elasticity(elasticity: float) -> None:
    if not (math.isfinite(elasticity) and elasticity > 1):
        raise UsageError("elasticity of substitution", repr(elasticity), "a finite number above 1")


def _check(countries: tuple[str, ...], given: dict[str, Array]) -> None:
    """Refuse numbers that are not positive, of pairs first and then totals."""
    number = len(countries)
    for name, values in given.items():
        shape = (number,) if name in ("output", "expenditure") else (number, number)
        if values.shape != shape:
            raise UsageError(
                name,
                f"an array of shape {values.shape}",
                f"shape {shape} for the {number} countries",
            )
        for place in np.argwhere(~(np.isfinite(values) & (values > 0))):
            who = " to ".join(repr(countries[i]) for i in place)
            raise UsageError(
                f"{name} {'of' if values.ndim == 1 else 'from'} {who}",
                repr(float(values[tuple(place)])),
                "a positive number",
            )
    made, spent = float(given["output"].sum()), float(given["expenditure"].sum())
    if abs(made - spent) > TOTALS_AGREE * made:
        raise UsageError(
            "total expenditure",
            f"{spent:.12g}",
            f"the total of output, {made:.12g}",
            hint="world expenditure is world output: scale expenditure by the ratio of the totals",
        )
