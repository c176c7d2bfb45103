"""Weighted runs: an integer weight is that many runs alike, and equal weights change no bit."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from servanda.ensembles import AS_IS, Ensemble, Policy
from servanda.results import evaluate, prepare, run_policies
from servanda.verdicts import Verdict, judge
from servanda.verdicts.outcomes import ByRun
from servanda.verdicts.shares import ByGroup
from tests.cases import template
from tests.verdicts.conftest import equal

RUNS = st.integers(2, 40)


def by_run(runs: int, seed: int, weights: np.ndarray | None = None) -> ByRun:
    """A test of a difference that is above zero in some runs; rounded, so that some are alike."""
    difference = np.random.default_rng(seed).normal(0.3, 1, runs).round(1)
    return ByRun(difference, difference > 0, equal(runs) if weights is None else weights)


def counts(runs: int, seed: int) -> np.ndarray:
    """How often each run is repeated; at least one is, and some are left out."""
    found = np.random.default_rng(seed).integers(0, 4, runs)
    return np.maximum(found, np.arange(runs) == 0)


# ── integer weights ─────────────────────────────────────────────────────────────────────────────


@given(RUNS, st.integers(0, 1000))
def test_a_weight_is_so_many_runs_alike(runs, seed):
    repeats = counts(runs, seed)
    one = by_run(runs, seed, repeats / repeats.sum())
    again = np.repeat(one.difference, repeats)
    other = ByRun(again, again > 0, equal(len(again)))
    assert one.probability() == pytest.approx(other.probability())
    assert one.effect() == pytest.approx(other.effect(), abs=1e-12)
    among = np.random.default_rng(seed + 1).random(runs) < 0.5
    if repeats[among].any():
        part = np.repeat(among, repeats)
        assert one.probability(among) == pytest.approx(other.probability(part))


def test_an_interval_is_that_of_the_runs_alike():
    difference, repeats = np.array([5.0, 1.0, 3.0, 2.0]), np.array([1, 16, 1, 16])
    one = ByRun(difference, difference > 2, repeats / repeats.sum())
    # of 34 runs in order: sixteen of 1, sixteen of 2, one of 3, one of 5
    assert one.interval() == (1.0, 3.0)


def test_a_weight_is_so_many_runs_alike_in_both_groups():
    """Weights of one group alike, so that each says as much as it has runs."""
    outcome = np.array([True, True, False, True, False, False])
    given = np.array([True, True, True, False, False, False])
    repeats = np.array([2, 2, 2, 1, 1, 1])
    one = ByGroup(outcome, given, 1.0, 0.0, repeats / repeats.sum())
    # runs alike within a group: three of either, whatever a group weighs beside the other
    assert one.effect() == pytest.approx(3 / 5 - 2 / 5)
    assert one.effect_error() == pytest.approx(sqrt(2 * 0.6 * 0.4 / 5))


def test_in_many_runs_a_weight_is_so_many_runs_alike_in_both_groups():
    """What each group counts besides its runs no longer matters."""
    rng = np.random.default_rng(4)
    given = rng.random(40_000) < 0.3
    outcome = rng.random(40_000) < np.where(given, 0.5, 0.4)
    repeats = counts(40_000, 5)
    one = ByGroup(outcome, given, 1.0, 0.05, repeats / repeats.sum())
    again = [np.repeat(values, repeats) for values in (outcome, given)]
    other = ByGroup(*again, 1.0, 0.05, equal(int(repeats.sum())))
    assert one.effect() == pytest.approx(other.effect(), abs=1e-4)


def test_uneven_weights_say_less():
    """As much as (Σw)²/Σw² runs: weights of three and one as 16/10 of two."""
    one = ByRun(np.array([1.0, -1.0]), np.array([True, False]), np.array([0.75, 0.25]))
    assert one.probability() == 0.75
    assert one.error() == pytest.approx(sqrt(0.75 * 0.25 / 1.6))
    assert one.effect() == 0.5
    assert one.effect_error() == pytest.approx(sqrt((0.75 * 0.25 + 0.25 * 2.25) / 1.6))


# ── equal weights ───────────────────────────────────────────────────────────────────────────────


@given(RUNS, st.integers(0, 1000))
def test_equal_weights_are_the_plain_formulas_to_the_bit(runs, seed):
    one = by_run(runs, seed)
    share = float(one.holds.mean())
    assert one.probability() == share
    assert one.error() == sqrt(share * (1 - share) / runs)
    assert one.effect() == float(one.difference.mean())
    assert one.effect_error() == float(one.difference.std()) / sqrt(runs)
    assert one.interval() == tuple(np.quantile(one.difference, [0.05, 0.95]).tolist())
    among = np.random.default_rng(seed + 1).random(runs) < 0.5
    if among.any():
        part = float(one.holds[among].mean())
        assert one.probability(among) == part
        error = sqrt(max(share * (1 - share), 1e-4) / among.sum())
        assert one.apart(among) == (part - share) / error


def test_equal_weights_are_the_plain_formula_of_groups_to_the_bit():
    rng = np.random.default_rng(3)
    given, outcome = rng.random(100) < 0.4, rng.random(100) < 0.5
    one = ByGroup(outcome, given, 1.0, 0.05, equal(100))
    shares = [float((outcome[g].sum() + 1.0) / (g.sum() + 2.0)) for g in (given, ~given)]
    sizes = [float(g.sum()) for g in (given, ~given)]
    error = sqrt(sum(p * (1 - p) / (n + 2.0) for p, n in zip(shares, sizes, strict=True)))
    assert one.effect() == shares[0] - shares[1]
    assert one.effect_error() == error


# ── a case ──────────────────────────────────────────────────────────────────────────────────────


def verdict_of(ensemble: Ensemble) -> Verdict:
    (verdict,) = judge(prepare(template()), ensemble)
    return verdict


def test_runs_without_weight_have_no_say():
    whole = Ensemble.prior(prepare(template()).model, 200)
    weights = np.arange(200) % 2
    silenced = Ensemble.of(prepare(template()).model, whole.parameters, weights=weights)
    one, other = verdict_of(silenced), verdict_of(whole.of_runs(range(1, 200, 2)))
    assert one.word == other.word
    for name in ("probability", "error", "effect", "effect_error"):
        assert getattr(one, name) == pytest.approx(getattr(other, name)), name


def test_a_verdict_weighs_the_runs():
    simulator, weights = prepare(template()), np.arange(200.0)
    prior = Ensemble.prior(simulator.model, 200)
    ensemble = Ensemble.of(simulator.model, prior.parameters, weights=weights)
    both = run_policies(simulator, prior, [AS_IS, Policy.of({"shells": 0})])
    with_, without = (evaluate(results)["fire"].astype(float) for results in both)
    verdict = verdict_of(ensemble)
    assert verdict.probability == pytest.approx(np.average(with_ > without, weights=weights))
    assert verdict.effect == pytest.approx(np.average(with_ - without, weights=weights))
