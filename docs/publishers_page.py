"""The page of publishers' files, from the docstring of each adapter in `servanda.sources`."""

import inspect
import pkgutil
from importlib import import_module
from types import ModuleType

from markup import NOTICE, code, codes

from servanda import sources

HELPERS = {"frames"}  # shared by adapters; not a format


def publishers_page() -> str:
    """Every format that has an adapter, from the docstrings."""
    names = [one.name for one in pkgutil.iter_modules(sources.__path__) if one.name not in HELPERS]
    modules = [import_module(f"{sources.__name__}.{name}") for name in names]
    about = (inspect.getdoc(sources) or "").partition("\n\n")[2]
    return f"{NOTICE}# Publishers' files\n\n{about}\n" + "".join(map(_section, modules))


def _section(module: ModuleType) -> str:
    title, _, body = (inspect.getdoc(module) or "").partition("\n\n")
    readers = [name for name in vars(module) if name.startswith("read_")]
    own = [name for name in readers if getattr(module, name).__module__ == module.__name__]
    name = module.__name__.rpartition(".")[2]
    return f"\n## {name}\n\n{title}\n\n{body}\n\nIn {code(module.__name__)}: {codes(own)}.\n"
