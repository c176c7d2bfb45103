"""What an outcome hinges on: the rank correlation of parameters with it over runs."""

from dataclasses import dataclass
from math import hypot

import numpy as np
from jaxtyping import Float

from servanda.analysis.groups import CLEAR, thirds, varying
from servanda.engine.parameters import moves
from servanda.ensembles import weighted
from servanda.results import Results

_FEWEST_RUNS = 30


@dataclass(frozen=True)
class Hinge:
    """One uncertain parameter, and its association with an outcome.

    Attributes:
        label: printed name of the parameter.
        status: measured, estimated or assumed.
        correlation: Spearman's rank correlation with the outcome over runs.
        low, high: mean outcome in the lowest and in the highest third of the parameter; for a
            yes/no outcome, shares of runs.
        error: the Monte Carlo standard error of the difference between the two.
    """

    label: str
    status: str
    correlation: float
    low: float
    high: float
    error: float

    @property
    def effect(self) -> float:
        """The difference between the highest and the lowest third."""
        return self.high - self.low


def hinges(results: Results, outcome: Float[np.ndarray, "run"], quantity: str) -> list[Hinge]:
    """The parameters on which an outcome hinges beyond chance, the strongest correlation first.

    A parameter is listed if the outcome can depend on it in the case's model and if both its
    correlation and the difference between its outer thirds are beyond chance. There are none if the
    outcome does not vary or there are too few runs.

    Args:
        results: results of the runs.
        outcome: the outcome in each run.
        quantity: name of the quantity that the outcome is made from, like `alive`.
    """
    some = results.weights > 0
    weights, outcome = results.weights[some], outcome[some]
    if len(outcome) < _FEWEST_RUNS or float(np.ptp(outcome)) == 0:
        return []
    ranks, read = weighted.ranks(outcome, weights), _read(results, quantity)
    found = [
        _hinge(results, label, drawn[some], outcome, ranks, weights)
        for label, drawn in varying(results.ensemble)
        if label in read and float(np.ptp(drawn[some])) > 0
    ]
    least = chance_size(results)
    clear = [h for h in found if abs(h.correlation) >= least and abs(h.effect) > CLEAR * h.error]
    return sorted(clear, key=lambda hinge: -abs(hinge.correlation))


def chance_size(results: Results) -> float:
    """The size that a correlation must exceed to be beyond chance, with so many parameters."""
    return float(CLEAR / np.sqrt(weighted.effective(results.weights)))


def _read(results: Results, quantity: str) -> frozenset[str]:
    """The parameters whose draws a quantity can depend on: no lever replaces them in all months."""
    settings = results.policy.settings(results.model.case)
    replaced = {
        label
        for label, operations in moves(settings, after=False).items()
        if any(operation == "set" for operation, _ in operations)
    }
    return results.model.moving(quantity) - replaced


def _hinge(
    results: Results,
    label: str,
    values: Float[np.ndarray, "run"],
    outcome: Float[np.ndarray, "run"],
    ranks: Float[np.ndarray, "run"],
    weights: Float[np.ndarray, "run"],
) -> Hinge:
    """The association of one parameter with the outcome, whose ranks are given."""
    ends = thirds(values, weights)
    outer = [(outcome[own], weights[own]) for own in (ends.lowest, ends.highest)]
    low, high = (float(weighted.mean(*own)) for own in outer)
    error = hypot(*(weighted.mean_error(*own) for own in outer))
    score = _correlation(weighted.ranks(values, weights), ranks, weights)
    return Hinge(label, results.model.parameters[label].prior.status, score, low, high, error)


def _correlation(
    one: Float[np.ndarray, "run"],
    other: Float[np.ndarray, "run"],
    weights: Float[np.ndarray, "run"],
) -> float:
    """The weighted correlation of two rows of ranks."""
    a, b = (row - weighted.mean(row, weights) for row in (one, other))
    covariance = float(weighted.mean(a * b, weights))
    size = float(weighted.mean(a * a, weights) * weighted.mean(b * b, weights))
    return covariance / float(np.sqrt(size))
