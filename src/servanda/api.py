"""The public call that spans all layers: the briefing of a run folder."""

from collections.abc import Sequence
from pathlib import Path

from servanda.analysis.hindcast import hindcast
from servanda.errors import RunFolderError
from servanda.report import brief as write_briefing
from servanda.results import Progress, RunFolder, open_folder, prepare
from servanda.verdicts import CLAIM_RUNS, Verdict, judge

__all__ = ["brief"]


def brief(
    folder: str | Path | RunFolder,
    *,
    verdicts: Sequence[Verdict] | None = None,
    out: str | Path | None = None,
    progress: Progress | None = None,
) -> Path:
    """Write the briefing of a run folder: one page that opens offline.

    Args:
        folder: what `servanda run` wrote, or where.
        verdicts: of the claims, judged now if not given.
        out: where to write; `briefing.html` in the folder if not given.
        progress: of judging the claims.

    Returns:
        The page's path.

    Raises:
        RunFolderError: if the folder is not a run folder, or holds no run.
    """
    run = folder if isinstance(folder, RunFolder) else open_folder(Path(folder))
    if not run.note["done"]:
        raise RunFolderError(
            where=f"run folder '{run.path}'", found="no run in it", expected="at least one batch"
        )
    simulator = prepare(run.case())
    results = run.results(simulator.model)
    if verdicts is None:
        verdicts = judge(simulator, results.ensemble.first(CLAIM_RUNS), progress=progress)
    target = Path(out) if out is not None else run.path / "briefing.html"
    return write_briefing(results, verdicts, hindcast(results), target)
