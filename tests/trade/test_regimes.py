"""Regimes as data: since when, on whom, how sure, and files that are wrong."""

from __future__ import annotations

from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from servanda.errors import CaseError
from servanda.trade import Measure, Regime, read_regimes
from servanda.trade.keys import within

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
    values = {name: getattr(MEASURE, name) for name in Measure.__dataclass_fields__}
    return Measure(**(values | {"start": start} | changes))


def message_of(folder: Path, written: str) -> str:
    path = folder / "regimes.toml"
    path.write_text(written, encoding="utf-8")
    with pytest.raises(CaseError) as caught:
        read_regimes(path)
    return str(caught.value)


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


def test_what_starts_in_april_is_in_force_for_nine_months_of_that_year():
    # April to December are nine of twelve months.
    measure = started("2022-04")
    assert [measure.in_force(year) for year in (1900, 2021, 2022, 2023, 2100)] == [
        0,
        0,
        pytest.approx(9 / 12, rel=1e-15),
        1,
        1,
    ]


def test_what_starts_in_january_is_in_force_all_year_and_in_december_for_a_month():
    assert started("2022-01").in_force(2022) == 1
    assert started("2022-12").in_force(2022) == pytest.approx(1 / 12, rel=1e-15)


@given(st.integers(1990, 2030), st.integers(1, 12), st.integers(0, 40))
def test_the_months_in_force_of_all_years_add_up(year, month, more):
    # From the month it started in, itself included, to the December of the last year.
    measure = started(f"{year}-{month:02}")
    total = sum(measure.in_force(y) for y in range(1980, year + more + 1))
    assert 12 * total == pytest.approx(13 - month + 12 * more, rel=1e-12)


@given(st.integers(1990, 2030), st.integers(1, 12), st.integers(1980, 2040))
def test_a_measure_is_not_lifted_again(year, month, seen):
    measure = started(f"{year}-{month:02}")
    assert 0 <= measure.in_force(seen) <= measure.in_force(seen + 1) <= 1


# --- how sure ----------------------------------------------------------------


@given(ranges)
def test_severity_places_a_figure_at_the_low_end_the_centre_and_the_high_end(range_):
    places = np.array([-1.0, 0.0, 1.0])
    assert within(range_, places).tolist() == list(range_)


def test_between_the_ends_it_is_straight():
    # Half way up from 1 to 5 is 3; half way down from 1 to 0 is 0.5.
    assert within((0.0, 1.0, 5.0), np.array([0.5, -0.5])).tolist() == [3.0, 0.5]


@given(ranges, st.floats(-1, 1), st.floats(-1, 1))
def test_more_severe_is_never_less(range_, one, other):
    mild, harsh = within(range_, np.sort(np.array([one, other])))
    assert range_[0] <= mild <= harsh <= range_[2]


# --- files that are wrong ----------------------------------------------------

