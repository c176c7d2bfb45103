"""An index of a TOML text: the line of each key and element, by its place."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from servanda.errors import visible

if TYPE_CHECKING:
    from tree_sitter import Node

# Keys, and numbers of elements counted from one.
_Steps = tuple[str | int, ...]
# Tables of a list also go by the values of these keys, as in `metrics['gains']`.
_NAMES = (("name",), ("slug",))
_ENDS = re.compile(r"[.\[ ,]")


@dataclass(frozen=True)
class Index:
    """The lines of a TOML text.

    Attributes:
        lines: by place, such as `ties[2].good`. The text as a whole is the place "".
        names: places of tables by their names, as `metrics[3]` for `metrics['gains']`.
    """

    lines: dict[str, int]
    names: dict[str, str]

    @classmethod
    def of(cls, text: str) -> Self:
        """The index of a valid TOML text. It is empty if tree-sitter cannot read the text."""
        # Imported late, because only messages need it.
        import tree_sitter_toml  # noqa: PLC0415
        from tree_sitter import Language, Parser  # noqa: PLC0415

        parser = Parser(Language(tree_sitter_toml.language()))
        reading = _Reading(parser.parse(text.encode()).root_node)
        return cls({}, {}) if reading.failed else cls(reading.lines(), reading.names())

    def line_of(self, place: str) -> int | None:
        """The line of a place, or of the innermost table around a key that the text lacks."""
        for name, numbered in self.names.items():
            if place.startswith(name):
                place = numbered + place.removeprefix(name)
        ends = [len(place), *(end.start() for end in reversed([*_ENDS.finditer(place)]))]
        for end in ends:
            if place[:end] in self.lines:
                # No list of the text lacks an element: this one is not from there.
                return None if place[end : end + 1] == "[" else self.lines[place[:end]]
        return None if " " in place else self.lines.get("")


class _Reading:
    """A walk through the tree of a TOML text.

    tree-sitter marks what it cannot read as an error. It cannot read a few texts in quotes that
    are valid; no place depends on them, and they are not visited. Another error is a failure.
    """

    def __init__(self, root: "Node") -> None:
        self.failed = False
        self._lines: dict[_Steps, int] = {(): 1}
        self._lengths: dict[_Steps, int] = {}  # of lists that are written as [[tables]]
        self._named: list[tuple[_Steps, str]] = []
        self._values: list[tuple[_Steps, Node]] = []
        for part in self._parts(root):
            if part.type == "pair":
                self._pair((), part)
            else:
                head, *pairs = self._parts(part)
                table = self._table(head, in_list=part.type == "table_array_element")
                for pair in pairs:
                    self._pair(table, pair)
        while self._values:  # no recursion, because values may be nested deeply
            self._inside(*self._values.pop())

    def lines(self) -> dict[str, int]:
        """The lines by place."""
        found: dict[str, int] = {}
        for steps, line in self._lines.items():
            found.setdefault(_written(steps), line)
        return found

    def names(self) -> dict[str, str]:
        """Places by name, without names that two tables of a list have."""
        found: dict[str, list[str]] = {}
        for steps, name in self._named:
            place = f"{_written(steps[:-1])}[{visible(repr(name))}]"
            found.setdefault(place, []).append(_written(steps))
        return {name: places[0] for name, places in found.items() if len(places) == 1}

    def _parts(self, node: "Node") -> "Iterator[Node]":
        for part in node.named_children:
            if part.is_error:
                self.failed = True
            elif part.type != "comment":
                yield part

    def _table(self, head: "Node", *, in_list: bool) -> _Steps:
        """The place of the table that begins with a head."""
        line = _line(head)
        *around, last = _keys(head)
        steps: _Steps = ()
        for key in around:
            steps += (key,)
            self._lines.setdefault(steps, line)
            if steps in self._lengths:
                steps += (self._lengths[steps],)
        steps += (last,)
        if in_list:
            self._lines.setdefault(steps, line)
            self._lengths[steps] = self._lengths.get(steps, 0) + 1
            steps += (self._lengths[steps],)
        self._lines[steps] = line  # rather than that of a table inside of it, which came before
        return steps

    def _pair(self, table: _Steps, pair: "Node") -> None:
        key, value = self._parts(pair)
        steps = table
        for step in _keys(key):
            steps += (step,)
            self._lines.setdefault(steps, _line(key))
        self._values.append((steps, value))
        in_list = bool(table) and isinstance(table[-1], int)
        if in_list and value.type == "string" and steps[len(table) :] in _NAMES:
            self._named.append((table, str(tomllib.loads(f"name = {_text(value)}")["name"])))

    def _inside(self, steps: _Steps, value: "Node") -> None:
        if value.type == "array":
            for number, element in enumerate(self._parts(value), start=1):
                self._lines[*steps, number] = _line(element)
                self._values.append(((*steps, number), element))
        elif value.type == "inline_table":
            for pair in self._parts(value):
                self._pair(steps, pair)


def _keys(key: "Node") -> Iterator[str]:
    """The keys of a dotted key, without quotation marks."""
    found = tomllib.loads(f"{_text(key)} = {{}}")
    while found:
        ((name, found),) = found.items()
        yield name


def _text(node: "Node") -> str:
    return (node.text or b"").decode()


def _line(node: "Node") -> int:
    return node.start_point.row + 1


def _written(steps: _Steps) -> str:
    """A place as messages write it."""
    parts = (f"[{step}]" if isinstance(step, int) else f".{visible(step)}" for step in steps)
    return "".join(parts).removeprefix(".")
