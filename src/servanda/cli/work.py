"""Commands that compute: check, run, claims, brief and verify, with progress bars."""

import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import jax
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from typer import Exit

from servanda.analysis.check import check as checked
from servanda.analysis.hindcast import Coverage, coverages
from servanda.analysis.sanctions import faults_of_files
from servanda.case import Case
from servanda.case.add_evidence import append, compared
from servanda.case.load import examine
from servanda.case.notes import of_evidence, of_readings, with_lines
from servanda.cli import interrupts, show
from servanda.cli.answer import answer
from servanda.cli.learning import chosen
from servanda.cli.terminal import err, out, say
from servanda.engine import Model
from servanda.ensembles import Levers, Policy
from servanda.ensembles.ensemble import check_runs, check_seed
from servanda.files.cache import cache_folder
from servanda.files.faults import Faults, by_place
from servanda.report import origin
from servanda.results import Progress as Report
from servanda.results import RunFolder, check_free, open_run, prepare, run_policies, run_to_folder
from servanda.results import resume as resume_run
from servanda.verdicts import Interrupted, judge, judge_folder

LONG = 60.0  # seconds; what takes longer is announced


def check(
    name: str,
    as_of: str | None,
    runs: int,
    seed: int,
    *,
    against_record: bool,
    prior: bool,
    details: bool,
) -> None:
    """Print all errors and notes; of a valid case on request more, and coverage of the record.

    Raises:
        Exit: with code 2, if there are errors.
    """
    check_runs(runs)
    check_seed(seed)
    examined, faults = examine(name), Faults()
    faults.add([*examined.faults, *faults_of_files(examined.folder, examined.spellings)])
    case, found = examined.case, None
    if case is not None:
        case = case if as_of is None else case.at(as_of)
        found = faults.read(checked, case)
    if case is None or found is None:
        places = {key: f"evidence.csv line {line}" for key, line in examined.lines.items()}
        read = of_readings(examined.spellings.readings)
        noted = with_lines([*of_evidence(examined.evidence, places), *read], examined.folder)
        notes = by_place(noted)
        show.errors(by_place(faults.found), notes)
        raise Exit(2)
    show.late_priors(case)
    show.notes(found.notes)
    if details:
        show.plan(found)
        show.evidence(found)
    if against_record:
        remember_compilations()
        ensemble = chosen(case, runs, seed, prior=prior)
        with bar("running", "runs") as report:
            (results,) = run_policies(prepare(case), ensemble, progress=report)
        show.hindcast(results, coverages(results))


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
    prior: bool,
    brief: bool,
) -> None:
    """Run into a folder, write the briefing and print the summary."""
    show.late_priors(case)
    remember_compilations()
    policy = Policy.of(levers)
    policy.settings(case)  # raises before a posterior is learned
    target = out if out is not None else free_folder(case.spec.name)
    check_free(target)
    ensemble = chosen(case, runs, seed, prior=prior)
    with _keeping_runs(target) as report:
        folder = run_to_folder(case, target, ensemble, policy, progress=report)
    _conclude(folder, case, brief=brief)


def resume(path: Path, *, brief: bool) -> None:
    """Go on with the run of a folder, write the briefing and print the summary."""
    remember_compilations()
    opened(path)  # says what is not verified
    with _keeping_runs(path) as report:
        folder = resume_run(path, progress=report)
    _conclude(folder, folder.case(), brief=brief)


@contextmanager
def _keeping_runs(target: Path) -> Iterator[Report]:
    """Ctrl-C keeps the batches that are done, and says how many runs they are."""
    with interrupts.ignored():
        try:
            with interrupts.raises_interrupt(), bar("running", "runs") as report:
                yield report
        except KeyboardInterrupt:
            if (target / "run.json").is_file():
                err().print(_held(open_run(target)), soft_wrap=True)
            else:
                err().print("interrupted: nothing was written", soft_wrap=True)
            raise


def _held(folder: RunFolder) -> str:
    """What an interrupted run folder holds."""
    path, note = folder.path, folder.note
    if not note["partial"]:
        return f"interrupted: {path} holds all {note['runs']} runs"
    return (
        f"interrupted: {path} holds {note['done']} of {note['runs']} runs and is marked as "
        f"partial; servanda run --resume {path} goes on"
    )


def _conclude(folder: RunFolder, case: Case, *, brief: bool) -> None:
    """Write the briefing, before printing the summary: a closed pipe ends the printing."""
    with interrupts.exits_at_once(_held(folder)):
        results = folder.results(prepare(case).model)
        shown = brief or results.ensemble.origin == "posterior"
        found = coverages(results) if shown else []
        page = _brief(folder, case, None, found) if brief else None
        answer(results, found)
        say(f"results   {folder.path}")
        if page is not None:
            say(f"briefing  {page}")


