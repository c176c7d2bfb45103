"""All faults of a case are named at once, and what may be a slip is noted."""

from __future__ import annotations

from pathlib import Path

import pytest

from servanda.case import load, new
from servanda.case.load import examine
from servanda.case.notes import notes
from servanda.errors import CaseError
from servanda.files.faults import by_place
from servanda.results import prepare

SLIPS = Path(__file__).with_name("slips.csv")
DEFINED = "that the case defines"


def faults(folder: Path) -> list[str]:
    return [str(fault) for fault in by_place(examine(folder).faults)]


def changed(folder: Path, file: str, *pairs: tuple[str, str]) -> Path:
    text = (folder / file).read_text()
    for old, other in pairs:
        assert old in text
        text = text.replace(old, other, 1)
    (folder / file).write_text(text)
    return folder


def with_rows(folder: Path, *rows: str) -> Path:
    with (folder / "evidence.csv").open("a") as file:
        file.writelines(f"{row}\n" for row in rows)
    return folder


@pytest.fixture
def folder(tmp_path):
    return new("tiny", tmp_path)


def test_seven_slips_in_one_file_are_named_in_one_go(folder):
    with_rows(folder, *SLIPS.read_text().splitlines()[1:])
    assert faults(folder) == [
        (
            f"evidence.csv line 5: found source 'new-report', expected a source {DEFINED}\n"
            "  hint: did you mean 'a-report'?"
        ),
        (
            "evidence.csv line 6: found value '200,000', expected a finite number\n"
            "  hint: write it without marks between the digits"
        ),
        "evidence.csv line 7: found date '3/14/2021', expected a date like 2024-06-19",
        (
            f"evidence.csv line 8: found series 'shells_delivered', expected a series {DEFINED}\n"
            "  hint: did you mean 'shells-delivered'?"
        ),
        "evidence.csv line 9: found confidence 'high', expected A, B or C",
        "evidence.csv line 11: found id 'E1', expected a unique id",
        (
            "evidence.csv line 12: found value 455000 outside 9e+09 to 455000, expected low, value"
            " and high in order"
        ),
    ]


def test_two_slips_in_one_row_are_both_named(folder):
    row = "N1,shells-delivered,,2021-13-01,soon,many,,,round,D,a-report,x"
    assert faults(with_rows(folder, row)) == [
        "evidence.csv line 4: found confidence 'D', expected A, B or C",
        "evidence.csv line 4: found date '2021-13-01', expected a date like 2024-06-19",
        "evidence.csv line 4: found date 'soon', expected a date like 2024-06-19",
        "evidence.csv line 4: found value 'many', expected a finite number",
    ]


def test_faults_of_all_files_are_sorted_by_file_and_line(folder):
    changed(folder, "series.toml", ('unit = "round"', 'unit = "rond"'))
    changed(folder, "parameters.toml", ('status = "assumed"', 'status = "asumed"'))
    changed(folder, "claims.toml", ('metric = "fire"', 'metric = "fir"'))
    changed(folder, "case.toml", ('giver = "BBB"', 'giver = "BBD"'), ("low = 0", "lo = 0"))
    changed(folder, "sources.csv", ("https://example.org/report", "data:x"))
    assert [fault.partition(": found")[0] for fault in faults(folder)] == [
        "case.toml line 89: levers[1].lo",
        "parameters.toml line 22: war.persistence.value",
        "series.toml line 7: series[1].unit",
        "sources.csv line 2",
    ]
    changed(folder, "case.toml", ("lo = 0", "low = 0"))
    assert [fault.partition(": found")[0] for fault in faults(folder)] == [
        "case.toml line 63: ties[2]",
        "case.toml line 64: ties[2].giver",
        "claims.toml line 8: claims['shells-sustain-the-war'].test.metric",
        "parameters.toml line 22: war.persistence.value",
        "series.toml line 7: series[1].unit",
        "sources.csv line 2",
    ]


