"""Quantities of arsenals: output, demand and requested use."""

from typing import final

from jaxtyping import Array, Float

from servanda.world.quantity import Record, quantity


@final
class ArsenalState(Record):
    """State, which the next month starts with."""

    capacity: Float[Array, "account *run"] = quantity("account", "{good}/month", "output capacity")


@final
class ArsenalFlows(Record):
    """Flows of one month."""

    made: Float[Array, "account *run"] = quantity("account", "{good}", "made", kept=True)
    demand: Float[Array, "account *run"] = quantity(
        "account", "{good}/month", "demand for use, with unlimited supply"
    )
    use_request: Float[Array, "account *run"] = quantity("account", "{good}", "requested use")
    shortage: Float[Array, "account *run"] = quantity(
        "account", "dimensionless", "share of demand that stocks cannot meet"
    )
