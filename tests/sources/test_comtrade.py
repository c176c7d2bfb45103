"""Imports by heading: what is read of the table, and tables that are wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from servanda.errors import CaseError
from servanda.sources.comtrade import read_headings

HEAD = "year,wigs,coal,iron,TOTAL"
ROWS = [f"{year},2000000,90000000,1,99000000" for year in (2016, 2017, 2018)]


def table(folder: Path, rows: list[str], head: str = HEAD) -> Path:
    path = folder / "imports.csv"
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return path


def test_what_is_asked_for_is_read_in_millions_whatever_the_order_of_the_years(tmp_path):
    found = read_headings(table(tmp_path, [ROWS[2], ROWS[0], ROWS[1]]), ("coal", "wigs"))
    assert found.years == (2016, 2017, 2018)
    assert set(found.value) == {"coal", "wigs", "TOTAL"}
    assert found.value["wigs"].tolist() == [2.0, 2.0, 2.0]
    assert found.value["TOTAL"].tolist() == [99.0, 99.0, 99.0]


WRONG = {
    "no total": (
        ROWS,
        HEAD.replace("TOTAL", "ALL"),
        " line 1: found no column 'TOTAL', expected columns year, coal, wigs, TOTAL",
    ),
    "a year twice": (
        [*ROWS, ROWS[0]],
        HEAD,
        " line 5: found 2016 again, expected each year once",
    ),
    "a year left out": (
        [ROWS[0], ROWS[2]],
        HEAD,
        ": found 2018 after 2016, expected 2017: no gap",
    ),
    "half a year": (
        [ROWS[0].replace("2016", "2016.5")],
        HEAD,
        " line 2: found year '2016.5', expected a whole number",
    ),
    "a value below zero": (
        [ROWS[0].replace("90000000", "-3")],
        HEAD,
        " line 2: found coal '-3', expected zero or a positive number",
    ),
    "an empty cell, which is not zero": (
        [ROWS[0].replace("90000000", "")],
        HEAD,
        " line 2: found coal '', expected zero or a positive number",
    ),
}


@pytest.mark.parametrize(("rows", "head", "message"), WRONG.values(), ids=list(WRONG))
def test_tables_that_are_wrong(tmp_path, rows, head, message):
    with pytest.raises(CaseError) as caught:
        read_headings(table(tmp_path, rows, head), ("coal", "wigs"))
    assert str(caught.value) == f"imports.csv{message}"


def test_a_folder_in_place_of_the_file(tmp_path):
    with pytest.raises(CaseError) as caught:
        read_headings(tmp_path, ())
    assert str(caught.value) == (
        f"{tmp_path.name}: found a file that cannot be read: Is a directory,"
        f" expected a CSV file in {tmp_path.parent}"
    )
