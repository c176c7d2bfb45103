"""The plan of a month: one writer for each quantity, writers before readers, declarations true."""

from __future__ import annotations

from dataclasses import fields, replace
from itertools import permutations
from typing import Any

import pytest

from servanda.engine import assemble
from servanda.engine.model import order
from servanda.errors import CaseError
from servanda.mechanisms import variants
from servanda.world import Ledger, Month, Process, World, quantities
from tests.builders import Bench, tiny_case

EVERY: list[type[Process]] = [
    Ledger,
    *(p for rivals in variants().values() for p in rivals.values()),
]
FLOWS = {q.name for q in quantities().values() if not q.carried}


def process(slot: str, reads: str = "", writes: str = "") -> Any:
    """A process that does nothing but declare."""

    class Declared(Process):
        @classmethod
        def build(cls, *_):
            return cls()

        def step(self, *_):
            return {}

    Declared.slot, Declared.variant = slot, "declared"
    Declared.reads, Declared.writes = frozenset(reads.split()), frozenset(writes.split())
    return Declared()


def slots(*processes: Any) -> list[str]:
    return [p.slot for p in order(list(processes))]


def refusal(*processes: Any) -> str:
    with pytest.raises(CaseError) as caught:
        order(list(processes))
    return str(caught.value)


# ── order ───────────────────────────────────────────────────────────────────────────────────────


def test_who_makes_a_flow_comes_before_who_reads_it_in_whatever_order_they_are_named():
    war = process("war", writes="tempo")
    arsenal = process("arsenal", reads="tempo", writes="made")
    ledger = process("ledger", reads="made", writes="stock")
    for named in permutations((war, arsenal, ledger)):
        assert slots(*named) == ["war", "arsenal", "ledger"]


def test_last_months_state_is_there_before_anyone_writes_it():
    war = process("war", reads="men", writes="tempo")
    attrition = process("attrition", reads="tempo", writes="men")
    assert slots(attrition, war) == ["war", "attrition"]


def test_the_shipped_case_runs_every_slot_once_and_clears_after_all_requests(model):
    plan = [p.slot for p in model.plan]
    assert sorted(plan) == sorted(["ledger", *variants()])
    for before in ("arsenal", "exchange", "evasion"):
        assert plan.index(before) < plan.index("ledger")
    for after in ("attrition", "influence", "commitment"):
        assert plan.index(after) > plan.index("ledger")


@pytest.mark.parametrize("slot", variants())
def test_any_variant_of_a_slot_fits_into_the_plan(slot):
    for variant in variants()[slot]:
        plan = assemble(tiny_case(spec={"mechanisms": {slot: variant}})).plan
        assert {p.slot: p.variant for p in plan}[slot] == variant


# ── refusals ────────────────────────────────────────────────────────────────────────────────────


def test_two_writers_of_one_quantity_are_refused():
    message = refusal(process("war", writes="tempo"), process("weather", writes="tempo"))
    assert message == (
        "the month's plan: found two writers of 'tempo': war and weather, "
        "expected one writer for each quantity"
    )


def test_mechanisms_that_wait_for_each_other_are_refused():
    message = refusal(
        process("war", reads="losses", writes="tempo"),
        process("attrition", reads="tempo", writes="losses"),
    )
    assert message == (
        "the month's plan: found mechanisms that wait for each other: war → attrition → war, "
        "expected no cycle of flows; read last month's state instead"
    )


def test_a_flow_that_nothing_writes_cannot_be_read():
    assert refusal(process("attrition", reads="tempo", writes="men")) == (
        "mechanism attrition: found it reads 'tempo', which nothing writes, "
        "expected a quantity that some mechanism writes"
    )


def test_a_quantity_that_does_not_exist_cannot_be_written():
    assert refusal(process("war", writes="temp")) == (
        "mechanism war: found it writes 'temp', expected a quantity of World or Month\n"
        "  hint: did you mean 'tempo'?"
    )


