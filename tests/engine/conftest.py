"""The shipped case, assembled and compiled once for all tests that run it."""

from __future__ import annotations

import pytest

from servanda.case import Case
from servanda.engine import Model, Simulator
from tests import cases


@pytest.fixture(scope="session")
def simulator() -> Simulator:
    return cases.shipped()


@pytest.fixture(scope="session")
def model(simulator: Simulator) -> Model:
    return simulator.model


@pytest.fixture(scope="session")
def shipped(model: Model) -> Case:
    return model.case
