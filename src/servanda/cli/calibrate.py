"""The command `calibrate`: learning a posterior, and what the data moved."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from servanda.analysis.moved import Moved, moved
from servanda.calibration.calibrate import Progress as Report
from servanda.calibration.calibrate import calibrate as learn
from servanda.calibration.calibrate import kept_of, path_of_posterior
from servanda.calibration.posterior import Posterior, Settings
from servanda.case import Case
from servanda.cli import interrupts, show
from servanda.cli.terminal import err, out, plain, say, table
from servanda.cli.work import remember_compilations
from servanda.engine import Model
from servanda.observation import Likelihood
from servanda.report.words import number
from servanda.results import prepare

_SHOWN = 12


def calibrate(case: Case, settings: Settings) -> None:
    """Learn a posterior, and print what the data moved."""
    model = prepare(case).model
    show.late_priors(case)
    remember_compilations()
    path = path_of_posterior(model, settings)
    with _learning(kept_of(path)) as report:
        found = learn(
            case,
            seed=settings.seed,
            particles=settings.particles,
            moves=settings.moves,
            progress=report,
        )
    _show(model, found)
    say(f"posterior  {path}")


@contextmanager
def _learning(kept: Path) -> Iterator[Report]:
    """A bar that follows the power of the likelihood. Ctrl-C says what is kept."""
    columns = TextColumn("learning"), BarColumn(), TextColumn("{task.fields[at]}")
    shown = err().is_terminal
    try:
        with (
            interrupts.raises_interrupt(),
            Progress(
                *columns, TimeElapsedColumn(), console=err(), transient=True, disable=not shown
            ) as progress,
        ):
            bar = progress.add_task("learning", total=1.0, at="draws of the priors")

            def report(power: float, done: int, moves: int) -> None:
                at = f"power {power:.3f} of the likelihood, move {done} of {moves}"
                progress.update(bar, completed=power, at=at)

            yield report
    except KeyboardInterrupt:
        what = "what was learned so far is kept, and the same command goes on"
        if not kept.exists():
            what = "nothing was learned yet"
        err().print(f"interrupted: {what}", soft_wrap=True)
        raise


def _show(model: Model, found: Posterior) -> None:
    figures = Likelihood(model)
    out().print(
        f"Learned from {len(figures.figures)} figures in {len(figures.records)} series, known by "
        f"{model.case.spec.as_of}: {len(found):,} particles, log evidence {found.log_evidence:.1f}."
    )
    _show_quality(found)
    every = moved(model, found)
    own = [one for one in every if one.kind == "parameter"]
    those = [one for one in own if one.moved]
    _show_inputs("What the data moved", those[:_SHOWN])
    if len(those) > _SHOWN:
        out().print(f"{len(those) - _SHOWN} more parameters moved less.")
    out().print(f"{len(own) - len(those)} of {len(own)} parameters keep their prior.")
    _show_inputs("Biases of source classes", [one for one in every if one.kind == "bias"])
    off = [one for one in every if one.kind == "discrepancy" and one.shift > 0 and one.moved]
    off.sort(key=lambda one: -one.posterior[1])
    _show_inputs("Where the model is wrong: discrepancies on the log scale", off[:_SHOWN])


def _show_quality(found: Posterior) -> None:
    informed = [rung.informed for rung in found.path]
    rest = [rung.rest for rung in found.path]
    out().print(
        f"{len(found.path)} powers of the likelihood; of moves in informed directions "
        f"{min(informed):.0%} to {max(informed):.0%} were accepted, of others {min(rest):.0%} to "
        f"{max(rest):.0%}; the particles descend from {found.path[-1].distinct} draws of the prior."
    )
    if found.poor:
        out().print("This is a poor posterior: use more particles or moves.")


def _show_inputs(title: str, inputs: Sequence[Moved]) -> None:
    if not inputs:
        return
    rows = table(title, "name", "prior", "posterior", "contraction")
    for one in inputs:
        name = f"{one.name}, {one.unit}"
        if one.kind != "parameter":  # a ratio, whose label says enough
            name = one.name.partition("[")[2].removesuffix("]")
        rows.add_row(name, _interval(one.prior), _interval(one.posterior), f"{one.contraction:.2f}")
    out().print(rows)


def _interval(ends: tuple[float, float, float]) -> str:
    low, median, high = (plain(number(end)) for end in ends)
    return f"{median} ({low} to {high})"
