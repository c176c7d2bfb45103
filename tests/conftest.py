"""What every test needs: two host devices, checked array shapes, repeatable random examples.

The order matters. XLA reads its flags when JAX first starts, and the import hook checks only
modules imported after it, so nothing of Servanda may be imported above it or by a pytest plugin.

The processes of a session share what they compile, and nothing of it outlasts the session.
"""

from __future__ import annotations

import atexit
import importlib
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

DEVICES = "--xla_force_host_platform_device_count=2"
# The tests' own programs are compiled as Servanda's are (`servanda.compiling`), which is faster.
OPTIONS = "--xla_cpu_use_fusion_emitters=false"
os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} {DEVICES} {OPTIONS}".strip()
os.environ.setdefault("JAX_PLATFORMS", "cpu")
# Tests run on every core already, and threads that wait for each other keep the cores busy.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# Workers of pytest-xdist inherit this from the process that starts them.
CACHE_HOME = "SERVANDA_TESTS_CACHE_HOME"
if CACHE_HOME not in os.environ:
    os.environ[CACHE_HOME] = tempfile.mkdtemp(prefix="servanda-tests-cache-")
    atexit.register(shutil.rmtree, os.environ[CACHE_HOME], ignore_errors=True)
# Where `servanda` keeps them if XDG_CACHE_HOME is this folder.
os.environ["JAX_COMPILATION_CACHE_DIR"] = os.environ[CACHE_HOME] + "/servanda/compiled"
os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"

import hypothesis
import jaxtyping
import pytest

from tests import typechecker

# Imported before the hook below, because Python compiles anew all that is imported under it.
for library in ("altair", "equinox", "numpyro", "pandas", "pint", "scipy.stats", "xarray", "zarr"):
    importlib.import_module(library)

# Modules whose arrays carry shapes. mypy reads the others, and checking costs time at every call.
# Not studies.published_trade: the hook compiles afresh what it imports, and gegravity 0.3 warns.
ROOT = Path(__file__).resolve().parents[1]
CHECKED = [
    ".".join(path.relative_to(home).with_suffix("").parts).removesuffix(".__init__")
    for home, folder in ((ROOT / "src", "servanda"), (ROOT, "studies"))
    for path in (home / folder).rglob("*.py")
    if "jaxtyping" in path.read_text(encoding="utf-8") and "published_trade" not in path.parts
]
jaxtyping.install_import_hook(CHECKED, "tests.typechecker.check")

# Compiling makes a first example slow, so no deadline; the same examples every time.
hypothesis.settings.register_profile(
    "servanda", deadline=None, derandomize=True, max_examples=50, print_blob=True
)
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


@pytest.fixture(scope="session")
def cache_home() -> Path:
    """Where this session keeps compiled programs: `XDG_CACHE_HOME` of a `servanda` process."""
    return Path(os.environ[CACHE_HOME])


@pytest.fixture
def unchecked() -> Iterator[None]:
    """Types unchecked, as they are outside of tests, so that the product itself has to notice."""
    with typechecker.paused():
        yield


@pytest.fixture
def heeds_ctrl_c() -> Iterator[None]:
    """A shell has what it starts in the background ignore Ctrl-C, and children inherit that.

    The handler is set here and not in the child (`preexec_fn`), which would fork beside JAX's
    threads.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
