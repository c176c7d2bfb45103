"""Judging claims: paired runs for every policy that a claim compares, then a verdict for each."""

from collections.abc import Mapping, MutableMapping, Sequence
from pathlib import Path

import numpy as np

from servanda.calibration.choice import ensemble_of
from servanda.case import Case, Evidence, Observation
from servanda.case.schema import (
    Claim,
    Conditional,
    Contrast,
    Metric,
    Test,
    Threshold,
    Trend,
    Untestable,
)
from servanda.engine import Model, Simulator
from servanda.ensembles import Ensemble, Policy
from servanda.results import Progress, RunFolder, evaluate, prepare, run_policies
from servanda.results.by_policy import Metrics, Settings, key
from servanda.results.metrics import is_yes_or_no
from servanda.verdicts.flips import Groups, Weighing, flips
from servanda.verdicts.outcomes import ByRun, Outcome, Values, outcome, settings_in
from servanda.verdicts.verdict import Verdict


class Interrupted(KeyboardInterrupt):
    """Ctrl-C, with the verdicts on the claims whose policies had all been run by then."""

    def __init__(self, judged: list[Verdict]) -> None:
        """Keep the verdicts."""
        super().__init__()
        self.judged = judged


# Enough for a standard error of a probability below .016; one batch on two cores.
CLAIM_RUNS = 1024


def claims(
    case: Case | str | Path,
    runs: int = CLAIM_RUNS,
    seed: int = 1,
    *,
    prior: bool = False,
    progress: Progress | None = None,
) -> list[Verdict]:
    """A verdict for every claim of a case.

    Args:
        case: from `servanda.load`, the name of a shipped case, or a folder.
        runs: number of runs for each policy that a claim compares. The same runs are used under all
            policies, so each run is paired with itself.
        seed: seed of all random numbers.
        prior: whether to draw from the priors. Default: from the posterior.
        progress: called with the number of policies done and the number to run.

    Raises:
        CaseError: if the case does not fit together.
        UsageError: on zero runs.
        Interrupted: on Ctrl-C, with the verdicts so far.
    """
    simulator = prepare(case)
    ensemble = ensemble_of(simulator, runs, seed, prior=prior)
    return judge(simulator, ensemble, progress=progress)


def judge_folder(
    folder: RunFolder, simulator: Simulator, *, progress: Progress | None = None
) -> list[Verdict]:
    """A verdict for every claim, on the first runs of a run folder.

    The folder keeps the metrics of each policy that has been run, so that none is run twice.

    Args:
        folder: the run folder.
        simulator: simulator of its case.
        progress: called with the number of policies done and the number to run.

    Raises:
        RunFolderError: if a policy that was run before is damaged, or one cannot be written.
        Interrupted: on Ctrl-C, with the verdicts so far.
    """
    ensemble = folder.ensemble().first(CLAIM_RUNS)
    return judge(simulator, ensemble, folder.by_policy(len(ensemble)), progress=progress)


def judge(
    simulator: Simulator,
    ensemble: Ensemble,
    done: MutableMapping[Settings, Metrics] | None = None,
    *,
    progress: Progress | None = None,
) -> list[Verdict]:
    """A verdict for every claim of a case.

    Args:
        simulator: simulator of the case.
        ensemble: the runs. Each run is paired with itself under the other policies.
        done: metrics of these runs under the policies that have been run; the others are added.
        progress: called with the number of policies done and the number to run.

    Raises:
        UsageError: on a lever out of range in a claim, or an ensemble of another case.
        Interrupted: on Ctrl-C, with the verdicts so far.
    """
    model, claims = simulator.model, simulator.model.case.claims
    results = {} if done is None else done

    def values(settings: Mapping[str, float | str], metric: str) -> np.ndarray:
        return results[key(settings)][metric]

    def verdicts(some: Sequence[Claim]) -> list[Verdict]:
        groups = Groups.of(model, ensemble)
        return [_verdict(model, claim, values, groups, ensemble) for claim in some]

    wanted = {key(levers): levers for claim in claims for levers in _policies_of(claim)}
    try:
        for number, (name, levers) in enumerate(wanted.items(), start=1):
            if name not in results:
                (found,) = run_policies(simulator, ensemble, [Policy.of(levers)])
                results[name] = evaluate(found)
            if progress is not None:
                progress(number, len(wanted))
    except KeyboardInterrupt:
        ready = [c for c in claims if all(key(levers) in results for levers in _policies_of(c))]
        raise Interrupted(verdicts(ready)) from None
    return verdicts(claims)


def _policies_of(claim: Claim) -> list[Mapping[str, float | str]]:
    """The levers of every policy that a claim and its other accountings compare."""
    tests = (claim.test, *claim.accountings.values())
    return [levers for test in tests for levers in settings_in(test)]


def _verdict(
    model: Model, claim: Claim, values: Values, groups: Groups, ensemble: Ensemble
) -> Verdict:
    known = model.case.known
    supports = _among(known, claim.supports)
    opposes = _among(known, claim.opposes)
    cited = _among(model.case.evidence, (*claim.supports, *claim.opposes))
    later = tuple(o for o in cited if o not in (*supports, *opposes))
    if isinstance(claim.test, Untestable):
        return Verdict(claim, "untestable here", supports=supports, opposes=opposes, later=later)
    weights = ensemble.weights

    def of(test: Test) -> Outcome:
        yes_or_no = all(is_yes_or_no(model, metric) for metric in _metrics(model, test))
        return outcome(test, values, weights, yes_or_no=yes_or_no)

    main, metrics = of(claim.test), _metrics(model, claim.test)
    others = {name: of(test).probability() for name, test in claim.accountings.items()}
    evidence = Weighing(supports, opposes, others)
    low, high = main.interval()
    return Verdict(
        claim=claim,
        word=evidence.word(main.probability()),
        runs=len(ensemble),
        probability=main.probability(),
        error=main.error(),
        effect=main.effect(),
        effect_low=low,
        effect_high=high,
        effect_error=main.effect_error(),
        unit=_unit(model, claim.test),
        of_shares=not isinstance(main, ByRun) or main.of_shares,
        of_runs=isinstance(main, ByRun),
        supports=supports,
        opposes=opposes,
        later=later,
        flips=flips(model, main, groups.moving(model, metrics), evidence),
    )


def _metrics(model: Model, test: Test) -> list[Metric]:
    """The metrics that a test compares."""
    names: tuple[str, ...] = ()
    match test:
        case Contrast() | Threshold():
            names = (test.metric,)
        case Trend():
            names = (test.before, test.after)
        case Conditional():
            names = (test.outcome, test.given)
    return [m for m in model.case.spec.metrics if m.name in names]


def _among(record: Evidence, ids: Sequence[str]) -> tuple[Observation, ...]:
    """The facts with these ids, in this order. Ids that are not in the record are left out."""
    rows = {o.id: o for o in record.observations}
    return tuple(rows[i] for i in ids if i in rows)


def _unit(model: Model, test: Test) -> str:
    """The unit of the metric that a test compares. A conditional test compares probabilities."""
    units = {m.name: m.unit for m in model.case.spec.metrics}
    match test:
        case Contrast() | Threshold():
            return units[test.metric]
        case Trend():
            return units[test.after]
        case _:
            return "dimensionless"
