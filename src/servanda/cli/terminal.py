"""The terminal: where tables and faults are printed, as they are.

Markup and emoji are off, because names like `friction[trilateral]` look like markup.
"""

from rich.console import Console
from rich.table import Column, Table


def out() -> Console:
    """Where results go, as wide as the terminal is now."""
    return Console(highlight=False, markup=False, emoji=False)


def err() -> Console:
    """Where progress and faults go."""
    return Console(highlight=False, markup=False, emoji=False, stderr=True)


def say(text: str) -> None:
    """Print a line that is not wrapped, so that paths can be copied."""
    out().print(text, soft_wrap=True)


def table(title: str, *columns: str, lines: bool = False) -> Table:
    """An empty table under a title; long words are broken, never cut."""
    folded = [Column(name, overflow="fold") for name in columns]
    return Table(*folded, title=f"\n{title}", title_justify="left", show_lines=lines)
