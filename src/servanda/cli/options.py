"""Options that several commands share, and how they are read."""

import re
from collections.abc import Callable
from typing import Annotated

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


def whole(option: str) -> Callable[[str | int], int]:
    """A reader of a whole number: Python's own also reads `1_000` and the digits of others."""

    def read(given: str | int) -> int:
        if not re.fullmatch(r"[+-]?[0-9]{1,4000}", str(given)):
            raise UsageError(option, f"'{given}'", "a whole number, such as 1000")
        return int(given)

    return read


Runs = Annotated[
    int,
    typer.Option(
        "--runs",
        help="Number of runs.",
        parser=whole("--runs"),
        metavar="INTEGER",
    ),
]
Seed = Annotated[
    int,
    typer.Option(
        "--seed",
        help="Seed of all random numbers. The same seed gives the same results.",
        parser=whole("--seed"),
        metavar="INTEGER",
    ),
]

Particles = Annotated[
    int,
    typer.Option(
        "--particles",
        help="Number of particles of each chain. More make the posterior more exact.",
        parser=whole("--particles"),
        metavar="INTEGER",
    ),
]


Prior = Annotated[
    bool,
    typer.Option(
        "--prior",
        help="Draw the parameters from the priors, without what the record says of them. Default: "
        "from the posterior, which is learned if it is missing.",
    ),
]