def _brief(
    folder: RunFolder, case: Case, out: Path | None, found: Sequence[Coverage] | None = None
) -> Path:
    """Judge the claims and write the page."""
    from servanda import briefing  # slow to load

    held, verdicts = _held(folder), None
    if folder.note["done"]:
        simulator = prepare(case)
        goes_on = f", and servanda brief {folder.path} goes on from them"
        with _judging(simulator.model, held, goes_on) as report:
            verdicts = judge_folder(folder, simulator, progress=report)
    with interrupts.exits_at_once(f"{held}; the briefing was not written"):
        return briefing.brief(folder, verdicts=verdicts, coverages=found, out=out)


def claims(case: Case, runs: int, seed: int, *, prior: bool) -> None:
    """Judge every claim and print the verdicts."""
    simulator = prepare(case)
    show.late_priors(case)
    remember_compilations()
    ensemble = chosen(case, runs, seed, prior=prior)
    with _judging(simulator.model, "interrupted") as report:
        verdicts = judge(simulator, ensemble, progress=report)
    show.claims(simulator.model, verdicts)
    out().print(origin.sentence(ensemble), soft_wrap=True)


@contextmanager
def _judging(model: Model, held: str, goes_on: str = "") -> Iterator[Report]:
    """After Ctrl-C, the verdicts so far are printed."""
    try:
        with interrupts.raises_interrupt(), bar("judging claims", "policies") as report:
            yield report
    except KeyboardInterrupt as stopped:
        judged = stopped.judged if isinstance(stopped, Interrupted) else []
        said = f"{held}; {len(judged)} of {len(model.case.claims)} claims were judged{goes_on}"
        with interrupts.exits_at_once(said):
            if judged:
                show.claims(model, judged)
        err().print(said, soft_wrap=True)
        raise


def brief(path: Path, out: Path | None) -> None:
    """Write the briefing of a run folder."""
    folder = opened(path)
    remember_compilations()
    page = _brief(folder, folder.case(), out)
    say(f"briefing  {page}")


def verify(path: Path) -> None:
    """Check that a run folder is as it was written, and say so in one sentence."""
    folder = opened(path)
    with (
        interrupts.exits_at_once(f"interrupted: {path} was not checked to its end"),
        bar("checking", "runs") as report,
    ):
        folder.verify(report)
    done, runs = folder.note["done"], folder.note["runs"]
    what = f"{done} of {runs} runs, so far" if folder.note["partial"] else f"all {runs} runs"
    say(f"{path} is as it was written: {what}, and all other files of the run.")


def opened(path: Path) -> RunFolder:
    """Open a run folder, and warn if it is of another version."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        folder = open_run(path)
    if folder.unverified is not None:
        err().print(f"warning: {folder.unverified}", soft_wrap=True)
    return folder


def free_folder(name: str) -> Path:
    """The first of `runs/NAME-1`, `runs/NAME-2`, … that does not exist yet."""
    number = 1
    while (Path("runs") / f"{name}-{number}").exists():
        number += 1
    return Path("runs") / f"{name}-{number}"


@contextmanager
def bar(task: str, unit: str) -> Iterator[Report]:
    """A progress bar, shown if standard error is a terminal, and the function that moves it."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[count]}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    shown = err().is_terminal
    with Progress(*columns, console=err(), transient=True, disable=not shown) as progress:
        bar = progress.add_task(task, total=None, count=f"no {unit} done yet")

        announce = _Announcement()

        def report(done: int, total: int) -> None:
            count = f"{done:,} of {total:,} {unit}"
            progress.update(bar, completed=done, total=total, count=count)
            announce(done, total, unit)

        yield report


class _Announcement:
    """Says once how long a long computation takes, from the time between two reports."""

    def __init__(self) -> None:
        self._first: tuple[float, int] | None = None
        self._said = False

    def __call__(self, done: int, total: int, unit: str) -> None:
        """Take a report of how much is done."""
        now = time.monotonic()
        if self._first is None:
            self._first = now, done
            return
        started, before = self._first
        left = (now - started) / (done - before) * (total - done) if done > before else 0.0
        if not self._said and left > LONG:
            err().print(f"about {left / 60:.0f} min left for {total:,} {unit}", soft_wrap=True)
            self._said = True


def remember_compilations() -> None:
    """Keep compiled programs between calls, in the user's cache folder."""
    cache = str(cache_folder("compiled"))
    # It only saves time, so a full disk there is nothing to say.
    warnings.filterwarnings("ignore", "Error (reading|writing) persistent compilation cache")
    jax.config.update("jax_compilation_cache_dir", cache)  # type: ignore[no-untyped-call]
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.1)  # type: ignore[no-untyped-call]
