"""Ctrl-C: most of a command has nothing to keep and ends at once; the rest is told by an exception.

Python's own way, an exception wherever the program happens to be, is not enough. Between modules
that are half imported it breaks them; in a callback of JAX's it is printed and lost, and the run
goes on; and an interpreter that shuts down while JAX still computes may crash.
"""

import _thread
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

# What a shell gives a program that Ctrl-C ended.
CODE = 128 + signal.SIGINT
# Seconds until an interrupt that a callback lost is raised again.
_AGAIN = 0.05
_SHOW_CURSOR = b"\x1b[?25h"


def leave(farewell: str = "") -> None:
    """End the program at once, as after Ctrl-C; nothing is taken down in order.

    Args:
        farewell: a last line for the terminal.
    """
    if sys.stderr.isatty():  # a bar of progress hides the cursor
        os.write(2, _SHOW_CURSOR)
    if farewell:
        os.write(2, f"{farewell}\n".encode())
    os._exit(CODE)


@contextmanager
def leaves(farewell: str = "") -> Iterator[None]:
    """Let Ctrl-C end the program at once, with a last line for the terminal."""
    with _handled(lambda *_: leave(farewell)):
        yield


@contextmanager
def raises() -> Iterator[None]:
    """Let Ctrl-C raise `KeyboardInterrupt`, for what has something to keep."""
    report = sys.unraisablehook

    def again(lost: Any) -> None:
        if lost.exc_type is KeyboardInterrupt:
            threading.Timer(_AGAIN, _thread.interrupt_main).start()
        else:
            report(lost)

    with _handled(signal.default_int_handler):
        sys.unraisablehook = again
        try:
            yield
        finally:
            sys.unraisablehook = report


@contextmanager
def _handled(handler: Callable[..., Any]) -> Iterator[None]:
    """Give Ctrl-C a handler; only the main thread may, and only there it arrives."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
