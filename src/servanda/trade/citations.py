"""Sources of the figures of a file: a table of sources, and figures that cite them."""

from __future__ import annotations

from collections.abc import Iterable

from servanda.errors import CaseError, nearest
from servanda.files import Record
from servanda.files.fields import Status


class Publication(Record):
    """A publication that figures cite.

    Attributes:
        title: Its title.
        publisher: Who published it, and where it was read.
        url: Its address.
    """

    title: str
    publisher: str = ""
    url: str = ""


def check_cited(where: str, status: Status, sources: Iterable[str], known: Iterable[str]) -> None:
    """Raise `CaseError` if a source is unknown, or a figure has no source and is not assumed."""
    named, choices = tuple(sources), tuple(known)
    for source in named:
        if source not in choices:
            raise CaseError(
                f"{where}.sources",
                repr(source),
                "a name under [sources]",
                nearest(source, choices),
            )
    if not named and status != "assumed":
        raise CaseError(f"{where}.sources", "none", "a source, or the status 'assumed'")
