"""Codes of countries and names of sectors: one spelling for each.

Two spellings that differ only in case, blanks, or in how Unicode composes a letter (NFC or NFD)
would silently make two countries of one.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence
from typing import Any

from servanda.errors import UsageError


def check_codes(columns: dict[str, Sequence[Any]], where: str, what: str) -> None:
    """Raise `UsageError` unless each cell is text and each code has one spelling.

    Args:
        columns: The cells, by the name of their column; all columns hold the same kind of code.
        where: Where a cell is: a text with `{column}` and `{row}`, counted from 1.
        what: What a cell should be, such as "a country code".
    """
    counts: Counter[str] = Counter()
    for column, cells in columns.items():
        for row, cell in enumerate(cells, start=1):
            if not isinstance(cell, str) or not cell.strip():
                raise UsageError(where.format(column=column, row=row), repr(cell), what)
        counts.update(cells)
    spelling: dict[str, str] = {}
    for code, _ in counts.most_common():
        spelling.setdefault(_folded(code), code.strip())
    wrong = {code for code in counts if code != spelling[_folded(code)]}
    for column, cells in columns.items():
        for row, cell in enumerate(cells, start=1):
            if cell in wrong:
                right = spelling[_folded(cell)]
                raise UsageError(
                    where.format(column=column, row=row),
                    _shown(cell, right),
                    f"one spelling of {what}, without blanks around it",
                    hint=f"did you mean {_shown(right, cell)}?",
                )


def _shown(code: str, other: str) -> str:
    """Quote a code; as ASCII where another one looks the same on a screen."""
    alike = unicodedata.normalize("NFC", code) == unicodedata.normalize("NFC", other)
    return ascii(code) if alike else repr(code)


def _folded(code: str) -> str:
    return " ".join(unicodedata.normalize("NFC", code).split()).casefold()
