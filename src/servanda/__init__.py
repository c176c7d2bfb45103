"""Servanda models strategic partnerships between states and ties the models to dated evidence.

import servanda as sv

case = sv.load("russia-dprk")
results = sv.run(case, runs=1000)        # xarray: every kept quantity by month, member and run
metrics = sv.metrics(results)            # one number per run
verdicts = sv.claims(case)               # one verdict per claim
"""

from importlib import import_module as _import_module
from typing import TYPE_CHECKING
from typing import Any as _Any

if TYPE_CHECKING:
    from servanda.analysis.check import check
    from servanda.analysis.hindcast import hindcast
    from servanda.analysis.misfit import misfits
    from servanda.analysis.moved import moved
    from servanda.analysis.priors import priors
    from servanda.analysis.sanctions import sanction
    from servanda.briefing import brief
    from servanda.calibration.calibrate import calibrate
    from servanda.case import Case, add_evidence, available_cases, load, new
    from servanda.case.units import unit_registry
    from servanda.ensembles import Ensemble
    from servanda.errors import (
        CaseError,
        ExecutorError,
        ResultError,
        RunFolderError,
        ServandaError,
        UsageError,
    )
    from servanda.results import open_run, prepare
    from servanda.results.labelled import metrics
    from servanda.running import run
    from servanda.scoring.forecast import forecast
    from servanda.scoring.score import score
    from servanda.verdicts import claims

__version__ = "0.1.0"

# The module that defines each public name. The module is loaded when the name is first used, so
# that `servanda --help` does not load JAX.
_HOMES = {
    "Case": "servanda.case",
    "CaseError": "servanda.errors",
    "Ensemble": "servanda.ensembles",
    "ExecutorError": "servanda.errors",
    "ResultError": "servanda.errors",
    "RunFolderError": "servanda.errors",
    "ServandaError": "servanda.errors",
    "UsageError": "servanda.errors",
    "add_evidence": "servanda.case",
    "available_cases": "servanda.case",
    "brief": "servanda.briefing",
    "calibrate": "servanda.calibration.calibrate",
    "check": "servanda.analysis.check",
    "claims": "servanda.verdicts",
    "forecast": "servanda.scoring.forecast",
    "hindcast": "servanda.analysis.hindcast",
    "load": "servanda.case",
    "metrics": "servanda.results.labelled",
    "misfits": "servanda.analysis.misfit",
    "moved": "servanda.analysis.moved",
    "new": "servanda.case",
    "open_run": "servanda.results",
    "prepare": "servanda.results",
    "priors": "servanda.analysis.priors",
    "run": "servanda.running",
    "sanction": "servanda.analysis.sanctions",
    "score": "servanda.scoring.score",
    "unit_registry": "servanda.case.units",
}

__all__ = [
    "Case",
    "CaseError",
    "Ensemble",
    "ExecutorError",
    "ResultError",
    "RunFolderError",
    "ServandaError",
    "UsageError",
    "add_evidence",
    "available_cases",
    "brief",
    "calibrate",
    "check",
    "claims",
    "forecast",
    "hindcast",
    "load",
    "metrics",
    "misfits",
    "moved",
    "new",
    "open_run",
    "prepare",
    "priors",
    "run",
    "sanction",
    "score",
    "unit_registry",
]


def __getattr__(name: str) -> _Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'servanda' has no attribute '{name}'")
    value = getattr(_import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
