"""Absence: the theory that the engine uses for a slot that a case does not name.

It needs no parameter, carries the slot's state unchanged and writes neutral values, so that
theories of other slots can read them. A null rival is different: it is a theory that its subject
has no effect, and it has parameters.

Where a constant value would be wrong, a slot has an `absent` theory of its own. Without evasion,
sanctions take their full income. Without commitment, what a pact exchanges is still counted.
"""

from functools import cache
from typing import Any, Self, final

import jax.numpy as jnp

from servanda.case import Case
from servanda.world.layout import Layout
from servanda.world.quantity import Nothing, Record, neutral
from servanda.world.state import Clock, Month, World
from servanda.world.theory import ABSENT, Draws, Theory


@cache
def absence(of: type[Theory]) -> type[Theory]:
    """The absence of a slot: every quantity at its neutral value."""

    @final
    class Absent(Theory):
        """What stands in where a case names no theory: every quantity at its neutral value."""

        sizes: tuple[tuple[str, int], ...]

        slot = of.slot
        State = of.State
        Flows = of.Flows
        variant = ABSENT
        Parameters = Nothing

        @classmethod
        def build(cls, case: Case, layout: Layout) -> Self:
            return cls(tuple(layout.axes.sizes.items()))

        def initial(self, p: Any) -> Record:
            return neutral(self.State, dict(self.sizes), jnp.zeros(()))

        def step(
            self, p: Any, world: World, month: Month, draws: Draws, clock: Clock
        ) -> tuple[Record, Record]:
            like = jnp.zeros_like(world.war.war)
            return world[self.slot], neutral(self.Flows, dict(self.sizes), like)

    return Absent
