"""The lines of places in TOML files, for messages such as `case.toml line 31: ties[2].good: …`.

The rest of the package names a place by file and key, as `case.toml: ties[2].good`. Whoever knows
the folder adds the line. tomllib tells no lines, so tree-sitter reads the file once more. This is
done, and tree-sitter is imported, when a place is to be shown.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from servanda.errors import CaseError
from servanda.files.index import Index
from servanda.files.tables import text_of


class Lines:
    """The lines of places in the TOML files of a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[str, Index] = {}

    def shown(self, where: str) -> str:
        """A place with its line, or as it was if no line is known.

        A key that a file lacks has the line of the table that lacks it.
        """
        file, _, place = where.partition(": ")
        if not place or file.endswith(".csv") or Path(file).name != file:
            return where
        if file not in self._files:
            self._files[file] = self._index(file)
        line = self._files[file].line_of(place)
        return where if line is None else f"{file} line {line}: {place}"

    def show(self, faults: Iterable[CaseError]) -> None:
        """Add lines to the places of faults."""
        for fault in faults:
            fault.move(self.shown(fault.where))

    def _index(self, file: str) -> Index:
        try:
            return Index.of(text_of(self._folder / file, "TOML"))
        except (CaseError, ValueError):  # there is no such file, or it has changed meanwhile
            return Index({}, {})


@contextmanager
def lines_shown(folder: Path) -> Iterator[None]:
    """A block whose `CaseError`, with its others, shows lines of the files of a folder."""
    try:
        yield
    except CaseError as fault:
        Lines(folder).show((fault, *fault.others))
        raise
