"""Break one thing in a case that loads, and read the message."""

from __future__ import annotations

from pathlib import Path

import pytest

from servanda.case import load, new
from servanda.errors import CaseError
from servanda.results import prepare
from tests.places import without_line_of_change


def refusal(tmp_path: Path, file: str, old: str, changed: str, *, assembled: bool = False) -> str:
    """The whole message about a new case in which the first `old` of a file is `changed`.

    The line of the change in a TOML file is left out.
    """
    folder = new("tiny", tmp_path)
    text = (folder / file).read_text()
    assert old in text, f"{file} of the template has no {old!r}"
    after = text.replace(old, changed, 1)
    (folder / file).write_text(after)
    with pytest.raises(CaseError) as caught:
        _read(folder, assembled)
    return without_line_of_change(str(caught.value), text, after)


def _read(folder: Path, assembled: bool) -> None:
    case = load(folder)
    if assembled:
        prepare(case)
