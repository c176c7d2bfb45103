"""Ctrl-C: what is done is kept, and says that it is partial."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from servanda.results import open_folder
from tests.cli.conftest import tiny

SERVANDA = [sys.executable, "-c", "from servanda.cli import main; main()"]


@pytest.fixture
def heeds_ctrl_c():
    """A shell has what it starts in the background ignore Ctrl-C, and children inherit that.

    The handler is set here and not in the child (`preexec_fn`), which would fork beside JAX's
    threads.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heeds_ctrl_c")
def test_ctrl_c_leaves_a_partial_folder_that_can_be_read(cache_home, tmp_path):
    out = tmp_path / "run"
    wanted = 400_000
    process = subprocess.Popen(
        [*SERVANDA, "run", tiny(), "--runs", str(wanted), "--no-brief", "--out", str(out)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"XDG_CACHE_HOME": str(cache_home)},
    )
    note: dict[str, int] = {"done": 0}
    for _ in range(3600):
        if (out / "run.json").is_file():
            note = json.loads((out / "run.json").read_text())
        if note["done"] or process.poll() is not None:
            break
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    said, complained = process.communicate(timeout=180)
    folder = open_folder(out)
    done = folder.note["done"]
    assert 0 < done < wanted
    assert folder.note["partial"] is True
    assert complained == f"interrupted: {out} holds {done} of {wanted} runs and says so\n"
    assert (said, process.returncode) == ("", 130)
    data = folder.dataset()
    assert data.sizes["run"] == done
    last = data["tempo"].isel(run=done - 1).values
    assert np.isfinite(last).all()
