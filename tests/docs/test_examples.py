"""Every example in the documentation runs: Python page by page, the case format as one case."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import partial
from pathlib import Path

import pytest
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser

from servanda.calibration import calibrate
from servanda.calibration.posterior import FEWEST, Settings
from servanda.case import load
from servanda.engine.catalogue import Catalogue, quantities
from servanda.history import read_reference_classes
from servanda.trade import effects, read_baseline, read_effects, read_regimes
from servanda.world import Axes, Layout

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
SYBIL = Sybil(parsers=[PythonCodeBlockParser()], path=str(DOCS))


def python_pages() -> list[Path]:
    """Pages with Python on them, the readme among them."""
    pages = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
    return [p for p in pages if "```python" in p.read_text(encoding="utf-8")]


def test_there_are_pages_with_python_examples():
    assert "start.md" in [p.name for p in python_pages()]


@pytest.fixture
def learned_in_haste(monkeypatch):
    """Examples show how to ask, and not how exact an answer is."""
    monkeypatch.setattr(calibrate, "Settings", partial(Settings, 1, FEWEST, 1))


@pytest.mark.usefixtures("unchecked", "learned_in_haste")  # unchecked as for a reader
@pytest.mark.parametrize("page", python_pages(), ids=lambda p: p.name)
def test_python_examples_run_from_top_to_bottom(page):
    examples = list(SYBIL.parse(page))
    for example in examples:
        example.evaluate()
    assert examples


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> Path:
    """The parts of the case on the page of the case format, put together by file."""
    files = defaultdict(list)
    text = (DOCS / "case-format.md").read_text(encoding="utf-8")
    for name, body in re.findall(
        r'^```\w+ title="(\S+)"\n(.*?)^```$', text, re.MULTILINE | re.DOTALL
    ):
        files[name].append(body)
    folder = tmp_path_factory.mktemp("example")
    for name, bodies in files.items():
        (folder / name).write_text("\n".join(bodies), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def case(written):
    return load(written)


def test_the_case_format_page_shows_every_file(written):
    assert sorted(p.name for p in written.iterdir()) == [
        "case.toml",
        "claims.toml",
        "evidence.csv",
        "parameters.toml",
        "reference_classes.toml",
        "regimes.toml",
        "series.toml",
        "sources.csv",
        "trade_baseline.csv",
        "trade_baseline.toml",
        "trade_effects.csv",
    ]


def test_the_case_on_the_page_loads(case):
    assert [t.label for t in case.spec.ties][:2] == ["AAA>BBB:shells", "AAA>BBB:troops"]
    assert [c.slug for c in case.claims] == ["shells-sustain-war"]


def test_every_number_on_the_page_is_one_of_a_mechanism(case):
    axes = Axes.of(case.spec)
    declared = {
        f"{slot}.{name}": field.metadata["axis"]
        for slot, theory in Catalogue.of().chosen(case).items()
        for name, field in theory.Parameters.__dataclass_fields__.items()
    }
    for name, table in case.parameters.items():
        if name != "observation.bias":
            assert set(table.priors) <= set(axes[declared[name]]), name


def test_every_quantity_on_the_page_resolves(case):
    layout = Layout(Axes.of(case.spec), quantities(Catalogue.of().chosen(case).values()))
    names = [m.quantity for m in case.spec.metrics]
    names += [name for series in case.evidence.series for name in series.observes]
    assert [layout.resolve(name, "the page").unit for name in names]


def test_sanctions_are_read_and_solved_as_shown(written):
    regimes = read_regimes(written / "regimes.toml")
    assert [r.name for r in regimes] == ["enforcement"]
    shown = read_effects(written / "trade_effects.csv")
    assert [e.regime for e in shown] == ["indifference", "selective", "enforcement"]
    solved = effects(regimes, read_baseline(written), ["2021-06"])
    assert {e.actor for e in solved} == {"BBB"}
    enforced = [e for e in solved if e.regime == "enforcement"]
    assert all(e.real_income_change < 0 for e in enforced if e.severity >= -1)


def test_reference_classes_are_read_as_shown(written):
    classes = read_reference_classes(written / "reference_classes.toml")
    assert [c.name for c in classes.classes] == ["bilateral-defence"]
