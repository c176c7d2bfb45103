"""Regimes as data: since when, on whom, how sure, and files that are wrong."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from servanda.errors import CaseError, UsageError
from servanda.trade import Measure, Regime, read_regimes
from servanda.trade.ranges import within
from tests.places import without_line_of_change

GOOD = """
[[regimes]]
name = "none"
meaning = "peace"
enforcement = 0
measures = []
[[regimes]]
name = "hard"
meaning = "meant"
[[regimes.measures]]
target = "AAA"
senders = ["BBB", "CCC"]
direction = "from-target"
kind = "trade"
sectors = ["fuels"]
start = "2022-04"
cover = [0.1, 0.2, 0.3]
tariff_equivalent = [0.5, 1, 2.0]
status = "estimated"
sources = ["paper"]
note = "why"
[sources]
paper = { title = "A paper" }
"""
MEASURE = Measure(
    target="AAA",
    senders=("BBB", "CCC"),
    direction="from-target",
    kind="trade",
    sectors=("fuels",),
    start="2022-04",
    cover=(0.1, 0.2, 0.3),
    tariff_equivalent=(0.5, 1.0, 2.0),
    status="estimated",
    sources=("paper",),
    note="why",
)
ranges = st.tuples(*[st.floats(0, 10)] * 3).map(lambda three: tuple(sorted(three)))


def started(start: str, **changes: object) -> Measure:
    return replace(MEASURE, start=start, **changes)


def message_of(folder: Path, written: str) -> str:
    path = folder / "regimes.toml"
    path.write_text(written, encoding="utf-8")
    with pytest.raises(CaseError) as caught:
        read_regimes(path)
    return without_line_of_change(str(caught.value), GOOD, written)


# --- what is read ------------------------------------------------------------


def test_regimes_are_read(tmp_path):
    path = tmp_path / "regimes.toml"
    path.write_text(GOOD, encoding="utf-8")
    assert read_regimes(path) == (
        Regime("none", "peace", (), 0.0),
        Regime("hard", "meant", (MEASURE,), 1.0),
    )


def test_a_measure_that_names_no_sector_is_on_all(tmp_path):
    path = tmp_path / "regimes.toml"
    path.write_text(GOOD.replace('sectors = ["fuels"]\n', ""), encoding="utf-8")
    assert read_regimes(path)[1].measures[0].sectors == ()


def test_what_senders_buy_leaves_the_target_and_what_they_sell_goes_to_it():
    assert MEASURE.pairs == [("AAA", "BBB"), ("AAA", "CCC")]
    assert started("2022-04", direction="to-target").pairs == [("BBB", "AAA"), ("CCC", "AAA")]


def test_a_regime_may_have_several_targets_and_each_is_one():
    other = started("2022-04", target="DDD")
    assert Regime("hard", "", (other, MEASURE, other)).targets == ("DDD", "AAA")
    assert Regime("none", "", ()).targets == ()


# --- since when --------------------------------------------------------------


def test_a_measure_is_in_force_from_its_month_on_and_not_before():
    measure = started("2022-04")
    months = ("1999-12", "2021-04", "2022-03", "2022-04", "2022-05", "2023-01", "2100-01")
    in_force = [measure.in_force(month) for month in months]
    assert in_force == [False, False, False, True, True, True, True]


def test_what_starts_in_january_is_not_in_force_in_the_december_before():
    assert not started("2022-01").in_force("2021-12")
    assert started("2022-01").in_force("2022-01")


def test_a_measure_that_ends_is_in_force_to_the_last_day_of_its_last_month():
    measure = started("2022-04", end="2022-12")
    in_force = [measure.in_force(month) for month in ("2022-03", "2022-04", "2022-12", "2023-01")]
    assert in_force == [False, True, True, False]


def test_the_last_month_is_read(tmp_path):
    path = tmp_path / "regimes.toml"
    path.write_text(GOOD.replace('"2022-04"', '"2022-04"\nend = "2022-04"'), encoding="utf-8")
    assert read_regimes(path)[1].measures == (replace(MEASURE, end="2022-04"),)


def test_what_ends_before_it_starts(tmp_path):
    written = GOOD.replace('"2022-04"', '"2022-04"\nend = "2022-03"')
    assert message_of(tmp_path, written) == (
        "regimes.toml: regimes[2].measures[1].end: found '2022-03', expected a month from its"
        " start, '2022-04', on"
    )


months = st.tuples(st.integers(1990, 2030), st.integers(1, 12))


@given(months, months)
def test_months_are_compared_as_months(start, seen):
    measure = started(f"{start[0]}-{start[1]:02}")
    assert measure.in_force(f"{seen[0]}-{seen[1]:02}") == (start <= seen)


@pytest.mark.parametrize("month", ["2022", "2022-4", "2022-13", "2022-04-01", "april", ""])
def test_what_is_no_month(month):
    with pytest.raises(UsageError) as caught:
        started("2022-04").in_force(month)
    assert str(caught.value) == f"month: found {month!r}, expected a month like 2024-06"


# --- how sure ----------------------------------------------------------------


@given(ranges)
def test_severity_places_a_figure_at_the_low_end_the_centre_and_the_high_end(range_):
    places = np.array([-1.0, 0.0, 1.0])
    np.testing.assert_allclose(within(range_, places), range_, rtol=1e-14, atol=1e-14)


def test_between_the_ends_it_is_straight():
    # Half way up from 1 to 5 is 3; half way down from 1 to 0 is 0.5.
    assert within((0.0, 1.0, 5.0), np.array([0.5, -0.5])).tolist() == [3.0, 0.5]


def test_beyond_the_ends_it_goes_on_as_straight():
    # From 3, 4 more a step upwards and 1 less a step downwards.
    places = np.array([-2.0, -1.5, 1.5, 2.0])
    assert within((2.0, 3.0, 7.0), places).tolist() == [1.0, 1.5, 9.0, 11.0]


def test_it_stops_at_a_floor_which_is_zero_if_none_is_given_and_at_a_ceiling():
    places = np.array([-2.0, 2.0])
    assert within((0.5, 2.0, 4.0), places).tolist() == [0.0, 6.0]
    assert within((0.5, 2.0, 4.0), places, floor=0.25, ceiling=5.0).tolist() == [0.25, 5.0]


def test_without_doubt_there_is_one_figure_however_far_out():
    assert within((3.0, 3.0, 3.0), np.array([-2.0, -0.3, 0.0, 2.0])).tolist() == [3.0] * 4


@given(ranges, st.floats(-2, 2), st.floats(-2, 2))
def test_more_severe_is_never_less(range_, one, other):
    mild, harsh = within(range_, np.sort(np.array([one, other])))
    assert 0 <= mild <= harsh


@given(ranges, st.floats(-1, 1))
def test_up_to_the_ends_it_lies_in_its_range(range_, place):
    value = within(range_, np.array([place]))[0]
    assert range_[0] - 1e-14 <= value <= range_[2] + 1e-14


# --- files that are wrong ----------------------------------------------------

HERE = "regimes.toml: regimes[2].measures[1]"
KEYS = (
    "target, senders, direction, kind, start, cover, tariff_equivalent, status, sources, note,"
    " sectors, revenue, end"
)
UNKNOWN = "found a key that is not known here, expected one of"
REQUIRED = "found no such key, expected this key is required"
THREE = "expected low, central and high, rising, each from 0"
BRACKETS = "\n  hint: each table of a list has a head in double brackets"
WRONG = {
    "no target": (
        'target = "AAA"\n',
        "",
        f"regimes.toml line 10: regimes[2].measures[1].target: {REQUIRED}",
    ),
    "an empty target": (
        'target = "AAA"',
        'target = ""',
        f"{HERE}.target: found '', expected a text that is not empty",
    ),
    "a list of targets": (
        'target = "AAA"',
        'target = ["AAA"]',
        f"{HERE}.target: found ['AAA'], expected a text",
    ),
    "no sender": (
        'senders = ["BBB", "CCC"]',
        "senders = []",
        f"{HERE}.senders: found [], expected a list of at least 1",
    ),
    "a sender without brackets": (
        'senders = ["BBB", "CCC"]',
        'senders = "BBB"',
        f"{HERE}.senders: found 'BBB', expected a list",
    ),
    "a sender without a code": (
        'senders = ["BBB", "CCC"]',
        'senders = ["BBB", ""]',
        f"{HERE}.senders[2]: found '', expected a text that is not empty",
    ),
    "a sender twice, which would count twice": (
        'senders = ["BBB", "CCC"]',
        'senders = ["BBB", "BBB"]',
        f"{HERE}.senders: found ['BBB', 'BBB'], expected each name once",
    ),
    "the target among the senders": (
        'senders = ["BBB", "CCC"]',
        'senders = ["BBB", "AAA"]',
        f"{HERE}.senders: found 'AAA', expected countries but the target",
    ),
    "a sector without brackets": (
        'sectors = ["fuels"]',
        'sectors = "fuels"',
        f"{HERE}.sectors: found 'fuels', expected a list",
    ),
    "a key misspelt": (
        "cover =",
        "covers =",
        f"{HERE}.covers: {UNKNOWN} {KEYS}\n  hint: did you mean 'cover'?",
    ),
    "an optional key misspelt": (
        "sectors =",
        "sector =",
        f"{HERE}.sector: {UNKNOWN} {KEYS}\n  hint: did you mean 'sectors'?",
    ),
    "a key of no meaning": (
        'note = "why"',
        'note = "why"\nzeal = 1',
        f"{HERE}.zeal: {UNKNOWN} {KEYS}",
    ),
    "a revenue beyond the cost": (
        'note = "why"',
        'note = "why"\nrevenue = 1.5',
        f"{HERE}.revenue: found 1.5, expected a number less than or equal to 1",
    ),
    "an export tax": (
        'direction = "from-target"',
        'direction = "to-target"\nrevenue = 1',
        (
            "regimes.toml line 14: regimes[2].measures[1].revenue: found 1.0 of a measure "
            "'to-target',"
            " expected 0: only duties on imports 'from-target' are collected"
        ),
    ),
    "a note that is no text": (
        'note = "why"',
        "note = 7",
        f"{HERE}.note: found 7, expected a text",
    ),
    "an unknown direction": (
        '"from-target"',
        '"from-targe"',
        (
            f"{HERE}.direction: found 'from-targe', expected 'from-target' or 'to-target'\n"
            "  hint: did you mean 'from-target'?"
        ),
    ),
    "an unknown kind": (
        '"trade"',
        '"trades"',
        (
            f"{HERE}.kind: found 'trades', expected 'arms', 'military', 'trade', 'financial',"
            " 'travel' or 'other'\n  hint: did you mean 'trade'?"
        ),
    ),
    "an unknown status": (
        '"estimated"',
        '"guessed"',
        f"{HERE}.status: found 'guessed', expected 'measured', 'estimated' or 'assumed'",
    ),
    "an unknown source": (
        '["paper"]',
        '["papr"]',
        (
            f"{HERE}.sources: found 'papr', expected a name under [sources]\n"
            "  hint: did you mean 'paper'?"
        ),
    ),
    "a source without brackets": (
        '["paper"]',
        '"paper"',
        f"{HERE}.sources: found 'paper', expected a list",
    ),
    "no source of an estimate": (
        '["paper"]',
        "[]",
        f"{HERE}.sources: found none, expected a source, or the status 'assumed'",
    ),
    "a thirteenth month": (
        '"2022-04"',
        '"2022-13"',
        f"{HERE}.start: found '2022-13', expected a month like 2024-06",
    ),
    "a month of one digit": (
        '"2022-04"',
        '"2022-4"',
        f"{HERE}.start: found '2022-4', expected a month like 2024-06",
    ),
    "a day": (
        '"2022-04"',
        '"2022-04-01"',
        f"{HERE}.start: found '2022-04-01', expected a month like 2024-06",
    ),
    "a cover above one": (
        "[0.1, 0.2, 0.3]",
        "[0.1, 0.2, 1.3]",
        f"{HERE}.cover: found [0.1, 0.2, 1.3], {THREE} to 1",
    ),
    "a cover that is one number": (
        "[0.1, 0.2, 0.3]",
        "0.2",
        f"{HERE}.cover: found 0.2, {THREE} to 1",
    ),
    "a range that does not rise": (
        "[0.5, 1, 2.0]",
        "[1, 0.5, 2.0]",
        f"{HERE}.tariff_equivalent: found [1, 0.5, 2.0], {THREE} to 1000",
    ),
    "a subsidy": (
        "[0.5, 1, 2.0]",
        "[-0.5, 1, 2.0]",
        f"{HERE}.tariff_equivalent: found [-0.5, 1, 2.0], {THREE} to 1000",
    ),
    "a range of two": (
        "[0.5, 1, 2.0]",
        "[0.5, 2.0]",
        f"{HERE}.tariff_equivalent: found [0.5, 2.0], {THREE} to 1000",
    ),
    "a tariff without end": (
        "[0.5, 1, 2.0]",
        "[0.5, 1, inf]",
        f"{HERE}.tariff_equivalent: found [0.5, 1, inf], {THREE} to 1000",
    ),
    "a tariff beyond any ban": (
        "[0.5, 1, 2.0]",
        "[0.5, 1, 1001]",
        f"{HERE}.tariff_equivalent: found [0.5, 1, 1001], {THREE} to 1000",
    ),
    "a truth for a number": (
        "[0.5, 1, 2.0]",
        "[0.5, 1, true]",
        f"{HERE}.tariff_equivalent: found [0.5, 1, True], {THREE} to 1000",
    ),
    "a regime without a meaning": (
        'meaning = "meant"\n',
        "",
        f"regimes.toml line 7: regimes[2].meaning: {REQUIRED}",
    ),
    "a regime without a name": (
        'name = "hard"\n',
        "",
        f"regimes.toml line 7: regimes[2].name: {REQUIRED}",
    ),
    "a regime that is a number": (
        'name = "hard"',
        "name = 7",
        "regimes.toml: regimes[2].name: found 7, expected a text",
    ),
    "one measure without double brackets": (
        "[[regimes.measures]]",
        "[regimes.measures]",
        (
            "regimes.toml: regimes[2].measures: found {'target': 'AAA', 'senders': ['BBB', 'CCC'],"
            f" 'direction':..., expected a list{BRACKETS}"
        ),
    ),
    "enforcement above one": (
        "enforcement = 0",
        "enforcement = 2",
        (
            "regimes.toml: regimes[1].enforcement: found 2,"
            " expected a number less than or equal to 1"
        ),
    ),
    "enforcement below zero": (
        "enforcement = 0",
        "enforcement = -1",
        (
            "regimes.toml: regimes[1].enforcement: found -1,"
            " expected a number greater than or equal to 0"
        ),
    ),
    "enforcement in words": (
        "enforcement = 0",
        'enforcement = "lax"',
        "regimes.toml: regimes[1].enforcement: found 'lax', expected a number",
    ),
    "enforcement in quotes": (
        "enforcement = 0",
        'enforcement = "1"',
        "regimes.toml: regimes[1].enforcement: found '1', expected a number",
    ),
    "a truth for enforcement": (
        "enforcement = 0",
        "enforcement = true",
        "regimes.toml: regimes[1].enforcement: found True, expected a number",
    ),
    "a regime twice": (
        'name = "none"',
        'name = "hard"',
        "regimes.toml line 8: regimes[2].name: found 'hard' twice, expected each name once",
    ),
    "a table of no meaning": (
        "[sources]",
        "[sauces]",
        (f"regimes.toml: sauces: {UNKNOWN} regimes, sources\n  hint: did you mean 'sources'?"),
    ),
    "a source without a title": (
        'title = "A paper"',
        'titel = "A paper"',
        (
            f"regimes.toml: sources.paper.titel: {UNKNOWN} title, publisher, url\n"
            "  hint: did you mean 'title'?"
        ),
    ),
}


@pytest.mark.parametrize(("old", "new", "message"), WRONG.values(), ids=list(WRONG))
def test_regimes_that_are_wrong(tmp_path, old, new, message):
    assert GOOD.count(old) == 1
    assert message_of(tmp_path, GOOD.replace(old, new)) == message


def test_a_file_without_regimes(tmp_path):
    assert message_of(tmp_path, "") == f"regimes.toml: regimes: {REQUIRED}"


def test_regimes_that_are_no_tables(tmp_path):
    assert message_of(tmp_path, 'regimes = ["hard"]') == (
        "regimes.toml: regimes[1]: found 'hard', expected a table"
    )


def test_sources_that_are_no_table(tmp_path):
    assert message_of(tmp_path, "regimes = []\nsources = 3") == (
        "regimes.toml line 2: sources: found 3, expected a table"
    )


def test_a_file_that_is_not_toml(tmp_path):
    assert message_of(tmp_path, "regimes = [") == (
        "regimes.toml: found Invalid value (at end of document), expected valid TOML"
    )


def test_a_file_that_is_not_text(tmp_path):
    path = tmp_path / "regimes.toml"
    path.write_bytes(b"\xff")
    with pytest.raises(CaseError) as caught:
        read_regimes(path)
    assert str(caught.value) == (
        "regimes.toml line 1: found byte 0xff, which is not UTF-8, expected valid TOML\n"
        "  hint: save it as UTF-8"
    )


def test_a_file_that_is_missing(tmp_path):
    with pytest.raises(CaseError) as caught:
        read_regimes(tmp_path / "regimes.toml")
    assert str(caught.value) == (
        f"regimes.toml: found no such file, expected a TOML file in {tmp_path}"
    )


def test_a_folder_in_its_place(tmp_path):
    (tmp_path / "regimes.toml").mkdir()
    with pytest.raises(CaseError) as caught:
        read_regimes(tmp_path / "regimes.toml")
    assert str(caught.value) == (
        "regimes.toml: found a file that cannot be read: Is a directory,"
        f" expected a TOML file in {tmp_path}"
    )
