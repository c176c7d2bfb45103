"""Nothing is taken for what it is not: a text for a number, a name for a path."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, get_args, get_origin, get_type_hints

import pytest
from pydantic import BaseModel

import servanda as sv
from servanda.case import evidence, load, new, schema
from servanda.errors import ServandaError
from servanda.history import reference_classes
from servanda.trade import baseline, build, citations, regimes
from servanda.trade.ranges import Range
from tests.case.refusals import refusal

REFUSED = {
    "a text for true or false": (
        'good = "shells"\nbasis',
        'good = "shells"\ncustoms = "no"\nbasis',
        "case.toml: ties[1].customs: found 'no', expected true or false",
    ),
    "a number for true or false": (
        'good = "shells"\nbasis',
        'good = "shells"\nobserved = 0\nbasis',
        "case.toml: ties[1].observed: found 0, expected true or false",
    ),
    "a text for a number": (
        "low = 0\n",
        'low = "0"\n',
        "case.toml: levers[1].low: found '0', expected a number",
    ),
    "true for a number": (
        "low = 0\n",
        "low = false\n",
        "case.toml: levers[1].low: found False, expected a number",
    ),
    "a date for a text": (
        'start = "2020-01"',
        "start = 2020-01-01",
        "case.toml: start: found the date 2020-01-01, expected a text",
    ),
    "a month with a line after it": (
        'start = "2020-01"',
        'start = "2020-01\\n"',
        "case.toml: start: found '2020-01\\n', expected a month like 2024-06",
    ),
    "a month in other digits": (
        'start = "2020-01"',
        'start = "٢٠٢٠-٠١"',
        "case.toml: start: found '٢٠٢٠-٠١', expected a month like 2024-06",
    ),
    "a month of year 0": (
        'start = "2020-01"',
        'start = "0000-01"',
        "case.toml: start: found '0000-01', expected a month like 2024-06",
    ),
    "a war of one": (
        'defender = "CCC"',
        'defender = "BBB"',
        (
            "case.toml line 77: war.attacker and war.defender: found 'BBB' as both, expected "
            "two actors"
        ),
    ),
    "a pact of one": (
        'supplier = "AAA"',
        'supplier = "BBB"',
        "case.toml: partnerships[1].supplier and buyer: found 'BBB' as both, expected two actors",
    ),
    "a pact signed after the horizon": (
        'signed = "2020-06"',
        'signed = "2026-01"',
        (
            "case.toml: partnerships[1].signed: found '2026-01',"
            " expected a month to the horizon, 2025-12"
        ),
    ),
    "a name twice in a list": (
        'targets = ["exchange.allowed[AAA>BBB:shells]"]',
        'targets = ["a", "a"]',
        "case.toml: levers[1].targets: found ['a', 'a'], expected each name once",
    ),
    "a tie that opens after the horizon": (
        'opens = "2020-06"',
        'opens = "2026-01"',
        "case.toml: ties[1].opens: found '2026-01', expected a month to the horizon, 2025-12",
    ),
}


@pytest.mark.parametrize(("old", "new", "message"), REFUSED.values(), ids=list(REFUSED))
def test_what_is_taken_for_something_else_is_refused(tmp_path, old, new, message):
    assert refusal(tmp_path, "case.toml", old, new) == message


def test_a_value_that_is_of_neither_kind_is_one_fault(tmp_path):
    message = refusal(tmp_path, "claims.toml", "shells = 0", "shells = true")
    assert message == (
        "claims.toml: claims[1].test.absent.shells: found True, expected a number or a text"
    )


PATHS = {
    "../../escaped": "small letters, digits and hyphens, such as 'iran-russia'",
    "": "small letters, digits and hyphens, such as 'iran-russia'",
    "a\\u0000b": "small letters, digits and hyphens, such as 'iran-russia'",
    "a\\nb": "small letters, digits and hyphens, such as 'iran-russia'",
    "tiny\\n": "small letters, digits and hyphens, such as 'iran-russia'",
    "/tmp": "small letters, digits and hyphens, such as 'iran-russia'",  # noqa: S108 (refused)
    "a" * 300: "at most 60 letters, digits and hyphens",
}


@pytest.mark.parametrize(("name", "expected"), PATHS.items(), ids=range(len(PATHS)))
@pytest.mark.parametrize("key", ["name", "tables"])
def test_a_name_that_becomes_a_path_is_a_name_that_a_new_case_may_have(
    tmp_path, key, name, expected
):
    changed = f'name = "{name}"' if key == "name" else f'name = "tiny"\ntables = ["{name}"]'
    message = refusal(tmp_path, "case.toml", 'name = "tiny"', changed)
    place = "name" if key == "name" else "tables[1]"
    shown = f"'{name}'" if len(name) < 60 else "'" + "a" * 56 + "..."
    assert message == f"case.toml: {place}: found {shown}, expected {expected}".replace(
        "\\u0000", "\\x00"
    )


@pytest.mark.parametrize(
    "day", ["2020-W53-4", "20201231", "2020-12-31\n", "٢٠٢٠-١٢-٣١", "0000-01-01"]
)
def test_a_day_is_written_in_one_way(tmp_path, day):
    quoted = f'"{day}"'
    shown = day.replace("\n", "\\n")
    message = refusal(tmp_path, "evidence.csv", "2020-12-31", quoted)
    line = 3 if "\n" in day else 2
    assert message == (
        f"evidence.csv line {line}: found date '{shown}', expected a date like 2024-06-19"
    )


@pytest.mark.parametrize("name", ["E 1\u202e", "E1 ", " ", "=E1", "E\n1", "E" * 101])
@pytest.mark.parametrize(
    ("file", "old", "column"), [("evidence.csv", "E1", "id"), ("sources.csv", "a-report", "key")]
)
def test_what_other_files_name_can_be_seen(tmp_path, file, old, column, name):
    message = refusal(tmp_path, file, old, f'"{name}"')
    line = 3 if "\n" in name else 2
    assert message == (
        f"{file} line {line}: found {column} {name!r}, expected a line of at most 100 signs,"
        " the first a letter or a digit, the last no blank"
    )


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "//x", "https://a b"])
def test_an_address_that_a_page_must_not_link_to_is_refused(tmp_path, url):
    message = refusal(tmp_path, "sources.csv", "https://example.org/report", f'"{url}"')
    assert message == (
        f"sources.csv line 2: found url '{url}',"
        " expected an address that begins with https:// or http://, or nothing"
    )


def test_python_is_refused_as_files_are(tmp_path):
    case = load(new("tiny", tmp_path))
    name = "exchange.cost[AAA>BBB:shells]"
    prior = f"prior of '{name}': found"
    folder = "expected the path of a folder"
    calls = {
        "case 'tiny', as_of: found '202012', expected a month like 2024-06": (
            lambda: case.at(202012)
        ),
        "the new case's name: found '3', expected small letters, digits and hyphens, such as"
        " 'iran-russia'": lambda: new(3, tmp_path),
        f"folder: found '\\x00', {folder}": lambda: new("x", "\0"),
        "case: found 3 of type int, expected the name of a shipped case, or a folder": (
            lambda: load(3)
        ),
        f"{prior} 1{'0' * 396}..., expected a finite number": (
            lambda: case.with_prior(name, fixed=10**400)
        ),
        f"{prior} source 'E9', expected an id in evidence.csv or a key in sources.csv": (
            lambda: case.with_prior(name, fixed=300, status="measured", sources=["E9"])
        ),
        "prior of 'None': found parameter 'None', expected a parameter of the case": (
            lambda: case.with_prior(None, fixed=1)
        ),
        f"run folder: found None of type NoneType, {folder} that `servanda run` wrote": (
            lambda: sv.open_run(None)
        ),
        "file: found 3 of type int, expected the path of a CSV file": (
            lambda: sv.add_evidence(tmp_path / "tiny", 3)
        ),
    }
    for message, call in calls.items():
        with pytest.raises(ServandaError) as caught:
            call()
        assert str(caught.value) == message


def records() -> Iterator[type]:
    """Every record that a file is checked against."""
    for module in (schema, evidence, regimes, baseline, build, citations, reference_classes):
        for thing in vars(module).values():
            if isinstance(thing, type) and (
                issubclass(thing, BaseModel) or hasattr(thing, "__pydantic_config__")
            ):
                yield thing


def lax(kind: Any, strict: bool = False) -> bool:
    """Whether an annotation takes a number or a truth from something else."""
    if get_origin(kind) is Annotated:
        kind, *notes = get_args(kind)
        strict = strict or "strict=True" in repr(notes)
    if kind in (int, float, bool):
        return not strict
    return kind != Range and any(lax(inner, strict) for inner in get_args(kind))


def test_every_number_and_truth_of_every_file_is_strict():
    """A range checks its numbers itself."""
    found = [
        f"{record.__name__}.{name}"
        for record in records()
        for name, kind in get_type_hints(record, include_extras=True).items()
        if get_origin(kind) is not ClassVar and lax(kind)
    ]
    assert found == []
