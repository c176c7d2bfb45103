"""From a case to a model: the chosen variants, wired, checked and put in order."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from graphlib import CycleError, TopologicalSorter
from typing import Any, TypeVar

from servanda.case import Case
from servanda.engine.layout import Layout
from servanda.engine.parameters import Number, bind, check_levers
from servanda.errors import CaseError, nearest
from servanda.mechanisms import variants
from servanda.world import Axes, Ledger, Month, Process, World, quantities

_Record = TypeVar("_Record", World, Month)

_FLOWS = frozenset(f.name for f in fields(Month))
_STATES = frozenset(f.name for f in fields(World))


@dataclass(frozen=True)
class Model:
    """A case with its mechanisms in the order of the month.

    Attributes:
        case: what it was assembled from.
        layout: axes, quantities, and what runs keep of them.
        plan: processes in order; each comes after those whose flows it reads.
        numbers: every uncertain number, by printed name.
    """

    case: Case
    layout: Layout
    plan: tuple[Process, ...]
    numbers: Mapping[str, Number]

    @property
    def axes(self) -> Axes:
        """Labels of every axis."""
        return self.layout.axes

    @property
    def processes(self) -> Mapping[str, Process]:
        """Processes by slot."""
        return {process.slot: process for process in self.plan}


def assemble(case: Case) -> Model:
    """Wire the variants that a case names, and check that they fit together.

    Raises:
        CaseError: on an unknown or missing variant, two writers of a quantity, a cycle, a parameter
            that is missing, unused, of the wrong unit or for a member that does not exist, a lever
            without a target, or a series that observes what there is not.
    """
    axes = Axes.of(case.spec)
    processes: list[Process] = [Ledger.build(case, axes)]
    known = variants()
    for slot in case.spec.mechanisms:
        if slot not in known:
            raise CaseError(
                where="case.toml: mechanisms",
                found=f"slot '{slot}'",
                expected="one of " + ", ".join(known),
                hint=nearest(slot, known),
            )
    for slot, rivals in known.items():
        chosen = case.spec.mechanisms.get(slot, "")
        if chosen not in rivals:
            raise CaseError(
                where=f"case.toml: mechanisms.{slot}",
                found="no variant" if not chosen else f"variant '{chosen}'",
                expected="one of " + ", ".join(rivals),
                hint=nearest(chosen, rivals),
            )
        processes.append(rivals[chosen].build(case, axes))
    plan = order(processes)
    numbers = bind(case, axes, plan)
    check_levers(case, numbers)
    layout = Layout(axes, quantities())
    for series in case.evidence.series:
        for text in series.observes:
            layout.resolve(text, f"series.toml: {series.name}.observes")
    return Model(case, layout, plan, numbers)


def order(processes: list[Process]) -> tuple[Process, ...]:
    """The plan of a month: writers before readers of every flow.

    Raises:
        CaseError: if two processes write one quantity, one reads what nobody writes, or they
            wait for each other.
    """
    writer: dict[str, str] = {}
    for process in processes:
        for name in sorted(process.writes):
            if name in writer:
                raise CaseError(
                    where="the month's plan",
                    found=f"two writers of '{name}': {writer[name]} and {process.slot}",
                    expected="one writer for each quantity",
                )
            if name not in _FLOWS | _STATES:
                raise CaseError(
                    where=f"mechanism {process.slot}",
                    found=f"it writes '{name}'",
                    expected="a quantity of World or Month",
                    hint=nearest(name, _FLOWS | _STATES),
                )
            writer[name] = process.slot
    waits: dict[str, set[str]] = {}
    for process in processes:
        needed = sorted(process.reads & _FLOWS)
        orphans = [name for name in needed if name not in writer]
        if orphans:
            raise CaseError(
                where=f"mechanism {process.slot}",
                found=f"it reads '{orphans[0]}', which nothing writes",
                expected="a quantity that some mechanism writes",
            )
        waits[process.slot] = {writer[name] for name in needed}
    try:
        slots = tuple(TopologicalSorter(waits).static_order())
    except CycleError as error:
        raise CaseError(
            where="the month's plan",
            found="mechanisms that wait for each other: " + " → ".join(error.args[1]),
            expected="no cycle of flows; read last month's state instead",
        ) from None
    by_slot = {process.slot: process for process in processes}
    return tuple(by_slot[slot] for slot in slots)


def initial_world(
    model: Model, parameters: Mapping[str, Any], runs: tuple[int, ...], dtype: Any
) -> World:
    """The state before the first month."""
    world = World.zeros(model.axes, runs, dtype)
    given: dict[str, Any] = {}
    for process in model.plan:
        given |= process.initial(parameters[process.slot])
    return replace(world, given)


def replace(record: _Record, changes: Mapping[str, Any]) -> _Record:
    """The record with the fields named in `changes` that it has."""
    own = {f.name for f in fields(record)}
    kept = {f.name: getattr(record, f.name) for f in fields(record)}
    return type(record)(**(kept | {k: v for k, v in changes.items() if k in own}))
