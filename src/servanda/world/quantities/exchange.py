"""Quantities of exchange: orders, lanes and prices, and what is asked to be sent."""

from typing import final

from jaxtyping import Array, Float

from servanda.world.quantity import Record, quantity


@final
class ExchangeState(Record):
    """What is carried to the next month."""

    order: Float[Array, "tie *run"] = quantity(
        "tie", "{good}/month", "agreed flow; for lent people the agreed number present"
    )
    target: Float[Array, "tie *run"] = quantity(
        "tie", "{good}/month", "flow agreed in the last bargain, which orders approach"
    )
    lane: Float[Array, "tie *run"] = quantity(
        "tie", "{good}/month", "what the way can carry in a month"
    )
    opened: Float[Array, "tie *run"] = quantity("tie", "dimensionless", "1 once the tie is open")
    price: Float[Array, "tie *run"] = quantity("tie", "USD/{good}", "agreed price")


@final
class ExchangeFlows(Record):
    """What happens within a month."""

    send_request: Float[Array, "tie *run"] = quantity("tie", "{good}", "dispatch asked for")
    recall_request: Float[Array, "tie *run"] = quantity("tie", "{good}", "return asked for")
    worth: Float[Array, "tie *run"] = quantity(
        "tie", "USD/{good}", "what one unit is worth at market"
    )
    settles: Float[Array, "tie *run"] = quantity(
        "tie", "USD/{good}", "debt that one unit of payment settles: its worth to the payee"
    )
    unit_cost: Float[Array, "tie *run"] = quantity(
        "tie", "USD/{good}", "what one unit costs its giver; for lent people, a month of one"
    )
    gain: Float[Array, "partner *run"] = quantity(
        "partner", "USD/month", "surplus of the bargain to each partner", kept=True
    )
