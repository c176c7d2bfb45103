"""A small case that runs, to be filled with another partnership's names, numbers and evidence."""

import re
import shutil
from importlib import resources
from pathlib import Path

from servanda.case.load import available_cases
from servanda.errors import UsageError

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


def new(name: str, folder: str | Path = ".") -> Path:
    """Write a new case, and say where.

    Args:
        name: of the case, and of its folder.
        folder: where that folder is made.

    Raises:
        UsageError: if the name is not one, or the case's folder exists or cannot be written.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(
            where="the new case's name",
            found=f"'{name}'",
            expected="small letters, digits and hyphens, such as 'iran-russia'",
        )
    if name in (shipped := available_cases()):
        raise UsageError(
            where="the new case's name",
            found=f"'{name}'",
            expected="a name that no shipped case has: not " + ", ".join(shipped),
        )
    target = Path(folder) / name
    try:
        target.mkdir()
    except FileExistsError:
        raise UsageError(
            where=f"case folder '{target}'",
            found="a file or folder of this name",
            expected="a name that is free",
        ) from None
    except OSError as error:
        raise _cannot_write(target, error) from None
    try:
        _fill(target, name)
    except OSError as error:
        shutil.rmtree(target, ignore_errors=True)
        raise _cannot_write(target, error) from None
    return target


def _fill(target: Path, name: str) -> None:
    title = name.replace("-", " ").capitalize()
    for file in (resources.files("servanda.case") / "template").iterdir():
        text = file.read_text(encoding="utf-8")
        text = text.replace("{{name}}", name).replace("{{title}}", title)
        (target / file.name).write_text(text, encoding="utf-8")


def _cannot_write(target: Path, error: OSError) -> UsageError:
    return UsageError(
        where=f"case folder '{target}'",
        found=f"a place that cannot be written: {error.strerror}",
        expected="an existing folder that you may write in",
    )
