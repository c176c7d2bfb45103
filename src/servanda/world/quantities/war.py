"""Quantities of the war: whether it goes on, and its tempo."""

from typing import final

from jaxtyping import Array, Float

from servanda.world.quantity import Record, quantity


@final
class WarState(Record):
    """State, which the next month starts with."""

    log_tempo: Float[Array, "*run"] = quantity(
        "", "dimensionless", "log of the war's tempo", kept=True
    )
    war: Float[Array, "*run"] = quantity(
        "", "dimensionless", "1 while the war goes on", kept=True, indicator=True
    )


@final
class WarFlows(Record):
    """Flows of one month."""

    tempo: Float[Array, "*run"] = quantity("", "dimensionless", "tempo of the war", kept=True)
    manning: Float[Array, "belligerent *run"] = quantity(
        "belligerent",
        "dimensionless",
        "men present divided by men required",
        kept=True,
        unlimited=True,
        neutral=1.0,
    )
    required: Float[Array, "belligerent *run"] = quantity(
        "belligerent", "person", "men required for full tempo", level=True
    )
