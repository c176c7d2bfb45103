"""What scores add up to: ahead or behind, skill, and the scoreboard as a table and as JSON."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from servanda.errors import UsageError
from servanda.scoring.points import LeftOut
from servanda.scoring.scoreboard import Scoreboard, carried, read
from servanda.scoring.scores import Scores
from servanda.scoring.totals import Row, Skill, skill

SCORES = Scores((1.0, 2.0, 3.0, 4.0, 5.0), 0.5, -2.0, True, True, 0.5, None)


def row(series: str, model: float, baseline: float | None, **more: object) -> Row:
    """A row with these CRPS, without a baseline if there is none."""
    against = None if baseline is None else replace(SCORES, crps=baseline, log_score=-3.0)
    own = Row(
        series=series,
        figure="E1",
        origin="2024-12",
        horizon=3,
        ahead=1.0,
        source_class="press",
        unit="round",
        value=3.0,
        model=replace(SCORES, crps=model),
        baseline=None if baseline is None else "mean",
        against=against,
    )
    return replace(own, **more)


def board(*rows: Row) -> Scoreboard:
    left_out = (LeftOut("2024-12", "a", "E9", "a bound"),)
    return Scoreboard({"case": "tiny", "seed": 1}, rows, left_out, {"2024-12": 3})


def test_a_series_is_ahead_if_its_mean_crps_is_less_than_that_of_its_baseline():
    found = board(row("a", 1, 3), row("a", 2, 1), row("b", 2, 1), row("c", 1, 1), row("d", 1, None))
    totals = {one.name: one for one in found.by_series(found.rows)}
    assert list(totals) == ["a", "b", "c", "d"]
    assert [(one.points, one.crps, one.against, one.ahead) for one in totals.values()] == [
        (2, 1.5, 2, True),
        (1, 2, 1, False),
        (1, 1, 1, False),
        (1, 1, None, False),
    ]
    assert totals["a"].baselines == ("mean",)
    assert totals["a"].log_gain == 1
    assert totals["d"].log_gain is None


def test_the_aim_counts_series_with_three_figures_or_more_that_have_a_baseline():
    won, lost = [row("won", 1, 2)] * 3, [row("lost", 2, 1)] * 4
    found = board(*won, *lost, *[row("few", 1, 2)] * 2, *[row("apart", 1, None)] * 5)
    assert found.aimed == (1, 2)
    assert [len(part) for part in (found.compared, found.apart)] == [9, 5]


def test_coverage_is_the_share_of_compared_figures_in_the_intervals():
    outside = replace(SCORES, inside_50=False)
    found = board(row("a", 1, 2), replace(row("a", 1, 2), model=outside), row("b", 1, None))
    assert found.coverage == (0.5, 1)
    assert np.isnan(board(row("b", 1, None)).coverage).all()


def test_what_rows_add_up_to_by_horizon_is_in_order_of_time():
    found = board(row("a", 1, 2, horizon=12), row("a", 3, 2), row("b", 1, None, horizon=6))
    assert [(one.name, one.crps) for one in found.by_horizon()] == [("3", 3), ("12", 1)]


def test_skill_is_one_less_the_ratio_of_sums_over_figures():
    found = skill([row("a", 1, 4), row("a", 1, 4), row("b", 3, 2), row("c", 9, None)], 1)
    assert found is not None
    assert found.value == pytest.approx(1 - 5 / 10)


def test_the_interval_of_skill_is_between_the_worst_and_the_best_series():
    one, other = row("a", 1, 4), row("b", 3, 2)
    found = skill([one, other], 1)
    assert found is not None
    assert found.interval == pytest.approx((1 - 3 / 2, 1 - 1 / 4))


def test_series_that_are_alike_leave_no_doubt_and_one_series_tells_none():
    alike = skill([row(name, 1, 4) for name in "abcdef"], 1)
    assert alike is not None
    assert alike.interval == pytest.approx((0.75, 0.75))
    assert skill([row("a", 1, 4)] * 9, 1) == Skill(0.75, None)


def test_a_baseline_that_made_no_error_leaves_no_skill_to_be_told():
    assert skill([row("a", 1, 0)], 1) is None
    assert skill([], 1) is None


def test_the_same_seed_gives_the_same_interval():
    rows = [row(name, np.exp(n), 3 + n) for n, name in enumerate("abcde")]
    assert skill(rows, 1) == skill(rows, 1)
    assert skill(rows, 1) != skill(rows, 2)


def test_skill_is_written_with_its_interval():
    assert str(Skill(-0.125, (-0.5, 0.25))) == "-0.12 (90 % interval -0.50 to +0.25)"
    assert str(Skill(0.5, None)) == "+0.50"


def test_a_scoreboard_is_read_as_it_was_written():
    found = board(row("a", 1, 4), row("b", 3, None, value=-2.5))
    assert read(found.json()) == found


@pytest.mark.parametrize("damage", [lambda text: text[:-9], lambda _: "[]", lambda _: "{}"])
def test_a_case_carries_its_scores_and_damaged_ones_are_refused(told, tmp_path, damage):
    case = replace(told, folder=tmp_path)
    path = tmp_path / "scoreboard.json"
    assert carried(case) is None
    found = board(row("a", 1, 4))
    path.write_text(found.json(), encoding="utf-8")
    assert carried(case) == found
    assert case.files == ("scoreboard.json",)
    path.write_text(damage(found.json()), encoding="utf-8")
    with pytest.raises(UsageError) as refused:
        carried(case)
    assert str(refused.value) == (
        f"scoreboard '{path}': found no scoreboard that can be read, expected a file that "
        "`servanda score --out` wrote\n  hint: write it again, or remove it"
    )


def test_a_table_has_a_line_for_each_figure_and_missing_numbers_for_no_baseline():
    found = board(row("a", 1, 4), row("b", 3, None)).dataset().to_dataframe()
    assert found["model_crps"].tolist() == [1, 3]
    assert found["series"].tolist() == ["a", "b"]
    assert found["baseline"].tolist() == ["mean", ""]
    np.testing.assert_array_equal(found["baseline_crps"], [4, np.nan])
    assert found["model_5%"].tolist() == [1, 1]
    assert found["model_inside_90"].tolist() == [1, 1]
