"""Reading ATOP's files: its codes, and files that are wrong."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from servanda.errors import CaseError
from servanda.history import lifetimes
from servanda.sources.atop import Ending, read_alliances

HEADER = (
    "atopid,begyr,begmo,begday,endyr,endmo,endday,bilat,wartime,term,"
    "defense,offense,neutral,nonagg,consul"
)


def atop(folder: Path, *rows: str) -> Path:
    path = folder / "atop5_1_alliance.csv"
    path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    return path


def test_codes_are_read_as_documented(tmp_path: Path) -> None:
    path = atop(
        tmp_path,
        "1,1950,2,14.0,1980,4,11.0,1,0,1,1.0,0,0,0,1",
        "2,1964,6,12,1990,10,3,1,0,0,1,0,0,0,0",  # ended, no manner coded: the GDR
        "3,1961,5,29,0,0,0.0,1,0,3,0,0,0,0,1",  # in force, whatever an earlier phase's term
        "4,1921,3,1,1950,7,,1,1,2,1,0,0,0,0",  # no day of ending
    )
    sino_soviet, gdr, in_force, mongolia = read_alliances(path)

    assert sino_soviet.ending is Ending.FULFILLED
    assert sino_soviet.begin == date(1950, 2, 14)
    assert sino_soviet.years == pytest.approx(30.16, abs=0.01)
    assert sino_soviet.flags == {"bilateral", "defence", "consultation"}
    assert gdr.ending is Ending.UNCODED
    assert in_force.ending is Ending.IN_FORCE
    assert in_force.end is None
    assert in_force.years == pytest.approx(57.59, abs=0.01)  # to the end of 2018
    assert mongolia.end == date(1950, 7, 15)


def test_an_uncoded_ending_censors_unless_asked_otherwise(tmp_path: Path) -> None:
    path = atop(
        tmp_path,
        "1,1950,1,1,1960,1,1,1,0,2,1,0,0,0,0",
        "2,1964,6,12,1990,10,3,1,0,0,1,0,0,0,0",
        "3,1961,5,29,0,0,0,1,0,0,0,0,0,0,1",
    )
    alliances = read_alliances(path)
    assert lifetimes(alliances).ended.tolist() == [True, False, False]
    assert lifetimes(alliances, uncoded_ends=True).ended.tolist() == [True, True, False]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("1,1950,1,1,1960,1,1,1,0,7,1,0,0,0,0", "found term 7, expected 0, 1, 2 or 3"),
        (
            "1,1950,1,1,1949,1,1,1,0,1,1,0,0,0,0",
            "found begin 1950-01-01, end 1949-01-01, expected an end after the beginning",
        ),
        (
            "1,1950,2,30,1960,1,1,1,0,1,1,0,0,0,0",
            "found beg 1950-2-30, expected a date that exists",
        ),
        ("1,many,1,1,1960,1,1,1,0,1,1,0,0,0,0", "found begyr 'many', expected a whole number"),
        ("1,1950,1,1,1960,1,1,1,0.5,1,1,0,0,0,0", "found wartime '0.5', expected a whole number"),
        ("1,1950,1,1,1960,1,1,1,,1,1,0,0,0,0", "found wartime '', expected a whole number"),
        (
            "1,1950,1,1,1960,1,1,1,0,1,1,0,0,0",
            "found 14 cells, expected 15, one for each column",
        ),
    ],
)
def test_a_bad_row_names_its_line(tmp_path: Path, row: str, message: str) -> None:
    with pytest.raises(CaseError) as caught:
        read_alliances(atop(tmp_path, row))
    assert str(caught.value) == f"atop5_1_alliance.csv line 2: {message}"


def test_a_file_that_is_not_atop_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(CaseError) as caught:
        read_alliances(path)
    assert str(caught.value) == (
        "other.csv line 1: found no column 'atopid', expected columns atopid, begyr, begmo, begday,"
        " endyr, endmo, endday, term, bilat, wartime, defense, offense, neutral, nonagg, consul"
    )


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CaseError) as caught:
        read_alliances(tmp_path / "absent.csv")
    assert str(caught.value) == (
        f"absent.csv: found no such file, expected a CSV file in {tmp_path}"
    )
