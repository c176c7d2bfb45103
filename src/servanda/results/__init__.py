"""Results: the kept quantities of runs with labels and origin, in memory or in a folder."""

from servanda.results.dataset import to_dataset
from servanda.results.folder import BRIEFING, RunFolder, check_free, open_run
from servanda.results.metrics import evaluate
from servanda.results.results import Progress, Results
from servanda.results.run import prepare, resume, run_policies, run_to_folder

__all__ = [
    "BRIEFING",
    "Progress",
    "Results",
    "RunFolder",
    "check_free",
    "evaluate",
    "open_run",
    "prepare",
    "resume",
    "run_policies",
    "run_to_folder",
    "to_dataset",
]
