"""The states of ISO 3166, past ones included, by each of their codes and names.

The list is pycountry's. Kosovo has no code in ISO 3166; `XKX`, from the range that ISO leaves to
users, is what the EU and the World Bank write.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import pycountry


@dataclass(frozen=True)
class State:
    """A state: its code and name in ISO 3166, and its number there, which outlives both."""

    code: str
    name: str
    number: str = ""

    def __str__(self) -> str:
        return f"{self.name} ('{self.code}')"

    def same(self, other: "State") -> bool:
        """Whether both are one state, perhaps under two names: `BUR` and `MMR`."""
        return self.code == other.code or (bool(self.number) and self.number == other.number)


_KOSOVO = State("XKX", "Kosovo")
# Codes in wide use that ISO 3166 does not have.
_IN_USE = {
    "dprk": "PRK",
    "kos": "XKX",
    "prc": "CHN",
    "rok": "KOR",
    "uk": "GBR",
    "ussr": "SUN",
    "xk": "XKX",
}


@cache
def by_letters() -> Mapping[str, State]:
    """States by their three letters in ISO 3166, in small letters; present ones before past."""
    return {one.code.casefold(): one for _, one in reversed(_iso())} | {"xkx": _KOSOVO}


@cache
def by_other_codes() -> Mapping[str, tuple[State, ...]]:
    """States by two and four letters of ISO 3166 and by codes in wide use, in small letters."""
    keys = ("alpha_2", "alpha_4")
    shorter = ((given[key], one) for given, one in _iso() for key in keys if key in given)
    in_use = ((text, by_letters()[code.casefold()]) for text, code in _IN_USE.items())
    found: dict[str, tuple[State, ...]] = {}
    for text, one in (*shorter, *in_use):
        had = found.get(text.casefold(), ())
        if not any(one.same(other) for other in had):
            found[text.casefold()] = (*had, one)
    return found


@cache
def by_name() -> Mapping[str, State]:
    """States by their names in ISO 3166, in small letters; present ones before past."""
    keys = ("name", "common_name", "official_name")
    found = {"kosovo": _KOSOVO}
    for given, one in reversed(_iso()):
        names = (one.name, *(given[key] for key in keys if key in given))
        found |= dict.fromkeys((name.casefold() for name in names), one)
    return found


@cache
def _iso() -> tuple[tuple[dict[str, str], State], ...]:
    """The records of ISO 3166, present states before past ones."""
    records = (*pycountry.countries, *pycountry.historic_countries)
    return tuple((given, _state(given)) for given in map(dict, records))


def _state(given: Mapping[str, str]) -> State:
    name, comma, _ = given["name"].partition(",")
    if comma and "withdrawal_date" not in given:  # "Korea, Republic of" is not the only Korea
        name = given.get("common_name") or given["name"]
    return State(given["alpha_3"], name, given.get("numeric", ""))
