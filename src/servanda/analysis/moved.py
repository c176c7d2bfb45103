"""What the data moved: each uncertain input under its prior and under a posterior.

An input that the data do not inform keeps its prior, up to the error of the sampler. Chains learn
the posterior independently, so the variance between what they say of an input is that error.
Between few chains it is itself uncertain, so an input has its own variance or the mean variance of
all inputs, whichever is larger. An input has moved if its mean lies away from the prior's, or its
standard deviation below it, by so many errors that, were no input informed, one of all would do so
by chance in one posterior of twenty (Bonferroni).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import Float
from scipy.special import ndtri

from servanda.calibration.calibrate import Progress, learned
from servanda.calibration.posterior import Posterior
from servanda.calibration.space import Space
from servanda.case import Case
from servanda.case.priors import BIAS, DISCREPANCY
from servanda.engine import Model
from servanda.ensembles import Ensemble, weighted
from servanda.errors import UsageError
from servanda.results import prepare

Kind = Literal["parameter", "bias", "discrepancy"]
Interval = tuple[float, float, float]
_LEVELS = (0.05, 0.5, 0.95)
_BY_CHANCE = 0.05  # of posteriors in which an input that is not informed is said to have moved
# Errors of one chain, over those of independent draws: as measured between chains of `russia-dprk`.
_ALONE = 2.0


@dataclass(frozen=True)
class Moved:
    """One uncertain input under its prior and under a posterior.

    An interval is the ends of the 90 % interval with the median between them. The prior is the one
    that the calibration started from.

    Attributes:
        name: printed name.
        kind: a parameter of a mechanism, a bias of a source class, or a discrepancy of a series.
        unit: its unit.
        prior, posterior: intervals, in the mechanism's unit.
        wider: whether the prior is the wider form of the prior of the case.
        place: the interval of the posterior in standard deviations of the prior, on the scale on
            which the prior is standard normal.
        contraction: one minus the standard deviation of the posterior on this scale: 0 if the data
            say nothing, 1 if they say all.
        shift: the mean of the posterior on this scale.
        errors: standard errors of contraction and shift.
        moved: whether contraction or shift is beyond the error of the sampler.
    """

    name: str
    kind: Kind
    unit: str
    prior: Interval
    posterior: Interval
    wider: bool
    place: Interval
    contraction: float
    shift: float
    errors: tuple[float, float]
    moved: bool


def moved(
    case: Case | str | Path,
    posterior: Posterior | Ensemble | None = None,
    *,
    progress: Progress | None = None,
) -> list[Moved]:
    """Tell what the record moved: every uncertain input under its prior and under the posterior.

    Args:
        case: from `servanda.load`, the name of a shipped case, or a folder.
        posterior: from `servanda.calibrate`, or an ensemble of a posterior. Default: the posterior
            of the case, which is learned if it is missing.
        progress: called while a posterior is learned, as `servanda.calibrate` does.

    Returns:
        The inputs that vary, those that the record contracted most first.

    Raises:
        CaseError: if the case does not fit together.
        UsageError: if the posterior is of another case, or the ensemble is of no posterior; if the
            record has nothing to learn from.
    """
    simulator = prepare(case)
    found = learned(simulator, progress=progress) if posterior is None else posterior
    if isinstance(found, Posterior):
        return moved_inputs(simulator.model, found.ensemble(simulator.model, len(found)))
    found.check_fits(simulator.model)
    return moved_inputs(simulator.model, found)


def moved_inputs(model: Model, ensemble: Ensemble) -> list[Moved]:
    """Every uncertain input that varies, those that the data contracted most first.

    Args:
        model: model of the case.
        ensemble: runs of a posterior of this case.

    Raises:
        UsageError: if the ensemble is of no posterior.
    """
    if ensemble.origin != "posterior":
        raise UsageError(
            where="ensemble",
            found=f"origin '{ensemble.origin}'",
            expected="an ensemble of a posterior",
            hint="servanda.calibrate learns a posterior, whose method ensemble makes one",
        )
    space = Space(model)
    names = [name for name, prior in space.priors.items() if prior.family != "fixed"]
    values = np.stack([ensemble.parameters[name] for name in names])
    places = np.stack([space.places(n, own) for n, own in zip(names, values, strict=True)])
    told, errors = _told(places, ensemble.weights), _errors(places, ensemble)
    away = np.stack([told[0], abs(told[1])])  # a posterior that is wider has learned nothing
    far = (away > -ndtri(_BY_CHANCE / 2 / told.size) * errors).any(axis=0)
    priors = dict(zip(space.inputs, space.values(_levels(space)), strict=True))
    posteriors, own_places = (
        weighted.quantile(each, _LEVELS, ensemble.weights).T for each in (values, places)
    )
    found = [
        Moved(
            name=name,
            kind=_kind(name),
            unit=model.parameters[name].unit if name in model.parameters else "dimensionless",
            prior=_interval(priors[name]),
            posterior=_interval(posteriors[row]),
            wider=space.priors[name] is not model.uncertain[name],
            place=_interval(own_places[row]),
            contraction=float(told[0, row]),
            shift=float(told[1, row]),
            errors=(float(errors[0, row]), float(errors[1, row])),
            moved=bool(far[row]),
        )
        for row, name in enumerate(names)
    ]
    return sorted(found, key=lambda one: -one.contraction)


def _told(
    places: Float[np.ndarray, "input run"], weights: Float[np.ndarray, "run"]
) -> Float[np.ndarray, "number input"]:
    """Contraction and shift of each input."""
    mean = weighted.mean(places, weights)
    off = places - mean[:, None]
    return np.stack([1 - np.sqrt(weighted.mean(off**2, weights)), mean])


def _errors(
    places: Float[np.ndarray, "input run"], ensemble: Ensemble
) -> Float[np.ndarray, "number input"]:
    """Standard errors of contraction and shift, at least those of independent draws."""
    weights = ensemble.weights
    some = weights > 0
    distinct = np.unique(places[:, some], axis=1).shape[1]
    draws = min(weighted.effective(weights), distinct)
    independent = np.repeat([[1 / (2 * draws)], [1 / draws]], len(places), axis=1)
    chain = ensemble.run_numbers % max(ensemble.chains, 1)
    groups = [chain == one for one in np.unique(chain[some])]
    if len(groups) == 1:
        return np.asarray(_ALONE * np.sqrt(independent))
    each = np.stack([_told(places[:, own], weights[own]) for own in groups])
    apart = each.var(axis=0, ddof=1)
    apart = np.maximum(apart, apart.mean(axis=1, keepdims=True))
    shares = np.array([weights[own].sum() for own in groups])
    return np.asarray(np.sqrt(np.maximum(apart / weighted.effective(shares), independent)))


def _levels(space: Space) -> Float[np.ndarray, "input level"]:
    """The places of the ends and the median of each prior."""
    return np.tile(ndtri(_LEVELS), (len(space.inputs), 1))


def _interval(values: Float[np.ndarray, "level"]) -> Interval:
    low, median, high = map(float, values)
    return low, median, high


def _kind(name: str) -> Kind:
    if name.startswith(BIAS):
        return "bias"
    return "discrepancy" if name.startswith(DISCREPANCY) else "parameter"
