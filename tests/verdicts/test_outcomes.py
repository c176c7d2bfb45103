"""What a test comes to, run by run, worked out by hand."""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest

from servanda.case.schema import Conditional, Contrast, Threshold, Trend, Untestable
from servanda.verdicts.outcomes import ByRun, outcome, settings_in
from servanda.verdicts.shares import ByAnswer, ByGroup
from tests.verdicts.conftest import equal

# Metrics by setting: 'x' with the lever at rest and moved, and two metrics of one setting.
REST = {"x": [10.0, 20.0, 30.0, 0.0], "y": [11.0, 20.0, 15.0, 0.0]}
MOVED = {"x": [9.0, 20.0, 10.0, 0.0], "y": [0.0] * 4}


def values(settings: Mapping[str, float | str], metric: str) -> np.ndarray:
    return np.array((MOVED if settings else REST)[metric])


def contrast(direction: str, margin: float = 0.0, **more: Any) -> Contrast:
    given = {"kind": "contrast", "metric": "x", "absent": {"a": 0}, "direction": direction}
    return Contrast.model_validate(given | {"margin": margin} | more)


def trend(direction: str, margin: float = 0.0) -> Trend:
    return Trend(kind="trend", before="x", after="y", direction=direction, margin=margin)


@pytest.mark.parametrize(
    ("test", "holds"),
    [
        (contrast("raises"), [1, 0, 1, 0]),
        (contrast("raises", 0.2), [0, 0, 1, 0]),  # beyond a fifth of what it is when absent
        (contrast("raises", 2.0), [0, 0, 0, 0]),  # exactly the margin is not beyond it
        (contrast("lowers"), [0, 0, 0, 0]),
        (contrast("leaves", 0.2), [1, 1, 0, 1]),
        (contrast("lowers", present={"a": 0}, absent={}), [1, 0, 1, 0]),
        (trend("rises"), [1, 0, 0, 0]),
        (trend("rises", 0.1), [0, 0, 0, 0]),
        (trend("falls"), [0, 0, 1, 0]),
        (trend("falls", 0.4), [0, 0, 1, 0]),
        (Threshold(kind="threshold", metric="x", direction="above", value=10), [0, 1, 1, 0]),
        (Threshold(kind="threshold", metric="x", direction="below", value=10), [0, 0, 0, 1]),
    ],
)
def test_a_test_holds_in_the_runs_where_it_should(test, holds):
    found = outcome(test, values, equal(4))
    assert found.holds.tolist() == [bool(h) for h in holds]
    assert found.probability() == np.mean(holds)


@pytest.mark.parametrize(
    ("test", "difference"),
    [
        (contrast("raises"), [1, 0, 20, 0]),
        (trend("falls"), [1, 0, -15, 0]),
        (Threshold(kind="threshold", metric="x", direction="above", value=10), [0, 10, 20, -10]),
    ],
)
def test_the_effect_is_the_mean_difference(test, difference):
    found = outcome(test, values, equal(4))
    assert found.difference.tolist() == difference
    assert found.effect() == np.mean(difference)
    assert found.effect_error() == pytest.approx(np.std(difference) / 2)
    assert found.interval() == pytest.approx(tuple(np.quantile(difference, [0.05, 0.95])))


def test_the_effect_on_a_yes_or_no_is_a_difference_of_shares_with_its_error():
    """Of a hundred runs 30 say yes with the lever at rest and 20, all of them others, moved."""
    found = answers(contrast("raises"), np.arange(100) >= 80, np.arange(100) < 30)
    assert found.effect() == pytest.approx(0.3 - 0.2)
    error = np.std((np.arange(100) < 30) - (np.arange(100) >= 80).astype(float)) / 10
    assert found.effect_error() == pytest.approx(error)
    assert found.interval() == pytest.approx((0.1 - 1.645 * error, 0.1 + 1.645 * error))


def answers(test: Contrast | Trend, absent: np.ndarray, present: np.ndarray) -> ByAnswer:
    """A test of yes and no, with the lever moved ("absent") and at rest ("present")."""
    given = lambda settings, _: np.array(absent if settings else present, float)  # noqa: E731
    found = outcome(test, given, equal(len(absent)), yes_or_no=True)
    assert isinstance(found, ByAnswer)
    return found


