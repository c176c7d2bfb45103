"""Cases that many tests run: each is loaded, compiled and simulated once a session.

`shipped` is the Russia–North Korea case; `template` is what `servanda new` writes, in a folder.
"""

from __future__ import annotations

import fcntl
import os
import pickle
import tempfile
from functools import cache
from pathlib import Path

import numpy as np

from servanda.case import Case, load, new
from servanda.case.schema import month_number
from servanda.engine import Model, Simulator
from servanda.ensembles import AS_IS, Arrays, Ensemble
from servanda.results import Results, prepare, run_policies
from servanda.results.dataset import dimensions
from servanda.verdicts import Verdict, judge
from tests import typechecker

RUNS = 2048
CLAIM_RUNS = 1024


@cache
def shipped() -> Simulator:
    return prepare(load("russia-dprk"))


@cache
def shipped_runs() -> Results:
    """2,048 runs of the shipped case, seed 1."""
    (results,) = run_policies(shipped(), Ensemble.prior(shipped().model, RUNS))
    return results


@cache
def shipped_verdicts() -> list[Verdict]:
    """Its claims, judged in as many runs as `servanda claims` takes, seed 1.

    The first process of the session that asks for them leaves them to the others. Types are not
    checked, which would double the time; they are where small cases are judged.
    """
    kept = Path(os.environ["SERVANDA_TESTS_CACHE_HOME"]) / "shipped_verdicts.pickle"
    with kept.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            simulator = shipped()
            with typechecker.paused():
                verdicts = judge(simulator, Ensemble.prior(simulator.model, CLAIM_RUNS))
            kept.write_bytes(pickle.dumps(verdicts))
    found: list[Verdict] = pickle.loads(kept.read_bytes())  # noqa: S301 (this session's own)
    return found


@cache
def template_folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="servanda-tests-"))
    return new("tiny", folder)


@cache
def template() -> Case:
    return load(template_folder())


def blank(model: Model, runs: int = 1) -> dict[str, np.ndarray]:
    """Arrays of a run in which everything is zero, to be filled by hand."""
    spec = model.case.spec
    months = month_number(spec.horizon) - month_number(spec.start) + 1
    made = {}
    for name, dims in dimensions(model).items():
        members = [len(model.layout.labels(name))] * (len(dims) - 2)
        made[name] = np.zeros((months, *members, runs), np.float32)
    return made


def results_of(model: Model, arrays: Arrays, seed: int = 1) -> Results:
    """Results with arrays made by hand, of runs whose parameters are drawn from the priors."""
    runs = next(iter(arrays.values())).shape[-1]
    return Results(model, Ensemble.prior(model, runs, seed), AS_IS, arrays)
