"""The engine: orders the theories of a month and computes many runs at once."""

from servanda.engine.devices import use_every_core
from servanda.engine.model import Model, assemble
from servanda.engine.parameters import Parameter, Setting
from servanda.engine.simulate import CHUNK, Batch, Simulator

use_every_core()

__all__ = ["CHUNK", "Batch", "Model", "Parameter", "Setting", "Simulator", "assemble"]
