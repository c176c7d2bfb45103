"""A posterior of the template's case, learned once."""

from __future__ import annotations

from pathlib import Path

import pytest

from servanda.calibration.calibrate import calibrate
from servanda.calibration.posterior import Posterior
from tests.cases import template

HOW = {"chains": 2, "particles": 128, "moves": 2}


@pytest.fixture(scope="session")
def posteriors(cache_home: Path) -> Path:
    """The cache in which posteriors are kept; the processes of a session share it."""
    return cache_home


@pytest.fixture
def cache(posteriors: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(posteriors))
    return posteriors / "servanda" / "posteriors"


@pytest.fixture(scope="session")
def learned(posteriors: Path) -> Posterior:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(posteriors))
        return calibrate(template(), **HOW)
