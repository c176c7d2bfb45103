"""Facts: the one value of a year, and where there is none."""

from __future__ import annotations

import pytest

from servanda.errors import CaseError
from servanda.sources.facts import Facts, read_facts

TEXT = """\
id,series,actor,date,value
F1,gdp,AAA,2021,5e9
F2,gdp,BBB,2021,7e9
F3,gdp,BBB,2021-06,8e9
F4,calls,AAA,2021,
"""


@pytest.fixture
def facts(tmp_path) -> Facts:
    path = tmp_path / "facts.csv"
    path.write_text(TEXT, encoding="utf-8")
    return read_facts(path)


def test_a_fact_is_the_one_value_of_a_whole_year(facts):
    assert facts.of_year("gdp", 2021, "BBB") == 7e9


@pytest.mark.parametrize(
    ("series", "year", "message"),
    [
        ("gdp", 2021, "facts.csv: gdp, 2021: found 2 rows, expected one row"),
        ("gdp", 2020, "facts.csv: gdp, 2020: found 0 rows, expected one row"),
        ("gpd", 2021, "facts.csv: gpd, 2021: found 0 rows, expected one row"),
        ("calls", 2021, "facts.csv line 5: found value '', expected a finite number"),
    ],
)
def test_a_fact_that_is_not_one(facts, series, year, message):
    with pytest.raises(CaseError) as caught:
        facts.of_year(series, year)
    assert str(caught.value) == message


def test_a_file_without_a_column_that_is_needed(tmp_path):
    (tmp_path / "facts.csv").write_text("id,series,actor,value\n", encoding="utf-8")
    with pytest.raises(CaseError) as caught:
        read_facts(tmp_path / "facts.csv")
    assert str(caught.value) == (
        "facts.csv line 1: found no column 'date', expected columns series, actor, date, value"
    )
