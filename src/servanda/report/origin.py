"""Where the parameters of the runs are from, in words."""

from servanda.ensembles import Ensemble

_ORIGINS = {
    "prior": "The runs draw the parameters from their priors{how}. What the record says of them is "
    "not used. Every probability depends on these priors.",
    "posterior": "The runs draw the parameters from a posterior, which was learned from the record "
    "to the evidence cut-off{how}. Parameters on which no figure bears keep their priors.",
    "design": "The runs take the parameters from an experimental design{how}. Shares of runs are "
    "therefore no probabilities.",
    "given": "The runs take the parameters as they were given{how}. Every probability depends on "
    "these values.",
}


def sentence(ensemble: Ensemble) -> str:
    """Where the parameters are from, and what that means."""
    return _ORIGINS[ensemble.origin].format(how=f" ({ensemble.learned})" * bool(ensemble.learned))


def rests_on(ensemble: Ensemble) -> str:
    """What a share of runs rests on beside the mechanisms."""
    return {"prior": "priors", "posterior": "posterior"}.get(ensemble.origin, "parameters")


def predictive(ensemble: Ensemble) -> str:
    """The kind of interval that runs give for a figure."""
    kinds = {"prior": "prior-predictive", "posterior": "posterior-predictive"}
    return kinds.get(ensemble.origin, "predictive")


def in_view(ensemble: Ensemble) -> str:
    """What coverage of the record to the cut-off can show."""
    if ensemble.origin == "posterior":
        return (
            "The posterior was learned from these figures, so coverage shows what the model cannot "
            "fit, and not how well it forecasts."
        )
    return "The priors were set with these figures in view, so this is a weak test."
