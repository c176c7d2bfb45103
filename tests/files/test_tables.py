"""Reading TOML and CSV: which columns there may be, and files that are wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from servanda.errors import CaseError
from servanda.files import read_rows, read_toml


def written(folder: Path, text: str) -> Path:
    path = folder / "table.csv"
    path.write_text(text, encoding="utf-8")
    return path


def message_of(path: Path, *columns: str, others: bool = False) -> str:
    with pytest.raises(CaseError) as caught:
        read_rows(path, columns, others=others)
    return str(caught.value)


def test_rows_are_known_by_the_line_that_each_ends_on(tmp_path):
    path = written(tmp_path, 'a,b\n1,"two\nlines"\n3,4\n')
    assert read_rows(path) == {3: {"a": "1", "b": "two\nlines"}, 4: {"a": "3", "b": "4"}}


def test_columns_beside_those_asked_for_may_stand_anywhere_where_others_may(tmp_path):
    path = written(tmp_path, "c,b,a\n3,2,1\n")
    assert read_rows(path, ("a", "b"), others=True) == {2: {"c": "3", "b": "2", "a": "1"}}
    assert message_of(path, "a", "b") == (
        "table.csv line 1: found columns c, b, a, expected columns a, b"
    )


def test_a_column_that_is_missing_is_named_with_what_stands_for_it(tmp_path):
    path = written(tmp_path, "country,valu\nAAA,1\n")
    assert message_of(path, "country", "value", others=True) == (
        "table.csv line 1: found no column 'value', expected columns country, value\n"
        "  hint: did you mean 'valu'?"
    )


def test_what_spreadsheets_leave_at_the_edges_of_a_table_is_fine(tmp_path):
    path = written(tmp_path, "a,b,,\n1,2,,\n,,,\n\n,,,\n")
    assert read_rows(path, ("a", "b"), others=True) == {2: {"a": "1", "b": "2", "": ""}}


WRONG = {
    "empty rows": (
        "a,b\n1,2\n,\n\n3,4\n",
        " line 3: found an empty row, expected a full row, or none",
    ),
    "a cell too few": ("a,b\n1\n", " line 2: found 1 cells, expected 2, one for each column"),
    "a comma without quotes": (
        "a,b\n1,2,3\n",
        (
            " line 2: found 3 cells, expected 2, one for each column\n"
            "  hint: a text with a comma in it needs quotes"
        ),
    ),
    "a quote that does not end": (
        'a,b\n1,"2\n',
        " line 2: found unexpected end of data, expected valid CSV",
    ),
}


@pytest.mark.parametrize(("text", "message"), WRONG.values(), ids=list(WRONG))
def test_rows_that_are_wrong(tmp_path, text, message):
    assert message_of(written(tmp_path, text)) == f"table.csv{message}"


def test_what_is_not_toml(tmp_path):
    (tmp_path / "file.toml").write_text("a = ", encoding="utf-8")
    with pytest.raises(CaseError) as caught:
        read_toml(tmp_path / "file.toml")
    assert str(caught.value) == (
        "file.toml line 1: found Invalid value (at end of document), expected valid TOML"
    )
