"""The line of each key and element of a TOML text, in whatever style it is written."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servanda.errors import CaseError
from servanda.files.index import Index
from servanda.files.lines import Lines, lines_shown

# Each whole number is that of the line on which it stands.
STYLES = {
    "tables": "a = 1\n\n[b]\nc = 4\n[b.d]\ne = 6",
    "a table after its part": "[b.c]\nd = 2\n[b]\ne = 4",
    "a table that is gone on with": "[a.b]\nc = 2\n[d]\ne = 4\n[a.f]\ng = 6",
    "lists of tables": "[[a]]\nb = 2\n[[a]]\nb = 4\n[[a.c]]\nd = 6\n[[a.c]]\nd = 8\n[a.e]\nf = 10",
    "parts of lists in lists": "[[a]]\n[[a.b]]\nc = 3\n[[a]]\n[[a.b]]\nc = 6\n[a.b.d]\ne = 8",
    "dotted keys": "a.b.c = 1\na . 'd' = 2\n[e]\nf.g = 4\nf.h = 5",
    "keys in quotes": '[of."PRK>RUS:shells"]\n"x.y" = 2\n[of."BBB.oil"]\n\'z "q"\' = 4',
    "keys with signs": '"é\\u00e9" = 1\n1 = 2\n-_ = 3\n"#" = 4',
    "tables in a line": "a = { b = 1, c.d = 1, e = { f = 1 } }\ng = {}\nh = 3",
    "lists over lines": "a = [\n  2,\n\n  4, 4, # here\n  # and here\n  [ 6,\n    7 ]\n]\nb = 9",
    "lists of tables over lines": 'a = [\n{ b = 2, c = """x\n""", d = 3 },\n  { b = 4 },\n]\nd = 6',
    "texts over lines": "a = \"\"\"\n[b]\nc = 1\n\"\"\"\nd = 5\ne = '''\n'''\nf = 8",
    "what looks like a table": 'a = \'[b]\' # [c]\nd = """"x""""\n# e = 3\nf = 4',
    "blanks before the end of a line": 'a = """x \\  \n  y"""\nb = 3',
    "Windows": "a = 1\r\n\r\n[b]\r\nc = [\r\n5,\r\n6]\r\nd = 7",
    "a beginning with empty lines": "\n\n  \n\t[ a ]\n  b = 5",
    "every type": (
        "a = 07:32:00\nb = 1979-05-27\nc = 1979-05-27t07:32:00.5z\nd = 1979-05-27 07:32:00\n"
        "e = -inf\nf = 1e5\ng = true\nh = 0x8\ni = +9"
    ),
}
LINES = st.sampled_from(
    [
        "",
        "  # a = [1",
        "[{0}]",
        "[ {0} . {1} ]",
        "[[{0}]]",
        "[[{0}.{1}]]",
        "{0} = {line}",
        "  {0}.{1} = {line} # {0}",
        "'{0}>{1}:.' = {line}",
        '"{0}\\u0041" = [ {line}, {{ {1} = {line} }} ]',
        "{0} = [\n{next},\n# ]\n{{ {1} = {third}, name = '{0}' }} ]",
        '{0} = """\n[{1}]\n{0} = 0"""',
        "{0} = '''{1} = [''' # ]",
    ]
)
NAMES = st.sampled_from(["a", "b", "c"])


def places(document: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """The places and values in what tomllib reads."""
    inner: list[tuple[str, Any]] = []
    if isinstance(document, dict):
        inner = [(f"{place}.{key}".removeprefix("."), one) for key, one in document.items()]
    elif isinstance(document, list):
        inner = [(f"{place}[{n}]", one) for n, one in enumerate(document, start=1)]
    for name, one in inner:
        yield name, one
        yield from places(one, name)


def check_lines(text: str) -> None:
    lines, wanted = Index.of(text).lines, dict(places(tomllib.loads(text)))
    assert set(lines) == {"", *wanted}
    numbers = {place: value for place, value in wanted.items() if type(value) is int}
    assert {place: lines[place] for place in numbers} == numbers


@pytest.mark.parametrize("text", STYLES.values(), ids=list(STYLES))
def test_every_place_has_its_line(text):
    check_lines(text)


@given(st.lists(st.tuples(LINES, NAMES, NAMES), max_size=12), st.booleans())
def test_every_place_of_any_text_has_its_line(written, windows):
    text = ""
    for line, *names in written:
        at = text.count("\n") + 1
        more = line.format(*names, line=at, next=at + 1, third=at + 3) + "\n"
        try:
            tomllib.loads(text + more)
        except tomllib.TOMLDecodeError:
            continue  # a key twice, for example
        text += more
    check_lines(text.replace("\n", "\r\n") if windows else text)


TABLES = """
[a.b]
[a]
x = 1
[[c]]
name = "one"
[[c]]
name = 'two "2"'
y = [[1],
     2]
