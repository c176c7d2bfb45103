"""Break one thing in a case that loads, and read the message."""

from __future__ import annotations

from pathlib import Path

import pytest

from servanda.case import load, new
from servanda.engine import assemble
from servanda.errors import CaseError


def refusal(tmp_path: Path, file: str, old: str, changed: str, *, assembled: bool = False) -> str:
    """The whole message about a new case in which the first `old` of a file is `changed`."""
    folder = new("tiny", tmp_path)
    text = (folder / file).read_text()
    assert old in text, f"{file} of the template has no {old!r}"
    (folder / file).write_text(text.replace(old, changed, 1))
    with pytest.raises(CaseError) as caught:
        _read(folder, assembled)
    return str(caught.value)


def _read(folder: Path, assembled: bool) -> None:
    case = load(folder)
    if assembled:
        assemble(case)
