"""Units of measurement: one registry, with the countable things that this subject trades in."""

from functools import cache

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


@cache
def registry() -> pint.UnitRegistry:
    """The unit registry: pint's own, plus countable things, US dollars and barrels of oil."""
    units = pint.UnitRegistry(cache_folder=None)
    for name in _COUNTABLES:
        units.define(f"{name} = [{name}]")
    units.define("USD = [currency]")
    units.define("RUB = [rouble]")
    units.define("barrel = oil_barrel")
    return units


@cache
def factor(given: str, wanted: str, where: str) -> float:
    """How many `wanted` one `given` is; raises `CaseError` naming `where` if they do not convert."""
    units = registry()
    try:
        return float(units.Quantity(1.0, units.parse_units(given)).to(wanted).magnitude)
    except pint.UndefinedUnitError as error:
        unknown = str(error.unit_names)
        raise CaseError(
            where=where,
            found=f"unit '{given}'",
            expected="a unit that pint or this project defines",
            hint=nearest(unknown, [*_COUNTABLES, "USD", "RUB", "barrel", "tonne", "month"]),
        ) from None
    except (pint.DimensionalityError, pint.errors.DefinitionSyntaxError, AttributeError):
        raise CaseError(
            where=where, found=f"unit '{given}'", expected=f"a unit that converts to '{wanted}'"
        ) from None


def check(unit: str, where: str) -> None:
    """Raise `CaseError` unless `unit` parses."""
    factor(unit, unit, where)
