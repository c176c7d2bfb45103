"""Printing of texts and tables.

Markup and emoji are off, because names like `friction[trilateral]` look like markup. Texts of a
case may hold anything, so control and bidirectional characters are printed as escapes. A character
that the terminal's encoding lacks is printed as an escape too.
"""

import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import TextIOWrapper
from textwrap import fill
from typing import Any

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table as RichTable
from rich.text import Text

from servanda.errors import visible

# Room of the lines and of the space around the texts of each column.
_AROUND = 3


class _Console(Console):
    """A console that prints texts as they can be seen."""

    def print(self, *objects: Any, **options: Any) -> None:
        """Print texts, each of its lines visible, and tables."""
        # A word longer than the line goes on in the next one, and is not cropped.
        super().print(*map(_seen, objects), **({"crop": False} | options))


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


def write(text: str) -> None:
    """Print a paragraph of the briefing, wrapped between words."""
    out().print(f"{plain(text)}\n")


def plain(text: str) -> str:
    """A text of the briefing without its thin spaces: `44%`, `1.8 m rounds`."""
    return re.sub(r"(?<=\d)[\u202f ]%", "%", text).replace("\u202f", " ")


@dataclass(frozen=True)
class Table:
    """A table under a title, in which no word is split and none is shortened.

    Where the width has no room for the longest word of every column, each row is printed as lines,
    one for each column.

    Attributes:
        title: what stands above.
        heads: names of the columns.
        rows: cells, line by line.
        lines: whether to draw a line between rows.
    """

    title: str
    heads: tuple[str, ...]
    rows: list[tuple[str, ...]]
    lines: bool

    def add_row(self, *cells: str) -> None:
        """Add a row, with a cell for each column."""
        self.rows.append(tuple(map(_seen, cells)))

    def __rich_console__(self, _: Console, options: ConsoleOptions) -> RenderResult:
        """As a grid if the words fit, and otherwise as lines."""
        columns = [[head, *cells] for head, *cells in zip(self.heads, *self.rows, strict=True)]
        least = [max(map(cell_len, " ".join(cells).split()), default=1) for cells in columns]
        spare = options.max_width - 1 - sum(width + _AROUND for width in least)
        if spare < 0:
            yield Text("\n".join(self._stacked(options.max_width)), no_wrap=True, overflow="ignore")
            return
        most = [max(cell_len(line) for c in cells for line in c.split("\n")) for cells in columns]
        grid = RichTable(title=f"\n{self.title}", title_justify="left", show_lines=self.lines)
        for head, width in zip(self.heads, _shared(spare, least, most), strict=True):
            grid.add_column(head, width=width)
        for row in self.rows:
            grid.add_row(*row)
        yield grid

    def _stacked(self, width: int) -> Iterator[str]:
        yield f"\n{_filled(self.title, width)}"
        for first, *others in self.rows:
            yield f"\n{_filled(first, width)}" if first else ""
            for head, cell in zip(self.heads[1:], others, strict=True):
                for line in f"{head}: {cell}".split("\n"):
                    yield _filled(line, width, "  ")


def _filled(line: str, width: int, indent: str = "") -> str:
    """A line wrapped between words, what follows its first line indented by two more."""
    return fill(
        line,
        width,
        initial_indent=indent,
        subsequent_indent=f"{indent}  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _shared(spare: int, least: Sequence[int], most: Sequence[int]) -> list[int]:
    """Widths of columns: the longest word, and a part of what is left by what is wanted."""
    wanted = [max(0, high - low) for low, high in zip(least, most, strict=True)]
    share = min(1.0, spare / max(1, sum(wanted)))
    return [low + int(more * share) for low, more in zip(least, wanted, strict=True)]


def table(title: str, *columns: str, lines: bool = False) -> Table:
    """An empty table under a title."""
    return Table(_seen(title), tuple(map(_seen, columns)), [], lines)


def _seen(given: Any) -> Any:
    """A text without control and bidirectional characters, except the ends of its lines."""
    if not isinstance(given, str):
        return given
    return "\n".join(visible(line) for line in given.split("\n"))
