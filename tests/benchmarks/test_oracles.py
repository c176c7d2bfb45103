"""Three independent writings of the core agree: the engine, a Mesa model and a NumPy model."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from benchmarks import core, mesa_model, numpy_model
from servanda.case import load
from servanda.ensembles import simulate

RUNS = 16
# rounding, relative to the largest value that a quantity's member takes
TOLERANCE = 1e-6


@pytest.fixture(scope="module")
def trajectories() -> dict[str, dict[str, np.ndarray]]:
    case = load("russia-dprk")
    drawn = core.drawn(core.core_model(case), RUNS)
    with jax.enable_x64(True):
        simulator = core.core_simulator(case, jnp.float64)
        (engine,) = simulate(simulator, drawn)
    given = core.inputs(simulator.model, drawn)
    spec, axes = case.spec, simulator.model.axes
    engine = {k: v if v.ndim == 3 else v[:, None] for k, v in engine.items()}
    return {
        "engine": engine,
        "mesa": mesa_model.simulate(spec, axes, given, RUNS),
        "numpy": numpy_model.simulate(spec, axes, given),
    }


@pytest.mark.parametrize("oracle", ["mesa", "numpy"])
@pytest.mark.parametrize("quantity", core.COMPARED)
def test_the_engine_and_an_oracle_draw_the_same_trajectories(
    trajectories: dict[str, dict[str, np.ndarray]], oracle: str, quantity: str
) -> None:
    engine, other = trajectories["engine"][quantity], trajectories[oracle][quantity]
    assert engine.shape == other.shape
    scale = np.abs(engine).max(axis=(0, 2), keepdims=True) + 1e-12
    np.testing.assert_allclose(engine / scale, other / scale, rtol=TOLERANCE, atol=TOLERANCE)


def test_the_runs_compared_have_something_to_compare(
    trajectories: dict[str, dict[str, np.ndarray]],
) -> None:
    """Deliveries, losses, debt, a war that ends and a pact that ends, somewhere among the runs."""
    engine = trajectories["engine"]
    assert engine["arrived"].max() > 0
    assert engine["losses"].max() > 0
    assert engine["arrears"].max() > 0
    assert engine["lent_lost"].max() > 0
    assert engine["tempo"].min() == 0
    assert engine["alive"].min() == 0
    assert engine["ending"].max() > 0