HERE = "regimes.toml: regime 'hard', measure 1"
KEYS = (
    "cover, direction, kind, note, sectors, senders, sources, start, status, target,"
    " tariff_equivalent"
)
THREE = "expected low, central and high, rising, each from 0"
WRONG = {
    "no target": ('target = "AAA"\n', "", f"{HERE}: found no 'target', expected this key"),
    "an empty target": (
        'target = "AAA"',
        'target = ""',
        f"{HERE}, target: found none, expected at least one country code",
    ),
    "a list of targets": (
        'target = "AAA"',
        'target = ["AAA"]',
        f"{HERE}, target: found ['AAA'], expected a text",
    ),
    "no sender": (
        'senders = ["BBB", "CCC"]',
        "senders = []",
        f"{HERE}, senders: found none, expected at least one country code",
    ),
    "a sender without brackets": (
        'senders = ["BBB", "CCC"]',
        'senders = "BBB"',
        f"{HERE}, senders: found 'BBB', expected a list of names",
    ),
    "a sender twice, which would count twice": (
        'senders = ["BBB", "CCC"]',
        'senders = ["BBB", "BBB"]',
        f"{HERE}, senders: found 'BBB' twice, expected each name once",
    ),
    "the target among the senders": (
        'senders = ["BBB", "CCC"]',
        'senders = ["BBB", "AAA"]',
        f"{HERE}, senders: found 'AAA', expected countries but the target",
    ),
    "a sector without brackets": (
        'sectors = ["fuels"]',
        'sectors = "fuels"',
        f"{HERE}, sectors: found 'fuels', expected a list of names",
    ),
    "a key misspelt": (
        "cover =",
        "covers =",
        f"{HERE}: found no 'cover', expected this key\n  hint: did you mean 'covers'?",
    ),
    "an optional key misspelt": (
        "sectors =",
        "sector =",
        f"{HERE}: found key 'sector', expected one of {KEYS}\n  hint: did you mean 'sectors'?",
    ),
    "a key of no meaning": (
        'note = "why"',
        'note = "why"\nzeal = 1',
        f"{HERE}: found key 'zeal', expected one of {KEYS}",
    ),
    "a note that is no text": (
        'note = "why"',
        "note = 7",
        f"{HERE}, note: found 7, expected a text",
    ),
    "an unknown direction": (
        '"from-target"',
        '"from-targe"',
        (
            f"{HERE}, direction: found 'from-targe', expected one of from-target, to-target\n"
            "  hint: did you mean 'from-target'?"
        ),
    ),
    "an unknown kind": (
        '"trade"',
        '"trades"',
        (
            f"{HERE}, kind: found 'trades', expected one of arms, military, trade, financial,"
            " travel, other\n  hint: did you mean 'trade'?"
        ),
    ),
    "an unknown status": (
        '"estimated"',
        '"guessed"',
        f"{HERE}, status: found 'guessed', expected one of measured, estimated, assumed",
    ),
    "an unknown source": (
        '["paper"]',
        '["papr"]',
        (
            f"{HERE}, sources: found 'papr', expected a name under [sources]\n"
            "  hint: did you mean 'paper'?"
        ),
    ),
    "a source without brackets": (
        '["paper"]',
        '"paper"',
        f"{HERE}, sources: found 'paper', expected a list of names",
    ),
    "no source of an estimate": (
        '["paper"]',
        "[]",
        f"{HERE}, sources: found none, expected a source, or the status 'assumed'",
    ),
    "a thirteenth month": (
        '"2022-04"',
        '"2022-13"',
        f"{HERE}, start: found '2022-13', expected a month, as 2022-03",
    ),
    "a month of one digit": (
        '"2022-04"',
        '"2022-4"',
        f"{HERE}, start: found '2022-4', expected a month, as 2022-03",
    ),
    "a day": (
        '"2022-04"',
        '"2022-04-01"',
        f"{HERE}, start: found '2022-04-01', expected a month, as 2022-03",
    ),
    "a cover above one": (
        "[0.1, 0.2, 0.3]",
        "[0.1, 0.2, 1.3]",
        f"{HERE}, cover: found [0.1, 0.2, 1.3], {THREE} to 1",
    ),
    "a cover that is one number": (
        "[0.1, 0.2, 0.3]",
        "0.2",
        f"{HERE}, cover: found 0.2, {THREE} to 1",
    ),
    "a range that does not rise": (
        "[0.5, 1, 2.0]",
        "[1, 0.5, 2.0]",
        f"{HERE}, tariff_equivalent: found [1, 0.5, 2.0], {THREE}, finite",
    ),
    "a subsidy": (
        "[0.5, 1, 2.0]",
        "[-0.5, 1, 2.0]",
        f"{HERE}, tariff_equivalent: found [-0.5, 1, 2.0], {THREE}, finite",
    ),
    "a range of two": (
        "[0.5, 1, 2.0]",
        "[0.5, 2.0]",
        f"{HERE}, tariff_equivalent: found [0.5, 2.0], {THREE}, finite",
    ),
    "a tariff without end": (
        "[0.5, 1, 2.0]",
        "[0.5, 1, inf]",
        f"{HERE}, tariff_equivalent: found [0.5, 1, inf], {THREE}, finite",
    ),
    "a truth for a number": (
        "[0.5, 1, 2.0]",
        "[0.5, 1, true]",
        f"{HERE}, tariff_equivalent: found [0.5, 1, True], {THREE}, finite",
    ),
    "a regime without a meaning": (
        'meaning = "meant"\n',
        "",
        "regimes.toml: regime 'hard': found no 'meaning', expected this key",
    ),
    "a regime without a name": (
        'name = "hard"\n',
        "",
        "regimes.toml: regime '?': found no 'name', expected this key",
    ),
    "a regime that is a number": (
        'name = "hard"',
        "name = 7",
        "regimes.toml: regime 7, name: found 7, expected a text",
    ),
    "one measure without double brackets": (
        "[[regimes.measures]]",
        "[regimes.measures]",
        (
            "regimes.toml: regime 'hard', measures: found one table,"
            " expected an array of tables, each headed by double brackets"
        ),
    ),
    "enforcement above one": (
        "enforcement = 0",
        "enforcement = 2",
        "regimes.toml: regime 'none', enforcement: found 2, expected a number from 0 to 1",
    ),
    "enforcement in words": (
        "enforcement = 0",
        'enforcement = "lax"',
        "regimes.toml: regime 'none', enforcement: found 'lax', expected a number from 0 to 1",
    ),
    "a regime twice": (
        'name = "none"',
        'name = "hard"',
        "regimes.toml: found regime 'hard' twice, expected each regime once",
    ),
    "a table of no meaning": (
        "[sources]",
        "[sauces]",
        (
            "regimes.toml: found key 'sauces', expected one of regimes, sources\n"
            "  hint: did you mean 'sources'?"
        ),
    ),
}


@pytest.mark.parametrize(("old", "new", "message"), WRONG.values(), ids=list(WRONG))
def test_regimes_that_are_wrong(tmp_path, old, new, message):
    assert GOOD.count(old) == 1
    assert message_of(tmp_path, GOOD.replace(old, new)) == message


def test_a_file_without_regimes(tmp_path):
    assert message_of(tmp_path, "") == "regimes.toml: found no 'regimes', expected this key"


def test_regimes_that_are_no_tables(tmp_path):
    assert message_of(tmp_path, 'regimes = ["hard"]') == (
        "regimes.toml: regimes: found ['hard'],"
        " expected an array of tables, each headed by double brackets"
    )


def test_sources_that_are_no_table(tmp_path):
    assert message_of(tmp_path, "regimes = []\nsources = 3") == (
        "regimes.toml: sources: found 3, expected a table of keys"
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
        "regimes.toml: found 'utf-8' codec can't decode byte 0xff in position 0:"
        " invalid start byte, expected valid TOML"
    )


def test_a_file_that_is_missing(tmp_path):
    with pytest.raises(CaseError) as caught:
        read_regimes(tmp_path / "regimes.toml")
    assert str(caught.value) == (
        f"regimes.toml: found no such file, expected a TOML file in {tmp_path}"
    )
