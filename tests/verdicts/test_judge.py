"""Claims judged in paired runs: a small case, and the shipped one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import servanda
from servanda.case.schema import Claim, Untestable
from servanda.ensembles import AS_IS, Ensemble, Policy
from servanda.errors import UsageError
from servanda.results import evaluate, prepare, run_policies
from servanda.results.by_policy import key
from servanda.verdicts import Verdict, judge
from servanda.world.axes import Axes
from tests.cases import shipped, shipped_verdicts, template

WORDS = {"supported", "leaning", "open", "leaning against", "contradicted", "untestable here"}


@pytest.fixture(scope="module")
def verdicts() -> list[Verdict]:
    return shipped_verdicts()


def judged(runs: int = 200, seed: int = 1, **test: Any) -> Verdict:
    """The template's claim with another test."""
    (claim,) = template().claims
    changed = claim.model_dump() | {"test": claim.test.model_dump() | test}
    return judge_alone(Claim.model_validate(changed), runs, seed)


def judge_alone(claim: Claim, runs: int, seed: int = 1) -> Verdict:
    """A claim on the template's own simulator, which need not be compiled again."""
    simulator = prepare(template())
    model = simulator.model
    simulator.model = replace(model, case=replace(template(), claims=(claim,)))
    try:
        (verdict,) = judge(simulator, Ensemble.prior(simulator.model, runs, seed))
    finally:
        simulator.model = model
    return verdict


# ── a small case ────────────────────────────────────────────────────────────────────────────────


def test_a_contrast_is_paired_run_by_run():
    simulator = prepare(template())
    verdict = judged(runs=200)
    ensemble = Ensemble.prior(simulator.model, 200)
    both = run_policies(simulator, ensemble, [AS_IS, Policy.of({"shells": 0})])
    with_, without = (evaluate(results)["fire"] for results in both)
    assert verdict.probability == np.mean(with_ > without)
    assert verdict.effect == pytest.approx(np.mean(with_ - without), rel=1e-6)
    assert verdict.unit == "round"
    assert 0 < verdict.effect_error < verdict.effect
    assert verdict.effect_low <= verdict.effect <= verdict.effect_high


@pytest.mark.parametrize("direction", ["raises", "lowers"])
def test_a_lever_that_changes_nothing_never_supports_a_claim(direction):
    verdict = judged(absent={"shells": 1}, direction=direction)
    assert (verdict.probability, verdict.effect, verdict.effect_error) == (0, 0, 0)
    assert verdict.word == "leaning against"  # E1 is on its side, so it is not contradicted


def test_a_lever_that_changes_nothing_leaves_everything():
    assert judged(absent={"shells": 1}, direction="leaves").probability == 1


def test_the_same_seed_gives_the_same_verdict_and_more_runs_a_smaller_error():
    one, again, other = judged(), judged(), judged(seed=2)
    assert replace(one, claim=again.claim) == again
    assert one.effect != other.effect
    assert judged(runs=20).error > judged(runs=500).error


def test_what_the_model_cannot_decide_gets_a_reason_and_no_number():
    (claim,) = template().claims
    test = Untestable(kind="untestable", reason="nobody counts it")
    verdict = judge_alone(claim.model_copy(update={"test": test}), 10)
    assert verdict.word == "untestable here"
    assert (verdict.probability, verdict.effect, verdict.unit) == (None, None, "")
    assert verdict.flips == ()
    assert [o.id for o in verdict.supports] == ["E1"]


def test_each_setting_is_run_once_however_many_claims_compare_it():
    seen: list[tuple[int, int]] = []
    simulator = prepare(template())
    ensemble = Ensemble.prior(simulator.model, 10)
    judge(simulator, ensemble, progress=lambda done, all_: seen.append((done, all_)))
    assert seen == [(1, 2), (2, 2)]


def test_settings_are_told_apart_by_levers_and_values_not_by_their_order():
    assert key({"a": 0, "b": 1}) == key({"b": 1, "a": 0.0})
    assert key({"a": 0}) != key({"a": 1})


def test_zero_runs_are_refused():
    with pytest.raises(UsageError) as caught:
        servanda.claims(template(), runs=0)
    assert str(caught.value) == "runs: found 0, expected at least 1"


def test_the_public_name_judges_a_case():
    """Though a package of the same name has been imported by now."""
    (verdict,) = servanda.claims(template(), runs=10, prior=True)
    assert verdict.claim.slug == "shells-sustain-the-war"


# ── the shipped case ────────────────────────────────────────────────────────────────────────────


def test_the_article_makes_at_least_sixteen_claims_and_each_has_a_verdict(verdicts):
    assert len(verdicts) >= 16
    assert len({v.claim.slug for v in verdicts}) == len(verdicts)
    for v in verdicts:
        assert v.word in WORDS
        assert v.claim.text
        assert v.claim.system
        if v.word != "untestable here":
            assert 0 <= v.probability <= 1
            assert v.effect_low <= v.effect_high
            assert np.isfinite([v.error, v.effect, v.effect_error]).all()
            assert v.unit


def test_every_claim_has_facts_or_says_why_not(verdicts):
    for v in verdicts:
        assert v.supports or v.opposes or v.claim.note, v.claim.slug
    with_facts = [v for v in verdicts if v.supports and v.opposes]
    assert len(with_facts) >= 16  # both sides are told


def test_a_verdict_uses_no_fact_from_after_the_cutoff(verdicts):
    cutoff = shipped().model.case.cutoff
    for v in verdicts:
        for o in (*v.supports, *v.opposes):
            assert o.known_on <= cutoff, o.id
            assert o.ref_end <= cutoff, o.id
        for o in v.later:
            assert o.known_on > cutoff or o.ref_end > cutoff
        cited = {*v.claim.supports, *v.claim.opposes}
        assert {o.id for o in (*v.supports, *v.opposes, *v.later)} == cited


def test_the_record_does_not_echo_the_article(verdicts):
    words = [v.word for v in verdicts]
    assert words.count("supported") < len(words) / 2
    assert any(w in ("leaning against", "contradicted") for w in words)


def test_what_flips_a_verdict_is_something_of_the_case(verdicts):
    model = shipped().model
    classes = {s.source_class for s in model.case.evidence.sources} | {"the record"}
    known = {
        "parameter": set(model.parameters),
        "reference class": set(Axes.of(model.case.spec)["reference_class"]),
        "record": classes,
    }
    assert any(v.flips for v in verdicts)
    for v in verdicts:
        names = known | {"accounting": set(v.claim.accountings)}
        for flip in v.flips:
            assert flip.name in names[flip.kind]
            assert flip.word != v.word
            assert 0 <= flip.probability <= 1
