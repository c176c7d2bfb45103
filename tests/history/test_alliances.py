"""Reading ATOP's files, and picking a reference class."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from servanda.errors import CaseError
from servanda.history import (
    Ending,
    ReferenceClass,
    lifetimes,
    read_alliances,
    read_reference_classes,
    select,
)

HEADER = (
    "atopid,begyr,begmo,begday,endyr,endmo,endday,bilat,wartime,term,"
    "defense,offense,neutral,nonagg,consul"
)
RUSSIA_DPRK = Path(__file__).parents[2] / "src/servanda/cases/russia-dprk"


def atop(folder: Path, *rows: str) -> Path:
    path = folder / "atop5_1_alliance.csv"
    path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    return path


def classes(folder: Path, text: str) -> Path:
    path = folder / "reference_classes.toml"
    path.write_text(text, encoding="utf-8")
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
    ("row", "found"),
    [
        ("1,1950,1,1,1960,1,1,1,0,7,1,0,0,0,0", "term 7"),
        ("1,1950,1,1,1949,1,1,1,0,1,1,0,0,0,0", "begin 1950-01-01, end 1949-01-01"),
        ("1,1950,2,30,1960,1,1,1,0,1,1,0,0,0,0", "beg 1950-2-30"),
        ("1,many,1,1,1960,1,1,1,0,1,1,0,0,0,0", "begyr 'many'"),
        ("1,1950,1,1,1960,1,1,1,0.5,1,1,0,0,0,0", "wartime '0.5'"),
    ],
)
def test_a_bad_row_names_its_line(tmp_path: Path, row: str, found: str) -> None:
    with pytest.raises(CaseError) as caught:
        read_alliances(atop(tmp_path, row))
    assert caught.value.where == "atop5_1_alliance.csv, line 2"
    assert caught.value.found == found


def test_a_file_that_is_not_atop_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(CaseError) as caught:
        read_alliances(path)
    assert "atopid" in caught.value.found
    with pytest.raises(CaseError):
        read_alliances(tmp_path / "absent.csv")


def test_every_condition_must_hold(tmp_path: Path) -> None:
    alliances = read_alliances(
        atop(
            tmp_path,
            "1,1914,1,1,1918,1,1,1,1,1,1,0,0,0,0",
            "2,1950,1,1,1960,1,1,1,1,1,1,0,0,0,0",
            "3,1950,1,1,1960,1,1,1,0,1,1,0,0,0,0",
            "4,1980,1,1,1990,1,1,0,1,1,1,0,0,0,0",
        )
    )

    def ids(**where: bool | int) -> list[int]:
        return [one.atop_id for one in select(alliances, ReferenceClass("x", "x", "", where))]

    assert ids() == [1, 2, 3, 4]
    assert ids(wartime=True) == [1, 2, 4]
    assert ids(wartime=True, bilateral=True) == [1, 2]
    assert ids(wartime=False) == [3]
    assert ids(formed_from=1950) == [2, 3, 4]
    assert ids(formed_from=1950, formed_to=1950, wartime=True) == [2]


def test_the_shipped_classes_can_be_read() -> None:
    declared = read_reference_classes(RUSSIA_DPRK / "reference_classes.toml")
    assert [one.name for one in declared.classes][:3] == [
        "bilateral",
        "bilateral-defence",
        "wartime-bilateral",
    ]
    assert declared.ages == (0.0, 2.0, 5.0, 10.0)


ONE_CLASS = '[class.x]\nlabel = "x"\nnote = "x"\nwhere = {}\n'


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ages = [0]\nmin_events = 5\n", "no 'class'"),
        (f"ages = [1, 2]\nmin_events = 5\n{ONE_CLASS}", "[1, 2]"),
        (f"ages = [0, 2, 2]\nmin_events = 5\n{ONE_CLASS}", "[0, 2, 2]"),
        (f"ages = [0]\nmin_events = 0\n{ONE_CLASS}", "0"),
        (f"ages = [0]\nmin_event = 5\n{ONE_CLASS}", "key 'min_event'"),
        (
            "ages = [0]\nmin_events = 5\n" + ONE_CLASS.replace("{}", "{ defense = true }"),
            "condition 'defense'",
        ),
        (
            "ages = [0]\nmin_events = 5\n" + ONE_CLASS.replace("{}", "{ wartime = 1 }"),
            "wartime = 1",
        ),
        (
            "ages = [0]\nmin_events = 5\n" + ONE_CLASS.replace("{}", "{ formed_from = true }"),
            "formed_from = True",
        ),
    ],
)
def test_a_bad_class_file_says_what_is_wrong(tmp_path: Path, text: str, found: str) -> None:
    with pytest.raises(CaseError) as caught:
        read_reference_classes(classes(tmp_path, text))
    assert caught.value.found == found


def test_a_misspelt_condition_gets_a_hint(tmp_path: Path) -> None:
    text = "ages = [0]\nmin_events = 5\n" + ONE_CLASS.replace("{}", "{ defense = true }")
    with pytest.raises(CaseError) as caught:
        read_reference_classes(classes(tmp_path, text))
    assert caught.value.hint == "did you mean 'defence'?"
