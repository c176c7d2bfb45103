"""One file a mechanism, and in each the theory, its rivals and a null.

A case names a variant for every slot. To add a rival, subclass `Process` in the mechanism's file
and list it here.
"""

from collections.abc import Mapping

from servanda.mechanisms import (
    arsenal,
    attrition,
    balancing,
    commitment,
    evasion,
    exchange,
    influence,
    posture,
    proliferation,
    trade,
    war,
)
from servanda.world import Process

_ALL: tuple[type[Process], ...] = (
    posture.QuantalResponse,
    posture.FrozenPosture,
    trade.EquilibriumTable,
    trade.NoEffect,
    war.PersistentTempo,
    war.ConstantTempo,
    arsenal.LogisticOutput,
    arsenal.ConstantOutput,
    exchange.NashBargaining,
    exchange.ConstantOrders,
    attrition.FireAndTempo,
    attrition.ConstantLosses,
    proliferation.OwnAndTransfer,
    proliferation.OwnOnly,
    evasion.Saturating,
    evasion.Network,
    evasion.NoEvasion,
    influence.FormalBilateral,
    influence.TradeOnly,
    balancing.ThreatBalance,
    balancing.ConstantDepth,
    commitment.RelationalContract,
    commitment.ConstantHazard,
)


def variants() -> Mapping[str, Mapping[str, type[Process]]]:
    """Every variant by slot and name."""
    slots: dict[str, dict[str, type[Process]]] = {}
    for process in _ALL:
        slots.setdefault(process.slot, {})[process.variant] = process
    return slots
