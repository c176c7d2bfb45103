"""Hashes of the files of a run folder, and a store that checks each file that is read.

    FOLDER/hashes/start.json    the case, the parameters, and what the store holds beside runs
    FOLDER/hashes/runs-N.json   the Nth piece of the runs: one file for each quantity and member
    FOLDER/hashes/end.json      the metrics

Each list is written once, after the files that it names, and never changed. Hashes find damage and
edits. They do not find a forger, who can make them again.
"""

import json
import re
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any

from zarr.abc.store import ByteRequest
from zarr.core.buffer import Buffer, BufferPrototype, default_buffer_prototype
from zarr.storage import LocalStore, WrapperStore

from servanda.engine import CHUNK
from servanda.errors import RunFolderError
from servanda.files import drafts

STORE = "results.zarr"
# The runs of one piece. A device computes as many in a call, so that a batch fills whole pieces.
PIECE = 4 * CHUNK
START, END = "start", "end"
_CHUNK = re.compile(r"/[\d.]+$")
_NUMBER = re.compile(r"(\d+)(\.json)?$")
# The metadata that zarr reads. The copies beside each array are compared with `.zmetadata`.
METADATA = (".zmetadata", ".zattrs", ".zgroup")


def digest(content: bytes) -> str:
    """The hash of the content of a file."""
    return blake2b(content, digest_size=16).hexdigest()


