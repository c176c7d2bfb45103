"""A figure is the same on the terminal, in the briefing and in the analysis, which computes it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import numpy as np
import pytest
from altair.utils.schemapi import debug_mode

from servanda.analysis.accounts import accounts
from servanda.analysis.fate import Fate, fates
from servanda.analysis.frontier import Frontier, frontiers
from servanda.cli.answer import answer
from servanda.engine import assemble
from servanda.report import frontier, words
from servanda.report.figure import spec_of
from servanda.report.page import brief
from servanda.results import Results
from tests.builders import tiny_case
from tests.report.invented import invented

SOURCE = Path(__file__).resolve().parents[1] / "src" / "servanda"


@pytest.fixture(scope="module")
def results() -> Results:
    """Runs enough for every square of the frontier, with fates and hazards drawn at random.

    Pacts with much hidden payment end more often, so that the frontiers are shown.
    """
    made, rng = invented(assemble(tiny_case()), 1500), np.random.default_rng(7)
    arrays = made.arrays
    for name in ("obligation", "paid", "paid_in_sight", "arrears"):
        arrays[name][:] *= 1e6
    (account,) = accounts(made)
    rank = account.hidden[made.cutoff].argsort().argsort() / 1500
    over, quiet = rng.random(1500) < 0.2 + 0.34 * rank, rng.random(1500) < 0.31
    arrays["alive"][-6:] = ~over
    arrays["ending"][:] = np.where(arrays["alive"] > 0, 0, 2)
    arrays["dormant"][-3:] = ~over & quiet
    arrays["base_hazard"][:] = np.linspace(0.001, 0.05, 1500, dtype=np.float32)
    return made


@pytest.fixture(scope="module")
def fate(results: Results) -> Fate:
    (one,) = fates(results)
    return one


@pytest.fixture(scope="module")
def grids(results: Results, fate: Fate) -> list[Frontier]:
    (account,) = accounts(results)
    found = frontiers(fate, account)
    assert [grid.name for grid in found] == ["Credit horizon", "Worth of security"]
    return found


@pytest.fixture
def printed(results: Results, monkeypatch, capsys) -> list[list[str]]:
    """The answer on the terminal, as the cells of its rows."""
    monkeypatch.setenv("COLUMNS", "250")
    answer(results, [])
    lines = capsys.readouterr().out.splitlines()
    return [[cell.strip() for cell in line.split("│")[1:-1]] for line in lines if "│" in line]


@pytest.fixture(scope="module")
def page(results: Results, tmp_path_factory) -> str:
    out = brief(results, [], [], tmp_path_factory.mktemp("same") / "briefing.html")
    return out.read_text(encoding="utf-8").replace(words.THIN, " ")


def in_row(rows: list[list[str]], name: str) -> str:
    """The last cell of the row with this cell before it."""
    (row,) = [row for row in rows if name in row]
    return row[-1]


def test_the_shares_of_the_pact_are_the_same(fate, printed, page):
    shares = {state: float(values[-1]) for state, values in fate.states.items()}
    assert all(0 < share < 1 for share in shares.values())
    names = {"in use": "in force and in use", "dormant": "in force, dormant", "over": "over"}
    on_terminal = {state: in_row(printed, name) for state, name in names.items()}
    for state, share in shares.items():
        assert on_terminal[state].startswith(f"{share:.1%} ± ")
    # the head of the briefing draws them to four decimals, and says them in whole percent
    drawn = re.findall(r'<span class="(in-use|dormant|over)" style="flex: ([\d.]+) 1 0">', page)
    assert {state.replace("-", " "): float(width) for state, width in drawn} == {
        state: round(share, 4) for state, share in shares.items()
    }
    (head,) = re.findall(r'<div class="bar" role="img" aria-label="([^"]+)"', page)
    said = dict(re.findall(r"(in use|dormant|over) (\d+) %", head))
    for state, share in shares.items():
        assert abs(int(said[state]) - 100 * share) < 1
    assert sum(map(int, said.values())) == 100


def test_what_past_alliances_say_alone_is_the_same(fate, printed, page):
    alone = fate.by_class_alone
    assert 0.1 < alone < 0.9
    assert in_row(printed, "in force by base hazard of reference class") == f"{alone:.1%}"
    said = re.search(
        r"The base hazard of the reference classes alone gives a probability of (\d+) %", page
    )
    assert int(said[1]) == round(100 * alone)


def test_the_quarters_of_the_frontier_are_the_same(grids, fate, printed):
    heads = [i for i, row in enumerate(printed) if len(row) == 5]
    squares = [[printed[i][1:] for i in heads[n : n + 4]] for n in (0, 4)]
    with debug_mode(False):  # as the page draws them
        pictures = frontier.figures(grids, fate.partnership.label)
    for grid, square, picture in zip(grids, squares, pictures, strict=True):
        few = np.isnan(grid.alive)
        percents = [f"{share:.0%}" for share in grid.alive.ravel()]
        on_terminal = np.array(square).T.ravel()
        errors = [f" ± {error:.0%}" for error in grid.error.ravel()]
        cells = np.char.add(percents, errors)
        assert on_terminal.tolist() == np.where(few.ravel(), "too few", cells).tolist()
        drawn = spec_of(picture.chart)["data"]["values"]
        assert [row["text"].replace(words.THIN, "") for row in drawn] == (
            np.where(few.ravel(), "too few", percents).tolist()
        )
        shares = [np.nan if row["alive"] is None else row["alive"] for row in drawn]
        assert shares == pytest.approx(grid.alive.ravel(), abs=1e-3, nan_ok=True)
    assert not np.isnan(grids[0].alive).any()
    assert np.isnan(grids[1].alive).any()  # as this worth goes with hidden payment


# ── showing computes nothing ────────────────────────────────────────────────────────────────────

# Reductions over runs must heed their weights: `servanda.ensembles.weighted` has them.
REDUCTIONS = {"average", "corrcoef", "histogram", "mean", "median", "percentile", "quantile", "std"}
MAKERS = {"servanda.engine.simulate", "servanda.ensembles.draws", "servanda.ensembles.executors"}


def shown() -> list[Path]:
    return sorted([*(SOURCE / "report").glob("*.py"), *(SOURCE / "cli").glob("*.py")])


@pytest.mark.parametrize("file", shown(), ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_what_shows_neither_draws_nor_simulates_nor_reduces_without_weights(file):
    tree = ast.parse(file.read_text(encoding="utf-8"))
    imported: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            module = node.module or ""
            imported |= {module, *(f"{module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
    assert imported.isdisjoint(
        MAKERS | {"servanda.ensembles.simulate", "servanda.engine.Simulator"}
    )
    used = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id in ("np", "numpy")
    }
    assert used.isdisjoint(REDUCTIONS | {"random"})