[[c.d]]
slug = "three"
[[c]]
name = "one"
"""
PLACES = {
    "a": 3,  # where it begins, and not where a part of it does
    "a.b": 2,
    "a.z": 3,  # a missing key is missing in its table
    "a.b.z.zz": 2,
    "c": 5,
    "c[2]": 7,
    "c[2].y[1][1]": 9,
    "c[2].y[2]": 10,
    "c[2].z": 7,
    "c['two \"2\"'].y": 9,
    "c['two \"2\"'].z": 7,
    "c['one'].name": None,  # two tables have this name
    "c[2].d['three'].slug": 12,
    "c[9].name": None,  # no list lacks an element
    "a.x and a.y": 4,
    "z": 1,
    "z.zz": 1,
    "somewhere else": None,
}


@pytest.mark.parametrize(("place", "line"), PLACES.items(), ids=list(PLACES))
def test_a_place_has_the_line_of_what_is_there(place, line):
    assert Index.of(TABLES).line_of(place) == line


# --- files ------------------------------------------------------------------------------------


def test_places_in_files_that_are_not_there_or_not_toml_stay_as_they_are(tmp_path):
    (tmp_path / "table.csv").write_text("a,b\n1,2\n")
    (tmp_path / "broken.toml").write_text("a = [\nb = 1")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\0")
    (tmp_path / "folder.toml").mkdir()
    lines = Lines(tmp_path)
    for where in (
        "case.toml: a",
        "case.toml",
        "table.csv: a",
        "table.csv line 2",
        "broken.toml: b",
        "binary.toml: b",
        "folder.toml: b",
        f"{tmp_path}/table.toml: a",
        "\0: a",
        f"{'a' * 300}.toml: a",
        "lever 'x: y'",
        "",
    ):
        assert lines.shown(where) == where


def test_a_mark_that_an_editor_writes_before_the_text_moves_no_line(tmp_path):
    (tmp_path / "case.toml").write_bytes(b"\xef\xbb\xbfa = 1\r\nb = 2")
    assert Lines(tmp_path).shown("case.toml: b") == "case.toml line 2: b"


def test_a_key_of_unseen_signs_is_found_by_how_it_is_shown(tmp_path):
    (tmp_path / "case.toml").write_text('a = 1\n"b\\u202ec" = 2', encoding="utf-8")
    with pytest.raises(CaseError) as caught, lines_shown(tmp_path):
        raise CaseError("case.toml: b\u202ec", "2", "3")
    assert caught.value.where == "case.toml line 2: b\\u202ec"


def test_lines_are_shown_once_and_for_all_faults(tmp_path):
    (tmp_path / "case.toml").write_text("a = 1\nb = 2", encoding="utf-8")
    fault = CaseError("case.toml: b", "2", "3")
    fault.others = (CaseError("case.toml: a", "1", "2"), CaseError("a theory", "1", "2"))
    with pytest.raises(CaseError) as caught, lines_shown(tmp_path), lines_shown(tmp_path):
        raise fault
    found = (caught.value, *caught.value.others)
    assert [one.where for one in found] == [
        "case.toml line 2: b",
        "case.toml line 1: a",
        "a theory",
    ]
    assert caught.value.args == ("case.toml line 2: b", "2", "3", None)
