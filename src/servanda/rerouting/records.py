"""Reading a publisher's CSV file: its columns by name, row by row, and figures in it."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Sequence
from pathlib import Path

from servanda.errors import CaseError


def rows(path: Path, columns: Sequence[str]) -> Iterator[tuple[str, dict[str, str]]]:
    """Where each row stands, for messages, and the row; columns that are not named may be there.

    Raises:
        CaseError: The file is missing or cannot be read, or a column is missing.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            for column in columns:
                if column not in (reader.fieldnames or ()):
                    raise CaseError(path.name, f"no column {column!r}", ", ".join(columns))
            for row in reader:
                yield f"{path.name}, line {reader.line_num}", row
    except FileNotFoundError:
        raise CaseError(path.name, "no such file", f"a CSV file in {path.parent}") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CaseError(path.name, str(error), "a CSV file that can be read") from None


def figure(row: dict[str, str], column: str, where: str) -> float:
    """A figure that may be zero.

    Raises:
        CaseError: It is no number, not finite or below zero.
    """
    text = row[column]
    try:
        value = float(text)
    except (TypeError, ValueError):
        value = math.nan
    if not (math.isfinite(value) and value >= 0):
        raise CaseError(where, f"{column} {text!r}", "zero or a positive number")
    return value
