"""What a theory is: a pure step from last month's world to the state and flows of its own slot.

A slot is an abstract subclass of `Theory` that fixes the slot's name and its two records. A theory
of it is a final subclass: it has a name of its own, owns the record of its parameters, and says how
its state begins and moves. Nothing concrete is ever overridden: what rivals share is a function, a
part that both hold, or an abstract family whose step calls what each rival must define.

Nobody declares what a theory reads. The engine traces its step once, when a model is assembled, and
takes what its outputs depend on; from that follow the order of the month and the documentation.
"""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self

import equinox as eqx
from jaxtyping import Array

from servanda.case import Case
from servanda.world.layout import Layout
from servanda.world.quantity import Record
from servanda.world.state import Clock, Month, World

Draws = Mapping[str, Array]

# The variant of a slot that a case does not name.
ABSENT = "absent"


@dataclass(frozen=True)
class Draw:
    """One random number a month and run, or one for each member of an axis.

    Attributes:
        name: keys the stream, together with the theory's slot and the member.
        axis: axis of `world.axes`, or empty for a single number.
        kind: `uniform` on (0, 1) or standard `normal`.
    """

    name: str
    axis: str = ""
    kind: Literal["uniform", "normal"] = "uniform"


def parameter(axis: str, unit: str, meaning: str) -> Any:
    """A field of a `Parameters` record: its axis (empty: one number), unit and meaning."""
    return eqx.field(metadata={"axis": axis, "unit": unit, "meaning": meaning})


class Theory(eqx.Module):
    """A theory of one slot, wired to a case.

    Class attributes:
        slot: what it explains; a case names one theory for each slot that it has.
        State: what the slot carries from month to month.
        Flows: what the slot makes of a month.
        variant: which theory it is.
        Parameters: a record whose fields were made by `parameter`; it reads all of them.
        draws: its random numbers.
    """

    slot: ClassVar[str]
    State: ClassVar[type[Record]]
    Flows: ClassVar[type[Record]]
    variant: ClassVar[str]
    Parameters: ClassVar[type[eqx.Module]]
    draws: ClassVar[tuple[Draw, ...]] = ()

    @classmethod
    @abstractmethod
    def build(cls, case: Case, layout: Layout) -> Self:
        """Wire the theory to a case: which rows of which axes it works on."""

    @abstractmethod
    def initial(self, p: Any) -> Record:
        """The state before the first month; where it is the same in all runs, without their axis.

        Args:
            p: the theory's parameters.
        """

    @abstractmethod
    def step(
        self, p: Any, world: World, month: Month, draws: Draws, clock: Clock
    ) -> tuple[Record, Record]:
        """One month.

        Args:
            p: the theory's parameters.
            world: the state of every slot as last month left it.
            month: this month's flows of the slots that come before this one.
            draws: this step's random numbers, by name.
            clock: where in time the step is.

        Returns:
            The slot's state at the month's end, and its flows.
        """
