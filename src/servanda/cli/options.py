"""Options that several commands share, and how they are read."""

import re
from typing import Annotated, Any

import typer

from servanda.errors import UsageError

CaseName = Annotated[
    str, typer.Argument(help="Name of a shipped case, or path of a folder with a case.toml.")
]
AsOf = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        help="Evidence cut-off: the last month whose record the runs may know. Default: the "
        "case's own.",
        metavar="YYYY-MM",
    ),
]


def whole(option: str, meaning: str) -> Any:
    """An option that takes a whole number: Python also reads `1_000` and the digits of others."""

    def read(given: str | int) -> int:
        if not re.fullmatch(r"[+-]?[0-9]{1,4000}", str(given)):
            raise UsageError(option, f"'{given}'", "a whole number, such as 1000")
        return int(given)

    return typer.Option(option, help=meaning, parser=read, metavar="INTEGER")


Runs = Annotated[int, whole("--runs", "Number of runs.")]
Seed = Annotated[
    int, whole("--seed", "Seed of all random numbers. The same seed gives the same results.")
]
Particles = Annotated[
    int,
    whole("--particles", "Number of particles of each chain. More make the posterior more exact."),
]
Prior = Annotated[
    bool,
    typer.Option(
        "--prior",
        help="Draw the parameters from the priors, without what the record says of them. Default: "
        "from the posterior, which is learned if it is missing.",
    ),
]
