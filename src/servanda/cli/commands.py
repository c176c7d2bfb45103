"""The commands of `servanda`, with their options and help."""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version as version_of
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from servanda.case import available_cases
from servanda.cli.options import AsOf, CaseName, Particles, Prior, Runs, Seed, whole
from servanda.cli.terminal import err, say
from servanda.errors import ServandaError, UsageError
from servanda.files import drafts

if TYPE_CHECKING:
    from servanda.case import Case

app = typer.Typer(
    name="servanda",
    help="Servanda runs a model of a strategic partnership between states and compares it with "
    f"dated evidence.\n\nCases that are included: {', '.join(available_cases())}. "
    "Start with: servanda run russia-dprk.\n\nServanda is for analysis of the open record. It "
    "gives no help in evading sanctions or in planning attacks.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

evidence = typer.Typer(
    help="Evidence of a case.", no_args_is_help=True, pretty_exceptions_enable=False
)
app.add_typer(evidence, name="evidence")


def _print_version(asked: bool) -> bool:
    if asked:
        say(f"servanda {version_of('servanda')}")
        raise typer.Exit
    return asked


@app.callback()
def options(
    *,
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version and exit.", callback=_print_version, is_eager=True
        ),
    ] = False,
) -> None:
    """Options that belong to no command."""


@app.command()
def check(
    case: CaseName,
    as_of: AsOf = None,
    hindcast: Annotated[
        bool,
        typer.Option(
            "--hindcast",
            help="Also run the model and print the predictive coverage: the share of each series' "
            "figures inside the 90 % interval. --runs, --seed and --prior apply to this.",
        ),
    ] = False,
    runs: Runs = 2048,
    seed: Seed = 1,
    prior: Prior = False,
    details: Annotated[
        bool,
        typer.Option(
            "--details", help="Also print the mechanisms and the evidence of a valid case."
        ),
    ] = False,
) -> None:
    """Check a case: print all errors, and what may be slips."""
    from servanda.cli import work

    work.check(case, as_of, runs, seed, against_record=hindcast, prior=prior, details=details)


@evidence.command("add")
def add_evidence(
    case: CaseName,
    file: Annotated[Path, typer.Argument(help="CSV file with the columns of evidence.csv.")],
) -> None:
    """Check a file of figures, and append what is new to a case."""
    from servanda.cli import work

    work.add_evidence(case, file)


@app.command()
def run(  # noqa: PLR0913, PLR0917 -- the options of the command line
    context: typer.Context,
    case: Annotated[
        str | None,
        typer.Argument(
            help="Name of a shipped case, or path of a folder with a case.toml.",
            show_default=False,
        ),
    ] = None,
    runs: Runs = 4000,
    seed: Seed = 1,
    as_of: AsOf = None,
    prior: Prior = False,
    levers: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            help="Set a lever of the case to a value or a named choice. May be given several "
            "times. The case's page lists the levers.",
            metavar="LEVER=VALUE",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            help="Run folder to create. It must not exist. Default: runs/CASE-N, with the first "
            "free number N.",
            metavar="FOLDER",
        ),
    ] = None,
    resume: Annotated[
        Path | None,
        typer.Option(
            "--resume",
            help="Run folder of an interrupted run to go on with, in place of a case. The results "
            "are those of a run that was not interrupted.",
            metavar="FOLDER",
        ),
    ] = None,
    brief: Annotated[
        bool, typer.Option(help="Also judge the claims and write the briefing into the run folder.")
    ] = True,
) -> None:
    """Run a case, and write results and a briefing to a folder."""
    if resume is not None:
        _check_alone(context, "--resume", ("brief", "resume"))
    elif case is None:
        raise UsageError("run", "no case", "the name or folder of a case, or --resume FOLDER")
    from servanda.cli import work

    if resume is not None:
        work.resume(resume, brief=brief)
    elif case is not None:
        levers_set = _levers(levers or [])
        work.run(_load(case, as_of), out, runs, seed, levers_set, prior=prior, brief=brief)


@app.command()
def claims(
    case: CaseName,
    as_of: AsOf = None,
    runs: Runs = 1024,
    seed: Seed = 1,
    prior: Prior = False,
) -> None:
    """Judge every claim of a case, and print what flips it."""
    from servanda.cli import work

    work.claims(_load(case, as_of), runs, seed, prior=prior)


