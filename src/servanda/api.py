"""The two public calls that span layers: verdicts of a case, and the briefing of a run."""

from pathlib import Path

from servanda.case import Case
from servanda.claims import Verdict, judge
from servanda.errors import RunFolderError
from servanda.experiments import hindcast, open_folder, prepare
from servanda.experiments.run import Progress
from servanda.report import brief as write_briefing

# Enough for a standard error of a probability below .016, and one batch on two cores.
CLAIM_RUNS = 1024


def claims(
    case: Case, runs: int = CLAIM_RUNS, seed: int = 1, *, progress: Progress | None = None
) -> list[Verdict]:
    """A verdict for every claim of a case.

    Args:
        case: from `servanda.load`.
        runs: runs for each setting that claims compare; the same run is paired across settings.
        seed: of all randomness.
        progress: called with settings done and settings to run.

    Raises:
        CaseError: if the case does not fit together.
        UsageError: on zero runs.
    """
    return judge(prepare(case), runs, seed, progress=progress)


def brief(
    folder: str | Path,
    *,
    verdicts: list[Verdict] | None = None,
    out: str | Path | None = None,
    progress: Progress | None = None,
) -> Path:
    """Write the briefing of a run folder: one page that opens offline.

    Args:
        folder: what `servanda run` wrote.
        verdicts: of the claims, judged now if not given.
        out: where to write; `briefing.html` in the folder if not given.
        progress: of judging the claims.

    Returns:
        The page's path.

    Raises:
        RunFolderError: if the folder is not a run folder, or holds no run.
    """
    run = open_folder(Path(folder))
    if not run.note["done"]:
        raise RunFolderError(
            where=f"run folder '{run.path}'", found="no run in it", expected="at least one batch"
        )
    simulator = prepare(run.case())
    if verdicts is None:
        count = min(CLAIM_RUNS, run.note["done"])
        verdicts = judge(simulator, count, run.note["seed"], progress=progress)
    arrays = run.arrays()
    coverages = hindcast(simulator.model, arrays, run.note["seed"])
    target = Path(out) if out is not None else run.path / "briefing.html"
    return write_briefing(simulator.model, arrays, verdicts, coverages, run.note, target)
