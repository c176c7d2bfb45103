"""`servanda sanction`: what it prints and writes, what it refuses, and the table that runs read."""

from __future__ import annotations

import csv
import errno
import json
import os
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from servanda.analysis import sanctions
from servanda.trade import structure, sweep
from tests.cases import shipped
from tests.cli.conftest import tiny

OWN = """
[[regimes]]
name = "embargo"
meaning = "All of China's trade with North Korea."
[[regimes.measures]]
target = "PRK"
senders = ["CHN"]
direction = "from-target"
kind = "trade"
start = "2025-01"
cover = [1.0, 1.0, 1.0]
tariff_equivalent = [5.0, 5.0, 5.0]
status = "assumed"
sources = []
note = "An embargo."
"""
EVERYONE = '["CHN", "UKR", "USA", "EU", "KOR", "JPN", "IRN", "ALLIES", "ROW", "RUS"]'
FEW = ("--draws", "8", "--regime", "selective")
MANY = ("--draws", "24", "--regime", "selective")
# The last digit of each number in the table that runs read.
UNITS = {
    "real_income_change": 1e-6,
    "imports_change": 1e-6,
    "hold": 1e-6,
    "hold_imports": 1e-6,
    "exports_lost_musd_month": 1e-3,
    "imports_lost_musd_month": 1e-3,
}


@pytest.fixture(autouse=True)
def _one_structure(monkeypatch):
    """Compile no more programs than these tests are about."""
    monkeypatch.setattr(structure, "_others", lambda _: [])


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_it_prints_who_pays_what_is_diverted_and_what_leverage_is_lost(servanda):
    said = servanda("sanction", "russia-dprk", *FEW, "--out", "made")
    assert said.code == 0
    for text in (
        "selective: change in real income before leakage, the 10 of 11 countries that change most",
        "selective: change in the target's trade, USD m a month",
        "Leverage: percent of the target's real income",
        "Medians of 8 draws",
        "given where at least 1% of the target's trade is lost with senders",
    ):
        assert text in " ".join(said.out.split())
    assert sorted(p.name for p in Path("made").iterdir()) == [
        "diverted.csv",
        "leverage.csv",
        "payers.csv",
        "payers.png",
        "payers.svg",
        "sanction.json",
        "structure.csv",
    ]


def test_its_figures_hang_together(servanda):
    servanda("sanction", "russia-dprk", *FEW, "--out", "made")
    payers = {row["country"]: row for row in read(Path("made/payers.csv"))}
    assert min(payers, key=lambda code: float(payers[code]["musd_month_median"])) == "RUS"
    for code in ("EU", "USA", "UKR"):
        assert float(payers[code]["percent_high"]) < 0  # senders pay too, in every draw
    assert float(payers["CHN"]["percent_low"]) > 0  # and a bystander gains
    sold = next(
        row
        for row in read(Path("made/diverted.csv"))
        if (row["target"], row["direction"]) == ("RUS", "exports")
    )
    assert float(sold["with_senders_high"]) < 0 < float(sold["with_others_low"])
    for row in read(Path("made/leverage.csv")):
        before, felt, left = (float(row[f"{n}_median"]) for n in ("before", "felt", "left"))
        assert 0 < felt < before
        assert 0 < left < before
    note = json.loads(Path("made/sanction.json").read_text())
    assert (note["case"], note["regimes"], note["draws"], note["seed"], note["month"]) == (
        *("russia-dprk", ["selective"], 8, 1),
        None,
    )


def test_one_draw_has_no_interval(servanda):
    said = servanda(
        "sanction", "russia-dprk", "--regime", "selective", "--draws", "1", "--out", "made"
    )
    assert "One draw of trade elasticities, severity and leakage, which gives no interval." in (
        " ".join(said.out.split())
    )
    assert "(" not in said.out.partition("One draw")[0]
    for row in read(Path("made/payers.csv")):
        assert (row["percent_low"], row["percent_high"]) == ("", "")
        assert row["percent_median"]


