"""From a long table to an economy, and what is wrong with tables that are none."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from servanda.errors import UsageError
from servanda.trade.counterfactual import counterfactual
from servanda.trade.observed import economy_from_table

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
            table().replace({"importer": {"B": "b"}}),
            (
                "importer in row 2 of the table: found 'b', expected one spelling of a country"
                " code, without blanks around it\n"
                "  hint: did you mean 'B'?"
            ),
        ),
        (
            table().replace({"exporter": {"B": " B"}, "importer": {"B": " B"}}),
            (
                "exporter in row 4 of the table: found ' B', expected one spelling of a country"
                " code, without blanks around it\n"
                "  hint: did you mean 'B'?"
            ),
        ),
        (
            table().replace({"exporter": {"B": "C\u00f4te"}, "importer": {"B": "Co\u0302te"}}),
            (
                "importer in row 2 of the table: found 'Co\\u0302te', expected one spelling of a"
                " country code, without blanks around it\n"
                "  hint: did you mean 'C\\xf4te'?"
            ),
        ),
        (
            table().replace({"exporter": {"B": "B\u200b"}}),
            (
                "exporter in row 4 of the table: found 'B\\u200b', expected one spelling of a"
                " country code, without blanks around it\n"
                "  hint: did you mean 'B'?"
            ),
        ),
        (
            table().replace({"exporter": {"B": "\uff22"}}),
            (
                "exporter in row 4 of the table: found '\\uff22', expected one spelling of a"
                " country code, without blanks around it\n"
                "  hint: did you mean 'B'?"
            ),
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
                "  hint: missing is not zero: give absent='zero' if the source leaves out pairs"
                " without trade, or leave the country out"
            ),
        ),
        (
            without(table(), "BB", "BC", "CA"),
            (
                "domestic flow of 'B': found no row, nor one for 2 more pairs, expected a row for"
                " each of the 3 countries with each, itself included\n"
                "  hint: sales at home are gross output less exports: give `output`; for a sector"
                " that a country lacks, give `least_at_home`"
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
            cell(table(), "B", "B", -5.0),
            (
                "domestic flow of 'B': found -5.0, expected a positive value\n"
                "  hint: exports above output are most likely re-exports: count exports of goods"
                " made in the country, or add what passes through to its output and imports"
            ),
        ),
        (
            cell(table(), "B", "B", 0.0),
            (
                "domestic flow of 'B': found none, expected a positive value\n"
                "  hint: sales at home are gross output less exports: give `output`; for a sector"
                " that a country lacks, give `least_at_home`"
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


# --- what to put where the table has nothing -----------------------------------------


def refusal(data: pd.DataFrame, **options: object) -> str:
    with pytest.raises(UsageError) as caught:
        economy_from_table(data, **options)
    return str(caught.value)


def test_pairs_that_a_source_leaves_out_are_zero_if_one_says_so():
    found = economy_from_table(without(table(), "BC"), absent="zero")
    assert found.flows.tolist() == FLOWS.tolist()


def test_a_country_without_sales_at_home_is_no_pair_without_trade():
    assert refusal(without(table(), "BB"), absent="zero").startswith("domestic flow of 'B': found")


@pytest.mark.parametrize("container", [dict, pd.Series, lambda made: xr.DataArray(pd.Series(made))])
def test_what_is_made_and_not_exported_is_sold_at_home(container):
    made = container({"A": 100.0, "C": 45.0})
    for data in (without(table(), "AA", "CC"), cell(without(table(), "AA"), "C", "C", np.nan)):
        assert economy_from_table(data, output=made).flows.tolist() == FLOWS.tolist()


def test_a_row_without_sales_at_home_may_be_filled_too():
    found = economy_from_table(cell(table(), "B", "B", np.nan), least_at_home=1e-6)
    assert found.flows[1].tolist() == pytest.approx([25.0, 1e-6 * (20 + 10), 0.0])


def two_sectors() -> pd.DataFrame:
    """Fuels as the table, and twice of it as the rest."""
    rest = table().assign(trade=2 * table()["trade"], good="rest")
    return pd.concat([table().assign(good="fuels"), rest])


def test_each_sector_has_its_own_rows():
    found = economy_from_table(two_sectors(), sector="good", sector_elasticity=0.5)
    assert found.sectors == ("fuels", "rest")
    assert found.flows.tolist() == [FLOWS.tolist(), (2 * FLOWS).tolist()]
    assert found.sector_elasticity == 0.5


def test_output_by_sector_and_country():
    data = two_sectors()
    data = data[~((data["exporter"] == "A") & (data["importer"] == "A") & (data["good"] == "rest"))]
    found = economy_from_table(data, sector="good", output={("rest", "A"): 200.0})
    assert found.flows.tolist() == [FLOWS.tolist(), (2 * FLOWS).tolist()]


@pytest.mark.parametrize("factors", ["mobile", "fixed"])
def test_a_country_that_lacks_a_sector_answers_as_if_it_made_next_to_nothing(factors):
    # C neither makes nor exports fuels. It buys 10 from A, and 10 and 60 of the rest.
    data = two_sectors()
    data = data[~((data["exporter"] == "C") & (data["good"] == "fuels"))]
    options = {"sector": "good", "absent": "zero"}
    found = economy_from_table(data, **options, least_at_home=1e-6)
    made = found.flows[0, 2]
    assert made.tolist() == pytest.approx([0, 0, 1e-6 * (10 + 20 + 60)])
    costs = np.where(np.eye(3) == 1, 1.0, 1.3)[None].repeat(2, axis=0)
    dearer = [
        counterfactual(
            economy_from_table(data, **options, least_at_home=least), costs, 5.0, factors=factors
        ).real_income
        for least in (1e-6, 1e-9)
    ]
    np.testing.assert_allclose(*dearer, rtol=1e-4)
    assert (dearer[0] < 1).all()
    assert refusal(data, **options).startswith("domestic flow of 'fuels' of 'C': found no row")


def test_a_sector_that_nobody_trades_answers():
    data = two_sectors()
    data.loc[(data["exporter"] != data["importer"]) & (data["good"] == "rest"), "trade"] = 0.0
    found = economy_from_table(data, sector="good")
    costs = np.where(np.eye(3) == 1, 1.0, 1.3)[None].repeat(2, axis=0)
    after = counterfactual(found, costs, 5.0)
    np.testing.assert_allclose(after.flows[1] * (1 - np.eye(3)), 0)
    assert (after.real_income < 1).all()


@pytest.mark.parametrize(
    ("data", "options", "message"),
    [
        (
            without(table(), "AA"),
            {"output": {"A": 25.0}},
            (
                "output of 'A', less its exports: found 25 - 30 = -5, expected a positive number,"
                " its sales at home\n"
                "  hint: exports above output are most likely re-exports: count exports of goods"
                " made in the country, or add what passes through to its output and imports"
            ),
        ),
        (
            table(),
            {"output": {"A": 100.0}},
            (
                "output of 'A': found sales at home of 70 in the table too, expected one of the"
                " two: leave out the row or the output"
            ),
        ),
        (
            without(table(), "AA"),
            {"output": {"a": 100.0}},
            "output: found 'a', expected one of A, B, C\n  hint: did you mean 'A'?",
        ),
        (
            without(table(), "AA"),
            {"output": {("rest", "A"): 100.0}},
            "output: found a figure for ('rest', 'A'), expected one for a country",
        ),
        (
            cell(table(), "A", "A", -70.0),
            {"output": {"A": 100.0}},
            (
                "output of 'A': found sales at home of -70 in the table too, expected one of the"
                " two: leave out the row or the output"
            ),
        ),
        (
            without(table(), "AA"),
            {"output": {"A": "1,00"}},
            "output of 'A': found '1,00', expected a finite number",
        ),
        (
            without(table(), "AA"),
            {"output": pd.Series([100.0, 110.0], ["A", "A"])},
            "output: found two figures for 'A', expected one for each",
        ),
        (
            without(table(), "AA"),
            {"output": [100.0, 125.0, 45.0]},
            "output: found a list, expected figures by country: a dict or a Series",
        ),
        (
            table(),
            {"absent": "zeros"},
            "absent: found 'zeros', expected one of refuse, zero\n  hint: did you mean 'zero'?",
        ),
        (
            table(),
            {"least_at_home": 1.0},
            "least_at_home: found 1.0, expected a share from 0 to below 1",
        ),
    ],
)
def test_what_is_wrong_with_what_is_filled_in_is_named(data, options, message):
    assert refusal(data, **options) == message
