"""Quantities of influence: what passes between patron and client, and whose share it is."""

from typing import final

from jaxtyping import Array, Float

from servanda.world.quantity import Record, quantity


@final
class InfluenceState(Record):
    """What is carried to the next month."""

    bandwidth_recorded: Float[Array, "patronage *run"] = quantity(
        "patronage", "USD/month", "smoothed ties, recorded trade only"
    )
    bandwidth_given: Float[Array, "patronage *run"] = quantity(
        "patronage",
        "USD/month",
        "smoothed ties, recorded trade and what the patron gives beside it",
    )
    bandwidth_valued: Float[Array, "patronage *run"] = quantity(
        "patronage", "USD/month", "smoothed ties, everything exchanged at its worth"
    )


@final
class InfluenceFlows(Record):
    """What happens within a month."""

    recorded_trade: Float[Array, "patronage *run"] = quantity(
        "patronage", "USD/month", "trade that customs record", kept=True
    )
    influence_recorded: Float[Array, "patronage *run"] = quantity(
        "patronage", "dimensionless", "share of patrons' influence, recorded trade", kept=True
    )
    influence_given: Float[Array, "patronage *run"] = quantity(
        "patronage", "dimensionless", "share of patrons' influence, what patrons give", kept=True
    )
    influence_valued: Float[Array, "patronage *run"] = quantity(
        "patronage", "dimensionless", "share of patrons' influence, everything exchanged", kept=True
    )
    contact_rate: Float[Array, "patronage *run"] = quantity(
        "patronage", "event/month", "expected recorded dealings in a month", kept=True
    )
