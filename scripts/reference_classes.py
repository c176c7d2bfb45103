#!/usr/bin/env python3
"""Fit the reference classes of a case to ATOP's record, and write its reference_classes.csv.

    scripts/reference_classes.py ALLIANCES [--case FOLDER]

ALLIANCES is the publisher's `atop5_1_alliance.csv`. It never enters the repository. FOLDER holds
the case's `reference_classes.toml`; the default is the shipped case. Then run docs/generate.py,
which writes the table into the documentation.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from servanda.errors import ServandaError
from servanda.history import fit_classes, read_reference_classes, write_fitted
from servanda.sources.atop import read_alliances

SHIPPED = Path(__file__).resolve().parents[1] / "src/servanda/cases/russia-dprk"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the table and return the exit status; print errors on one line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("alliances", type=Path, help="the publisher's file")
    parser.add_argument("--case", type=Path, default=SHIPPED, help="folder of the case")
    given = parser.parse_args(arguments)
    try:
        declared = read_reference_classes(given.case / "reference_classes.toml")
        fitted = fit_classes(read_alliances(given.alliances), declared)
    except ServandaError as error:
        print(error, file=sys.stderr)
        return 2
    write_fitted(given.case / "reference_classes.csv", fitted)
    return 0


if __name__ == "__main__":
    sys.exit(main())
