"""The command `score`: forecasts at rolling origins beside simple baselines, with their losses."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from servanda.calibration.posterior import Settings
from servanda.case import Case
from servanda.cli import interrupts
from servanda.cli.terminal import err, out, say, table
from servanda.cli.work import remember_compilations
from servanda.errors import UsageError
from servanda.files import drafts
from servanda.scoring import score as scoring
from servanda.scoring.scoreboard import AIM_AHEAD, AIM_COVERAGE, MANY, Scoreboard
from servanda.scoring.totals import Total

_HEADS = ("figures", "model CRPS", "baseline CRPS", "baseline", "the model is", "in 90 % interval")


def score(
    case: Case,
    origins: Sequence[str] | None,
    runs: int,
    settings: Settings,
    target: Path | None,
    *,
    prior: bool,
) -> None:
    """Score a case, print what it won and lost, and write the scoreboard on request."""
    _check_place(target)
    remember_compilations()
    with scoring_bar("scoring", "no score was written", prior=prior) as report:
        found = scoring.score(
            case,
            origins=origins,
            runs=runs,
            seed=settings.seed,
            particles=settings.particles,
            prior=prior,
            progress=report,
        )
    if target is not None:
        with drafts.explained(f"scoreboard '{target}'"):
            drafts.write(target, found.json())
    show(found)
    if target is not None:
        say(f"scoreboard  {target}")


def _check_place(target: Path | None) -> None:
    """Raise `UsageError` before minutes of work if a file cannot stand there."""
    if target is not None and (target.is_dir() or not target.parent.is_dir()):
        found = "a folder" if target.is_dir() else f"no folder '{target.parent}'"
        raise UsageError(f"--out '{target}'", found, "the path of a file in a folder that exists")


@contextmanager
def scoring_bar(task: str, lost: str, *, prior: bool) -> Iterator[scoring.Progress]:
    """A bar that follows the origins. Ctrl-C says what is lost and what is kept."""
    columns = TextColumn(task), BarColumn(), TextColumn("{task.fields[at]}")
    shown = err().is_terminal
    try:
        with (
            interrupts.raises_interrupt(),
            Progress(
                *columns, TimeElapsedColumn(), console=err(), transient=True, disable=not shown
            ) as progress,
        ):
            bar = progress.add_task(task, total=1.0, at="reading the record")

            def report(origin: str, what: str, share: float) -> None:
                progress.update(bar, completed=share, at=f"{origin}: {what}")

            yield report
    except KeyboardInterrupt:
        kept = "" if prior else "; what was learned is kept, and the same command goes on from it"
        err().print(f"interrupted: {lost}{kept}", soft_wrap=True)
        raise


def show(found: Scoreboard) -> None:
    """Print a scoreboard: every series with its losses, and what they add up to."""
    made = found.made_from
    drawn = ", ".join(f"{origin} ({kind})" for origin, kind in made["origins"].items())
    out().print(
        f"{len(found.rows)} forecasts of figures from the origins {drawn}, each from "
        f"{made['runs']:,} runs. CRPS is in log points: 0.1 is about 10 %, and less is better."
    )
    _show_totals("By series", found.by_series(found.compared), "series")
    _show_totals("By months ahead", found.by_horizon(), "up to")
    _show_apart(found)
    _show_left_out(found)
    for line in lines(found):
        out().print(line)


def lines(found: Scoreboard) -> list[str]:
    """The summary of a scoreboard, one sentence a line."""
    ahead, many = found.aimed
    low, high = AIM_COVERAGE
    many_ = f"{many} series with {MANY} figures or more"
    said = [
        f"Ahead of the baseline on {ahead} of {many_} (aim: {AIM_AHEAD:.0%}).",
        f"Skill against the baselines: {found.skill() or 'none'}.",
    ]
    if found.compared:
        half, most = found.coverage
        said.append(
            f"{most:.0%} of figures lie in the 90 % interval (aim: {low:.0%} to {high:.0%}), and "
            f"{half:.0%} in the 50 % interval."
        )
    late = [f"{count} at {origin}" for origin, count in found.late_priors.items() if count]
    if late:
        said.append(f"Priors that cite what became known after the origin: {', '.join(late)}.")
    if "prior" in found.made_from["origins"].values() and found.made_from["learned"]:
        said.append("At origins marked as prior the record had nothing to learn from.")
    return [*said, scoring.TRUE_FORECASTS]


def _show_totals(title: str, totals: Sequence[Total], first: str) -> None:
    if not totals:
        return
    rows = table(title, first, *_HEADS)
    for one in totals:
        name = one.name if first == "series" else f"{one.name} months"
        rows.add_row(
            name,
            str(one.points),
            f"{one.crps:.3f}",
            f"{one.against:.3f}",
            ", ".join(one.baselines),
            "ahead" if one.ahead else "behind",
            f"{one.inside_90:.0%}",
        )
    out().print(rows)


def _show_apart(found: Scoreboard) -> None:
    apart = found.by_series(found.apart)
    if not apart:
        return
    title = "Without a baseline: fewer than two earlier figures, or no rate among them"
    rows = table(title, "series", "figures", "model CRPS", "in 90 % interval")
    for one in apart:
        rows.add_row(one.name, str(one.points), f"{one.crps:.3f}", f"{one.inside_90:.0%}")
    out().print(rows)


def _show_left_out(found: Scoreboard) -> None:
    if not found.left_out:
        return
    rows = table("Not scored", "why", "origin", "figures")
    groups: dict[tuple[str, str], list[str]] = {}
    for one in found.left_out:
        groups.setdefault((one.why, one.origin), []).append(one.figure)
    for (why, origin), ids in sorted(groups.items()):
        rows.add_row(why, origin, ", ".join(ids))
    out().print(rows)
