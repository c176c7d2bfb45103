"""Reading `parameters.toml`: parameter tables with one prior for each member."""

from collections.abc import Mapping
from dataclasses import replace
from sys import float_info
from typing import Any, get_args

from servanda.case import units
from servanda.case.priors import Family, ParameterTable, Prior, place_of
from servanda.errors import CaseError, nearest
from servanda.files.faults import Faults
from servanda.files.fields import Status

_LARGEST = float_info.max
_TABLE_KEYS = ("description", "unit", "otherwise", "value", "of", "wider")
_FAMILIES: tuple[Family, ...] = get_args(Family)
_STATUSES: tuple[Status, ...] = get_args(Status)
_PRIOR_KEYS = (*_FAMILIES, "bounds", "unit", "status", "sources", "note")


def read(document: Mapping[str, Any], file: str, faults: Faults) -> dict[str, ParameterTable]:
    """Parameter tables by `mechanism.parameter`, without those that have faults."""
    tables: dict[str, ParameterTable] = {}
    for mechanism, parameters in document.items():
        if not isinstance(parameters, Mapping):
            faults.read(_require_table, parameters, f"{file}: {mechanism}")
            continue
        for parameter, entry in parameters.items():
            name = f"{mechanism}.{parameter}"
            table = faults.read(_table, name, entry, f"{file}: {name}", faults)
            if table is not None:
                tables[name] = table
    return tables


