"""A quantity that is read from a run folder when it is used, and not kept in memory."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import zarr


@dataclass(frozen=True)
class Stored:
    """A quantity in a run folder. It is read when it is indexed, and not kept.

    Attributes:
        array: the array in the store: (month, member, run), or (month, run).
        runs: number of runs to read.
    """

    array: zarr.Array[Any]
    runs: int

    def __getitem__(self, where: Any) -> np.ndarray:
        """Some months and members in every run; `...` for all."""
        places = where if isinstance(where, tuple) else (where,)
        with uninterrupted():
            return np.asarray(self.array[(*places, slice(self.runs))])

    def of_runs(self, runs: slice) -> np.ndarray:
        """All months and members in some runs."""
        with uninterrupted():
            return np.asarray(self.array[..., runs])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        """The whole quantity."""
        return np.array(self[...], dtype, copy=copy)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Delay Ctrl-C until the store has been read or written.

    Zarr reads and writes in its own thread, which prints errors on the terminal if it is stopped.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    held: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: held.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if held:
            signal.raise_signal(signal.SIGINT)
