"""Quantities of arsenals: output, and what the month would use."""

from typing import final

from jaxtyping import Array, Float

from servanda.world.quantity import Record, quantity


@final
class ArsenalState(Record):
    """What is carried to the next month."""

    capacity: Float[Array, "account *run"] = quantity(
        "account", "{good}/month", "output that could be made in a month"
    )


@final
class ArsenalFlows(Record):
    """What happens within a month."""

    made: Float[Array, "account *run"] = quantity("account", "{good}", "made", kept=True)
    demand: Float[Array, "account *run"] = quantity(
        "account", "{good}/month", "use wanted were supply unlimited"
    )
    use_request: Float[Array, "account *run"] = quantity("account", "{good}", "use asked for")
    shortage: Float[Array, "account *run"] = quantity(
        "account", "dimensionless", "share of demand that stocks cannot meet"
    )