def test_the_same_seed_gives_the_same_figures(servanda):
    for name in ("one", "two"):
        servanda("sanction", "russia-dprk", *FEW, "--out", name)
    for file in ("payers.csv", "diverted.csv", "leverage.csv"):
        assert Path("one", file).read_bytes() == Path("two", file).read_bytes()


def test_interrupted_it_keeps_the_draws_that_are_done(servanda, monkeypatch):
    module = sys.modules[sweep.__module__]
    take, asked = module.take, []

    def taken(*given):
        asked.append(1)
        if len(asked) == 2:
            raise KeyboardInterrupt
        return take(*given)

    with monkeypatch.context() as patched:
        patched.setattr(module, "CHUNK", 8)
        patched.setattr(module, "take", taken)
        said = servanda("sanction", "russia-dprk", *MANY, "--out", "made")
    assert (said.out, said.code) == ("", 130)
    assert said.err == "interrupted: made holds 8 of 24 draws and is marked as partial\n"
    note = json.loads(Path("made/sanction.json").read_text())
    assert (note["draws"], note["done"], note["partial"]) == (24, 8, True)
    whole = servanda("sanction", "russia-dprk", *FEW, "--out", "whole")
    assert whole.code == 0
    assert read(Path("made/payers.csv")) == read(Path("whole/payers.csv"))


def test_interrupted_before_any_draw_is_done_it_writes_nothing(servanda, monkeypatch):
    def taken(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(sys.modules[sweep.__module__], "take", taken)
    said = servanda("sanction", "russia-dprk", *FEW, "--out", "made")
    assert (said.out, said.code) == ("", 130)
    assert said.err == "interrupted: nothing was written\n"
    assert not Path("made").exists()


def test_a_month_before_the_sanctions_costs_nothing(servanda):
    servanda("sanction", "russia-dprk", *FEW, "--month", "2010-01", "--out", "made")
    for row in read(Path("made/payers.csv")):
        assert float(row["percent_median"]) == 0


def test_measures_count_from_their_month(servanda):
    cost = {}
    for month in ("2022-03", "2022-12"):
        servanda("sanction", "russia-dprk", *FEW, "--month", month, "--out", month)
        rows = {row["country"]: row for row in read(Path(month, "payers.csv"))}
        cost[month] = float(rows["RUS"]["percent_median"])
    assert cost["2022-12"] < cost["2022-03"] < 0  # the oil embargo came in December


def test_regimes_of_ones_own(servanda):
    Path("own.toml").write_text(OWN)
    said = servanda(
        "sanction", "russia-dprk", "--regimes", "own.toml", "--draws", "4", "--out", "made"
    )
    assert said.code == 0
    assert {row["regime"] for row in read(Path("made/payers.csv"))} == {"embargo"}
    (row,) = [r for r in read(Path("made/payers.csv")) if r["country"] == "PRK"]
    assert float(row["percent_high"]) < 0


def test_everyone_may_be_a_sender(servanda):
    Path("own.toml").write_text(OWN.replace('["CHN"]', EVERYONE))
    said = servanda(
        "sanction", "russia-dprk", "--regimes", "own.toml", "--draws", "4", "--out", "made"
    )
    assert said.code == 0
    (exports, _) = read(Path("made/diverted.csv"))
    assert (exports["gainer"], float(exports["with_others_median"])) == ("", 0.0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--regime", "selectiv"],
            (
                "--regime: found 'selectiv', expected one of none, indifference, selective,"
                " enforcement\n  hint: did you mean 'selective'?"
            ),
        ),
        (
            ["--regime", "none"],
            "regime 'none': found no target, expected a measure against at least one country",
        ),
        (
            ["--month", "2022-3"],
            "--month: found '2022-3', expected a month like 2024-06",
        ),
        (
            ["--table", "--regime", "selective"],
            "--table: found --regime together with it, expected --table alone",
        ),
        (["--draws", "0"], "draws: found 0, expected at least 1"),
        (["--seed", "-1"], "seed: found -1, expected a whole number from 0 to 4294967295"),
        (
            ["--out", "taken"],
            (
                "--out 'taken': found a file or folder of this name, expected a folder that does "
                "not exist yet"
            ),
        ),
    ],
)
def test_what_it_refuses_leaves_nothing_behind(servanda, arguments, message):
    Path("taken").mkdir()
    said = servanda("sanction", "russia-dprk", *arguments)
    assert (said.code, said.err) == (2, f"error: {message}\n")
    assert [p.name for p in Path().iterdir()] == ["taken"]


