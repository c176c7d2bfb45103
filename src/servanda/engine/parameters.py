"""Parameters of a model: bound to theories, drawn for each run, and changed by levers."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import Field, dataclass, fields
from itertools import accumulate
from math import inf, isnan
from numbers import Real
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from servanda.case import Case, ParameterTable, Prior, units
from servanda.case.priors import BIAS, label, place_of
from servanda.case.schema import Lever
from servanda.errors import CaseError, UsageError, nearest
from servanda.files.cells import number_in
from servanda.files.faults import Faults
from servanda.world import Axes, Theory
from servanda.world.members import Member
from servanda.world.ranges import Range


@dataclass(frozen=True)
class Parameter:
    """One parameter that a theory uses.

    Attributes:
        label: printed name, like `exchange.cost[PRK>RUS:shells]`.
        slot, field, row: its place in the theory's parameters.
        member: whom or what it is about; None for a parameter that has no members.
        prior: its prior; for members that are not listed, `otherwise` as a fixed value.
        factor: the factor from the prior's unit to the mechanism's unit.
        unit: the mechanism's unit.
        within: the values that it can have, in the mechanism's unit.
        where: its place in the case, for messages.
        listed: whether the case lists it; if not, it has the value of `otherwise`.
        weight: whether it is one of several weights, of which not all may be zero.
    """

    label: str
    slot: str
    field: str
    row: int
    member: Member | None
    prior: Prior
    factor: float
    unit: str
    within: Range
    where: str
    listed: bool
    weight: bool = False


@dataclass(frozen=True)
class Setting:
    """A lever at a value."""

    lever: Lever
    value: float

    def __str__(self) -> str:
        return f"{self.lever.name} = {self.value:g}"


def bind(
    case: Case,
    axes: Axes,
    plan: Iterable[Theory],
    variants: Mapping[str, Mapping[str, type[Theory]]],
) -> dict[str, Parameter]:
    """All parameters that the plan needs, from the tables of the case.

    Args:
        case: the case.
        axes: members of every axis.
        plan: the theories in use.
        variants: all theories by slot and name. A case may keep tables that only a rival
            needs, so that choosing another theory, or none, changes one line of the case.

    Raises:
        CaseError: if a table is missing, unknown, unused or does not fit.
    """
    faults = Faults()
    faults.add(_faults_of_tables(case, axes, variants))
    parameters: dict[str, Parameter] = {}
    for theory in plan:
        for spec in fields(theory.Parameters):
            found = _parameters(case, axes, theory.slot, spec.name, spec.metadata)
            for parameter in faults.read(list, found) or ():
                parameters[parameter.label] = parameter
    faults.raise_any()
    return parameters


def _faults_of_tables(
    case: Case, axes: Axes, variants: Mapping[str, Mapping[str, type[Theory]]]
) -> Iterator[CaseError]:
    """Tables that no theory reads, and unknown members."""
    axis_of = {
        f"{slot}.{field.name}": field.metadata["axis"]
        for slot, rivals in variants.items()
        for theory in rivals.values()
        for field in fields(theory.Parameters)
    }
    names = [*axis_of, BIAS]
    for name, table in case.parameters.items():
        if name not in names:
            yield CaseError(
                where=table.where,
                found="a parameter that no mechanism uses",
                expected="a parameter of a mechanism",
                hint=nearest(name, names),
            )
        if name in axis_of:
            yield from _faults_of_members(table, axes[axis_of[name]])


def _parameters(
    case: Case, axes: Axes, slot: str, field: str, metadata: Mapping[str, Any]
) -> Iterable[Parameter]:
    name, axis = f"{slot}.{field}", metadata["axis"]
    members, units_of = axes[axis], [member.unit for member in axes.members[axis]]
    table = case.known_parameters.get(name)
    if table is None:
        if not members:
            return
        raise CaseError(
            where=f"parameters.toml: {name}",
            found="no such parameter",
            expected=f"a table: {metadata['meaning']}",
        )
    about, within = axes.members[axis] if axis else (None,), metadata["within"]
    every = [metadata["unit"].replace("{good}", unit) for unit in units_of]
    if every and not any(units.converts(table.unit, wanted) for wanted in every):
        units.factor(table.unit, every[0], f"{table.where}.unit")  # raises
    for row, (member, wanted) in enumerate(zip(members, every, strict=True)):
        prior = table.priors.get(member)
        where = place_of(table.where, member)
        place = (label(name, member), slot, field, row, about[row])
        weight = metadata["weights"]
        if prior is not None:
            factor = units.factor(prior.unit, wanted, where)
            yield Parameter(
                *place, prior, factor, wanted, within, where, listed=True, weight=weight
            )
        elif table.otherwise is not None:
            value, unit = table.otherwise, table.unit
            unit = unit if units.converts(unit, wanted) else wanted
            rest = Prior("fixed", (value,), value, value, unit, "assumed")
            where = f"{table.where}.otherwise"
            factor = units.factor(unit, wanted, where)
            yield Parameter(*place, rest, factor, wanted, within, where, False, weight)
        else:
            raise CaseError(
                where=table.where,
                found=f"no prior for '{member}'",
                expected="one for each of " + ", ".join(members) + ", or 'otherwise'",
            )


def _faults_of_members(table: ParameterTable, members: Sequence[str]) -> Iterator[CaseError]:
    alone, given_alone = tuple(members) == ("",), tuple(table.priors) == ("",)
    if alone != given_alone:
        one, many = "one 'value'", "'of' or 'otherwise' for one number a member"
        found, expected = (many, one) if alone else (one, many)
        yield CaseError(where=table.where, found=found, expected=expected)
        return
    for member in table.priors:
        if member not in members:
            yield CaseError(
                where=f"{table.where}.of.{member}",
                found=f"member '{member}'",
                expected="one of " + ", ".join(members)
                if members
                else "none, as the case has none",
                hint=nearest(member, members),
            )


def check_levers(case: Case, parameters: Mapping[str, Parameter]) -> None:
    """Raise `CaseError` if a lever moves a parameter that no mechanism in use has."""
    faults = Faults()
    faults.add(
        CaseError(
            where=f"case.toml: levers[{lever.name!r}].targets[{number}]",
            found=f"target '{target}'",
            expected="a parameter of a mechanism in use",
            hint=nearest(target, parameters),
        )
        for lever in case.spec.levers
        for number, target in enumerate(lever.targets, start=1)
        if target not in parameters
    )
    faults.raise_any()


def setting(levers: Sequence[Lever], name: str, value: object) -> Setting:
    """The lever of this name at a value or a named choice.

    Raises:
        UsageError: if the lever or choice is unknown or the value out of range.
    """
    by_name = {lever.name: lever for lever in levers}
    if name not in by_name:
        raise UsageError(
            where="lever",
            found=f"'{name}'",
            expected="one of " + ", ".join(by_name),
            hint=nearest(name, by_name),
        )
    lever = by_name[name]
    number = lever.choices.get(str(value))
    if number is None:
        number = _number(value)
        if number is None:
            raise UsageError(
                where=f"lever '{name}'",
                found=f"{value!r}",
                expected="a number" + "".join(f", or {c}" for c in lever.choices),
                hint=nearest(value, lever.choices),
            )
    if not lever.low <= number <= lever.high:
        raise UsageError(
            where=f"lever '{name}'",
            found=f"{number:g}",
            expected=f"a value from {lever.low:g} to {lever.high:g}",
        )
    return Setting(lever, number)


def _number(value: object) -> float | None:
    """The number that a lever is set to: Python's or NumPy's own, or one in a text."""
    if isinstance(value, str):
        number = number_in(value)
        return None if isnan(number) else number
    if isinstance(value, bool) or not isinstance(value, Real):
        return None
    try:
        return float(value)
    except OverflowError:  # an integer of hundreds of digits
        return inf


def pack(
    plan: Sequence[Theory],
    parameters: Mapping[str, Parameter],
    drawn: Mapping[str, np.ndarray],
    settings: Sequence[Setting],
    runs: int,
    dtype: Any,
    *,
    after: bool,
) -> dict[str, Any]:
    """Parameter records by slot, levers applied.

    Args:
        plan: the theories.
        parameters: their parameters.
        drawn: draws by label, one for each run.
        settings: levers at values; those that act after the cut-off count only if `after`.
        runs: number of runs.
        dtype: type of the arrays.
        after: whether these parameters apply after the cut-off.
    """
    return records(
        plan, parameters, jnp.asarray(table(parameters, drawn, settings, runs, dtype, after=after))
    )


def table(
    parameters: Mapping[str, Parameter],
    drawn: Mapping[str, np.ndarray],
    settings: Sequence[Setting],
    runs: int,
    dtype: Any,
    *,
    after: bool,
) -> Float[np.ndarray, "parameter run"]:
    """All parameters in one array, in the order of `parameters`; arguments as for `pack`."""
    moved = moves(settings, after=after)
    values = np.empty((len(parameters), runs), dtype)
    for row, (name, parameter) in enumerate(parameters.items()):
        value: Any = drawn.get(name, parameter.prior.numbers[0] * parameter.factor)
        for operation, amount in moved.get(name, ()):
            value = value * amount if operation == "scale" else amount
        values[row] = value
    return values


def records(
    plan: Sequence[Theory],
    parameters: Mapping[str, Parameter],
    values: Float[Array, "parameter *run"],
) -> dict[str, Any]:
    """Parameter records by slot, taken from an array of all parameters."""
    sizes = Counter((parameter.slot, parameter.field) for parameter in parameters.values())
    ends = dict(zip(sizes, accumulate(sizes.values()), strict=True))

    def rows(slot: str, spec: Field[Any]) -> Array:
        end = ends.get((slot, spec.name), 0)
        block = values[end - sizes[slot, spec.name] : end]
        return block if spec.metadata["axis"] else block[0]

    return {
        theory.slot: theory.Parameters(
            **{spec.name: rows(theory.slot, spec) for spec in fields(theory.Parameters)}
        )
        for theory in plan
    }


def moves(settings: Sequence[Setting], *, after: bool) -> dict[str, list[tuple[str, float]]]:
    """Operations and values of levers by the parameter that they move, in their order."""
    found: dict[str, list[tuple[str, float]]] = {}
    for item in settings:
        if item.lever.acts == "after_as_of" and not after:
            continue
        for target in item.lever.targets:
            found.setdefault(target, []).append((item.lever.operation, item.value))
    return found
