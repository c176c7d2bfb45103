"""Codes of states: the states that a code may mean, and whether an actor's code means one.

Every state goes by its three letters in ISO 3166. Other codes of a state are read as these: two or
four letters of ISO 3166, letters in lower case, and some in wide use, such as `USSR`. A number
names no state, because ISO 3166 and the Correlates of War number states differently: 840 is the
United States in one and the Philippines in the other. Three times one letter, such as `AAA`, is an
invented state: ISO gives no state such a code.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

from servanda.case.state_lists import State, by_letters, by_name, by_other_codes
from servanda.errors import CaseError

EXPECTED = "a state's three letters in ISO 3166, such as 'RUS', or state = false"
_NUMBER = "ISO 3166 and Correlates of War number states differently: write the letters"


def meanings(code: str) -> tuple[State, ...]:
    """The states that a code may mean, of which there are two in `CS`; none if no state has it."""
    small = code.lower()  # unlike casefold, which makes 'ss' of 'ß'
    own = by_letters().get(small)
    return (own,) if own else by_other_codes().get(small, ())


def form(code: str) -> str:
    """The three letters that the code of one state is read as; another text as it is."""
    found = meanings(code)
    return found[0].code if len(found) == 1 else code


def check(code: str, name: str, where: str, *, declared: bool) -> None:
    """Raise `CaseError` unless an actor's code means one state, or none if it is no state.

    Args:
        code: the actor's code.
        name: its name, which tells what a code should be or means.
        where: place of the code, for the message.
        declared: whether the case declares the actor to be a state.
    """
    if code.isdecimal():
        expected = EXPECTED if declared else "letters"
        raise CaseError(where, f"'{code}'", expected, _NUMBER)
    if declared and not _invented(code):
        _check_state(code, name, where)
    known = meanings(code) or tuple(filter(None, [by_name().get(code.casefold())]))
    if known and not declared:
        expected = "a code that no state has, or no state = false"
        raise CaseError(where, f"'{code}', which is {known[0].name}", expected)


def same(codes: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Pairs of different codes of one state: `RUS` and `ru`, or `BUR` and `MMR`."""
    states = {code: found[0] for code in codes if len(found := meanings(code)) == 1}
    for one, other in combinations(states, 2):
        if states[one].same(states[other]):
            yield one, other


def _check_state(code: str, name: str, where: str) -> None:
    found, named = meanings(code), by_name().get(name.casefold())
    if not found:
        meant = by_name().get(code.casefold()) or named
        hint = f"{meant.name} is '{meant.code}'" if meant else None
        raise CaseError(where, f"'{code}'", EXPECTED, hint)
    if len(found) > 1:
        expected = "one of " + ", ".join(f"'{one.code}'" for one in found)
        raise CaseError(where, f"'{code}', which is {_listed(found, 'and')}", expected)


def _invented(code: str) -> bool:
    return len(code) == len("AAA") and code.isupper() and len(set(code)) == 1


def _listed(states: Iterable[State], between: str) -> str:
    return f" {between} ".join(map(str, states))
