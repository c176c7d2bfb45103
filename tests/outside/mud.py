"""The quantities of a slot that the package does not have: mud, which comes and goes."""

from typing import final

from jaxtyping import Array, Float

from servanda.world import Record, quantity


@final
class MudState(Record):
    """What is carried to the next month."""

    water: Float[Array, "belligerent *run"] = quantity(
        "belligerent", "dimensionless", "how wet the ground is", kept=True
    )


@final
class MudFlows(Record):
    """What happens within a month."""

    mud: Float[Array, "*run"] = quantity(
        "", "dimensionless", "share of the roads that carry nothing", kept=True
    )
