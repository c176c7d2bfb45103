"""Codes of states: every state goes by its three letters in ISO 3166, past states included.

Correlates of War and ISO 3166 number states differently (840 is the Philippines in one and the
United States in the other), so a number names no state. Kosovo has no code in ISO 3166; `XKX`, from
the range that ISO leaves to users, is what the EU and the World Bank write. Three times one letter,
such as `AAA`, is an invented state: ISO gives no state such a code.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations

import pycountry

from servanda.errors import CaseError

EXPECTED = "a state's three letters in ISO 3166, such as 'RUS', or state = false"


@dataclass(frozen=True)
class State:
    """A state: its code in ISO 3166, its name and its number there, which outlives a new name."""

    code: str
    name: str
    number: str = ""


_KOSOVO = State("XKX", "Kosovo")


def state(text: str) -> State | None:
    """The state with this code, old code or name, in capitals or not; None if there is none."""
    return _states().get(text.casefold())


def check(code: str, name: str, where: str, *, declared: bool) -> None:
    """Raise `CaseError` unless an actor's code is the one code of its state.

    Args:
        code: the actor's code.
        name: its name, for the hint.
        where: place of the code, for the message.
        declared: whether the case declares the actor to be a state.
    """
    found = state(code)
    if declared and _invented(code):
        return
    if declared and (found is None or found.code != code):
        hint = _hint(code, found or state(name))
        raise CaseError(where=where, found=f"'{code}'", expected=EXPECTED, hint=hint)
    if code.isdecimal():
        raise CaseError(where=where, found=f"'{code}'", expected="letters", hint=_hint(code, None))
    if not declared and found is not None:
        expected = "a code that no state has, or no state = false"
        known = f"'{code}', which is {found.name}"
        raise CaseError(where=where, found=known, expected=expected)


def same(codes: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Pairs of different codes of one state, which had two names: `BUR` and `MMR`."""
    numbers = {code: found.number for code in codes if (found := state(code)) and found.number}
    for one, other in combinations(numbers, 2):
        if numbers[one] == numbers[other]:
            yield one, other


def _invented(code: str) -> bool:
    return len(code) == len("AAA") and code.isupper() and len(set(code)) == 1


def _hint(code: str, meant: State | None) -> str | None:
    if meant is not None:
        return f"{meant.name} is '{meant.code}'"
    if code.isdecimal():
        return "ISO 3166 and Correlates of War number states differently: write the letters"
    return None


@cache
def _states() -> dict[str, State]:
    """States by every code and name; where two states share one, the present one has it."""
    found: dict[str, State] = {}
    for text, named in (*_forms(pycountry.historic_countries), *_forms(pycountry.countries)):
        found[text.casefold()] = named
    return found | dict.fromkeys(("xkx", "xk", "kos", "kosovo"), _KOSOVO)


def _forms(records: object) -> Iterator[tuple[str, State]]:
    for record in records:  # type: ignore[attr-defined]  # its records have no declared fields
        given = dict(record)
        name, comma, _ = given["name"].partition(",")
        if comma and "withdrawal_date" not in given:  # "Korea, Republic of" is not the only Korea
            name = given.get("common_name") or given["name"]
        one = State(given["alpha_3"], name, given.get("numeric", ""))
        keys = ("alpha_2", "alpha_3", "alpha_4", "name", "common_name", "official_name")
        yield name, one
        for key in keys:
            if key in given:
                yield given[key], one