def yes(*, of: int) -> np.ndarray:
    return np.arange(1000) < of


@pytest.mark.parametrize(
    ("test", "present", "least", "most"),
    [  # 500 of 1000 runs say yes with the cause absent
        (contrast("raises"), 600, 0.999, 1),  # though nine runs of ten do not change
        (contrast("raises", 0.1), 600, 0.999, 1),  # by more than 50 runs
        (contrast("raises", 0.2), 600, 0.4, 0.6),  # by about 100
        (contrast("raises", 0.3), 600, 0, 0.001),
        (contrast("lowers"), 600, 0, 0.001),
        (contrast("leaves", 0.1), 600, 0, 0.001),
        (contrast("leaves", 0.3), 600, 0.999, 1),
        (contrast("raises"), 502, 0.8, 0.99),  # two runs may have changed by chance
        (contrast("raises"), 500, 0, 0),
        (contrast("lowers"), 500, 0, 0),
        (contrast("leaves"), 500, 1, 1),
    ],
)
def test_a_claim_about_a_yes_or_no_is_about_its_share_and_not_about_each_run(
    test, present, least, most
):
    found = answers(test, yes(of=500), yes(of=present))
    assert least <= found.probability() <= most
    assert found.error() == 0


def test_what_two_shares_differ_by_in_the_same_runs_is_as_sure_as_repeating_the_runs_shows():
    """Of a hundred runs 12 change to yes, and 6 to no."""
    rng = np.random.default_rng(1)
    change = rng.choice([1.0, -1.0, 0.0], p=[0.12, 0.06, 0.82], size=(4000, 200))
    runs = np.arange(200)
    found = answers(contrast("raises"), runs < 112, (runs >= 12) & (runs < 136))
    assert found.effect() == pytest.approx(0.06)
    assert found.smoothed(None)[1] == pytest.approx(change.mean(axis=1).std(), rel=0.03)


def test_shares_may_be_compared_among_some_runs():
    found = answers(contrast("raises"), yes(of=500), yes(of=600))
    early = np.arange(1000) < 500  # none of these changes
    assert found.probability(early) == 0
    assert found.apart(early) < -3
    assert found.probability(~early) > 0.999


@pytest.mark.parametrize("direction", ["raises", "lowers"])
@pytest.mark.parametrize("margin", [0.0, 0.1])
def test_a_contrast_of_a_thing_with_itself_never_holds(direction, margin):
    same = contrast(direction, margin, absent={})
    assert outcome(same, values, equal(4)).probability() == 0


@pytest.mark.parametrize("direction", ["raises", "lowers", "leaves"])
def test_a_metric_that_is_no_number_holds_nothing(direction):
    nothing = outcome(contrast(direction), lambda *_: np.array([np.nan]), equal(1))
    assert nothing.probability() == 0


def test_the_error_of_a_share_is_binomial():
    holds = np.arange(100) < 30
    found = ByRun(np.zeros(100), holds, equal(100))
    assert found.error() == pytest.approx(sqrt(0.3 * 0.7 / 100))
    shares = np.random.default_rng(1).binomial(100, 0.3, 20_000) / 100
    assert found.error() == pytest.approx(shares.std(), rel=0.02)


def test_the_error_of_an_effect_is_that_of_a_mean():
    draws = np.random.default_rng(2).normal(3, 2, (1000, 100))
    errors = [ByRun(d, d > 0, equal(100)).effect_error() for d in draws]
    assert np.mean(errors) == pytest.approx(draws.mean(axis=1).std(), rel=0.05)


def test_a_probability_may_be_asked_for_among_some_runs():
    found = ByRun(np.zeros(4), np.array([True, True, False, False]), equal(4))
    assert found.probability(np.array([True, False, True, True])) == pytest.approx(1 / 3)


# ── conditional ─────────────────────────────────────────────────────────────────────────────────


def conditional(**more: Any) -> Conditional:
    given = {"kind": "conditional", "outcome": "y", "given": "x", "below": 5}
    return Conditional.model_validate(given | more)


