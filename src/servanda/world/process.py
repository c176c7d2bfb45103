"""What a mechanism is: a pure step that declares what it reads, writes and draws.

A process reads last month's `World` and what other processes have written into this `Month`; the
engine orders processes by the flows they need, and refuses two writers of one quantity.
"""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self

import equinox as eqx
from jaxtyping import Array

from servanda.case import Case
from servanda.world.axes import Axes
from servanda.world.state import Clock, Month, World

Draws = Mapping[str, Array]


@dataclass(frozen=True)
class Draw:
    """One random number a month and run, or one for each member of an axis.

    Attributes:
        name: keys the stream, together with the process's slot and the member.
        axis: axis of `world.axes`, or empty for a single number.
        kind: `uniform` on (0, 1) or standard `normal`.
    """

    name: str
    axis: str = ""
    kind: Literal["uniform", "normal"] = "uniform"


def parameter(axis: str, unit: str, meaning: str) -> Any:
    """A field of a `Parameters` record: its axis (empty: one number), unit and meaning."""
    return eqx.field(metadata={"axis": axis, "unit": unit, "meaning": meaning})


class Process(eqx.Module):
    """One mechanism in one variant.

    Class attributes:
        slot: what it explains; a case names one variant for each slot.
        variant: which theory of it.
        reads: names of quantities of `World` (last month's) and `Month` (this month's).
        writes: names of quantities of `World` (next month's) and `Month`.
        draws: its random numbers.
        Parameters: a record whose fields were made by `parameter`.
    """

    slot: ClassVar[str]
    variant: ClassVar[str]
    reads: ClassVar[frozenset[str]]
    writes: ClassVar[frozenset[str]]
    draws: ClassVar[tuple[Draw, ...]] = ()
    Parameters: ClassVar[type[eqx.Module]]

    @classmethod
    @abstractmethod
    def build(cls, case: Case, axes: Axes) -> Self:
        """Wire the process to a case: which rows of which axes it works on."""

    def initial(self, p: Any) -> dict[str, Array]:
        """Where the states that it writes begin, if not at zero."""
        return {}

    @abstractmethod
    def step(
        self, p: Any, world: World, month: Month, draws: Draws, clock: Clock
    ) -> dict[str, Array]:
        """One month: everything in `writes`, from what is in `reads`."""
