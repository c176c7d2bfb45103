"""What the data moved: each uncertain input under its prior and under a posterior."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from servanda.calibration.posterior import Posterior
from servanda.calibration.space import Space
from servanda.case.priors import BIAS, DISCREPANCY
from servanda.engine import Model

Kind = Literal["parameter", "bias", "discrepancy"]
Interval = tuple[float, float, float]
_LEVELS = (0.05, 0.5, 0.95)
_PLACES = (-1.6448536, 0.0, 1.6448536)
# Standard errors of independent particles. Particles that descend from one draw are not quite
# independent: means of idle inputs differ between seeds by about half as much again.
_NOISE = 5.0


@dataclass(frozen=True)
class Moved:
    """One uncertain input under its prior and under a posterior.

    Attributes:
        name: printed name.
        kind: a parameter of a mechanism, a bias of a source class, or a discrepancy of a series.
        unit: its unit.
        prior, posterior: the ends of the 90 % interval with the median between them.
        contraction: one minus the ratio of standard deviations, posterior over prior, where the
            prior is standard normal: 0 if the data say nothing, 1 if they say all.
        shift: the posterior mean in standard deviations of the prior.
        moved: whether shift or contraction are beyond five standard errors of as many independent
            particles.
    """

    name: str
    kind: Kind
    unit: str
    prior: Interval
    posterior: Interval
    contraction: float
    shift: float
    moved: bool


def moved(model: Model, posterior: Posterior) -> list[Moved]:
    """Every uncertain input, those that the data contracted most first, without fixed biases.

    Raises:
        UsageError: if the posterior is of another case.
    """
    posterior.check_fits(model)
    space = Space(model)
    levels = space.values(np.tile(_PLACES, (len(space.inputs), 1)))
    priors = dict(zip(space.inputs, levels.tolist(), strict=True))
    free = [name for name in space.inputs if model.uncertain[name].family != "fixed"]
    found = [_one(model, space, posterior, name, priors) for name in free]
    return sorted(found, key=lambda one: -one.contraction)


def _one(
    model: Model, space: Space, posterior: Posterior, name: str, priors: Mapping[str, list[float]]
) -> Moved:
    values = posterior.inputs[name]
    places = space.places(name, values)
    contraction, shift = 1 - float(places.std()), float(places.mean())
    noise = _NOISE / np.sqrt(len(posterior))
    low, median, high = np.quantile(values, _LEVELS).tolist()
    prior_low, prior_median, prior_high = priors[name]
    return Moved(
        name=name,
        kind=_kind(name),
        unit=model.parameters[name].unit if name in model.parameters else "dimensionless",
        prior=(prior_low, prior_median, prior_high),
        posterior=(low, median, high),
        contraction=contraction,
        shift=shift,
        moved=bool(max(abs(shift), contraction) > noise),
    )


def _kind(name: str) -> Kind:
    if name.startswith(BIAS):
        return "bias"
    return "discrepancy" if name.startswith(DISCREPANCY) else "parameter"
