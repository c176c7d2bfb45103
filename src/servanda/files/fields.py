"""Field types that several records share: months, names, numbers."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

MONTH = re.compile(r"^(\d{4})-(0[1-9]|1[0-2])$")


def month_or(*names: str) -> AfterValidator:
    """A check that a text is a month or one of these names."""

    def check(text: str) -> str:
        if text not in names and not MONTH.match(text):
            raise ValueError(" or ".join(("a month like 2024-06", *map(repr, names))))
        return text

    return AfterValidator(check)


def _name(text: str) -> str:
    if not re.fullmatch(r"[\w-]+", text):
        raise ValueError("a name of letters, digits, - and _")
    return text


def _once(names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        if names.count(name) > 1:
            raise ValueError("each name once")
    return names


Month = Annotated[str, month_or()]
Name = Annotated[str, AfterValidator(_name)]
Text = Annotated[str, Field(min_length=1)]
Names = Annotated[tuple[Text, ...], AfterValidator(_once)]
"""A list of different texts, none of them empty."""
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
"""A finite number; true and false are refused."""
Status = Literal["measured", "estimated", "assumed"]
"""Status of a number: counted by a source, derived from sources, or assumed."""
