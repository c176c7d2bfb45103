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
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from servanda.cli import interrupts
from servanda.ensembles import Ensemble
from servanda.results import open_run, prepare, run_policies, run_to_folder
from servanda.verdicts import judge
from tests.cases import template
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
    arguments = ("run", tiny(), "--prior", "--runs", str(wanted), "--no-brief", "--out", str(out))
    process = start(cache_home, SERVANDA, *arguments)
    wait_until(lambda: runs_done(out) > 0, process)
    process.send_signal(signal.SIGINT)
    said, complained = process.communicate(timeout=PATIENCE)
    folder = open_run(out)
    done = folder.note["done"]
    assert 0 < done < wanted
    assert folder.note["partial"] is True
    assert complained == (
        f"interrupted: {out} holds {done} of {wanted} runs and is marked as partial; "
        f"servanda run --resume {out} goes on\n"
    )
    assert (said, process.returncode) == ("", 130)
    data = folder.dataset()
    assert data.sizes["run"] == done
    last = data["tempo"].isel(run=done - 1).values
    assert np.isfinite(last).all()


# Ctrl-C is pressed where the briefing is written.
IN_THE_BRIEFING = """
import signal
from servanda import briefing
from servanda.cli import main
briefing.coverages = lambda *_, **__: signal.raise_signal(signal.SIGINT)
main()
"""


@pytest.mark.usefixtures("heeds_ctrl_c")
def test_ctrl_c_in_the_briefing_says_that_the_runs_are_whole(cache_home, tmp_path):
    out = tmp_path / "run"
    process = start(
        cache_home, IN_THE_BRIEFING, "run", tiny(), "--prior", "--runs", "2", "--out", str(out)
    )
    said, complained = process.communicate(timeout=PATIENCE)
    assert complained == f"interrupted: {out} holds all 2 runs; the briefing was not written\n"
    assert (said, process.returncode) == ("", 130)
    assert open_run(out).note["partial"] is False


@pytest.mark.usefixtures("heeds_ctrl_c")
def test_a_second_ctrl_c_does_not_hide_what_the_first_one_left(servanda, monkeypatch):
    from servanda.cli import work

    left = SimpleNamespace(path="made", note={"partial": False, "runs": 2})

    def press_ctrl_c(*_: Any, **__: Any) -> Any:
        signal.raise_signal(signal.SIGINT)
        return left

    Path("made").mkdir()
    Path("made/run.json").touch()
    monkeypatch.setattr(work, "run_to_folder", press_ctrl_c)
    monkeypatch.setattr(work, "open_run", press_ctrl_c)
    monkeypatch.setattr(work, "check_free", lambda _: None)
    said = servanda("run", tiny(), "--prior", "--runs", "2", "--out", "made")
    assert (said.out, said.err) == ("", "interrupted: made holds all 2 runs\n")
    assert said.code == 130


SECOND = """
[[claims]]
slug = "war-goes-on"
text = "The buyer fires."
system = "attrition"
test = { kind = "threshold", metric = "fire", direction = "above", value = 0 }
"""


@pytest.mark.parametrize("command", ["claims", "run", "brief"])
def test_ctrl_c_keeps_the_claims_judged_so_far(servanda, monkeypatch, command):
    """Ctrl-C comes in the second policy. The second claim needs the first one only."""
    assert servanda("new", "mine").code == 0
    claims = Path("mine/claims.toml")
    claims.write_text(claims.read_text() + SECOND)
    assert (
        servanda("run", "mine", "--prior", "--runs", "20", "--no-brief", "--out", "made").code == 0
    )
    module, asked = sys.modules[judge.__module__], []

    def run(*given: Any) -> Any:
        asked.append(1)
        if len(asked) == 2:
            raise KeyboardInterrupt
        return run_policies(*given)

    monkeypatch.setattr(module, "run_policies", run)
    arguments = {
        "claims": ("claims", "mine", "--prior", "--runs", "20"),
        "run": ("run", "mine", "--prior", "--runs", "20", "--out", "other"),
        "brief": ("brief", "made"),
    }
    judged = "; 1 of 2 claims were judged"
    lines = {
        "claims": f"interrupted{judged}\n",
        "run": "interrupted: other holds all 20 runs"
        f"{judged}, and servanda brief other goes on from them\n",
        "brief": "interrupted: made holds all 20 runs"
        f"{judged}, and servanda brief made goes on from them\n",
    }
    said = servanda(*arguments[command])
    assert said.err == lines[command]
    assert said.code == 130
    assert "The buyer fires." in said.out
    assert "supplier's shells" not in said.out


def test_a_briefing_goes_on_from_the_claims_that_were_judged_before_ctrl_c(servanda, monkeypatch):
    assert servanda("new", "mine").code == 0
    assert servanda("run", "mine", "--prior", "--runs", "20", "--out", "whole").code == 0
    assert (
        servanda("run", "mine", "--prior", "--runs", "20", "--no-brief", "--out", "made").code == 0
    )
    module, asked = sys.modules[judge.__module__], []

    def run(*given: Any) -> Any:
        asked.append(given[2][0].name)
        if len(asked) == 2:
            raise KeyboardInterrupt
        return run_policies(*given)

    monkeypatch.setattr(module, "run_policies", run)
    assert servanda("brief", "made").code == 130
    assert servanda("verify", "made").code == 0
    assert servanda("brief", "made").code == 0
    assert asked == ["as is", "shells = 0.0", "shells = 0.0"]
    assert servanda("brief", "made").code == 0
    assert len(asked) == 3
    assert servanda("verify", "made").code == 0
    page, other = (Path(name, "briefing.html").read_text() for name in ("made", "whole"))
    assert page == other


# Ctrl-C is pressed while a folder is checked.
IN_A_CHECK = """
import signal
from servanda.cli import main
from servanda.results import RunFolder
RunFolder.verify_runs = lambda *_: signal.raise_signal(signal.SIGINT)
main()
"""


@pytest.mark.usefixtures("heeds_ctrl_c")
def test_ctrl_c_in_a_check_says_that_it_is_not_done(cache_home, tmp_path):
    out = str(tmp_path / "run")
    ensemble = Ensemble.prior(prepare(template()).model, 2)
    run_to_folder(template(), Path(out), ensemble)
    process = start(cache_home, IN_A_CHECK, "verify", out)
    complained = f"interrupted: {out} was not checked to its end\n"
    assert process.communicate(timeout=PATIENCE) == ("", complained)
    assert process.returncode == 130


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
def test_ctrl_c_before_there_is_anything_says_so(cache_home, tmp_path):
    process = start(
        cache_home, IN_AN_IMPORT, "run", tiny(), "--prior", "--out", str(tmp_path / "run")
    )
    assert process.communicate(timeout=PATIENCE) == ("", "interrupted: nothing was written\n")
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
