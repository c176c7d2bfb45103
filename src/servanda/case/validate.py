"""From a pydantic complaint to one message in the words of the case format."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from servanda.errors import CaseError, nearest

_Model = TypeVar("_Model", bound=BaseModel)
_Records = list[type[BaseModel]]

_LONGEST = 60
_QUOTE = "'"
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
        # A misspelt key is also a missing one: what is there says more than what is not.
        problem = min(error.errors(), key=lambda e: e["type"] != "extra_forbidden")
        raise _case_error(model, problem, file) from None


def _case_error(model: type[BaseModel], problem: Mapping[str, Any], file: str) -> CaseError:
    kind, value, context = problem["type"], problem["input"], problem.get("ctx", {})
    place, records = _walk(model, problem["loc"])
    if kind.startswith("union_tag"):
        place = f"{place}.{context['discriminator'].strip(_QUOTE)}"
    where = f"{file}: {place}" if place else file
    if kind == "extra_forbidden":
        known = [f.alias or name for r in records[:1] for name, f in r.model_fields.items()]
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
    return CaseError(
        where=where, found=_shown(value), expected=expected, hint=nearest(str(value), choices)
    )


def _expected(kind: str, context: Mapping[str, Any], message: str) -> str:
    """What would have been right, in words."""
    match kind:
        case "too_short":
            return f"a list of at least {context['min_length']}"
        case "too_long":
            return f"a list of at most {context['max_length']}"
        case _ if kind.startswith(("greater_than", "less_than")):
            return message.replace("Input should be", "a number")
    return _TYPES.get(kind) or message.removeprefix("Value error, ").removeprefix(
        "Input should be "
    )


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def _walk(model: type[BaseModel], steps: Sequence[int | str]) -> tuple[str, _Records]:
    """A place such as `ties[3].good`, counted from one, and the records that may hold its end."""
    place, around, here = "", [model], [model]
    for step in steps:
        around = here
        tagged = [r for r in here if step in _tags(r)]
        if isinstance(step, int):
            place += f"[{step + 1}]"
        elif tagged:  # pydantic names the branch of a union, which the file does not
            here = tagged
        else:
            place += f".{step}"
            fields = [f for r in here for n, f in r.model_fields.items() if step in (n, f.alias)]
            here = _records_in(fields[0].annotation) if fields else here
    return place.removeprefix("."), around


def _tags(record: type[BaseModel]) -> tuple[Any, ...]:
    """The values of `kind` that choose this record from a union."""
    kind = record.model_fields.get("kind")
    return get_args(kind.annotation) if kind and kind.is_required() else ()


def _records_in(annotation: Any) -> _Records:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [record for inner in get_args(annotation) for record in _records_in(inner)]
