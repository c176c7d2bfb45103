"""Monthly exports: what is read of the publisher's file, and files and names that are wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from servanda.errors import CaseError, UsageError
from servanda.sources.eurostat import Exports, month_after, read_exports

HEAD = "reporter,partner,product,flow,date,value_in_eur,is_aggregate"
CODES = {"Armenia": "ARM", "Georgia": "GEO"}
MEANT = "\n  hint: did you mean 'Georgia'?"
NEVER_ZERO = "\n  hint: a missing month is not zero: start after the gap, or add the month"


def lines(when: tuple[str, ...] = ("2019-01", "2019-02")) -> list[str]:
    return [f"Malta,{p},Total,EXPORT,{m}-01,1000000,False" for m in when for p in CODES]


def written(folder: Path, rows: list[str], head: str = HEAD) -> Path:
    path = folder / "exports.csv"
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return path


def read(path: Path) -> Exports:
    return read_exports(path, CODES, without=("Freedonia",))


def test_member_states_are_summed_and_aggregates_and_who_left_are_not(tmp_path):
    rows = lines()
    rows.append("Italy,Armenia,Total,EXPORT,2019-01-01,500000,False")
    rows.append("EU27,Armenia,Total,EXPORT,2019-01-01,9000000,True")
    rows.append("Freedonia,Armenia,Total,EXPORT,2019-01-01,7000000,False")
    rows.append("Italy,Armenia,Total,IMPORT,2019-01-01,300000,False")
    record = read(written(tmp_path, rows))
    assert record.months == ("2019-01", "2019-02")
    assert record.partners == ("ARM", "GEO")
    assert record.of("ARM").tolist() == [1.5, 1.0]
    assert record.of("GEO").tolist() == [1.0, 1.0]


def test_a_month_follows_another():
    assert month_after("2019-01") == "2019-02"
    assert month_after("2019-12") == "2020-01"


FAULTS = {
    "column": (
        lines(),
        HEAD.replace("flow", "direction"),
        f"exports.csv line 1: found no column 'flow', expected columns {HEAD.replace(',', ', ')}",
    ),
    "partner": (
        [*lines(), "Malta,Georgie,Total,EXPORT,2019-01-01,1,False"],
        HEAD,
        f"exports.csv line 6: found partner 'Georgie', expected one of Armenia, Georgia{MEANT}",
    ),
    "flag": (
        [*lines(), "Italy,Georgia,Total,EXPORT,2019-01-01,1,no"],
        HEAD,
        "exports.csv line 6: found is_aggregate 'no', expected True or False",
    ),
    "month": (
        [*lines(), "Italy,Georgia,Total,EXPORT,2019-13-01,1,False"],
        HEAD,
        "exports.csv line 6: found date '2019-13-01', expected a date like 2019-01-01",
    ),
    "empty": (
        [line for line in lines() if "Armenia" not in line],
        HEAD,
        "exports.csv: found no member state's exports to ARM, expected at least one row",
    ),
    "NaN": (
        [*lines(), "Italy,Georgia,Total,EXPORT,2019-01-01,nan,False"],
        HEAD,
        "exports.csv line 6: found value_in_eur 'nan', expected zero or a positive number",
    ),
    "negative": (
        [*lines(), "Italy,Georgia,Total,EXPORT,2019-01-01,-5,False"],
        HEAD,
        "exports.csv line 6: found value_in_eur '-5', expected zero or a positive number",
    ),
    "twice": (
        [*lines(), "Malta,Georgia,Total,EXPORT,2019-01-01,1,False"],
        HEAD,
        "exports.csv line 6: found Malta to GEO in 2019-01 again, expected each once",
    ),
    "one partner's month": (
        lines()[:-1],
        HEAD,
        "exports.csv: found no exports to GEO in 2019-02, expected every month from first to last",
    ),
    "gap": (
        lines(("2019-01", "2019-03")),
        HEAD,
        f"exports, months: found 2019-03 after 2019-01, expected 2019-02: no gap{NEVER_ZERO}",
    ),
    "zero": (
        [line.replace("1000000", "0") if "Georgia" in line else line for line in lines()],
        HEAD,
        "exports to GEO in 2019-01: found 0.0, expected a positive number",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_faulty_record_is_refused_on_one_line(fault, tmp_path):
    rows, head, message = FAULTS[fault]
    with pytest.raises(CaseError) as error:
        read(written(tmp_path, rows, head))
    assert str(error.value) == message


def test_a_file_that_is_missing(tmp_path):
    with pytest.raises(CaseError) as error:
        read(tmp_path / "exports.csv")
    assert str(error.value) == (
        f"exports.csv: found no such file, expected a CSV file in {tmp_path}"
    )


def test_unknown_names_are_refused(tmp_path):
    record = read(written(tmp_path, lines()))
    with pytest.raises(UsageError) as error:
        record.of("GEA")
    assert str(error.value) == (
        "partner: found 'GEA', expected one of ARM, GEO\n  hint: did you mean 'GEO'?"
    )
    with pytest.raises(UsageError) as error:
        record.index("2025-01")
    assert str(error.value) == "month: found 2025-01, expected one from 2019-01 to 2019-02"
