"""The command `forecast`, and scoring what it wrote as facts come."""

from datetime import UTC, datetime
from pathlib import Path

from servanda.calibration.posterior import Settings
from servanda.case import Case
from servanda.cli import show
from servanda.cli.score import scoring_bar
from servanda.cli.terminal import out, plain, say, table
from servanda.cli.work import remember_compilations
from servanda.report.words import number
from servanda.scoring.facts import Facts, score_facts
from servanda.scoring.forecast import forecast as make
from servanda.scoring.registry import Forecast, check_free, read_forecast


def forecast(
    case: Case, runs: int, settings: Settings, target: Path | None, *, prior: bool
) -> None:
    """Make a forecast, write it, and print its events."""
    day = datetime.now(UTC).date()
    own = Path("forecasts") / f"{case.spec.name}-{case.spec.as_of}-made-{day}.json"
    path = own if target is None else target
    check_free(path)
    show.late_priors(case)
    remember_compilations()
    with scoring_bar("forecasting", "no forecast was written", prior=prior) as report:
        found = make(
            case,
            runs=runs,
            seed=settings.seed,
            particles=settings.particles,
            prior=prior,
            progress=report,
        )
    found.write(path)
    _show_events(found)
    out().print(
        f"{len(found.figures):,} forecasts of figures in {len(found.series)} series, known to "
        f"{found.as_of}, made on {found.made_on}. Probabilities are conditional on the model."
    )
    say(f"forecast  {path}")


def _show_events(found: Forecast) -> None:
    months = list(dict.fromkeys(one.month for one in found.events))
    rows = table("Probability at the end of a month", "event", *months)
    for event in dict.fromkeys(one.event for one in found.events):
        shares = [one.probability for one in found.events if one.event == event]
        rows.add_row(event, *(f"{share:.0%}" for share in shares))
    out().print(rows)


def score(path: Path, file: Path) -> None:
    """Score a registered forecast by the facts of a file."""
    found = read_forecast(path)
    facts = score_facts(found, file)
    out().print(
        f"Forecast of {found.made_from['case']}, known to {found.as_of}, made on {found.made_on}."
    )
    rows = table("Facts", "figure", "series", "value", "forecast, 90 % interval", "CRPS", "inside")
    for one in facts.scored:
        low, middle, high = (plain(number(end)) for end in (one.low, one.middle, one.high))
        rows.add_row(
            one.figure + (" *" if one.foreknown else ""),
            one.series,
            plain(number(one.value)),
            f"{middle} ({low} to {high})",
            f"{one.crps:.3f}",
            "yes" if one.inside_90 else "no",
        )
    out().print(rows)
    _show_sums(facts, found)


def _show_sums(facts: Facts, found: Forecast) -> None:
    for why in dict.fromkeys(facts.unscored.values()):
        ids = ", ".join(id_ for id_, own in facts.unscored.items() if own == why)
        say(f"not scored: {ids}: {why}")
    half, most = facts.coverage
    out().print(
        f"{len(facts.scored)} {'fact' if len(facts.scored) == 1 else 'facts'} scored: mean CRPS "
        f"{facts.crps:.3f} log points; {most:.0%} lie in the 90 % interval, {half:.0%} in the 50 % "
        "interval."
    )
    if early := sum(one.foreknown for one in facts.scored):
        out().print(
            f"* {early} of them became known by {found.made_on}, when the forecast was made, and "
            "are no true test of it."
        )
    out().print(f"Its {len(found.events)} probabilities of events are not scored by figures.")
