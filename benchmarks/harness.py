"""Shared parts of the benchmarks: timing, fresh processes, and the machine's description."""

import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


def seconds_of(action: Callable[[], Any], times: int) -> list[float]:
    """Seconds of each of several calls."""
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        action()
        seconds.append(time.perf_counter() - start)
    return seconds


def in_process(module: str, worker: str, cache: Path) -> dict[str, Any]:
    """Result of a module's worker in a fresh process with this compilation cache."""
    done = subprocess.run(
        [sys.executable, "-m", module, "--worker", worker],
        cwd=ROOT,
        env=environment(cache),
        check=True,
        capture_output=True,
        text=True,
    )
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def environment(cache: Path) -> dict[str, str]:
    """Environment of this process, with compiled programs kept in a folder."""
    return os.environ | {"JAX_COMPILATION_CACHE_DIR": str(cache), "XDG_CACHE_HOME": str(cache)}


def about(packages: Sequence[str]) -> dict[str, Any]:
    """Date, machine and versions of a measurement."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "cores": os.cpu_count(),
        "machine": platform.machine(),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in packages},
    }
