"""Running a case: `sv.run`."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import xarray as xr

from servanda.calibration.choice import ensemble_of
from servanda.case import Case, as_case
from servanda.engine import Simulator
from servanda.ensembles import Ensemble, Executor, Levers, Policy, policies_of
from servanda.ensembles.ensemble import Numbers, check_numbers
from servanda.errors import UsageError
from servanda.results import Progress, prepare, run_policies, to_dataset
from servanda.world import Theory

RUNS = 1000
SEED = 1


def run(  # noqa: PLR0913 -- all ways to choose runs and policies
    case: Case | str | Path,
    runs: int | None = None,
    seed: int | None = None,
    *,
    runs_numbered: Numbers | None = None,
    ensemble: Ensemble | None = None,
    as_of: str | None = None,
    levers: Levers | None = None,
    policies: Mapping[str, Levers] | None = None,
    theories: Sequence[type[Theory]] = (),
    prior: bool = False,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> xr.Dataset:
    """Run a case.

    Args:
        case: from `servanda.load`, the name of a shipped case, or a folder.
        runs: number of runs, drawn from the posterior. Default: 1,000. A posterior that is missing
            is learned, which takes about a minute, and kept. A case whose record says nothing runs
            on its prior. The attribute `origin` of the results says which it was.
        seed: seed of all random numbers. Default: 1.
        runs_numbered: numbers of the runs, in place of `runs`. The results of a run depend on its
            number and do not depend on the number of runs.
        ensemble: ensemble to run, in place of draws.
        as_of: another evidence cut-off, `YYYY-MM`.
        levers: levers of one policy, by name, at a value or a named choice.
        policies: levers of several policies, by name of the policy. All policies use the same runs.
        theories: theories from outside the package, each in place of the theory that the case names
            for its slot.
        prior: whether to draw from the priors, without what the record says.
        executor: computes the batches of runs. Default: in this process.
        progress: called with the number of runs done and the number asked for.

    Returns:
        Every kept quantity by month, member and run, and the parameters of each run, with labels
        and units. With `policies`, the first dimension of a quantity is `policy`. Without it,
        `policy` is a scalar coordinate with the name of the policy.

    Raises:
        CaseError: if the case and the theories do not fit together.
        UsageError: on zero runs; on `runs` together with `runs_numbered` or `ensemble`; on `prior`
            together with `ensemble`; on a lever that is unknown or out of range; on an ensemble of
            another case or version.
        ExecutorError: if the executor loses a batch.
        ResultError: if a result is not a finite number.
    """
    if levers is not None and policies is not None:
        raise UsageError("levers", "levers together with policies", "one of the two")
    given = as_case(case)
    moved = given if as_of is None else given.at(as_of)
    simulator = prepare(moved, theories)
    wanted = policies_of(policies) if policies is not None else [Policy.of(levers or {})]
    for policy in wanted:
        policy.settings(simulator.model.case)  # raises before a posterior is learned
    chosen = _ensemble(simulator, runs, seed, runs_numbered, ensemble, prior=prior)
    found = run_policies(simulator, chosen, wanted, executor=executor, progress=progress)
    return to_dataset(found) if policies is not None else to_dataset(found[0])


def _ensemble(
    simulator: Simulator,
    runs: int | None,
    seed: int | None,
    numbers: Numbers | None,
    ensemble: Ensemble | None,
    *,
    prior: bool,
) -> Ensemble:
    """The ensemble that is asked for. Raises `UsageError` if it is asked for in two ways."""
    if runs is not None and numbers is not None:
        raise UsageError("runs", "runs together with runs_numbered", "one of the two")
    if ensemble is None:
        some = RUNS if runs is None else runs
        which = some if numbers is None else check_numbers(numbers)
        return ensemble_of(simulator, which, SEED if seed is None else seed, prior=prior)
    for name, value in (("runs", runs), ("seed", seed), ("prior", prior or None)):
        if value is not None:
            raise UsageError(
                name,
                f"{name} together with an ensemble",
                f"the {'origin' if name == 'prior' else name} of the ensemble",
            )
    return ensemble if numbers is None else ensemble.of_runs(numbers)
