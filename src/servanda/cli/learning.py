"""Choosing the ensemble of a command: from a posterior, which is learned if it is missing."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from servanda.calibration.calibrate import Progress as Report
from servanda.calibration.calibrate import kept_of, path_of_posterior
from servanda.calibration.choice import ensemble_of, nothing_to_learn
from servanda.calibration.posterior import Settings
from servanda.case import Case
from servanda.cli import interrupts
from servanda.cli.terminal import err
from servanda.engine import Model
from servanda.ensembles import Ensemble
from servanda.ensembles.ensemble import check_runs, check_seed
from servanda.results import prepare


def chosen(case: Case, runs: int, seed: int, *, prior: bool) -> Ensemble:
    """The ensemble of a command; says so if it is learned first, or there is nothing to learn."""
    check_runs(runs)
    check_seed(seed)
    simulator = prepare(case)
    model = simulator.model
    if not prior and (why := nothing_to_learn(model)):
        err().print(f"note: the runs are draws from the priors, because {why}.", soft_wrap=True)
    elif not prior and not is_ready(model):
        err().print("note: no posterior of this case is kept, so it is learned now.")
        with learning(model, Settings()) as report:
            return ensemble_of(simulator, runs, seed, progress=report)
    return ensemble_of(simulator, runs, seed, prior=prior)


def is_ready(model: Model) -> bool:
    """Whether the posterior of a case was learned before."""
    return path_of_posterior(model, Settings()).exists()


@contextmanager
def learning(model: Model, settings: Settings) -> Iterator[Report]:
    """A bar that follows the power of the likelihood. Ctrl-C says what is kept."""
    columns = TextColumn("learning"), BarColumn(), TextColumn("{task.fields[at]}")
    shown, path = err().is_terminal, path_of_posterior(model, settings)
    try:
        with (
            interrupts.raises_interrupt(),
            Progress(
                *columns, TimeElapsedColumn(), console=err(), transient=True, disable=not shown
            ) as progress,
        ):
            bar = progress.add_task("learning", total=settings.chains, at="draws of the priors")

            def report(chain: int, power: float, done: int, moves: int) -> None:
                at = (
                    f"chain {chain + 1} of {settings.chains}, power {power:.3f} of the likelihood, "
                    f"move {done} of {moves}"
                )
                progress.update(bar, completed=chain + power, at=at)

            yield report
    except KeyboardInterrupt:
        err().print(f"interrupted: {_held(path, settings.chains)}", soft_wrap=True)
        raise


def _held(path: Path, chains: int) -> str:
    kept: Sequence[bool] = [kept_of(path, chain).exists() for chain in range(chains)]
    if any(kept):
        return "what was learned so far is kept, and the same command goes on"
    return "nothing was learned yet"
