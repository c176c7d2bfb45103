"""Printing of tables and messages.

Markup and emoji are off, because names like `friction[trilateral]` look like markup. Texts of a
case may hold anything, so control and bidirectional characters are printed as escapes. A character
that the terminal's encoding lacks is printed as an escape too.
"""

import sys
from io import TextIOWrapper
from typing import Any

from rich.console import Console
from rich.table import Column, Table

from servanda.errors import visible


class _Console(Console):
    """A console that prints texts as they can be seen."""

    def print(self, *objects: Any, **options: Any) -> None:
        """Print texts, each of its lines visible, and tables."""
        super().print(*map(_seen, objects), **options)


class _Table(Table):
    """A table whose cells can be seen."""

    def add_row(self, *cells: Any, **options: Any) -> None:
        """Add a row; a cell may have several lines."""
        super().add_row(*map(_seen, cells), **options)


def any_encoding() -> None:
    """Let standard output and error print every character, if need be as an escape."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def out() -> Console:
    """The console for results, at the current width of the terminal."""
    return _Console(highlight=False, markup=False, emoji=False)


def err() -> Console:
    """The console for progress and error messages."""
    return _Console(highlight=False, markup=False, emoji=False, stderr=True)


def say(text: str) -> None:
    """Print a line without wrapping it, so that paths can be copied."""
    out().print(text, soft_wrap=True)


def table(title: str, *columns: str, lines: bool = False) -> Table:
    """An empty table under a title. Long words are wrapped and never shortened."""
    folded = [Column(_seen(name), overflow="fold") for name in columns]
    return _Table(*folded, title=f"\n{_seen(title)}", title_justify="left", show_lines=lines)


def _seen(given: Any) -> Any:
    """A text without control and bidirectional characters, except the ends of its lines."""
    if not isinstance(given, str):
        return given
    return "\n".join(visible(line) for line in given.split("\n"))
