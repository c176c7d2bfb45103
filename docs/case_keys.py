"""Tables of the case format's keys, read from the records that check a case."""

import inspect
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel

from servanda.case import Observation, Series, SourceRule, evidence, schema
from servanda.files import Record
from servanda.history import Conditions, ReferenceClass
from servanda.trade import baseline, citations, regimes

MEANINGS = Path(__file__).resolve().with_name("keys.toml")

Key = tuple[str, str, str]


def records() -> dict[str, type]:
    """The records of the case format, by name."""
    found: dict[str, type] = {
        name: thing
        for name, thing in vars(schema).items()
        if isinstance(thing, type) and issubclass(thing, Record)
    }
    others: tuple[type, ...] = (
        Series,
        SourceRule,
        Observation,
        evidence.Source,
        regimes.Regime,
        regimes.Measure,
        baseline.BaselineFile,
        baseline.SectorElasticity,
        citations.Publication,
        ReferenceClass,
        Conditions,
    )
    return found | {thing.__name__: thing for thing in others}


def about(name: str) -> str:
    """The description of a record, from its docstring."""
    text = (inspect.getdoc(records()[name]) or "").partition("Attributes:")[0].strip()
    return text[:1].upper() + text[1:]


def keys(name: str) -> list[tuple[str, str, str, str]]:
    """Each key of a record: what it takes, its default, and its meaning."""
    record = records()[name]
    by_hand = _meanings().get(name, {})
    meanings = _attributes(record) | by_hand
    rows = []
    for key, takes, default in _declared(record):
        if key not in meanings:
            raise SystemExit(f"docs/keys.toml: found no [{name}] {key}, expected its meaning")
        rows.append((key, takes, default, meanings[key]))
    if unknown := sorted(set(by_hand) - {row[0] for row in rows}):
        raise SystemExit(f"docs/keys.toml: found [{name}] {unknown[0]}, expected a key of {name}")
    return rows


@cache
def _meanings() -> dict[str, dict[str, str]]:
    """Meanings of keys whose record's docstring has no `Attributes`."""
    return tomllib.loads(MEANINGS.read_text(encoding="utf-8"))


def _declared(record: type) -> Iterable[Key]:
    if issubclass(record, BaseModel):
        for name, field in record.model_fields.items():
            default = "required" if field.is_required() else _default(field.default)
            yield field.alias or name, _takes(field.annotation), default
        return
    kinds = get_type_hints(record)
    for item in fields(record):  # type: ignore[arg-type]  # the others are dataclasses
        default = "required" if item.default is MISSING else _default(item.default)
        yield item.name, _takes(kinds[item.name]), default


def _default(value: Any) -> str:
    if value in ((), {}, "", None):
        return "nothing"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


_PLAIN: dict[object, str] = {
    Any: "anything",
    str: "text",
    float: "number",
    int: "whole number",
    bool: "true or false",
    NoneType: "",
}


def _takes(kind: Any) -> str:
    """An annotation in words."""
    origin, inside = get_origin(kind), get_args(kind)
    if origin is None:
        plain = isinstance(kind, type) and issubclass(kind, BaseModel)
        return f"`{kind.__name__}`" if plain else _PLAIN.get(kind, kind.__name__)
    if origin is Literal:
        return " or ".join(f"`{x}`" for x in inside)
    if origin in (Union, UnionType):
        return " or ".join(dict.fromkeys(filter(None, map(_takes, inside))))
    if origin is tuple and inside[-1] is not ...:
        return f"{len(inside)} numbers"
    if issubclass(origin, Mapping):
        return f"table of {_takes(inside[1])}"
    return _takes(inside[0]) if origin is Annotated else f"list of {_takes(inside[0])}"


def _attributes(record: type) -> dict[str, str]:
    """The `Attributes` of a docstring, by name; `low, high:` is for both."""
    _, _, text = (inspect.getdoc(record) or "").partition("Attributes:\n")
    found: dict[str, str] = {}
    for names, meaning in re.findall(r"^    (\w[^:\n]*): ((?:.|\n     )*)", text, re.MULTILINE):
        for name in names.split(", "):
            found[name] = " ".join(meaning.split())
    return found
