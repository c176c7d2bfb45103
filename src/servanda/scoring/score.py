"""Scoring a case at rolling origins: learn by each of them, run on, and compare with what came.

An origin reads only what was known by then. Its runs are draws of the posterior that is learned
from the record to the origin, or of the priors.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from servanda.calibration.choice import ensemble_of
from servanda.calibration.posterior import Settings
from servanda.case import Case, as_case, crossref
from servanda.case.schema import month_name, month_number
from servanda.engine import Simulator
from servanda.ensembles.ensemble import check_runs
from servanda.errors import UsageError
from servanda.observation import known_records
from servanda.results import Results, prepare, run_policies
from servanda.results import note as notes
from servanda.scoring.points import LeftOut, Outlook, outlooks
from servanda.scoring.rows import forecasts
from servanda.scoring.scoreboard import Scoreboard
from servanda.scoring.totals import Row

BEFORE = (12, 6, 0)
"""Months from the default origins to the case's own evidence cut-off."""
RUNS = 1000
LEARNING, RUNNING = "learning", "running"
Progress = Callable[[str, str, float], None]
"""Called with the origin, `LEARNING` or `RUNNING`, and the share of it that is done."""
TRUE_FORECASTS = (
    "Counting rules, errors and mechanisms were chosen with later figures in view. Only facts that "
    "were kept back, and registered forecasts, are true forecasts."
)


def score(
    case: Case | str | Path,
    *,
    origins: Sequence[str] | None = None,
    runs: int = RUNS,
    seed: int = 1,
    particles: int = Settings.particles,
    prior: bool = False,
    progress: Progress | None = None,
) -> Scoreboard:
    """Score forecasts of what became known after each of several origins.

    Posteriors that were learned before are read. After an interruption, the same call goes on.

    Args:
        case: from `servanda.load`, the name of a shipped case, or a folder.
        origins: months `YYYY-MM`: the last that a forecast may know. Default: the case's own
            evidence cut-off, and six and twelve months before it.
        runs: number of runs at each origin.
        seed: seed of all random numbers.
        particles: number of particles of each chain that learns a posterior.
        prior: whether runs are drawn from the priors, and nothing is learned.
        progress: called as learning and running go on.

    Raises:
        CaseError: if the case does not fit together.
        UsageError: if an origin is no month of the case or is given twice, no figure was known by
            it, or none became known in the twelve months after any of them.
    """
    given = as_case(case)
    check_runs(runs)
    settings = Settings(particles=particles, seed=seed)
    settings.check()
    months = _checked(given, _default(given) if origins is None else origins)
    seen = {origin: _Origin.of(given.at(origin)) for origin in months}
    _check_figures(given, seen)
    rows: list[Row] = []
    drawn = {}
    for name, origin in seen.items():
        results = run_on(
            origin.simulator, settings, runs, progress or (lambda *_: None), prior=prior
        )
        drawn[name] = results.ensemble.origin
        rows += forecasts(results, origin.found)
    made_from = {
        "case": given.spec.name,
        "case_digest": given.digest,
        "changes": [list(change) for change in given.changes],
        "origins": drawn,
        "runs": runs,
        "learned": None if prior else str(settings),
        "seed": seed,
        "versions": notes.versions(),
    }
    left_out = tuple(one for origin in seen.values() for one in origin.left_out)
    late = {name: len(one.simulator.model.case.late_priors) for name, one in seen.items()}
    return Scoreboard(made_from, tuple(rows), left_out, late)


@dataclass(frozen=True, eq=False)
class _Origin:
    """A case as it was known at an origin, and what became known later."""

    simulator: Simulator
    found: Sequence[Outlook]
    left_out: Sequence[LeftOut]

    @classmethod
    def of(cls, case: Case) -> "_Origin":
        simulator = prepare(case)
        return cls(simulator, *outlooks(simulator.model))


def _default(case: Case) -> list[str]:
    """The default origins, without those before the second month of the case."""
    last, first = month_number(case.spec.as_of), month_number(case.spec.start) + 1
    return [month_name(last - months) for months in BEFORE if last - months >= first]


def _checked(case: Case, origins: Sequence[str]) -> list[str]:
    """The origins in order of time."""
    if isinstance(origins, str):
        raise UsageError("origins", f"'{origins}'", "a list of months, such as ['2024-06']")
    if not origins:
        raise UsageError("origins", "none", "at least one month")
    for origin in origins:
        for fault in crossref.check_as_of(case.spec, origin, "origins"):
            raise UsageError(fault.where, fault.found, fault.expected)
        if list(origins).count(origin) > 1:
            raise UsageError("origins", f"'{origin}' twice", "each month once")
    return sorted(origins)


def _check_figures(case: Case, seen: Mapping[str, _Origin]) -> None:
    """Raise `UsageError` unless there is something known by each origin, and to be scored."""
    record = f"the record of case '{case.spec.name}'"
    for name, origin in seen.items():
        if not any(one.figures for one in known_records(origin.simulator.model)):
            found = f"no figure that was known by {name} and is compared with runs"
            raise UsageError(record, found, "at least one known by each origin", _first(case))
    if not any(outlook.later for origin in seen.values() for outlook in origin.found):
        found = f"no figure about the twelve months after {', '.join(seen)} that became known later"
        raise UsageError(record, found, "at least one to score")


def _first(case: Case) -> str | None:
    """A hint at the first month by which a figure was known."""
    names = {series.name for series in case.evidence.series if series.quantitative}
    days = [max(o.known_on, o.ref_end) for o in case.evidence.observations if o.series in names]
    return f"the first figure was known on {min(days)}" if days else None


def run_on(
    simulator: Simulator, settings: Settings, runs: int, report: Progress, *, prior: bool
) -> Results:
    """Runs of the posterior at the cut-off of a case, or of the priors.

    Args:
        simulator: the case.
        settings: of the posterior; its seed is that of the runs too.
        runs: number of runs.
        report: called as learning and running go on.
        prior: whether runs are drawn from the priors. They are if nothing can be learned, too.
    """
    origin = simulator.model.case.spec.as_of

    def at_power(chain: int, power: float, *_: int) -> None:
        report(origin, LEARNING, (chain + power) / settings.chains)

    ensemble = ensemble_of(
        simulator, runs, settings.seed, prior=prior, settings=settings, progress=at_power
    )

    def ran(done: int, total: int) -> None:
        report(origin, RUNNING, done / total)

    (results,) = run_policies(simulator, ensemble, progress=ran)
    return results
