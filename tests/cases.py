"""Cases that many tests run: each is loaded, compiled and simulated once a session.

`shipped` is the Russia–North Korea case; `template` is what `servanda new` writes, in a folder.
"""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

import numpy as np

from servanda.case import Case, create, load
from servanda.engine import Model, Simulator
from servanda.experiments import prepare
from servanda.experiments.run import simulate
from servanda.verdicts import Verdict, judge

RUNS = 2048
CLAIM_RUNS = 1024


@cache
def shipped() -> Simulator:
    return prepare(load("russia-dprk"))


@cache
def shipped_runs() -> dict[str, np.ndarray]:
    """What 2,048 runs of the shipped case keep, seed 1."""
    return simulate(shipped(), RUNS, 1)


@cache
def shipped_verdicts() -> list[Verdict]:
    """Its claims, judged in as many runs as `servanda claims` takes, seed 1."""
    return judge(shipped(), CLAIM_RUNS, 1)


@cache
def template_folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="servanda-tests-"))
    return create("tiny", folder)


@cache
def template() -> Case:
    return load(template_folder())


def blank(model: Model, runs: int = 1) -> dict[str, np.ndarray]:
    """Arrays of a run in which everything is zero, to be filled by hand."""
    from servanda.experiments.dataset import coordinates, dimensions

    sizes = {name: len(labels) for name, labels in coordinates(model).items()} | {"run": runs}
    return {
        name: np.zeros([sizes[d] for d in dims], np.float32)
        for name, dims in dimensions(model).items()
    }
