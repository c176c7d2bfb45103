"""Quantities of influence: bandwidth between patron and client, and each patron's share."""

from typing import final

from jaxtyping import Array, Float

from servanda.world.quantity import Record, quantity


@final
class InfluenceState(Record):
    """State, which the next month starts with."""

    bandwidth_recorded: Float[Array, "patronage *run"] = quantity(
        "patronage", "USD/month", "bandwidth: smoothed ties, recorded trade only"
    )
    bandwidth_given: Float[Array, "patronage *run"] = quantity(
        "patronage",
        "USD/month",
        "bandwidth: recorded trade and what the patron gives besides",
    )
    bandwidth_valued: Float[Array, "patronage *run"] = quantity(
        "patronage", "USD/month", "bandwidth: everything exchanged, at its worth"
    )


@final
class InfluenceFlows(Record):
    """Flows of one month."""

    recorded_trade: Float[Array, "patronage *run"] = quantity(
        "patronage", "USD/month", "trade that customs record", kept=True
    )
    influence_recorded: Float[Array, "patronage *run"] = quantity(
        "patronage", "dimensionless", "patron's share of influence, by recorded trade", kept=True
    )
    influence_given: Float[Array, "patronage *run"] = quantity(
        "patronage", "dimensionless", "patron's share of influence, by what patrons give", kept=True
    )
    influence_valued: Float[Array, "patronage *run"] = quantity(
        "patronage",
        "dimensionless",
        "patron's share of influence, by everything exchanged",
        kept=True,
    )
    contact_rate: Float[Array, "patronage *run"] = quantity(
        "patronage", "event/month", "expected number of recorded dealings", kept=True
    )
