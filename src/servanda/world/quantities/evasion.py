"""Quantities of evasion: what goes round sanctions, and what is left of their effect."""

from typing import final

from jaxtyping import Array, Float

from servanda.world.quantity import Record, quantity


@final
class EvasionState(Record):
    """What is carried to the next month."""

    rerouted: Float[Array, "route *run"] = quantity(
        "route", "USD/month", "sanctioned trade that goes round", kept=True
    )


@final
class EvasionFlows(Record):
    """What happens within a month."""

    covert_request: Float[Array, "tie *run"] = quantity(
        "tie", "{good}", "covert dispatch asked for"
    )
    income_change: Float[Array, "actor *run"] = quantity(
        "actor",
        "dimensionless",
        "change of real income through sanctions, after leakage",
        kept=True,
    )
    leakage: Float[Array, "route *run"] = quantity(
        "route", "dimensionless", "share of sanctioned trade won back", kept=True
    )
    leverage: Float[Array, "route *run"] = quantity(
        "route",
        "dimensionless",
        "share of the target's real income that senders take or could, after leakage",
        kept=True,
    )
    leverage_left: Float[Array, "route *run"] = quantity(
        "route",
        "dimensionless",
        "share of the target's real income that senders could still take, after leakage",
        kept=True,
    )
