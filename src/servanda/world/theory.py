"""A theory: a pure step from last month's world to the state and flows of its own slot.

A slot is an abstract subclass of `Theory`. It fixes the name of the slot and its two records. A
theory of the slot is a final subclass. It has its own name and its own record of parameters, and it
defines the initial state and the step. No concrete method is ever overridden. Rivals share code
through a function, through a part that both hold, or through an abstract family whose step calls
methods that each rival defines.

Theories do not declare what they read. The engine traces the step once, when it assembles a model,
and finds what the outputs depend on. The order of the month and the documentation follow from that.
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
from servanda.world.ranges import NOT_NEGATIVE, Range
from servanda.world.state import Clock, Month, World

Draws = Mapping[str, Array]

# The name of the theory that stands in for a slot that a case does not name.
ABSENT = "absent"


@dataclass(frozen=True)
class Draw:
    """One random number a month and run, or one for each member of an axis.

    Attributes:
        name: part of the stream's key, with the theory's slot and the member.
        axis: axis of `world.axes`, or empty for a single number.
        kind: `uniform` on (0, 1) or standard `normal`.
    """

    name: str
    axis: str = ""
    kind: Literal["uniform", "normal"] = "uniform"


def parameter(
    axis: str,
    unit: str,
    meaning: str,
    within: Range = NOT_NEGATIVE,
    *,
    weights: bool = False,
) -> Any:
    """A field of a `Parameters` record.

    Args:
        axis: axis of `world.axes` of its members; empty for a single number.
        unit: unit of a member; `{good}` stands for the unit of the member's good.
        meaning: a noun phrase that says what it is.
        within: the values that it can have; priors, `otherwise` and levers are held to it.
        weights: whether its members are weights of one draw, of which not all may be zero.
    """
    about = {"axis": axis, "unit": unit, "meaning": meaning, "within": within, "weights": weights}
    return eqx.field(metadata=about)


class Theory(eqx.Module):
    """A theory of one slot, wired to a case.

    Class attributes:
        slot: the slot that it explains; a case names at most one theory for each slot.
        State: record of what the slot carries from month to month.
        Flows: record of the slot's flows in a month.
        variant: the name of the theory.
        Parameters: a record with fields by `parameter`; the theory reads all of them.
        draws: the random numbers that it uses.
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
        """Build the theory for a case: find the rows of the axes that it uses."""

    @abstractmethod
    def initial(self, p: Any) -> Record:
        """The state before the first month; a value equal in all runs has no axis of runs.

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
            world: the state of every slot at the end of last month.
            month: this month's flows of the slots that come before this one.
            draws: this step's random numbers, by name.
            clock: the time of the step.

        Returns:
            The slot's state at the month's end, and its flows.
        """
