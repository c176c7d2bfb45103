"""The method of the flows: `[build]` of a case's `trade_baseline.toml`, checked."""

from __future__ import annotations

from pathlib import Path

from servanda.errors import CaseError
from servanda.trade.baseline import SPEC, BaselineFile, read_file
from servanda.trade.build import Build


def read_spec(folder: Path) -> tuple[BaselineFile, Build]:
    """Read the baseline and its method from `trade_baseline.toml`.

    Raises:
        CaseError: The file cannot be read, a key is missing, misspelt or out of range, a name is
            of no region, or there is no method.
    """
    whole = read_file(folder)
    if whole.build is None:
        raise CaseError(f"{SPEC}: build", "no such key", "this key is required")
    return whole, whole.build
