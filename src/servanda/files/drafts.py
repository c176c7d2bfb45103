"""Writing files and folders whole or not at all: a draft beside each takes its name when complete.

A full disk, Ctrl-C or a kill therefore leaves what stood there before. After a kill the draft is
left too. Its name begins with a dot and blocks no other name, and the next write of the same file
or folder removes it.
"""

import os
import platform
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from glob import escape
from pathlib import Path

import psutil

from servanda.errors import ServandaError, UsageError


def write(path: Path, content: str | bytes) -> None:
    """Write a file, in place of one that may be there; raises `OSError` if that fails.

    A device or a pipe is written directly, and the file that a link names keeps its link.
    """
    data = content.encode("utf-8") if isinstance(content, str) else content
    target = path.resolve()
    if target.exists() and not target.is_file():
        target.write_bytes(data)
        return
    draft = _draft_of(target)
    try:
        with draft.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            shutil.copymode(target, draft)
        draft.replace(target)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


@contextmanager
def folder(path: Path, *, parents: bool = False) -> Iterator[Path]:
    """A new folder to fill. It takes its name when the block ends, or is removed if that fails.

    Args:
        path: the folder.
        parents: whether the folders around it are made too.

    Raises:
        FileExistsError: if there is a file or folder of this name.
        OSError: if the folder cannot be made.
    """
    if os.path.lexists(path):
        raise FileExistsError(path)
    if parents and not path.parent.exists():
        path.parent.mkdir(parents=True)
    draft = _draft_of(path)
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir()
    try:
        yield draft
        draft.rename(path)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


@contextmanager
def explained(
    where: str, kind: type[ServandaError] = UsageError, hint: str | None = None
) -> Iterator[None]:
    """Turn a failed write into one message.

    Args:
        where: the file or folder that is written.
        kind: the error to raise.
        hint: what is not lost.
    """
    try:
        yield
    except OSError as error:
        raise kind(
            where,
            f"a write that failed: {error.strerror or error}",
            "a place that can be written, on a disk with free space",
            hint,
        ) from None


def _draft_of(path: Path) -> Path:
    """The draft of a file or folder, after removing those that killed processes left.

    Two processes that write one path, on one machine or on two, have drafts of their own.
    """
    of_machine = f".{path.name}.{platform.node()}-"
    for old in path.parent.glob(f"{escape(of_machine)}*.draft"):
        process = old.name.removeprefix(of_machine).removesuffix(".draft")
        if process not in map(str, psutil.pids()):
            _remove(old)
    return path.with_name(f"{of_machine}{os.getpid()}.draft")


def _remove(draft: Path) -> None:
    with suppress(OSError):
        shutil.rmtree(draft) if draft.is_dir() else draft.unlink()
