"""Who sells how much to whom: what a counterfactual starts from and what it ends in."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from servanda.errors import UsageError

Countries = Float64[np.ndarray, " country"]
Pairs = Float64[np.ndarray, "origin destination"]


@dataclass(frozen=True, slots=True)
class Economy:
    """Observed flows, in any one unit of money.

    Attributes:
        countries: Their codes, in the order of the flows.
        flows: Sales of each origin to each destination; its sales at home are on the diagonal.
        value_added_share: γ, value added in gross output. Below one, goods are made from goods.
    """

    countries: tuple[str, ...]
    flows: Pairs
    value_added_share: float = 1.0

    def __post_init__(self) -> None:
        """Refuse flows that no equilibrium can have produced."""
        _check_shape(self.countries, self.flows, "flows")
        for country in self.countries:
            if self.countries.count(country) > 1:
                raise UsageError("countries", f"{country!r} twice", "each code once")
        _check_values(self.countries, self.flows)
        _check_ties(self.countries, self.flows)
        if not 0 < self.value_added_share <= 1:
            raise UsageError(
                "value-added share", repr(self.value_added_share), "a number above 0 and at most 1"
            )


@dataclass(frozen=True, slots=True)
class Equilibrium:
    """What a change in trade costs does. A change is new over old, so 1 is none.

    Attributes:
        countries: Their codes, in the order of every array.
        price: Change in the factory-gate price, world output in money being fixed.
        wage: Change in what a unit of the country's factors earns.
        price_index: Change in the price of what the country buys.
        real_income: Change in what its factors can buy, ŵ/P̂.
        flows: The new flows, in the unit of the old ones.
        steps: Newton steps taken, over all stages.
        residual: Largest gap left between log demand and log supply.
    """

    countries: tuple[str, ...]
    price: Countries
    wage: Countries
    price_index: Countries
    real_income: Countries
    flows: Pairs
    steps: int
    residual: float


def _check_shape(countries: tuple[str, ...], values: Pairs, what: str) -> None:
    if values.shape != (len(countries), len(countries)):
        raise UsageError(
            what,
            f"an array of shape {values.shape}",
            f"shape {(len(countries),) * 2}: each of the {len(countries)} countries to each",
        )


def check_costs(countries: tuple[str, ...], cost_change: Pairs) -> None:
    """Raise `UsageError` unless there is a positive cost change for each pair."""
    _check_shape(countries, cost_change, "cost change")
    for i, j in np.argwhere(~(np.isfinite(cost_change) & (cost_change > 0))):
        raise UsageError(
            f"cost change from {countries[i]!r} to {countries[j]!r}",
            repr(float(cost_change[i, j])),
            "a positive number, 1 for no change",
        )


def _check_values(countries: tuple[str, ...], flows: Pairs) -> None:
    for country, sales in zip(countries, np.diag(flows).tolist(), strict=True):
        if sales == 0 or math.isnan(sales):
            raise UsageError(
                f"domestic flow of {country!r}",
                "none",
                "a positive value",
                hint="sales at home are gross output less exports",
            )
    for i, j in np.argwhere(~(np.isfinite(flows) & (flows >= 0))):
        raise UsageError(
            f"flow from {countries[i]!r} to {countries[j]!r}",
            repr(float(flows[i, j])),
            "zero or a positive number",
        )


def _check_ties(countries: tuple[str, ...], flows: Pairs) -> None:
    abroad = flows * ~np.eye(len(countries), dtype=bool)
    for axis, direction in ((1, "exports"), (0, "imports")):
        for i in np.flatnonzero(abroad.sum(axis=axis) == 0):
            raise UsageError(
                f"{direction} of {countries[i]!r}",
                "zero with every other country",
                "at least one positive flow",
                hint="nothing ties its prices to the others': leave the country out",
            )
