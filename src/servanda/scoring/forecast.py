"""Making a forecast to register: quantiles of what each source will count, and of events.

A figure that is to come has no digits yet, from which its rounding could be told. It is taken to be
revised like others (`servanda.observation.figure.REVISION`), and not to be rounded.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from jaxtyping import Bool

from servanda.calibration.posterior import Settings
from servanda.case import Case, Observation, Series, SourceRule, as_case, units
from servanda.case.evidence import last_day
from servanda.case.schema import Partnership, month_name, month_number
from servanda.ensembles.ensemble import check_runs
from servanda.observation import Figure, expected, record, sample
from servanda.observation.figure import REVISION
from servanda.results import Results, prepare
from servanda.results import note as notes
from servanda.scoring.registry import (
    FORM,
    LEVELS,
    Counted,
    EventForecast,
    FigureForecast,
    Forecast,
)
from servanda.scoring.score import RUNS, Progress, run_on

AHEAD = 24
"""Months after the cut-off of which figures are forecast."""
_YES = 0.5
_DECEMBER = 11


def forecast(
    case: Case | str | Path,
    *,
    runs: int = RUNS,
    seed: int = 1,
    particles: int = Settings.particles,
    prior: bool = False,
    progress: Progress | None = None,
) -> Forecast:
    """Forecast the figures of the two years after a case's cut-off, and the fate of its pacts.

    Args:
        case: from `servanda.load`, the name of a shipped case, or a folder.
        runs: number of runs.
        seed: seed of all random numbers.
        particles: number of particles of each chain that learns the posterior.
        prior: whether runs are drawn from the priors, and nothing is learned.
        progress: called as learning and running go on.

    Raises:
        CaseError: if the case does not fit together.
        UsageError: on a wrong number of runs or particles, or a wrong seed.
    """
    given = as_case(case)
    check_runs(runs)
    settings = Settings(particles=particles, seed=seed)
    settings.check()
    results = run_on(prepare(given), settings, runs, progress or (lambda *_: None), prior=prior)
    observed = [one for one in given.evidence.series if one.quantitative]
    return Forecast(
        form=FORM,
        made_on=datetime.now(UTC).date().isoformat(),
        made_from={
            "case": given.spec.name,
            "case_digest": given.digest,
            "changes": [list(change) for change in given.changes],
            "as_of": given.spec.as_of,
            "drawn_from": results.ensemble.origin,
            "runs": runs,
            "learned": results.ensemble.learned,
            "seed": seed,
            "versions": notes.versions(),
        },
        series={s.name: Counted(s.unit, s.counting) for s in observed},
        sources={source.key: source.source_class for source in given.evidence.sources},
        figures=tuple(one for series in observed for one in _of_series(results, series)),
        events=tuple(_events(results)),
    )


def _of_series(results: Results, series: Series) -> Iterator[FigureForecast]:
    """The forecasts of one series, by source class and month."""
    to_come = [one for rule in series.rules for one in _to_come(results, series, rule)]
    if not to_come:
        return
    figures = [figure for figure, *_ in to_come]
    counted = sample(figures, expected(results, series, figures), results)
    found = np.quantile(counted, LEVELS, axis=-1)
    for at, (figure, first, base) in enumerate(to_come):
        last = figure.observation.ref_end
        yield FigureForecast(
            series=series.name,
            source_class=figure.rule.source_class,
            first=first,
            last=f"{last:%Y-%m}",
            base=base,
            quantiles=tuple(float(f"{q:.6g}") for q in found[:, at]),
        )


def _to_come(
    results: Results, series: Series, rule: SourceRule
) -> Iterator[tuple[Figure, str | None, float]]:
    """The figures of a source class that are to come, each with its first month and its base."""
    base, source = _base(results, series, rule), _source(results, rule)
    if source is None:
        return
    start = month_number(results.model.case.spec.as_of) + 1
    end = min(start + AHEAD - 1, month_number(results.model.case.spec.horizon))
    for last in range(start, end + 1):
        firsts = dict.fromkeys((last, start)) if series.counting in ("flow", "event") else [None]
        for first in firsts:
            month = None if first is None else month_name(first)
            asked = _asked(series, source, month, month_name(last))
            if (figure := _figure(results, series, base, asked)) is not None:
                yield figure, month, sum(_value(series, total) for total in base)


def _source(results: Results, rule: SourceRule) -> str | None:
    """A source of a class, which stands for those to come, or None."""
    sources = results.model.case.evidence.sources
    return next((s.key for s in sources if s.source_class == rule.source_class), None)


def _base(results: Results, series: Series, rule: SourceRule) -> list[Observation]:
    """The last running total of a source class that was known, if there is one."""
    evidence = results.model.case.known
    totals = [
        o
        for o in evidence.of(series.name)
        if evidence.source(o.source).source_class == rule.source_class
    ]
    return totals[-1:] if series.counting == "running_total" else []


def _value(series: Series, total: Observation) -> float:
    return total.value * units.factor(total.unit, series.unit, total.id)


def _asked(series: Series, source: str, first: str | None, last: str) -> Observation:
    """A figure that is to come, without its value."""
    begin = None if first is None else last_day(first).replace(day=1)
    name = f"forecast/{series.name}/{source}/{first or ''}/{last}"
    end = last_day(last)
    return Observation(
        name, series.name, begin, end, end, 1.0, None, None, series.unit, "A", source, ""
    )


def _figure(
    results: Results, series: Series, base: Sequence[Observation], asked: Observation
) -> Figure | None:
    """A figure that is to come in the form that is compared with runs; None if it adds nothing."""
    made = record(results.model, series, [*base, asked]).figures
    found = next((one for one in made if one.observation is asked), None)
    if found is None:
        return None
    rise = float(np.median(expected(results, series, [found])))
    total = sum(_value(series, one) for one in base)
    revised = REVISION * float(np.hypot(total, total + rise) if base else rise)
    rule = found.rule.model_copy(update={"bound": "estimate"})
    return replace(found, rule=rule, resolution=max(abs(revised), np.finfo(float).tiny))


def _events(results: Results) -> Iterator[EventForecast]:
    """The states of every pact at the end of every year to the horizon."""
    for pact in results.model.case.spec.partnerships:
        for position in range(results.cutoff + 1, results.months):
            if (results.start + position) % 12 == _DECEMBER:
                for event, runs in _states(results, pact, position).items():
                    share = float(results.weights @ runs)
                    yield EventForecast(event, results.month(position), round(share, 6))


def _states(
    results: Results, pact: Partnership, position: int
) -> dict[str, Bool[np.ndarray, "run"]]:
    label, ahead = pact.label, slice(results.cutoff + 1, position + 1)

    def yes(name: str) -> Bool[np.ndarray, "month run"]:
        return np.asarray(results.series(f"{name}[{label}]") > _YES)

    alive, dormant = yes("alive"), yes("dormant")
    return {
        f"{label} is over": ~alive[position],
        f"{label} is in force and dormant": alive[position] & dormant[position],
        f"{label} has been dormant or over since the cut-off": (dormant | ~alive)[ahead].any(
            axis=0
        ),
    }
