"""The lines that messages about a changed file name."""

from __future__ import annotations

import re
from itertools import zip_longest


def without_line_of_change(message: str, before: str, after: str) -> str:
    """A message about a TOML file, without its line if this is the first that was changed.

    So tests of other things say no lines. The line of what is missing is another, and stays.
    """
    where, _, rest = message.partition(": ")
    named = re.fullmatch(r"(\S+\.toml) line ([0-9]+)", where)
    assert named or ".toml" not in where, f"no line in {message}"
    pairs = zip_longest(before.splitlines(), after.splitlines())
    line = next(number for number, (old, new) in enumerate(pairs, start=1) if old != new)
    return f"{named[1]}: {rest}" if named and int(named[2]) == line else message
