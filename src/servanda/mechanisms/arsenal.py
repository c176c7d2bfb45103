"""Arsenal: stocks, output and exhaustion, for shells as for oil.

Output capacity K grows logistically towards a ceiling, dK/dt = gK(1 − K/K̄), and is solved exactly
over the step. An industry that depends on delivered inputs makes the less the shorter they are:
made = K(1 − ψ·shortage of inputs); the case says which good is made with which. Demand follows the
war's tempo, D = D0·tempo^α (α = 0 for goods that do not). Use is rationed as the stock S falls,
dS/dt = −D(1 − exp(−S/ρD)), ρ being the months of cover at which thrift sets in. With u = S/ρD this
integrates to

    u(t) = log(1 + (e^u − 1)·e^(−t/ρ)),    used = ρD·(u(0) − u(t)),

so halving the step changes little. Half the month's output is counted as there from the start
(midpoint).

Source: logistic expansion of war industry, as in the estimates of Russian output for 2022–2024;
the rationing rule is this project's, after the article's and the record's picture of fire falling
with stocks.

Left out: calibres and quality of rounds; factories as targets; refurbishment apart from new output.
"""

from abc import abstractmethod
from typing import Any, Self, final

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from servanda.case import Case
from servanda.world import Clock, Draws, Layout, Month, Theory, World, parameter
from servanda.world.quantities.arsenal import ArsenalFlows, ArsenalState


class Arsenal(Theory):
    """The slot: what is made, and what the month would use. It says what stocks there are at first.

    Where a case names no theory of it nothing is held, made or used, so that only knowledge can be
    given.
    """

    slot = "arsenal"
    State = ArsenalState
    Flows = ArsenalFlows

    @abstractmethod
    def opening_stock(self, p: Any) -> Float[Array, "account *run"]:
        """What the ledger's accounts hold before the first month."""


class OutputParameters(eqx.Module):
    """Parameters of stocks and output, one an account. Abstract: each theory has its own."""

    initial_stock: Float[Array, "account *run"] = parameter(
        "account", "{good}", "stock at the start"
    )
    usable_share: Float[Array, "account *run"] = parameter(
        "account", "dimensionless", "share of the initial stock fit for use"
    )
    initial_capacity: Float[Array, "account *run"] = parameter(
        "account", "{good}/month", "output capacity at the start"
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


class Output(Arsenal):
    """A family: capacity, however it grows, is held up by short inputs; use by a falling stock."""

    inputs: tuple[int | None, ...]

    @classmethod
    def build(cls, case: Case, layout: Layout) -> Self:
        """Each account depends on its owner's account of what its good is made with, if any."""
        axes = layout.axes
        return cls(
            inputs=tuple(
                axes.account(a.owner, a.good.made_with) if a.good.made_with else None
                for a in axes.accounts
            )
        )

    def initial(self, p: OutputParameters) -> ArsenalState:
        """The first capacity."""
        return ArsenalState(capacity=p.initial_capacity)

    def opening_stock(self, p: OutputParameters) -> Float[Array, "account *run"]:
        """The usable part of the stock."""
        return p.initial_stock * p.usable_share

    def step(
        self, p: Any, world: World, month: Month, draws: Draws, clock: Clock
    ) -> tuple[ArsenalState, ArsenalFlows]:
        """Make, and ask for what the month would use."""
        before, stock = world.arsenal.capacity, world.ledger.stock
        capacity = self._grow(p, before, clock.dt)
        tempo = jnp.log(jnp.maximum(month.war.tempo, 1e-6))
        demand = p.demand * jnp.exp(p.tempo_elasticity * tempo)
        scale = jnp.maximum(p.cover * demand, 1e-6)
        shortage = jnp.where(demand > 0, jnp.exp(-stock / scale), 0.0)
        nothing = jnp.zeros_like(shortage[0])
        short = jnp.stack([nothing if i is None else shortage[i] for i in self.inputs])
        made = (before + capacity) / 2 * clock.dt * (1 - p.input_dependence * short)
        use = thrifty_use(stock + made / 2, demand, p.cover, clock.dt)
        return (
            ArsenalState(capacity=capacity),
            ArsenalFlows(made=made, demand=demand, use_request=use, shortage=shortage),
        )

    @abstractmethod
    def _grow(self, p: Any, capacity: Array, dt: float) -> Array:
        """Capacity at the step's end."""


@final
class LogisticParameters(OutputParameters):
    """Parameters of logistic output."""

    capacity_growth: Float[Array, "account *run"] = parameter(
        "account", "1/month", "growth rate of capacity far below its ceiling"
    )
    capacity_ceiling: Float[Array, "account *run"] = parameter(
        "account", "{good}/month", "capacity that growth approaches"
    )


@final
class LogisticOutput(Output):
    """Capacity grows towards a ceiling; use is rationed as the stock falls."""

    variant = "logistic-output"
    Parameters = LogisticParameters

    def _grow(self, p: LogisticParameters, capacity: Array, dt: float) -> Array:
        # the logistic equation, exactly
        growth = jnp.exp(p.capacity_growth * dt)
        room = jnp.maximum(p.capacity_ceiling, 1e-30)
        return capacity * growth / (1 + capacity * (growth - 1) / room)


@final
class ConstantParameters(OutputParameters):
    """Parameters of constant output."""


@final
class ConstantOutput(Output):
    """Null rival: output stays what it was at the start."""

    variant = "constant-output"
    Parameters = ConstantParameters

    def _grow(self, p: ConstantParameters, capacity: Array, dt: float) -> Array:
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
