"""Codes of countries and names of sectors: one spelling for each.

Two spellings that differ only in case, blanks, marks of no width, or in how Unicode composes or
widens a letter (NFC, NFD, full width) would silently make two countries of one.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from servanda.errors import UsageError, nearest

Spelling = Callable[[str, str], str]
"""What a code is read as, given the code and its place, by those who know other codes for it."""
_UNSEEN = re.compile("[\xad\u200b-\u200f\u2060\ufeff]")  # marks of no width


def as_written(code: str, _where: str) -> str:
    """The code itself: files of trade alone spell each country in one way."""
    return code


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
            if not isinstance(cell, str) or not _folded(cell):
                raise UsageError(where.format(column=column, row=row), repr(cell), what)
        counts.update(cells)
    spelling: dict[str, str] = {}
    for code in sorted(counts, key=lambda code: (-counts[code], code != _plain(code))):
        spelling.setdefault(_folded(code), _UNSEEN.sub("", code).strip())
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


def unknown(where: str, code: Any, known: Sequence[str]) -> UsageError:
    """The error about a code that is not among those known, with the nearest one of them."""
    alike = [right for right in known if _folded(str(code)) == _folded(right)]
    found, hint = repr(code), nearest(str(code), known)
    if alike:
        found, hint = _shown(str(code), alike[0]), f"did you mean {_shown(alike[0], str(code))}?"
    return UsageError(where, found, "one of " + ", ".join(known), hint)


def _shown(code: str, other: str) -> str:
    """Quote a code; as ASCII where another one looks the same on a screen."""
    return ascii(code) if _plain(code) == _plain(other) else repr(code)


def _folded(code: str) -> str:
    """What all spellings of a code have in common."""
    return " ".join(_plain(code).split()).casefold()


def _plain(code: str) -> str:
    """A code without marks of no width, each letter composed and of usual width."""
    return unicodedata.normalize("NFKC", _UNSEEN.sub("", code))
