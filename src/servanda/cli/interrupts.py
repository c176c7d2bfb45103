"""Ctrl-C: it ends the program at once, or raises `KeyboardInterrupt` while runs are saved.

Python raises `KeyboardInterrupt` at the line that is running. That is not enough here. The
exception breaks modules that are half imported. JAX prints and drops it in a callback, and the run
continues. The interpreter may crash if it shuts down while JAX computes.
"""

import _thread
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from servanda.errors import visible

# The exit code that a shell expects of a program that Ctrl-C ended.
CODE = 128 + signal.SIGINT
# Seconds until an interrupt that a callback dropped is raised again.
_AGAIN = 0.05
_SHOW_CURSOR = b"\x1b[?25h"


def exit_at_once(last_line: str = "") -> None:
    """End the program at once, with the exit code of Ctrl-C and without any clean-up.

    Args:
        last_line: printed to standard error before the program ends.
    """
    if sys.stderr.isatty():  # the progress bar hides the cursor
        os.write(2, _SHOW_CURSOR)
    if last_line:
        os.write(2, f"{visible(last_line)}\n".encode())
    os._exit(CODE)


@contextmanager
def exits_at_once(last_line: str = "") -> Iterator[None]:
    """Make Ctrl-C end the program at once, after printing a last line."""
    with _handled(lambda *_: exit_at_once(last_line)):
        yield


@contextmanager
def ignored() -> Iterator[None]:
    """Ignore Ctrl-C. For what follows a first one: what it left is told, whatever is pressed."""
    with _handled(signal.SIG_IGN):
        yield


@contextmanager
def raises_interrupt() -> Iterator[None]:
    """Make Ctrl-C raise `KeyboardInterrupt`, so that the caller can keep finished runs."""
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
def _handled(handler: Callable[..., Any] | signal.Handlers) -> Iterator[None]:
    """Set the handler of Ctrl-C, which Python allows in the main thread only."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
