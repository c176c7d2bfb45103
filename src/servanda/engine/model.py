"""Assembling a model from a case: theories are chosen, built, checked and ordered."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from typing import Any

import jax.numpy as jnp
from jaxtyping import Array

from servanda.case import Case, Prior
from servanda.case.priors import BIAS, DISCREPANCY, HALF_NORMAL, label
from servanda.engine.catalogue import Catalogue, quantities
from servanda.engine.parameters import Parameter, bind, check_levers
from servanda.engine.streams import check_keys, error_name, stream_names
from servanda.engine.trace import Trace, trace, trace_each
from servanda.engine.within import check_ranges
from servanda.errors import CaseError
from servanda.mechanisms.arsenal import Arsenal
from servanda.world import Axes, Layout, Ledger, Record, Theory, World
from servanda.world.quantity import shape


@dataclass(frozen=True)
class Model:
    """A case with its theories in the order of the month.

    Attributes:
        case: the case.
        layout: axes, quantities, and what runs keep of them.
        plan: one theory for each slot, in order: each follows those whose flows it reads.
        reads: by slot, the states of last month and the flows of this month on which the
            outputs of its theory depend.
        parameters: every parameter of its theories, by printed name.
        outside: theories from outside the package.
    """

    case: Case
    layout: Layout
    plan: tuple[Theory, ...]
    reads: Mapping[str, frozenset[str]]
    parameters: Mapping[str, Parameter]
    outside: tuple[type[Theory], ...] = ()

    @cached_property
    def digest(self) -> str:
        """The case's digest and, where there are any, the names of theories from outside."""
        names = sorted(f"{t.__module__}.{t.__qualname__}" for t in self.outside)
        return "+".join((self.case.digest, *names))

    @property
    def axes(self) -> Axes:
        """Members of every axis."""
        return self.layout.axes

    @property
    def theories(self) -> Mapping[str, Theory]:
        """Theories by slot."""
        return {theory.slot: theory for theory in self.plan}

    @property
    def uncertain(self) -> Mapping[str, Prior]:
        """Priors of all uncertain inputs, by printed name.

        They are parameters that are not fixed, biases of sources, and discrepancies of series.
        """
        found = {k: n.prior for k, n in self.parameters.items() if n.prior.family != "fixed"}
        biases = {label(BIAS, name): prior for name, prior in self.case.biases.items()}
        series = [one.name for one in self.case.evidence.series if one.quantitative]
        return found | biases | {label(DISCREPANCY, name): HALF_NORMAL for name in series}

    @cached_property
    def writes(self) -> Mapping[str, frozenset[str]]:
        """By slot, the states and flows that its theory returns."""
        every = self.layout.quantities.values()
        return {t.slot: frozenset(q.name for q in every if q.slot == t.slot) for t in self.plan}

    def moving(self, quantity: str) -> frozenset[str]:
        """Printed names of the parameters on which a quantity can depend in any month.

        It depends on those that its theory computes it from, on those that the quantities behind
        it are computed from, and so on.
        """
        read: set[tuple[str, str]] = set()
        reached, waiting = set[str](), [quantity]
        while waiting:
            name = waiting.pop()
            if name in reached:
                continue
            reached.add(name)
            for slot, found in self._sources.get(name, ()):
                read.update((slot, field) for field in found.parameters)
                waiting += found.reads
        return frozenset(n for n, one in self.parameters.items() if (one.slot, one.field) in read)

    @cached_property
    def _sources(self) -> Mapping[str, Sequence[tuple[str, Trace]]]:
        """By quantity, the slots that compute it and what each computes it from."""
        found: dict[str, list[tuple[str, Trace]]] = {}
        slots = tuple(map(type, self.plan))
        for theory in self.plan:
            for name, one in trace_each(theory, slots, self.axes.sizes).items():
                found.setdefault(name, []).append((theory.slot, one))
        return found


def assemble(case: Case, theories: Sequence[type[Theory]] = ()) -> Model:
    """Build the theories that a case names, and check that they fit together.

    Args:
        case: the case.
        theories: theories from outside the package. One for a known slot replaces the theory
            that the case names. One for a new slot is added.

    Raises:
        CaseError: on an unknown slot or theory, two theories of one slot, two writers of a
            quantity, a theory that does not return its slot's quantities, a cycle, a parameter
            that is missing, unused, of the wrong unit, out of range or for an unknown member, a
            lever without a target, two random streams of one key, or a series that observes an
            unknown quantity.
    """
    catalogue = Catalogue.of(theories)
    chosen = tuple(catalogue.chosen(case).values())
    layout = Layout(Axes.of(case.spec), quantities(chosen))
    wired = {theory.slot: theory.build(case, layout) for theory in chosen}
    reads = {slot: trace(t, chosen, layout.axes.sizes).reads for slot, t in wired.items()}
    flows = {name: q.slot for name, q in layout.quantities.items() if not q.carried}
    plan = tuple(wired[slot] for slot in order(reads, flows))
    parameters = bind(case, layout.axes, plan, catalogue.variants)
    check_levers(case, parameters)
    check_ranges(case, parameters)
    for series in case.evidence.series:
        for number, text in enumerate(series.observes, start=1):
            layout.resolve(text, f"series.toml: series[{series.name!r}].observes[{number}]")
    model = Model(case, layout, plan, reads, parameters, tuple(theories))
    check_keys(_streams(model))
    return model


def _streams(model: Model) -> Iterator[str]:
    """Names of all random streams: of shocks, uncertain parameters, biases and figures' errors."""
    for _, _, names in stream_names(model.axes, model.plan):
        yield from names
    yield from model.uncertain
    yield from map(error_name, model.case.evidence.observations)


def order(reads: Mapping[str, frozenset[str]], flows: Mapping[str, str]) -> tuple[str, ...]:
    """The slots in the order of the month: the writer of a flow before its readers.

    Args:
        reads: by slot, the quantities that its theory reads.
        flows: the slot that writes each flow.

    Raises:
        CaseError: if theories need each other's flows in a cycle.
    """
    waits = {slot: {flows[n] for n in sorted(names) if n in flows} for slot, names in reads.items()}
    try:
        return tuple(TopologicalSorter(waits).static_order())
    except CycleError as error:
        raise CaseError(
            where="the month's plan",
            found="theories that wait for each other: " + " → ".join(error.args[1]),
            expected="no cycle of flows; read last month's state instead",
        ) from None


def initial_world(
    model: Model, parameters: Mapping[str, Any], runs: tuple[int, ...], dtype: Any
) -> World:
    """The state before the first month, with the opening stocks of the arsenal's theory."""

    def in_all(value: Array, axis: str) -> Array:
        """Broadcast values that theories gave once for all runs."""
        wanted = (*shape(axis, model.axes.sizes), *runs)
        given = jnp.reshape(value, value.shape + (1,) * (len(wanted) - value.ndim))
        return jnp.broadcast_to(given, wanted).astype(dtype)

    records: dict[str, Record] = {}
    for theory in model.plan:
        own = theory.initial(parameters[theory.slot])
        records[theory.slot] = theory.State(
            **{f.name: in_all(getattr(own, f.name), f.metadata["axis"]) for f in fields(own)}
        )
    world = World(records)
    for theory in model.plan:
        if isinstance(theory, Arsenal):
            stock = in_all(theory.opening_stock(parameters[theory.slot]), "account")
            world = world.having(Ledger.slot, replace(world.ledger, stock=stock))
    return world
