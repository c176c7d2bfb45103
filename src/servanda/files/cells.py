"""Reading numbers from the cells of a CSV file, and writing cells.

Python's own `float` reads more than is meant: `100_000`, `nan`, the digits of other alphabets.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterable, Mapping
from io import StringIO

from servanda.errors import CaseError

_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_GROUPED = re.compile(r"[+-]?[0-9]+([,_' \u00a0\u202f][0-9]{3})+(\.[0-9]*)?")
# Spreadsheets take a text that begins so for a formula, and run it; the last four are full-width.
_FORMULA = "=+-@\uff1d\uff0b\uff0d\uff20"


def whole(row: Mapping[str, str], column: str, where: str) -> int:
    """A whole number; 3.0 counts as one, because some publishers write it so.

    Raises:
        CaseError: The cell is not one.
    """
    value = number_in(row[column])
    if not value.is_integer():
        raise _not(row, column, where, "a whole number")
    return int(value)


def number(row: Mapping[str, str], column: str, where: str) -> float:
    """A finite number.

    Raises:
        CaseError: The cell is not one.
    """
    value = number_in(row[column])
    if not math.isfinite(value):
        raise _not(row, column, where, "a finite number")
    return value


def figure(row: Mapping[str, str], column: str, where: str) -> float:
    """A number that is zero or positive.

    Raises:
        CaseError: The cell is not a number, not finite, or below zero.
    """
    value = number_in(row[column])
    if not (math.isfinite(value) and value >= 0):
        raise _not(row, column, where, "zero or a positive number")
    return value


def csv_text(rows: Iterable[Iterable[object]]) -> str:
    """Rows as the text of a CSV file.

    A text that a spreadsheet would run as a formula is written with an apostrophe before it.
    """
    text = StringIO()
    csv.writer(text, lineterminator="\n").writerows([*map(_harmless, row)] for row in rows)
    return text.getvalue()


def _harmless(cell: object) -> object:
    if not isinstance(cell, str):
        return cell
    formula = cell.lstrip()[:1] in {*_FORMULA} and not _NUMBER.fullmatch(cell)
    return f"'{cell}" if formula else cell


def _not(row: Mapping[str, str], column: str, where: str, expected: str) -> CaseError:
    grouped = _GROUPED.fullmatch(row[column].strip())
    hint = "write it without marks between the digits" if grouped else None
    return CaseError(where, f"{column} {row[column]!r}", expected, hint)


def number_in(text: str) -> float:
    """The number in a text, which may have spaces around it; NaN if there is none."""
    text = text.strip(" ")
    return float(text) if _NUMBER.fullmatch(text) else math.nan
