"""Files and folders are written whole or not at all."""

from __future__ import annotations

import errno
import os
import platform
from pathlib import Path

import psutil
import pytest

from servanda.errors import RunFolderError, UsageError
from servanda.files import drafts


def full_disk(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def no_process() -> int:
    return max(psutil.pids()) + 10**7


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_replaced_and_keeps_its_permissions(tmp_path):
    file = tmp_path / "page.html"
    file.write_text("old")
    file.chmod(0o640)
    drafts.write(file, "new é")
    assert file.read_text(encoding="utf-8") == "new é"
    assert file.stat().st_mode & 0o777 == 0o640
    drafts.write(tmp_path / "bytes", b"\0")
    assert names(tmp_path) == ["bytes", "page.html"]


def test_a_full_disk_leaves_the_file_that_was_there(tmp_path, monkeypatch):
    file = tmp_path / "page.html"
    file.write_text("old")
    monkeypatch.setattr(os, "fsync", full_disk)
    with (
        pytest.raises(RunFolderError) as caught,
        drafts.explained("briefing 'page.html'", RunFolderError, "nothing is lost"),
    ):
        drafts.write(file, "new")
    assert str(caught.value) == (
        "briefing 'page.html': found a write that failed: No space left on device, expected a "
        "place that can be written, on a disk with free space\n  hint: nothing is lost"
    )
    assert file.read_text() == "old"
    assert names(tmp_path) == ["page.html"]


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "page.html").write_text("old")
    (tmp_path / "link").symlink_to(tmp_path / "page.html")
    drafts.write(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "page.html").read_text() == "new"


def test_a_device_is_written_and_not_replaced():
    drafts.write(Path(os.devnull), "new")
    assert not Path(os.devnull).is_file()


def test_a_folder_takes_its_name_when_it_is_full(tmp_path):
    with drafts.folder(tmp_path / "made") as draft:
        (draft / "one").write_text("1")
        assert not (tmp_path / "made").exists()
    assert names(tmp_path) == ["made"]
    assert names(tmp_path / "made") == ["one"]


def test_a_folder_that_cannot_be_filled_leaves_nothing(tmp_path):
    with pytest.raises(KeyboardInterrupt), drafts.folder(tmp_path / "made"):
        raise KeyboardInterrupt
    assert names(tmp_path) == []


def test_the_draft_of_a_killed_process_blocks_no_name(tmp_path):
    mine, killed = f".made.{platform.node()}-{os.getpid()}.draft", no_process()
    for name in (mine, f".made.{platform.node()}-{killed}.draft"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "half").write_text("ha")
    with drafts.folder(tmp_path / "made"):
        pass
    assert names(tmp_path / "made") == []
    assert names(tmp_path) == ["made"]


def test_a_draft_that_may_be_in_use_is_left_alone(tmp_path):
    here, parent = platform.node(), os.getppid()
    kept = [f".page.elsewhere-{no_process()}.draft", f".page.{here}-{parent}.draft"]
    for name in (*kept, f".page.{here}-{no_process()}.draft"):
        (tmp_path / name).write_text("ha")
    drafts.write(tmp_path / "page", "new")
    assert names(tmp_path) == sorted([*kept, "page"])


@pytest.mark.parametrize("kind", ["file", "folder", "link"])
def test_a_name_that_is_taken_is_left_alone(tmp_path, kind):
    taken = tmp_path / "taken"
    if kind == "file":
        taken.write_text("mine")
    elif kind == "folder":
        taken.mkdir()
    else:
        taken.symlink_to(tmp_path / "nowhere")
    with pytest.raises(UsageError), drafts.explained("taken"), drafts.folder(taken):
        pass
    assert names(tmp_path) == ["taken"]
