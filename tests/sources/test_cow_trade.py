"""COW's trade: which rows of a year count, and files that are wrong."""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
import pytest

from servanda.errors import CaseError, ServandaError
from servanda.sources.cow_trade import read_flows

ROWS = [(2014, 1, 3, 5.0), (2014, 3, 2, -9.0), (2014, 3, 9, np.nan), (2014, 2, 3, 0.0)]


def written(folder, rows, columns=("year", "ccode1", "ccode2", "flow1")):
    path = folder / "trade.parquet"
    pd.DataFrame(rows, columns=list(columns)).to_parquet(path)
    return path


def test_what_is_missing_and_other_years_are_left_out_and_zero_is_not(tmp_path):
    flows = read_flows(written(tmp_path, [*ROWS, (2013, 1, 3, 999.0)]), 2014)
    assert flows.importer.tolist() == [1, 2]
    assert flows.exporter.tolist() == [3, 3]
    assert flows.musd.tolist() == [5.0, 0.0]


def message_of(path, year=2014) -> str:
    with pytest.raises(ServandaError) as caught:
        read_flows(path, year)
    return str(caught.value)


def test_a_year_without_flows(tmp_path):
    assert message_of(written(tmp_path, ROWS), 2015) == (
        "trade.parquet: found no flow in 2015, expected at least one"
    )


def test_a_column_of_another_name(tmp_path):
    path = written(tmp_path, ROWS, ("year", "ccode1", "ccode2", "flow"))
    assert message_of(path) == (
        "trade.parquet: found no column 'flow1', expected columns year, ccode1, ccode2, flow1\n"
        "  hint: did you mean 'flow'?"
    )


def test_a_file_that_is_missing(tmp_path):
    assert message_of(tmp_path / "none.parquet") == (
        f"none.parquet: found no such file, expected a Parquet file in {tmp_path}"
    )


def test_a_file_that_is_not_parquet(tmp_path):
    path = tmp_path / "trade.parquet"
    path.write_text("year,ccode1\n", encoding="utf-8")
    with pytest.raises(CaseError) as caught:
        read_flows(path, 2014)
    assert (caught.value.where, caught.value.expected) == ("trade.parquet", "valid Parquet")


def test_a_missing_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    assert message_of(tmp_path / "trade.parquet") == (
        "trade.parquet: found pandas or pyarrow is not installed,"
        " expected the extra 'sources', which reading this file needs\n"
        "  hint: pip install 'servanda[sources]'"
    )
