"""Evidence: rows, dates, units, counting rules; each fault has one whole message."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servanda.case import Evidence, Observation, Series, Source, SourceRule, load, new
from tests.case.refusals import refusal

REFUSED = (
    pytest.param(
        "evidence.csv",
        "E2,",
        ("\nE2,"),
        "evidence.csv line 3: found an empty row, expected a full row, or none",
        id="an empty row",
    ),
    pytest.param(
        "evidence.csv",
        "E2,",
        ",,,,,,,,,,,\n\nE2,",
        "evidence.csv line 3: found an empty row, expected a full row, or none",
        id="a row of commas",
    ),
    pytest.param(
        "evidence.csv",
        ",300000,",
        ",,",
        "evidence.csv line 3: found value '', expected a finite number",
        id="an empty value",
    ),
    pytest.param(
        "evidence.csv",
        ",300000,",
        ",nan,",
        "evidence.csv line 3: found value 'nan', expected a finite number",
        id="a NaN value",
    ),
    pytest.param(
        "evidence.csv",
        ",300000,,,",
        ",300000,,inf,",
        "evidence.csv line 3: found high 'inf', expected a finite number",
        id="an infinite high",
    ),
    pytest.param(
        "evidence.csv",
        "2021-06-30",
        "2021-06-31",
        ("evidence.csv line 3: found date '2021-06-31', expected a date like 2024-06-19"),
        id="a date that does not parse",
    ),
    pytest.param(
        "evidence.csv",
        "2021-07-10",
        "2021-07",
        "evidence.csv line 3: found date '2021-07', expected a date like 2024-06-19",
        id="a month for a date",
    ),
    pytest.param(
        "evidence.csv",
        "2021-06-30",
        "",
        "evidence.csv line 3: found date '', expected a date like 2024-06-19",
        id="no end",
    ),
    pytest.param(
        "evidence.csv",
        "shells-delivered,,2021-06-30",
        "shells-delivered,2021-07-01,2021-06-30",
        (
            "evidence.csv line 3: found ref_start 2021-07-01 after ref_end 2021-06-30, "
            "expected days in order"
        ),
        id="days out of order",
    ),
    pytest.param(
        "evidence.csv",
        "known_on",
        "known",
        (
            "evidence.csv line 1: found no column 'known_on', expected columns id, "
            "series, ref_start, ref_end, known_on, value, low, high, unit, confidence, "
            "source, claim\n"
            "  hint: did you mean 'known'?"
        ),
        id="a wrong header",
    ),
    pytest.param(
        "evidence.csv",
        ',a-ministry,"Containers for 300 000 rounds, says the ministry"',
        "",
        "evidence.csv line 3: found 10 cells, expected 12, one for each column",
        id="a short row",
    ),
    pytest.param(
        "evidence.csv",
        '"Containers for 300 000 rounds, says the ministry"',
        "Containers for 300 000 rounds, says the ministry",
        (
            "evidence.csv line 3: found 13 cells, expected 12, one for each column\n"
            "  hint: a text with a comma in it needs quotes"
        ),
        id="a comma without quotes",
    ),
    pytest.param(
        "evidence.csv",
        "E2,",
        "E1,",
        "evidence.csv line 3: found id 'E1', expected a unique id",
        id="an id twice",
    ),
    pytest.param(
        "evidence.csv",
        "E2,",
        ",",
        "evidence.csv line 3: found id '', expected a unique id",
        id="no id",
    ),
    pytest.param(
        "evidence.csv",
        "E2,",
        "a-report,",
        (
            "evidence.csv line 3: found id 'a-report', a key in sources.csv, expected "
            "a name of its own"
        ),
        id="an id that is a source",
    ),
    pytest.param(
        "evidence.csv",
        "E2,shells-delivered",
        "E2,shells-delivred",
        (
            "evidence.csv line 3: found series 'shells-delivred', expected a series "
            "that the case defines\n"
            "  hint: did you mean 'shells-delivered'?"
        ),
        id="unknown series",
    ),
    pytest.param(
        "evidence.csv",
        "a-ministry",
        "the-ministry",
        (
            "evidence.csv line 3: found source 'the-ministry', expected a source that "
            "the case defines\n"
            "  hint: did you mean 'a-ministry'?"
        ),
        id="unknown source",
    ),
    pytest.param(
        "evidence.csv",
        "300000,,,round",
        "300000,,,rounds per month",
        (
            "evidence.csv line 3: found unit 'rounds per month', expected a unit that "
            "converts to 'round'"
        ),
        id="unknown unit",
    ),
    pytest.param(
        "evidence.csv",
        "300000,,,round",
        "300000,,,tonne",
        ("evidence.csv line 3: found unit 'tonne', expected a unit that converts to 'round'"),
        id="unit that does not convert",
    ),
    pytest.param(
        "evidence.csv",
        "300000,,,round",
        "300000,,,1000 round",
        (
            "evidence.csv line 3: found unit '1000 round', expected a unit that pint "
            "or this project defines\n"
            "  hint: write products with *, quotients with /, as in 'USD/month'"
        ),
        id="unit with a number",
    ),
    pytest.param(
        "evidence.csv",
        "300000,,,round",
        "300000,,,",
        (
            "evidence.csv line 3: found unit '', expected a unit that pint or this "
            "project defines\n"
            "  hint: write 'dimensionless' for a pure number"
        ),
        id="no unit",
    ),
    pytest.param(
        "evidence.csv",
        "round,C",
        "round,D",
        "evidence.csv line 3: found confidence 'D', expected A, B or C",
        id="unknown confidence",
    ),
    pytest.param(
        "evidence.csv",
        "100000,60000,150000",
        "200000,60000,150000",
        (
            "evidence.csv line 2: found value 200000 outside 60000 to 150000, expected "
            "low, value and high in order"
        ),
        id="value above its range",
    ),
    pytest.param(
        "evidence.csv",
        '"Containers',
        '""Containers',
        "evidence.csv line 3: found ',' expected after '\"', expected valid CSV",
        id="an open quote",
    ),
    pytest.param(
        "sources.csv",
        "statement,government",
        "statement,goverment",
        (
            "evidence.csv line 3: found source class 'goverment' without a counting "
            "rule in 'shells-delivered', expected one of open-source, government\n"
            "  hint: did you mean 'government'?"
        ),
        id="source class without rule",
    ),
    pytest.param(
        "sources.csv",
        "a-ministry,",
        "a-report,",
        "sources.csv line 3: found key 'a-report', expected a unique key",
        id="source key twice",
    ),
    pytest.param(
        "series.toml",
        'counting = "running_total"',
        'counting = "flow"',
        ("evidence.csv line 2: found a flow without ref_start, expected its first day"),
        id="a flow without its first day",
    ),
    pytest.param(
        "series.toml",
        "# `counting` says what a figure is:",
        (
            "[[series]]\n"
            'name = "shells-delivered"\n'
            'label = ""\n'
            'unit = "round"\n'
            'counting = "context"\n'
            "#"
        ),
        (
            "series.toml line 10: series[2].name: found a second series 'shells-delivered', "
            "expected one of this name"
        ),
        id="series twice",
    ),
    pytest.param(
        "series.toml",
        'unit = "round"',
        'unit = "rounds of 152 mm"',
        (
            "series.toml: series[1].unit: found unit 'rounds of 152 mm', expected a "
            "unit that pint or this project defines\n"
            "  hint: write products with *, quotients with /, as in 'USD/month'"
        ),
        id="unit of a series",
    ),
    pytest.param(
        "series.toml",
        'source_class = "government"',
        'source_class = "open-source"',
        (
            "series.toml: series[1].rule[2].source_class: found another rule for "
            "'open-source', expected one a class"
        ),
        id="two rules for one class",
    ),
)


@pytest.mark.parametrize(("file", "old", "new", "message"), REFUSED)
def test_a_fault_in_the_evidence_is_named(tmp_path, file, old, new, message):
    assert refusal(tmp_path, file, old, new) == message


@pytest.fixture(scope="module")
def evidence(tmp_path_factory):
    return load(new("tiny", tmp_path_factory.mktemp("case"))).evidence


def test_a_row_is_read_as_it_stands(evidence):
    assert evidence.observation("E1") == Observation(
        id="E1",
        series="shells-delivered",
        ref_start=None,
        ref_end=date(2020, 12, 31),
        known_on=date(2021, 1, 15),
        value=100000.0,
        low=60000.0,
        high=150000.0,
        unit="round",
        confidence="B",
        source="a-report",
        claim="About 100 000 rounds since the first ship in June 2020",
    )


def test_an_empty_range_is_missing_and_not_zero(evidence):
    assert (evidence.observation("E2").low, evidence.observation("E2").high) == (None, None)


def test_a_source_carries_its_class(evidence):
    assert evidence.source("a-ministry") == Source(
        "a-ministry",
        "A statement (replace this)",
        "A ministry",
        "https://example.org/statement",
        "government",
        "2021-07-10",
    )


def test_a_series_has_a_rule_for_each_class(evidence):
    (series,) = evidence.series
    assert series.quantitative
    assert series.rule("government") == SourceRule(
        source_class="government",
        counts="container capacity",
        bound="estimate",
        bias="government-deliveries",
        error=0.25,
        equivalence=1.0,
    )
    with pytest.raises(KeyError):
        series.rule("press")


def test_a_counted_series_has_no_error_of_its_own():
    rule = {"source_class": "a", "counts": "", "bound": "lower", "bias": "reference"}
    assert SourceRule.model_validate(rule | {"error": "poisson"}).error is None


def test_a_series_without_a_quantity_is_context():
    assert not Series(name="a", label="", unit="round", counting="context").quantitative


def test_a_series_is_in_order_of_the_period_it_is_about(evidence):
    backwards = Evidence(evidence.observations[::-1], evidence.series, evidence.sources)
    assert [o.id for o in backwards.of("shells-delivered")] == ["E1", "E2"]
    assert backwards.of("nothing") == []


DAYS = st.dates(date(2020, 1, 1), date(2024, 12, 31))


def _seen(ends: date, known: date) -> Observation:
    return Observation("a", "s", None, ends, known, 1.0, None, None, "round", "A", "x", "")


@given(st.lists(st.tuples(DAYS, DAYS), max_size=20), DAYS)
def test_nothing_that_ended_or_became_known_later_is_known(days, cutoff):
    everything = Evidence(tuple(_seen(*pair) for pair in days), (), ())
    known = everything.as_of(cutoff).observations
    assert all(o.ref_end <= cutoff and o.known_on <= cutoff for o in known)
    left = [o for o in everything.observations if o not in known]
    assert all(o.ref_end > cutoff or o.known_on > cutoff for o in left)


@given(DAYS, DAYS)
def test_knowledge_only_grows(first, second):
    early, late = sorted((first, second))
    days = [date(2020, 1, 1), date(2022, 6, 30), date(2024, 12, 31)]
    everything = Evidence(tuple(_seen(a, b) for a in days for b in days), (), ())
    assert set(everything.as_of(early).observations) <= set(everything.as_of(late).observations)
    assert everything.as_of(late).as_of(early) == everything.as_of(early)
