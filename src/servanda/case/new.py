"""Writing a new case: a small template that runs and that the user then edits."""

from importlib import resources
from pathlib import Path

from servanda.case.load import available_cases
from servanda.errors import UsageError
from servanda.files import drafts
from servanda.files.fields import path_name, path_of


def new(name: str, folder: str | Path = ".") -> Path:
    """Write a new case and return its folder.

    Args:
        name: name of the case and of its folder.
        folder: existing folder in which the case's folder is made.

    Raises:
        UsageError: if the name is not valid, or the case's folder exists or cannot be written.
    """
    try:
        path_name(name)
    except ValueError as error:
        raise UsageError(
            where="the new case's name", found=f"'{name}'", expected=str(error)
        ) from None
    if name in (shipped := available_cases()):
        raise UsageError(
            where="the new case's name",
            found=f"'{name}'",
            expected="a name that no shipped case has: not " + ", ".join(shipped),
        )
    target = path_of(folder, "folder", "the path of a folder") / name
    where = f"case folder '{target}'"
    with drafts.explained(where):
        try:
            with drafts.folder(target) as draft:
                _fill(draft, name)
        except FileExistsError:
            raise UsageError(
                where, "a file or folder of this name", "a name that is free"
            ) from None
    return target


def _fill(target: Path, name: str) -> None:
    title = name.replace("-", " ").capitalize()
    for file in (resources.files("servanda.case") / "template").iterdir():
        text = file.read_text(encoding="utf-8")
        text = text.replace("{{name}}", name).replace("{{title}}", title)
        drafts.write(target / file.name, text)