@app.command()
def calibrate(
    case: CaseName,
    as_of: AsOf = None,
    seed: Seed = 1,
    chains: Annotated[
        int,
        whole(
            "--chains",
            "Number of samplers that learn the posterior independently. How far they agree "
            "says how exact it is.",
        ),
    ] = 2,
    particles: Particles = 512,
    moves: Annotated[
        int,
        whole(
            "--moves",
            "Moves of each particle at each power of the likelihood, and ten times as many "
            "at the last.",
        ),
    ] = 3,
) -> None:
    """Learn parameters from the record of a case, and print what the data moved.

    The posterior is kept in the user's cache. The same command reads it, or goes on with one that
    was interrupted.
    """
    from servanda.calibration.posterior import Settings
    from servanda.cli import calibrate as command

    command.calibrate(_load(case, as_of), Settings(chains, particles, moves, seed))


@app.command()
def score(  # noqa: PLR0913, PLR0917 -- the options of the command line
    context: typer.Context,
    case: Annotated[
        str,
        typer.Argument(
            help="Name of a shipped case, or path of a folder with a case.toml. With --evidence: a "
            "file that `servanda forecast` wrote."
        ),
    ],
    origins: Annotated[
        str | None,
        typer.Option(
            "--origins",
            help="Months to forecast from, with commas between them. Default: the case's evidence "
            "cut-off, and six and twelve months before it.",
            metavar="YYYY-MM,...",
        ),
    ] = None,
    prior: Prior = False,
    runs: Runs = 1000,
    seed: Seed = 1,
    particles: Particles = 512,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", help="JSON file to write the scores of every figure to.", metavar="FILE"
        ),
    ] = None,
    evidence: Annotated[
        Path | None,
        typer.Option(
            "--evidence",
            help="CSV file with the columns of evidence.csv: facts to score a registered forecast "
            "by. A column source_class says the class of sources that the case did not have.",
            metavar="FILE",
        ),
    ] = None,
) -> None:
    """Score forecasts from past months against what became known later, beside baselines.

    At each origin the parameters are learned from what was known by then, and the figures of the
    next twelve months are forecast. It takes some minutes. Posteriors are kept in the user's cache,
    and the same command goes on after an interruption.
    """
    if evidence is not None:
        _check_alone(context, "--evidence", ("case", "evidence"))
        from servanda.cli import forecast as registered

        registered.score(Path(case), evidence)
        return
    from servanda.calibration.posterior import Settings
    from servanda.cli import score as command

    months = None if origins is None else [month.strip() for month in origins.split(",")]
    settings = Settings(particles=particles, seed=seed)
    command.score(_load(case, None), months, runs, settings, out, prior=prior)


@app.command()
def forecast(
    case: CaseName,
    as_of: AsOf = None,
    prior: Prior = False,
    runs: Runs = 1000,
    seed: Seed = 1,
    particles: Particles = 512,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            help="File to write. It must not exist. Default: forecasts/CASE-CUTOFF-made-DAY.json.",
            metavar="FILE",
        ),
    ] = None,
) -> None:
    """Write a dated forecast of figures and events to a file, to be scored as facts come.

    It holds quantiles of what each class of sources will count in each series, by month, for two
    years after the cut-off, and probabilities of the states of each pact by year. A hash in it
    shows changes. `servanda score FILE --evidence NEW.csv` scores it.
    """
    from servanda.calibration.posterior import Settings
    from servanda.cli import forecast as command

    settings = Settings(particles=particles, seed=seed)
    command.forecast(_load(case, as_of), runs, settings, out, prior=prior)


