"""Monthly exports: what is read of the publisher's file, and files and names that are wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from servanda.errors import CaseError, UsageError
from servanda.rerouting import scores as scoring
from servanda.rerouting.exports import read_exports
from tests.rerouting.made_up import HEAD, world

STATES = ("Russia", "Kyrgyzstan", "Armenia", "Kazakhstan", "Georgia", "Uzbekistan")
PARTNERS = ", ".join(STATES)
MEANT = "\n  hint: did you mean 'Georgia'?"
NEVER_ZERO = "\n  hint: missing is never zero: start after the gap, or find the month"


def lines(when: tuple[str, ...] = ("2019-01", "2019-02")) -> list[str]:
    return [f"Malta,{p},Total,EXPORT,{m}-01,1000000,False" for m in when for p in STATES]


def written(folder: Path, rows: list[str], head: str = HEAD) -> Path:
    path = folder / "exports.csv"
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return path


def test_member_states_are_summed_and_aggregates_and_the_leaver_left_out(tmp_path):
    rows = lines()
    rows.append("Italy,Armenia,Total,EXPORT,2019-01-01,500000,False")
    rows.append("EU27,Armenia,Total,EXPORT,2019-01-01,9000000,True")
    rows.append("United Kingdom,Armenia,Total,EXPORT,2019-01-01,7000000,False")
    record = read_exports(written(tmp_path, rows))
    assert record.months == ("2019-01", "2019-02")
    assert record.of("ARM").tolist() == [1.5, 1.0]


FAULTS = {
    "column": (
        lines(),
        HEAD.replace("flow", "direction"),
        f"exports.csv: found no column 'flow', expected {HEAD.replace(',', ', ')}",
    ),
    "partner": (
        [*lines(), "Malta,Georgie,Total,EXPORT,2019-01-01,1,False"],
        HEAD,
        f"exports.csv, line 14: found partner 'Georgie', expected one of {PARTNERS}{MEANT}",
    ),
    "flag": (
        [*lines(), "Italy,Georgia,Total,EXPORT,2019-01-01,1,no"],
        HEAD,
        "exports.csv, line 14: found is_aggregate 'no', expected True or False",
    ),
    "empty": (
        [line for line in lines() if "Armenia" not in line],
        HEAD,
        "exports.csv: found no member state's exports to ARM, expected at least one row",
    ),
    "NaN": (
        [*lines(), "Italy,Georgia,Total,EXPORT,2019-01-01,nan,False"],
        HEAD,
        "exports.csv, line 14: found value_in_eur 'nan', expected zero or a positive number",
    ),
    "negative": (
        [*lines(), "Italy,Georgia,Total,EXPORT,2019-01-01,-5,False"],
        HEAD,
        "exports.csv, line 14: found value_in_eur '-5', expected zero or a positive number",
    ),
    "twice": (
        [*lines(), "Malta,Georgia,Total,EXPORT,2019-01-01,1,False"],
        HEAD,
        "exports.csv, line 14: found Malta to GEO in 2019-01 again, expected each once",
    ),
    "one partner's month": (
        lines()[:-1],
        HEAD,
        "exports.csv: found no exports to UZB in 2019-02, expected every month from first to last",
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
        read_exports(written(tmp_path, rows, head))
    assert str(error.value) == message


def test_unknown_names_are_refused():
    record = world()
    with pytest.raises(UsageError) as error:
        record.of("KGS")
    assert str(error.value) == (
        "partner: found 'KGS', expected one of RUS, KGZ, ARM, KAZ, GEO, UZB\n"
        "  hint: did you mean 'KGZ'?"
    )
    with pytest.raises(UsageError) as error:
        record.index("2025-01")
    assert str(error.value) == "month: found 2025-01, expected one from 2019-01 to 2023-06"
    with pytest.raises(UsageError) as error:
        scoring.naive(np.zeros(5), 1)
    assert str(error.value) == "seasonal forecast: found 5 months, expected 14 or more"
    with pytest.raises(UsageError) as error:
        scoring.walk(np.zeros(5), np.zeros(9), 1, drift=True)
    assert str(error.value) == "trend forecast: found 5 months, expected 14 or more"
