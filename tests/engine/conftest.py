"""The shipped case, assembled and compiled once for all tests of the engine."""

from __future__ import annotations

import pytest

import servanda
from servanda.case import Case
from servanda.engine import Model, Simulator, assemble


@pytest.fixture(scope="session")
def shipped() -> Case:
    return servanda.load("russia-dprk")


@pytest.fixture(scope="session")
def model(shipped: Case) -> Model:
    return assemble(shipped)


@pytest.fixture(scope="session")
def simulator(model: Model) -> Simulator:
    return Simulator(model)
