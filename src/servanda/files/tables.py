"""Reading TOML and CSV files into plain tables and rows.

This is the edge: whatever a file holds, reading it returns plain values or raises `CaseError`.
"""

import csv
import os
import re
import stat
import tomllib
from collections.abc import Collection, Iterable, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

from servanda.errors import CaseError, nearest
from servanda.files.faults import Faults

LARGEST = 64 * 2**20
"""Bytes that a file of a case may have."""
_MIB = 2**20
# TOML promises whole numbers of 64 bits and no longer ones.
_WHOLE = range(-(2**63), 2**63)
# A case needs a few levels; Python cannot show, compare or check thousands.
_DEEPEST = 50
_TOO_DEEP = "tables or lists nested too deeply"
_AT = re.compile(r" \(at line ([0-9]+), column ([0-9]+)\)$")
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_HOW_TO_SAVE = "save it as UTF-8 with commas"


def read_toml(path: Path) -> dict[str, Any]:
    """The tables of a TOML file; raises `CaseError` if it is missing or not TOML."""
    text = text_of(path, "TOML")
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _not_toml(path.name, str(error), text) from None
    except (RecursionError, ValueError) as error:
        deep = isinstance(error, RecursionError)
        found = _TOO_DEEP if deep else "a number of thousands of digits"
        raise CaseError(where=path.name, found=found, expected="valid TOML") from None
    _check_values(document, path.name)
    return document


def read_rows(
    path: Path,
    columns: Sequence[str] = (),
    *,
    optional: Sequence[str] = (),
    others: bool = False,
    elsewhere: bool = False,
    faults: Faults | None = None,
) -> dict[int, dict[str, str]]:
    """The rows of a CSV file, by the line on which each ends.

    Args:
        path: the file; its first line names the columns.
        columns: the required columns, if any, in any order.
        optional: columns that may be missing.
        others: whether other columns are allowed too.
        elsewhere: whether the file may be a link out of its folder and of any size, as files of
            publishers may.
        faults: where to add that a row has too few or too many cells, or is empty; without it the
            first such row is raised.

    Raises:
        CaseError: if the file is missing or not CSV, or a row has too few or many cells.
    """
    text = text_of(path, "CSV", elsewhere=elsewhere)
    reader = csv.reader(StringIO(text), strict=True)
    try:
        header: list[str] = next(reader, [])
        _check_header(header, columns, optional, f"{path.name} line 1", others=others)
        wrong = Faults() if faults is None else faults
        rows = _rows(reader, header, path.name, wrong)
    except csv.Error as error:
        where = f"{path.name} line {reader.line_num}"
        raise CaseError(where=where, found=str(error), expected="valid CSV") from None
    if faults is None and wrong.found:
        raise wrong.found[0]
    return rows


def text_of(path: Path, kind: str, *, elsewhere: bool = False) -> str:
    """The text of a file, without the byte-order mark that spreadsheets write.

    Args:
        path: the file.
        kind: what it should be, for messages: TOML or CSV.
        elsewhere: as for `read_rows`.

    Raises:
        CaseError: if the file cannot be read, or is no text in UTF-8.
    """
    try:
        if not elsewhere:
            _check_inside(path, kind)
        content = path.read_bytes()
    except (OSError, ValueError) as error:
        raise _unreadable(path, error, kind) from None
    hint = _HOW_TO_SAVE if kind == "CSV" else "save it as UTF-8"
    if content.startswith(_UTF_16) or b"\0" in content:
        found = "UTF-16, or bytes that are no text"
        raise CaseError(where=path.name, found=found, expected=f"valid {kind}", hint=hint)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise CaseError(
            where=f"{path.name} line {line}",
            found=f"byte 0x{content[error.start]:02x}, which is not UTF-8",
            expected=f"valid {kind}",
            hint=hint,
        ) from None


def _not_toml(file: str, message: str, text: str) -> CaseError:
    """The fault that tomllib tells of, with its line in the place."""
    at = _AT.search(message)
    if at is None:  # at the end of the document
        line, found = text.rstrip().count("\n") + 1, message
    else:
        line, found = int(at[1]), _AT.sub(r" (at column \2)", message)
    return CaseError(f"{file} line {line}", found, "valid TOML")


