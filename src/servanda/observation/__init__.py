"""Observation: what each source would have counted in a run."""

from servanda.observation.counts import expected, log_prob, monthly, sample
from servanda.observation.figure import Figure
from servanda.observation.figures import Record, bearing, known_records, record

__all__ = [
    "Figure",
    "Record",
    "bearing",
    "expected",
    "known_records",
    "log_prob",
    "monthly",
    "record",
    "sample",
]
