"""A hash of the package's own code, for what is kept between calls and must not outlive it."""

from functools import cache
from hashlib import blake2b
from importlib.resources import files
from pathlib import Path


@cache
def code_digest() -> str:
    """A hash of the names and the content of all modules of the package."""
    package, found = Path(str(files("servanda"))), blake2b(digest_size=12)
    for path in sorted(package.rglob("*.py")):
        found.update(f"{path.relative_to(package).as_posix()}\0".encode())
        found.update(path.read_bytes())
    return found.hexdigest()
