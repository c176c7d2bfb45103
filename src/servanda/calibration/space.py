"""The unknowns of a calibration as independent standard normal numbers.

Each uncertain input has a place z on the normal distribution: its value is the quantile at Φ(z) of
its prior. The prior is one that does not rest on the figures of the likelihood. The normal shocks
of the months up to the cut-off are standard normal already. A sampler can then treat all unknowns
alike, and the prior of z is exact.
"""

from functools import cached_property

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from scipy.special import ndtr

from servanda.case.schema import month_number
from servanda.engine import Model
from servanda.engine.streams import Streams
from servanda.ensembles.draws import quantiles
from servanda.observation import independent_priors

# Places beyond six standard deviations are read as six: one draw in five hundred million.
_FARTHEST = 6.0
_PLACES = 2401


class Space:
    """The unknowns of a model.

    Attributes:
        priors: the prior of each uncertain input, by printed name.
        inputs: printed names of the uncertain inputs.
        shocks: names of the shocks of a month.
        months: number of months up to the evidence cut-off.
    """

    def __init__(self, model: Model) -> None:
        spec = model.case.spec
        self.priors = independent_priors(model)
        factors = [
            model.parameters[n].factor if n in model.parameters else 1.0 for n in self.priors
        ]
        self._factors = np.array(factors)[:, None]
        self.inputs = tuple(self.priors)
        self.shocks = Streams(model.axes, model.plan).shocks
        self.months = month_number(spec.as_of) - month_number(spec.start) + 1

    @property
    def size(self) -> int:
        """The number of unknowns."""
        return len(self.inputs) + len(self.shocks) * self.months

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all unknowns: the inputs, then the shocks month by month."""
        months = range(self.months)
        return (*self.inputs, *(f"{name}/{month}" for month in months for name in self.shocks))

    def values(self, z: Float[np.ndarray, "unknown run"]) -> Float[np.ndarray, "input run"]:
        """The inputs, in the units of the mechanisms."""
        found = quantiles(self.priors, ndtr(z[: len(self.inputs)]))
        return np.asarray(found * self._factors)

    def places(self, name: str, values: Float[np.ndarray, "run"]) -> Float[np.ndarray, "run"]:
        """The places z of values of one input."""
        row = self._table[self.inputs.index(name)]
        return np.asarray(np.interp(values, row, np.linspace(-_FARTHEST, _FARTHEST, _PLACES)))

    def past(
        self, z: Float[Array | np.ndarray, "unknown run"]
    ) -> Float[Array | np.ndarray, "month shock run"]:
        """The shocks of the months up to the cut-off."""
        rows = z[len(self.inputs) :]
        return rows.reshape(self.months, len(self.shocks), *rows.shape[1:])

    def interpolated(self, z: Float[Array, "unknown run"]) -> Float[Array, "input run"]:
        """The inputs, from a table of quantiles, in JAX."""
        own = jnp.clip(z[: len(self.inputs)], -_FARTHEST, _FARTHEST)
        place = (own + _FARTHEST) * ((_PLACES - 1) / (2 * _FARTHEST))
        below = jnp.minimum(jnp.floor(place), _PLACES - 2).astype(int)
        table, rows = jnp.asarray(self._table, z.dtype), jnp.arange(len(self.inputs))[:, None]
        low, high = table[rows, below], table[rows, below + 1]
        return low + (place - below) * (high - low)

    @cached_property
    def _table(self) -> Float[np.ndarray, "input place"]:
        places = np.linspace(-_FARTHEST, _FARTHEST, _PLACES)
        return self.values(np.broadcast_to(places, (len(self.inputs), _PLACES)))
