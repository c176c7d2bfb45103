"""Units of measurement: one registry, which also has countable items such as rounds."""

import re
from functools import cache
from typing import Any

import pint

from servanda.errors import CaseError, nearest

# Each countable item is a dimension of its own, so adding shells to soldiers is an error.
_COUNTABLES = (
    "round",
    "missile",
    "person",
    "warhead",
    "launch",
    "meeting",
    "visit",
    "event",
    "container",
    "voyage",
)
_COMMON = (*_COUNTABLES, "dimensionless", "USD", "MUSD", "RUB", "barrel", "tonne", "month", "year")
# A unit is names, or 1, with *, / or a space between them, powers to 9, and brackets one deep. Pint
# would compute more: `9**9**8*barrel` takes minutes, and `barrel/0` cannot be done.
_LONGEST = 100
_NAME = r"(1|%|[^\W\d⁰-⁹²³¹][^\W⁰-⁹²³¹]*)([²³]| *(\*\*|\^) *-?[1-9])?"
_BETWEEN = r"( *[*/] *| +)"
_NAMES = rf"{_NAME}({_BETWEEN}{_NAME})*"
_PART = rf"({_NAME}|\( *{_NAMES} *\))"
_UNIT = re.compile(rf" *{_PART}({_BETWEEN}{_PART})* *")
_FORM = "write products with *, quotients with /, as in 'USD/month'"
# Errors that pint raises, besides its own, on a text that is not a unit.
_NOT_UNITS = (pint.PintError, AssertionError, TypeError, ValueError)


@cache
def unit_registry() -> "pint.UnitRegistry[Any]":
    """The unit registry: that of pint with countable items, money and barrels of oil added."""
    units: pint.UnitRegistry[Any] = pint.UnitRegistry(cache_folder=None)
    for name in _COUNTABLES:
        units.define(f"{name} = [{name}]")
    units.define("USD = [currency]")
    units.define("RUB = [rouble]")
    units.define("barrel = oil_barrel")
    return units


@cache
def factor(given: str, wanted: str, where: str) -> float:
    """The factor from `given` to `wanted`; raises `CaseError` if they do not convert."""
    source, target = _parse(given, where), _parse(wanted, where)
    quantity = unit_registry().Quantity
    try:
        zero, one = (float(quantity(x, source).to(target).magnitude) for x in (0.0, 1.0))
        if zero == 0:  # not so for degrees Celsius, which no factor turns into kelvin
            return one
    except (pint.PintError, ArithmeticError):
        pass
    raise CaseError(
        where=where, found=f"unit '{given}'", expected=f"a unit that converts to '{wanted}'"
    )


def converts(given: str, wanted: str) -> bool:
    """Whether a factor leads from `given` to `wanted`."""
    try:
        factor(given, wanted, "")
    except CaseError:
        return False
    return True


def is_balance(unit: str) -> bool:
    """Whether an amount may be below zero: money, or a pure number such as a rate of growth."""
    found = unit_registry().Quantity(1.0, unit_registry().parse_units(unit)).dimensionality
    return not found or not {"[currency]", "[rouble]"}.isdisjoint(found)


def check(unit: str, where: str) -> None:
    """Raise `CaseError` unless `unit` parses."""
    _parse(unit, where)


def _parse(text: str, where: str) -> Any:
    hint = "write 'dimensionless' for a pure number"
    try:
        if len(text) <= _LONGEST and _UNIT.fullmatch(text):
            return unit_registry().parse_units(text)
        hint = _FORM if text.strip() else hint
    except pint.UndefinedUnitError as error:
        hint = nearest(error.unit_names[0], _COMMON) or ""
    except _NOT_UNITS:
        hint = _FORM
    raise CaseError(
        where=where,
        found=f"unit '{text}'",
        expected="a unit that pint or this project defines",
        hint=hint or None,
    )
