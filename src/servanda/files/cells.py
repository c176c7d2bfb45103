"""Numbers in the cells of a CSV file, or one message about the cell."""

from __future__ import annotations

import math
from collections.abc import Mapping

from servanda.errors import CaseError


def whole(row: Mapping[str, str], column: str, where: str) -> int:
    """A whole number; 3.0 is one, as some publishers write it.

    Raises:
        CaseError: It is none.
    """
    value = _number(row[column])
    if not value.is_integer():
        raise CaseError(where, f"{column} {row[column]!r}", "a whole number")
    return int(value)


def number(row: Mapping[str, str], column: str, where: str) -> float:
    """A finite number.

    Raises:
        CaseError: It is none.
    """
    value = _number(row[column])
    if not math.isfinite(value):
        raise CaseError(where, f"{column} {row[column]!r}", "a finite number")
    return value


def figure(row: Mapping[str, str], column: str, where: str) -> float:
    """A figure that may be zero.

    Raises:
        CaseError: It is no number, not finite or below zero.
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
