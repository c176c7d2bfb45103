"""Arsenal: stocks, output and exhaustion, for shells as for oil.

Output capacity K grows logistically towards a ceiling, dK/dt = gK(1 − K/K̄), and is solved exactly
over the step. An industry that depends on delivered inputs makes the less the shorter they are:
made = K(1 − ψ·shortage of inputs). Demand follows the war's tempo, D = D0·tempo^α (α = 0 for goods
that do not). Use is rationed as the stock S falls, dS/dt = −D(1 − exp(−S/ρD)), ρ being the months
of cover at which thrift sets in. With u = S/ρD this integrates to

    u(t) = log(1 + (e^u − 1)·e^(−t/ρ)),    used = ρD·(u(0) − u(t)),

so halving the step changes little. Half the month's output is counted as there from the start
(midpoint).

Source: logistic expansion of war industry, as in the estimates of Russian output for 2022–2024;
the rationing rule is this project's, after the article's and the record's picture of fire falling
with stocks.

Left out: calibres and quality of rounds; factories as targets; refurbishment apart from new output.
"""

from typing import Self

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from servanda.case import Case
from servanda.world import Axes, Clock, Draws, Month, Process, World, parameter


class ArsenalParameters(eqx.Module):
    """Parameters of stocks and output, one an account."""

    initial_stock: Float[Array, "account *run"] = parameter(
        "account", "{good}", "stock at the start"
    )
    usable_share: Float[Array, "account *run"] = parameter(
        "account", "dimensionless", "share of the initial stock fit for use"
    )
    initial_capacity: Float[Array, "account *run"] = parameter(
        "account", "{good}/month", "output capacity at the start"
    )
    capacity_growth: Float[Array, "account *run"] = parameter(
        "account", "1/month", "growth rate of capacity far below its ceiling"
    )
    capacity_ceiling: Float[Array, "account *run"] = parameter(
        "account", "{good}/month", "capacity that growth approaches"
    )
    input_dependence: Float[Array, "account *run"] = parameter(
        "account", "dimensionless", "share of output that stops without delivered inputs"
    )
    demand: Float[Array, "account *run"] = parameter(
        "account", "{good}/month", "use wanted at tempo one, were supply unlimited"
    )
    tempo_elasticity: Float[Array, "account *run"] = parameter(
        "account", "dimensionless", "percent more demand for a percent more tempo"
    )
    cover: Float[Array, "account *run"] = parameter(
        "account", "month", "months of stock at which rationing sets in"
    )


class LogisticOutput(Process):
    """Capacity grows towards a ceiling; use is rationed as the stock falls."""

    inputs: tuple[int | None, ...]

    slot = "arsenal"
    variant = "logistic-output"
    reads = frozenset({"stock", "capacity", "tempo"})
    writes = frozenset({"capacity", "made", "demand", "use_request", "shortage"})
    Parameters = ArsenalParameters

    @classmethod
    def build(cls, case: Case, axes: Axes) -> Self:
        """Each account depends on its owner's account of inputs, where there is one."""
        owners = [label.split(".") for label in axes["account"]]
        return cls(
            inputs=tuple(
                None if good == "inputs" else axes.account(actor, "inputs")
                for actor, good in owners
            )
        )

    def initial(self, p: ArsenalParameters) -> dict[str, Array]:
        """The usable part of the stock, and the first capacity."""
        return {"stock": p.initial_stock * p.usable_share, "capacity": p.initial_capacity}

    def step(
        self, p: ArsenalParameters, world: World, month: Month, draws: Draws, clock: Clock
    ) -> dict[str, Array]:
        """Make, and ask for what the month would use."""
        capacity = self._grow(p, world.capacity, clock.dt)
        tempo = jnp.log(jnp.maximum(month.tempo, 1e-6))
        demand = p.demand * jnp.exp(p.tempo_elasticity * tempo)
        scale = jnp.maximum(p.cover * demand, 1e-6)
        shortage = jnp.where(demand > 0, jnp.exp(-world.stock / scale), 0.0)
        nothing = jnp.zeros_like(shortage[0])
        short = jnp.stack([nothing if i is None else shortage[i] for i in self.inputs])
        made = (world.capacity + capacity) / 2 * clock.dt * (1 - p.input_dependence * short)
        return {
            "capacity": capacity,
            "made": made,
            "demand": demand,
            "use_request": thrifty_use(world.stock + made / 2, demand, p.cover, clock.dt),
            "shortage": shortage,
        }

    def _grow(self, p: ArsenalParameters, capacity: Array, dt: float) -> Array:
        """The logistic equation, exactly."""
        growth = jnp.exp(p.capacity_growth * dt)
        room = jnp.maximum(p.capacity_ceiling, 1e-30)
        return capacity * growth / (1 + capacity * (growth - 1) / room)


class ConstantOutput(LogisticOutput):
    """Null rival: output stays what it was at the start."""

    variant = "constant-output"

    def _grow(self, p: ArsenalParameters, capacity: Array, dt: float) -> Array:
        return capacity


def thrifty_use(
    stock: Float[Array, "*shape"],
    demand: Float[Array, "*shape"],
    cover: Float[Array, "*shape"],
    dt: float,
) -> Float[Array, "*shape"]:
    """What a step uses under dS/dt = −D(1 − exp(−S/ρD)), exactly; zero where demand is."""
    scale = jnp.maximum(cover * demand, 1e-6)
    u = stock / scale
    t = dt / jnp.maximum(cover, 1e-6)
    # log(1 + (e^u − 1)e^−t) without overflow for a large stock
    left = jnp.logaddexp(u - t, jnp.log(-jnp.expm1(-t)))
    return jnp.where(demand > 0, jnp.clip(scale * (u - left), 0.0, stock), 0.0)
