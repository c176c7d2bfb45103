"""JSON documents that people read and compare: each element of a list has a line."""

import json
from collections.abc import Mapping
from typing import Any


def document(content: Mapping[str, Any]) -> str:
    """A JSON document with an entry a line, and a line for each element of an entry's list."""
    return "{\n" + ",\n".join(map(_entry, content.items())) + "\n}\n"


def _entry(entry: tuple[str, Any]) -> str:
    key, value = entry
    if not isinstance(value, list):
        return f"{json.dumps(key)}: {json.dumps(value)}"
    lines = ",\n".join(f" {json.dumps(one)}" for one in value)
    return f"{json.dumps(key)}: [\n{lines}\n]"
