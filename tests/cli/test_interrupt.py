"""Ctrl-C: what is done is kept and says that it is partial; the terminal has one line at most."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from servanda.cli import interrupts
from servanda.results import open_run
from tests.cli.conftest import tiny

SERVANDA = "from servanda.cli import main; main()"
# Seconds, for the slowest machine.
PATIENCE = 600


def start(cache_home: Path, program: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"XDG_CACHE_HOME": str(cache_home)},
    )


def runs_done(out: Path) -> int:
    """What `run.json` counts; it is replaced in one step, so it is never half there."""
    note = out / "run.json"
    return json.loads(note.read_text())["done"] if note.is_file() else 0


def wait_until(happened: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    """Watch until something happened or the process ended, however slow the machine is."""
    deadline = time.monotonic() + PATIENCE
    while not happened() and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.usefixtures("heeds_ctrl_c")
def test_ctrl_c_leaves_a_partial_folder_that_can_be_read(cache_home, tmp_path):
    out = tmp_path / "run"
    wanted = 100_000
    arguments = ("run", tiny(), "--runs", str(wanted), "--no-brief", "--out", str(out))
    process = start(cache_home, SERVANDA, *arguments)
    wait_until(lambda: runs_done(out) > 0, process)
    process.send_signal(signal.SIGINT)
    said, complained = process.communicate(timeout=PATIENCE)
    folder = open_run(out)
    done = folder.note["done"]
    assert 0 < done < wanted
    assert folder.note["partial"] is True
    assert (
        complained == f"interrupted: {out} holds {done} of {wanted} runs and is marked as partial\n"
    )
    assert (said, process.returncode) == ("", 130)
    data = folder.dataset()
    assert data.sizes["run"] == done
    last = data["tempo"].isel(run=done - 1).values
    assert np.isfinite(last).all()


# Ctrl-C is pressed in the middle of judging the claims.
IN_THE_BRIEFING = """
import signal
from servanda.cli import main, work
work.judge = lambda *_, **__: signal.raise_signal(signal.SIGINT)
main()
"""


@pytest.mark.usefixtures("heeds_ctrl_c")
def test_ctrl_c_in_the_briefing_says_that_the_runs_are_whole(cache_home, tmp_path):
    out = tmp_path / "run"
    process = start(cache_home, IN_THE_BRIEFING, "run", tiny(), "--runs", "2", "--out", str(out))
    said, complained = process.communicate(timeout=PATIENCE)
    assert complained == f"interrupted: {out} holds all 2 runs\n"
    assert (said, process.returncode) == ("", 130)
    assert open_run(out).note["partial"] is False


# Ctrl-C is pressed while modules are half imported.
IN_AN_IMPORT = """
import signal, sys
from servanda.cli import main
class Pressing:
    def find_spec(self, name, *_):
        if name == "numpy.linalg":
            signal.raise_signal(signal.SIGINT)
sys.meta_path.insert(0, Pressing())
main()
"""


@pytest.mark.usefixtures("heeds_ctrl_c")
def test_ctrl_c_before_there_is_anything_ends_without_a_word(cache_home, tmp_path):
    process = start(cache_home, IN_AN_IMPORT, "run", tiny(), "--out", str(tmp_path / "run"))
    assert process.communicate(timeout=PATIENCE) == ("", "")
    assert process.returncode == 130
    assert not (tmp_path / "run").exists()


def test_an_interrupt_that_a_callback_loses_is_raised_again():
    class Closing:
        def __del__(self):
            signal.raise_signal(signal.SIGINT)

    def going_on() -> None:
        Closing()  # Python prints what is raised in here, and goes on
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            time.sleep(0.01)

    with interrupts.raises_interrupt(), pytest.raises(KeyboardInterrupt):
        going_on()


def test_another_fault_in_a_callback_is_reported_as_before(monkeypatch):
    class Closing:
        def __del__(self):
            raise ValueError("lost")

    seen = []
    monkeypatch.setattr(sys, "unraisablehook", seen.append)
    with interrupts.raises_interrupt():
        Closing()
    assert [str(lost.exc_value) for lost in seen] == ["lost"]


def test_ctrl_c_is_handled_as_before_when_all_is_done():
    before = signal.getsignal(signal.SIGINT), sys.unraisablehook
    with interrupts.exits_at_once("farewell"), interrupts.raises_interrupt():
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert (signal.getsignal(signal.SIGINT), sys.unraisablehook) == before
