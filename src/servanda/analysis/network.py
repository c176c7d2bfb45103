"""The worth of the ties between actors over some months."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from servanda.analysis.accounts import worth
from servanda.ensembles.weighted import spread
from servanda.results import Results

_LEAST = 1e5


@dataclass(frozen=True)
class Edge:
    """The worth that one actor sends another on one basis: the median, in USD a month."""

    giver: str
    receiver: str
    basis: str
    worth: float


def edges(results: Results, months: slice) -> list[Edge]:
    """The worth of ties over some months, summed over the goods of one basis."""
    found: dict[tuple[str, str, str], np.ndarray] = {}
    span = len(range(*months.indices(results.months)))
    for tie in results.model.case.spec.ties:
        brought = worth(results, tie, months)
        if brought is not None:
            key = (tie.giver, tie.receiver, tie.basis)
            found[key] = found.get(key, np.zeros(results.count)) + brought / span
    middles = ((key, spread(v, results.weights).median) for key, v in found.items())
    return [Edge(*key, middle) for key, middle in middles if middle >= _LEAST]


def between(found: Sequence[Edge], giver: str, receiver: str) -> float:
    """The worth that one actor sends another, in USD a month."""
    return sum(e.worth for e in found if (e.giver, e.receiver) == (giver, receiver))
