"""`servanda score`: a table with its losses, a file, and one message on what cannot be scored."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from servanda.calibration import choice
from servanda.scoring import score as scoring
from servanda.scoring.scoreboard import read
from tests.cases import template_folder
from tests.cli.conftest import tiny, written
from tests.scoring.conftest import TOLD

PLACE = "expected the path of a file in a folder that exists"
TWICE = "origins: found '2021-12' twice, expected each month once"
SMALL = ("--origins", "2021-12", "--prior", "--runs", "64")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The template's case with a longer record."""
    folder = tmp_path_factory.mktemp("told") / "tiny"
    shutil.copytree(template_folder(), folder)
    path = folder / "evidence.csv"
    header, *rows = path.read_text(encoding="utf-8").splitlines()
    lines = [f"{header},bound", *[f"{row}," for row in rows], TOLD]
    path.write_text("\n".join(lines), encoding="utf-8")
    return str(folder)


def test_it_prints_every_series_with_its_losses_and_what_is_no_true_forecast(servanda, told):
    said = servanda("score", told, *SMALL, "--out", "scores.json")
    assert (said.err, said.code) == ("", 0)
    assert said.out.startswith(
        "3 forecasts of figures from the origins 2021-12 (prior), each from 64 runs. CRPS is in "
        "log points: 0.1 is about 10 %, and less is better."
    )
    assert said.out.splitlines()[-1] == "scoreboard  scores.json"
    found = read(Path("scores.json").read_text(encoding="utf-8"))
    (total,) = found.by_series(found.rows)
    word = "ahead" if total.ahead else "behind"
    for text in (
        "By series",
        f"{total.crps:.3f}",
        f"{total.against:.3f}",
        f"│ {word} ",
        "By months ahead",
        "12 months",
        "Not scored",
        f"Ahead of the baseline on {found.aimed[0]} of 1 series with 3 figures or more (aim: 67%).",
        f"Skill against the baselines: {found.skill()}.",
        "of figures lie in the 90 % interval (aim: 80% to 97%)",
        scoring.TRUE_FORECASTS[:60],
    ):
        assert text in said.out, text
    assert written() == ["scores.json"]


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        (SMALL, ""),
        (SMALL[:2], "; what was learned is kept, and the same command goes on from it"),
    ],
)
def test_ctrl_c_says_what_is_kept(servanda, told, monkeypatch, options, kept):
    def press_ctrl_c(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(choice, "learned", press_ctrl_c)
    monkeypatch.setattr(scoring, "run_policies", press_ctrl_c)
    said = servanda("score", told, *options, "--out", "scores.json")
    wanted = f"interrupted: no score was written{kept}\n"
    assert (said.out, said.err, said.code) == ("", wanted, 130)
    assert written() == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--origins", ""), "origins: found '', expected a month like 2024-06"),
        (("--origins", "2021-12,2021-12"), TWICE),
        (("--runs", "x"), "--runs: found 'x', expected a whole number, such as 1000"),
        (
            ("--out", "none/scores.json"),
            f"--out 'none/scores.json': found no folder 'none', {PLACE}",
        ),
        (("--out", "."), f"--out '.': found a folder, {PLACE}"),
    ],
)  # fmt: skip
def test_what_cannot_be_scored_is_refused_and_nothing_is_written(servanda, told, options, message):
    said = servanda("score", told, *options)
    assert (said.out, said.err, said.code) == ("", f"error: {message}\n", 2)
    assert written() == []


def test_a_case_without_figures_after_its_origins_is_refused(servanda):
    said = servanda("score", tiny(), "--origins", "2021-12", "--prior")
    message = (
        "error: the record of case 'tiny': found no figure about the twelve months after 2021-12 "
        "that became known later, expected at least one to score\n"
    )
    assert (said.out, said.err, said.code) == ("", message, 2)