def test_a_bias_with_a_fault_of_its_own_is_not_missing_elsewhere(folder):
    prior = "lognormal = [1.5, 0.4], bounds = "
    changed(folder, "parameters.toml", (f"{prior}[0.3, 6]", f"{prior}[6, 0.3]"))
    (fault,) = faults(folder)
    assert fault == (
        "parameters.toml line 340: observation.bias.of.government-deliveries: found lognormal "
        "[1.5, 0.4] in [6, 0.3], expected a low bound below the high one"
    )
    unit = 'counted over true"\nunit = '
    changed(folder, "parameters.toml", (f'{unit}"dimensionless"', f'{unit}"per cent"'))
    (fault,) = faults(folder)
    assert fault == (
        "parameters.toml line 338: observation.bias.unit: found unit 'per cent', expected a unit "
        "that pint or this project defines\n  hint: did you mean 'person'?"
    )


def test_faults_of_one_file_are_sorted_by_line_wherever_they_lie(folder):
    """In an order that is neither that of their names nor that in which they are found."""
    last = "[[ties]]\n# much later than the others\ngood = 'oils'\ngiver='BBB'\nbasis='aid'\n"
    changed(
        folder,
        "case.toml",
        ('unit = "barrel"', 'unit = "barel"'),
        ('defender = "CCC"', 'defender = "CCD"'),
        ('["bilateral-defence"]', '["bilateral", "bilateral"]'),
        ('quantity = "used[BBB.shells]"', 'quantity = "used[BBB.shells]"\nsince = "2019-01"'),
    )
    text = (folder / "case.toml").read_text()
    (folder / "case.toml").write_text(text + last + "receiver = 'AAA'\n")
    text = (folder / "case.toml").read_text()
    lines = [line.partition("#")[0].strip() for line in text.splitlines()]
    assert [fault.partition(": found")[0] for fault in faults(folder)] == [
        f"case.toml line {lines.index(line) + 1}: {place}"
        for line, place in {
            'reference_classes = ["bilateral", "bilateral"]': "reference_classes[2]",
            'unit = "barel"': "goods['oil'].unit",
            'defender = "CCD"': "war.defender",
            'since = "2019-01"': "metrics['fire'].since",
            "good = 'oils'": "ties[3].good",
        }.items()
    ]


def test_a_fault_of_the_whole_model_has_a_line_too(folder):
    changed(folder, "case.toml", ("exchange.allowed[AAA", "exchange.alowed[AAA"))
    with pytest.raises(CaseError) as caught:
        prepare(load(folder))
    lines = (folder / "case.toml").read_text().splitlines()
    line = 1 + next(n for n, text in enumerate(lines) if "alowed" in text)
    assert caught.value.where == f"case.toml line {line}: levers['shells'].targets[1]"


def test_what_was_changed_in_python_has_no_line(folder):
    with pytest.raises(CaseError) as caught:
        prepare(load(folder).with_mechanism("war", "constant-temp"))
    assert caught.value.where == "case.toml: mechanisms.war"


def test_a_file_that_has_gone_meanwhile_has_no_lines(folder):
    case = load(changed(folder, "case.toml", ("exchange.allowed[AAA", "exchange.alowed[AAA")))
    (folder / "case.toml").unlink()
    with pytest.raises(CaseError) as caught:
        prepare(case)
    assert caught.value.where == "case.toml: levers['shells'].targets[1]"


def test_a_misspelt_key_is_one_fault_and_not_also_a_missing_key(folder):
    changed(folder, "case.toml", ('giver = "BBB"', 'givr = "BBB"'), ("horizon =", "horizn ="))
    assert [fault.partition(": found")[0] for fault in faults(folder)] == [
        "case.toml line 11: horizn",
        "case.toml line 64: ties[2].givr",
    ]


def test_a_row_with_a_fault_is_no_fault_of_those_that_cite_it(folder):
    changed(folder, "evidence.csv", ("round,C", "round,D"))
    assert faults(folder) == ["evidence.csv line 3: found confidence 'D', expected A, B or C"]


def test_loading_raises_the_first_fault(folder):
    changed(folder, "evidence.csv", ("round,B", "round,E"), ("round,C", "round,D"))
    with pytest.raises(CaseError) as caught:
        load(folder)
    assert str(caught.value) == "evidence.csv line 2: found confidence 'E', expected A, B or C"


