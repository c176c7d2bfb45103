"""Units of measurement: one registry, with the countable things that this subject trades in."""

from functools import cache
from tokenize import TokenError
from typing import Any

import pint

from servanda.errors import CaseError, nearest

# Each countable thing is a dimension of its own: adding shells to soldiers is then an error.
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
# What pint raises, besides its own errors, on a text that is no expression of units.
_NOT_UNITS = (AssertionError, TokenError, TypeError, ValueError)


@cache
def unit_registry() -> "pint.UnitRegistry[Any]":
    """The unit registry: pint's own, plus countable things, US dollars and barrels of oil."""
    units: pint.UnitRegistry[Any] = pint.UnitRegistry(cache_folder=None)
    for name in _COUNTABLES:
        units.define(f"{name} = [{name}]")
    units.define("USD = [currency]")
    units.define("RUB = [rouble]")
    units.define("barrel = oil_barrel")
    return units


@cache
def factor(given: str, wanted: str, where: str) -> float:
    """How many `wanted` one `given` is; raises `CaseError` if they do not convert."""
    source, target = _parse(given, where), _parse(wanted, where)
    try:
        return float(unit_registry().Quantity(1.0, source).to(target).magnitude)
    except pint.DimensionalityError:
        raise CaseError(
            where=where, found=f"unit '{given}'", expected=f"a unit that converts to '{wanted}'"
        ) from None


def check(unit: str, where: str) -> None:
    """Raise `CaseError` unless `unit` parses."""
    _parse(unit, where)


def _parse(text: str, where: str) -> Any:
    hint = "write 'dimensionless' for a pure number"
    try:
        if text.strip():
            return unit_registry().parse_units(text)
    except pint.UndefinedUnitError as error:
        hint = nearest(error.unit_names[0], _COMMON) or ""
    except _NOT_UNITS:
        hint = "write products with *, quotients with /, as in 'USD/month'"
    raise CaseError(
        where=where,
        found=f"unit '{text}'",
        expected="a unit that pint or this project defines",
        hint=hint or None,
    )
