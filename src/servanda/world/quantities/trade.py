"""Quantities of trade: what sanctions take."""

from typing import final

from jaxtyping import Array, Float

from servanda.world.quantity import Record, quantity


@final
class TradeFlows(Record):
    """What happens within a month."""

    sanctioned: Float[Array, "route *run"] = quantity(
        "route", "USD/month", "trade that sanctions take from the target", kept=True
    )
    income_gross: Float[Array, "actor *run"] = quantity(
        "actor", "dimensionless", "change of real income through sanctions, before leakage"
    )
    imports_gross: Float[Array, "route *run"] = quantity(
        "route",
        "dimensionless",
        "change of the target's real income through sanctions on its imports, before leakage",
    )
    hold: Float[Array, "route *run"] = quantity(
        "route",
        "dimensionless",
        "share of the target's real income that ending all trade with senders would take",
    )
    hold_imports: Float[Array, "route *run"] = quantity(
        "route", "dimensionless", "of the hold, what the end of its imports would take"
    )