ROW = "N1,shells-delivered,{},2021-07-31,2021-08-10,{},,,{},B,a-report,x"
REFUSED = {
    "less than nothing": (
        ROW.format("", "-300000", "round"),
        "found value -300000 round, expected zero or more of what is counted",
    ),
    "more than runs can hold": (
        ROW.format("", "1e308", "round"),
        "found value 1e+308, expected at most 3.4e+38",
    ),
    "more than runs can hold, in the series' unit": (
        ROW.format("", "1e37", "kiloround"),
        "found value 1e+37, expected at most 3.4e+38",
    ),
    "a year that has not come": (
        ROW.format("", "1", "round").replace("2021-08-10", "2999-08-10"),
        "found date '2999-08-10', expected a year from 1800 to 2100",
    ),
    "known before it began": (
        ROW.format("2021-07-01", "1", "round").replace("2021-08-10", "2021-06-30"),
        (
            "found known_on 2021-06-30 before ref_start 2021-07-01,"
            " expected a day on which the period had begun"
        ),
    ),
    "a total known before its day": (
        ROW.format("", "1", "round").replace("2021-08-10", "2021-07-30"),
        (
            "found known_on 2021-07-30 before ref_end 2021-07-31,"
            " expected a day on which the period had begun"
        ),
    ),
}


@pytest.mark.parametrize(("row", "message"), REFUSED.values(), ids=list(REFUSED))
def test_a_figure_that_cannot_be_is_refused(folder, row, message):
    assert faults(with_rows(folder, row)) == [f"evidence.csv line 4: {message}"]


def test_the_bound_of_a_figure_is_read(folder):
    text = (folder / "evidence.csv").read_text().splitlines()
    ends = (",bound", ",at least", ",")
    rows = [row + end for row, end in zip(text, ends, strict=True)]
    (folder / "evidence.csv").write_text("\n".join(rows))
    assert [o.bound for o in load(folder).evidence.observations] == ["at least", None]
    changed(folder, "evidence.csv", ("at least", "at lest"))
    assert faults(folder) == [
        (
            "evidence.csv line 2: found bound 'at lest', expected estimate, at least or at most\n"
            "  hint: did you mean 'at least'?"
        )
    ]


@pytest.mark.parametrize("file", ["series.toml", "evidence.csv", "sources.csv"])
def test_a_file_that_cannot_be_read_is_one_fault(folder, file):
    (folder / file).write_bytes((folder / file).read_text().encode("utf-16"))
    kind = "TOML" if file.endswith("toml") else "CSV"
    assert [fault.partition("\n")[0] for fault in faults(folder)] == [
        f"{file}: found UTF-16, or bytes that are no text, expected valid {kind}"
    ]


# ── notes ───────────────────────────────────────────────────────────────────────────────────────

LEFT = [
    "case.toml: not_modelled[1]: the template's text was left as it was",
    "evidence.csv line 2: 'E1' is the template's figure",
    "evidence.csv line 3: 'E2' is the template's figure",
    "parameters.toml: 53 of 60 priors have the template's numbers",
    "sources.csv: 'a-report' is the template's source",
    "sources.csv: 'a-ministry' is the template's source",
]


def told(folder: Path) -> list[str]:
    return [str(note) for note in notes(load(folder))]


def test_what_the_template_left_is_noted(folder):
    assert told(folder) == LEFT


def test_totals_that_fall_rows_that_repeat_and_two_figures_of_one_source_are_noted(folder):
    day = "shells-delivered,,2020-12-31,2021-01-15"
    with_rows(
        folder,
        f"N1,{day},100000,,,rounds,B,a-report,the same in other words",
        f"N2,{day},0.2,,,megaround,B,a-report,another figure",
        "N3,shells-delivered,,2021-03-31,2021-04-15,90000,,,round,B,a-report,less than before",
        f"N4,{day},5,,,round,B,a-ministry,another source may differ",
    )
    assert told(folder)[1:6] == [
        (
            "evidence.csv line 7: 'N4' was known on 2021-01-15,"
            " before its source 'a-ministry' was published, 2021-07-10"
        ),
        "evidence.csv line 4: 'N1' repeats 'E1'",
        "evidence.csv line 5: 'N2' says 0.2, and 'E1' of the same source and period 100000",
        "evidence.csv line 6: the running total 'N3' falls to 90000 from 0.2 in 'N2'",
        LEFT[1],
    ]


def test_the_shipped_case_has_no_notes():
    assert list(notes(load("russia-dprk"))) == []
