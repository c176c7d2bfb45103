"""Runs that have something in common: a third of a parameter's range, or a reference class."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from servanda.engine import Model
from servanda.ensembles import Ensemble, weighted
from servanda.results.results import CLASS_DRAW, reference_classes

# Some of the runs must differ from all by this many standard errors before anything is named: with
# some three hundred parameters looked at, fewer would name one by chance.
CLEAR = 3.5


@dataclass(frozen=True, eq=False)
class Thirds:
    """The runs in which a parameter is in its lowest and its highest third.

    Attributes:
        lower, upper: where the thirds end and begin.
        lowest, highest: whether each run is in them.
    """

    lower: float
    upper: float
    lowest: Bool[np.ndarray, "run"]
    highest: Bool[np.ndarray, "run"]


def thirds(values: Float[np.ndarray, "run"], weights: Float[np.ndarray, "run"]) -> Thirds:
    """The lowest and the highest third of some values."""
    lower, upper = weighted.quantile(values, (1 / 3, 2 / 3), weights)
    return Thirds(float(lower), float(upper), values <= lower, values >= upper)


def varying(ensemble: Ensemble) -> Iterator[tuple[str, Float[np.ndarray, "run"]]]:
    """Parameters that differ between runs, but for the one that chooses the reference class."""
    for name, values in ensemble.parameters.items():
        if name != CLASS_DRAW and float(np.ptp(values)) > 0:
            yield name, values


def by_class(model: Model, ensemble: Ensemble) -> Mapping[str, Bool[np.ndarray, "run"]]:
    """The runs of each reference class; empty where the case has one class or none is chosen."""
    names = model.case.spec.reference_classes
    own = np.array(reference_classes(model, ensemble))
    found = {name: own == name for name in names if (own == name).any()}
    return found if len(names) > 1 else {}
