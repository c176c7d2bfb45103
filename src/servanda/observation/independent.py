"""Priors and figures of a calibration: no figure counts as prior and as likelihood.

A prior may cite figures that are compared with runs. Such a figure has moved the prior already. A
calibration then starts from the prior's wider form, which does not rest on these figures. If there
is none, it does not learn from the figures.
"""

from collections.abc import Mapping

from servanda.case import Prior
from servanda.engine import Model
from servanda.observation.figures import known_records


def cited_by_priors(model: Model) -> dict[str, tuple[str, ...]]:
    """By uncertain input, the figures that its prior cites and that are compared with runs too."""
    return _cited(model, model.uncertain)


def independent_priors(model: Model) -> dict[str, Prior]:
    """Priors of all uncertain inputs, in wider forms where they cite compared figures."""
    cited = cited_by_priors(model)
    return {name: own.without(cited.get(name, ())) for name, own in model.uncertain.items()}


def dependent_figures(model: Model) -> dict[str, str]:
    """Figures that a calibration does not learn from, each with a prior that cites it.

    The prior has no wider form, or one that cites the figure too.
    """
    cited = _cited(model, independent_priors(model))
    return {figure: name for name, figures in cited.items() for figure in figures}


def _cited(model: Model, priors: Mapping[str, Prior]) -> dict[str, tuple[str, ...]]:
    compared = {f.observation.id for known in known_records(model) for f in known.figures}
    found = {
        name: tuple(source for source in prior.sources if source in compared)
        for name, prior in priors.items()
    }
    return {name: ids for name, ids in found.items() if ids}
