"""What is carried from month to month (`World`) and what happens within one (`Month`).

Both are frozen records of arrays whose first axis is named in `world.axes` and whose last, where
runs are batched, is the run. Each quantity is written by exactly one mechanism.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, Self

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from servanda.world.axes import Axes


def _quantity(
    axis: str,
    unit: str,
    meaning: str,
    *,
    kept: bool = False,
    level: bool = False,
    indicator: bool = False,
) -> Any:
    about = {"axis": axis, "unit": unit, "meaning": meaning, "kept": kept, "level": level}
    return eqx.field(metadata=about | {"indicator": indicator})


class _Quantities(eqx.Module):
    @classmethod
    def zeros(cls, axes: Axes, runs: tuple[int, ...], dtype: Any) -> Self:
        """All quantities at zero."""
        shapes = {f.name: _shape(axes, f.metadata["axis"], runs) for f in fields(cls)}
        return cls(**{name: jnp.zeros(shape, dtype) for name, shape in shapes.items()})


def _shape(axes: Axes, axis: str, runs: tuple[int, ...]) -> tuple[int, ...]:
    return (axes.size(axis), *runs) if axis else runs


class Clock(eqx.Module):
    """Where in time a step is.

    Attributes:
        month: whole months since the case's start.
        time: months since the case's start, where the step begins.
        dt: length of the step in months.
        quarter: whether this step opens a quarter, when bargains are struck and stances chosen.
        future: whether the month lies after `as_of`, so that history no longer binds.
    """

    month: Int[Array, ""]
    time: Float[Array, ""]
    dt: float = eqx.field(static=True)
    quarter: Bool[Array, ""]
    future: Bool[Array, ""]


class World(_Quantities):
    """The state carried from one month to the next.

    Axes, units and meanings stand beside each field; `kept` marks what a run folder keeps.
    """

    stock: Float[Array, "account *run"] = _quantity(
        "account", "{good}", "goods on the books", kept=True
    )
    transit: Float[Array, "tie *run"] = _quantity("tie", "{good}", "goods on their way")
    lent: Float[Array, "tie *run"] = _quantity(
        "tie", "{good}", "people of the giver with the receiver", kept=True
    )
    dispatched: Float[Array, "tie *run"] = _quantity(
        "tie", "{good}", "people ever sent, running total", kept=True
    )
    arrears: Float[Array, "partnership *run"] = _quantity(
        "partnership", "USD", "owed by the buyer and not paid", kept=True
    )
    capacity: Float[Array, "account *run"] = _quantity(
        "account", "{good}/month", "output that could be made in a month"
    )
    log_tempo: Float[Array, "*run"] = _quantity(
        "", "dimensionless", "log of the war's tempo", kept=True
    )
    war: Float[Array, "*run"] = _quantity(
        "", "dimensionless", "1 while the war goes on", kept=True, indicator=True
    )
    men: Float[Array, "belligerent *run"] = _quantity(
        "belligerent", "person", "own soldiers in the theatre", kept=True
    )
    recruit_price: Float[Array, "belligerent *run"] = _quantity(
        "belligerent", "USD/person", "what a recruit costs", kept=True
    )
    loss_rate: Float[Array, "tie *run"] = _quantity(
        "tie", "1/month", "hazard that a lent person is killed or wounded"
    )
    order: Float[Array, "tie *run"] = _quantity(
        "tie", "{good}/month", "agreed flow; for lent people the agreed number present"
    )
    target: Float[Array, "tie *run"] = _quantity(
        "tie", "{good}/month", "flow agreed in the last bargain, which orders approach"
    )
    lane: Float[Array, "tie *run"] = _quantity(
        "tie", "{good}/month", "what the way can carry in a month"
    )
    opened: Float[Array, "tie *run"] = _quantity("tie", "dimensionless", "1 once the tie is open")
    price: Float[Array, "tie *run"] = _quantity("tie", "USD/{good}", "agreed price")
    alive: Float[Array, "partnership *run"] = _quantity(
        "partnership", "dimensionless", "1 until the pact legally ends", kept=True, indicator=True
    )
    dormant: Float[Array, "partnership *run"] = _quantity(
        "partnership", "dimensionless", "1 while alive but hardly used", kept=True, indicator=True
    )
    ending: Float[Array, "partnership *run"] = _quantity(
        "partnership", "dimensionless", "way of ending, from 1; 0 while alive", kept=True
    )
    flow: Float[Array, "partnership *run"] = _quantity(
        "partnership", "USD/month", "smoothed worth of all that is exchanged"
    )
    peak: Float[Array, "partnership *run"] = _quantity(
        "partnership", "USD/month", "highest smoothed flow so far"
    )
    quiet: Float[Array, "partnership *run"] = _quantity(
        "partnership", "month", "months in a row with little flow"
    )
    rerouted: Float[Array, "route *run"] = _quantity(
        "route", "USD/month", "sanctioned trade that goes round", kept=True
    )
    bandwidth_recorded: Float[Array, "patronage *run"] = _quantity(
        "patronage", "USD/month", "smoothed ties, recorded trade only"
    )
    bandwidth_given: Float[Array, "patronage *run"] = _quantity(
        "patronage",
        "USD/month",
        "smoothed ties, recorded trade and what the patron gives beside it",
    )
    bandwidth_valued: Float[Array, "patronage *run"] = _quantity(
        "patronage", "USD/month", "smoothed ties, everything exchanged at its worth"
    )
    depth: Float[Array, "coalition *run"] = _quantity(
        "coalition", "dimensionless", "depth of cooperation, 0 to 1", kept=True
    )
    concern: Float[Array, "coalition *run"] = _quantity(
        "coalition", "dimensionless", "the neighbour's security concern, 0 to 1", kept=True
    )
    knowledge: Float[Array, "proliferator *run"] = _quantity(
        "proliferator", "dimensionless", "weapons knowledge, frontier = 1", kept=True
    )
    warheads: Float[Array, "proliferator *run"] = _quantity(
        "proliferator", "warhead", "assembled warheads", kept=True
    )
    stance: Float[Array, "posture *run"] = _quantity(
        "posture", "dimensionless", "stance in force, counted from 0", kept=True
    )


class Month(_Quantities):
    """What happens within one month; nothing here is carried over."""

    signal: Float[Array, "signal *run"] = _quantity(
        "signal", "dimensionless", "what the postures signal, -1 to 1"
    )
    sanctioned: Float[Array, "route *run"] = _quantity(
        "route", "USD/month", "trade that sanctions take from the target", kept=True
    )
    income_change: Float[Array, "actor *run"] = _quantity(
        "actor",
        "dimensionless",
        "change of real income through sanctions, after leakage",
        kept=True,
    )
    tempo: Float[Array, "*run"] = _quantity("", "dimensionless", "tempo of the war", kept=True)
    made: Float[Array, "account *run"] = _quantity("account", "{good}", "made", kept=True)
    demand: Float[Array, "account *run"] = _quantity(
        "account", "{good}/month", "use wanted were supply unlimited"
    )
    use_request: Float[Array, "account *run"] = _quantity("account", "{good}", "use asked for")
    send_request: Float[Array, "tie *run"] = _quantity("tie", "{good}", "dispatch asked for")
    recall_request: Float[Array, "tie *run"] = _quantity("tie", "{good}", "return asked for")
    covert_request: Float[Array, "tie *run"] = _quantity(
        "tie", "{good}", "covert dispatch asked for"
    )
    shortage: Float[Array, "account *run"] = _quantity(
        "account", "dimensionless", "share of demand that stocks cannot meet"
    )
    worth: Float[Array, "tie *run"] = _quantity(
        "tie", "USD/{good}", "what one unit is worth at market"
    )
    settles: Float[Array, "tie *run"] = _quantity(
        "tie", "USD/{good}", "debt that one unit of payment settles: its worth to the payee"
    )
    unit_cost: Float[Array, "tie *run"] = _quantity(
        "tie", "USD/{good}", "what one unit costs its giver; for lent people, a month of one"
    )
    delivery_cost: Float[Array, "partnership *run"] = _quantity(
        "partnership", "USD", "what deliveries cost the supplier", kept=True
    )
    gain: Float[Array, "partner *run"] = _quantity(
        "partner", "USD/month", "surplus of the bargain to each partner", kept=True
    )
    used: Float[Array, "account *run"] = _quantity("account", "{good}", "used", kept=True)
    sent: Float[Array, "tie *run"] = _quantity("tie", "{good}", "left the giver")
    arrived: Float[Array, "tie *run"] = _quantity(
        "tie", "{good}", "reached the receiver", kept=True
    )
    interdicted: Float[Array, "tie *run"] = _quantity("tie", "{good}", "lost on the way")
    lent_lost: Float[Array, "tie *run"] = _quantity(
        "tie", "{good}", "lent people killed or wounded", kept=True
    )
    returned: Float[Array, "tie *run"] = _quantity("tie", "{good}", "lent people who came home")
    obligation: Float[Array, "partnership *run"] = _quantity(
        "partnership", "USD", "debt that deliveries created", kept=True
    )
    paid: Float[Array, "partnership *run"] = _quantity(
        "partnership", "USD", "debt that payments settled", kept=True
    )
    paid_in_sight: Float[Array, "partnership *run"] = _quantity(
        "partnership", "USD", "payments in goods that observers can count", kept=True
    )
    value_given: Float[Array, "partnership *run"] = _quantity(
        "partnership", "USD", "worth of what the supplier delivered", kept=True
    )
    losses: Float[Array, "belligerent *run"] = _quantity(
        "belligerent", "person", "killed and wounded", kept=True
    )
    recruits: Float[Array, "belligerent *run"] = _quantity(
        "belligerent", "person", "newly recruited", kept=True
    )
    released: Float[Array, "belligerent *run"] = _quantity(
        "belligerent", "person", "experienced soldiers freed by foreign ones", kept=True, level=True
    )
    manning: Float[Array, "belligerent *run"] = _quantity(
        "belligerent", "dimensionless", "men present over men required", kept=True
    )
    required: Float[Array, "belligerent *run"] = _quantity(
        "belligerent", "person", "men that the full pace needs", level=True
    )
    income_gross: Float[Array, "actor *run"] = _quantity(
        "actor", "dimensionless", "change of real income through sanctions, before leakage"
    )
    imports_gross: Float[Array, "route *run"] = _quantity(
        "route",
        "dimensionless",
        "change of the target's real income through sanctions on its imports, before leakage",
    )
    hold: Float[Array, "route *run"] = _quantity(
        "route",
        "dimensionless",
        "share of the target's real income that ending all trade with senders would take",
    )
    hold_imports: Float[Array, "route *run"] = _quantity(
        "route", "dimensionless", "of the hold, what the end of its imports would take"
    )
    slack: Float[Array, "partner *run"] = _quantity(
        "partner", "USD", "worth of staying less worth of leaving", kept=True, level=True
    )
    base_hazard: Float[Array, "partnership *run"] = _quantity(
        "partnership", "1/month", "hazard of ending by the reference class alone", kept=True
    )
    hazard: Float[Array, "partnership *run"] = _quantity(
        "partnership", "1/month", "hazard of legal ending; zero once it has ended", kept=True
    )
    leakage: Float[Array, "route *run"] = _quantity(
        "route", "dimensionless", "share of sanctioned trade won back", kept=True
    )
    leverage: Float[Array, "route *run"] = _quantity(
        "route",
        "dimensionless",
        "share of the target's real income that senders take or could, after leakage",
        kept=True,
    )
    leverage_left: Float[Array, "route *run"] = _quantity(
        "route",
        "dimensionless",
        "share of the target's real income that senders could still take, after leakage",
        kept=True,
    )
    recorded_trade: Float[Array, "patronage *run"] = _quantity(
        "patronage", "USD/month", "trade that customs record", kept=True
    )
    influence_recorded: Float[Array, "patronage *run"] = _quantity(
        "patronage", "dimensionless", "share of patrons' influence, recorded trade", kept=True
    )
    influence_given: Float[Array, "patronage *run"] = _quantity(
        "patronage", "dimensionless", "share of patrons' influence, what patrons give", kept=True
    )
    influence_valued: Float[Array, "patronage *run"] = _quantity(
        "patronage", "dimensionless", "share of patrons' influence, everything exchanged", kept=True
    )
    contact_rate: Float[Array, "patronage *run"] = _quantity(
        "patronage", "event/month", "expected recorded dealings in a month", kept=True
    )
    threat: Float[Array, "coalition *run"] = _quantity(
        "coalition", "dimensionless", "threat perceived, 1 at the start", kept=True
    )
    presence: Float[Array, "coalition *run"] = _quantity(
        "coalition", "dimensionless", "coalition's military presence, 1 at the start", kept=True
    )
    meeting_rate: Float[Array, "coalition *run"] = _quantity(
        "coalition", "meeting/month", "expected meetings in a month", kept=True
    )
    launch_rate: Float[Array, "proliferator *run"] = _quantity(
        "proliferator", "launch/month", "expected missile launches in a month", kept=True
    )
    gap: Float[Array, "proliferator *run"] = _quantity(
        "proliferator", "dimensionless", "lead of the rival in weapons knowledge", kept=True
    )


@dataclass(frozen=True)
class Quantity:
    """What one field of `World` or `Month` is."""

    name: str
    axis: str
    unit: str
    meaning: str
    kept: bool
    level: bool
    indicator: bool
    carried: bool

    @property
    def adds_up(self) -> bool:
        """Whether it is an amount of the step, so that two half months make a month's."""
        timeless = "/month" not in self.unit and self.unit != "dimensionless"
        return timeless and not self.carried and not self.level


@cache
def quantities() -> Mapping[str, Quantity]:
    """Every quantity by name, those carried over first."""
    return {
        f.name: Quantity(f.name, carried=record is World, **f.metadata)
        for record in (World, Month)
        for f in fields(record)
    }


def unit_of(axes: Axes, quantity: Quantity, label: str) -> str:
    """The unit of one member of a quantity, its good's unit filled in."""
    if "{good}" not in quantity.unit:
        return quantity.unit
    return quantity.unit.replace("{good}", good_unit(axes, quantity.axis, label))


def good_unit(axes: Axes, axis: str, label: str) -> str:
    """The unit of the good that an account or a tie holds."""
    units = {g.name: g.unit for g in axes.spec.goods}
    good = label.split(".")[1] if axis == "account" else label.split(":")[1]
    return units[good]
