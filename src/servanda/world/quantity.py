"""Quantities, and the records that hold the quantities of one slot.

A slot has two records: its state, which is carried from month to month, and its flows, which happen
within one month. `quantity` makes their fields. Fields are arrays: `quantity` names their first
axis, and their last axis, in a batch, is the run. Names are unique over all slots, because case
files write `used[RUS.shells]` without the slot.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Self, TypeVar, final

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from servanda.errors import nearest

_Record = TypeVar("_Record", bound="Record")


class MisfitError(Exception):
    """A theory does not fit the records; the error from assembling a model names the theory.

    Attributes:
        found: what the theory does.
        expected: what was expected.
        hint: the likely fix, or None.
    """

    def __init__(self, found: str, expected: str, hint: str | None) -> None:
        super().__init__(found, expected, hint)
        self.found, self.expected, self.hint = found, expected, hint

    def __str__(self) -> str:
        return f"found {self.found}, expected {self.expected}"


@final
class WrongFieldsError(MisfitError, TypeError):
    """A record was built with a missing or an unknown quantity."""


@final
class NoQuantityError(MisfitError, AttributeError):
    """A theory read an unknown quantity or slot."""


def quantity(  # noqa: PLR0913 (a quantity has as many attributes)
    axis: str,
    unit: str,
    meaning: str,
    *,
    kept: bool = False,
    level: bool = False,
    indicator: bool = False,
    people: bool = False,
    neutral: float = 0.0,
    unlimited: bool = False,
) -> Any:
    """A field of a record: one quantity.

    Args:
        axis: axis of `world.axes` of its members; empty for a single number.
        unit: unit of a member; `{good}` stands for the unit of the member's good.
        meaning: a noun phrase that says what it is.
        kept: whether results and run folders hold it.
        level: whether a flow is a level, so that parts of a month do not add up to it.
        indicator: whether it is one if a statement holds and zero otherwise.
        people: whether it is zero, and not kept, on ties that do not lend people.
        neutral: its value in a case that names no theory for its slot.
        unlimited: whether it is infinite where an absent slot sets no limit.
    """
    about: dict[str, Any] = {
        "axis": axis,
        "unit": unit,
        "meaning": meaning,
        "kept": kept,
        "level": level,
    }
    about |= {"indicator": indicator, "people": people, "neutral": neutral}
    about["unlimited"] = unlimited
    return eqx.field(metadata=about)


class Record(eqx.Module):
    """The state or the flows of one slot. Subclasses are final; `quantity` makes their fields.

    Raises:
        WrongFieldsError: if it is built with other quantities than its own.
        NoQuantityError: if an unknown quantity is read.
    """

    def __new__(cls, *args: object, **given: object) -> Self:
        """Check that every quantity of the record is given, and no other."""
        names = [f.name for f in fields(cls)]
        for name in given:
            if name not in names:
                raise WrongFieldsError(
                    f"'{name}' in {cls.__name__}", _listed(names), nearest(name, names)
                )
        missing = [name for name in names[len(args) :] if name not in given]
        if missing:
            raise WrongFieldsError(f"{cls.__name__} without '{missing[0]}'", _listed(names), None)
        return super().__new__(cls)

    if not TYPE_CHECKING:  # A type checker knows the fields and reports other names itself.

        def __getattr__(self, name: str) -> Any:
            """Raise an error that lists the quantities; Python calls this for unknown names."""
            if name.startswith("_"):
                raise AttributeError(name)
            names = [f.name for f in fields(type(self))]
            found = f"'{name}' read from {type(self).__name__}"
            raise NoQuantityError(found, _listed(names), nearest(name, names))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "nothing"


@final
class Nothing(Record):
    """The state of a slot without state, or the parameters of a theory without parameters."""


def neutral(record: type[_Record], sizes: Mapping[str, int], like: Float[Array, "*run"]) -> _Record:
    """A record at its neutral values.

    Args:
        record: the class of the record.
        sizes: number of members of each axis.
        like: an array with one number a run, which gives shape and precision.
    """
    return _filled(record, sizes, like, {f.name: f.metadata["neutral"] for f in fields(record)})


def empty(record: type[_Record], sizes: Mapping[str, int], like: Float[Array, "*run"]) -> _Record:
    """A record of zeros; arguments as for `neutral`."""
    return _filled(record, sizes, like, {f.name: 0.0 for f in fields(record)})


def _filled(
    record: type[_Record], sizes: Mapping[str, int], like: Array, values: Mapping[str, float]
) -> _Record:
    axes = {f.name: f.metadata["axis"] for f in fields(record)}
    return record(
        **{
            name: jnp.full((*shape(axes[name], sizes), *like.shape), value, like.dtype)
            for name, value in values.items()
        }
    )


def shape(axis: str, sizes: Mapping[str, int]) -> tuple[int, ...]:
    """The shape of a quantity in one run."""
    return (sizes[axis],) if axis else ()


@dataclass(frozen=True)
class Quantity:
    """Description of one field of a record.

    Attributes:
        name: unique over all slots.
        slot: the slot whose theory writes it.
        carried: whether it is state, which is carried to the next month.
        axis, unit, meaning, kept, level, indicator, people, neutral, unlimited: see `quantity`.
    """

    name: str
    slot: str
    carried: bool
    axis: str
    unit: str
    meaning: str
    kept: bool
    level: bool
    indicator: bool
    people: bool
    neutral: float
    unlimited: bool

    @property
    def adds_up(self) -> bool:
        """Whether it is an amount of the step, so that two half months add up to a month."""
        timeless = "/month" not in self.unit and self.unit != "dimensionless"
        return timeless and not self.carried and not self.level


def quantities_of(slot: str, record: type[Record], *, carried: bool) -> list[Quantity]:
    """The quantities of one record of a slot."""
    return [Quantity(f.name, slot, carried, **f.metadata) for f in fields(record)]
