"""Records: dataclasses and pydantic models are checked alike, and places are those of the file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, ClassVar, Literal

import pytest
from pydantic import ConfigDict, Field

from servanda.errors import CaseError
from servanda.files import Record, validated
from servanda.files.fields import Month, Name, Names, Number, Text
from servanda.files.records import STRICT


@dataclass(frozen=True, slots=True)
class Wheel:
    """A part, which is also made in Python."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    code: Text
    size: Number
    fits: Names = ()


class Engine(Record):
    """Another part."""

    code: Name
    fuel: Literal["petrol", "power"]
    since: Month


class Car(Record):
    """What is made of them."""

    wheels: tuple[Wheel, ...]
    engine: Engine
    doors: Annotated[dict[str, int], Field(min_length=1)]
    kind: Annotated[str, Field(alias="class")] = ""


GOOD = {
    "wheels": [{"code": "A", "size": 1}, {"code": "B", "size": 2.5, "fits": ["x", "y"]}],
    "engine": {"code": "E-1", "fuel": "petrol", "since": "2024-06"},
    "doors": {"left": 1},
    "class": "small",
}


def test_what_is_right_is_read_with_the_types_of_its_fields():
    car = validated(Car, GOOD, "car.toml")
    assert car.wheels == (Wheel("A", 1.0), Wheel("B", 2.5, ("x", "y")))
    assert (car.engine.since, car.kind) == ("2024-06", "small")


def test_a_dataclass_is_not_checked_where_it_is_made_in_python():
    assert replace(Wheel("A", 1.0), fits=("x", "x")).fits == ("x", "x")


UNKNOWN = "found a key that is not known here, expected one of"
WRONG = {
    "an unknown key of a dataclass": (
        {"wheels": [{"code": "A", "sise": 1}]},
        f"wheels[1].sise: {UNKNOWN} code, size, fits\n  hint: did you mean 'size'?",
    ),
    "an unknown key of a model": (
        {"colour": "red"},
        f"colour: {UNKNOWN} wheels, engine, doors, class",
    ),
    "a missing key of a dataclass": (
        {"wheels": [{"code": "A"}]},
        "wheels[1].size: found no such key, expected this key is required",
    ),
    "a number for a table": ({"wheels": [3]}, "wheels[1]: found 3, expected a table"),
    "a table for a list of tables": (
        {"wheels": {"code": "A", "size": 1}},
        (
            "wheels: found {'code': 'A', 'size': 1}, expected a list\n"
            "  hint: each table of a list has a head in double brackets"
        ),
    ),
    "an empty text": (
        {"wheels": [{"code": "", "size": 1}]},
        "wheels[1].code: found '', expected a text that is not empty",
    ),
    "a truth for a number": (
        {"wheels": [{"code": "A", "size": True}]},
        "wheels[1].size: found True, expected a number",
    ),
    "a number without end": (
        {"wheels": [{"code": "A", "size": float("inf")}]},
        "wheels[1].size: found inf, expected a finite number",
    ),
    "a name twice": (
        {"wheels": [{"code": "A", "size": 1, "fits": ["x", "x"]}]},
        "wheels[1].fits: found ['x', 'x'], expected each name once",
    ),
    "an empty table": ({"doors": {}}, "doors: found {}, expected a table of at least 1"),
    "half a door": ({"doors": {"left": 0.5}}, "doors.left: found 0.5, expected a whole number"),
    "a text for a whole number": (
        {"doors": {"left": "many"}},
        "doors.left: found 'many', expected a whole number",
    ),
    "a choice misspelt": (
        {"engine": {"code": "E", "fuel": "petrl", "since": "2024-06"}},
        (
            "engine.fuel: found 'petrl', expected 'petrol' or 'power'\n"
            "  hint: did you mean 'petrol'?"
        ),
    ),
    "no month": (
        {"engine": {"code": "E", "fuel": "power", "since": "2024-13"}},
        "engine.since: found '2024-13', expected a month like 2024-06",
    ),
    "no name": (
        {"engine": {"code": "E 1", "fuel": "power", "since": "2024-06"}},
        "engine.code: found 'E 1', expected a name of letters, digits, - and _",
    ),
}


@pytest.mark.parametrize(("change", "message"), WRONG.values(), ids=list(WRONG))
def test_the_first_fault_is_named_by_its_place(change, message):
    with pytest.raises(CaseError) as caught:
        validated(Car, GOOD | change, "car.toml")
    assert str(caught.value) == f"car.toml: {message}"
