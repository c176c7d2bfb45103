"""Tables of docs/rerouting.md, from the results that the study of rerouting writes."""

import sys
from collections.abc import Callable
from pathlib import Path

DOCS = Path(__file__).resolve().parent
sys.path.insert(0, str(DOCS.parent))  # where the studies stand: they are no part of the package

from studies.rerouting import tables  # noqa: E402 - the line above finds it
from studies.rerouting.results import Results, read_results  # noqa: E402 - as above


def _part(table: Callable[[Results], str]) -> str:
    return table(read_results(DOCS / "rerouting_results.toml"))


def rerouting_part() -> str:
    """Leakage through neighbours."""
    return _part(tables.rerouting_part)


def substitution_part() -> str:
    """Earnings that other products won back."""
    return _part(tables.substitution_part)


def priors_part() -> str:
    """Priors that the fits suggest."""
    return _part(tables.priors_part)