def _check_inside(path: Path, kind: str) -> None:
    """Raise `CaseError` unless a path is a regular file of its folder, and not too large."""
    real = Path(os.path.realpath(path, strict=True))
    status = real.stat()
    if not real.is_relative_to(os.path.realpath(path.parent)):
        found, expected = f"a link to '{real}'", f"a {kind} file in {path.parent}"
        raise CaseError(where=path.name, found=found, expected=expected)
    if not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):
        found = "a pipe, a socket or a device"
        raise CaseError(where=path.name, found=found, expected=f"a {kind} file")
    if status.st_size > LARGEST:
        raise CaseError(
            where=path.name,
            found=f"{status.st_size / _MIB:,.0f} MiB",
            expected=f"a file of at most {LARGEST // _MIB} MiB",
        )


def _check_values(document: dict[str, Any], file: str) -> None:
    """Raise `CaseError` if values are nested too deeply, or a number is longer than TOML allows."""
    left: list[tuple[str, Any, int]] = [(file + ":", document, 0)]
    while left:
        where, value, depth = left.pop()
        if depth > _DEEPEST:
            raise CaseError(where=file, found=_TOO_DEEP, expected="valid TOML")
        if isinstance(value, dict):
            dot = " " if value is document else "."
            left += [(f"{where}{dot}{key}", inner, depth + 1) for key, inner in value.items()]
        elif isinstance(value, list):
            left += [(f"{where}[{n}]", inner, depth + 1) for n, inner in enumerate(value, start=1)]
        elif isinstance(value, int) and value not in _WHOLE:
            raise CaseError(where=where, found="a whole number of over 64 bits", expected="fewer")


def _check_header(
    header: Sequence[str],
    columns: Sequence[str],
    optional: Sequence[str],
    where: str,
    *,
    others: bool,
) -> None:
    missing = [column for column in columns if column not in header]
    unknown = [column for column in header if column not in (*columns, *optional)]
    if repeated := [column for column in header if column and header.count(column) > 1]:
        found = f"column {repeated[0]!r} twice"
        raise CaseError(where=where, found=found, expected="each column once")
    if missing and len(header) == 1 and any(mark in header[0] for mark in ";\t"):
        found = "columns with " + ("semicolons" if ";" in header[0] else "tabs") + " between them"
        raise CaseError(where=where, found=found, expected="commas", hint=_HOW_TO_SAVE)
    if others and missing:
        raise CaseError(
            where=where,
            found=f"no column {missing[0]!r}",
            expected="columns " + ", ".join(columns),
            hint=nearest(missing[0], unknown),
        )
    if columns and not others and (missing or unknown):
        raise CaseError(
            where=where,
            found="columns " + (", ".join(header) or "none"),
            expected="columns " + ", ".join(columns) + _also(optional),
            hint=_nearest_of(unknown, {*columns, *optional} - set(header)),
        )
    if hint := _nearest_of(unknown, set(optional) - set(header)):
        found = f"column {unknown[0]!r}" if len(unknown) == 1 else "columns " + ", ".join(unknown)
        raise CaseError(where=where, found=found, expected="a known column", hint=hint)


def _also(optional: Sequence[str]) -> str:
    return f", and perhaps {', '.join(optional)}" if optional else ""


def _nearest_of(unknown: Iterable[str], known: Collection[str]) -> str | None:
    """The hint for the first unknown name that is close to a known one."""
    return next(filter(None, (nearest(name, known) for name in unknown)), None)


def _rows(
    reader: Any, header: Sequence[str], name: str, faults: Faults
) -> dict[int, dict[str, str]]:
    found: dict[int, dict[str, str]] = {}
    empty: list[str] = []  # at the end they are fine, and spreadsheets write them
    for row in reader:
        where = f"{name} line {reader.line_num}"
        if not any(cell.strip() for cell in row):
            empty.append(where)
            continue
        faults.add([CaseError(one, "an empty row", "a full row, or none") for one in empty[:1]])
        empty = []
        if len(row) == len(header):
            found[reader.line_num] = dict(zip(header, row, strict=True))
        else:
            expected = f"{len(header)}, one for each column"
            hint = "a text with a comma in it needs quotes" if len(row) > len(header) else None
            faults.add([CaseError(where, f"{len(row)} cells", expected, hint)])
    return found


def _unreadable(path: Path, error: OSError | ValueError, kind: str) -> CaseError:
    missing = isinstance(error, FileNotFoundError)
    why = error.strerror if isinstance(error, OSError) else str(error)
    return CaseError(
        where=path.name,
        found="no such file" if missing else f"a file that cannot be read: {why}",
        expected=f"a {kind} file in {path.parent}",
    )
