"""The ensemble of a case: runs of its posterior, or of its prior.

The posterior is one that was learned before, or one that is learned now. A case whose record says
nothing has its prior.
"""

from servanda.calibration.calibrate import Progress, check_record, learned
from servanda.calibration.posterior import Settings
from servanda.engine import Model, Simulator
from servanda.ensembles import Ensemble
from servanda.ensembles.ensemble import Numbers, check_numbers, check_runs, check_seed
from servanda.errors import UsageError


def ensemble_of(
    simulator: Simulator,
    runs: int | Numbers,
    seed: int = 1,
    *,
    prior: bool = False,
    settings: Settings | None = None,
    progress: Progress | None = None,
) -> Ensemble:
    """Runs of the posterior of a case, or of its prior.

    Args:
        simulator: simulator of the case.
        runs: number of runs, or their numbers.
        seed: seed of what is drawn: for the posterior, what comes after the cut-off.
        prior: whether to draw from the prior.
        settings: settings of the posterior. Default: those that calibration has.
        progress: called while a posterior is learned, as `servanda.calibrate` does.

    Raises:
        UsageError: on a wrong number of runs or seed.
        ResultError: if the likelihood is not a number, or zero in every particle.
    """
    model = simulator.model
    check_runs(runs) if isinstance(runs, int) else check_numbers(runs)
    check_seed(seed)  # before a posterior is learned
    if prior or nothing_to_learn(model):
        return Ensemble.prior(model, runs, seed)
    return learned(simulator, settings, progress).ensemble(model, runs, seed)


def nothing_to_learn(model: Model) -> str:
    """Why there is nothing to learn from in the record of a case; empty if there is something."""
    try:
        check_record(model)
    except UsageError as error:
        return f"{error.where} has {error.found}"
    return ""
