"""What an outcome hinges on: the rank correlation of parameters with it over runs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from servanda.analysis.groups import CLEAR, thirds, varying
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
        low, high: mean outcome in the lowest and in the highest third of the parameter.
    """

    label: str
    status: str
    correlation: float
    low: float
    high: float


def hinges(results: Results, outcome: Float[np.ndarray, "run"]) -> list[Hinge]:
    """Every parameter of the model that varies, the strongest correlation first.

    There are none if the outcome does not vary or there are too few runs.
    """
    some = results.weights > 0
    weights, outcome = results.weights[some], outcome[some]
    if len(outcome) < _FEWEST_RUNS or float(np.ptp(outcome)) == 0:
        return []
    numbers, ranks, found = results.model.parameters, weighted.ranks(outcome, weights), []
    for label, drawn in varying(results.ensemble):
        values = drawn[some]
        if label not in numbers or float(np.ptp(values)) == 0:
            continue
        ends = thirds(values, weights)
        low, high = (
            float(weighted.mean(outcome[own], weights[own])) for own in (ends.lowest, ends.highest)
        )
        score = _correlation(weighted.ranks(values, weights), ranks, weights)
        found.append(Hinge(label, numbers[label].prior.status, score, low, high))
    return sorted(found, key=lambda hinge: -abs(hinge.correlation))


def beyond_chance(results: Results, found: Sequence[Hinge]) -> list[Hinge]:
    """The parameters whose correlation is beyond chance."""
    return [h for h in found if abs(h.correlation) >= chance_size(results)]


def chance_size(results: Results) -> float:
    """The size that a correlation must exceed to be beyond chance, with so many parameters."""
    return float(CLEAR / np.sqrt(_runs(results)))


def _runs(results: Results) -> float:
    return weighted.effective(results.weights)


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
