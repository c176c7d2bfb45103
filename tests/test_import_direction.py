"""Imports run downwards: a module may use only what stands below it in `LAYERS`.

`trade` and `history` are useful alone: they stand beside the mechanisms, may use only what `ALONE`
says, and are used only from the engine upwards.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

PACKAGE = "servanda"
SOURCE = Path(__file__).resolve().parents[1] / "src" / PACKAGE

# Lowest first. Parts on one line may not import each other.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("errors", "compiling"),
    ("files",),
    ("case", "sources"),
    ("world",),
    ("mechanisms", "trade", "history"),
    ("engine",),
    ("ensembles",),
    ("results",),
    ("observation",),
    ("calibration",),
    ("analysis", "scoring"),
    ("verdicts",),
    ("report",),
    ("briefing", "running"),
    ("cli",),
)
RANK = {part: rank for rank, parts in enumerate(LAYERS) for part in parts}
ALONE = {"trade": {"errors", "compiling", "files"}, "history": {"errors", "files", "sources"}}

# The public face: servanda/__init__.py and __main__.py may use everything and be used by nothing.
FACE = {"__init__", "__main__"}


class Import(NamedTuple):
    """One import of a part of Servanda: the line it is on and the dotted module it names."""

    line: int
    module: str


def test_imports_run_downwards():
    assert (SOURCE / "errors.py").is_file(), f"{SOURCE} is not where the package is"
    assert violations(SOURCE) == []


@pytest.mark.parametrize(
    ("path", "code", "message"),
    [
        (
            "world/ledger.py",
            "from servanda.engine.month import step\n",
            (
                "world/ledger.py:1: world imports servanda.engine.month;"
                " world may import only case, compiling, errors, files, sources"
            ),
        ),
        (
            "case/load.py",
            "import json\nimport servanda.report as r\n",
            (
                "case/load.py:2: case imports servanda.report;"
                " case may import only compiling, errors, files"
            ),
        ),
        (
            "mechanisms/exchange.py",
            "from ..trade import armington\n",
            (
                "mechanisms/exchange.py:1: mechanisms imports servanda.trade;"
                " mechanisms may import only case, compiling, errors, files, sources, world"
            ),
        ),
        (
            "trade/solver.py",
            "def f():\n    from servanda import case, errors\n",
            (
                "trade/solver.py:2: trade imports servanda.case;"
                " trade may import only compiling, errors, files"
            ),
        ),
        (
            "history/survival.py",
            "from servanda import trade\n",
            (
                "history/survival.py:1: history imports servanda.trade;"
                " history may import only errors, files, sources"
            ),
        ),
        (
            "sources/atop.py",
            "from servanda.history import Lifetimes\n",
            (
                "sources/atop.py:1: sources imports servanda.history;"
                " sources may import only compiling, errors, files"
            ),
        ),
        (
            "verdicts/verdict.py",
            "from servanda import run\n",
            (
                "verdicts/verdict.py:1: verdicts imports servanda (the public face), which may be"
                " imported by nothing inside the package; import the module that defines it"
            ),
        ),
        (
            "utils.py",
            "import json\n",
            (
                "utils.py: 'utils' has no place in LAYERS; give it one in"
                " tests/test_import_direction.py"
            ),
        ),
    ],
)
def test_a_wrong_import_is_named(tmp_path, path, code, message):
    write(tmp_path, path, code)
    assert violations(tmp_path) == [message]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("__init__.py", "from servanda.cli import main\n"),
        ("__main__.py", "import servanda\nfrom servanda.cli import main\n"),
        ("case/load.py", "from servanda.case import units\nfrom . import model\n"),
        ("mechanisms/base/core.py", "from ...world import ledger\nfrom servanda import errors\n"),
        ("engine/month.py", "from servanda.trade import solve\nimport jax\n"),
        ("cli.py", "from servanda.report import brief\nfrom servanda.errors import CaseError\n"),
    ],
)
def test_a_right_import_passes(tmp_path, path, code):
    write(tmp_path, path, code)
    assert violations(tmp_path) == []


def write(root: Path, path: str, code: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(code, encoding="utf-8")


def violations(root: Path) -> list[str]:
    """Every import under `root` that runs upwards or sideways, as a message that names it."""
    return [
        message
        for file in sorted(root.rglob("*.py"))
        for message in faults_of(file.relative_to(root), file.read_text(encoding="utf-8"))
    ]


def faults_of(file: Path, code: str) -> Iterator[str]:
    importer = file.with_suffix("").parts[0]
    if importer in FACE:
        return
    if importer not in RANK:
        yield (
            f"{file.as_posix()}: {importer!r} has no place in LAYERS;"
            " give it one in tests/test_import_direction.py"
        )
        return
    allowed = {importer} | ALONE.get(
        importer, {part for part, rank in RANK.items() if rank < RANK[importer]}
    )
    for found in imports_of(file, ast.parse(code, filename=str(file))):
        where = f"{file.as_posix()}:{found.line}: {importer} imports {found.module}"
        if found.module == PACKAGE:
            yield (
                f"{where} (the public face), which may be imported by nothing inside the package;"
                " import the module that defines it"
            )
        elif found.module.split(".")[1] not in allowed:
            names = ", ".join(sorted(allowed - {importer})) or "nothing"
            yield f"{where}; {importer} may import only {names}"


def imports_of(file: Path, tree: ast.Module) -> Iterator[Import]:
    """Imports of Servanda's own modules, wherever in the file they stand."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            modules = [named_module(file, node, alias.name) for alias in node.names]
        else:
            continue
        for module in dict.fromkeys(modules):
            if module.split(".")[0] == PACKAGE:
                yield Import(node.lineno, module)


def named_module(file: Path, node: ast.ImportFrom, name: str) -> str:
    """The absolute module of `from X import name`, where X may be relative or the package."""
    base = node.module or ""
    if node.level:
        package = (PACKAGE, *file.parent.parts)
        anchor = package[: len(package) - node.level + 1]
        base = ".".join([*anchor, base] if base else anchor)
    return f"{PACKAGE}.{name}" if base == PACKAGE and name in RANK else base