def test_a_case_without_sanctions_has_none_to_solve(servanda):
    said = servanda("sanction", tiny())
    assert (said.code, said.err) == (
        2,
        f"error: regimes.toml: found no such file, expected a TOML file in {tiny()}\n",
    )


def test_a_file_of_regimes_that_is_not_there(servanda):
    said = servanda("sanction", "russia-dprk", "--regimes", "own.toml")
    assert (said.code, said.err) == (
        2,
        "error: own.toml: found no such file, expected a TOML file in .\n",
    )


def test_the_table_that_runs_read_is_written_beside_the_regimes_and_is_the_one_shipped(servanda):
    copy = Path("copy").resolve()
    shutil.copytree(shipped().model.case.folder, copy)
    (copy / "trade_effects.csv").unlink()
    said = servanda("sanction", str(copy), "--table")
    assert (said.code, said.out) == (0, f"table     {copy / 'trade_effects.csv'}\n")
    made, kept = (read(f / "trade_effects.csv") for f in (copy, shipped().model.case.folder))
    for name in ("since", "regime", "elasticity", "severity", "actor"):
        assert [row[name] for row in made] == [row[name] for row in kept]
    # To one unit of the last digit written: where a number is rounded may differ by machine.
    for name, unit in UNITS.items():
        one, other = (np.array([float(row[name]) for row in rows]) for rows in (made, kept))
        np.testing.assert_allclose(one, other, rtol=0, atol=1.01 * unit)
    assert list(made[0]) == list(kept[0])


def test_the_table_of_a_shipped_case_is_never_written_into_the_package(servanda):
    folder = shipped().model.case.folder
    before = (folder / "trade_effects.csv").read_bytes()
    said = servanda("sanction", "russia-dprk", "--table")
    assert (said.out, said.code) == ("", 2)
    assert said.err == (
        "error: --table: found the shipped case 'russia-dprk', whose folder belongs to the "
        "installed package, expected --out FILE beside it, the table to write\n"
        f"  hint: to change the case, copy '{folder}' and give the copy\n"
    )
    assert (folder / "trade_effects.csv").read_bytes() == before


@pytest.mark.parametrize("options", [("--out", "made"), ("--out", "made.csv", "--table")])
def test_a_full_disk_leaves_nothing_half_written_and_what_was_there(servanda, monkeypatch, options):
    def full_disk(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    Path("made.csv").write_text("earlier")
    monkeypatch.setattr(os, "fsync", full_disk)
    monkeypatch.setattr(sanctions, "effects", lambda *_: [])
    said = servanda("sanction", "russia-dprk", *(FEW if "made" in options else ()), *options)
    what = "folder 'made'" if "made" in options else "table 'made.csv'"
    assert said.err == (
        f"error: {what}: found a write that failed: No space left on device, "
        "expected a place that can be written, on a disk with free space\n"
    )
    assert said.code == 2
    assert ("Medians of 8 draws" in said.out) == ("made" in options)  # what was computed is shown
    assert [p.name for p in Path().iterdir()] == ["made.csv"]
    assert Path("made.csv").read_text() == "earlier"


def test_help_names_every_option(servanda):
    said = servanda("sanction", "--help")
    for option in ("--regime", "--regimes", "--month", "--draws", "--seed", "--out", "--table"):
        assert option in said.out
