"""From a pydantic complaint to one message in the words of the case format."""

from collections.abc import Mapping
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from servanda.errors import CaseError, nearest

_Model = TypeVar("_Model", bound=BaseModel)
_Place = tuple[int | str, ...]

_LONGEST = 60
_TYPES = {
    "string_type": "a text",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "tuple_type": "a list",
    "dict_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
}


def validated(model: type[_Model], data: Mapping[str, Any], file: str) -> _Model:
    """The checked record that a file holds; raises `CaseError` on its first fault."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise _case_error(model, error.errors()[0], file) from None


def _case_error(model: type[BaseModel], problem: Mapping[str, Any], file: str) -> CaseError:
    place, value, kind = problem["loc"], problem["input"], problem["type"]
    context = problem.get("ctx", {})
    where = f"{file}: {_dotted(place)}" if place else file
    if kind == "extra_forbidden":
        known = _keys_beside(model, place)
        return CaseError(
            where=where,
            found="a key that is not known here",
            expected="one of " + ", ".join(known),
            hint=nearest(str(place[-1]), known),
        )
    if kind in ("missing", "union_tag_not_found"):
        key = f".{context['discriminator'].strip(chr(39))}" if context else ""
        return CaseError(where=where + key, found="no such key", expected="this key is required")
    if kind == "union_tag_invalid":
        where, value = f"{where}.kind", context["tag"]
        expected = context["expected_tags"]
    else:
        expected = _TYPES.get(kind) or _plain(problem["msg"])
    choices = context.get("expected", expected) if "'" in expected else ""
    return CaseError(
        where=where,
        found=_shown(value),
        expected=expected,
        hint=nearest(str(value), choices.split("'")[1::2]),
    )


def _plain(message: str) -> str:
    """Pydantic's message without its first words."""
    return message.removeprefix("Value error, ").removeprefix("Input should be ")


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def _dotted(place: _Place) -> str:
    """`ties[3].good`, counted from one."""
    parts = (f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in place)
    return "".join(parts).removeprefix(".")


def _keys_beside(model: type[BaseModel], place: _Place) -> list[str]:
    """The keys that the record around this place takes, in order."""
    here: list[type[BaseModel]] = [model]
    for part in place[:-1]:
        here = _inside(here, part)
    return [
        field.alias or name for record in here[:1] for name, field in record.model_fields.items()
    ]


def _inside(records: list[type[BaseModel]], part: int | str) -> list[type[BaseModel]]:
    """The records that may stand one step further: in a field, a list, a table or a union."""
    for record in records:
        for name, field in record.model_fields.items():
            if part in (name, field.alias):
                return _records_in(field.annotation)
            if name == "kind" and part in get_args(field.annotation):
                return [record]
    return records


def _records_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [record for inner in get_args(annotation) for record in _records_in(inner)]
