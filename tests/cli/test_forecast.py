"""`servanda forecast`, and `servanda score FILE --evidence NEW.csv`."""

from __future__ import annotations

from pathlib import Path

import pytest

from servanda.scoring.registry import read_forecast
from tests.cli.conftest import tiny, written

SMALL = ("--prior", "--runs", "64")
HEAD = "id,series,ref_start,ref_end,known_on,value,low,high,unit,confidence,source,claim\n"
UNREADABLE = (
    "forecast 'none.json': found no forecast that can be read, expected a file that `servanda "
    "forecast` wrote\n  hint: write it again: servanda forecast"
)
ROW = "N1,shells-delivered,,2022-06-30,2022-07-05,{},,,round,B,a-report,Told\n"


def test_a_forecast_is_written_and_scored_as_facts_come(servanda):
    said = servanda("forecast", tiny(), *SMALL)
    assert (said.err, said.code) == ("", 0)
    (path,) = Path("forecasts").iterdir()
    found = read_forecast(path)
    assert path.name == f"tiny-2021-12-made-{found.made_on}.json"
    assert said.out.splitlines()[-1] == f"forecast  {path}"
    assert "BBB-AAA is over" in said.out
    Path("new.csv").write_text(HEAD + ROW.format(600_000), encoding="utf-8")
    said = servanda("score", str(path), "--evidence", "new.csv")
    assert (said.err, said.code) == ("", 0)
    assert said.out.startswith(f"Forecast of tiny, known to 2021-12, made on {found.made_on}.\n")
    assert "│ N1 *   │ shells-delivered │ 500,000 │" in said.out
    assert "1 facts scored" not in said.out
    assert "1 fact scored: mean CRPS " in said.out


def test_a_file_that_is_there_is_not_replaced(servanda):
    Path("one.json").write_text("mine", encoding="utf-8")
    said = servanda("forecast", tiny(), *SMALL, "--out", "one.json")
    message = "forecast 'one.json': found a file of this name, expected a file that does not exist"
    assert (said.out, said.err, said.code) == ("", f"error: {message} yet\n", 2)
    assert (Path("one.json").read_text(encoding="utf-8"), written()) == ("mine", ["one.json"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("none.json", "--evidence", "new.csv"),
            UNREADABLE,
        ),
        (
            ("one.json", "--evidence", "new.csv", "--runs", "5"),
            "--evidence: found --runs together with it, expected the options of the run itself",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_scored_is_refused(servanda, arguments, message):
    said = servanda("score", *arguments)
    assert (said.out, said.err, said.code) == ("", f"error: {message}\n", 2)
