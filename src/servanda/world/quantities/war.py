"""Quantities of the war: whether it goes on, and at what pace."""

from typing import final

from jaxtyping import Array, Float

from servanda.world.quantity import Record, quantity


@final
class WarState(Record):
    """What is carried to the next month."""

    log_tempo: Float[Array, "*run"] = quantity(
        "", "dimensionless", "log of the war's tempo", kept=True
    )
    war: Float[Array, "*run"] = quantity(
        "", "dimensionless", "1 while the war goes on", kept=True, indicator=True
    )


@final
class WarFlows(Record):
    """What happens within a month."""

    tempo: Float[Array, "*run"] = quantity("", "dimensionless", "tempo of the war", kept=True)
    manning: Float[Array, "belligerent *run"] = quantity(
        "belligerent", "dimensionless", "men present over men required", kept=True, neutral=1.0
    )
    required: Float[Array, "belligerent *run"] = quantity(
        "belligerent", "person", "men that the full pace needs", level=True
    )