def grouped(met: tuple[int, int], unmet: tuple[int, int], **more: Any) -> Any:
    """Of so many runs that meet the condition, or do not, so many have the outcome."""
    happened = [1.0] * met[0] + [0.0] * (met[1] - met[0])
    happened += [1.0] * unmet[0] + [0.0] * (unmet[1] - unmet[0])
    given = [0.0] * met[1] + [10.0] * unmet[1]
    by_name = {"x": np.array(given), "y": np.array(happened)}
    return outcome(conditional(**more), lambda _, metric: by_name[metric], equal(len(given)))


@pytest.mark.parametrize(
    ("more", "met"),
    [({}, [1, 1, 0]), ({"below": None, "above": 4}, [0, 1, 1]), ({"below": 4.2}, [1, 0, 0])],
)
def test_a_condition_is_a_number_not_reached_or_passed(more, met):
    by_name = {"x": np.array([4.0, 4.5, 5.0]), "y": np.zeros(3)}
    found = outcome(conditional(**more), lambda _, metric: by_name[metric], equal(3))
    assert found.given.tolist() == [bool(m) for m in met]


def test_the_effect_of_a_condition_is_the_difference_of_two_shares():
    found = grouped((80, 200), (30, 100))
    assert found.effect() == pytest.approx(81 / 202 - 31 / 102)
    error = sqrt(81 / 202 * 121 / 202 / 202 + 31 / 102 * 71 / 102 / 102)
    assert found.effect_error() == pytest.approx(error)
    low, high = found.interval()
    assert (low + high) / 2 == pytest.approx(found.effect())
    assert high - low == pytest.approx(2 * 1.645 * error)
    assert found.error() == 0


@pytest.mark.parametrize(("direction", "sign"), [("likelier", 1), ("rarer", -1)])
def test_its_probability_is_that_of_a_difference_beyond_the_margin(direction, sign):
    found = grouped((80, 200), (30, 100), direction=direction, margin=0.05)
    z = (sign * found.effect() - 0.05) / found.effect_error()
    assert found.probability() == pytest.approx(NormalDist().cdf(z))


def test_its_error_is_what_repeating_the_runs_would_show():
    rng = np.random.default_rng(1)
    differences = rng.binomial(200, 0.4, 20_000) / 200 - rng.binomial(100, 0.3, 20_000) / 100
    assert grouped((80, 200), (30, 100)).effect_error() == pytest.approx(
        differences.std(), rel=0.02
    )


@pytest.mark.parametrize("groups", [((5, 10), (0, 0)), ((0, 0), (5, 10))])
def test_a_condition_that_is_always_or_never_met_says_nothing(groups):
    found = grouped(*groups)
    assert (found.probability(), found.effect(), found.effect_error()) == (0.5, 0.0, 0.0)


def test_a_few_runs_alike_do_not_make_a_difference_sure():
    assert 0.5 < grouped((1, 1), (0, 1)).probability() < 0.9
    assert grouped((1000, 1000), (0, 1000)).probability() > 0.999


def test_groups_may_be_compared_among_some_runs():
    found = grouped((10, 20), (0, 20))
    among = np.ones(40, bool)
    among[10:20] = False  # leaves out those that met the condition and had no such outcome
    part = ByGroup(found.outcome[among], found.given[among], 1.0, 0.05, equal(30))
    assert part.effect() == pytest.approx(11 / 12 - 1 / 22)
    apart = (part.effect() - found.effect()) / part.effect_error()
    assert found.apart(among) == pytest.approx(apart)


# ── settings ────────────────────────────────────────────────────────────────────────────────────


def test_a_test_names_the_settings_that_it_needs_runs_of():
    assert settings_in(contrast("raises", present={"b": 1})) == [{"b": 1}, {"a": 0}]
    assert settings_in(trend("rises")) == [{}]
    assert settings_in(conditional(present={"a": 0})) == [{"a": 0}]
    assert settings_in(Untestable(kind="untestable", reason="why")) == []


def test_what_is_untestable_has_no_outcome():
    with pytest.raises(ValueError, match=r"^an untestable claim has no outcome$"):
        outcome(Untestable(kind="untestable", reason="why"), values, equal(4))
