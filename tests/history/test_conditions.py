"""Reference classes: which alliances belong to one, and files of classes that are wrong."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from servanda.errors import CaseError
from servanda.history import Conditions, ReferenceClass, read_reference_classes, select
from servanda.sources.atop import FLAGS, Alliance, Ending
from tests.places import without_line_of_change

RUSSIA_DPRK = Path(__file__).parents[2] / "src/servanda/cases/russia-dprk"


def formed(number: int, year: int, *flags: str) -> Alliance:
    return Alliance(number, date(year, 1, 1), None, Ending.IN_FORCE, frozenset(flags))


def test_every_mark_of_the_record_is_a_condition() -> None:
    assert {*Conditions.model_fields} == {*FLAGS, "formed_from", "formed_to"}


def test_every_condition_must_hold() -> None:
    alliances = [
        formed(1, 1914, "bilateral", "wartime"),
        formed(2, 1950, "bilateral", "wartime"),
        formed(3, 1950, "bilateral"),
        formed(4, 1980, "wartime"),
    ]

    def ids(**where: bool | int) -> list[int]:
        return [
            one.atop_id
            for one in select(alliances, ReferenceClass("x", "x", "", Conditions(**where)))
        ]

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


CLASS = '[class.x]\nlabel = "x"\nnote = "x"\nwhere = {}\n'
GOOD = f"ages = [0, 2]\nmin_events = 5\n{CLASS}"
HERE = "reference_classes.toml"
UNKNOWN = "found a key that is not known here, expected one of"
REQUIRED = "found no such key, expected this key is required"
AGES = "expected rising ages in years, from 0"
CONDITIONS = (
    "bilateral, wartime, defence, offence, neutrality, nonaggression, consultation, formed_from,"
    " formed_to"
)
WRONG = {
    "no class": (CLASS, "", f"{HERE} line 1: class: {REQUIRED}"),
    "an empty table of classes": (
        CLASS,
        "[class]",
        "class: found {}, expected a table of at least 1",
    ),
    "a class that is a text": (
        CLASS,
        'class.x = "x"',
        "class.x: found 'x', expected a table",
    ),
    "a class without a label": ('label = "x"\n', "", f"{HERE} line 3: class.x.label: {REQUIRED}"),
    "a label that is no text": (
        'label = "x"',
        "label = 7",
        "class.x.label: found 7, expected a text",
    ),
    "ages that do not begin at 0": ("[0, 2]", "[1, 2]", f"ages: found [1, 2], {AGES}"),
    "ages that do not rise": ("[0, 2]", "[0, 2, 2]", f"ages: found [0, 2, 2], {AGES}"),
    "no ages": ("[0, 2]", "[]", f"ages: found [], {AGES}"),
    "an age that is a truth": ("[0, 2]", "[0, true]", "ages[2]: found True, expected a number"),
    "an age for a list": ("[0, 2]", "0", "ages: found 0, expected a list"),
    "no ending to a band": (
        "min_events = 5",
        "min_events = 0",
        "min_events: found 0, expected a number greater than or equal to 1",
    ),
    "a half ending": (
        "min_events = 5",
        "min_events = 0.5",
        "min_events: found 0.5, expected a whole number",
    ),
    "a key misspelt": (
        "min_events",
        "min_event",
        f"min_event: {UNKNOWN} ages, min_events, class\n  hint: did you mean 'min_events'?",
    ),
    "a condition misspelt": (
        "{}",
        "{ defense = true }",
        f"class.x.where.defense: {UNKNOWN} {CONDITIONS}\n  hint: did you mean 'defence'?",
    ),
    "a number for a truth": (
        "{}",
        "{ wartime = 1 }",
        "class.x.where.wartime: found 1, expected true or false",
    ),
    "a truth for a year": (
        "{}",
        "{ formed_from = true }",
        "class.x.where.formed_from: found True, expected a whole number",
    ),
    "conditions that are a list": ("{}", "[]", "class.x.where: found [], expected a table"),
    "what is not TOML": (
        "[class.x]",
        "[class.x",
        ("found Expected ']' at the end of a table declaration (at column 9), expected valid TOML"),
    ),
}


@pytest.mark.parametrize(("old", "new", "message"), WRONG.values(), ids=list(WRONG))
def test_classes_that_are_wrong(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert GOOD.count(old) == 1
    path = tmp_path / "reference_classes.toml"
    changed = GOOD.replace(old, new)
    path.write_text(changed, encoding="utf-8")
    with pytest.raises(CaseError) as caught:
        read_reference_classes(path)
    found = without_line_of_change(str(caught.value), GOOD, changed)
    assert found.removeprefix(f"{HERE}: ") == message


def test_a_file_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(CaseError) as caught:
        read_reference_classes(tmp_path / "reference_classes.toml")
    assert str(caught.value) == f"{HERE}: found no such file, expected a TOML file in {tmp_path}"
