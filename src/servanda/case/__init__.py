"""What a case is, and how it is read and checked.

A case is a folder of TOML and CSV files. `load` reads it, checks every key, unit, prior, source and
date, and returns frozen objects, so that the model needs no file.
"""

from servanda.case.add_evidence import Addition, add_evidence
from servanda.case.content import Case
from servanda.case.evidence import Evidence, Observation, Series, Source, SourceRule
from servanda.case.load import as_case, available_cases, load
from servanda.case.new import new
from servanda.case.priors import ParameterTable, Prior
from servanda.case.schema import CaseSpec

__all__ = [
    "Addition",
    "Case",
    "CaseSpec",
    "Evidence",
    "Observation",
    "ParameterTable",
    "Prior",
    "Series",
    "Source",
    "SourceRule",
    "add_evidence",
    "as_case",
    "available_cases",
    "load",
    "new",
]
