"""Figures of a file are added to the evidence of a case: all that are new, or none."""

from __future__ import annotations

from pathlib import Path

import pytest

from servanda.case import add_evidence, load, new
from servanda.errors import CaseError, UsageError
from servanda.files import drafts
from tests.case.test_faults import SLIPS

HEAD = "id,series,ref_start,ref_end,known_on,value,low,high,unit,confidence,source,claim\n"
ROW = "{},shells-delivered,,{},2021-12-30,{},,,round,B,a-report,{}\n"


@pytest.fixture
def folder(tmp_path):
    return new("tiny", tmp_path)


@pytest.fixture
def file(tmp_path):
    def write(text: str) -> Path:
        path = tmp_path / "more.csv"
        path.write_text(text)
        return path

    return write


def test_new_figures_are_appended_and_double_ones_are_not(folder, file):
    before = (folder / "evidence.csv").read_text()
    rows = [
        ROW.format("N1", "2021-07-31", "310000", "new"),
        ROW.format("N2", "2021-07-31", "310000", "the same again"),
        "N3,shells-delivered,,2021-06-30,2021-07-10,300000,,,round,C,a-ministry,E2 by another id\n",
    ]
    found = add_evidence(folder, file(HEAD + "".join(rows)))
    assert [o.id for o in found.new] == ["N1"]
    assert [(o.id, twin) for o, twin in found.double] == [("N2", "N1"), ("N3", "E2")]
    assert found.notes == ()
    assert (folder / "evidence.csv").read_text() == before + rows[0]
    again = add_evidence(folder, file(HEAD + "".join(rows)))
    assert again.new == ()
    assert (folder / "evidence.csv").read_text() == before + rows[0]


def test_nothing_is_added_if_there_is_an_error(folder):
    before = (folder / "evidence.csv").read_text()
    with pytest.raises(CaseError) as caught:
        add_evidence(folder, SLIPS)
    assert str(caught.value) == (
        "slips.csv line 3: found source 'new-report', expected a source that the case defines\n"
        "  hint: did you mean 'a-report'?"
    )
    assert (folder / "evidence.csv").read_text() == before


def test_an_id_of_another_figure_is_an_error(folder, file):
    with pytest.raises(CaseError) as caught:
        add_evidence(folder, file(HEAD + ROW.format("E1", "2021-07-31", "310000", "x")))
    assert str(caught.value) == (
        "more.csv line 2: found id 'E1' of another figure, expected a unique id"
    )


def test_a_figure_that_contradicts_another_is_added_and_noted(folder, file):
    rows = ROW.format("N1", "2020-12-31", "200000", "x") + ROW.format("N2", "2021-03-01", "5", "x")
    found = add_evidence(folder, file(HEAD + rows))
    assert [str(note) for note in found.notes] == [
        "more.csv line 2: 'N1' says 200000, and 'E1' of the same source and period 100000",
        "more.csv line 3: the running total 'N2' falls to 5 from 200000 in 'N1'",
    ]
    assert len(load(folder).evidence.observations) == 4


def test_a_double_figure_that_says_more_is_named_and_not_added(folder, file):
    known = "shells-delivered,,2020-12-31,2021-02-15"
    found = add_evidence(folder, file(HEAD + f"N1,{known},100000,,150000,round,B,a-report,x\n"))
    assert (found.new, [twin for _, twin in found.double]) == ((), ["E1"])
    assert [str(note) for note in found.notes] == [
        (
            "more.csv line 2: 'N1' repeats 'E1' with another known_on, low:"
            " change the row of 'E1' if it is right"
        )
    ]


def test_lines_end_as_they_ended(folder, file):
    before = (folder / "evidence.csv").read_bytes().replace(b"\n", b"\r\n")
    (folder / "evidence.csv").write_bytes(before)
    row = ROW.format("N1", "2021-07-31", "310000", "new")
    add_evidence(folder, file(HEAD + row))
    assert (folder / "evidence.csv").read_bytes() == before + row.encode().replace(b"\n", b"\r\n")