class Hashes:
    """The lists of hashes of one run folder. A file is named by its path in the folder.

    Args:
        folder: the run folder.
        runs: number of runs asked for.
    """

    def __init__(self, folder: Path, runs: int) -> None:
        self.folder = folder
        self._runs = runs
        self._lists: dict[str, dict[str, str]] = {}
        self._changed: set[str] = set()

    def add(self, name: str, file: str, content: bytes) -> None:
        """Add the hash of a file to a list."""
        self._lists.setdefault(name, {})[file] = digest(content)
        self._changed.add(name)

    def write(self) -> None:
        """Write the lists that were changed."""
        (self.folder / "hashes").mkdir(exist_ok=True)
        for name in sorted(self._changed):
            text = json.dumps(self._lists[name], indent=1) + "\n"
            drafts.write(self.folder / _file_of(name), text)
        self._changed.clear()

    def of(self, name: str) -> Mapping[str, str]:
        """The hashes of a list by file.

        Raises:
            RunFolderError: if the list is missing or damaged.
        """
        if name not in self._lists:
            try:
                found = json.loads((self.folder / _file_of(name)).read_bytes())
            except FileNotFoundError:
                raise self._error(_file_of(name), "no such file") from None
            except (OSError, ValueError, RecursionError):
                found = None
            if not isinstance(found, dict) or not all(isinstance(v, str) for v in found.values()):
                raise self._error(_file_of(name), "no list of hashes")
            self._lists[name] = found
        return self._lists[name]

    def chunks(self, name: str) -> list[str]:
        """The chunk files of a list."""
        return [file for file in self.of(name) if _is_chunk(file.removeprefix(f"{STORE}/"))]

    def pieces(self, done: int) -> Iterator[str]:
        """The names of the lists of the runs that are done."""
        return (f"runs-{number}" for number in range(-(-done // PIECE)))

    def check(self, file: str, content: bytes | None) -> None:
        """Compare the content of a file with its hash. The content of a missing file is None.

        Raises:
            RunFolderError: if they differ.
        """
        name = START if file in self.of(START) else self.list_of(file)
        known = self.of(name).get(file)
        if content is None:
            raise self._error(file, "no such file")
        if known is None:
            raise self._error(file, "a file that the run did not write")
        if digest(content) != known:
            raise self._error(file, "other content than was written")

    def check_file(self, file: str) -> None:
        """Read a file of the folder and compare it with its hash."""
        path = self.folder / file
        self.check(file, path.read_bytes() if path.is_file() else None)

    def check_metadata(self) -> None:
        """Compare the metadata of the store with their hashes."""
        for key in METADATA:
            path = self.folder / STORE / key
            content = lasting(key, path.read_bytes()) if path.is_file() else None
            self.check(f"{STORE}/{key}", content)

    def list_of(self, file: str) -> str:
        """The list in which a file should be if it is not in the first one."""
        if _is_chunk(file.removeprefix(f"{STORE}/")):
            return f"runs-{_piece(file)}"
        return START if "/" in file else END

    def _error(self, file: str, found: str) -> RunFolderError:
        return RunFolderError(f"run folder '{self.folder}', {file}", found, self._expected(file))

    def _expected(self, file: str) -> str:
        piece = _piece(file)
        if piece is None or file in self._lists.get(START, {}):
            return "the file that the run wrote"
        last = min((piece + 1) * PIECE, self._runs) - 1
        what = file.split("/")[1].removesuffix(".json") if file.startswith(STORE) else "the hashes"
        return f"{what} of runs {piece * PIECE} to {last}, as the run wrote it"


def _file_of(name: str) -> str:
    return f"hashes/{name}.json"


def _piece(file: str) -> int | None:
    """The number of the piece of runs that a chunk, or a list of hashes, holds."""
    found = _NUMBER.search(file)
    return None if found is None else int(found[1])


class CheckedStore(WrapperStore[LocalStore]):
    """A store of zarr that notes the hash of each file it writes, and checks each chunk it reads.

    Args:
        store: the store.
        hashes: the hashes of the run folder.
        start: whether the store is being made.
    """

    def __init__(self, store: LocalStore, hashes: Hashes, *, start: bool = False) -> None:
        super().__init__(store)
        self._hashes = hashes
        self._start = start

    def _with_store(self, store: LocalStore) -> "CheckedStore":
        return CheckedStore(store, self._hashes, start=self._start)

    async def get(
        self,
        key: str,
        prototype: BufferPrototype | None = None,
        byte_range: ByteRequest | None = None,
    ) -> Buffer | None:
        """The content of a file, or None; raises `RunFolderError` on a chunk that was changed."""
        prototype = prototype or default_buffer_prototype()
        whole = await super().get(key, prototype)
        if not self._start and _is_chunk(key):
            self._hashes.check(f"{STORE}/{key}", None if whole is None else whole.to_bytes())
        return whole if byte_range is None else await super().get(key, prototype, byte_range)

    async def set(self, key: str, value: Buffer) -> None:
        """Write a file, and note its hash."""
        await super().set(key, value)
        file, content = f"{STORE}/{key}", value.to_bytes()
        if self._start and (key in METADATA or _is_chunk(key)):
            self._hashes.add(START, file, lasting(key, content))
        elif _is_chunk(key):
            self._hashes.add(self._hashes.list_of(file), file, content)


def _is_chunk(key: str) -> bool:
    """Whether a file of the store is a chunk of an array, and not metadata."""
    return _CHUNK.search(key) is not None


def lasting(key: str, content: bytes) -> bytes:
    """The content of a file of the store without what changes while a run goes on.

    That is the number of runs done and the mark `partial`, both in the metadata.
    """
    if key not in METADATA:
        return content
    try:
        document = json.loads(content)
        entries = document.get("metadata", {".zattrs": document})
        blank(entries)
        return json.dumps(document, sort_keys=True).encode()
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError):
        return content  # damaged, so its hash differs


def blank(entries: dict[str, Any]) -> None:
    """Take out of the entries of metadata, in place, what changes while a run goes on."""
    entries.get(".zattrs", {}).pop("partial", None)
    for key, attributes in entries.items():
        name, _, kind = key.rpartition("/")
        if name and kind == ".zattrs" and attributes["_ARRAY_DIMENSIONS"][-1:] == ["run"]:
            entries[f"{name}/.zarray"]["shape"][-1] = None
