"""The command line in this process, where nothing has to be compiled twice."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from tests.cases import shipped, template, template_folder


@dataclass(frozen=True)
class Output:
    """What a command printed, and the code that it ended with."""

    out: str
    err: str
    code: int


@pytest.fixture
def servanda(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    cache_home: Path,
    tmp_path: Path,
) -> Callable[..., Output]:
    """Run a command in an empty folder, 200 columns wide; the two shared cases load at once."""
    import servanda.case
    from servanda.cli.commands import command

    load = servanda.case.load
    known = {"russia-dprk": lambda: shipped().model.case, str(template_folder()): template}
    monkeypatch.setattr(servanda.case, "load", lambda name: known.get(name, lambda: load(name))())
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache_home))
    monkeypatch.setenv("COLUMNS", "200")
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)

    def run(*arguments: str) -> Output:
        monkeypatch.setattr(sys, "argv", ["servanda", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            command()
        printed = capsys.readouterr()
        return Output(printed.out, printed.err, int(ended.value.code or 0))

    return run


@cache
def tiny() -> str:
    """The template case, as an argument."""
    return str(template_folder())


def written() -> list[str]:
    """What lies in the folder that a command ran in."""
    return sorted(p.name for p in Path().iterdir())
