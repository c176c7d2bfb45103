"""All results of the study, and their file: docs/rerouting_results.toml."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from servanda.errors import CaseError
from servanda.files import drafts, read_toml
from studies.rerouting.neighbour_results import rerouted
from studies.rerouting.record import read_exports
from studies.rerouting.substitution import read_imports
from studies.rerouting.substitution_results import substituted
from studies.rerouting.suggestions import suggested

EXPORTS = "trade/eu_exports_to_russia_neighbours_monthly.csv"
IMPORTS = "dprk/comtrade_china_imports_from_dprk_by_hs_2016_2024_usd.csv"
HEAD = "# Written by python -m studies.rerouting: fitted numbers and scores, no series of others.\n"

Results = Mapping[str, Any]


def results(data: Path) -> Results:
    """All reported results.

    Args:
        data: The folder that holds `EXPORTS` and `IMPORTS`.

    Raises:
        CaseError: A file is missing or is not what its adapter expects.
    """
    exports, imports = read_exports(data / EXPORTS), read_imports(data / IMPORTS)
    found = {"rerouting": rerouted(exports), "substitution": substituted(imports)}
    return {**found, "priors": {"suggested": suggested(found)}}


def write_results(found: Results, path: Path) -> None:
    """Write the results as TOML."""
    drafts.write(path, HEAD + toml(found))


def read_results(path: Path) -> Results:
    """Read what `write_results` wrote.

    Raises:
        CaseError: The file cannot be read, or a part of it is missing.
    """
    found = read_toml(path)
    for part in ("rerouting", "substitution", "priors"):
        if part not in found:
            raise CaseError(
                path.name,
                f"no {part!r}",
                "rerouting, substitution and priors",
                hint="python -m studies.rerouting --data DIR --write writes it",
            )
    return found


def toml(values: Mapping[str, Any], path: tuple[str, ...] = ()) -> str:
    """Tables, lists of tables and plain values as TOML."""
    plain, below = [], []
    for key, value in values.items():
        inside = (*path, key)
        if isinstance(value, Mapping):
            below.append(f"\n[{'.'.join(inside)}]\n" + toml(value, inside))
        elif isinstance(value, list) and isinstance(value[0], Mapping):
            below += [f"\n[[{'.'.join(inside)}]]\n" + toml(one, inside) for one in value]
        else:
            plain.append(f"{key} = {_plain(value)}\n")
    return "".join(plain + below)


def _plain(value: Any) -> str:
    """One plain value as TOML."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    return str(value)
