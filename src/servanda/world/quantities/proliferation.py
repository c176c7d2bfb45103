"""Quantities of proliferation: weapons knowledge, warheads and tests."""

from typing import final

from jaxtyping import Array, Float

from servanda.world.quantity import Record, quantity


@final
class ProliferationState(Record):
    """State, which the next month starts with."""

    knowledge: Float[Array, "proliferator *run"] = quantity(
        "proliferator", "dimensionless", "weapons knowledge, frontier = 1", kept=True
    )
    warheads: Float[Array, "proliferator *run"] = quantity(
        "proliferator", "warhead", "assembled warheads", kept=True
    )


@final
class ProliferationFlows(Record):
    """Flows of one month."""

    launch_rate: Float[Array, "proliferator *run"] = quantity(
        "proliferator", "launch/month", "expected number of missile launches", kept=True
    )
    gap: Float[Array, "proliferator *run"] = quantity(
        "proliferator",
        "dimensionless",
        "rival's lead in weapons knowledge, as a share of its knowledge",
        kept=True,
    )
