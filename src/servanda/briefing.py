"""The briefing of a run folder: claims judged, record compared, page written.

It is loaded when it is first used: the charts need a library that takes half a second to load.
"""

from collections.abc import Sequence
from pathlib import Path

from servanda.analysis import hindcast
from servanda.analysis.hindcast import Coverage
from servanda.errors import RunFolderError
from servanda.files.fields import path_of
from servanda.report import page
from servanda.results import BRIEFING, Progress, RunFolder, open_run, prepare
from servanda.scoring.scoreboard import carried
from servanda.verdicts import Verdict, judge_folder


def brief(
    folder: str | Path | RunFolder,
    *,
    verdicts: Sequence[Verdict] | None = None,
    coverages: Sequence[Coverage] | None = None,
    out: str | Path | None = None,
    progress: Progress | None = None,
) -> Path:
    """Write the briefing of a run folder: one HTML page that opens offline.

    Args:
        folder: the run folder, or its path.
        verdicts: verdicts of the claims. If not given, the claims are judged now.
        coverages: predictive coverage of each series. If not given, it is computed now.
        out: file to write. If not given, `briefing.html` in the folder.
        progress: called with the number of policies run for the claims and the number to run.

    Returns:
        The path of the page.

    Raises:
        RunFolderError: if the folder is not a run folder, or holds no run.
        UsageError: if an argument is no path, or the case carries a scoreboard that is damaged.
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
    case = run.case()
    simulator = prepare(case)
    results = run.results(simulator.model)
    if verdicts is None:
        verdicts = judge_folder(run, simulator, progress=progress)
    if coverages is None:
        coverages = hindcast.coverages(results)
    scores = carried(case)  # models of one content share a case, and so a folder
    page.brief(results, verdicts, coverages, target, scores=scores)
    if target.resolve() == own.resolve():
        run.note_briefing()
    return target
