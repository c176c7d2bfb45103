"""Quantities of the ledger: stocks, transit, lent people, arrears, and the month's entries."""

from typing import final

from jaxtyping import Array, Float

from servanda.world.quantity import Record, quantity


@final
class LedgerState(Record):
    """State, which the next month starts with."""

    stock: Float[Array, "account *run"] = quantity(
        "account", "{good}", "stock of a good", kept=True
    )
    transit: Float[Array, "tie *run"] = quantity("tie", "{good}", "goods in transit")
    lent: Float[Array, "tie *run"] = quantity(
        "tie", "{good}", "people of the giver with the receiver", kept=True, people=True
    )
    dispatched: Float[Array, "tie *run"] = quantity(
        "tie", "{good}", "people sent since the start", kept=True, people=True
    )
    arrears: Float[Array, "partnership *run"] = quantity(
        "partnership", "USD", "arrears: debt of the buyer that is not paid", kept=True
    )


@final
class LedgerFlows(Record):
    """Flows of one month."""

    used: Float[Array, "account *run"] = quantity("account", "{good}", "used", kept=True)
    sent: Float[Array, "tie *run"] = quantity(
        "tie", "{good}", "goods and people that left the giver"
    )
    arrived: Float[Array, "tie *run"] = quantity(
        "tie", "{good}", "goods and people that reached the receiver", kept=True
    )
    interdicted: Float[Array, "tie *run"] = quantity(
        "tie", "{good}", "goods and people lost in transit"
    )
    lent_lost: Float[Array, "tie *run"] = quantity(
        "tie", "{good}", "lent people killed or wounded", kept=True, people=True
    )
    returned: Float[Array, "tie *run"] = quantity("tie", "{good}", "lent people who returned")
    obligation: Float[Array, "partnership *run"] = quantity(
        "partnership", "USD", "what deliveries earned at the price agreed", kept=True
    )
    delivery_cost: Float[Array, "partnership *run"] = quantity(
        "partnership", "USD", "what deliveries cost the supplier", kept=True
    )
    paid: Float[Array, "partnership *run"] = quantity(
        "partnership", "USD", "debt that payments settled", kept=True
    )
    paid_in_sight: Float[Array, "partnership *run"] = quantity(
        "partnership", "USD", "payments in goods that observers can count", kept=True
    )