def test_columns_in_any_order_and_columns_of_no_meaning_are_fine(folder, file):
    text = (
        "remark,claim,id,series,ref_end,known_on,value,low,high,unit,confidence,source,ref_start\n"
        "mine,=1+1,N1,shells-delivered,2021-07-31,2021-08-09,310000,,,round,B,a-report,\n\n"
    )
    add_evidence(folder, file(text))
    assert (
        (folder / "evidence.csv")
        .read_text()
        .endswith("N1,shells-delivered,,2021-07-31,2021-08-09,310000,,,round,B,a-report,'=1+1\n")
    )


def test_a_bound_gives_the_evidence_its_column(folder, file):
    bounded = HEAD.replace("claim", "claim,bound")
    row = ROW.format("N1", "2021-07-31", "310000", "over 310 000").replace("\n", ",at least\n")
    add_evidence(folder, file(bounded + row))
    assert [o.bound for o in load(folder).evidence.observations] == [None, None, "at least"]
    claims = [o.claim for o in load(folder).evidence.observations]
    assert claims[1] == "Containers for 300 000 rounds, says the ministry"


def test_a_case_with_errors_is_mended_first(folder, file):
    text = (folder / "evidence.csv").read_text()
    (folder / "evidence.csv").write_text(text.replace("round,C", "round,D"))
    with pytest.raises(CaseError) as caught:
        add_evidence(folder, file(HEAD))
    assert caught.value.where == "evidence.csv line 3"


def test_a_shipped_case_is_not_changed(file):
    with pytest.raises(UsageError) as caught:
        add_evidence("russia-dprk", file(HEAD))
    assert str(caught.value) == (
        "case 'russia-dprk': found a case that is shipped with the package,"
        " expected a folder of your own\n  hint: copy its folder first"
    )


def test_a_full_disk_leaves_the_evidence_as_it_was(folder, file, monkeypatch):
    before = (folder / "evidence.csv").read_text()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(drafts, "write", full)
    with pytest.raises(UsageError) as caught:
        add_evidence(folder, file(HEAD + ROW.format("N1", "2021-07-31", "310000", "new")))
    assert str(caught.value) == (
        f"evidence '{folder / 'evidence.csv'}': found a write that failed: No space left on device,"
        " expected a place that can be written, on a disk with free space\n"
        "  hint: nothing was added"
    )
    assert (folder / "evidence.csv").read_text() == before


def test_a_figure_that_is_derived_from_another_gives_the_evidence_its_column(folder, file):
    derived = HEAD.replace("claim", "claim,derived_from")
    row = ROW.format("N1", "2021-07-31", "310000", "E2 once more").replace("more\n", "more,E2\n")
    add_evidence(folder, file(derived + row))
    found = load(folder).evidence.observations
    assert [o.derived_from for o in found] == [None, None, "E2"]


@pytest.mark.parametrize(
    ("origin", "message"),
    [
        ("E9", "found derived_from 'E9', expected the id of another figure"),
        ("N1", "found derived_from 'N1', expected the id of another figure"),
    ],
)
def test_a_figure_is_derived_from_another_that_there_is(folder, file, origin, message):
    derived = HEAD.replace("claim", "claim,derived_from")
    row = ROW.format("N1", "2021-07-31", "310000", "new").replace("new\n", f"new,{origin}\n")
    with pytest.raises(CaseError) as caught:
        add_evidence(folder, file(derived + row))
    assert str(caught.value).partition("\n")[0] == f"more.csv line 2: {message}"


def test_a_figure_is_not_derived_from_one_that_is_derived_itself(folder, file):
    derived = HEAD.replace("claim", "claim,derived_from")
    rows = [
        ROW.format("N1", "2021-07-31", "310000", "new").replace("new\n", "new,E2\n"),
        ROW.format("N2", "2021-08-31", "320000", "new").replace("new\n", "new,N1\n"),
    ]
    with pytest.raises(CaseError) as caught:
        add_evidence(folder, file(derived + "".join(rows)))
    assert str(caught.value) == (
        "more.csv line 3: found derived_from 'N1', which is derived from 'E2', "
        "expected a figure that is derived from none"
    )
