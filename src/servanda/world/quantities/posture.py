"""Quantities of posture: stances in force and their signals."""

from typing import final

from jaxtyping import Array, Float

from servanda.world.quantity import Record, quantity


@final
class PostureState(Record):
    """State, which the next month starts with."""

    stance: Float[Array, "posture *run"] = quantity(
        "posture", "dimensionless", "stance in force, counted from 0", kept=True
    )


@final
class PostureFlows(Record):
    """Flows of one month."""

    signal: Float[Array, "signal *run"] = quantity(
        "signal", "dimensionless", "level of the signal, -1 to 1"
    )
