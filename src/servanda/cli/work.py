"""Commands that compute: check, run, claims and brief, with progress bars."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import jax
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from typer import Exit

from servanda.analysis.check import check as checked
from servanda.api import hindcast
from servanda.case import Case
from servanda.case.add_evidence import append, compared
from servanda.case.load import examine
from servanda.case.notes import of_evidence
from servanda.cli import interrupts, show
from servanda.cli.answer import answer
from servanda.cli.terminal import err, say
from servanda.ensembles import Ensemble, Levers, Policy
from servanda.ensembles.ensemble import check_runs, check_seed
from servanda.files.faults import Faults, by_place
from servanda.results import Progress as Report
from servanda.results import RunFolder, open_run, prepare, run_to_folder
from servanda.verdicts import CLAIM_RUNS, judge


def check(
    name: str, as_of: str | None, runs: int, seed: int, *, against_record: bool, details: bool
) -> None:
    """Print all errors and notes; of a valid case on request more, and coverage of the record.

    Raises:
        Exit: with code 2, if there are errors.
    """
    check_runs(runs)
    check_seed(seed)
    examined, faults = examine(name), Faults()
    faults.add(examined.faults)
    case, found = examined.case, None
    if case is not None:
        case = case if as_of is None else case.at(as_of)
        found = faults.read(checked, case)
    if case is None or found is None:
        places = {key: f"evidence.csv line {line}" for key, line in examined.lines.items()}
        notes = by_place(of_evidence(examined.evidence, places))
        show.errors(by_place(faults.found), notes)
        raise Exit(2)
    show.late_priors(case)
    show.notes(found.notes)
    if details:
        show.plan(found)
        show.evidence(found)
    if against_record:
        remember_compilations()
        with bar("running", "runs") as report:
            coverages = hindcast(case, runs, seed, progress=report)
        show.hindcast(coverages)


def add_evidence(case: str, file: Path) -> None:
    """Print what a file of figures holds, and add it to a case unless there are errors.

    Raises:
        Exit: with code 2, if there are errors.
    """
    found = compared(case, file)
    if found.faults:
        show.errors(by_place(found.faults), found.notes)
        raise Exit(2)
    append(found, file)
    show.addition(found)


def run(
    case: Case,
    out: Path | None,
    runs: int,
    seed: int,
    levers: Levers,
    *,
    brief: bool,
) -> None:
    """Run into a folder, write the briefing and print the summary."""
    show.late_priors(case)
    remember_compilations()
    model = prepare(case).model
    ensemble = Ensemble.prior(model, runs, seed)
    target = out if out is not None else free_folder(case.spec.name)
    try:
        with interrupts.raises_interrupt(), bar("running", "runs") as report:
            folder = run_to_folder(case, target, ensemble, Policy.of(levers), progress=report)
    except KeyboardInterrupt:
        _say_partial(target)
        raise
    with interrupts.exits_at_once(f"interrupted: {target} holds all {runs} runs"):
        page = _brief(folder, case, ensemble) if brief else None
        answer(folder.results(model))
    say(f"results   {folder.path}")
    if page is not None:
        say(f"briefing  {page}")


def _brief(folder: RunFolder, case: Case, ensemble: Ensemble) -> Path:
    """Judge the claims and write the page, before printing: a closed pipe ends the printing."""
    from servanda import api

    with bar("judging claims", "policies") as report:
        verdicts = judge(prepare(case), ensemble.first(CLAIM_RUNS), progress=report)
    return api.brief(folder, verdicts=verdicts)


def claims(case: Case, runs: int, seed: int) -> None:
    """Judge every claim and print the verdicts."""
    simulator = prepare(case)
    ensemble = Ensemble.prior(simulator.model, runs, seed)
    show.late_priors(case)
    remember_compilations()
    with bar("judging claims", "policies") as report:
        verdicts = judge(simulator, ensemble, progress=report)
    show.claims(verdicts)


def brief(path: Path, out: Path | None) -> None:
    """Write the briefing of a run folder."""
    from servanda import api

    remember_compilations()
    with bar("judging claims", "policies") as report:
        page = api.brief(path, out=out, progress=report)
    say(f"briefing  {page}")


def free_folder(name: str) -> Path:
    """The first of `runs/NAME-1`, `runs/NAME-2`, … that does not exist yet."""
    number = 1
    while (Path("runs") / f"{name}-{number}").exists():
        number += 1
    return Path("runs") / f"{name}-{number}"


def _say_partial(target: Path) -> None:
    if (target / "run.json").is_file():
        note = open_run(target).note
        err().print(
            f"interrupted: {target} holds {note['done']} of {note['runs']} runs and is marked as "
            "partial",
            soft_wrap=True,
        )


@contextmanager
def bar(task: str, unit: str) -> Iterator[Report]:
    """A progress bar, shown if standard error is a terminal, and the function that moves it."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total} " + unit),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    shown = err().is_terminal
    with Progress(*columns, console=err(), transient=True, disable=not shown) as progress:
        bar = progress.add_task(task, total=None)

        def report(done: int, total: int) -> None:
            progress.update(bar, completed=done, total=total)

        yield report


def remember_compilations() -> None:
    """Keep compiled programs between calls, in the user's cache folder."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    cache = str(home / "servanda" / "compiled")
    jax.config.update("jax_compilation_cache_dir", cache)  # type: ignore[no-untyped-call]
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.1)  # type: ignore[no-untyped-call]