@app.command()
def sanction(
    case: CaseName,
    regimes: Annotated[
        list[str] | None,
        typer.Option(
            "--regime",
            help="Name of a sanctions regime to solve. May be given several times. Default: every "
            "regime that has a target.",
            metavar="NAME",
        ),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(
            "--regimes",
            help="TOML file of sanctions regimes to use in place of the case's regimes.toml.",
            metavar="FILE",
        ),
    ] = None,
    month: Annotated[
        str | None,
        typer.Option(
            "--month",
            help="Apply only the measures in force in this month. Default: all that have no end.",
            metavar="YYYY-MM",
        ),
    ] = None,
    draws: Annotated[
        int,
        whole(
            "--draws",
            "Number of draws of the uncertain inputs: trade elasticities, severity of the "
            "sanctions, and leakage.",
        ),
    ] = 1000,
    seed: Seed = 1,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            help="Folder to create for tables and chart. It must not exist. Default: "
            "runs/CASE-sanction-N, with the first free number N. With --table: the file to write. "
            "Default: trade_effects.csv in the case folder.",
            metavar="PATH",
        ),
    ] = None,
    table: Annotated[
        bool,
        typer.Option(
            "--table",
            help="Write only the table of trade effects that runs of the case read. For a shipped "
            "case --out says where.",
        ),
    ] = False,
) -> None:
    """Solve sanctions regimes: real income, trade and leverage."""
    from servanda.cli import sanction as command

    loaded = _load(case, None)
    if table:
        given = {"--regime": regimes, "--regimes": file, "--month": month}
        for option, value in given.items():
            if value:
                raise UsageError("--table", f"{option} together with it", "--table alone")
        command.make_table(loaded, out)
    else:
        command.sanction(loaded, regimes or [], file, month, draws, seed, out)


@app.command()
def brief(
    folder: Annotated[Path, typer.Argument(help="Run folder that `servanda run` wrote.")],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            help="HTML file to write. Default: briefing.html in the run folder.",
            metavar="FILE",
        ),
    ] = None,
) -> None:
    """Write the briefing of a run folder again."""
    from servanda.cli import work

    work.brief(folder, out)


@app.command()
def verify(
    folder: Annotated[Path, typer.Argument(help="Run folder that `servanda run` wrote.")],
) -> None:
    """Check that a run folder is as the run wrote it.

    Compares every file with the hash that was noted when it was written, and names the first
    difference. A file that was added to the case, the results, the policies or the hashes is a
    difference too. This finds damage and edits. It does not find a forger, who can make the hashes
    again.
    """
    from servanda.cli import work

    work.verify(folder)


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="Name of the new case, such as arms-for-oil.")],
    folder: Annotated[
        Path,
        typer.Option(
            "--folder",
            help="Existing folder in which the case folder is created.",
            show_default="the current folder",
        ),
    ] = Path(),
) -> None:
    """Write a small commented case that runs, for you to edit."""
    from servanda.case.new import new

    made = new(name, folder)
    say(f"{made}: new case. Edit it, then: servanda check {made}, and servanda run {made}")


def _check_alone(context: typer.Context, option: str, allowed: tuple[str, ...]) -> None:
    """Raise `UsageError` if other arguments are given beside an option."""
    for parameter in context.command.params:
        name = parameter.name or ""
        source = context.get_parameter_source(name)
        if name not in allowed and source is not None and source.name == "COMMANDLINE":
            shown = next((o for o in parameter.opts if o.startswith("--")), "a case")
            raise UsageError(option, f"{shown} together with it", "the options of the run itself")


def _load(name: str, as_of: str | None) -> "Case":
    from servanda.case import load

    case = load(name)
    return case if as_of is None else case.at(as_of)


def _levers(texts: list[str]) -> dict[str, float | str]:
    settings: dict[str, float | str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name or not value:
            raise UsageError(where="--set", found=f"'{text}'", expected="LEVER=VALUE")
        if name in settings:
            raise UsageError(where="--set", found=f"'{name}' twice", expected="each lever once")
        settings[name] = value
    return settings


def command() -> NoReturn:
    """Run one command. A fault that a user can mend gives one message and exit code 2."""
    try:
        with _full_disks_explained():
            app(prog_name="servanda")
    except ServandaError as error:
        err().print(f"error: {error}", style="red", soft_wrap=True)
        raise SystemExit(2) from None
    raise SystemExit(0)


@contextmanager
def _full_disks_explained() -> Iterator[None]:
    """Turn a full disk behind standard output, or any that no command explains, into a message."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        # Python would write what is left once more when it ends, and fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        with drafts.explained(str(error.filename or "standard output")):
            raise
