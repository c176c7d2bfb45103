"""The world of a month: axes, records of state and flows, the ledger, and the base of theories."""

from servanda.world.absence import absence
from servanda.world.axes import Axes
from servanda.world.layout import Layout, Reference
from servanda.world.ledger import Ledger
from servanda.world.quantity import Nothing, Quantity, Record, quantity
from servanda.world.state import Clock, Month, World
from servanda.world.theory import ABSENT, Draw, Draws, Theory, parameter

__all__ = [
    "ABSENT",
    "Axes",
    "Clock",
    "Draw",
    "Draws",
    "Layout",
    "Ledger",
    "Month",
    "Nothing",
    "Quantity",
    "Record",
    "Reference",
    "Theory",
    "World",
    "absence",
    "parameter",
    "quantity",
]
