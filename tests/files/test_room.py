"""What does not fit into free memory or on the disk is refused before it is begun."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest

from servanda.cli import work
from servanda.engine import Simulator
from servanda.ensembles import Ensemble, simulate
from servanda.errors import UsageError
from servanda.files.room import check_disk, check_memory, readable
from servanda.results import prepare, run_to_folder
from servanda.results.run import run_policies
from servanda.trade import Regime, sweep
from tests.cases import template
from tests.small_world import BASELINE, SOLD


class Memory(NamedTuple):
    available: float


class Disk(NamedTuple):
    free: float


@pytest.fixture
def simulator() -> Simulator:
    return prepare(template())


@pytest.fixture
def free_memory(monkeypatch: pytest.MonkeyPatch):
    """Set how many bytes of memory are free."""
    return lambda size: monkeypatch.setattr(psutil, "virtual_memory", lambda: Memory(size))


def test_what_fits_is_let_through(free_memory):
    free_memory(1000)
    check_memory(100, "runs", 10)
    with pytest.raises(UsageError) as caught:
        check_memory(101, "runs", 10)
    assert str(caught.value) == (
        "runs: found 101, which need about 1.01 kB of memory,"
        " expected at most 100 runs: 1 kB are free"
    )


def test_what_never_fits(free_memory):
    free_memory(1000)
    with pytest.raises(UsageError) as caught:
        check_memory(2, "months", 3e9)
    assert str(caught.value) == (
        "months: found 2, which need about 6 GB of memory, expected more memory: 1 kB are free"
    )


def test_the_disk_of_a_folder_that_does_not_exist_yet(monkeypatch, tmp_path):
    asked: list[Path] = []
    monkeypatch.setattr(shutil, "disk_usage", lambda path: asked.append(path) or Disk(2e9))
    with pytest.raises(UsageError) as caught:
        check_disk(300_000, "runs", 1e4, tmp_path / "there" / "run")
    assert str(caught.value) == (
        "runs: found 300,000, which need about 3 GB of disk space,"
        " expected at most 200,000 runs: 2 GB are free"
    )
    assert asked == [tmp_path]


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 B"), (999, "999 B"), (71_280, "71.3 kB"), (2e12, "2 TB"), (3e18, "3e+03 PB")],
)
def test_bytes_are_shown_as_people_read_them(size, text):
    assert readable(size) == text


def test_a_milliard_runs_are_refused_before_their_parameters_are_drawn(simulator, free_memory):
    free_memory(20e9)
    with pytest.raises(UsageError) as caught:
        Ensemble.prior(simulator.model, 10**9)
    assert caught.value.where == "runs"
    assert caught.value.found.startswith("1,000,000,000, which need about ")


def test_a_horizon_whose_results_do_not_fit_is_refused(simulator, free_memory):
    ensemble = Ensemble.prior(simulator.model, 2)
    free_memory(1000)
    with pytest.raises(UsageError) as caught:
        next(simulate(simulator, ensemble))
    assert caught.value.where == "months"
    assert caught.value.found.startswith(f"{simulator.months}, which need about ")


def test_results_of_all_policies_have_to_fit(simulator, free_memory):
    ensemble = Ensemble.prior(simulator.model, 2)
    free_memory(simulator.run_bytes)
    with pytest.raises(UsageError) as caught:
        run_policies(simulator, ensemble)
    assert (caught.value.where, caught.value.found.split(",")[0]) == ("runs", "2")


def test_a_run_folder_that_the_disk_does_not_hold_is_not_begun(simulator, monkeypatch, tmp_path):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Disk(10))
    ensemble = Ensemble.prior(simulator.model, 2)
    with pytest.raises(UsageError) as caught:
        run_to_folder(template(), tmp_path / "run", ensemble)
    assert caught.value.where == "runs"
    assert not (tmp_path / "run").exists()


def test_draws_of_a_sweep_have_to_fit(free_memory):
    free_memory(20e9)
    with pytest.raises(UsageError) as caught:
        sweep([Regime("r", "", (SOLD,))], BASELINE, 10**9)
    assert str(caught.value) == (
        "draws: found 1,000,000,000, which need about 432 GB of memory,"
        " expected at most 46,296,296 draws: 20 GB are free"
    )


def test_what_takes_over_a_minute_is_announced_once(monkeypatch, capsys):
    clock = iter([0.0, 3.0, 6.0, 9.0])
    monkeypatch.setattr("servanda.cli.work.time.monotonic", lambda: next(clock))
    with work.bar("running", "runs") as report:
        for done in (1000, 2000, 3000, 4000):
            report(done, 100_000)
    assert capsys.readouterr().err == "about 5 min left for 100,000 runs\n"


def test_what_takes_less_is_not(monkeypatch, capsys):
    clock = iter([0.0, 1.0])
    monkeypatch.setattr("servanda.cli.work.time.monotonic", lambda: next(clock))
    with work.bar("running", "runs") as report:
        for done in (1000, 2000):
            report(done, 10_000)
    assert capsys.readouterr().err == ""
