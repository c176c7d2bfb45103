"""Scoring a small case from one origin, from its priors and from what it learned; and refusals."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import servanda
from servanda.calibration import choice
from servanda.calibration.calibrate import calibrate
from servanda.calibration.posterior import Posterior, Settings
from servanda.case import Case
from servanda.engine import Simulator
from servanda.errors import UsageError
from servanda.scoring import points
from servanda.scoring import score as scoring
from servanda.scoring.baselines import TOTALS
from servanda.scoring.score import LEARNING, RUNNING, score
from servanda.scoring.scoreboard import Scoreboard
from tests.calibration.conftest import HOW as SHARED
from tests.cases import template

ORIGIN = "2021-12"
HOW: dict[str, Any] = {"origins": [ORIGIN], "runs": 64}


@pytest.fixture(scope="module")
def board(told: Case) -> Scoreboard:
    return score(told, **HOW, prior=True)


def test_every_figure_of_the_next_twelve_months_is_scored_or_left_out_with_the_reason(board):
    assert [(row.figure, row.value, row.horizon) for row in board.rows] == [
        ("E5", 50_000, 3),
        ("E6", 200_000, 6),
        ("E7", 300_000, 12),
    ]
    assert [(one.figure, one.why) for one in board.left_out] == [
        ("E8", points.BOUND),
        ("E9", points.TOO_FAR),
    ]
    assert {row.baseline for row in board.rows} <= set(TOTALS)


def test_it_says_what_it_was_made_from(board, told):
    made = {name: board.made_from[name] for name in board.made_from if name != "versions"}
    assert made == {
        "case": "tiny",
        "case_digest": told.digest,
        "changes": [],
        "origins": {ORIGIN: "prior"},
        "runs": 64,
        "learned": None,
        "seed": 1,
    }
    assert board.made_from["versions"]["servanda"] == servanda.__version__


def test_the_same_call_gives_the_same_scores_and_another_seed_gives_others(board, told):
    assert score(told, **HOW, prior=True).json() == board.json()
    assert score(told, **HOW, prior=True, seed=2).rows != board.rows


def test_figures_after_the_origin_change_neither_the_baseline_nor_the_runs(board, told):
    """Revision is a share of the figure itself, so the spread of a large figure is larger."""
    rows = [
        replace(o, value=3 * o.value) if o.known_on > date(2021, 12, 31) else o
        for o in told.evidence.observations
    ]
    changed = replace(told, evidence=replace(told.evidence, observations=tuple(rows)))
    found = score(changed, **HOW, prior=True)
    assert [row.value for row in found.rows] != [row.value for row in board.rows]
    for one, other in zip(board.rows, found.rows, strict=True):
        assert one.model.quantiles[2] == pytest.approx(other.model.quantiles[2], rel=0.05)
        assert one.against is not None
        assert other.against is not None
        assert one.against.quantiles == other.against.quantiles


def test_the_case_may_be_a_folder_and_progress_is_told(told_folder, board):
    told: list[tuple[str, str, float]] = []
    found = servanda.score(told_folder, **HOW, prior=True, progress=lambda *at: told.append(at))
    assert found.rows == board.rows
    assert {at[:2] for at in told} == {(ORIGIN, RUNNING)}
    assert told[-1][2] == 1


def test_the_posterior_is_learned_from_what_was_known_by_the_origin(
    told, board, monkeypatch, cache_home
):
    """That of the template stands in for it, which other tests learned."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache_home))
    learned = calibrate(template(), **SHARED)
    asked: list[tuple[str, Settings]] = []

    def learn(simulator: Simulator, settings: Settings, progress: Any) -> Posterior:
        asked.append((simulator.model.case.spec.as_of, settings))
        progress(0, 0.5, 1, 3)
        return replace(learned, case=simulator.model.digest)

    monkeypatch.setattr(choice, "learned", learn)
    at = []
    found = score(told, **HOW, particles=256, progress=lambda *given: at.append(given[1]))
    assert asked == [(ORIGIN, Settings(particles=256))]
    assert found.made_from["origins"] == {ORIGIN: "posterior"}
    assert found.made_from["learned"] == "2 × 256 particles, moves 3, seed 1"
    assert at[:2] == [LEARNING, RUNNING]
    assert [row.against for row in found.rows] == [row.against for row in board.rows]
    assert [row.model for row in found.rows] != [row.model for row in board.rows]


def test_with_nothing_to_learn_from_runs_are_drawn_from_the_priors_and_it_says_so(told):
    """Bounds alone do not teach."""
    rows = [
        replace(o, bound="at least") if o.known_on <= date(2021, 12, 31) else o
        for o in told.evidence.observations
    ]
    bounds = [o for o in rows if o.id in ("E1", "E6", "E7")]
    case = replace(told, evidence=replace(told.evidence, observations=tuple(bounds)))
    found = score(case, **HOW)
    assert found.made_from["origins"] == {ORIGIN: "prior"}
    assert [row.baseline for row in found.rows] == [None, None]


# ── refused ─────────────────────────────────────────────────────────────────────────────────────

NOT_KNOWN = (
    "the record of case 'tiny': found no figure that was known by 2020-12 and is compared with "
    "runs, expected at least one known by each origin\n  hint: the first figure was known on "
    "2021-01-15"
)
NOTHING_LATER = (
    "the record of case 'tiny': found no figure about the twelve months after 2023-12, 2024-01 "
    "that became known later, expected at least one to score"
)


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"origins": []}, "origins: found none, expected at least one month"),
        (
            {"origins": "2021-12"},
            "origins: found '2021-12', expected a list of months, such as ['2024-06']",
        ),
        ({"origins": ["21-12"]}, "origins: found '21-12', expected a month like 2024-06"),
        (
            {"origins": ["2019-12"]},
            "origins: found '2019-12', expected a month from 2020-02 to 2025-11",
        ),
        (
            {"origins": ["2021-12", "2021-12"]},
            "origins: found '2021-12' twice, expected each month once",
        ),
        ({"origins": ["2020-12", "2021-12"]}, NOT_KNOWN),
        ({"origins": ["2023-12", "2024-01"]}, NOTHING_LATER),
        ({"runs": 0}, "runs: found 0, expected at least 1"),
        ({"seed": -1}, "seed: found -1, expected a whole number from 0 to 4294967295"),
        ({"particles": 1, "origins": ["2021-12"]}, "particles: found 1, expected at least 64"),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("unchecked")
def test_what_cannot_be_scored_is_refused_before_anything_is_run(told, monkeypatch, how, message):
    monkeypatch.setattr(scoring, "run_policies", None)
    with pytest.raises(UsageError) as refused:
        score(told, **how)
    assert str(refused.value) == message


def test_default_origins_are_the_cut_off_and_six_and_twelve_months_before():
    assert scoring._default(template()) == ["2021-12", "2021-06", "2020-12"][::-1]
    early = template().at("2020-08")
    assert scoring._default(early) == ["2020-02", "2020-08"]


def test_a_figure_of_a_source_that_no_rule_covers_is_refused(told_folder, tmp_path):
    import shutil

    folder = Path(shutil.copytree(told_folder, tmp_path / "case"))
    text = (folder / "sources.csv").read_text(encoding="utf-8")
    (folder / "sources.csv").write_text(text.replace(",government,", ",press,"), encoding="utf-8")
    with pytest.raises(servanda.CaseError) as refused:
        score(folder, **HOW, prior=True)
    assert str(refused.value) == (
        "evidence.csv line 3: found source class 'press' without a counting rule in "
        "'shells-delivered', expected one of open-source, government"
    )
