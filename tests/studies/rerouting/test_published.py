"""What is published: the study's numbers, the page's tables, and the record both rest on."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from servanda.errors import CaseError
from studies.rerouting.__main__ import RESULTS, main
from studies.rerouting.record import read_exports
from studies.rerouting.results import EXPORTS, IMPORTS, read_results, write_results
from studies.rerouting.tables import priors_part, rerouting_part, substitution_part

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs" / "rerouting.md"


def test_member_states_sum_to_the_publishers_own_total(data):
    import pandas as pd

    rows = pd.read_csv(data / EXPORTS)
    total = rows[rows["reporter"] == "EU27"].pivot_table(
        index="date", columns="partner", values="value_in_eur"
    )
    record = read_exports(data / EXPORTS)
    for name, code in (("Russia", "RUS"), ("Kyrgyzstan", "KGZ"), ("Georgia", "GEO")):
        assert record.of(code) * 1e6 == pytest.approx(total[name].to_numpy(dtype=float), rel=1e-9)


@pytest.mark.usefixtures("unchecked")
def test_the_study_finds_what_the_page_reports(data, capsys):
    # Draws may differ in the last digits between machines; the numbers may not.
    assert main(["--data", str(data)]) == 0
    done = capsys.readouterr()
    assert done.err == ""
    results = read_results(RESULTS)
    parts = (rerouting_part(results), substitution_part(results), priors_part(results))
    printed, shipped = done.out.split(), "\n".join(parts).split()
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
        "  hint: python -m studies.rerouting --data DIR --write writes it"
    )


def test_results_survive_being_written_and_read(tmp_path):
    found = {
        "rerouting": {"last_month": "2023-06", "excess": {"KGZ": 0.1}, "told": True},
        "substitution": {"rates": [{"year": 2019, "plain": 0.02}, {"year": 2023, "plain": 0.1}]},
        "priors": {"suggested": [{"why": "a posterior", "limits": [0.1, 0.2, 0.3]}]},
    }
    write_results(found, tmp_path / "results.toml")
    assert read_results(tmp_path / "results.toml") == found


def test_the_shipped_results_are_as_the_study_writes_them(tmp_path):
    write_results(read_results(RESULTS), tmp_path / "again.toml")
    assert (tmp_path / "again.toml").read_text("utf-8") == RESULTS.read_text("utf-8")


def test_the_study_without_its_data(tmp_path, capsys):
    assert main(["--data", str(tmp_path)]) == 2
    name, folder = Path(EXPORTS).name, tmp_path / Path(EXPORTS).parent
    assert capsys.readouterr() == (
        "",
        f"{name}: found no such file, expected a CSV file in {folder}\n",
    )


def test_the_study_with_a_faulty_file(tmp_path, capsys):
    for name in (EXPORTS, IMPORTS):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text("reporter\nMalta\n", encoding="utf-8")
    assert main(["--data", str(tmp_path)]) == 2
    assert capsys.readouterr() == (
        "",
        (
            f"{Path(EXPORTS).name} line 1: found no column 'partner', expected columns reporter,"
            " partner, product, flow, date, value_in_eur, is_aggregate\n"
        ),
    )
