"""Checks that files of this package share: TOML, CSV, keys, choices, names, numbers and ranges."""

from __future__ import annotations

import csv
import math
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float64

from servanda.errors import CaseError, nearest

Range = tuple[float, float, float]  # low, central, high: four chances in five lie within
RANGE = 3
STATUSES = ("measured", "estimated", "assumed")


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file; raise `CaseError` where it is missing or is not TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise _unreadable(path, error, "TOML") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CaseError(path.name, str(error), "valid TOML") from None


def read_rows(path: Path, columns: Sequence[str]) -> list[dict[str, str]]:
    """Read a CSV file; raise `CaseError` where it is missing, or has other columns or cells."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            if tuple(reader.fieldnames or ()) != tuple(columns):
                found = ", ".join(reader.fieldnames or ()) or "no columns"
                raise CaseError(path.name, found, ", ".join(columns))
            rows = []
            for row in reader:
                cells = sum(
                    len(cell or ()) if name is None else cell is not None
                    for name, cell in row.items()
                )
                if cells != len(columns):
                    where = f"{path.name}, line {reader.line_num}"
                    raise CaseError(where, f"{cells} cells", str(len(columns)))
                rows.append(row)
            return rows
    except OSError as error:
        raise _unreadable(path, error, "CSV") from None
    except (csv.Error, UnicodeDecodeError) as error:
        raise CaseError(path.name, str(error), "valid CSV in UTF-8") from None


def _unreadable(path: Path, error: OSError, kind: str) -> CaseError:
    missing = isinstance(error, FileNotFoundError)
    found = "no such file" if missing else f"a file that cannot be read: {error.strerror}"
    return CaseError(path.name, found, f"a {kind} file in {path.parent}")


def table(where: str, value: Any) -> dict[str, Any]:
    """Check a TOML table."""
    if not isinstance(value, dict):
        raise CaseError(where, repr(value), "a table of keys")
    return value


def tables(where: str, value: Any) -> list[dict[str, Any]]:
    """Check an array of TOML tables, which may be empty."""
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        found = "one table" if isinstance(value, dict) else repr(value)
        raise CaseError(where, found, "an array of tables, each headed by double brackets")
    return value


def text(where: str, value: Any) -> str:
    """Check a text, which may be empty."""
    if not isinstance(value, str):
        raise CaseError(where, repr(value), "a text")
    return value


def names(where: str, values: Any) -> tuple[str, ...]:
    """Check a list of names, which may be empty: twice the same would count twice."""
    if not isinstance(values, list) or not all(type(name) is str and name for name in values):
        raise CaseError(where, repr(values), "a list of names")
    for name in values:
        if values.count(name) > 1:
            raise CaseError(where, f"{name!r} twice", "each name once")
    return tuple(values)


def number(where: str, value: Any, floor: float = 0.0) -> float:
    """Check a finite number."""
    if type(value) not in (int, float) or not floor <= value < math.inf:
        raise CaseError(where, repr(value), f"a finite number from {floor:g}")
    return float(value)


def check_keys(
    where: str, values: Mapping[str, Any], needed: set[str], allowed: Iterable[str] = ()
) -> None:
    """Raise `CaseError` where a needed key is missing or another is not allowed."""
    known = needed | set(allowed)
    for key in sorted(needed - set(values)):
        raise CaseError(where, f"no {key!r}", "this key", hint=nearest(key, set(values) - known))
    for key in sorted(set(values) - known):
        raise CaseError(
            where, f"key {key!r}", "one of " + ", ".join(sorted(known)), hint=nearest(key, known)
        )


def check_choice(where: str, value: Any, choices: Sequence[str]) -> None:
    """Raise `CaseError` unless a value is one of the choices."""
    if value not in choices:
        raise CaseError(
            where, repr(value), "one of " + ", ".join(choices), hint=nearest(str(value), choices)
        )


def check_sources(where: str, values: Mapping[str, Any], known: Iterable[str]) -> None:
    """Raise `CaseError` where a source is unknown, or there is none and nothing is assumed."""
    check_choice(f"{where}, status", values["status"], STATUSES)
    for source in names(f"{where}, sources", values["sources"]):
        if source not in set(known):
            raise CaseError(
                f"{where}, sources", repr(source), "a name under [sources]", nearest(source, known)
            )
    if not values["sources"] and values["status"] != "assumed":
        raise CaseError(f"{where}, sources", "none", "a source, or the status 'assumed'")


def ordered(where: str, values: Any, floor: float = 0.0, ceiling: float = math.inf) -> Range:
    """Check low, central and high."""
    listed = values if isinstance(values, list) else [values]
    numbers = [v for v in listed if type(v) in (int, float) and math.isfinite(v)]
    if (
        not len(listed) == len(numbers) == RANGE
        or not floor <= numbers[0] <= numbers[1] <= numbers[2] <= ceiling
    ):
        limit = ", finite" if math.isinf(ceiling) else f" to {ceiling:g}"
        raise CaseError(
            where, repr(values), f"low, central and high, rising, each from {floor:g}{limit}"
        )
    low, central, high = map(float, numbers)
    return low, central, high


def within(
    range_: Range,
    place: Float64[np.ndarray, "*run"],
    floor: float = 0.0,
    ceiling: float = math.inf,
) -> Float64[np.ndarray, "*run"]:
    """A figure at a place in its range: −1 low, 0 central, 1 high, and as straight on beyond them.

    Args:
        range_: Low, central and high.
        place: Where in it.
        floor: What it never falls below.
        ceiling: What it never exceeds.
    """
    low, central, high = range_
    side = np.where(place < 0, central - low, high - central)
    return np.asarray(np.clip(central + place * side, floor, ceiling))
