"""Sanctions as costs: the algebra by hand, the table of effects, and files that are wrong."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from servanda.errors import CaseError, UsageError
from servanda.trade import (
    Economy,
    Effect,
    Measure,
    Regime,
    cost_change,
    counterfactual,
    effects,
    read_effects,
    read_regimes,
    write_effects,
)

ABC = ("AAA", "BBB", "CCC")
FLOWS = np.array([[70.0, 20.0, 10.0], [25.0, 100.0, 5.0], [5.0, 10.0, 30.0]])


def measure(**changes: object) -> Measure:
    values: dict[str, object] = {
        "target": "AAA",
        "senders": ("BBB",),
        "direction": "from-target",
        "cover": (0.25, 0.5, 1.0),
        "tariff_equivalent": (0.1, 1.0, 2.0),
        "status": "assumed",
        "sources": (),
        "note": "",
    }
    return Measure(**(values | changes))


def regime(*measures: Measure) -> Regime:
    return Regime("hard", "", measures)


def test_a_tariff_on_everything_is_its_cost():
    change = cost_change(regime(measure(cover=(1.0, 1.0, 1.0))), ABC, 4.0)
    np.testing.assert_allclose(change, [[1, 2, 1], [1, 1, 1], [1, 1, 1]], rtol=1e-12)


def test_a_tariff_on_half():
    # t^(1−σ) = 0.5 + 0.5 × 2^−3 = 0.5625, so t = 0.5625^(−1/3) = 1.2114137
    change = cost_change(regime(measure()), ABC, 4.0)
    assert change[0, 1] == pytest.approx(1.2114137, rel=1e-7)


def test_a_ban_takes_the_cover_away_and_no_more():
    change = cost_change(regime(measure(tariff_equivalent=(1e9, 1e9, 1e9))), ABC, 4.0)
    assert change[0, 1] ** -3 == pytest.approx(0.5, rel=1e-12)


def test_directions_and_several_senders():
    change = cost_change(
        regime(measure(direction="to-target", senders=("BBB", "CCC"), cover=(1.0, 1.0, 1.0))),
        ABC,
        4.0,
    )
    np.testing.assert_allclose(change, [[1, 1, 1], [2, 1, 1], [2, 1, 1]], rtol=1e-12)


def test_measures_on_one_flow_multiply():
    whole = measure(cover=(1.0, 1.0, 1.0))
    assert cost_change(regime(whole, whole), ABC, 4.0)[0, 1] == pytest.approx(4, rel=1e-12)


def test_low_and_high_use_both_ranges():
    low = cost_change(regime(measure()), ABC, 4.0, "low")[0, 1]
    high = cost_change(regime(measure()), ABC, 4.0, "high")[0, 1]
    assert low == pytest.approx((0.75 + 0.25 * 1.1**-3) ** (-1 / 3), rel=1e-12)
    assert high == pytest.approx(3, rel=1e-12)


def test_an_unknown_country():
    with pytest.raises(UsageError) as caught:
        cost_change(regime(measure(senders=("BBC",))), ABC, 4.0)
    assert str(caught.value) == (
        "regime 'hard': found country 'BBC', expected one of AAA, BBB, CCC\n"
        "  hint: did you mean 'BBB'?"
    )


def test_effects_are_counted_from_no_sanctions():
    economy = Economy(ABC, FLOWS)
    table = effects([regime(measure())], economy, [4.0])
    assert [(row.regime, row.actor) for row in table] == [
        *(("none", country) for country in ABC),
        *(("hard", country) for country in ABC),
    ]
    assert table[:3] == [Effect("none", 4.0, country, 0.0, 0.0, 0.0) for country in ABC]
    after = counterfactual(economy, cost_change(regime(measure()), ABC, 4.0), 4.0)
    target, sender, other = table[3:]
    assert target.exports_lost_musd_month == pytest.approx((20 - after.flows[0, 1]) / 12)
    assert target.imports_lost_musd_month == pytest.approx((25 - after.flows[1, 0]) / 12)
    assert sender.imports_lost_musd_month == target.exports_lost_musd_month
    assert sender.exports_lost_musd_month == target.imports_lost_musd_month
    assert (other.exports_lost_musd_month, other.imports_lost_musd_month) == (0.0, 0.0)
    assert target.real_income_change == pytest.approx(after.real_income[0] - 1)
    assert target.real_income_change < 0


def test_a_table_survives_being_written_and_read(tmp_path):
    rows = [
        Effect("none", 4.0, "AAA", -0.0, 0.0, 0.0),
        Effect("hard", 6.5, "BBB", -0.0123457, 1.5, -2.0),
    ]
    path = tmp_path / "effects.csv"
    write_effects(rows, path)
    assert path.read_bytes() == (
        b"regime,elasticity,actor,real_income_change,"
        b"exports_lost_musd_month,imports_lost_musd_month\n"
        b"none,4,AAA,0.000000,0.000,0.000\n"
        b"hard,6.5,BBB,-0.012346,1.500,-2.000\n"
    )
    assert read_effects(path)[1] == Effect("hard", 6.5, "BBB", -0.012346, 1.5, -2.0)


def test_a_table_with_other_columns(tmp_path):
    path = tmp_path / "effects.csv"
    path.write_text("regime,actor\nnone,AAA\n")
    with pytest.raises(CaseError) as caught:
        read_effects(path)
    assert str(caught.value) == (
        "effects.csv: found regime, actor, expected regime, elasticity, actor,"
        " real_income_change, exports_lost_musd_month, imports_lost_musd_month"
    )


GOOD = """
[[regimes]]
name = "hard"
meaning = "meant"
[[regimes.measures]]
target = "AAA"
senders = ["BBB"]
direction = "from-target"
cover = [0.1, 0.2, 0.3]
tariff_equivalent = [0.5, 1, 2.0]
status = "estimated"
sources = ["paper"]
note = "why"
[sources]
paper = { title = "A paper" }
"""


def test_regimes_are_read(tmp_path):
    path = tmp_path / "regimes.toml"
    path.write_text(GOOD)
    assert read_regimes(path) == (
        Regime(
            "hard",
            "meant",
            (
                measure(
                    cover=(0.1, 0.2, 0.3),
                    tariff_equivalent=(0.5, 1.0, 2.0),
                    status="estimated",
                    sources=("paper",),
                    note="why",
                ),
            ),
        ),
    )


HERE = "regimes.toml: regime 'hard', measure 1"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('target = "AAA"\n', "", f"{HERE}: found no 'target', expected this key"),
        (
            'target = "AAA"',
            'target = ""',
            f"{HERE}, target: found none, expected at least one country code",
        ),
        (
            'senders = ["BBB"]',
            "senders = []",
            f"{HERE}, senders: found none, expected at least one country code",
        ),
        (
            "cover =",
            "covers =",
            f"{HERE}: found no 'cover', expected this key\n  hint: did you mean 'covers'?",
        ),
        (
            'note = "why"',
            'note = "why"\ncolour = 1',
            (
                f"{HERE}: found key 'colour', expected one of cover, direction, note, senders,"
                " sources, status, target, tariff_equivalent"
            ),
        ),
        (
            '"from-target"',
            '"from-targe"',
            (
                f"{HERE}, direction: found 'from-targe', expected one of from-target, to-target\n"
                "  hint: did you mean 'from-target'?"
            ),
        ),
        (
            '"estimated"',
            '"guessed"',
            f"{HERE}, status: found 'guessed', expected one of measured, estimated, assumed",
        ),
        (
            "[0.1, 0.2, 0.3]",
            "[0.1, 0.2, 1.3]",
            (
                f"{HERE}, cover: found [0.1, 0.2, 1.3],"
                " expected low, central and high, rising, each from 0 to 1"
            ),
        ),
        (
            "[0.5, 1, 2.0]",
            "[1, 0.5, 2.0]",
            (
                f"{HERE}, tariff_equivalent: found [1, 0.5, 2.0],"
                " expected low, central and high, rising, each from 0"
            ),
        ),
        (
            '["paper"]',
            '["papr"]',
            (
                f"{HERE}, sources: found 'papr', expected a name under [sources]\n"
                "  hint: did you mean 'paper'?"
            ),
        ),
        (
            '["paper"]',
            "[]",
            f"{HERE}, sources: found none, expected a source, or the status 'assumed'",
        ),
        (
            'meaning = "meant"\n',
            "",
            "regimes.toml: regime 'hard': found no 'meaning', expected this key",
        ),
    ],
)
def test_regimes_that_are_wrong(tmp_path: Path, old: str, new: str, message: str):
    path = tmp_path / "regimes.toml"
    assert len(re.findall(re.escape(old), GOOD)) == 1
    path.write_text(GOOD.replace(old, new))
    with pytest.raises(CaseError) as caught:
        read_regimes(path)
    assert str(caught.value) == message
