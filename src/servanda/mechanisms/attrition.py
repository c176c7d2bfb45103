"""Attrition: losses, recruits and men, and what foreign troops add.

Monthly losses of a side = L0·tempo·lethality·(fire deficit)^e. Lethality drifts with new weapons
towards a ceiling, 1 + (λ̄ − 1)(1 − e^(−rt)): without the ceiling it kills millions a month by
2030. The fire deficit is the enemy's share of the fire it wants over one's own: one where both
fire all they want. Men M' = M + recruits − irrecoverable losses − discharge, with exact decay. A
shortage of men bids up the price of a recruit, and the price draws recruits, R =
R0·(price/price0)^ε. Foreign troops are lost at a rate of their own, add to the men present, and
free own experienced soldiers in proportion, who lower losses by their share of the force; and they
take their own share of the enemy's fire.

Source: Lanchester (1916) with exponents after Dupuy and Epstein's criticism: the record barely
identifies e (ten points give 0.05 ± 0.12), so its prior is centred near zero. Recruits as a supply
curve with a price: the growth of Russian sign-on bonuses from 2023 to 2024.

Left out: who is killed against wounded; training; equipment other than shells; the defender's
allies.
"""

from abc import abstractmethod
from typing import Any, Self, final

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from servanda.case import Case
from servanda.world import Clock, Draws, Layout, Month, Theory, World, parameter
from servanda.world.axes import collect, pick
from servanda.world.quantities.attrition import AttritionFlows, AttritionState

# Fire deficits beyond this ratio have not been seen, and a power law should not be trusted there.
_WIDEST_DEFICIT = 20.0


class Attrition(Theory):
    """The slot: armies, their losses and their recruits.

    Where a case names no theory of it armies lack nobody: men are without limit, and none is lost.
    """

    slot = "attrition"
    State = AttritionState
    Flows = AttritionFlows


class ArmyParameters(eqx.Module):
    """Parameters of losses and recruits, one a belligerent unless noted. Abstract."""

    losses: Float[Array, "belligerent *run"] = parameter(
        "belligerent", "person/month", "killed and wounded at tempo one, lethality one"
    )
    men: Float[Array, "belligerent *run"] = parameter(
        "belligerent", "person", "soldiers in the theatre at the start"
    )
    irrecoverable: Float[Array, "belligerent *run"] = parameter(
        "belligerent", "dimensionless", "share of losses that never return"
    )
    discharge: Float[Array, "belligerent *run"] = parameter(
        "belligerent", "1/month", "rate of leaving for other reasons"
    )
    recruits: Float[Array, "belligerent *run"] = parameter(
        "belligerent", "person/month", "recruits at the first price"
    )
    recruit_price: Float[Array, "belligerent *run"] = parameter(
        "belligerent", "USD/person", "price of a recruit at the start"
    )
    price_elasticity: Float[Array, "belligerent *run"] = parameter(
        "belligerent", "dimensionless", "percent more recruits for a percent higher price"
    )
    price_response: Float[Array, "belligerent *run"] = parameter(
        "belligerent", "1/month", "growth of the price at a full shortage of men"
    )
    foreign_loss: Float[Array, "tie *run"] = parameter(
        "tie", "1/month", "hazard of loss of lent people at tempo one"
    )
    released: Float[Array, "*run"] = parameter(
        "", "dimensionless", "experienced soldiers freed by one foreign soldier"
    )
    release_quality: Float[Array, "*run"] = parameter(
        "", "dimensionless", "fall of losses if the whole force were experienced"
    )


