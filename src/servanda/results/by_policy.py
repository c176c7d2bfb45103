"""Metrics of the first runs of a run folder under other policies, kept so that none runs twice.

    FOLDER/policies/NAME.npz    every metric by run under one policy, on the runs that are judged

Claims compare policies. A policy's file is written as soon as it has been run, so that Ctrl-C and a
kill keep it, and `servanda brief` goes on from there.
"""

import errno
import io
import json
from collections import UserDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from servanda.errors import RunFolderError
from servanda.files import drafts
from servanda.results import note as notes
from servanda.results.hashes import POLICIES, Hashes, digest

_MAY_NOT = (errno.EACCES, errno.EPERM, errno.EROFS)
Settings = tuple[tuple[str, float | str], ...]
"""The levers of a policy as a key: sorted, so that their order does not matter."""
Metrics = dict[str, Float[np.ndarray, "run"]]
"""Metrics by name."""


def key(levers: Mapping[str, float | str]) -> Settings:
    """The levers of a policy as the key of a dictionary."""
    return tuple(sorted(levers.items()))


class MetricsByPolicy(UserDict[Settings, Metrics]):
    """The metrics of a folder's first runs by policy. What is added is written too.

    A folder that may not be written holds nothing more, and what is added is in memory only: the
    files only save time.

    Args:
        folder: the run folder.
        hashes: its hashes.
        runs: number of runs, the first ones of the folder.

    Raises:
        RunFolderError: if a file is damaged or none that a run wrote.
    """

    def __init__(self, folder: Path, hashes: Hashes, runs: int) -> None:
        super().__init__()
        self._folder = folder
        self._hashes = hashes
        # Runs of two versions may differ, so a policy is run again for another one.
        self._made = {"runs": runs, "versions": notes.versions()}
        for path in sorted((folder / POLICIES).glob("*.npz")):
            self._read(f"{POLICIES}/{path.name}")

    def __setitem__(self, levers: Settings, metrics: Metrics) -> None:
        """Add the metrics under a policy, and write them."""
        super().__setitem__(levers, metrics)
        name = digest(json.dumps([self._made, levers]).encode())
        note = json.dumps({**self._made, "levers": levers, "metrics": list(metrics)})
        content = io.BytesIO()
        np.savez(content, np.array(note), *metrics.values())
        self._write(f"{POLICIES}/{name}.npz", content.getvalue())

    def _write(self, file: str, content: bytes) -> None:
        where = f"run folder '{self._folder}'"
        with drafts.explained(where, RunFolderError, "the runs stay readable"):
            try:
                (self._folder / POLICIES).mkdir(exist_ok=True)
                # The hash first: a kill in between leaves no file without its hash.
                self._hashes.add(self._hashes.list_of(file), file, content)
                self._hashes.write()
                drafts.write(self._folder / file, content)
            except OSError as error:
                if error.errno not in _MAY_NOT:
                    raise

    def _read(self, file: str) -> None:
        self._hashes.check_policy(file)
        with np.load(self._folder / file, allow_pickle=False) as stored:
            note, *values = stored.values()
            made: dict[str, Any] = json.loads(str(note))
            levers, names = made.pop("levers"), made.pop("metrics")
            if made == self._made:
                settings = tuple((name, value) for name, value in levers)
                super().__setitem__(settings, dict(zip(names, values, strict=True)))
