"""What every test needs: two host devices, checked array shapes, repeatable random examples.

The order matters. XLA reads its flags when JAX first starts, and the import hook checks only
modules imported after it, so nothing of Servanda may be imported above it or by a pytest plugin.
"""

from __future__ import annotations

import os
from pathlib import Path

DEVICES = "--xla_force_host_platform_device_count=2"
os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} {DEVICES}".strip()
os.environ.setdefault("JAX_PLATFORMS", "cpu")

import hypothesis
import jaxtyping
import pytest

from tests import typechecker  # noqa: F401 (the hook finds it as an attribute of `tests`)

# Not studies.published_trade: the hook compiles afresh what it imports, and gegravity 0.3 warns.
CHECKED = ("servanda", "studies.rerouting", "studies.trade_baseline")
jaxtyping.install_import_hook(CHECKED, "tests.typechecker.check")

# Compiling makes a first example slow, so no deadline; the same examples every time.
hypothesis.settings.register_profile("servanda", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.load_profile("servanda")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Other people's data: SERVANDA_DATA, else beside the repository, else a skip."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("SERVANDA_DATA", beside))
    if not folder.is_dir():
        pytest.skip(
            "needs other people's data: set SERVANDA_DATA, or put them at ../shared/data"
            " beside the repository"
        )
    return folder


@pytest.fixture(scope="session")
def data(shared_data: Path) -> Path:
    """The same, for the tests that ask for it often."""
    return shared_data
