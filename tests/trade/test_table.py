"""From a long table to an economy, and what is wrong with tables that are none."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from servanda.errors import UsageError
from servanda.trade.table import economy_from_table

FLOWS = np.array([[70.0, 20.0, 10.0], [25.0, 100.0, 0.0], [5.0, 10.0, 30.0]])


def table() -> pd.DataFrame:
    """A, B and C with each other, backwards."""
    pairs = [(i, j) for i in range(3) for j in range(3)]
    rows = [("ABC"[i], "ABC"[j], FLOWS[i, j]) for i, j in reversed(pairs)]
    return pd.DataFrame(rows, columns=["exporter", "importer", "trade"])


def test_rows_in_any_order_make_one_economy():
    economy = economy_from_table(table(), value_added_share=0.5)
    assert economy.countries == ("A", "B", "C")
    assert economy.flows.tolist() == FLOWS.tolist()
    assert economy.value_added_share == 0.5


def test_columns_may_have_other_names_and_rows_other_labels():
    data = table().rename(columns={"exporter": "iso_o", "importer": "iso_d", "trade": "usd"})
    data.index = pd.Index(range(100, 109))
    economy = economy_from_table(data, flow="usd", exporter="iso_o", importer="iso_d")
    assert economy.flows.tolist() == FLOWS.tolist()


def test_a_dict_of_arrays_will_do():
    data = {name: values.to_numpy() for name, values in table().items()}
    assert economy_from_table(data).flows.tolist() == FLOWS.tolist()


def test_whole_numbers_and_pandas_own_types_will_do():
    data = table().astype({"trade": "Int64", "exporter": "string", "importer": "category"})
    assert economy_from_table(data).flows.tolist() == FLOWS.tolist()


def cell(data: pd.DataFrame, exporter: str, importer: str, value: object) -> pd.DataFrame:
    """The table with one flow replaced."""
    data["trade"] = data["trade"].astype(object)
    data.loc[(data["exporter"] == exporter) & (data["importer"] == importer), "trade"] = value
    return data


def without(data: pd.DataFrame, *pairs: str) -> pd.DataFrame:
    return data[~(data["exporter"] + data["importer"]).isin(pairs)]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            table().rename(columns={"trade": "trades"}),
            (
                "table: found no column 'trade', expected one of exporter, importer, trades\n"
                "  hint: did you mean 'trades'?"
            ),
        ),
        (
            table().drop(columns="importer"),
            (
                "table: found no column 'importer', expected one of exporter, trade\n"
                "  hint: did you mean 'exporter'?"
            ),
        ),
        (
            table().head(0),
            "table: found no rows, expected one row for each pair of countries",
        ),
        (
            table().replace({"exporter": {"B": None}}),
            "exporter in row 4 of the table: found None, expected a country code",
        ),
        (
            table().assign(importer=range(9)),
            "importer in row 1 of the table: found 0, expected a country code",
        ),
        (
            pd.concat([table(), table().iloc[[7]]]),
            (
                "flow from 'A' to 'B': found rows 8 and 10 of the table, expected one row for each"
                " pair\n"
                "  hint: keep one year and one product, or sum over them"
            ),
        ),
        (
            without(table(), "BC"),
            (
                "flow from 'B' to 'C': found no row, expected a row for each of the 3 countries"
                " with each, itself included\n"
                "  hint: missing is not zero: write 0 where nothing was sold, or leave the country"
                " out"
            ),
        ),
        (
            without(table(), "BB", "BC", "CA"),
            (
                "domestic flow of 'B': found no row, nor one for 2 more pairs, expected a row for"
                " each of the 3 countries with each, itself included\n"
                "  hint: sales at home are gross output less exports"
            ),
        ),
        (
            cell(table(), "C", "A", "n/a"),
            "trade from 'C' to 'A': found 'n/a', expected a number",
        ),
        (
            cell(table(), "C", "A", pd.NA),
            "trade from 'C' to 'A': found <NA>, expected a number",
        ),
        (
            cell(table(), "C", "A", np.nan),
            "flow from 'C' to 'A': found nan, expected zero or a positive number",
        ),
        (
            cell(table(), "C", "A", -1.0),
            "flow from 'C' to 'A': found -1.0, expected zero or a positive number",
        ),
        (
            cell(table(), "B", "B", 0.0),
            (
                "domestic flow of 'B': found none, expected a positive value\n"
                "  hint: sales at home are gross output less exports"
            ),
        ),
    ],
)
def test_what_is_wrong_with_a_table_is_named(data, message):
    with pytest.raises(UsageError) as error:
        economy_from_table(data)
    assert str(error.value) == message


def test_columns_of_different_lengths_are_refused():
    rows = {"exporter": ["AAA"] * 2, "importer": ["AAA"], "trade": [1.0]}
    with pytest.raises(UsageError) as caught:
        economy_from_table(rows)
    assert str(caught.value) == (
        "table: exporter and importer: found 2 and 1 rows, expected as many of both"
    )
    rows = {"exporter": ["AAA"], "importer": ["AAA"], "trade": [1.0, 2.0]}
    with pytest.raises(UsageError) as caught:
        economy_from_table(rows)
    assert str(caught.value) == (
        "table: trade: found shape (2,), expected one number in each of 1 rows"
    )


def test_a_world_of_one_country_is_none():
    with pytest.raises(UsageError) as caught:
        economy_from_table({"exporter": ["AAA"], "importer": ["AAA"], "trade": [1.0]})
    assert str(caught.value) == "countries: found 1, expected at least 2"
