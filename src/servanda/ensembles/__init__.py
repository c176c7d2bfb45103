"""Ensembles: tables of parameters by run, their draws, and the executors of their runs."""

from servanda.ensembles.ensemble import Ensemble, Origin
from servanda.ensembles.executors import Arrays, Executor, InProcess, simulate
from servanda.ensembles.policies import AS_IS, Levers, Policy, policies_of

__all__ = [
    "AS_IS",
    "Arrays",
    "Ensemble",
    "Executor",
    "InProcess",
    "Levers",
    "Origin",
    "Policy",
    "policies_of",
    "simulate",
]
