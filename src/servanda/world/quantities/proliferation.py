"""Quantities of proliferation: weapons knowledge, warheads and tests."""

from typing import final

from jaxtyping import Array, Float

from servanda.world.quantity import Record, quantity


@final
class ProliferationState(Record):
    """What is carried to the next month."""

    knowledge: Float[Array, "proliferator *run"] = quantity(
        "proliferator", "dimensionless", "weapons knowledge, frontier = 1", kept=True
    )
    warheads: Float[Array, "proliferator *run"] = quantity(
        "proliferator", "warhead", "assembled warheads", kept=True
    )


@final
class ProliferationFlows(Record):
    """What happens within a month."""

    launch_rate: Float[Array, "proliferator *run"] = quantity(
        "proliferator", "launch/month", "expected missile launches in a month", kept=True
    )
    gap: Float[Array, "proliferator *run"] = quantity(
        "proliferator", "dimensionless", "lead of the rival in weapons knowledge", kept=True
    )
