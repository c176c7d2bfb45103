"""The exceptions that Servanda raises on purpose, and the form of their messages.

Every message says where the fault is, what was found there and what was expected instead.
Servanda raises one of these for every fault that a user can mend. Any other exception is a bug.

    ServandaError
    ├── CaseError       a case file, or the data beside it, is wrong
    ├── UsageError      an option or an argument is wrong
    ├── RunFolderError  a run folder cannot be made, written or read
    ├── ExecutorError   an executor did not return the batches it was given
    └── ResultError     a result of a run is not a finite number
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class ServandaError(Exception):
    """The root of every error that Servanda raises on purpose.

    Attributes:
        where: The place of the fault: a file, a key, a row or an option.
        found: What was found there, in quotation marks if it is text.
        expected: What would be correct.
        hint: The likely fix, or None. It is printed on a separate line.
    """

    def __init__(self, where: str, found: str, expected: str, hint: str | None = None) -> None:
        # `args` holds all four, so that the error can be pickled and sent from a worker process.
        super().__init__(where, found, expected, hint)
        self.where = where
        self.found = found
        self.expected = expected
        self.hint = hint

    def __str__(self) -> str:
        line = f"{self.where}: found {self.found}, expected {self.expected}"
        return line if self.hint is None else f"{line}\n  hint: {self.hint}"


class CaseError(ServandaError):
    """A case is wrong: a key, name, unit, prior, source, date or row."""


class UsageError(ServandaError):
    """An option or an argument is wrong: an unknown case, a lever out of range, zero runs."""


class RunFolderError(ServandaError):
    """A run folder cannot be made, written or read: it exists, has no permission, or is damaged."""


class ExecutorError(ServandaError):
    """An executor lost a batch of runs, or returned a batch twice or incomplete."""


class ResultError(ServandaError):
    """A result of a run is not a finite number."""


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """Suggest the known name that is closest to a misspelt one.

    Args:
        name: The name as written. Upper and lower case count as the same, so `rus` finds `RUS`.
        candidates: The known names.

    Returns:
        A hint such as "did you mean 'shells'?", or None where no candidate is close.
    """
    by_folded = {candidate.casefold(): candidate for candidate in candidates}
    matches = difflib.get_close_matches(name.casefold(), by_folded, n=1)
    return f"did you mean {by_folded[matches[0]]!r}?" if matches else None
