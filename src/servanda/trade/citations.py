"""Where the figures of a file come from: its table of sources, and figures that name them."""

from __future__ import annotations

from collections.abc import Iterable

from servanda.errors import CaseError, nearest
from servanda.files import Record
from servanda.files.fields import Status


class Publication(Record):
    """A publication that figures are taken from.

    Attributes:
        title: What it is called.
        publisher: Who published it, and through whom it was read.
        url: Where it stands.
    """

    title: str
    publisher: str = ""
    url: str = ""


def check_cited(where: str, status: Status, sources: Iterable[str], known: Iterable[str]) -> None:
    """Raise `CaseError` where a source is unknown, or there is none and nothing is assumed."""
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
