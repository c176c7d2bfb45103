"""beartype for the import hook, which decorates methods one by one.

beartype refuses `typing.Self` on a method whose class it does not decorate too (beartype 0.23), so
`Self` is read as `Any`. As for mypy, an int is a float. Everything else, array shapes first of all,
is checked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Self

import jaxtyping
from beartype import BeartypeConf, beartype

_CONF = BeartypeConf(is_pep484_tower=True)


def check(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, its arguments and result checked against its annotations."""
    hints = getattr(function, "__annotations__", {})
    for name, hint in hints.items():
        if hint is Self:
            hints[name] = Any
    return beartype(function, conf=_CONF)


@contextmanager
def paused() -> Iterator[None]:
    """Nothing is checked, as outside of tests."""
    jaxtyping.config.update("jaxtyping_disable", True)
    try:
        yield
    finally:
        jaxtyping.config.update("jaxtyping_disable", False)
