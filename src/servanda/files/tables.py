"""Reading TOML and CSV files into plain tables and rows."""

import csv
import tomllib
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import Any

from servanda.errors import CaseError, nearest


def read_toml(path: Path) -> dict[str, Any]:
    """The tables of a TOML file; raises `CaseError` if it is missing or not TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise _unreadable(path, error, "TOML") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CaseError(where=path.name, found=str(error), expected="valid TOML") from None


def read_rows(
    path: Path, columns: Sequence[str] = (), *, others: bool = False
) -> dict[int, dict[str, str]]:
    """The rows of a CSV file, by the line on which each ends.

    Args:
        path: the file; its first line names the columns.
        columns: the required columns, if any.
        others: whether other columns are allowed too, in any order.

    Raises:
        CaseError: if the file is missing or not CSV, or a row has too few or many cells.
    """
    try:
        # utf-8-sig drops the byte-order mark that spreadsheets write.
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise _unreadable(path, error, "CSV") from None
    except UnicodeDecodeError as error:
        raise CaseError(where=path.name, found=str(error), expected="valid CSV") from None
    reader = csv.reader(StringIO(text), strict=True)
    try:
        header: list[str] = next(reader, [])
        _check_header(header, columns, f"{path.name} line 1", others)
        return _rows(reader, header, path.name)
    except csv.Error as error:
        where = f"{path.name} line {reader.line_num}"
        raise CaseError(where=where, found=str(error), expected="valid CSV") from None


def _check_header(header: Sequence[str], columns: Sequence[str], where: str, others: bool) -> None:
    missing = [column for column in columns if column not in header]
    if others and missing:
        raise CaseError(
            where=where,
            found=f"no column {missing[0]!r}",
            expected="columns " + ", ".join(columns),
            hint=nearest(missing[0], set(header) - set(columns)),
        )
    if columns and not others and header != list(columns):
        raise CaseError(
            where=where,
            found="columns " + (", ".join(header) or "none"),
            expected="columns " + ", ".join(columns),
        )


def _rows(reader: Any, header: Sequence[str], name: str) -> dict[int, dict[str, str]]:
    found: dict[int, dict[str, str]] = {}
    for row in reader:
        where = f"{name} line {reader.line_num}"
        if not any(cell.strip() for cell in row):
            raise CaseError(where=where, found="an empty row", expected="a full row, or none")
        if len(row) != len(header):
            raise CaseError(
                where=where,
                found=f"{len(row)} cells",
                expected=f"{len(header)}, one for each column",
                hint="a text with a comma in it needs quotes" if len(row) > len(header) else None,
            )
        found[reader.line_num] = dict(zip(header, row, strict=True))
    return found


def _unreadable(path: Path, error: OSError, kind: str) -> CaseError:
    missing = isinstance(error, FileNotFoundError)
    return CaseError(
        where=path.name,
        found="no such file" if missing else f"a file that cannot be read: {error.strerror}",
        expected=f"a {kind} file in {path.parent}",
    )