def members(document: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """The members of a parameter to which `parameters.toml` gives priors, with faults or not."""
    found: Any = document
    for key in (*name.split("."), "of"):
        found = found.get(key) if isinstance(found, Mapping) else None
    return tuple(found) if isinstance(found, Mapping) else ()


def _table(name: str, entry: Any, where: str, faults: Faults) -> ParameterTable:
    _require_table(entry, where)
    _known_keys(entry, _TABLE_KEYS, where)
    unit = _text(entry, "unit", where)
    units.check(unit, f"{where}.unit")
    if "value" in entry:
        if "of" in entry or "otherwise" in entry:
            raise CaseError(
                where=where,
                found="'value' beside 'of' or 'otherwise'",
                expected="'value' for one number, 'of' and 'otherwise' for one number a member",
            )
        priors = {"": prior(entry["value"], unit, f"{where}.value")}
    else:
        if "of" not in entry and "otherwise" not in entry:
            raise CaseError(
                where=where, found="no prior", expected="a key 'value', 'of' or 'otherwise'"
            )
        members = entry.get("of", {})
        _require_table(members, f"{where}.of")
        found = {
            m: faults.read(prior, given, unit, f"{where}.of.{m}") for m, given in members.items()
        }
        priors = {m: read for m, read in found.items() if read is not None}
    if "wider" in entry:
        priors = _with_wider(priors, entry, where, faults)
    otherwise = entry.get("otherwise")
    if otherwise is not None:
        otherwise = _number(otherwise, f"{where}.otherwise")
    return ParameterTable(name, _text(entry, "description", where), unit, priors, otherwise, where)


def _with_wider(
    priors: Mapping[str, Prior], entry: Mapping[str, Any], where: str, faults: Faults
) -> dict[str, Prior]:
    """Priors with their wider forms, which have the unit and the bounds of what they widen."""
    given = {"": entry["wider"]} if "value" in entry else entry["wider"]
    _require_table(given, f"{where}.wider")
    found = dict(priors)
    for member, form in given.items():
        where_form = place_of(where, member, wider=True)
        own = priors.get(member)
        if own is not None:
            wider = faults.read(_wider, form, own, where_form)
            found[member] = replace(own, wider=wider)
        elif member not in entry.get("of", {}):  # else its prior has a fault of its own
            faults.add([_nothing_to_widen(member, priors, where_form)])
    return found


def _wider(form: Any, own: Prior, where: str) -> Prior:
    _require_table(form, where)
    bounds = {"bounds": [own.low, own.high]} if own.low < own.high else {}
    if {"beta", "uniform"} & form.keys():
        bounds = {}
    found = prior({"status": "assumed", **bounds, **form}, own.unit, where)
    if found.family == "fixed" or found.unit != own.unit:
        raise CaseError(
            where, f"{found} in {found.unit}", f"a distribution that is not fixed, in {own.unit}"
        )
    return found


def _nothing_to_widen(member: str, priors: Mapping[str, Prior], where: str) -> CaseError:
    return CaseError(
        where,
        f"a wider form for '{member}'",
        "one for a member with a prior: " + ", ".join(priors),
        nearest(member, priors),
    )


def prior(entry: Any, unit: str, where: str) -> Prior:
    """One prior; raises `CaseError` on the first fault.

    Args:
        entry: the table of the prior.
        unit: unit of its numbers, unless the table gives one.
        where: the place of the prior, for messages.
    """
    _require_table(entry, where)
    _known_keys(entry, _PRIOR_KEYS, where)
    family = _family(entry, where)
    numbers = _numbers(entry[family], where)
    own_unit = _text({"unit": unit} | dict(entry), "unit", where)
    units.check(own_unit, where)
    low, high = _bounds(entry, family, numbers, where)
    status = entry.get("status")
    if status not in _STATUSES:
        raise CaseError(
            where=where,
            found="no 'status'" if status is None else f"status {status!r}",
            expected="one of " + ", ".join(_STATUSES),
            hint=nearest(str(status), _STATUSES),
        )
    sources = _sources(entry, where)
    if status != "assumed" and not sources:
        raise CaseError(
            where=where,
            found=f"status '{status}' without sources",
            expected="sources, or the status 'assumed'",
        )
    note = _text({"note": ""} | dict(entry), "note", where)
    found = Prior(family, numbers, low, high, own_unit, status, sources, note)
    found.check(where)
    return found


def _family(entry: Mapping[str, Any], where: str) -> Family:
    given = [family for family in _FAMILIES if family in entry]
    if len(given) != 1:
        raise CaseError(
            where=where,
            found=" and ".join(given) or "no distribution",
            expected="exactly one of " + ", ".join(_FAMILIES),
        )
    return given[0]


def _bounds(
    entry: Mapping[str, Any], family: Family, numbers: tuple[float, ...], where: str
) -> tuple[float, float]:
    match (_numbers(entry["bounds"], where) if "bounds" in entry else None), family, numbers:
        case (low, high), _, _:
            return low, high
        case None, "fixed", (value, *_):
            return value, value
        case None, "beta", _:
            return 0.0, 1.0
        case None, "uniform", (low, high):
            return low, high
        case None, "uniform" | "fixed", _:
            return 0.0, 0.0  # The check of the prior reports too few or too many numbers.
        case None, _, _:
            raise CaseError(where=where, found="no bounds", expected="bounds = [low, high]")
    raise CaseError(
        where=where, found=f"bounds {entry['bounds']!r}", expected="bounds = [low, high]"
    )


def _sources(entry: Mapping[str, Any], where: str) -> tuple[str, ...]:
    sources = entry.get("sources", [])
    listed = isinstance(sources, list | tuple)
    if not listed or not all(isinstance(source, str) for source in sources):
        raise CaseError(where=where, found=f"sources {sources!r}", expected="a list of texts")
    return tuple(sources)


def _numbers(value: Any, where: str) -> tuple[float, ...]:
    return tuple(_number(n, where) for n in (value if isinstance(value, list | tuple) else [value]))


def _number(value: Any, where: str) -> float:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not abs(value) <= _LARGEST:
        raise CaseError(where=where, found=f"{value!r}", expected="a finite number")
    return float(value)


def _text(entry: Mapping[str, Any], key: str, where: str) -> str:
    value = entry.get(key)
    if not isinstance(value, str):
        raise CaseError(
            where=f"{where}.{key}",
            found="no such key" if value is None else f"{value!r}",
            expected="a text",
        )
    return value


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
