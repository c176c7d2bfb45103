"""gegravity on its own sample: Canada and Japan sign a trade agreement.

A check of the trade solver and of its speed. The package is Peter Herman's (USITC Economics
Working Paper 2021-04-B); the experiment is the one in its documentation. It shares no code with
`servanda.trade`. It solves for levels, and `servanda.trade` for changes.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    import gegravity

COSTS = ("lndist", "contiguity", "pta", "common_language", "international")
PARTNERS = ("CAN", "JPN")
REFERENCE = "DEU"
SIGMA = 5.0
YEAR = "2006"

# gegravity solves from a guess of 1 for every resistance, and those of sellers are orders of
# magnitude away: on this sample it fails with factors of 1 (its default) and 10, and converges with
# 100, 1000 and 10 000.
OMR_RESCALE = 1000.0
TOLERANCE = 1e-12  # its own is 1e-8


@dataclass(frozen=True)
class Outcome:
    """Results of gegravity for the agreement. Pairs are [origin, destination]; P is 1 in Germany.

    Attributes:
        countries: Their codes, in the order of every array.
        ease: t^(1−σ) of each pair before.
        ease_after: The same after.
        flows: Modelled trade before.
        flows_after: Modelled trade after.
        inward: P of each country before.
        outward: Π of each country before.
        price: Change in each factory-gate price, new over old.
        real_gdp: Change in output over P, new over old.
        seconds: Time of `simulate()`, without building the baseline.
    """

    countries: tuple[str, ...]
    ease: np.ndarray
    ease_after: np.ndarray
    flows: np.ndarray
    flows_after: np.ndarray
    inward: np.ndarray
    outward: np.ndarray
    price: np.ndarray
    real_gdp: np.ndarray
    seconds: float

    @property
    def cost_change(self) -> np.ndarray:
        """t̂ of each pair, after over before."""
        change: np.ndarray = (self.ease_after / self.ease) ** (1 / (1 - SIGMA))
        return change


def simulate(
    data: pd.DataFrame,
    coefficients: Mapping[str, float],
    *,
    omr_rescale: float = OMR_RESCALE,
    tolerance: float = TOLERANCE,
) -> Outcome:
    """Build gegravity's model on its sample, and simulate the agreement of Canada and Japan.

    Args:
        data: The sample, with columns exporter, importer, year, trade, Y, E and the costs.
        coefficients: β of each of `COSTS`.
        omr_rescale: gegravity's factor for outward resistances.
        tolerance: gegravity's tolerance for each of its systems of equations.
    """
    model = _model(data, coefficients)
    model.build_baseline(omr_rescale=omr_rescale, mr_tolerance=tolerance)
    signed = model.baseline_data.copy()
    one, other = PARTNERS
    for exporter, importer in ((one, other), (other, one)):
        pair = (signed["exporter"] == exporter) & (signed["importer"] == importer)
        signed.loc[pair, "pta"] = 1
    model.define_experiment(signed)
    start = time.perf_counter()
    model.simulate(ge_tolerance=tolerance)
    seconds = time.perf_counter() - start
    return _outcome(model, seconds)


def _model(data: pd.DataFrame, coefficients: Mapping[str, float]) -> gegravity.OneSectorGE:
    import gegravity  # it takes two seconds, which only those who solve should wait

    baseline = gegravity.BaselineData(
        data.copy(),  # It converts the years to text in place.
        trade_var_name="trade",
        expend_var_name="E",
        output_var_name="Y",
    )
    table = pd.DataFrame({"name": list(COSTS), "value": [coefficients[name] for name in COSTS]})
    return gegravity.OneSectorGE(
        baseline,
        year=YEAR,
        reference_importer=REFERENCE,
        sigma=SIGMA,
        cost_variables=list(COSTS),
        cost_coeff_values=gegravity.CostCoeffs(table, identifier_col="name", coeff_col="value"),
        quiet=True,
    )


def _outcome(model: gegravity.OneSectorGE, seconds: float) -> Outcome:
    resistances = model.country_mr_terms.sort_index()
    results = model.country_results.loc[resistances.index]

    def pairs(table: pd.DataFrame, column: str) -> np.ndarray:
        square = table[column].unstack("importer")
        values: np.ndarray = square.loc[resistances.index, resistances.index].to_numpy(dtype=float)
        return values

    def change(column: str) -> np.ndarray:
        values: np.ndarray = 1 + results[column].to_numpy(dtype=float) / 100
        return values

    return Outcome(
        tuple(resistances.index),
        ease=pairs(model.bilateral_costs, "baseline trade cost"),
        ease_after=pairs(model.bilateral_costs, "experiment trade cost"),
        flows=pairs(model.bilateral_trade_results, "baseline modeled trade"),
        flows_after=pairs(model.bilateral_trade_results, "experiment trade"),
        inward=resistances["baseline imr"].to_numpy(dtype=float),
        outward=resistances["baseline omr"].to_numpy(dtype=float),
        price=change("factory gate price change (percent)"),
        real_gdp=change("GDP change (percent)"),
        seconds=seconds,
    )
