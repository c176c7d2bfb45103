"""Field types that several records share: months, names, numbers, addresses, paths."""

import re
from enum import Enum
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from servanda.errors import UsageError, visible

# Python reads other alphabets' digits as `\d`.
MONTH = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")
_YEAR_ZERO = "0000"  # a year without dates
_PATH = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_LONGEST_PATH = 60
_LONGEST_LABEL = 100
LABEL = (
    f"a line of at most {_LONGEST_LABEL} signs, the first a letter or a digit, the last no blank"
)
_ADDRESS = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
ADDRESS = "an address that begins with https:// or http://, or nothing"


def path_name(text: object) -> str:
    """The same text if it may name a file or folder; raises `ValueError` if not."""
    if not isinstance(text, str) or not _PATH.fullmatch(text):
        raise ValueError("small letters, digits and hyphens, such as 'iran-russia'")
    if len(text) > _LONGEST_PATH:
        raise ValueError(f"at most {_LONGEST_PATH} letters, digits and hyphens")
    return text


def path_of(given: object, where: str, expected: str) -> Path:
    """The path that an argument in Python gives.

    Raises:
        UsageError: if it gives none.
    """
    if not isinstance(given, str | Path):
        raise UsageError(where, f"{given!r} of type {type(given).__name__}", expected)
    if "\0" in str(given):
        raise UsageError(where, repr(given), expected)
    return Path(given)


def is_label(text: str) -> bool:
    """Whether others can name what goes by a text: no sign in it is unseen."""
    seen = visible(text) == text == text.rstrip()
    return text[:1].isalnum() and seen and len(text) <= _LONGEST_LABEL


def is_address(text: str) -> bool:
    """Whether a page may link to a text. An address such as `javascript:` runs what it holds."""
    return _ADDRESS.fullmatch(text) is not None and visible(text) == text


def month_or(*names: str) -> AfterValidator:
    """A check that a text is a month or one of these names."""

    def check(text: str) -> str:
        if text not in names and (not MONTH.fullmatch(text) or text.startswith(_YEAR_ZERO)):
            raise ValueError(" or ".join(("a month like 2024-06", *map(repr, names))))
        return text

    return AfterValidator(check)


def _name(text: str) -> str:
    if not re.fullmatch(r"\w[\w-]*", text):
        raise ValueError("a name of letters, digits, - and _")
    return text


def _label(text: str) -> str:
    if not is_label(text):
        raise ValueError(LABEL)
    return text


def _address(text: str) -> str:
    if text and not is_address(text):
        raise ValueError(ADDRESS)
    return text


def _once(names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        if names.count(name) > 1:
            raise ValueError("each name once")
    return names


class Naming(Enum):
    """How a field of a record names actors: a mark in its annotation."""

    ACTOR = "by a code, such as RUS"
    MEMBER = "in the label of a member, such as RUS-PRK"
    PRINTED = "in the name of a quantity or a parameter, such as alive[RUS-PRK]"


Month = Annotated[str, month_or()]
Name = Annotated[str, AfterValidator(_name)]
Label = Annotated[str, AfterValidator(_label)]
"""A name that may hold any sign, on one line."""
PathName = Annotated[str, AfterValidator(path_name)]
"""A name that becomes that of a file or a folder."""
Address = Annotated[str, AfterValidator(_address)]
"""An address that a page may link to, or nothing."""
ActorCode = Annotated[str, Naming.ACTOR]
"""The code of an actor that the case declares."""
PrintedName = Annotated[str, Naming.PRINTED]
"""The name of a quantity or a parameter, with the label of its member in brackets."""
Text = Annotated[str, Field(min_length=1)]
Names = Annotated[tuple[Text, ...], AfterValidator(_once)]
"""A list of different texts, none of them empty."""
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
"""A finite number; true and false are refused."""
Whole = Annotated[int, Field(strict=True)]
"""A whole number; true, false and texts are refused."""
YesOrNo = Annotated[bool, Field(strict=True)]
"""True or false; texts and numbers are refused."""
Status = Literal["measured", "estimated", "assumed"]
"""Status of a number: counted by a source, derived from sources, or assumed."""
