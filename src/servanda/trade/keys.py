"""Checks that files of this package share: TOML, keys, choices, and ranges of three numbers."""

from __future__ import annotations

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
    except FileNotFoundError:
        raise CaseError(path.name, "no such file", f"a TOML file in {path.parent}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CaseError(path.name, str(error), "valid TOML") from None


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
    for source in values["sources"]:
        if source not in set(known):
            raise CaseError(
                f"{where}, sources", repr(source), "a name under [sources]", nearest(source, known)
            )
    if not values["sources"] and values["status"] != "assumed":
        raise CaseError(f"{where}, sources", "none", "a source, or the status 'assumed'")


def ordered(where: str, values: Any, floor: float = 0.0, ceiling: float = math.inf) -> Range:
    """Check low, central and high."""
    listed = values if isinstance(values, list) else [values]
    numbers = [value for value in listed if type(value) in (int, float)]
    if (
        not len(listed) == len(numbers) == RANGE
        or not floor <= numbers[0] <= numbers[1] <= numbers[2] <= ceiling
    ):
        limit = "" if math.isinf(ceiling) else f" to {ceiling:g}"
        raise CaseError(
            where, repr(values), f"low, central and high, rising, each from {floor:g}{limit}"
        )
    low, central, high = map(float, numbers)
    return low, central, high


def within(range_: Range, place: Float64[np.ndarray, "*run"]) -> Float64[np.ndarray, "*run"]:
    """A figure at a place in its range: −1 low, 0 central, 1 high, straight between."""
    return np.asarray(np.interp(place, (-1.0, 0.0, 1.0), range_))
