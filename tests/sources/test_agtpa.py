"""The Advanced Guide's files: which rows count, and files that are wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from servanda.errors import CaseError
from servanda.sources import agtpa

INPUT = "exporter,importer,trade,ln_DIST\nZZZ,FRA,1.5,2\nFRA,ZZZ,,2\nFRA,FRA,9,0\n"
WHOLE = "country,change_rGDP_FULL,change_price_FULL,change_IMR_FULL\nFRA,1,2,3\nZZZ,4,5,6\n"
PRODUCERS = "country,change_price_FULL,change_OMR_FULL\nZZZ,5,8\nFRA,2,7\n"
CONSUMERS = "country,change_IMR_FULL\nFRA,3\nZZZ,6\n"


def results(folder: Path, whole=WHOLE, producers=PRODUCERS, consumers=CONSUMERS) -> Path:
    for kind, text in (("", whole), ("_producers", producers), ("_consumers", consumers)):
        (folder / f"{agtpa.RESULTS}{kind}.csv").write_text(text, encoding="utf-8")
    return folder


def test_what_is_missing_is_left_out_and_the_reference_has_its_name(tmp_path):
    path = tmp_path / agtpa.INPUT
    path.write_text(INPUT, encoding="utf-8")
    rows = agtpa.read_border_input(path, ("ln_DIST",), "DEU")
    assert rows["exporter"].tolist() == ["DEU", "FRA"]
    assert rows["importer"].tolist() == ["FRA", "FRA"]
    assert rows["trade"].tolist() == [1.5, 9.0]


def test_a_cost_that_is_not_there(tmp_path):
    path = tmp_path / agtpa.INPUT
    path.write_text(INPUT, encoding="utf-8")
    with pytest.raises(CaseError) as caught:
        agtpa.read_border_input(path, ("CNTG",), "DEU")
    assert str(caught.value) == (
        "agtpa_ch2_border_input_2006.csv: found no column 'CNTG',"
        " expected columns exporter, importer, trade, CNTG"
    )


def test_results_of_three_files_are_put_together_by_country(tmp_path):
    found = agtpa.read_border_results(results(tmp_path))
    assert found.loc["FRA", list(agtpa.CHANGES)].tolist() == [1, 2, 3, 7]
    assert found.loc["ZZZ", list(agtpa.CHANGES)].tolist() == [4, 5, 6, 8]


def test_results_that_differ_from_file_to_file(tmp_path):
    with pytest.raises(CaseError) as caught:
        agtpa.read_border_results(results(tmp_path, consumers=CONSUMERS.replace("6", "6.1")))
    assert str(caught.value) == (
        "agtpa_ch2_app1_border_RESULTS_consumers.csv: found another change_IMR_FULL,"
        " expected that of agtpa_ch2_app1_border_RESULTS.csv"
    )


def test_results_without_a_change(tmp_path):
    with pytest.raises(CaseError) as caught:
        agtpa.read_border_results(results(tmp_path, producers="country\nFRA\nZZZ\n"))
    assert str(caught.value) == (
        "agtpa_ch2_app1_border_RESULTS*.csv: found no column 'change_OMR_FULL',"
        " expected a file with it among the results"
    )
