"""Quantities of the ledger: what is held, under way, lent and owed, and the month's entries."""

from typing import final

from jaxtyping import Array, Float

from servanda.world.quantity import Record, quantity


@final
class LedgerState(Record):
    """What is carried to the next month."""

    stock: Float[Array, "account *run"] = quantity(
        "account", "{good}", "goods on the books", kept=True
    )
    transit: Float[Array, "tie *run"] = quantity("tie", "{good}", "goods on their way")
    lent: Float[Array, "tie *run"] = quantity(
        "tie", "{good}", "people of the giver with the receiver", kept=True, people=True
    )
    dispatched: Float[Array, "tie *run"] = quantity(
        "tie", "{good}", "people ever sent, running total", kept=True, people=True
    )
    arrears: Float[Array, "partnership *run"] = quantity(
        "partnership", "USD", "owed by the buyer and not paid", kept=True
    )


@final
class LedgerFlows(Record):
    """What happens within a month."""

    used: Float[Array, "account *run"] = quantity("account", "{good}", "used", kept=True)
    sent: Float[Array, "tie *run"] = quantity("tie", "{good}", "left the giver")
    arrived: Float[Array, "tie *run"] = quantity("tie", "{good}", "reached the receiver", kept=True)
    interdicted: Float[Array, "tie *run"] = quantity("tie", "{good}", "lost on the way")
    lent_lost: Float[Array, "tie *run"] = quantity(
        "tie", "{good}", "lent people killed or wounded", kept=True, people=True
    )
    returned: Float[Array, "tie *run"] = quantity("tie", "{good}", "lent people who came home")
    obligation: Float[Array, "partnership *run"] = quantity(
        "partnership", "USD", "debt that deliveries created", kept=True
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
