"""What docs/generate.py says when a page is stale."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.fixture
def generate(monkeypatch):
    """The generator, with a documentation folder of its own."""
    monkeypatch.syspath_prepend(str(DOCS))
    module = importlib.import_module("generate")
    yield module
    for path in DOCS.glob("*.py"):
        sys.modules.pop(path.stem, None)


def run(generate, monkeypatch, *options):
    monkeypatch.setattr(sys, "argv", ["generate.py", *options])
    return generate.main()


@pytest.fixture
def empty(generate, monkeypatch, tmp_path):
    """One wanted page, and a folder that does not have it yet."""
    docs = tmp_path / "docs"
    docs.mkdir()
    monkeypatch.setattr(generate, "DOCS", docs)
    monkeypatch.setattr(generate, "CONFIG", tmp_path / "mkdocs.yml")
    page = docs / "mechanisms" / "war.md"
    monkeypatch.setattr(generate, "wanted", lambda: {page: "# War\n"})
    return page


def test_a_stale_page_is_named_and_left_alone(generate, empty, monkeypatch, capsys):
    assert run(generate, monkeypatch, "--check") == 1
    assert capsys.readouterr().err == (
        "stale: docs/mechanisms/war.md\n  hint: run docs/generate.py and look at what changed\n"
    )
    assert not empty.exists()


def test_a_written_page_is_fresh(generate, empty, monkeypatch):
    assert run(generate, monkeypatch) == 0
    assert empty.read_text(encoding="utf-8") == "# War\n"
    assert run(generate, monkeypatch, "--check") == 0


def test_a_page_of_a_mechanism_that_is_gone_is_stale_and_then_removed(
    generate, empty, monkeypatch, capsys
):
    run(generate, monkeypatch)
    gone = empty.with_name("peace.md")
    gone.write_text("# Peace\n", encoding="utf-8")
    capsys.readouterr()
    assert run(generate, monkeypatch, "--check") == 1
    assert capsys.readouterr().err.startswith("stale: docs/mechanisms/peace.md\n")
    run(generate, monkeypatch)
    assert not gone.exists()


def test_a_key_without_a_meaning_is_named(generate, monkeypatch):
    monkeypatch.setattr(generate.case_keys, "_meanings", lambda: {"Route": {"name": "its name"}})
    with pytest.raises(SystemExit) as stopped:
        generate.keys_part("Route")
    assert str(stopped.value) == "docs/keys.toml: found no [Route] target, expected its meaning"


def test_a_meaning_without_a_key_is_named(generate, monkeypatch):
    meanings = {"Route": {"name": "its name", "target": "whom", "end": "where"}}
    monkeypatch.setattr(generate.case_keys, "_meanings", lambda: meanings)
    with pytest.raises(SystemExit) as stopped:
        generate.keys_part("Route")
    assert str(stopped.value) == "docs/keys.toml: found [Route] end, expected a key of Route"


def test_only_what_stands_between_the_marks_is_written(generate, monkeypatch):
    monkeypatch.setattr(generate, "PARTS", {"greeting": lambda: "hello\n"})
    page = "before\n<!-- generated: greeting -->\nold\n<!-- end of generated -->\nafter\n"
    config = "nav:\n    # generated: greeting\n    # end of generated\n  - x\n"
    assert generate.filled(page) == (
        "before\n<!-- generated: greeting -->\n\nhello\n\n<!-- end of generated -->\nafter\n"
    )
    assert generate.filled(config) == (
        "nav:\n    # generated: greeting\nhello\n    # end of generated\n  - x\n"
    )


def test_only_words_between_stars_are_emphasised(monkeypatch):
    monkeypatch.syspath_prepend(str(DOCS))
    starred = importlib.import_module("markup").starred
    text = "*no deal* leaves A*, and (1 − A/A*)₊ of *it*"
    assert starred(text) == "*no deal* leaves A\\*, and (1 − A/A\\*)₊ of *it*"
