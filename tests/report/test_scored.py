"""The scoreboard on the page: losses first, and what is no true forecast."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from servanda.report import scored
from servanda.report.page import brief
from servanda.scoring.score import TRUE_FORECASTS
from servanda.scoring.scoreboard import Scoreboard
from servanda.scoring.scores import Scores
from servanda.scoring.totals import Row

WON = Scores((1.0, 2.0, 3.0, 4.0, 5.0), 0.5, -2.0, True, True, 0.5, None)


def rows(series: str, model: float, baseline: float | None, count: int = 3) -> list[Row]:
    against = None if baseline is None else replace(WON, crps=baseline)
    one = Row(series, "E1", "2020-06", 3, 1.0, "press", "round", 3.0,
              replace(WON, crps=model), None if baseline is None else "mean", against)  # fmt: skip
    return [one] * count


def board(digest: str) -> Scoreboard:
    made: dict[str, Any] = {
        "case_digest": digest,
        "seed": 1,
        "origins": {"2020-06": "posterior", "2020-03": "prior"},
    }
    every = [*rows("won", 1, 2), *rows("deliveries", 2, 1), *rows("apart", 1, None)]
    return Scoreboard(made, tuple(every), ())


def test_series_on_which_the_model_is_behind_come_first(model):
    found = scored.table(model, board(model.case.digest))
    assert [(row.label, row.points, row.model, row.baseline, row.ahead) for row in found.rows] == [
        ("Rounds delivered", "3", "2.00", "1.00 (mean)", False),
        ("won", "3", "1.00", "2.00 (mean)", True),
    ]
    assert found.apart == ("apart",)
    assert found.title == (
        "On 1 of 2 series with 3 or more figures the model forecast better than a simple baseline"
    )


def test_it_says_from_when_the_forecasts_are_and_that_they_are_no_true_ones(model):
    about, skill, true, *rest = scored.table(model, board(model.case.digest)).sentences
    assert about.replace("\u202f", " ") == (
        "Forecasts from June 2020 (learned from the record to it) and March 2020 (drawn from the "
        "priors) are compared with figures that became known in the twelve months after. The aim "
        "is to be ahead on 67 % of the series, with 80 % to 97 % of figures inside the 90 % "
        "interval: 100 % are."
    )
    assert skill.startswith("Skill against the baselines is +0.00 (90 % interval -1.00 to +0.50);")
    assert (true, rest) == (TRUE_FORECASTS, [])
    *_, other = scored.table(model, board("another")).sentences
    assert other == (
        "The scores were made for other content of the case, or for another evidence cut-off, than "
        "these runs."
    )


@pytest.mark.parametrize("given", [True, False])
def test_the_page_shows_them_or_says_how_to_make_them(results, tmp_path, given):
    scores = board(results.model.case.digest) if given else None
    text = brief(results, [], [], tmp_path / "b.html", scores=scores).read_text(encoding="utf-8")
    part = re.search(r'<h2 id="scoreboard">.*?<h2 id="limits">', text, re.DOTALL)
    assert part is not None
    assert ("<strong>✗ behind</strong>" in part[0]) is given
    assert ("<code>servanda score</code> makes them" in part[0]) is not given
