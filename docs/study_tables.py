"""Tables of docs/rerouting.md and docs/calibration.md, from the results of the studies."""

import sys
from collections.abc import Callable
from pathlib import Path

DOCS = Path(__file__).resolve().parent
sys.path.insert(0, str(DOCS.parent))  # where the studies stand: they are no part of the package

from studies.rerouting import tables  # noqa: E402 - the line above finds it
from studies.rerouting.results import Results, read_results  # noqa: E402 - as above
from studies.sbc import verdicts  # noqa: E402 - as above


def _part(table: Callable[[Results], str]) -> str:
    return table(read_results(DOCS / "rerouting_results.toml"))


def rerouting_part() -> str:
    """Rerouting through neighbours."""
    return _part(tables.rerouting_part)


def substitution_part() -> str:
    """Substitution by other products."""
    return _part(tables.substitution_part)


def priors_part() -> str:
    """Priors from the fits."""
    return _part(tables.priors_part)


def sbc_part() -> str:
    """Ranks of truths in the sampler as it is, and in samplers with planted faults."""
    return verdicts.table_part(verdicts.read(DOCS / "sbc_results.json"))
