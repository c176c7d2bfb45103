"""Running a case: results with labels and units, run folders, metrics, and the hindcast."""

from servanda.experiments.dataset import to_dataset
from servanda.experiments.folder import RunFolder, open_folder
from servanda.experiments.hindcast import Coverage, hindcast
from servanda.experiments.metrics import evaluate
from servanda.experiments.run import Progress, prepare, run, run_to_folder

__all__ = [
    "Coverage",
    "Progress",
    "RunFolder",
    "evaluate",
    "hindcast",
    "open_folder",
    "prepare",
    "run",
    "run_to_folder",
    "to_dataset",
]
