"""Observation: what each source would have counted in a run."""

from servanda.observation.counts import expected, monthly, sample
from servanda.observation.density import log_density
from servanda.observation.figure import Figure
from servanda.observation.figures import Record, bearing, known_records, record
from servanda.observation.likelihood import Likelihood

__all__ = [
    "Figure",
    "Likelihood",
    "Record",
    "bearing",
    "expected",
    "known_records",
    "log_density",
    "monthly",
    "record",
    "sample",
]
