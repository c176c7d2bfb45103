"""Quantities of evasion: rerouted trade, leakage, and the effect that sanctions keep."""

from typing import final

from jaxtyping import Array, Float

from servanda.world.quantity import Record, quantity


@final
class EvasionState(Record):
    """State, which the next month starts with."""

    rerouted: Float[Array, "route *run"] = quantity(
        "route", "USD/month", "sanctioned trade that is rerouted", kept=True
    )


@final
class EvasionFlows(Record):
    """Flows of one month."""

    covert_request: Float[Array, "tie *run"] = quantity(
        "tie", "{good}", "requested covert dispatch"
    )
    income_change: Float[Array, "actor *run"] = quantity(
        "actor",
        "dimensionless",
        "relative change of real income by sanctions, after leakage",
        kept=True,
    )
    leakage: Float[Array, "route *run"] = quantity(
        "route", "dimensionless", "share of sanctioned trade won back", kept=True
    )
    leverage: Float[Array, "route *run"] = quantity(
        "route",
        "dimensionless",
        "leverage: share of the target's income that senders take or could take, after leakage",
        kept=True,
    )
    leverage_left: Float[Array, "route *run"] = quantity(
        "route",
        "dimensionless",
        "share of the target's real income that senders could still take, after leakage",
        kept=True,
    )
