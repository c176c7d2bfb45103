"""Quantities of posture: stances in force, and what they signal."""

from typing import final

from jaxtyping import Array, Float

from servanda.world.quantity import Record, quantity


@final
class PostureState(Record):
    """What is carried to the next month."""

    stance: Float[Array, "posture *run"] = quantity(
        "posture", "dimensionless", "stance in force, counted from 0", kept=True
    )


@final
class PostureFlows(Record):
    """What happens within a month."""

    signal: Float[Array, "signal *run"] = quantity(
        "signal", "dimensionless", "what the postures signal, -1 to 1"
    )
