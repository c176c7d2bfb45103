"""The public calls that span several layers: the hindcast of a case, the briefing of a run."""

from collections.abc import Sequence
from pathlib import Path

from servanda.analysis.hindcast import Coverage
from servanda.analysis.hindcast import hindcast as coverages_of
from servanda.case import Case
from servanda.ensembles import Ensemble
from servanda.errors import RunFolderError
from servanda.files.fields import path_of
from servanda.report import brief as write_briefing
from servanda.results import BRIEFING, Progress, RunFolder, open_run, prepare, run_policies
from servanda.verdicts import Verdict, judge_folder

__all__ = ["HINDCAST_RUNS", "brief", "hindcast"]

HINDCAST_RUNS = 2048


def hindcast(
    case: Case | str | Path,
    runs: int = HINDCAST_RUNS,
    seed: int = 1,
    *,
    progress: Progress | None = None,
) -> list[Coverage]:
    """Compute the prior-predictive coverage of the record to the evidence cut-off.

    Args:
        case: from `servanda.load`, the name of a shipped case, or a folder.
        runs: number of runs, drawn from the priors.
        seed: seed of all random numbers.
        progress: called with the number of runs done and the number asked for.

    Returns:
        For each series, its figures with their 90 % prior-predictive intervals.

    Raises:
        CaseError: if the case does not fit together.
        UsageError: on zero runs.
    """
    simulator = prepare(case)
    ensemble = Ensemble.prior(simulator.model, runs, seed)
    (results,) = run_policies(simulator, ensemble, progress=progress)
    return coverages_of(results)


def brief(
    folder: str | Path | RunFolder,
    *,
    verdicts: Sequence[Verdict] | None = None,
    out: str | Path | None = None,
    progress: Progress | None = None,
) -> Path:
    """Write the briefing of a run folder: one HTML page that opens offline.

    Args:
        folder: the run folder, or its path.
        verdicts: verdicts of the claims. If not given, the claims are judged now.
        out: file to write. If not given, `briefing.html` in the folder.
        progress: called with the number of policies run for the claims and the number to run.

    Returns:
        The path of the page.

    Raises:
        RunFolderError: if the folder is not a run folder, or holds no run.
        UsageError: if an argument is no path.
    """
    run = folder if isinstance(folder, RunFolder) else open_run(folder)
    if not run.note["done"]:
        raise RunFolderError(
            where=f"run folder '{run.path}'",
            found="no runs",
            expected="at least one finished batch of runs",
        )
    own = run.path / BRIEFING
    target = own if out is None else path_of(out, "out", "the path of a file")
    simulator = prepare(run.case())
    results = run.results(simulator.model)
    if verdicts is None:
        verdicts = judge_folder(run, simulator, progress=progress)
    write_briefing(results, verdicts, coverages_of(results), target)
    if target.resolve() == own.resolve():
        run.note_briefing()
    return target
