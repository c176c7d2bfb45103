"""The edge: what a stranger's folder holds is read, or refused at once in one message."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from servanda.case import load, new
from servanda.errors import CaseError
from servanda.files import csv_text, read_rows, read_toml, tables
from servanda.files.cells import number, whole


def message_of(path: Path, *columns: str, optional: tuple[str, ...] = ()) -> str:
    is_toml = path.suffix == ".toml"
    with pytest.raises(CaseError) as caught:
        read_toml(path) if is_toml else read_rows(path, columns, optional=optional)
    return str(caught.value)


def written(folder: Path, text: str | bytes, name: str = "table.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


# --- what is read -----------------------------------------------------------------------------


@pytest.mark.parametrize("file", ["case.toml", "claims.toml", "evidence.csv", "trade_effects.csv"])
def test_a_link_to_a_file_elsewhere_is_not_read(tmp_path, file):
    case = new("tiny", tmp_path)
    secret = written(tmp_path, "a,b\n1,2\n", "secret.csv")
    (case / file).unlink(missing_ok=True)
    (case / file).symlink_to(secret)
    with pytest.raises(CaseError) as caught:
        load(case)
    kind = "TOML" if file.endswith("toml") else "CSV"
    assert str(caught.value) == (
        f"{file}: found a link to '{secret}', expected a {kind} file in {case}"
    )


def test_a_link_inside_of_the_folder_and_a_link_to_the_folder_are_read(tmp_path):
    case = new("tiny", tmp_path)
    (case / "evidence.csv").rename(case / "figures.csv")
    (case / "evidence.csv").symlink_to("figures.csv")
    (tmp_path / "link").symlink_to(case)
    assert len(load(tmp_path / "link").evidence.observations) == 2


@pytest.mark.parametrize("file", ["series.toml", "claims.toml", "sources.csv", "trade_effects.csv"])
def test_a_pipe_is_not_waited_for(tmp_path, file):
    case = new("tiny", tmp_path)
    (case / file).unlink(missing_ok=True)
    os.mkfifo(case / file)
    with pytest.raises(CaseError) as caught:
        load(case)
    kind = "TOML" if file.endswith("toml") else "CSV"
    assert str(caught.value) == (
        f"{file}: found a pipe, a socket or a device, expected a {kind} file"
    )


def test_a_pipe_that_nothing_reads_does_no_harm(tmp_path):
    case = new("tiny", tmp_path)
    os.mkfifo(case / "notes.csv")
    assert load(case).files[-1] == "claims.toml"


def test_links_in_a_circle_are_named(tmp_path):
    path = tmp_path / "case.toml"
    path.symlink_to("case.toml")
    assert message_of(path) == (
        "case.toml: found a file that cannot be read: Too many levels of symbolic links,"
        f" expected a TOML file in {tmp_path}"
    )


def test_a_file_that_is_too_large_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "LARGEST", 2 * 2**20)
    path = written(tmp_path, "a\n" + "1\n" * 2**21)
    assert message_of(path) == "table.csv: found 4 MiB, expected a file of at most 2 MiB"


def test_no_path_can_be_as_long_as_this_name():
    with pytest.raises(CaseError) as caught:
        load("a" * 5000)
    assert caught.value.found == "no folder with a case.toml, and no shipped case of this name"


# --- TOML -------------------------------------------------------------------------------------

TOML = {
    "lists nested deeply": (
        "a = " + "[" * 5000 + "]" * 5000,
        "case.toml: found tables or lists nested too deeply, expected valid TOML",
    ),
    "keys with many dots": (
        "a." + ".".join("a" * 3000) + " = 1",
        "case.toml: found tables or lists nested too deeply, expected valid TOML",
    ),
    "a number of 5,000 digits": (
        "a = " + "9" * 5000,
        "case.toml: found a number of thousands of digits, expected valid TOML",
    ),
    "a number of over 64 bits": (
        "[a]\nb = [{ c = 9223372036854775807 }, { c = 0x8000000000000000 }]",
        "case.toml: a.b[2].c: found a whole number of over 64 bits, expected fewer",
    ),
    "a date in year 0": (
        "a = 0000-01-01",
        ("case.toml line 1: found Invalid date or datetime (at column 5), expected valid TOML"),
    ),
    "UTF-16": (
        "a = 1".encode("utf-16"),
        (
            "case.toml: found UTF-16, or bytes that are no text, expected valid TOML\n"
            "  hint: save it as UTF-8"
        ),
    ),
}


@pytest.mark.parametrize(("text", "message"), TOML.values(), ids=list(TOML))
def test_toml_that_python_stumbles_over_is_refused(tmp_path, text, message):
    assert message_of(written(tmp_path, text, "case.toml")) == message


def test_the_mark_that_an_editor_writes_before_toml_does_no_harm(tmp_path):
    assert read_toml(written(tmp_path, b"\xef\xbb\xbfa = 1", "case.toml")) == {"a": 1}


# --- CSV --------------------------------------------------------------------------------------

SAVE = "\n  hint: save it as UTF-8 with commas"
CSV = {
    "semicolons": (
        "a;b\n1;2\n",
        "table.csv line 1: found columns with semicolons between them, expected commas" + SAVE,
    ),
    "tabs": (
        "a\tb\n1\t2\n",
        "table.csv line 1: found columns with tabs between them, expected commas" + SAVE,
    ),
    "UTF-16": (
        "a,b\n1,2\n".encode("utf-16"),
        "table.csv: found UTF-16, or bytes that are no text, expected valid CSV" + SAVE,
    ),
    "cp1252": (
        "a,b\n1,2\nZürich,3\n".encode("cp1252"),
        "table.csv line 3: found byte 0xfc, which is not UTF-8, expected valid CSV" + SAVE,
    ),
    "a column twice": (
        "a,b,a\n1,2,3\n",
        "table.csv line 1: found column 'a' twice, expected each column once",
    ),
    "an optional column misspelt": (
        "a,b,bond\n1,2,3\n",
        (
            "table.csv line 1: found columns a, b, bond, expected columns a, b, and perhaps bound\n"
            "  hint: did you mean 'bound'?"
        ),
    ),
}


@pytest.mark.parametrize(("text", "message"), CSV.values(), ids=list(CSV))
def test_tables_in_another_form_are_refused_and_told_how_to_be_saved(tmp_path, text, message):
    assert message_of(written(tmp_path, text), "a", "b", optional=("bound",)) == message


def test_columns_in_another_order_and_blank_lines_at_the_end_are_fine(tmp_path):
    path = written(tmp_path, "b,a\n2,1\n\n\n")
    assert read_rows(path, ("a", "b"), optional=("c",)) == {2: {"b": "2", "a": "1"}}


# --- numbers and cells ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "value"), [("3", 3.0), (" -3.5 ", -3.5), ("1e3", 1000.0), (".5", 0.5), ("+2.", 2.0)]
)
def test_numbers_as_publishers_write_them_are_read(cell, value):
    assert number({"n": cell}, "n", "here") == value


@pytest.mark.parametrize(
    "cell", ["", "nan", "inf", "1e400", "٣", "３", "0x10", "1 000 m", "=3", "3\n", "--3", "1e"]
)
def test_what_is_no_number_in_plain_digits_is_refused(cell):
    with pytest.raises(CaseError) as caught:
        number({"n": cell}, "n", "here")
    assert str(caught.value) == f"here: found n {cell!r}, expected a finite number"


@pytest.mark.parametrize("cell", ["100,000", "100_000", "1 000 000", "1'000", "1\u202f000.5"])
def test_marks_between_the_digits_are_named(cell):
    with pytest.raises(CaseError) as caught:
        whole({"n": cell}, "n", "here")
    assert caught.value.hint == "write it without marks between the digits"


def test_a_text_that_a_spreadsheet_would_run_is_written_as_text():
    rows = [("=1+1", "+x", "-x", "@x", " =1", "\uff1d1"), ("-0.5", "+1e3", "x=1", "", "a,b", "-")]
    assert csv_text(rows) == "'=1+1,'+x,'-x,'@x,' =1,'\uff1d1\n-0.5,+1e3,x=1,,\"a,b\",'-\n"
