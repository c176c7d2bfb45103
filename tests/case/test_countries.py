"""Actors go by one code: that of their state in ISO 3166, or one that no state has."""

from __future__ import annotations

import pytest

from servanda.case import countries, load, new
from tests.case.refusals import refusal

EXPECTED = "expected a state's three letters in ISO 3166, such as 'RUS', or state = false"
NUMBERS = "ISO 3166 and Correlates of War number states differently: write the letters"


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        ("USSR", "USSR is 'SUN'"),
        ("SU", "USSR is 'SUN'"),
        ("KOS", "Kosovo is 'XKX'"),
        ("RU", "Russian Federation is 'RUS'"),
        ("rus", "Russian Federation is 'RUS'"),
        ("KP", "North Korea is 'PRK'"),
        ("Yugoslavia", "Yugoslavia is 'YUG'"),
        ("365", NUMBERS),
        ("643", NUMBERS),
        ("EU", None),
        ("ROK", None),
    ],
)
def test_a_code_that_is_not_the_states_one_is_refused(tmp_path, code, hint):
    message = refusal(tmp_path, "case.toml", 'code = "CCC"', f'code = "{code}"')
    line = f"case.toml: actors[3].code: found '{code}', {EXPECTED}"
    assert message == (line if hint is None else f"{line}\n  hint: {hint}")


def test_a_code_of_another_list_is_hinted_at_by_the_name(tmp_path):
    given = 'code = "CCC"\nname = "the buyer\'s enemy"'
    message = refusal(tmp_path, "case.toml", given, 'code = "ROK"\nname = "South Korea"')
    assert message == (
        f"case.toml: actors[3].code: found 'ROK', {EXPECTED}\n  hint: South Korea is 'KOR'"
    )


@pytest.mark.parametrize("code", ["SUN", "YUG", "DDR", "XKX", "TWN", "PSE", "QQQ"])
def test_states_of_the_past_kosovo_and_invented_states_have_a_code(tmp_path, code):
    folder = new("tiny", tmp_path)
    text = (folder / "case.toml").read_text() + f'[[actors]]\ncode = "{code}"\nname = "x"\n'
    (folder / "case.toml").write_text(text)
    assert load(folder).spec.actors[-1].code == code


def test_an_actor_that_is_no_state_says_so(tmp_path):
    folder = new("tiny", tmp_path)
    bloc = '[[actors]]\ncode = "EU"\nname = "European Union"\nstate = false\n'
    (folder / "case.toml").write_text((folder / "case.toml").read_text() + bloc)
    assert not load(folder).spec.actors[-1].state


def test_a_state_is_not_declared_to_be_none(tmp_path):
    message = refusal(tmp_path, "case.toml", 'code = "CCC"', 'code = "SUN"\nstate = false')
    assert message == (
        "case.toml: actors[3].code: found 'SUN', which is USSR,"
        " expected a code that no state has, or no state = false"
    )


def test_the_same_state_twice_is_refused(tmp_path):
    message = refusal(tmp_path, "case.toml", 'code = "CCC"', 'code = "AAA"')
    assert message == "case.toml line 37: actors[3]: found 'AAA' twice, expected each name once"


@pytest.mark.parametrize(("past", "present"), [("BUR", "MMR"), ("ZAR", "COD"), ("TMP", "TLS")])
def test_a_state_that_took_another_name_is_the_same_state(tmp_path, past, present):
    actor = f'code = "{past}"\nname = "x"\n[[actors]]\ncode = "{present}"'
    message = refusal(tmp_path, "case.toml", 'code = "CCC"', actor)
    assert message == (
        f"case.toml line 31: actors: found '{past}' and '{present}', one state under two names,"
        " expected each state once"
    )


def test_a_number_names_no_actor_that_is_no_state_either(tmp_path):
    message = refusal(tmp_path, "case.toml", 'code = "CCC"', 'code = "365"\nstate = false')
    assert message == (
        f"case.toml: actors[3].code: found '365', expected letters\n  hint: {NUMBERS}"
    )


def test_a_present_state_has_a_code_that_a_past_one_had():
    assert countries.state("SK") == countries.state("Slovakia")  # once Sikkim
    assert countries.state("CS") == countries.state("SCG")  # Serbia and Montenegro
