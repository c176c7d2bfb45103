"""Quantities of exchange: orders, lanes, prices and requests to send."""

from typing import final

from jaxtyping import Array, Float

from servanda.world.quantity import Record, quantity


@final
class ExchangeState(Record):
    """State, which the next month starts with."""

    order: Float[Array, "tie *run"] = quantity(
        "tie", "{good}/month", "ordered flow; for lent people, ordered number present"
    )
    target: Float[Array, "tie *run"] = quantity(
        "tie", "{good}/month", "flow agreed in the last bargain; orders approach it"
    )
    lane: Float[Array, "tie *run"] = quantity("tie", "{good}/month", "capacity of the tie's lane")
    opened: Float[Array, "tie *run"] = quantity("tie", "dimensionless", "1 once the tie is open")
    price: Float[Array, "tie *run"] = quantity("tie", "USD/{good}", "agreed price")


@final
class ExchangeFlows(Record):
    """Flows of one month."""

    send_request: Float[Array, "tie *run"] = quantity("tie", "{good}", "requested dispatch")
    recall_request: Float[Array, "tie *run"] = quantity("tie", "{good}", "requested return")
    worth: Float[Array, "tie *run"] = quantity("tie", "USD/{good}", "market worth of a unit")
    settles: Float[Array, "tie *run"] = quantity(
        "tie", "USD/{good}", "debt that a unit of payment settles: its worth to the payee"
    )
    unit_cost: Float[Array, "tie *run"] = quantity(
        "tie",
        "USD/{good}",
        "cost of a unit to its giver; for lent people, of a month of one person",
    )
    gain: Float[Array, "partner *run"] = quantity(
        "partner", "USD/month", "each partner's surplus from the bargain", kept=True
    )
