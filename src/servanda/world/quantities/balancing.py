"""Quantities of balancing: how deep coalitions are, and what they feel and do."""

from typing import final

from jaxtyping import Array, Float

from servanda.world.quantity import Record, quantity


@final
class BalancingState(Record):
    """What is carried to the next month."""

    depth: Float[Array, "coalition *run"] = quantity(
        "coalition", "dimensionless", "depth of cooperation, 0 to 1", kept=True
    )
    concern: Float[Array, "coalition *run"] = quantity(
        "coalition", "dimensionless", "the neighbour's security concern, 0 to 1", kept=True
    )


@final
class BalancingFlows(Record):
    """What happens within a month."""

    threat: Float[Array, "coalition *run"] = quantity(
        "coalition", "dimensionless", "threat perceived, 1 at the start", kept=True, neutral=1.0
    )
    presence: Float[Array, "coalition *run"] = quantity(
        "coalition",
        "dimensionless",
        "coalition's military presence, 1 at the start",
        kept=True,
        neutral=1.0,
    )
    meeting_rate: Float[Array, "coalition *run"] = quantity(
        "coalition", "meeting/month", "expected meetings in a month", kept=True
    )
