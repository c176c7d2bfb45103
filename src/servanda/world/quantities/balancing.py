"""Quantities of balancing: depth of cooperation, threat, presence, meetings and concern."""

from typing import final

from jaxtyping import Array, Float

from servanda.world.quantity import Record, quantity


@final
class BalancingState(Record):
    """State, which the next month starts with."""

    depth: Float[Array, "coalition *run"] = quantity(
        "coalition", "dimensionless", "depth of cooperation, 0 to 1", kept=True
    )
    concern: Float[Array, "coalition *run"] = quantity(
        "coalition", "dimensionless", "the neighbour's security concern, 0 to 1", kept=True
    )


@final
class BalancingFlows(Record):
    """Flows of one month."""

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
        "coalition", "meeting/month", "expected number of meetings", kept=True
    )
