"""The note of a run folder, `run.json`: what was run, how much of it is done, and hashes."""

import json
import platform
from collections.abc import Mapping
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from servanda.ensembles.ensemble import Origin
from servanda.errors import CaseError, RunFolderError
from servanda.files import Record, drafts, validated
from servanda.files.fields import Month, Text

FILE = "run.json"
# The form of run folders. A folder of another form is refused.
FORM = 3
_VERSIONS = ("servanda", "jax", "jaxlib", "numpy", "scipy", "equinox", "numpyro")

_Word = Annotated[int, Field(strict=True, ge=0, lt=2**32)]
_Runs = Annotated[int, Field(strict=True, ge=1, le=2**32)]


class _Note(Record):
    """The keys of `run.json`."""

    form: Annotated[int, Field(strict=True)]
    case: Text
    case_digest: Text
    as_of: Month
    seed: _Word
    origin: Origin
    learned: str
    mechanisms: str
    version: Text
    changes: tuple[tuple[Text, Text, Any], ...]
    policy: str
    levers: dict[str, Annotated[float, Field(strict=True)] | str]
    quantities: tuple[Text, ...]
    runs: _Runs
    done: Annotated[int, Field(strict=True, ge=0)]
    partial: Annotated[bool, Field(strict=True)]
    versions: dict[str, str]
    hash: str
    note_hash: Text


def versions() -> dict[str, str]:
    """The versions on which the exact results depend."""
    return {name: version(name) for name in _VERSIONS} | {"python": platform.python_version()}


def write(folder: Path, note: Mapping[str, Any]) -> dict[str, Any]:
    """Write the note of a run folder in one step, and return it with its hash."""
    sealed = {**note, "note_hash": _hash(note)}
    drafts.write(folder / FILE, _text(sealed))
    return sealed


def read(folder: Path) -> dict[str, Any]:
    """Read the note of a run folder.

    Raises:
        RunFolderError: if there is no note, it is of another form, or it was changed.
    """
    where = f"run folder '{folder}', {FILE}"
    if not (folder / FILE).is_file():
        raise no_run_folder(folder, f"no {FILE}")
    try:
        content = (folder / FILE).read_bytes()
        note = json.loads(content)
    except (OSError, ValueError, RecursionError):
        raise no_run_folder(folder, f"no readable {FILE}") from None
    if not isinstance(note, dict) or type(note.get("form")) is not int:
        raise no_run_folder(folder, f"a {FILE} without the form of the folder")
    if note["form"] != FORM:
        raise RunFolderError(
            where,
            f"form {note['form']} of run folders",
            f"form {FORM}, which this version reads and writes",
            f"the folder is from servanda {note.get('version', '')}".rstrip(),
        )
    try:
        validated(_Note, note, FILE)
    except CaseError as error:
        place = f"run folder '{folder}', {error.where}"
        raise RunFolderError(place, error.found, error.expected, error.hint) from None
    _check_counts(note, where)
    if note["note_hash"] != _hash(note) or _text(note).encode() != content:
        raise RunFolderError(where, "other content than was written", "the file that the run wrote")
    return note


def no_run_folder(folder: Path, found: str) -> RunFolderError:
    """The error on a folder that is no run folder."""
    return RunFolderError(f"run folder '{folder}'", found, "a folder that `servanda run` wrote")


def _check_counts(note: Mapping[str, Any], where: str) -> None:
    done, runs = note["done"], note["runs"]
    if done > runs:
        raise RunFolderError(f"{where}: done", str(done), f"at most the {runs} runs asked for")
    if note["partial"] != (done < runs):
        found = f"{str(note['partial']).lower()} with {done} of {runs} runs done"
        raise RunFolderError(f"{where}: partial", found, str(done < runs).lower())


def _text(note: Mapping[str, Any]) -> str:
    return json.dumps(note, indent=2) + "\n"


def _hash(note: Mapping[str, Any]) -> str:
    content = {key: value for key, value in note.items() if key != "note_hash"}
    return blake2b(json.dumps(content, sort_keys=True).encode(), digest_size=16).hexdigest()
