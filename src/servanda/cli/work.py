"""Commands that compute: run, claims, brief; with progress, and a partial folder on Ctrl-C."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import jax
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from servanda import api
from servanda.case import Case
from servanda.claims import Verdict, judge
from servanda.cli import show
from servanda.experiments import evaluate, open_folder, prepare, run_to_folder
from servanda.experiments.folder import RunFolder
from servanda.experiments.run import Progress as Report

_console = Console(highlight=False)


def run(
    case: Case,
    out: Path | None,
    runs: int,
    seed: int,
    levers: Mapping[str, float | str],
    *,
    brief: bool,
) -> None:
    """Run into a folder, print what came out, and write the briefing."""
    _remember_compilations()
    target = out if out is not None else _free_folder(case.spec.name)
    try:
        with _bar("running", "runs") as report:
            folder = run_to_folder(case, target, runs, seed, levers=levers, progress=report)
    except KeyboardInterrupt:
        _say_partial(target)
        raise
    model = prepare(case).model
    show.results(model, evaluate(model, folder.arrays()), folder.arrays())
    _console.print(f"results   {folder.path}")
    if brief:
        _console.print(f"briefing  {_write_brief(folder, case, None)}")


def claims(case: Case, runs: int, seed: int) -> None:
    """Judge every claim and print the ledger."""
    _remember_compilations()
    simulator = prepare(case)
    with _bar("judging claims", "settings") as report:
        verdicts = judge(simulator, runs, seed, progress=report)
    show.claims(verdicts)


def brief(path: Path, out: Path | None) -> None:
    """Write the briefing of a run folder."""
    _remember_compilations()
    folder = open_folder(path)
    _console.print(f"briefing  {_write_brief(folder, folder.case(), out)}")


def _write_brief(folder: RunFolder, case: Case, out: Path | None) -> Path:
    verdicts: list[Verdict] = []
    with _bar("judging claims", "settings") as report:
        count = min(api.CLAIM_RUNS, max(folder.note["done"], 1))
        verdicts = judge(prepare(case), count, folder.note["seed"], progress=report)
    return api.brief(folder.path, verdicts=verdicts, out=out)


def _free_folder(name: str) -> Path:
    number = 1
    while (Path("runs") / f"{name}-{number}").exists():
        number += 1
    return Path("runs") / f"{name}-{number}"


def _say_partial(target: Path) -> None:
    if (target / "run.json").is_file():
        note = open_folder(target).note
        _console.print(f"partial   {target} holds {note['done']} of {note['runs']} runs and says so")


@contextmanager
def _bar(task: str, unit: str) -> Iterator[Report]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total} " + unit),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task(task, total=None)
        yield lambda done, total: progress.update(bar, completed=done, total=total)


def _remember_compilations() -> None:
    """Keep compiled programs between calls, where the user's caches live."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    jax.config.update("jax_compilation_cache_dir", str(home / "servanda" / "compiled"))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.1)
