"""Bad input: every command refuses it with one message and exit code 2, and writes nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import tiny, written

LEVER = "expected one of shells"
SEED = "expected a whole number from 0 to 4294967295"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["run", "russia-dprc"],
            (
                "case 'russia-dprc': found no folder with a case.toml, and no shipped case of this "
                "name, expected a folder, or one of russia-dprk\n"
                "  hint: did you mean 'russia-dprk'?"
            ),
        ),
        (["run", tiny(), "--runs", "0"], "runs: found 0, expected at least 1"),
        (["run", tiny(), "--runs", "-5"], "runs: found -5, expected at least 1"),
        (["check", tiny(), "--runs", "0"], "runs: found 0, expected at least 1"),
        (["claims", tiny(), "--runs", "0"], "runs: found 0, expected at least 1"),
        (["run", tiny(), "--seed", "-1"], f"seed: found -1, {SEED}"),
        (
            ["run", tiny(), "--set", "shell=0"],
            f"lever: found 'shell', {LEVER}\n  hint: did you mean 'shells'?",
        ),
        (["run", tiny(), "--set", "zzz=0"], f"lever: found 'zzz', {LEVER}"),
        (
            ["run", tiny(), "--set", "shells=2"],
            "lever 'shells': found 2, expected a value from 0 to 1",
        ),
        (
            ["run", tiny(), "--set", "shells=-0.1"],
            "lever 'shells': found -0.1, expected a value from 0 to 1",
        ),
        (
            ["run", tiny(), "--set", "shells=few"],
            "lever 'shells': found 'few', expected a number",
        ),
        (["run", tiny(), "--set", "shells"], "--set: found 'shells', expected LEVER=VALUE"),
        (["run", tiny(), "--set", "shells="], "--set: found 'shells=', expected LEVER=VALUE"),
        (
            ["run", tiny(), "--set", "shells=0", "--set", "shells=1"],
            "--set: found 'shells' twice, expected each lever once",
        ),
        (
            ["run", "russia-dprk", "--set", "china=courtshipp"],
            (
                "lever 'china': found 'courtshipp', expected a number, or free, or pressure, or "
                "restraint, or courtship\n  hint: did you mean 'courtship'?"
            ),
        ),
        (
            ["run", tiny(), "--as-of", "soon"],
            "case 'tiny', as_of: found 'soon', expected a month like 2024-06",
        ),
        (
            ["run", tiny(), "--as-of", "2021-13"],
            "case 'tiny', as_of: found '2021-13', expected a month like 2024-06",
        ),
        (
            ["claims", tiny(), "--as-of", "2020-01"],
            "case 'tiny', as_of: found '2020-01', expected a month from 2020-02 to 2025-11",
        ),
        (
            ["check", tiny(), "--as-of", "2025-12"],
            "case 'tiny', as_of: found '2025-12', expected a month from 2020-02 to 2025-11",
        ),
        (
            ["brief", "nowhere"],
            (
                "run folder 'nowhere': found no run.json, "
                "expected a folder that `servanda run` wrote"
            ),
        ),
        (
            ["run"],
            "run: found no case, expected the name or folder of a case, or --resume FOLDER",
        ),
        (
            ["run", "--resume", "nowhere", "--runs", "5"],
            "--resume: found --runs together with it, expected the options of the run itself",
        ),
        (
            ["run", tiny(), "--resume", "nowhere"],
            "--resume: found a case together with it, expected the options of the run itself",
        ),
        (
            ["run", "--resume", "nowhere"],
            "run folder 'nowhere': found no run.json, expected a folder that `servanda run` wrote",
        ),
        (
            ["verify", "nowhere"],
            "run folder 'nowhere': found no run.json, expected a folder that `servanda run` wrote",
        ),
        (
            ["new", "Arms for Oil"],
            (
                "the new case's name: found 'Arms for Oil', "
                "expected small letters, digits and hyphens, such as 'iran-russia'"
            ),
        ),
        (
            ["new", "x", "--folder", "nowhere"],
            (
                "case folder 'nowhere/x': found a write that failed: No such file or directory, "
                "expected a place that can be written, on a disk with free space"
            ),
        ),
    ],
)
def test_bad_input_ends_in_one_message_and_writes_nothing(servanda, arguments, message):
    said = servanda(*arguments)
    assert said.err == f"error: {message}\n"
    assert (said.out, said.code) == ("", 2)
    assert written() == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["claims"], "Missing argument 'case'."),
        (["walk"], "No such command 'walk'."),
        (
            ["run", tiny(), "--run", "5"],
            "No such option: --run (Possible options: --out, --resume, --runs)",
        ),
    ],
)
def test_a_command_line_that_does_not_parse_says_how_it_should(servanda, arguments, message):
    said = servanda(*arguments)
    assert said.err.splitlines()[-1] == f"Error: {message}"
    assert said.err.startswith("Usage: servanda ")
    assert "Traceback" not in said.err
    assert (said.out, said.code) == ("", 2)
    assert written() == []


@pytest.mark.parametrize("given", ["many", "1.5", "1_000", "٣", "0x10", " 5", "1e3"])
@pytest.mark.parametrize(
    ("command", "option"),
    [(("run", tiny()), "--runs"), (("claims", tiny()), "--seed"), (("sanction", "x"), "--draws")],
)
def test_a_whole_number_is_written_in_digits(servanda, command, option, given):
    said = servanda(*command, option, given)
    expected = "expected a whole number, such as 1000"
    assert (said.out, said.code) == ("", 2)
    assert said.err == f"error: {option}: found '{given}', {expected}\n"


def test_a_folder_that_exists_is_not_written_over(servanda):
    Path("mine").mkdir()
    said = servanda("run", tiny(), "--runs", "5", "--out", "mine", "--no-brief")
    assert said.err == (
        "error: run folder 'mine': found a file or folder of this name, "
        "expected a folder that does not exist yet\n"
    )
    assert (said.out, said.code) == ("", 2)
    assert list(Path("mine").iterdir()) == []


def test_a_place_that_cannot_be_written_is_refused(servanda):
    Path("file").write_text("mine")
    said = servanda("run", tiny(), "--runs", "5", "--out", "file/run", "--no-brief")
    assert said.err == (
        "error: run folder 'file/run': found a write that failed: Not a directory, "
        "expected a place that can be written, on a disk with free space\n"
    )
    assert (said.out, said.code) == ("", 2)
    assert written() == ["file"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["check", tiny()]])
def test_a_full_disk_behind_standard_output_is_one_message(arguments):
    program = [sys.executable, "-c", "from servanda.cli import main; main()", *arguments]
    with Path("/dev/full").open("w") as full:
        said = subprocess.run(program, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert said.stderr == (
        "error: standard output: found a write that failed: No space left on device, "
        "expected a place that can be written, on a disk with free space\n"
    )
    assert said.returncode == 2


def test_a_new_case_is_not_written_over_an_old_one(servanda):
    assert servanda("new", "mine").code == 0
    said = servanda("new", "mine")
    assert said.err == (
        "error: case folder 'mine': found a file or folder of this name, "
        "expected a name that is free\n"
    )
    assert (said.out, said.code) == ("", 2)


def test_a_broken_case_is_one_message_however_long(servanda, monkeypatch):
    """Not wrapped at the width of the terminal, so that it can be searched for and compared."""
    assert servanda("new", "mine").code == 0
    case = Path("mine/case.toml")
    case.write_text(case.read_text().replace('good = "shells"', 'good = "shels"', 1))
    monkeypatch.setenv("COLUMNS", "40")
    said = servanda("run", "mine")
    assert said.err == (
        "error: case.toml line 59: ties[1].good: found good 'shels', "
        "expected one of shells, troops, oil\n  hint: did you mean 'shells'?\n"
    )
    assert (said.out, said.code) == ("", 2)
    assert written() == ["mine"]
