"""The plan of a month: writers before readers of every flow, as theories are seen to read."""

from __future__ import annotations

from dataclasses import fields, replace
from itertools import permutations

import jax
import pytest

from servanda.engine import assemble
from servanda.engine.catalogue import quantities
from servanda.engine.model import order
from servanda.errors import CaseError
from servanda.mechanisms import absences, variants
from servanda.mechanisms.war import PersistentTempo
from servanda.world import Ledger, Theory
from tests.builders import CATALOGUE, Bench, tiny_case

EVERY: list[type[Theory]] = [t for rivals in CATALOGUE.variants.values() for t in rivals.values()]
ALSO_ABSENT = [*EVERY, *absences().values()]


def name(theory: type[Theory]) -> str:
    return f"{theory.slot}/{theory.variant}"


def slots(reads: dict[str, str], flows: dict[str, str]) -> list[str]:
    return list(order({slot: frozenset(names.split()) for slot, names in reads.items()}, flows))


# ── order ───────────────────────────────────────────────────────────────────────────────────────


def test_who_makes_a_flow_comes_before_who_reads_it_in_whatever_order_they_are_named():
    reads = {"war": "", "arsenal": "tempo", "ledger": "made"}
    for named in permutations(reads):
        found = slots({s: reads[s] for s in named}, {"tempo": "war", "made": "arsenal"})
        assert found == ["war", "arsenal", "ledger"]


def test_last_months_state_is_there_before_anyone_writes_it():
    assert slots({"attrition": "tempo", "war": "men"}, {"tempo": "war"}) == ["war", "attrition"]


def test_theories_that_wait_for_each_other_are_refused():
    with pytest.raises(CaseError) as caught:
        slots({"war": "losses", "attrition": "tempo"}, {"tempo": "war", "losses": "attrition"})
    assert str(caught.value) == (
        "the month's plan: found theories that wait for each other: war → attrition → war, "
        "expected no cycle of flows; read last month's state instead"
    )


def test_the_shipped_case_runs_every_slot_once_and_clears_after_all_requests(model):
    plan = [t.slot for t in model.plan]
    assert sorted(plan) == sorted(["ledger", *variants()])
    for before in ("arsenal", "exchange", "evasion"):
        assert plan.index(before) < plan.index("ledger")
    for after in ("attrition", "influence", "commitment"):
        assert plan.index(after) > plan.index("ledger")


@pytest.mark.parametrize("slot", variants())
def test_any_variant_of_a_slot_fits_into_the_plan(slot):
    for variant in variants()[slot]:
        plan = assemble(tiny_case(spec={"mechanisms": {slot: variant}})).plan
        assert {t.slot: t.variant for t in plan}[slot] == variant


# ── what a case names ───────────────────────────────────────────────────────────────────────────


def test_an_unknown_slot_is_refused():
    spec = tiny_case().spec
    case = replace(
        tiny_case(),
        spec=spec.model_copy(update={"mechanisms": {**spec.mechanisms, "wars": "constant-tempo"}}),
    )
    with pytest.raises(CaseError) as caught:
        assemble(case)
    assert str(caught.value) == (
        "case.toml: mechanisms.wars: found slot 'wars', expected one of arsenal, attrition, "
        "balancing, "
        "commitment, evasion, exchange, influence, posture, proliferation, trade, war\n"
        "  hint: did you mean 'war'?"
    )


def test_an_unknown_variant_is_refused():
    with pytest.raises(CaseError) as caught:
        assemble(tiny_case(spec={"mechanisms": {"war": "constant-temp"}}))
    assert str(caught.value) == (
        "case.toml: mechanisms.war: found variant 'constant-temp', "
        "expected one of persistent-tempo, constant-tempo\n"
        "  hint: did you mean 'constant-tempo'?"
    )


# ── what theories read and write ────────────────────────────────────────────────────────────────


def test_what_a_theory_reads_is_what_its_results_depend_on():
    # the pace of the war hangs on men and on who is lent to fight, and on how it went so far
    assert Bench(PersistentTempo).trace.reads == {"log_tempo", "war", "men", "lent"}
    assert Bench(Ledger).trace.reads == {
        *("stock", "transit", "lent", "dispatched", "arrears", "price", "loss_rate"),
        *("made", "use_request", "send_request", "recall_request", "covert_request"),
        *("settles", "unit_cost"),
    }


@pytest.mark.parametrize("theory", EVERY, ids=name)
def test_no_theory_asks_for_a_parameter_that_it_does_not_read(theory, shipped):
    # at an early cut-off some ties are not open yet, so that the hazard of their opening counts
    cases = (tiny_case(), shipped, shipped.at("2023-06"))
    read = frozenset().union(*(Bench(theory, case).trace.parameters for case in cases))
    assert read == {f.name for f in fields(theory.Parameters)}


@pytest.mark.parametrize("theory", ALSO_ABSENT, ids=name)
def test_a_theory_returns_each_of_its_slots_quantities_in_its_own_shape(theory):
    for runs in ((), (2,)):
        bench = Bench(theory, runs=runs)
        found = jax.eval_shape(bench.step)
        assert sorted(found) == sorted(bench.writes)
        for quantity, value in found.items():
            axis = bench.layout.quantities[quantity].axis
            expected = (bench.axes.size(axis), *runs) if axis else runs
            assert value.shape == expected, quantity


def test_every_flow_is_read_by_someone_or_kept(model):
    read = frozenset().union(*model.reads.values())
    every = model.layout.quantities.values()
    unseen = {q.name for q in every if not (q.carried or q.kept or q.name in read)}
    # the ledger's own four kinds of entry, kept for the laws that are tested on them
    assert unseen == {"sent", "interdicted", "returned"}


def test_no_two_slots_have_a_quantity_of_one_name():
    found = quantities([Ledger, *absences().values()])
    sizes = [len(fields(r)) for t in (Ledger, *absences().values()) for r in (t.State, t.Flows)]
    assert len(found) == sum(sizes)


def test_what_can_move_a_quantity_is_all_that_it_is_computed_from_step_by_step(model):
    """The pact hangs on the war and on the stocks that it began with, and not on influence."""
    moving = model.moving("alive")
    slots = {model.parameters[name].slot for name in moving}
    assert {"commitment", "war", "arsenal", "exchange"} <= slots
    assert "influence" not in slots
    opening = [
        n
        for n, one in model.parameters.items()
        if (one.slot, one.field) == ("arsenal", "initial_stock")
    ]
    assert opening
    assert set(opening) <= moving


def test_nothing_but_its_own_hazard_moves_a_pact_of_constant_hazard():
    constant = assemble(tiny_case(spec={"mechanisms": {"commitment": "constant-hazard"}}))
    fields_read = {constant.parameters[name].field for name in constant.moving("alive")}
    assert fields_read == {"base_hazard", "later_hazard", "class_draw"}
