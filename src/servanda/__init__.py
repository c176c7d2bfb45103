"""Servanda: will the agreement be kept? Strategic partnerships as models tied to dated evidence.

import servanda as sv

case = sv.load("russia-dprk")
results = sv.run(case, runs=1000)        # xarray, labelled, with units
verdicts = sv.claims(case)               # the argument, claim by claim
sv.brief("runs/russia-dprk-1")           # the briefing of a run folder
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from servanda.api import brief
    from servanda.case import available_cases, load
    from servanda.errors import CaseError, RunFolderError, ServandaError, UsageError
    from servanda.results import run
    from servanda.verdicts import claims

__version__ = "0.1.0"

# Loaded when first used: `servanda --help` should not wait for JAX.
_HOMES = {
    "CaseError": "servanda.errors",
    "RunFolderError": "servanda.errors",
    "ServandaError": "servanda.errors",
    "UsageError": "servanda.errors",
    "available_cases": "servanda.case",
    "brief": "servanda.api",
    "claims": "servanda.verdicts",
    "load": "servanda.case",
    "run": "servanda.results",
}

__all__ = [
    "CaseError",
    "RunFolderError",
    "ServandaError",
    "UsageError",
    "available_cases",
    "brief",
    "claims",
    "load",
    "run",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'servanda' has no attribute '{name}'")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value