def test_an_unknown_slot_is_refused():
    spec = tiny_case().spec
    case = replace(
        tiny_case(),
        spec=spec.model_copy(update={"mechanisms": {**spec.mechanisms, "wars": "constant-tempo"}}),
    )
    with pytest.raises(CaseError) as caught:
        assemble(case)
    assert str(caught.value) == (
        "case.toml: mechanisms: found slot 'wars', expected one of posture, trade, war, arsenal, "
        "exchange, attrition, proliferation, evasion, influence, balancing, commitment\n"
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


def test_a_slot_without_a_variant_is_refused():
    case = tiny_case()
    rest = {k: v for k, v in case.spec.mechanisms.items() if k != "war"}
    with pytest.raises(CaseError) as caught:
        assemble(replace(case, spec=case.spec.model_copy(update={"mechanisms": rest})))
    assert str(caught.value) == (
        "case.toml: mechanisms.war: found no variant, "
        "expected one of persistent-tempo, constant-tempo"
    )


# ── declarations ────────────────────────────────────────────────────────────────────────────────


def spied(record: Any, seen: set[str]) -> Any:
    """The record, noting in `seen` which of its quantities are looked at."""
    names = {f.name for f in fields(record)}

    class Spy(type(record)):
        def __getattribute__(self, name: str) -> Any:
            if name in names:
                seen.add(name)
            return super().__getattribute__(name)

    copy = object.__new__(Spy)
    for name in names:
        object.__setattr__(copy, name, getattr(record, name))
    return copy


@pytest.mark.parametrize("cls", EVERY, ids=lambda c: f"{c.slot}/{c.variant}")
def test_a_mechanism_reads_and_writes_what_it_says_and_nothing_else(cls):
    bench, seen = Bench(cls), set()
    world, month = spied(bench.world(), seen), spied(bench.month(), seen)
    out = bench.step(world=world, month=month)
    assert set(out) == cls.writes
    assert seen <= cls.reads, f"reads {sorted(seen - cls.reads)} without saying so"


@pytest.mark.parametrize("cls", EVERY, ids=lambda c: f"{c.slot}/{c.variant}")
def test_what_a_mechanism_writes_has_the_shape_of_the_quantity(cls):
    for runs in ((), (2,)):
        bench = Bench(cls, runs=runs)
        for name, value in bench.step().items():
            axis = quantities()[name].axis
            expected = (bench.axes.size(axis), *runs) if axis else runs
            assert value.shape == expected, name


def test_the_leading_variants_need_all_that_they_say_they_read():
    idle: dict[str, list[str]] = {}
    for cls in EVERY:
        # a posture reads what its case names; commitment says `dormant`, which it only writes
        if cls.slot in ("posture", "commitment"):
            continue
        if cls is not Ledger and cls is not next(iter(variants()[cls.slot].values())):
            continue
        bench, seen = Bench(cls), set()
        bench.step(world=spied(bench.world(), seen), month=spied(bench.month(), seen))
        if cls.reads - seen:
            idle[cls.slot] = sorted(cls.reads - seen)
    assert idle == {}


def test_every_state_begins_in_one_place_only():
    begun: list[str] = []
    for process in assemble(tiny_case()).plan:
        begun += process.initial(Bench(type(process)).parameters())
    assert sorted(begun) == sorted(set(begun))
    assert all(quantities()[name].carried for name in begun)


def test_every_flow_of_a_month_has_a_writer_and_every_state_too(model):
    written = frozenset().union(*(p.writes for p in model.plan))
    every = {f.name for record in (World, Month) for f in fields(record)}
    assert every - written == set()


def test_every_flow_is_read_by_someone_or_kept(model):
    read = frozenset().union(*(p.reads for p in model.plan))
    unseen = {name for name in FLOWS - read if not quantities()[name].kept}
    # the ledger's own four kinds of entry, kept for the laws that are tested on them
    assert unseen == {"sent", "interdicted", "returned"}
