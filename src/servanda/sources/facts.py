"""This project's compilation of dated figures with sources, from which cases take theirs.

Reads `facts.csv`: one row for each figure, with its series (`series`), its actor (`actor`), the
year, month or day (`date`: 2021, 2021-06 or 2021-06-30), `value` in `unit`, and columns that this
module does not read.

Trap: `date` is as precise as the source. A year means the whole year, and a row for one of its
months is another figure.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from servanda.errors import CaseError
from servanda.files import read_rows
from servanda.files.cells import number

COLUMNS = ("series", "actor", "date", "value")


@dataclass(frozen=True, slots=True)
class Facts:
    """Figures of `facts.csv`.

    Attributes:
        file: The file's name, for messages.
        rows: Its rows, by the line on which each ends.
    """

    file: str
    rows: dict[int, dict[str, str]]

    def of_year(self, series: str, year: int, actor: str | None = None) -> float:
        """The only value of a series for a whole year, in the series' unit.

        Args:
            series: Name of the series.
            year: The year.
            actor: The actor; any actor if none is given.

        Raises:
            CaseError: There is no such row, or more than one, or it has no figure.
        """
        found = [
            (line, row)
            for line, row in self.rows.items()
            if (row["series"], row["date"]) == (series, str(year)) and actor in (None, row["actor"])
        ]
        if len(found) != 1:
            raise CaseError(f"{self.file}: {series}, {year}", f"{len(found)} rows", "one row")
        line, row = found[0]
        return number(row, "value", f"{self.file} line {line}")


def read_facts(path: Path) -> Facts:
    """Read the file.

    Raises:
        CaseError: It cannot be read, or lacks a column.
    """
    return Facts(path.name, read_rows(path, COLUMNS, others=True, elsewhere=True))
