"""Collecting the faults of files, so that all of them can be told at once."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import ParamSpec, Protocol, TypeVar

from servanda.errors import CaseError

_Given = ParamSpec("_Given")
_Read = TypeVar("_Read")


class _Place(Protocol):
    @property
    def where(self) -> str: ...


_Placed = TypeVar("_Placed", bound=_Place)
_PARTS = re.compile(r"[0-9]+|[^0-9]+")


class Faults:
    """The faults found so far, in the order in which they were found."""

    def __init__(self) -> None:
        self.found: list[CaseError] = []

    def add(self, faults: Iterable[CaseError]) -> None:
        """Add faults."""
        self.found.extend(faults)

    def read(
        self, read: Callable[_Given, _Read], *given: _Given.args, **named: _Given.kwargs
    ) -> _Read | None:
        """What a function returns, or None if it raises `CaseError`, which is then added."""
        try:
            return read(*given, **named)
        except CaseError as fault:
            self.found += [fault, *fault.others]
            return None

    def raise_any(self) -> None:
        """Raise the first fault, if there is one, with the others."""
        if self.found:
            first, *others = self.found
            first.others = tuple(others)
            raise first


def fault_of(
    check: Callable[_Given, object], *given: _Given.args, **named: _Given.kwargs
) -> Iterator[CaseError]:
    """The fault that a check raises, if it raises one."""
    try:
        check(*given, **named)
    except CaseError as fault:
        yield fault


def faults_of_twins(read: Mapping[str, str], where: str) -> Iterator[CaseError]:
    """The faults if two names of a list are read as one.

    Args:
        read: the names as written, and as they are read.
        where: the place of the list.
    """
    written: dict[str, str] = {}
    for name, one in read.items():
        if one in written:
            found = f"'{written[one]}' and '{name}', one name in two spellings"
            yield CaseError(where, found, "each name once")
        written.setdefault(one, name)


def by_place(found: Iterable[_Placed]) -> list[_Placed]:
    """Different faults or notes by file and line, numbers in places by their size."""
    different = {str(one): one for one in found}
    return sorted(different.values(), key=lambda one: _parts(one.where))


def _parts(where: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in _PARTS.findall(where)]
