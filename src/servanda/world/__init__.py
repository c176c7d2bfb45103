"""What there is in a month: labelled axes, the carried state, the month's flows, and the ledger."""

from servanda.world.axes import Axes
from servanda.world.ledger import Ledger
from servanda.world.process import Draw, Draws, Process, parameter
from servanda.world.state import Clock, Month, World, quantities

__all__ = [
    "Axes",
    "Clock",
    "Draw",
    "Draws",
    "Ledger",
    "Month",
    "Process",
    "World",
    "parameter",
    "quantities",
]
