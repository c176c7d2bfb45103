"""The likelihood of the record agrees with an independent writing in NumPy and SciPy."""

from __future__ import annotations

import jax
import numpy as np

from benchmarks import core
from benchmarks.numpy_likelihood import CoreTarget, SeriesLikelihood
from servanda.calibration.target import Target
from servanda.case import load
from servanda.engine import Simulator
from servanda.observation import Likelihood
from tests import cases

RUNS = 64


def test_the_likelihood_of_each_figure_is_that_of_an_independent_model_and_likelihood() -> None:
    """From unknowns drawn from the prior; the project's runs are in single precision."""
    model = core.core_model(core.recorded(load("russia-dprk")))
    target = Target(Simulator(model), seed=1)
    z = np.random.default_rng(1).standard_normal((target.size, RUNS))
    found = target.by_figure(z, np.arange(RUNS, dtype=np.uint32))
    np.testing.assert_allclose(found, CoreTarget(model).by_figure(z), rtol=1e-3, atol=1e-3)


def test_given_what_runs_have_the_likelihood_of_each_figure_is_the_same_to_rounding() -> None:
    """In the whole case, whose counts of events have a formula made for single precision."""
    results = cases.shipped_runs()
    likelihood = Likelihood(results.model)
    values = {name: results.series(name)[:, :RUNS].astype(float) for name in likelihood.observed}
    inputs = {
        name: np.asarray(results.ensemble.parameters[name][:RUNS], float)
        for name in likelihood.inputs
    }
    with jax.enable_x64(True):
        found, _ = jax.jit(likelihood.by_figure)(np.stack(list(values.values()), axis=1), inputs)
    oracle = [
        SeriesLikelihood(results.model, record).by_figure(values, inputs)
        for record in likelihood.records
    ]
    kinds = {(f.rule.error is None, f.rule.bound) for f in likelihood.figures}
    assert kinds == {(False, "estimate"), (False, "lower"), (False, "upper"), (True, "estimate")}
    np.testing.assert_allclose(np.asarray(found), np.concatenate(oracle), rtol=1e-9, atol=1e-5)
