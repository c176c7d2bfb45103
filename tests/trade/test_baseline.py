"""The world without sanctions as files: what is read, and files that are wrong."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from servanda.errors import CaseError
from servanda.trade import read_baseline
from tests.places import without_line_of_change

SPEC = """
sectors = ["fuels", "other"]
report = ["BBB", "AAA"]
sector_elasticity = 0.5
factors = "fixed"
closure = "multiplicative"
gross_output_ratio = 2
[elasticities]
fuels = { range = [4, 8, 16], status = "assumed", sources = [], note = "" }
other = { range = [3, 5.5, 9], status = "estimated", sources = ["paper"], note = "" }
[sources]
paper = { title = "A paper" }
"""
FLOWS = """\
sector,origin,destination,musd_year
other,AAA,AAA,70
other,AAA,BBB,20
other,BBB,AAA,25
other,BBB,BBB,100.5
fuels,BBB,BBB,8
fuels,BBB,AAA,1e1
fuels,AAA,BBB,3
fuels,AAA,AAA,40
"""


def written(folder: Path, spec: str = SPEC, flows: str = FLOWS) -> Path:
    (folder / "trade_baseline.toml").write_text(spec, encoding="utf-8")
    (folder / "trade_baseline.csv").write_text(flows, encoding="utf-8")
    return folder


def message_of(folder: Path) -> str:
    with pytest.raises(CaseError) as caught:
        read_baseline(folder)
    return str(caught.value)


# --- what is read ------------------------------------------------------------


def test_a_baseline_is_read_in_whatever_order_its_rows_stand(tmp_path):
    baseline = read_baseline(written(tmp_path))
    economy = baseline.economy
    assert (economy.countries, economy.sectors) == (("AAA", "BBB"), ("fuels", "other"))
    np.testing.assert_array_equal(economy.flows[0], [[40, 3], [10, 8]])
    np.testing.assert_array_equal(economy.flows[1], [[70, 20], [25, 100.5]])
    assert economy.sector_elasticity == 0.5
    assert baseline.elasticities == ((4.0, 8.0, 16.0), (3.0, 5.5, 9.0))
    assert (baseline.factors, baseline.closure) == ("fixed", "multiplicative")
    assert baseline.report == ("BBB", "AAA")


def test_half_of_gross_output_is_value_added_where_it_is_twice_gdp(tmp_path):
    assert read_baseline(written(tmp_path)).economy.value_added_share == 0.5


def test_without_a_ratio_all_output_is_value_added(tmp_path):
    spec = SPEC.replace("gross_output_ratio = 2\n", "")
    assert read_baseline(written(tmp_path, spec)).economy.value_added_share == 1.0


def test_names_are_what_countries_are_called_and_need_not_be_given(tmp_path):
    assert read_baseline(written(tmp_path)).names == {}
    spec = SPEC.replace("report =", 'names = { BBB = "The rest" }\nreport =')
    assert read_baseline(written(tmp_path, spec)).names == {"BBB": "The rest"}


def test_a_byte_order_mark_does_no_harm(tmp_path):
    plain = read_baseline(written(tmp_path))
    marked = read_baseline(written(tmp_path, flows="\ufeff" + FLOWS))
    np.testing.assert_array_equal(marked.economy.flows, plain.economy.flows)


# --- specifications that are wrong -------------------------------------------

TOML = "trade_baseline.toml"
ELASTICITY = f"{TOML}: elasticities.other"
RANGE = "expected low, central and high, rising, each above 1, finite"
UNKNOWN = "found a key that is not known here, expected one of"
REQUIRED = "found no such key, expected this key is required"
KEYS = (
    "sectors, report, sector_elasticity, factors, closure, elasticities, names,"
    " gross_output_ratio, gross_output_source, build, sources"
)
WRONG_SPEC = {
    "a key missing": (
        'factors = "fixed"\n',
        "",
        f"{TOML} line 1: factors: {REQUIRED}",
    ),
    "a key misspelt": (
        "closure =",
        "closures =",
        f"{TOML}: closures: {UNKNOWN} {KEYS}\n  hint: did you mean 'closure'?",
    ),
    "a key of no meaning": (
        "report =",
        "zeal = 1\nreport =",
        f"{TOML}: zeal: {UNKNOWN} {KEYS}",
    ),
    "unknown factors": (
        '"fixed"',
        '"fxed"',
        (
            f"{TOML}: factors: found 'fxed', expected 'mobile' or 'fixed'\n"
            "  hint: did you mean 'fixed'?"
        ),
    ),
    "an unknown closure": (
        '"multiplicative"',
        '"multiplied"',
        (
            f"{TOML}: closure: found 'multiplied',"
            " expected 'export-share', 'multiplicative', 'additive' or 'held-shares'\n"
            "  hint: did you mean 'multiplicative'?"
        ),
    ),
    "an unknown country to report": (
        '["BBB", "AAA"]',
        '["BBB", "AAB"]',
        f"{TOML}: report[2]: found 'AAB', expected one of AAA, BBB\n  hint: did you mean 'AAA'?",
    ),
    "a country reported twice": (
        '["BBB", "AAA"]',
        '["BBB", "BBB"]',
        f"{TOML}: report: found ['BBB', 'BBB'], expected each name once",
    ),
    "a name of an unknown country": (
        "report =",
        'names = { AAB = "A" }\nreport =',
        f"{TOML}: names.AAB: found 'AAB', expected one of AAA, BBB\n  hint: did you mean 'AAA'?",
    ),
    "a name that is no text": (
        "report =",
        "names = { AAA = 7 }\nreport =",
        f"{TOML}: names.AAA: found 7, expected a text",
    ),
    "names that are no table": (
        "report =",
        'names = ["A"]\nreport =',
        f"{TOML}: names: found ['A'], expected a table",
    ),
    "no sector": (
        '["fuels", "other"]',
        "[]",
        f"{TOML}: sectors: found [], expected a list of at least 1",
    ),
    "a sector without brackets": (
        '["fuels", "other"]',
        '"fuels"',
        f"{TOML}: sectors: found 'fuels', expected a list",
    ),
    "a sector twice": (
        '["fuels", "other"]',
        '["fuels", "fuels"]',
        f"{TOML}: sectors: found ['fuels', 'fuels'], expected each name once",
    ),
    "an elasticity between sectors below zero": (
        "sector_elasticity = 0.5",
        "sector_elasticity = -1",
        f"{TOML}: sector_elasticity: found -1, expected a number greater than or equal to 0",
    ),
    "an elasticity between sectors without end": (
        "sector_elasticity = 0.5",
        "sector_elasticity = inf",
        f"{TOML}: sector_elasticity: found inf, expected a finite number",
    ),
    "an elasticity between sectors in words": (
        "sector_elasticity = 0.5",
        'sector_elasticity = "half"',
        f"{TOML}: sector_elasticity: found 'half', expected a number",
    ),
    "gross output below value added": (
        "gross_output_ratio = 2",
        "gross_output_ratio = 0",
        f"{TOML}: gross_output_ratio: found 0, expected a number greater than or equal to 1",
    ),
    "a sector without an elasticity": (
        "fuels = {",
        "fuel = {",
        (f"{TOML}: elasticities.fuel: {UNKNOWN} fuels, other\n  hint: did you mean 'fuels'?"),
    ),
    "an elasticity of no sector": (
        "[elasticities]",
        '[elasticities]\nfoods = { range = [4, 8, 16], status = "assumed", sources=[], note = "" }',
        f"{TOML}: elasticities.foods: {UNKNOWN} fuels, other",
    ),
    "an elasticity that is a number": (
        re.search("other = {.*}", SPEC)[0],
        "other = 5",
        f"{ELASTICITY}: found 5, expected a table",
    ),
    "an elasticity without a note": (
        'sources = ["paper"], note = ""',
        'sources = ["paper"]',
        f"{ELASTICITY}.note: {REQUIRED}",
    ),
    "an elasticity of unknown status": (
        '"estimated"',
        '"estimate"',
        (
            f"{ELASTICITY}.status: found 'estimate',"
            " expected 'measured', 'estimated' or 'assumed'\n"
            "  hint: did you mean 'estimated'?"
        ),
    ),
    "an elasticity of unknown source": (
        '["paper"]',
        '["papers"]',
        (
            f"{ELASTICITY}.sources: found 'papers', expected a name under [sources]\n"
            "  hint: did you mean 'paper'?"
        ),
    ),
    "an estimate without a source": (
        '["paper"]',
        "[]",
        f"{ELASTICITY}.sources: found none, expected a source, or the status 'assumed'",
    ),
    "an elasticity of one": (
        "[3, 5.5, 9]",
        "[1, 5.5, 9]",
        f"{ELASTICITY}.range: found [1, 5.5, 9], {RANGE}",
    ),
    "an elasticity below one": (
        "[3, 5.5, 9]",
        "[0.5, 5.5, 9]",
        f"{ELASTICITY}.range: found [0.5, 5.5, 9], {RANGE}",
    ),
    "elasticities that do not rise": (
        "[3, 5.5, 9]",
        "[3, 9, 5.5]",
        f"{ELASTICITY}.range: found [3, 9, 5.5], {RANGE}",
    ),
    "perfect substitutes": (
        "[3, 5.5, 9]",
        "[3, 5.5, inf]",
        f"{ELASTICITY}.range: found [3, 5.5, inf], {RANGE}",
    ),
}


@pytest.mark.parametrize(("old", "new", "message"), WRONG_SPEC.values(), ids=list(WRONG_SPEC))
def test_specifications_that_are_wrong(tmp_path, old, new, message):
    assert SPEC.count(old) == 1
    changed = SPEC.replace(old, new)
    found = message_of(written(tmp_path, changed))
    assert without_line_of_change(found, SPEC, changed) == message


def test_elasticities_that_are_no_table(tmp_path):
    spec = SPEC[: SPEC.index("[elasticities]")] + "elasticities = 5\n"
    assert message_of(written(tmp_path, spec)) == (
        f"{TOML} line 8: elasticities: found 5, expected a table"
    )


def test_a_specification_that_is_not_toml(tmp_path):
    assert message_of(written(tmp_path, "[sources")) == (
        f"{TOML} line 1: found Expected ']' at the end of a table declaration (at end of document),"
        " expected valid TOML"
    )


# --- flows that are wrong ----------------------------------------------------

CSV = "trade_baseline.csv"
ALL = "expected a row for each of the 2 countries with each, itself included"
WRONG_FLOWS = {
    "an unknown sector": (
        "fuels,AAA,BBB,3",
        "fuel,AAA,BBB,3",
        (
            f"{CSV} line 8: found sector 'fuel', expected one of fuels, other\n"
            "  hint: did you mean 'fuels'?"
        ),
    ),
    "a pair missing": (
        "fuels,AAA,BBB,3\n",
        "",
        (
            f"{CSV}: fuels, flow from 'AAA' to 'BBB': found no row, {ALL}\n"
            "  hint: missing is not zero: write 0 where nothing was sold, or leave the country out"
        ),
    ),
    "sales at home missing": (
        "other,AAA,AAA,70\n",
        "",
        (
            f"{CSV}: other, domestic flow of 'AAA': found no row, {ALL}\n"
            "  hint: sales at home are gross output less exports"
        ),
    ),
    "no sales at home": (
        "other,AAA,AAA,70",
        "other,AAA,AAA,0",
        (
            f"{CSV}: other, domestic flow of 'AAA': found none, expected a positive value\n"
            "  hint: sales at home are gross output less exports"
        ),
    ),
    "a pair twice": (
        "fuels,AAA,BBB,3\n",
        "fuels,AAA,BBB,3\nfuels,AAA,BBB,3\n",
        (
            f"{CSV}: fuels, flow from 'AAA' to 'BBB': found rows 3 and 4 of the table,"
            " expected one row for each pair\n"
            "  hint: keep one year and one product, or sum over them"
        ),
    ),
    "a flow below zero": (
        "fuels,AAA,BBB,3",
        "fuels,AAA,BBB,-3",
        f"{CSV}: fuels, flow from 'AAA' to 'BBB': found -3.0, expected zero or a positive number",
    ),
    "a flow that is no number": (
        "fuels,AAA,BBB,3",
        "fuels,AAA,BBB,few",
        f"{CSV} line 8: found musd_year 'few', expected a finite number",
    ),
    "a flow that is empty": (
        "fuels,AAA,BBB,3",
        "fuels,AAA,BBB,",
        f"{CSV} line 8: found musd_year '', expected a finite number",
    ),
    "a flow without end": (
        "fuels,AAA,BBB,3",
        "fuels,AAA,BBB,inf",
        f"{CSV} line 8: found musd_year 'inf', expected a finite number",
    ),
    "exports of nothing": (
        "fuels,AAA,BBB,3",
        "fuels,AAA,BBB,0",
        (
            f"{CSV}: fuels, exports of 'AAA': found zero with every other country,"
            " expected at least one positive flow\n"
            "  hint: its prices have no link to the others': leave the country out"
        ),
    ),
    "a country without a code": (
        "fuels,AAA,BBB,3",
        "fuels,AAA,,3",
        f"{CSV}: fuels, destination in row 3 of the table: found '', expected a country code",
    ),
    "a cell too few": (
        "fuels,AAA,BBB,3",
        "fuels,AAA,BBB",
        f"{CSV} line 8: found 3 cells, expected 4, one for each column",
    ),
    "a cell too many": (
        "fuels,AAA,BBB,3",
        "fuels,AAA,BBB,3,4,5",
        (
            f"{CSV} line 8: found 6 cells, expected 4, one for each column\n"
            "  hint: a text with a comma in it needs quotes"
        ),
    ),
    "other columns": (
        "musd_year",
        "usd",
        (
            f"{CSV} line 1: found columns sector, origin, destination, usd,"
            " expected columns sector, origin, destination, musd_year"
        ),
    ),
}


@pytest.mark.parametrize(("old", "new", "message"), WRONG_FLOWS.values(), ids=list(WRONG_FLOWS))
def test_flows_that_are_wrong(tmp_path, old, new, message):
    assert FLOWS.count(old) == 1
    assert message_of(written(tmp_path, flows=FLOWS.replace(old, new))) == message


def test_a_country_in_one_sector_only(tmp_path):
    # The first of several is named, in alphabetical order, whatever order Python's sets are in.
    more = [f"other,{o},{d},1" for o in "DC" for d in ("AAA", "BBB", "C", "D")]
    more += [f"other,{o},{d},1" for o in ("AAA", "BBB") for d in "CD"]
    assert message_of(written(tmp_path, flows=FLOWS + "\n".join(more))) == (
        f"{CSV}: other: found 'C' not in every sector, expected it in all"
    )


def test_a_sector_without_a_row(tmp_path):
    flows = "".join(line for line in FLOWS.splitlines(keepends=True) if "fuels" not in line)
    assert message_of(written(tmp_path, flows=flows)) == (
        f"{CSV}: fuels, table: found no rows, expected one row for each pair of countries"
    )


def test_an_empty_file_of_flows(tmp_path):
    assert message_of(written(tmp_path, flows="")) == (
        f"{CSV} line 1: found columns none, expected columns sector, origin, destination, musd_year"
    )


def test_flows_that_are_not_text(tmp_path):
    (written(tmp_path) / CSV).write_bytes(b"\xff")
    assert message_of(tmp_path) == (
        f"{CSV} line 1: found byte 0xff, which is not UTF-8,"
        " expected valid CSV\n  hint: save it as UTF-8 with commas"
    )


@pytest.mark.parametrize(("name", "kind"), [(TOML, "TOML"), (CSV, "CSV")])
def test_a_file_that_is_missing(tmp_path, name, kind):
    (written(tmp_path) / name).unlink()
    assert message_of(tmp_path) == (
        f"{name}: found no such file, expected a {kind} file in {tmp_path}"
    )


@pytest.mark.parametrize(("name", "kind"), [(TOML, "TOML"), (CSV, "CSV")])
def test_a_folder_in_place_of_a_file(tmp_path, name, kind):
    (written(tmp_path) / name).unlink()
    (tmp_path / name).mkdir()
    assert message_of(tmp_path) == (
        f"{name}: found a file that cannot be read: Is a directory,"
        f" expected a {kind} file in {tmp_path}"
    )
