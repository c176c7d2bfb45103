"""The folder of the user's cache."""

import os
from pathlib import Path


def cache_folder(name: str) -> Path:
    """A folder of Servanda in the user's cache, which may not be there yet."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return home / "servanda" / name
