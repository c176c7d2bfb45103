"""Quantities of attrition: armies, their losses and their recruits."""

import math
from typing import final

from jaxtyping import Array, Float

from servanda.world.quantity import Record, quantity


@final
class AttritionState(Record):
    """State, which the next month starts with."""

    men: Float[Array, "belligerent *run"] = quantity(
        "belligerent",
        "person",
        "own soldiers in the theatre",
        kept=True,
        neutral=math.inf,
        unlimited=True,
    )
    recruit_price: Float[Array, "belligerent *run"] = quantity(
        "belligerent", "USD/person", "price of a recruit", kept=True
    )
    loss_rate: Float[Array, "tie *run"] = quantity(
        "tie", "1/month", "hazard that a lent person is killed or wounded"
    )


@final
class AttritionFlows(Record):
    """Flows of one month."""

    losses: Float[Array, "belligerent *run"] = quantity(
        "belligerent", "person", "soldiers killed and wounded", kept=True
    )
    recruits: Float[Array, "belligerent *run"] = quantity(
        "belligerent", "person", "newly recruited", kept=True
    )
    released: Float[Array, "belligerent *run"] = quantity(
        "belligerent",
        "person",
        "experienced soldiers released by foreign soldiers",
        kept=True,
        level=True,
    )
