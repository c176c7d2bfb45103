"""Arsenal: actors produce and use goods, and use less when stocks run low.

The same equations hold for every good, shells and oil alike. Output capacity K grows logistically
towards a ceiling K̄ at the rate g, dK/dt = gK(1 − K/K̄). The equation is solved exactly over the
step. An industry may depend on delivered inputs. It then produces less when inputs are short:
made = K(1 − ψ·shortage of inputs), where ψ is the dependence on inputs. The case says which good is
made with which. Demand follows the war's tempo, D = D0·tempo^α. For goods that do not depend on the
war α = 0. Actors ration use as the stock S falls, dS/dt = −D(1 − exp(−S/ρD)). Here ρ is the number
of months of cover at which rationing sets in. With u = S/ρD the integral is

    u(t) = log(1 + (e^u − 1)·e^(−t/ρ)),    used = ρD·(u(0) − u(t)),

so halving the step changes little. Half of the month's output counts as stock from the start of the
month (midpoint rule).

Source: logistic expansion of war industry, as in the estimates of Russian output for 2022–2024. The
rationing rule is this project's. It follows the article and the record, in which fire falls as
stocks fall.

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
from servanda.world.ranges import POSITIVE, SHARE


class Arsenal(Theory):
    """The slot: output, demand and use of goods. Its theory also sets the opening stocks.

    Where a case names no theory of this slot, no good is held, made or used. Actors can then give
    each other knowledge only.
    """

    slot = "arsenal"
    State = ArsenalState
    Flows = ArsenalFlows

    @abstractmethod
    def opening_stock(self, p: Any) -> Float[Array, "account *run"]:
        """The stock of each account of the ledger before the first month."""


class OutputParameters(eqx.Module):
    """Parameters of stocks and output, one for each account. Abstract: theories extend it."""

    initial_stock: Float[Array, "account *run"] = parameter(
        "account", "{good}", "stock at the start"
    )
    usable_share: Float[Array, "account *run"] = parameter(
        "account", "dimensionless", "share of the initial stock that is fit for use", SHARE
    )
    initial_capacity: Float[Array, "account *run"] = parameter(
        "account", "{good}/month", "output capacity at the start"
    )
    input_dependence: Float[Array, "account *run"] = parameter(
        "account", "dimensionless", "share of output lost when there are no delivered inputs", SHARE
    )
    demand: Float[Array, "account *run"] = parameter(
        "account", "{good}/month", "demand at tempo one, with unlimited supply"
    )
    tempo_elasticity: Float[Array, "account *run"] = parameter(
        "account", "dimensionless", "elasticity of demand to tempo"
    )
    cover: Float[Array, "account *run"] = parameter(
        "account",
        "month",
        "months of demand that the stock covers when rationing sets in",
        POSITIVE,
    )


class Output(Arsenal):
    """A family: short inputs reduce output, and a low stock reduces use."""

    inputs: tuple[int | None, ...]

    @classmethod
    def build(cls, case: Case, layout: Layout) -> Self:
        """Find, for each account, its owner's account of the input of its good, if it has one."""
        axes = layout.axes
        return cls(
            inputs=tuple(
                axes.account(a.owner, a.good.made_with) if a.good.made_with else None
                for a in axes.accounts
            )
        )

    def initial(self, p: OutputParameters) -> ArsenalState:
        """Capacity at the start."""
        return ArsenalState(capacity=p.initial_capacity)

    def opening_stock(self, p: OutputParameters) -> Float[Array, "account *run"]:
        """The usable part of the initial stock."""
        return p.initial_stock * p.usable_share

    def step(
        self, p: Any, world: World, month: Month, draws: Draws, clock: Clock
    ) -> tuple[ArsenalState, ArsenalFlows]:
        """Compute output and request the month's use."""
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
        """Capacity at the end of the step."""


@final
class LogisticParameters(OutputParameters):
    """Parameters of logistic output."""

    capacity_growth: Float[Array, "account *run"] = parameter(
        "account", "1/month", "growth rate of capacity when it is far below its ceiling"
    )
    capacity_ceiling: Float[Array, "account *run"] = parameter(
        "account", "{good}/month", "ceiling of capacity"
    )


@final
class LogisticOutput(Output):
    """Capacity grows towards a ceiling; use is rationed as the stock falls."""

    variant = "logistic-output"
    Parameters = LogisticParameters

    def _grow(self, p: LogisticParameters, capacity: Array, dt: float) -> Array:
        # exact solution of the logistic equation
        growth = jnp.exp(p.capacity_growth * dt)
        room = jnp.maximum(p.capacity_ceiling, 1e-30)
        return capacity * growth / (1 + capacity * (growth - 1) / room)


@final
class ConstantParameters(OutputParameters):
    """Parameters of constant output."""


@final
class ConstantOutput(Output):
    """Null rival: capacity stays as it was at the start."""

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
    """Use in one step under dS/dt = −D(1 − exp(−S/ρD)), solved exactly.

    Use is zero where demand is zero.
    """
    scale = jnp.maximum(cover * demand, 1e-6)
    u = stock / scale
    t = dt / jnp.maximum(cover, 1e-6)
    # log(1 + (e^u − 1)e^−t) without overflow for a large stock
    left = jnp.logaddexp(u - t, jnp.log(-jnp.expm1(-t)))
    return jnp.where(demand > 0, jnp.clip(scale * (u - left), 0.0, stock), 0.0)
