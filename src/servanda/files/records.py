"""Checking the content of a file against a record, with one message in words on the first fault.

A record is a `Record`, or a frozen dataclass with `__pydantic_config__ = STRICT`. The dataclass
form is for records that Python code also builds. Only files are checked against its field types.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import is_dataclass
from datetime import date, time
from typing import Any, ClassVar, TypeVar, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ConfigDict, ValidationError

from servanda.errors import CaseError, nearest
from servanda.files.faults import Faults

STRICT = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
"""A frozen record that refuses unknown keys."""


class Record(BaseModel):
    """A frozen record that refuses unknown keys."""

    model_config = STRICT


_Model = TypeVar("_Model", bound=BaseModel)
_Records = list[type]

_LONGEST = 60
_QUOTE = "'"
_UNKNOWN_KEY = ("extra_forbidden", "unexpected_keyword_argument")
# What pydantic adds to the place of a value that is of no kind of a union, by the error.
_BRANCHES = {"float_type": ("float",), "string_type": ("str",), "finite_number": ("float",)}
_TYPES = {
    "string_type": "a text",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "tuple_type": "a list",
    "dict_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
    "dataclass_type": "a table",
}


def validated(model: type[_Model], data: Mapping[str, Any], file: str) -> _Model:
    """The checked record of a file's content; raises `CaseError` with all of its faults."""
    faults = Faults()
    record = checked(model, data, file, faults)
    if record is None:
        faults.raise_any()
    assert record is not None  # noqa: S101 (there is a record or a fault)
    return record


def checked(
    model: type[_Model], data: Mapping[str, Any], file: str, faults: Faults
) -> _Model | None:
    """The checked record of a file's content, or None after its faults are added."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        # A misspelt key is also a missing key. The message on the misspelt one comes first.
        problems = sorted(error.errors(), key=lambda e: e["type"] not in _UNKNOWN_KEY)
        found = [(problem, _case_error(model, problem, file)) for problem in problems]
        meant = {_meant(*one) for one in found if one[0]["type"] in _UNKNOWN_KEY}
        kept = (f for p, f in found if p["type"] != "missing" or f.where not in meant)
        faults.add(_either(kept))
        return None


def _either(found: Iterable[CaseError]) -> Iterable[CaseError]:
    """One fault where a value is neither of two kinds, such as a number or a text."""
    at: dict[tuple[str, str], CaseError] = {}
    for fault in found:
        other = at.setdefault((fault.where, fault.found), fault)
        if other is not fault and fault.expected not in other.expected.split(" or "):
            expected = f"{other.expected} or {fault.expected}"
            at[other.where, other.found] = CaseError(other.where, other.found, expected, other.hint)
    return at.values()


def _meant(problem: Mapping[str, Any], fault: CaseError) -> str:
    """The place of the key that a misspelt key was likely meant to be."""
    key = (fault.hint or "").partition(_QUOTE)[2].partition(_QUOTE)[0]
    return fault.where.removesuffix(str(problem["loc"][-1])) + key


def _case_error(model: type[BaseModel], problem: Mapping[str, Any], file: str) -> CaseError:
    kind, value, context = problem["type"], problem["input"], problem.get("ctx", {})
    steps = problem["loc"]
    if steps[-1:] and steps[-1] in _BRANCHES.get(kind, ()):
        steps = steps[:-1]  # a branch of a union, which is no key of the file
    place, records = _walk(model, steps)
    if kind.startswith("union_tag"):
        place = f"{place}.{context['discriminator'].strip(_QUOTE)}"
    where = f"{file}: {place}" if place else file
    if kind in _UNKNOWN_KEY:
        known = [name for record in records[:1] for name in _fields(record)]
        return CaseError(
            where=where,
            found="a key that is not known here",
            expected="one of " + ", ".join(known),
            hint=nearest(str(problem["loc"][-1]), known),
        )
    if kind in ("missing", "union_tag_not_found"):
        return CaseError(where=where, found="no such key", expected="this key is required")
    expected = context.get("expected_tags") or _expected(kind, context, problem["msg"])
    value = context.get("tag", value)
    choices = expected.split(_QUOTE)[1::2]
    hint = nearest(str(value), choices)
    if kind == "tuple_type" and isinstance(value, dict):
        hint = "each table of a list has a head in double brackets"
    return CaseError(where=where, found=_shown(value), expected=expected, hint=hint)


def _expected(kind: str, context: Mapping[str, Any], message: str) -> str:
    """What was expected, in words."""
    match kind:
        case "string_too_short":
            return "a text that is not empty"
        case "too_short":
            what = "table" if context["field_type"] == "Dictionary" else "list"
            return f"a {what} of at least {context['min_length']}"
        case "too_long":
            return f"a list of at most {context['max_length']}"
        case _ if kind.startswith(("greater_than", "less_than")):
            return message.replace("Input should be", "a number")
    return _TYPES.get(kind) or message.removeprefix("Value error, ").removeprefix(
        "Input should be "
    )


def _shown(value: object) -> str:
    # TOML has dates and times of its own, where the format wants texts.
    text = f"the date {value.isoformat()}" if isinstance(value, date | time) else repr(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def _walk(model: type[BaseModel], steps: Sequence[int | str]) -> tuple[str, _Records]:
    """A place such as `ties[3].good`, counted from one, and the records at that place."""
    place = ""
    around: _Records = [model]
    here: _Records = [model]
    for step in steps:
        around = here
        tagged = [r for r in here if step in _tags(r)]
        if isinstance(step, int):
            place += f"[{step + 1}]"
        elif tagged:  # pydantic adds the branch of a union, which is not a key of the file.
            here = tagged
        else:
            place += f".{step}"
            kinds = [kind for r in here for name, kind in _fields(r).items() if name == step]
            here = _records_in(kinds[0]) if kinds else here
    return place.removeprefix("."), around


def _fields(record: type) -> dict[str, Any]:
    """The keys of a record as files spell them, with the type of each."""
    if issubclass(record, BaseModel):
        return {f.alias or name: f.annotation for name, f in record.model_fields.items()}
    return {name: kind for name, kind in get_type_hints(record).items() if not _is_shared(kind)}


def _is_shared(kind: Any) -> bool:
    return kind is ClassVar or get_origin(kind) is ClassVar


def _tags(record: type) -> tuple[Any, ...]:
    """The values of `kind` that choose this record from a union."""
    if not issubclass(record, BaseModel):
        return ()
    kind = record.model_fields.get("kind")
    return get_args(kind.annotation) if kind and kind.is_required() else ()


def _records_in(annotation: Any) -> _Records:
    if isinstance(annotation, type) and (
        is_dataclass(annotation) or issubclass(annotation, BaseModel)
    ):
        return [annotation]
    return [record for inner in get_args(annotation) for record in _records_in(inner)]
