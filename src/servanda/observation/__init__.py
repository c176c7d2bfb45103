"""Observation: what each source would have counted in a run."""

from servanda.observation.counts import expected, monthly
from servanda.observation.density import log_density
from servanda.observation.figure import Figure
from servanda.observation.figures import Record, bearing, known_records, record
from servanda.observation.independent import (
    cited_by_priors,
    dependent_figures,
    independent_priors,
)
from servanda.observation.likelihood import Likelihood, learned_records
from servanda.observation.sampling import sample

__all__ = [
    "Figure",
    "Likelihood",
    "Record",
    "bearing",
    "cited_by_priors",
    "dependent_figures",
    "expected",
    "independent_priors",
    "known_records",
    "learned_records",
    "log_density",
    "monthly",
    "record",
    "sample",
]
