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
import re
from collections.abc import Iterable

# Parts of a message are cut here. Lists of names that would be right may be long.
_LONGEST = 400
_LONGEST_LIST = 4000
# Control characters, separators of lines, marks of direction or of no width, and bytes that are no
# text: they can change what a terminal shows, or make a text read as another one.
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)


def visible(text: str) -> str:
    """A text on one line in which control and bidirectional characters are written as escapes."""
    return _UNSEEN.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


def _line(text: str, longest: int = _LONGEST) -> str:
    """A part of a message: one line, shortened."""
    seen = visible(text)
    return seen if len(seen) <= longest else f"{seen[: longest - 3]}..."


class ServandaError(Exception):
    """The root of every error that Servanda raises on purpose.

    Each part is one line: long values are shortened, control characters are written as escapes.

    Attributes:
        where: The place of the fault: a file, a key, a row or an option.
        found: What was found there, in quotation marks if it is text.
        expected: What would be correct.
        hint: The likely fix, or None. It is printed on a separate line.
    """

    def __init__(self, where: str, found: str, expected: str, hint: str | None = None) -> None:
        self.where = _line(where)
        self.found = _line(found)
        self.expected = _line(expected, _LONGEST_LIST)
        self.hint = None if hint is None else _line(hint, _LONGEST_LIST)
        # `args` holds all four, so that the error can be pickled and sent from a worker process.
        super().__init__(self.where, self.found, self.expected, self.hint)

    def __str__(self) -> str:
        line = f"{self.where}: found {self.found}, expected {self.expected}"
        return line if self.hint is None else f"{line}\n  hint: {self.hint}"


class CaseError(ServandaError):
    """A case is wrong: a key, name, unit, prior, source, date or row.

    Attributes:
        others: Faults that were found together with this one.
    """

    others: tuple[CaseError, ...] = ()

    def move(self, where: str) -> None:
        """Name the place of the fault in another way, as with its line."""
        self.where = _line(where)
        self.args = (self.where, *self.args[1:])


class UsageError(ServandaError):
    """An option or an argument is wrong: an unknown case, a lever out of range, zero runs."""


class RunFolderError(ServandaError):
    """A run folder cannot be made, written or read: it exists, has no permission, or is damaged."""


class ExecutorError(ServandaError):
    """An executor lost a batch of runs, or returned a batch twice or incomplete."""


class ResultError(ServandaError):
    """A result of a run is not a finite number."""


def nearest(name: object, candidates: Iterable[str]) -> str | None:
    """Suggest the known name that is closest to a misspelt one.

    Args:
        name: The name as written. Upper and lower case count as the same, so `rus` finds `RUS`.
        candidates: The known names.

    Returns:
        A hint such as "did you mean 'shells'?", or None where no candidate is close.
    """
    by_folded = {candidate.casefold(): candidate for candidate in candidates}
    matches = difflib.get_close_matches(str(name).casefold(), by_folded, n=1)
    return f"did you mean {by_folded[matches[0]]!r}?" if matches else None
