"""Hashes of the files of a run folder, and a store that checks each file that is read.

    FOLDER/hashes/start.json    the case, the parameters, and what the store holds beside runs
    FOLDER/hashes/runs-N.json   the Nth piece of the runs: one file for each quantity and member
    FOLDER/hashes/end.json      the metrics, and the metadata of the complete store
    FOLDER/hashes/page.json     the briefing, if there is one
    FOLDER/hashes/policy-N.json the metrics under a policy that claims compare, by its file's name

Each list is written once and never changed, except that of the briefing, which may be made again.
Each policy has a list of its own, because two briefings may be made of one folder at once.
Hashes find damage and edits. They do not find a forger, who can make them again.
"""

import asyncio
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
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
START, END, PAGE, POLICY = "start", "end", "page", "policy-"
POLICIES = "policies"  # the folder
_CHUNK = re.compile(r"/[\d.]+$")
_PIECE = re.compile(rf"^(?:{STORE}/\w+/(?:\d+\.)*|hashes/runs-)(\d+)(?:\.json)?$")
# What a write that was interrupted leaves, of ours and of zarr.
_DRAFTS = (".draft", ".partial")
_ADDED = "a file that the run did not write", "no file of this name"
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
        self.runs = runs
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
            drafts.write(self.folder / _file_of(name), _text(self._lists[name]))
        self._changed.clear()

    def of(self, name: str) -> Mapping[str, str]:
        """The hashes of a list by file.

        Raises:
            RunFolderError: if the list is missing or damaged.
        """
        if name not in self._lists:
            content = self.content(_file_of(name))
            if content is None:
                raise self._error(_file_of(name), "no such file")
            try:
                found = json.loads(content)
            except (ValueError, RecursionError):
                found = None
            if not isinstance(found, dict) or _text(found).encode() != content:
                raise self._error(_file_of(name), "no list of hashes")
            self._lists[name] = found
        return self._lists[name]

    def chunks(self, name: str) -> list[str]:
        """The chunk files of a list."""
        return [file for file in self.of(name) if _is_chunk(file.removeprefix(f"{STORE}/"))]

    def pieces(self, done: int) -> Iterator[str]:
        """The names of the lists of the runs that are done."""
        return (f"runs-{number}" for number in range(-(-done // PIECE)))

    def check(self, file: str, content: bytes | None, name: str | None = None) -> None:
        """Compare the content of a file with its hash. The content of a missing file is None.

        Args:
            file: the file.
            content: its content.
            name: the list that holds the hash. If not given, it follows from the file.

        Raises:
            RunFolderError: if they differ.
        """
        if name is None:
            name = START if file in self.of(START) else self.list_of(file)
        if content is None:
            raise self._error(file, "no such file")
        known = self.of(name).get(file)
        if known is None:
            raise self._error(file, *_ADDED)
        if digest(content) != known:
            raise self._error(file, "other content than was written")

    def check_file(self, file: str, name: str | None = None, hint: str | None = None) -> None:
        """Read a file of the folder and compare it with its hash in a list.

        Args:
            file: the file.
            name: as for `check`.
            hint: how the file can be made again.

        Raises:
            RunFolderError: if they differ.
        """
        try:
            self.check(file, self.content(file), name)
        except RunFolderError as error:
            raise RunFolderError(error.where, error.found, error.expected, hint) from None

    def check_policy(self, file: str) -> None:
        """Compare the file of a policy with its hash."""
        again = f"remove {file}: `servanda brief` runs again what it lacks"
        self.check_file(file, self.list_of(file), again)

    def check_metadata(self) -> None:
        """Compare the metadata of the store with their hashes."""
        for key in METADATA:
            content = self.content(f"{STORE}/{key}")
            self.check(f"{STORE}/{key}", None if content is None else lasting(key, content))

    def has(self, name: str) -> bool:
        """Whether there is a list of this name."""
        return os.path.lexists(self.folder / _file_of(name))

    def policies(self) -> list[str]:
        """The names of the lists of the policies that have been run."""
        return sorted(path.stem for path in (self.folder / "hashes").glob(f"{POLICY}*.json"))

    def add_metadata(self) -> None:
        """Add the hashes of all metadata of the complete store to the last list."""
        for path in sorted((self.folder / STORE).rglob(".z*")):
            self.add(END, path.relative_to(self.folder).as_posix(), path.read_bytes())

    def check_nothing_added(self, metadata: Iterable[str], done: int) -> None:
        """Check that the case, the store and the hashes have no file that the run did not write.

        What an interrupted batch left is passed over: drafts, and pieces after the runs done.

        Args:
            metadata: the keys of the store's metadata.
            done: number of runs done.
        """
        pieces = list(self.pieces(done))
        made = (name for name in (END, PAGE) if self.has(name))
        lists = [START, *pieces, *made, *self.policies()]
        known = {*map(_file_of, lists), *(f"{STORE}/{key}" for key in metadata)}
        known = known.union(*map(self.of, lists), (f"{STORE}/{key}" for key in METADATA))
        for top in ("case", STORE, "hashes", POLICIES):
            for path in sorted((self.folder / top).rglob("*")):
                file = path.relative_to(self.folder).as_posix()
                piece = _piece(file)
                ahead = done < self.runs and piece is not None and piece >= len(pieces)
                folder = path.is_dir() and not path.is_symlink()
                if not (folder or ahead or file in known or path.suffix in _DRAFTS):
                    raise self._error(file, *_ADDED)

    def list_of(self, file: str) -> str:
        """The list in which a file should be if it is not in the first one."""
        if file.startswith(f"{POLICIES}/"):
            return f"{POLICY}{Path(file).stem}"
        if _is_chunk(file.removeprefix(f"{STORE}/")):
            return f"runs-{_piece(file)}"
        return START if "/" in file else END

    def content(self, file: str) -> bytes | None:
        """The content of a file of the folder; None if there is no such file.

        Raises:
            RunFolderError: if the file cannot be read.
        """
        path = self.folder / file
        try:
            return path.read_bytes() if path.is_file() else None
        except OSError as error:
            raise self._error(file, f"a file that cannot be read: {error.strerror}") from None

    def _error(self, file: str, found: str, expected: str | None = None) -> RunFolderError:
        where = f"run folder '{self.folder}', {file}"
        return RunFolderError(where, found, expected or self._expected(file))

    def _expected(self, file: str) -> str:
        piece = _piece(file)
        if piece is None or file in self._lists.get(START, {}):
            return "the file that the run wrote"
        last = min((piece + 1) * PIECE, self.runs) - 1
        what = file.split("/")[1].removesuffix(".json") if file.startswith(STORE) else "the hashes"
        return f"{what} of runs {piece * PIECE} to {last}, as the run wrote it"


def _text(hashes: Mapping[str, Any]) -> str:
    """The content of a file of a list."""
    return json.dumps(hashes, indent=1) + "\n"


def _file_of(name: str) -> str:
    return f"hashes/{name}.json"


def _piece(file: str) -> int | None:
    """The number of the piece of runs that a chunk, or a list of hashes, holds."""
    found = _PIECE.search(file)
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
        if not self._start and _is_chunk(key):
            file = f"{STORE}/{key}"
            content = await asyncio.to_thread(self._hashes.content, file)
            self._hashes.check(file, content)
            if byte_range is None and content is not None:
                return prototype.buffer.from_bytes(content)
        return await super().get(key, prototype, byte_range)

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
    for shape in growing(entries).values():
        shape[-1] = None


def growing(entries: Mapping[str, Any]) -> dict[str, list[Any]]:
    """The shapes of the arrays that grow along the runs, by name, in the entries of metadata."""
    found: dict[str, list[Any]] = {}
    for key, attributes in entries.items():
        name, _, kind = key.rpartition("/")
        if name and kind == ".zattrs" and attributes["_ARRAY_DIMENSIONS"][-1:] == ["run"]:
            found[name] = entries[f"{name}/.zarray"]["shape"]
    return found
