"""What is published: the script's numbers, the page's tables, and the record both rest on."""

from __future__ import annotations

import runpy
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from servanda.errors import CaseError
from servanda.rerouting.exports import read_exports
from servanda.rerouting.tables import (
    priors_part,
    read_results,
    rerouting_part,
    substitution_part,
)
from tests.rerouting.made_up import HEAD

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts" / "rerouting.py"
RESULTS = ROOT / "docs" / "rerouting_results.toml"
PAGE = ROOT / "docs" / "rerouting.md"
FILE = "trade/eu_exports_to_russia_neighbours_monthly.csv"


def test_member_states_sum_to_the_publishers_own_total(data):
    import pandas as pd

    rows = pd.read_csv(data / FILE)
    total = rows[rows["reporter"] == "EU27"].pivot_table(
        index="date", columns="partner", values="value_in_eur"
    )
    record = read_exports(data / FILE)
    for name, code in (("Russia", "RUS"), ("Kyrgyzstan", "KGZ"), ("Georgia", "GEO")):
        assert record.of(code) * 1e6 == pytest.approx(total[name].to_numpy(dtype=float), rel=1e-9)


def test_the_script_finds_what_the_page_reports(data):
    # Draws may differ in the last digits between machines; the numbers may not.
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--data", str(data)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    results = read_results(RESULTS)
    parts = (rerouting_part(results), substitution_part(results), priors_part(results))
    printed, shipped = done.stdout.split(), "\n".join(parts).split()
    assert len(printed) == len(shipped)
    for mine, theirs in zip(printed, shipped, strict=True):
        if mine != theirs:
            numbers = [float(text.strip("()%+")) for text in (mine, theirs)]
            tolerance = 2.0 if "%" in mine else 0.021
            assert numbers[0] == pytest.approx(numbers[1], abs=tolerance, rel=0.02)


def test_the_page_holds_the_tables_of_the_results():
    text = PAGE.read_text(encoding="utf-8")
    results = read_results(RESULTS)
    for name, part in (
        ("rerouting", rerouting_part),
        ("substitution", substitution_part),
        ("evasion priors", priors_part),
    ):
        _, _, after = text.partition(f"<!-- generated: {name} -->\n\n")
        assert after.partition("\n<!-- end of generated -->")[0] == part(results)


def test_what_the_record_says_hangs_together():
    found = tomllib.loads(RESULTS.read_text(encoding="utf-8"))["rerouting"]
    for variant in found["variants"].values():
        low, median, high, _ = variant["last"]
        assert 0 < low < median < high < 1
        assert variant["mean"][1] < median < variant["ceiling"][1]
        assert sum(one[1] for one in variant["last_of"].values()) == pytest.approx(median, rel=0.05)
    # What is found is not what the method finds where there is nothing.
    assert found["nothing_there"][2] < min(v["last"][0] for v in found["variants"].values()) / 3


def test_results_without_a_part_are_refused(tmp_path):
    path = tmp_path / "results.toml"
    path.write_text("[rerouting]\n", encoding="utf-8")
    with pytest.raises(CaseError) as error:
        read_results(path)
    assert str(error.value) == (
        "results.toml: found no 'substitution', expected rerouting, substitution and priors\n"
        "  hint: scripts/rerouting.py --data DIR --write writes it"
    )


def test_the_script_without_its_data(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", [str(SCRIPT), "--data", str(tmp_path)])
    code = runpy.run_path(str(SCRIPT))["main"]()
    assert (code, capsys.readouterr().err) == (
        2,
        f"--data: found no {FILE} in it, expected the file\n",
    )


def test_the_script_with_a_faulty_file(tmp_path, monkeypatch, capsys):
    for name in (FILE, "dprk/comtrade_china_imports_from_dprk_by_hs_2016_2024_usd.csv"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text("reporter\nMalta\n", encoding="utf-8")
    monkeypatch.setattr(sys, "argv", [str(SCRIPT), "--data", str(tmp_path)])
    code = runpy.run_path(str(SCRIPT))["main"]()
    assert (code, capsys.readouterr().err) == (
        2,
        f"{Path(FILE).name}: found no column 'partner', expected {HEAD.replace(',', ', ')}\n",
    )
