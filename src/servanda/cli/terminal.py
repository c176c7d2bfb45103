"""Printing of tables and messages.

Markup and emoji are off, because names like `friction[trilateral]` look like markup.
"""

from rich.console import Console
from rich.table import Column, Table


def out() -> Console:
    """The console for results, at the current width of the terminal."""
    return Console(highlight=False, markup=False, emoji=False)


def err() -> Console:
    """The console for progress and error messages."""
    return Console(highlight=False, markup=False, emoji=False, stderr=True)


def say(text: str) -> None:
    """Print a line without wrapping it, so that paths can be copied."""
    out().print(text, soft_wrap=True)


def table(title: str, *columns: str, lines: bool = False) -> Table:
    """An empty table under a title. Long words are wrapped and never shortened."""
    folded = [Column(name, overflow="fold") for name in columns]
    return Table(*folded, title=f"\n{title}", title_justify="left", show_lines=lines)
