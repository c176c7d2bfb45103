"""Where other people's data lie: SERVANDA_DATA, else beside the repository, else a skip."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def data() -> Path:
    beside = Path(__file__).resolve().parents[3] / "shared" / "data"
    folder = Path(os.environ.get("SERVANDA_DATA", beside))
    if not (folder / "trade").is_dir():
        pytest.skip(
            "needs other people's data: set SERVANDA_DATA, or put them at ../shared/data"
            " beside the repository"
        )
    return folder
