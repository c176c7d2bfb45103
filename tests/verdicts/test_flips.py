"""What flips a verdict: found where it must be, and not in noise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from servanda.case import Evidence, Source
from servanda.engine import Model, assemble
from servanda.ensembles import Ensemble
from servanda.verdicts import Flip
from servanda.verdicts import flips as module
from servanda.verdicts.flips import Groups, Weighing
from servanda.verdicts.shares import ByGroup
from tests.builders import tiny_case
from tests.verdicts.conftest import equal, fact, holding

RUNS = 1024
FACTS = (fact(),)
DRAW = "commitment.class_draw"  # the tiny case's classes: loose below a half, tight above


def groups_of(model, drawn, weights) -> Groups:
    """Groups of runs made from these draws."""
    numbers = np.arange(len(weights))
    ensemble = Ensemble(drawn, numbers, weights, "given", 1, model.case.digest, "")
    return Groups.of(model, ensemble)


def flips(model, main, drawn, evidence):
    """What flips a verdict, by groups of runs made from these draws."""
    return module.flips(model, main, groups_of(model, drawn, main.weights), evidence)


@pytest.fixture(scope="module")
def model() -> Model:
    """The tiny case with three hundred parameters more, p0 to p299, that move nothing."""
    sources = tuple(Source(c, c, c, "", c) for c in ("press", "ministry"))
    model = assemble(replace(tiny_case(), evidence=Evidence((), (), sources)))
    any_number = next(iter(model.parameters.values()))
    more = {f"p{n}": any_number for n in range(300)}
    return replace(model, parameters={**model.parameters, **more})


def weighing(supports=FACTS, opposes=(), **accountings: float) -> Weighing:
    return Weighing(tuple(supports), tuple(opposes), accountings)


def uniform(count: int = 1, seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {f"p{n}": rng.random(RUNS).astype(np.float32) for n in range(count)}


@pytest.fixture(scope="module")
def noise(model) -> Callable[[int], Groups]:
    """Thirds of three hundred parameters of noise, by seed."""
    return cache(lambda seed: groups_of(model, uniform(300, seed), equal(RUNS)))


# ── parameters ──────────────────────────────────────────────────────────────────────────────────


def test_the_parameter_that_decides_is_found_on_both_sides(model):
    drawn = uniform(3)
    found = flips(model, holding(drawn["p1"] > 0.5), drawn, weighing())
    low, high = np.quantile(drawn["p1"], [1 / 3, 2 / 3])
    high_third, low_third = sorted(found, key=lambda f: -f.probability)
    assert high_third == Flip(
        "parameter",
        "p1",
        "in its highest third",
        "supported",
        1.0,
        pytest.approx(high),
        "dimensionless",
    )
    assert low_third == Flip(
        "parameter",
        "p1",
        "in its lowest third",
        "leaning against",
        0.0,
        pytest.approx(low),
        "dimensionless",
    )


def test_the_strongest_three_are_named_in_order(model):
    drawn = uniform(4, seed=3)
    score = 4 * drawn["p0"] + 2 * drawn["p1"] + drawn["p2"] + 0.01 * drawn["p3"]
    holds = score > np.median(score)
    found = [f for f in flips(model, holding(holds), drawn, weighing(())) if f.kind == "parameter"]
    assert len(found) == 3
    assert [f.name for f in found[:2]] == ["p0", "p0"]
    assert found[2].name == "p1"
    distances = [abs(f.probability - 0.5) for f in found]
    assert distances == sorted(distances, reverse=True)


def test_a_parameter_that_moves_the_share_but_not_the_word_is_not_named(model):
    drawn = uniform()
    holds = drawn["p0"] > 0.02  # .98 in all and .94 in the lowest third: both are supported
    found = flips(model, holding(holds), drawn, weighing())
    assert [f for f in found if f.kind == "parameter"] == []


# Unchecked: six thousand groups each, which other tests here check one by one.
@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("share", [0.2, 0.5, 0.69, 0.75, 0.9, 0.95])
def test_three_hundred_parameters_of_noise_flip_nothing(model, noise, share):
    """Thirds of runs that the claim does not depend on, ten ensembles: at most one chance hit."""
    hits = 0
    for seed in range(10):
        holds = np.random.default_rng(1000 + seed).random(RUNS) < share
        found = module.flips(model, holding(holds), noise(seed), weighing(()))
        hits += len(found) - (share >= 0.9)
    assert hits <= 1


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("gap", [0.0, 0.05, 0.1])
def test_noise_flips_no_comparison_of_groups_either(model, noise, gap):
    hits = 0
    for seed in range(10):
        rng = np.random.default_rng(seed)
        given = rng.random(RUNS) < 0.5
        happened = rng.random(RUNS) < np.where(given, 0.5 + gap, 0.5)
        main = ByGroup(happened, given, 1.0, 0.05, equal(RUNS))
        found = module.flips(model, main, noise(100 + seed), weighing(()))
        hits += sum(f.kind == "parameter" for f in found)
    assert hits <= 1


def test_a_parameter_on_which_a_comparison_of_groups_depends_is_found(model):
    drawn = uniform(2)
    rng = np.random.default_rng(9)
    given = rng.random(RUNS) < 0.5
    happened = np.where(given, drawn["p1"] > 0.3, rng.random(RUNS) < 0.6)
    main = ByGroup(happened, given, 1.0, 0.05, equal(RUNS))
    found = [f for f in flips(model, main, drawn, weighing(())) if f.kind == "parameter"]
    assert {f.name for f in found} == {"p1"}
    assert {f.word for f in found} <= {"leaning", "leaning against"}


def test_one_run_flips_nothing(model):
    one = holding(np.array([True]))
    lone = np.array([0.3], np.float32)
    assert flips(model, one, {"p0": lone, DRAW: lone}, weighing(())) == (
        flips(model, one, {}, weighing(()))
    )


# ── reference classes ───────────────────────────────────────────────────────────────────────────


def test_the_reference_class_that_decides_is_found(model):
    drawn = uniform() | {DRAW: uniform(seed=5)["p0"]}
    found = flips(model, holding(drawn[DRAW] < 0.5), drawn, weighing(()))
    assert [(f.kind, f.name, f.condition, f.word, f.probability) for f in found] == [
        ("reference class", "loose", "in runs of the reference class “loose”", "leaning", 1.0),
        (
            "reference class",
            "tight",
            "in runs of the reference class “tight”",
            "leaning against",
            0.0,
        ),
    ]


def test_without_a_drawn_class_no_class_is_named(model):
    drawn = uniform()
    kinds = {f.kind for f in flips(model, holding(drawn["p0"] > 0.5), drawn, weighing(()))}
    assert kinds == {"parameter"}


# ── accountings and the record ──────────────────────────────────────────────────────────────────

SURE = holding(np.ones(100, bool))


def test_an_accounting_that_comes_out_otherwise_is_found(model):
    found = flips(model, SURE, {}, weighing(recorded=0.2, valued=0.95))
    assert [(f.kind, f.name, f.condition, f.word, f.probability) for f in found] == [
        # from the other side two accountings hold it back, and the record lifts it
        ("accounting", "recorded", "under the accounting “recorded”", "open", 0.2),
        (
            "record",
            "the record",
            "by the model alone, without the facts and the other accountings",
            "supported",
            1.0,
        ),
    ]


def test_an_accounting_is_weighed_with_all_the_others(model):
    """Valued, it would be supported, were it not for the count by trade, which stays."""
    evidence = weighing(recorded=0.05, valued=0.95)
    assert evidence.word(1.0) == "leaning"
    assert evidence.counted_as("valued", 1.0) == "leaning"
    assert [f.name for f in flips(model, SURE, {}, evidence)] == ["recorded", "the record"]


def test_the_class_of_sources_on_which_a_verdict_rests_is_found(model):
    facts = [fact("A", "press", 1), fact("B", "ministry", 2)]
    found = flips(model, SURE, {}, weighing(facts[:1], facts[1:]))
    assert weighing(facts[:1], facts[1:]).word(1.0) == "leaning"  # 3 against 2: split
    assert [(f.name, f.condition, f.word) for f in found] == [
        ("ministry", "without the facts from the source class “ministry”", "supported"),
        (
            "the record",
            "by the model alone, without the facts and the other accountings",
            "supported",
        ),
    ]


def test_agreement_of_everything_flips_on_the_only_source_alone(model):
    found = flips(model, SURE, {}, weighing([fact("A", "press", 1)]))
    assert [(f.name, f.word) for f in found] == [("press", "leaning")]
    both = weighing([fact("A", "press", 1), fact("A", "ministry", 2)])
    assert flips(model, SURE, {}, both) == ()
