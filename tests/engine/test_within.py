"""Ranges: no prior, value for the rest or lever leads a parameter where it has no meaning."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from servanda.case import Case
from servanda.engine import Setting, assemble
from servanda.engine.within import check_moved
from servanda.errors import CaseError, UsageError
from servanda.running import run
from servanda.world.axes import ENDINGS
from servanda.world.ranges import ANY, NOT_NEGATIVE, POSITIVE, SHARE, Range, can_be_held
from tests.cases import shipped, template

HELD = "attrition.irrecoverable[BBB]"
BBB, SHELLS = "parameters.toml: war.required.of.BBB", "AAA>BBB:shells"
LEAVE_OUT = "  hint: for a case without a war, name no theory of 'war' in 'mechanisms' of case.toml"
HELD_SIZES = "a number that single precision holds: 0, or a size from 1.2e-38 to 3.4e+38"
REQUIRED, LOST = "war.required[BBB]", f"ledger.transit_loss[{SHELLS}]"
LIMIT_AT = f"parameters.toml: exchange.limit.of.{SHELLS}"
LOST_AT = f"parameters.toml: ledger.transit_loss.of.{SHELLS}"


def refusal(case: Case) -> str:
    with pytest.raises(CaseError) as caught:
        assemble(case)
    return str(caught.value)


def with_rest(name: str, value: float) -> Case:
    """The template with another value for the members that a table does not list."""
    table = template().parameters[name]
    return replace(
        template(), parameters={**template().parameters, name: replace(table, otherwise=value)}
    )


def with_lever(**changes: Any) -> Case:
    lever = template().spec.levers[0].model_copy(update=changes)
    spec = template().spec.model_copy(update={"levers": (lever,)})
    return replace(template(), spec=spec)


def test_a_range_has_its_ends_and_says_so_in_words():
    assert (0.0 in SHARE, 1.0 in SHARE, 1.1 in SHARE, -0.1 in SHARE) == (True, True, False, False)
    assert (0.0 in NOT_NEGATIVE, 0.0 in POSITIVE, 1e-30 in POSITIVE) == (True, False, True)
    ranges = (ANY, NOT_NEGATIVE, POSITIVE, SHARE, Range(low=1.0, above=True))
    said = ["any number", "at least 0", "above 0", "0 to 1", "above 1"]
    assert [str(one) for one in ranges] == said


@pytest.mark.parametrize(
    ("value", "held"),
    [(0, True), (-3.4e38, True), (3.5e38, False), (1.2e-38, True), (1e-39, False)],
)
def test_single_precision_holds_zero_and_what_is_neither_huge_nor_tiny(value, held):
    assert can_be_held(value) is held


def test_a_war_that_needs_no_men_is_refused_with_the_way_to_leave_a_war_out():
    assert refusal(template().with_prior(REQUIRED, fixed=0)) == (
        f"{BBB}: found fixed = 0 person, expected above 0 person\n{LEAVE_OUT}"
    )


@pytest.mark.parametrize(
    ("name", "prior", "message"),
    [
        (LOST, {"fixed": 7}, f"{LOST_AT}: found fixed = 7, expected 0 to 1"),
        (
            LOST,
            {"normal": [0.1, 0.01], "bounds": [-0.1, 1]},
            f"{LOST_AT}: found normal [0.1, 0.01] in [-0.1, 1], expected 0 to 1",
        ),
        (
            f"exchange.limit[{SHELLS}]",
            {"fixed": -1e12},
            f"{LIMIT_AT}: found fixed = -1e+12 round/month, expected at least 0 round/month",
        ),
        (
            REQUIRED,
            {"uniform": [0, 10]},
            f"{BBB}: found uniform [0, 10] in [0, 10] person, expected above 0 person\n{LEAVE_OUT}",
        ),
        (
            LOST,
            {"uniform": [0.1, 0.9], "bounds": [-1, 2]},
            f"{LOST_AT}: found uniform [0.1, 0.9] in [-1, 2], expected 0 to 1",
        ),
        (
            LOST,
            {"fixed": 0.5, "bounds": [0, 2]},
            f"{LOST_AT}: found fixed [0.5] in [0, 2], expected 0 to 1",
        ),
        (
            LOST,
            {"beta": [1e300, 1e300]},
            f"{LOST_AT}: found beta [1e+300, 1e+300] in [0, 1], expected {HELD_SIZES}",
        ),
        (
            "war.persistence",
            {"fixed": 0.99999999},
            "parameters.toml: war.persistence.value: found fixed = 1, expected 0 to below 1",
        ),
        (
            REQUIRED,
            {"beta": [0.01, 2]},
            f"{BBB}: found beta [0.01, 2] in [0, 1] person, expected above 0 person\n{LEAVE_OUT}",
        ),
        (
            REQUIRED,
            {"fixed": 1e39},
            f"{BBB}: found fixed = 1e+39 person, expected {HELD_SIZES} person",
        ),
        (
            REQUIRED,
            {"fixed": 1e-39},
            f"{BBB}: found fixed = 1e-39 person, expected {HELD_SIZES} person",
        ),
    ],
)
def test_a_prior_that_leaves_the_range_is_refused(name, prior, message):
    assert refusal(template().with_prior(name, **prior)) == message


def test_a_prior_is_compared_in_the_unit_of_the_mechanism():
    assemble(template().with_prior(LOST, fixed=7, unit="percent"))
    assert refusal(template().with_prior(LOST, fixed=700, unit="percent")) == (
        f"{LOST_AT}: found fixed = 700 percent, expected 0 to 100 percent"
    )


def test_a_lognormal_may_be_bounded_by_the_zero_that_it_never_reaches():
    assemble(template().with_prior(REQUIRED, lognormal=[200_000, 0.2], bounds=[0, 800_000]))


@pytest.mark.parametrize(
    ("value", "expected"), [(1e308, HELD_SIZES), (-1.0, "above 0"), (0.0, "above 0")]
)
def test_a_value_for_the_rest_that_leaves_the_range_is_refused(value, expected):
    assert refusal(with_rest("ledger.transit_time", value)) == (
        "parameters.toml: ledger.transit_time.otherwise: "
        f"found otherwise = {value:g} month, expected {expected} month"
    )


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"low": -1}, f"scales exchange.allowed[{SHELLS}] to -1, expected at least 0"),
        ({"targets": (HELD,), "high": 40}, f"scales {HELD} to 20, expected 0 to 1"),
        (
            {"targets": (REQUIRED,), "operation": "set", "low": 0},
            f"sets {REQUIRED} to 0, expected above 0 person\n{LEAVE_OUT}",
        ),
        (
            {"targets": (LOST,), "operation": "set", "choices": {"all": 1.5}},
            f"sets {LOST} to 1.5, expected 0 to 1",
        ),
    ],
)
def test_a_lever_that_leaves_the_range_is_refused(changes, found):
    assert refusal(with_lever(**changes)) == f"case.toml: levers['shells']: found one that {found}"


def test_a_source_that_counts_less_than_nothing_is_refused():
    (bias, *_) = template().parameters["observation.bias"].priors
    assert refusal(template().with_prior(f"observation.bias[{bias}]", fixed=0)) == (
        f"parameters.toml: observation.bias.of.{bias}: found fixed = 0, expected above 0"
    )


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        ("percent", "'dimensionless', for the count over the truth"),
        ("barrel", "a unit that converts to 'dimensionless'"),
    ],
)
def test_a_bias_in_another_unit_than_its_own_is_refused(unit, expected):
    (bias, *_) = template().parameters["observation.bias"].priors
    assert refusal(template().with_prior(f"observation.bias[{bias}]", fixed=1, unit=unit)) == (
        f"parameters.toml: observation.bias.of.{bias}: found unit '{unit}', expected {expected}"
    )


def with_unit(name: str, unit: str, otherwise: float) -> Case:
    table = replace(template().parameters[name], unit=unit, otherwise=otherwise)
    return replace(template(), parameters={**template().parameters, name: table})


def test_a_value_for_the_rest_is_in_the_unit_of_its_table():
    found = assemble(with_unit("ledger.transit_loss", "percent", 5)).parameters[LOST]
    assert found.prior.numbers[0] * found.factor == pytest.approx(0.05)
    found = assemble(with_unit("exchange.limit", "kiloround/month", 5)).parameters
    sent = {name: one.prior.numbers[0] * one.factor for name, one in found.items()}
    assert sent[f"exchange.limit[{SHELLS}]"] == 5000
    assert sent["exchange.limit[BBB>AAA:oil]"] == 5  # barrels a month: rounds do not convert


def test_a_table_whose_unit_fits_none_of_its_members_is_refused():
    assert refusal(with_unit("ledger.transit_time", "barrel", 0.5)) == (
        "parameters.toml: ledger.transit_time.unit: found unit 'barrel',"
        " expected a unit that converts to 'month'"
    )


def test_an_end_at_which_a_mechanism_divides_by_zero_is_left_out():
    ranges = {f"{p.slot}.{p.field}": p.within for p in shipped().model.parameters.values()}
    assert 1.0 not in ranges["war.persistence"]
    assert 0.0 not in ranges["posture.noise"]


@pytest.mark.parametrize(
    ("name", "prior"),
    [
        (REQUIRED, {"beta": [2, 2]}),
        (LOST, {"beta": [0.01, 2]}),
        ("war.persistence", {"beta": [2, 2]}),
    ],
)
def test_an_end_that_no_draw_reaches_is_not_held_against_a_prior(name, prior):
    assemble(template().with_prior(name, **prior))


def test_a_lever_may_scale_a_lognormal_that_is_bounded_by_zero_but_not_to_zero():
    prior = {"lognormal": [200_000, 0.2], "bounds": [0, 800_000]}
    halved = with_lever(targets=(REQUIRED,), low=0.5, high=2).with_prior(REQUIRED, **prior)
    assemble(halved)
    ended = with_lever(targets=(REQUIRED,), low=0, high=2).with_prior(REQUIRED, **prior)
    assert refusal(ended) == (
        f"case.toml: levers['shells']: found one that scales {REQUIRED} to 0, "
        f"expected above 0 person\n{LEAVE_OUT}"
    )


def test_levers_that_lead_a_parameter_out_of_its_range_together_are_refused():
    lever = template().spec.levers[0].model_copy(update={"targets": (HELD,), "high": 1.6})
    both = tuple(lever.model_copy(update={"name": name}) for name in ("first", "second"))
    case = replace(template(), spec=template().spec.model_copy(update={"levers": both}))
    case = case.with_prior(HELD, fixed=0.6)
    run(case, 2, levers={"first": 1.6}, prior=True)
    with pytest.raises(UsageError) as caught:
        run(case, 2, levers={"first": 1.6, "second": 1.6}, prior=True)
    assert str(caught.value) == (
        f"policy first = 1.6, second = 1.6: found {HELD} = 1.536 in a run, expected 0 to 1"
    )


def test_levers_are_held_to_a_range_also_where_nothing_is_drawn():
    lever = template().spec.levers[0].model_copy(update={"targets": (HELD,), "high": 1.6})
    both = [Setting(lever, 1.6), Setting(lever, 1.6)]
    parameters = assemble(template().with_prior(HELD, fixed=0.6)).parameters
    with pytest.raises(UsageError) as caught:
        check_moved(parameters, {}, both, runs=1)
    assert str(caught.value) == (
        f"policy shells = 1.6, shells = 1.6: found {HELD} = 1.536 in a run, expected 0 to 1"
    )


# ── weights ─────────────────────────────────────────────────────────────────────────────────────

WAYS = tuple(f"commitment.ending_share[{way}]" for way in ENDINGS)


def with_weights(*weights: float) -> Case:
    case = template()
    for way, weight in zip(WAYS, weights, strict=True):
        case = case.with_prior(way, fixed=weight)
    return case


def test_a_pact_that_can_end_in_no_way_is_refused():
    assemble(with_weights(0, 0, 0, 1))
    assert refusal(with_weights(0, 0, 0, 0)) == (
        "parameters.toml: commitment.ending_share: found 0 for every member,"
        " expected at least one member above 0"
    )


def test_levers_that_take_away_the_only_way_of_ending_are_refused():
    way = {"targets": (WAYS[3],), "operation": "scale", "low": 0.0, "high": 1.0}
    lever = template().spec.levers[0].model_copy(update=way)
    case = with_weights(0, 0, 0, 1)
    case = replace(case, spec=case.spec.model_copy(update={"levers": (lever,)}))
    with pytest.raises(UsageError) as caught:
        run(case, 2, levers={"shells": 0.0}, prior=True)
    assert str(caught.value) == (
        "policy shells = 0: found commitment.ending_share: 0 for every member in a run,"
        " expected at least one member above 0"
    )
