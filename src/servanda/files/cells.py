"""Reading numbers from the cells of a CSV file."""

from __future__ import annotations

import math
from collections.abc import Mapping

from servanda.errors import CaseError


def whole(row: Mapping[str, str], column: str, where: str) -> int:
    """A whole number; 3.0 counts as one, because some publishers write it so.

    Raises:
        CaseError: The cell is not one.
    """
    value = _number(row[column])
    if not value.is_integer():
        raise CaseError(where, f"{column} {row[column]!r}", "a whole number")
    return int(value)


def number(row: Mapping[str, str], column: str, where: str) -> float:
    """A finite number.

    Raises:
        CaseError: The cell is not one.
    """
    value = _number(row[column])
    if not math.isfinite(value):
        raise CaseError(where, f"{column} {row[column]!r}", "a finite number")
    return value


def figure(row: Mapping[str, str], column: str, where: str) -> float:
    """A number that is zero or positive.

    Raises:
        CaseError: The cell is not a number, not finite, or below zero.
    """
    value = _number(row[column])
    if not (math.isfinite(value) and value >= 0):
        raise CaseError(where, f"{column} {row[column]!r}", "zero or a positive number")
    return value


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