class Armies(Attrition):
    """A family: armies lose men in proportion to tempo and to a lethality, and recruit."""

    arms: tuple[int, ...]
    foreign: tuple[int | None, ...]

    @classmethod
    def build(cls, case: Case, layout: Layout) -> Self:
        """Each side fires from its own account of arms and gets the people lent to it to fight."""
        axes, arms = layout.axes, case.spec.war.arms
        accounts = [axes.account(side, arms) for side in axes["belligerent"]]
        return cls(
            arms=tuple(account for account in accounts if account is not None),
            foreign=tuple(axes.fights_for(t) for t in case.spec.ties),
        )

    def initial(self, p: ArmyParameters) -> AttritionState:
        """First men, first price, and no one lent yet."""
        return AttritionState(men=p.men, recruit_price=p.recruit_price, loss_rate=p.foreign_loss)

    def step(
        self, p: Any, world: World, month: Month, draws: Draws, clock: Clock
    ) -> tuple[AttritionState, AttritionFlows]:
        """Lose, recruit, bid."""
        army, tempo = world.attrition, month.war.tempo
        helpers = collect(world.ledger.lent, self.foreign, army.men.shape[0])
        released = p.released * helpers
        present = jnp.maximum(army.men + helpers, 1.0)
        eased = (1 - p.release_quality * released / present) * army.men / present
        rate = p.losses * tempo * self._lethality(p, month, clock)
        losses = jnp.minimum(rate * clock.dt * jnp.maximum(eased, 0.0), army.men)
        recruits = self._recruits(p, world, clock.dt)
        stay = jnp.exp(-p.discharge * clock.dt)
        men = army.men * stay + recruits - p.irrecoverable * losses
        shortage = world.war.war * jnp.clip(1 - month.war.manning, -0.5, 0.5)
        price = army.recruit_price * jnp.exp(p.price_response * shortage * clock.dt)
        fights = jnp.stack(
            [jnp.zeros_like(tempo) if side is None else tempo for side in self.foreign]
        )
        return (
            AttritionState(
                men=jnp.maximum(men, 0.0),
                recruit_price=jnp.clip(price, p.recruit_price / 5, p.recruit_price * 20),
                loss_rate=p.foreign_loss * fights,
            ),
            AttritionFlows(losses=losses, recruits=recruits, released=released),
        )

    @abstractmethod
    def _lethality(self, p: Any, month: Month, clock: Clock) -> Array:
        """How many more are lost than at the base rate, one a side."""

    def _recruits(self, p: ArmyParameters, world: World, dt: float) -> Array:
        """The supply curve of recruits; peacetime armies only replace those who leave."""
        bid = jnp.log(world.attrition.recruit_price / p.recruit_price)
        wartime = p.recruits * jnp.exp(p.price_elasticity * bid)
        peacetime = jnp.minimum(p.discharge * world.attrition.men, p.recruits)
        return dt * jnp.where(world.war.war > 0, wartime, peacetime)


@final
class FireParameters(ArmyParameters):
    """Parameters of losses that follow fire and new weapons."""

    lethality_ceiling: Float[Array, "*run"] = parameter(
        "", "dimensionless", "lethality that new weapons approach, 1 at the start"
    )
    lethality_rate: Float[Array, "*run"] = parameter(
        "", "1/month", "rate at which lethality approaches its ceiling"
    )
    fire_exponent: Float[Array, "*run"] = parameter(
        "", "dimensionless", "percent more losses for a percent more fire deficit"
    )


@final
class FireAndTempo(Armies):
    """Losses follow tempo, lethality and the fire deficit."""

    variant = "fire-and-tempo"
    Parameters = FireParameters

    def _lethality(self, p: FireParameters, month: Month, clock: Clock) -> Array:
        drift = 1 + (p.lethality_ceiling - 1) * -jnp.expm1(-p.lethality_rate * clock.time)
        served = pick(month.ledger.used, self.arms) / jnp.maximum(
            pick(month.arsenal.demand, self.arms) * clock.dt, 1e-6
        )
        deficit = jnp.clip(
            served[::-1] / jnp.maximum(served, 1e-6), 1 / _WIDEST_DEFICIT, _WIDEST_DEFICIT
        )
        return drift * jnp.exp(p.fire_exponent * jnp.log(deficit))


@final
class ConstantParameters(ArmyParameters):
    """Parameters of losses that follow tempo alone."""


@final
class ConstantLosses(Armies):
    """Null rival: losses follow tempo alone; fire and new weapons change nothing."""

    variant = "constant-losses"
    Parameters = ConstantParameters

    def _lethality(self, p: ConstantParameters, month: Month, clock: Clock) -> Array:
        return jnp.ones_like(p.losses)
