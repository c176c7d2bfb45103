"""The exceptions that Servanda raises on purpose, and how their messages read.

Every message says where the fault is, what was found there and what was expected instead.
A fault that a user can mend is one of these; anything else that escapes is a bug.

    ServandaError
    ├── CaseError       a case file, or the data beside it, is wrong
    ├── UsageError      an option or an argument is wrong
    ├── RunFolderError  a run folder cannot be made, written or read
    └── ExecutorError   an executor did not hand back what it was given to compute
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class ServandaError(Exception):
    """The root of every error that Servanda raises on purpose.

    Attributes:
        where: The place at fault: a file, a key in it, a row, an option.
        found: What stands there, quoted where it is text.
        expected: What would have been right.
        hint: The likely fix, or None. It is printed on a line of its own.
    """

    def __init__(self, where: str, found: str, expected: str, hint: str | None = None) -> None:
        # All four go to `args`, so that an error survives the trip back from a worker process.
        super().__init__(where, found, expected, hint)
        self.where = where
        self.found = found
        self.expected = expected
        self.hint = hint

    def __str__(self) -> str:
        line = f"{self.where}: found {self.found}, expected {self.expected}"
        return line if self.hint is None else f"{line}\n  hint: {self.hint}"


class CaseError(ServandaError):
    """A case cannot be read as meant: a key, name, unit, prior, source, date or row is wrong."""


class UsageError(ServandaError):
    """An option or an argument is wrong: an unknown case, a lever out of range, zero runs."""


class RunFolderError(ServandaError):
    """A run folder cannot be made, written or read: it exists, is closed to us, or is broken."""


class ExecutorError(ServandaError):
    """An executor lost a batch of runs, or handed back one twice or in part."""


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """Say which known name is closest to a misspelt one.

    Args:
        name: The name as written. Case is ignored, so that `rus` finds `RUS`.
        candidates: The names that would have been right.

    Returns:
        A hint such as "did you mean 'shells'?", or None where no candidate is close.
    """
    by_folded = {candidate.casefold(): candidate for candidate in candidates}
    matches = difflib.get_close_matches(name.casefold(), by_folded, n=1)
    return f"did you mean {by_folded[matches[0]]!r}?" if matches else None
