"""Groups of runs: the outer thirds of a parameter, and the reference classes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from servanda.engine import Model
from servanda.ensembles import Ensemble, weighted
from servanda.results.results import CLASS_DRAW, reference_classes

# A group is reported if it differs from all runs by this many standard errors. With some three
# hundred parameters compared, a lower limit would report groups by chance.
CLEAR = 3.5


@dataclass(frozen=True, eq=False)
class Thirds:
    """The runs in the lowest and the highest third of a parameter.

    Attributes:
        lower, upper: upper bound of the lowest third, and lower bound of the highest.
        lowest, highest: whether each run is in the third.
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
    """The parameters that differ between runs, except the one that chooses the reference class."""
    for name, values in ensemble.parameters.items():
        if name != CLASS_DRAW and float(np.ptp(values)) > 0:
            yield name, values


def by_class(model: Model, ensemble: Ensemble) -> Mapping[str, Bool[np.ndarray, "run"]]:
    """The runs of each reference class; empty if the case has fewer than two classes.

    A class whose runs have no weight is left out.
    """
    names = model.case.spec.reference_classes
    own = np.array(reference_classes(model, ensemble))
    found = {name: own == name for name in names if ensemble.weights[own == name].any()}
    return found if len(names) > 1 else {}
