"""Whether what is asked for fits into free memory, and on the disk, before it is begun."""

import shutil
from pathlib import Path

import psutil

from servanda.errors import UsageError

# Where Linux tells the limit of a container's memory, and how much of it is used.
_CONTAINER, _LIMITS = Path("/sys/fs/cgroup"), ("memory.max", "memory.current")
_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")
_STEP = 1000


def check_memory(count: int, what: str, each: float, beside: float = 0.0) -> None:
    """Raise `UsageError` unless free memory holds them.

    Args:
        count: how many are asked for.
        what: what they are, as `runs`.
        each: bytes of memory that each needs.
        beside: bytes that are needed however few are asked for.
    """
    _check(count, what, each, beside, _free_memory(), "memory")


def check_disk(count: int, what: str, each: float, folder: Path) -> None:
    """Raise `UsageError` unless the disk of a folder, which need not exist yet, holds them."""
    try:
        there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
        free = shutil.disk_usage(there).free
    except OSError:  # whoever writes the folder says what is wrong with it
        return
    _check(count, what, each, 0.0, free, "disk space")


def _free_memory() -> float:
    """Free memory of the machine, or of the container that this process is in."""
    free = float(psutil.virtual_memory().available)
    try:
        limit, used = (float((_CONTAINER / name).read_text()) for name in _LIMITS)
        details = (_CONTAINER / "memory.stat").read_text().split()
    except (OSError, ValueError):  # no container, or one without a limit
        return free
    cached = float(dict(zip(details[::2], details[1::2], strict=True)).get("inactive_file", 0))
    return min(free, limit - used + cached)


def readable(size: float) -> str:
    """A number of bytes as people read it, as 1.5 GB."""
    unit = 0
    while size >= _STEP and unit < len(_UNITS) - 1:
        size, unit = size / _STEP, unit + 1
    return f"{size:.3g} {_UNITS[unit]}"


def _check(count: int, what: str, each: float, beside: float, free: float, of: str) -> None:
    if count * each + beside <= free:
        return
    most = int((free - beside) // each) if each else 0
    allowed = f"at most {most:,} {what}" if most > 0 else f"more {of}"
    raise UsageError(
        what,
        f"{count:,}, which need about {readable(count * each + beside)} of {of}",
        f"{allowed}: {readable(free)} are free",
    )
