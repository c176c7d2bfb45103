"""Quantities of commitment: whether a pact is alive, in use or dormant, and its hazards."""

from typing import final

from jaxtyping import Array, Float

from servanda.world.quantity import Record, quantity


@final
class CommitmentState(Record):
    """State, which the next month starts with."""

    alive: Float[Array, "partnership *run"] = quantity(
        "partnership",
        "dimensionless",
        "1 until the pact legally ends",
        kept=True,
        indicator=True,
        neutral=1.0,
    )
    dormant: Float[Array, "partnership *run"] = quantity(
        "partnership",
        "dimensionless",
        "1 while the pact is dormant: alive but hardly used",
        kept=True,
        indicator=True,
    )
    ending: Float[Array, "partnership *run"] = quantity(
        "partnership",
        "dimensionless",
        "way of ending, counted from 1; 0 while the pact is alive",
        kept=True,
    )
    flow: Float[Array, "partnership *run"] = quantity(
        "partnership", "USD/month", "smoothed worth of everything exchanged"
    )
    peak: Float[Array, "partnership *run"] = quantity(
        "partnership", "USD/month", "highest smoothed worth so far"
    )
    quiet: Float[Array, "partnership *run"] = quantity(
        "partnership", "month", "months in a row with little exchange"
    )


@final
class CommitmentFlows(Record):
    """Flows of one month."""

    slack: Float[Array, "partner *run"] = quantity(
        "partner", "USD", "slack: worth of staying less worth of leaving", kept=True, level=True
    )
    base_hazard: Float[Array, "partnership *run"] = quantity(
        "partnership", "1/month", "hazard of ending by the reference class alone", kept=True
    )
    hazard: Float[Array, "partnership *run"] = quantity(
        "partnership", "1/month", "hazard of legal ending; zero after the end", kept=True
    )
    value_given: Float[Array, "partnership *run"] = quantity(
        "partnership", "USD", "worth of what the supplier delivered", kept=True
    )
