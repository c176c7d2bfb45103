"""Quantities of commitment: whether a pact lasts, and how much it is used."""

from typing import final

from jaxtyping import Array, Float

from servanda.world.quantity import Record, quantity


@final
class CommitmentState(Record):
    """What is carried to the next month."""

    alive: Float[Array, "partnership *run"] = quantity(
        "partnership",
        "dimensionless",
        "1 until the pact legally ends",
        kept=True,
        indicator=True,
        neutral=1.0,
    )
    dormant: Float[Array, "partnership *run"] = quantity(
        "partnership", "dimensionless", "1 while alive but hardly used", kept=True, indicator=True
    )
    ending: Float[Array, "partnership *run"] = quantity(
        "partnership", "dimensionless", "way of ending, from 1; 0 while alive", kept=True
    )
    flow: Float[Array, "partnership *run"] = quantity(
        "partnership", "USD/month", "smoothed worth of all that is exchanged"
    )
    peak: Float[Array, "partnership *run"] = quantity(
        "partnership", "USD/month", "highest smoothed flow so far"
    )
    quiet: Float[Array, "partnership *run"] = quantity(
        "partnership", "month", "months in a row with little flow"
    )


@final
class CommitmentFlows(Record):
    """What happens within a month."""

    slack: Float[Array, "partner *run"] = quantity(
        "partner", "USD", "worth of staying less worth of leaving", kept=True, level=True
    )
    base_hazard: Float[Array, "partnership *run"] = quantity(
        "partnership", "1/month", "hazard of ending by the reference class alone", kept=True
    )
    hazard: Float[Array, "partnership *run"] = quantity(
        "partnership", "1/month", "hazard of legal ending; zero once it has ended", kept=True
    )
    value_given: Float[Array, "partnership *run"] = quantity(
        "partnership", "USD", "worth of what the supplier delivered", kept=True
    )
