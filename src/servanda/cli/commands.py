"""`servanda`: check, run, claims, sanction, brief, new."""

from importlib.metadata import version as version_of
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from servanda.case import available_cases
from servanda.cli.terminal import err, say
from servanda.errors import ServandaError, UsageError

if TYPE_CHECKING:
    from servanda.case import Case

app = typer.Typer(
    name="servanda",
    help="Will the agreement be kept? Run a strategic partnership as a model tied to dated "
    f"evidence.\n\nCases that are included: {', '.join(available_cases())}. Start with: servanda "
    "run russia-dprk.\n\nServanda is for analysis of the open record. It gives no help in evading "
    "sanctions or in planning attacks.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

CaseName = Annotated[str, typer.Argument(help="A shipped case, or a folder with a case.toml.")]
AsOf = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        help="Move the cut: what was known after this month is not read.",
        metavar="YYYY-MM",
    ),
]
Runs = Annotated[int, typer.Option("--runs", help="How many runs.")]
Seed = Annotated[int, typer.Option("--seed", help="Seed of all randomness.")]


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
            "--version", help="Print the version and stop.", callback=_print_version, is_eager=True
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
            "--hindcast", help="How much of the record lies within what the model thought possible."
        ),
    ] = False,
    runs: Runs = 2048,
    seed: Seed = 1,
) -> None:
    """Check a case; print the month's plan and what evidence there is."""
    from servanda.cli import work

    work.check(_load(case, as_of), runs, seed, against_record=hindcast)


@app.command()
def run(
    case: CaseName,
    runs: Runs = 4000,
    seed: Seed = 1,
    as_of: AsOf = None,
    levers: Annotated[
        list[str] | None,
        typer.Option(
            "--set", help="Set a lever; may be given several times.", metavar="LEVER=VALUE"
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Folder to make; runs/CASE-N if not given.", metavar="FOLDER"),
    ] = None,
    brief: Annotated[
        bool, typer.Option(help="Judge the claims and write the briefing too.")
    ] = True,
) -> None:
    """Run a case into a new folder, with a briefing."""
    from servanda.cli import work

    loaded = _load(case, as_of)
    work.run(loaded, out, runs, seed, _levers(levers or []), brief=brief)


@app.command()
def claims(
    case: CaseName,
    as_of: AsOf = None,
    runs: Runs = 1024,
    seed: Seed = 1,
) -> None:
    """Judge the argument, claim by claim, and say what flips it."""
    from servanda.cli import work

    work.claims(_load(case, as_of), runs, seed)


@app.command()
def sanction(
    case: CaseName,
    regimes: Annotated[
        list[str] | None,
        typer.Option(
            "--regime",
            help="A regime; may be given several times. All with a target if none.",
            metavar="NAME",
        ),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option("--regimes", help="Other regimes than the case's.", metavar="FILE"),
    ] = None,
    month: Annotated[
        str | None,
        typer.Option("--month", help="Only measures in force in this month.", metavar="YYYY-MM"),
    ] = None,
    draws: Annotated[
        int, typer.Option("--draws", help="How many draws of what nobody knows exactly.")
    ] = 1000,
    seed: Seed = 1,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", help="Folder to make; runs/CASE-sanction-N if not given.", metavar="FOLDER"
        ),
    ] = None,
    table: Annotated[
        bool,
        typer.Option(
            "--table", help="Only write the table that the case's runs read, into its folder."
        ),
    ] = False,
) -> None:
    """Solve regimes of sanctions: who pays, who gains, what is diverted, what leverage is lost."""
    from servanda.cli import sanction as command

    loaded = _load(case, None)
    if table:
        given = {"--regime": regimes, "--regimes": file, "--month": month, "--out": out}
        for option, value in given.items():
            if value:
                raise UsageError("--table", f"{option} beside it", "the case's own regimes alone")
        command.make_table(loaded)
    else:
        command.sanction(loaded, regimes or [], file, month, draws, seed, out)


@app.command()
def brief(
    folder: Annotated[Path, typer.Argument(help="A folder that `servanda run` wrote.")],
    out: Annotated[
        Path | None, typer.Option("--out", help="Where to write the page.", metavar="FILE")
    ] = None,
) -> None:
    """Write the briefing of a run folder again."""
    from servanda.cli import work

    work.brief(folder, out)


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="Name of the case, like arms-for-oil.")],
    folder: Annotated[
        Path, typer.Option("--folder", help="Where to make the case's folder.", show_default="here")
    ] = Path(),
) -> None:
    """Write a small commented case that runs, to start your own from."""
    from servanda.case.new import new

    made = new(name, folder)
    say(f"{made}: a case to edit. Try: servanda check {made}, then servanda run {made}")


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
    """Run one command; faults that a user can mend end in one message and exit code 2."""
    try:
        app(prog_name="servanda")
    except ServandaError as error:
        err().print(f"error: {error}", style="red", soft_wrap=True)
        raise SystemExit(2) from None
    raise SystemExit(0)
