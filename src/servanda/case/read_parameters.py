"""Reading `parameters.toml`: one table a parameter, one prior a member."""

from collections.abc import Mapping
from typing import Any, get_args

from servanda.case import units
from servanda.case.priors import Family, ParameterTable, Prior, Status
from servanda.errors import CaseError, nearest

_TABLE_KEYS = ("description", "unit", "otherwise", "value", "of")
_FAMILIES = get_args(Family)
_PRIOR_KEYS = (*_FAMILIES, "bounds", "unit", "status", "sources", "note")


def read(document: Mapping[str, Any], file: str) -> dict[str, ParameterTable]:
    """Parameter tables by `mechanism.parameter`; raises `CaseError` on the first fault."""
    tables: dict[str, ParameterTable] = {}
    for mechanism, parameters in document.items():
        _require_table(parameters, f"{file}: {mechanism}")
        for parameter, entry in parameters.items():
            name = f"{mechanism}.{parameter}"
            tables[name] = _table(name, entry, f"{file}: {name}")
    return tables


def _table(name: str, entry: Any, where: str) -> ParameterTable:
    _require_table(entry, where)
    _known_keys(entry, _TABLE_KEYS, where)
    for key in ("description", "unit"):
        if not isinstance(entry.get(key), str):
            raise CaseError(where=where, found=f"no '{key}'", expected="a text")
    if ("value" in entry) == ("of" in entry):
        raise CaseError(
            where=where, found="both or neither of 'value' and 'of'", expected="one of them"
        )
    unit = entry["unit"]
    units.check(unit, where)
    if "value" in entry:
        priors = {"": _prior(entry["value"], unit, f"{where}.value")}
    else:
        _require_table(entry["of"], f"{where}.of")
        priors = {
            member: _prior(prior, unit, f"{where}.of.{member}")
            for member, prior in entry["of"].items()
        }
    otherwise = entry.get("otherwise")
    if otherwise is not None:
        otherwise = _number(otherwise, f"{where}.otherwise")
    return ParameterTable(name, entry["description"], unit, priors, otherwise, where)


def _prior(entry: Any, unit: str, where: str) -> Prior:
    _require_table(entry, where)
    _known_keys(entry, _PRIOR_KEYS, where)
    family = _family(entry, where)
    raw = entry[family]
    numbers = tuple(_number(n, where) for n in (raw if isinstance(raw, list) else [raw]))
    own_unit = entry.get("unit", unit)
    units.check(own_unit, where)
    low, high = _bounds(entry, family, numbers, where)
    status = entry.get("status")
    if status not in get_args(Status):
        raise CaseError(
            where=where,
            found=f"status {status!r}",
            expected="one of " + ", ".join(get_args(Status)),
            hint=nearest(str(status), get_args(Status)),
        )
    sources = tuple(entry.get("sources", ()))
    if status != "assumed" and not sources:
        raise CaseError(
            where=where,
            found=f"status '{status}' without sources",
            expected="sources, or 'assumed'",
        )
    prior = Prior(family, numbers, low, high, own_unit, status, sources, entry.get("note", ""))
    prior.check(where)
    return prior


def _family(entry: Mapping[str, Any], where: str) -> Family:
    given = [family for family in _FAMILIES if family in entry]
    if len(given) != 1:
        raise CaseError(
            where=where,
            found=f"{len(given)} distributions",
            expected="exactly one of " + ", ".join(_FAMILIES),
        )
    family: Family = given[0]
    return family


def _bounds(
    entry: Mapping[str, Any], family: Family, numbers: tuple[float, ...], where: str
) -> tuple[float, float]:
    if "bounds" in entry:
        bounds = entry["bounds"]
        if not isinstance(bounds, list) or len(bounds) != 2:
            raise CaseError(where=where, found=f"bounds {bounds!r}", expected="[low, high]")
        return _number(bounds[0], where), _number(bounds[1], where)
    match family:
        case "fixed":
            return numbers[0], numbers[0]
        case "beta":
            return 0.0, 1.0
        case "uniform" if len(numbers) == 2:
            return numbers[0], numbers[1]
        case _:
            raise CaseError(where=where, found="no bounds", expected="bounds = [low, high]")


def _number(value: Any, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise CaseError(where=where, found=f"{value!r}", expected="a number")
    return float(value)


def _require_table(value: Any, where: str) -> None:
    if not isinstance(value, Mapping):
        raise CaseError(where=where, found=f"{value!r}", expected="a table")


def _known_keys(entry: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
    for key in entry:
        if key not in known:
            raise CaseError(
                where=f"{where}.{key}",
                found="a key that is not known here",
                expected="one of " + ", ".join(known),
                hint=nearest(key, known),
            )
