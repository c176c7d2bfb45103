"""Sources of the figures of a file: a table of sources, and figures that cite them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from servanda.errors import CaseError, nearest
from servanda.files import Record
from servanda.files.fields import Address, Status


class Publication(Record):
    """A publication that figures cite.

    Attributes:
        title: Its title.
        publisher: Who published it, and where it was read.
        url: Its address.
    """

    title: str
    publisher: str = ""
    url: Address = ""


def check_cited(where: str, status: Status, sources: Iterable[str]) -> None:
    """Raise `CaseError` if a figure has no source and is not assumed."""
    if not tuple(sources) and status != "assumed":
        raise CaseError(f"{where}.sources", "none", "a source, or the status 'assumed'")


def faults_of_sources(
    cited: Iterable[tuple[str, str]], known: Iterable[str], file: str
) -> Iterator[CaseError]:
    """The faults if a cited source is unknown, or a known one is cited nowhere.

    Args:
        cited: Places of the file and the source that each cites.
        known: Names under `[sources]`.
        file: The file's name.
    """
    named, choices = tuple(cited), tuple(known)
    meant = ""
    for where, source in named:
        if source not in choices:
            hint = nearest(source, choices)
            yield CaseError(where, repr(source), "a name under [sources]", hint)
            meant += hint or ""
    used = {source for _, source in named}
    for source in choices:
        if source not in used and repr(source) not in meant:
            where, expected = (
                f"{file}: sources.{source}",
                "a source that a figure of the file cites",
            )
            yield CaseError(where, "a source that nothing cites", expected, nearest(source, used))
