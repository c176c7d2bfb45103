"""Actors go by one code: that of their state in ISO 3166, or one that no state has."""

from __future__ import annotations

import pytest

from servanda.case import load, new
from servanda.case.notes import of_readings
from tests.case.refusals import refusal

EXPECTED = "expected a state's three letters in ISO 3166, such as 'RUS', or state = false"
NUMBERS = "ISO 3166 and Correlates of War number states differently: write the letters"


@pytest.mark.parametrize(
    ("code", "form"),
    [
        ("RUS", "RUS"),
        ("rus", "RUS"),
        ("RU", "RUS"),
        ("ru", "RUS"),
        ("KP", "PRK"),
        ("SUN", "SUN"),
        ("SU", "SUN"),
        ("SUHH", "SUN"),
        ("USSR", "SUN"),
        ("DD", "DDR"),
        ("YUG", "YUG"),
        ("XK", "XKX"),
        ("KOS", "XKX"),
        ("ROK", "KOR"),
        ("DPRK", "PRK"),
        ("UK", "GBR"),
        ("BY", "BLR"),  # a past state too, which is the same
        ("AUS", "AUS"),
        ("aus", "AUS"),
        ("TWN", "TWN"),
        ("PSE", "PSE"),
        ("QQQ", "QQQ"),  # invented
    ],
)
def test_a_code_of_a_state_is_read_as_its_three_letters_in_iso_3166(tmp_path, code, form):
    folder = new("tiny", tmp_path)
    text = (folder / "case.toml").read_text() + f'[[actors]]\ncode = "{code}"\nname = "x"\n'
    (folder / "case.toml").write_text(text)
    case = load(folder)
    assert case.spec.actors[-1].code == form
    note = f"case.toml: actors[4].code: '{code}' is read as '{form}'"
    assert [str(one) for one in of_readings(case.readings)] == [note] * (code != form)


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        ("Yugoslavia", "Yugoslavia is 'YUG'"),
        ("365", NUMBERS),
        ("643", NUMBERS),
        ("840", NUMBERS),
        ("EU", None),
        ("HAN", None),  # Hanover, which ISO 3166 does not have
        ("aaa", None),
        ("ß", None),  # not a small 'SS', South Sudan
    ],
)
def test_a_code_that_no_one_state_has_is_refused(tmp_path, code, hint):
    message = refusal(tmp_path, "case.toml", 'code = "CCC"', f'code = "{code}"')
    line = f"case.toml: actors[3].code: found '{code}', {EXPECTED}"
    assert message == (line if hint is None else f"{line}\n  hint: {hint}")


def test_the_name_hints_at_the_code(tmp_path):
    given = 'code = "CCC"\nname = "the buyer\'s enemy"'
    message = refusal(tmp_path, "case.toml", given, 'code = "SKR"\nname = "South Korea"')
    assert message == (
        f"case.toml: actors[3].code: found 'SKR', {EXPECTED}\n  hint: South Korea is 'KOR'"
    )


@pytest.mark.parametrize(
    ("code", "states", "forms"),
    [
        ("CS", "Czechoslovakia ('CSK') and Serbia and Montenegro ('SCG')", "'CSK', 'SCG'"),
        ("SK", "Slovakia ('SVK') and Sikkim ('SKM')", "'SVK', 'SKM'"),
    ],
)
def test_a_code_of_two_states_is_refused(tmp_path, code, states, forms):
    message = refusal(tmp_path, "case.toml", 'code = "CCC"', f'code = "{code}"')
    assert message == (
        f"case.toml: actors[3].code: found '{code}', which is {states}, expected one of {forms}"
    )


def test_an_actor_that_is_no_state_says_so(tmp_path):
    folder = new("tiny", tmp_path)
    bloc = '[[actors]]\ncode = "EU"\nname = "European Union"\nstate = false\n'
    (folder / "case.toml").write_text((folder / "case.toml").read_text() + bloc)
    assert not load(folder).spec.actors[-1].state


@pytest.mark.parametrize("code", ["SUN", "USSR", "su"])
def test_a_state_is_not_declared_to_be_none(tmp_path, code):
    message = refusal(tmp_path, "case.toml", 'code = "CCC"', f'code = "{code}"\nstate = false')
    assert message == (
        f"case.toml: actors[3].code: found '{code}', which is USSR,"
        " expected a code that no state has, or no state = false"
    )


def test_the_same_state_twice_is_refused(tmp_path):
    message = refusal(tmp_path, "case.toml", 'code = "CCC"', 'code = "AAA"')
    assert message == "case.toml line 37: actors[3]: found 'AAA' twice, expected each name once"


@pytest.mark.parametrize(
    ("past", "present"),
    [("BUR", "MMR"), ("ZAR", "COD"), ("TMP", "TLS"), ("USSR", "SUN"), ("RUS", "ru"), ("BU", "MM")],
)
def test_one_state_under_two_codes_is_refused(tmp_path, past, present):
    actor = f'code = "{past}"\nname = "x"\n[[actors]]\ncode = "{present}"'
    message = refusal(tmp_path, "case.toml", 'code = "CCC"', actor)
    assert message == (
        f"case.toml line 41: actors[4].code: found '{past}' and '{present}', one state under two"
        " names, expected each state once"
    )


def test_a_number_names_no_actor_that_is_no_state_either(tmp_path):
    message = refusal(tmp_path, "case.toml", 'code = "CCC"', 'code = "365"\nstate = false')
    assert message == (
        f"case.toml: actors[3].code: found '365', expected letters\n  hint: {NUMBERS}"
    )
