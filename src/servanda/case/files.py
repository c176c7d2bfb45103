"""Reading TOML and CSV into plain tables and rows, or one clear message."""

import csv
import tomllib
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import Any

from servanda.errors import CaseError


def toml(path: Path) -> dict[str, Any]:
    """The tables of a TOML file; raises `CaseError` if it is missing or is not TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise _unreadable(path, error, "TOML") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CaseError(where=path.name, found=str(error), expected="valid TOML") from None


def rows(path: Path, columns: Sequence[str] = ()) -> dict[int, dict[str, str]]:
    """The rows of a CSV file by the line that each ends on.

    Args:
        path: the file; its first line names the columns.
        columns: what these must be, if they must be anything in particular.

    Raises:
        CaseError: if the file is missing or not CSV, or a row does not fill the columns.
    """
    try:
        # utf-8-sig drops the mark that spreadsheets put first
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise _unreadable(path, error, "CSV") from None
    except UnicodeDecodeError as error:
        raise CaseError(where=path.name, found=str(error), expected="valid CSV") from None
    reader = csv.reader(StringIO(text), strict=True)
    try:
        return _rows(reader, path.name, columns)
    except csv.Error as error:
        where = f"{path.name} line {reader.line_num}"
        raise CaseError(where=where, found=str(error), expected="valid CSV") from None


def _rows(reader: Any, name: str, columns: Sequence[str]) -> dict[int, dict[str, str]]:
    header: list[str] = next(reader, [])
    if columns and header != list(columns):
        raise CaseError(
            where=f"{name} line 1",
            found="columns " + (", ".join(header) or "none"),
            expected="columns " + ", ".join(columns),
        )
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
