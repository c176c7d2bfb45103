"""Files in, checked objects out: what a case is and how one is read.

A case is a folder of TOML and CSV. `load` reads it, checks every key, unit, prior, source and date,
and returns frozen objects; nothing below this package ever touches a file.
"""

from servanda.case.evidence import Evidence, Observation, Series, Source, SourceRule
from servanda.case.load import Case, as_case, available_cases, load
from servanda.case.new import new
from servanda.case.priors import ParameterTable, Prior
from servanda.case.schema import CaseSpec

__all__ = [
    "Case",
    "CaseSpec",
    "Evidence",
    "Observation",
    "ParameterTable",
    "Prior",
    "Series",
    "Source",
    "SourceRule",
    "as_case",
    "available_cases",
    "load",
    "new",
]
