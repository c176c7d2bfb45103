"""Quantities of trade: effects of sanctions on trade and income."""

from typing import final

from jaxtyping import Array, Float

from servanda.world.quantity import Record, quantity


@final
class TradeFlows(Record):
    """Flows of one month."""

    sanctioned: Float[Array, "route *run"] = quantity(
        "route", "USD/month", "trade that the target loses to sanctions", kept=True
    )
    income_gross: Float[Array, "actor *run"] = quantity(
        "actor", "dimensionless", "relative change of real income by sanctions, before leakage"
    )
    imports_gross: Float[Array, "route *run"] = quantity(
        "route",
        "dimensionless",
        "relative change of the target's real income by sanctions on its imports, before leakage",
    )
    hold: Float[Array, "route *run"] = quantity(
        "route",
        "dimensionless",
        "hold: share of the target's real income that ending all trade with senders would take",
    )
    hold_imports: Float[Array, "route *run"] = quantity(
        "route", "dimensionless", "part of the hold that ending the target's imports would take"
    )
