"""The months up to the evidence cut-off as one function of inputs and shocks, for inference."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from servanda.engine.model import initial_world
from servanda.engine.parameters import records
from servanda.engine.simulate import Simulator
from servanda.engine.streams import Past
from servanda.world import World


class Prefix:
    """The months of a model up to its cut-off, without levers.

    Args:
        simulator: simulator of the model.
        inputs: printed names of the uncertain inputs. Those that are no parameters are not read.
        observed: printed names of kept quantities to return.
    """

    def __init__(
        self, simulator: Simulator, inputs: Sequence[str], observed: Sequence[str]
    ) -> None:
        model = simulator.model
        self._simulator = simulator
        self._observed = [model.layout.resolve(name, "observed") for name in observed]
        row_of = {name: row for row, name in enumerate(inputs)}
        own = model.parameters
        rows = [(row, row_of[n]) for row, n in enumerate(own) if n in row_of]
        self._rows = np.array(rows, int).reshape(-1, 2)
        self._fixed = np.array([n.prior.numbers[0] * n.factor for n in own.values()])

    def __call__(
        self, values: Float[Array, "input run"], past: Past
    ) -> Float[Array, "month observed run"]:
        """The observed quantities by month, in their own units."""
        model, like = self._simulator.model, values[0]
        to, fro = self._rows.T
        fixed = jnp.asarray(self._fixed, values.dtype)[:, None]
        every = jnp.broadcast_to(fixed, (len(self._fixed), *like.shape)).at[to].set(values[fro])
        parameters = records(model.plan, model.parameters, every)
        world = initial_world(model, parameters, like.shape, values.dtype)

        def month(world: World, number: Array) -> tuple[World, Array]:
            clock = self._simulator.clock(number)
            seed, numbers = jnp.asarray(past.seed), jnp.asarray(past.numbers)
            world, happened = self._simulator.step(world, parameters, clock, numbers, seed, past)
            kept = self._simulator.keep(world, happened)
            rows = [kept[one.quantity.name][one.row or 0] for one in self._observed]
            return world, jnp.stack(rows)

        _, found = jax.lax.scan(month, world, jnp.arange(len(past.shocks)))
        return found
