"""The world, which is carried from month to month, and the month in progress: records by slot.

`world.attrition.men` is state from last month, and `month.war.tempo` is a flow of this month. Both
are pytrees with a record for every slot of a model, also for slots from outside the package.
"""

from typing import TYPE_CHECKING, Any, Self

import equinox as eqx
from jaxtyping import Array, Bool, Float, Int

from servanda.errors import nearest
from servanda.world.quantity import NoQuantityError, Nothing, Record

if TYPE_CHECKING:
    from servanda.world.quantities.arsenal import ArsenalFlows, ArsenalState
    from servanda.world.quantities.attrition import AttritionFlows, AttritionState
    from servanda.world.quantities.balancing import BalancingFlows, BalancingState
    from servanda.world.quantities.commitment import CommitmentFlows, CommitmentState
    from servanda.world.quantities.evasion import EvasionFlows, EvasionState
    from servanda.world.quantities.exchange import ExchangeFlows, ExchangeState
    from servanda.world.quantities.influence import InfluenceFlows, InfluenceState
    from servanda.world.quantities.ledger import LedgerFlows, LedgerState
    from servanda.world.quantities.posture import PostureFlows, PostureState
    from servanda.world.quantities.proliferation import ProliferationFlows, ProliferationState
    from servanda.world.quantities.trade import TradeFlows
    from servanda.world.quantities.war import WarFlows, WarState


class Clock(eqx.Module):
    """The time of a step.

    Attributes:
        month: whole months since the case's start.
        time: months since the case's start, at the beginning of the step.
        dt: length of the step in months.
        quarter: whether a quarter begins, in which bargains are struck and stances chosen.
        future: whether the month is after the evidence cut-off, so that the record no longer binds.
    """

    month: Int[Array, ""]
    time: Float[Array, ""]
    dt: float = eqx.field(static=True)
    quarter: Bool[Array, ""]
    future: Bool[Array, ""]


class BySlot(eqx.Module):
    """Records by slot. Abstract: a `World` or a `Month`.

    Attributes:
        records: one record for each slot of the model.
    """

    records: dict[str, Record]

    def __getitem__(self, slot: str) -> Record:
        return self.records[slot]

    def __getattr__(self, slot: str) -> Any:
        if slot.startswith("_") or slot == "records":
            raise AttributeError(slot)
        try:
            return self.records[slot]
        except KeyError:
            found = f"'{slot}' read from the {type(self).__name__.lower()}"
            expected = "one of the slots " + ", ".join(sorted(self.records))
            raise NoQuantityError(found, expected, nearest(slot, self.records)) from None

    def having(self, slot: str, record: Record) -> Self:
        """The same with another record of one slot."""
        return type(self)(self.records | {slot: record})


# The records of the package's own slots, for type checkers only. A slot needs no entry here.
class _States:
    if TYPE_CHECKING:
        arsenal: ArsenalState
        attrition: AttritionState
        balancing: BalancingState
        commitment: CommitmentState
        evasion: EvasionState
        exchange: ExchangeState
        influence: InfluenceState
        ledger: LedgerState
        posture: PostureState
        proliferation: ProliferationState
        trade: Nothing
        war: WarState


class _Flows:
    if TYPE_CHECKING:
        arsenal: ArsenalFlows
        attrition: AttritionFlows
        balancing: BalancingFlows
        commitment: CommitmentFlows
        evasion: EvasionFlows
        exchange: ExchangeFlows
        influence: InfluenceFlows
        ledger: LedgerFlows
        posture: PostureFlows
        proliferation: ProliferationFlows
        trade: TradeFlows
        war: WarFlows


class World(BySlot, _States):
    """The state of every slot at the end of last month."""


class Month(BySlot, _Flows):
    """The flows of every slot in this month; zero where they are not yet computed."""
