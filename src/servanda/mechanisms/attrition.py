"""Attrition: armies lose and recruit soldiers, and foreign troops change both.

A side loses L0·tempo·lethality·(fire deficit)^e soldiers a month. Lethality rises with new weapons
towards a ceiling λ̄ at the rate r: 1 + (λ̄ − 1)(1 − e^(−rt)). Without the ceiling the model would
kill millions a month by 2030. The fire deficit is the share that the enemy can fire of the fire it
wants, divided by the own share. It is one where both sides fire all they want. The number of men M
follows M' = M + recruits − irrecoverable losses − discharge; discharge decays exactly over the
step. A shortage of men raises the price of a recruit, and the price raises recruitment, R =
R0·(price/price0)^ε. Foreign troops have their own hazard of loss and add to the men present. They
also release experienced soldiers of the receiver in proportion. These soldiers lower losses by
their share of the force. Foreign troops take their share of the enemy's fire.

Source: Lanchester (1916) with exponents after Dupuy and Epstein's criticism. The record barely
identifies e (ten points give 0.05 ± 0.12), so the prior of e is centred near zero. Recruits follow
a supply curve with a price: Russian sign-on bonuses grew from 2023 to 2024.

Left out: killed and wounded as separate numbers; training; equipment other than shells; the
defender's allies.
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
from servanda.world.ranges import ANY, POSITIVE, SHARE

# No larger fire deficit has been observed, so the power law is not used beyond this ratio.
_WIDEST_DEFICIT = 20.0


class Attrition(Theory):
    """The slot: armies, their losses and their recruits.

    Where a case names no theory of this slot, men are unlimited and no soldier is lost.
    """

    slot = "attrition"
    State = AttritionState
    Flows = AttritionFlows


class ArmyParameters(eqx.Module):
    """Parameters of losses and recruits, most of them one for each belligerent. Abstract."""

    losses: Float[Array, "belligerent *run"] = parameter(
        "belligerent", "person/month", "soldiers killed and wounded at tempo one and lethality one"
    )
    men: Float[Array, "belligerent *run"] = parameter(
        "belligerent", "person", "soldiers in the theatre at the start"
    )
    irrecoverable: Float[Array, "belligerent *run"] = parameter(
        "belligerent", "dimensionless", "share of losses that do not return to duty", SHARE
    )
    discharge: Float[Array, "belligerent *run"] = parameter(
        "belligerent", "1/month", "rate at which soldiers leave for other reasons"
    )
    recruits: Float[Array, "belligerent *run"] = parameter(
        "belligerent", "person/month", "recruits at the initial price"
    )
    recruit_price: Float[Array, "belligerent *run"] = parameter(
        "belligerent", "USD/person", "price of a recruit at the start", POSITIVE
    )
    price_elasticity: Float[Array, "belligerent *run"] = parameter(
        "belligerent", "dimensionless", "elasticity of recruits to their price", ANY
    )
    price_response: Float[Array, "belligerent *run"] = parameter(
        "belligerent", "1/month", "growth rate of the price per unit of the share of men missing"
    )
    foreign_loss: Float[Array, "tie *run"] = parameter(
        "tie", "1/month", "hazard that a lent person is killed or wounded at tempo one"
    )
    released: Float[Array, "*run"] = parameter(
        "", "dimensionless", "experienced soldiers released by one foreign soldier"
    )
    release_quality: Float[Array, "*run"] = parameter(
        "", "dimensionless", "relative fall of losses if the whole force were experienced", SHARE
    )


class Armies(Attrition):
    """A family: armies lose men in proportion to tempo and lethality, and they recruit."""

    arms: tuple[int, ...]
    foreign: tuple[int | None, ...]

    @classmethod
    def build(cls, case: Case, layout: Layout) -> Self:
        """Find each side's account of arms and the ties that lend it soldiers."""
        axes, arms = layout.axes, case.spec.war.arms
        accounts = [axes.account(side, arms) for side in axes["belligerent"]]
        return cls(
            arms=tuple(account for account in accounts if account is not None),
            foreign=tuple(axes.fights_for(t) for t in case.spec.ties),
        )

    def initial(self, p: ArmyParameters) -> AttritionState:
        """Initial men, initial price and initial hazard of lent people."""
        return AttritionState(men=p.men, recruit_price=p.recruit_price, loss_rate=p.foreign_loss)

    def step(
        self, p: Any, world: World, month: Month, draws: Draws, clock: Clock
    ) -> tuple[AttritionState, AttritionFlows]:
        """Compute losses, recruits and the next price."""
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
        """Losses relative to the base rate, one for each side."""

    def _recruits(self, p: ArmyParameters, world: World, dt: float) -> Array:
        """Recruits by the supply curve. In peace, armies only replace soldiers who leave."""
        bid = jnp.log(world.attrition.recruit_price / p.recruit_price)
        wartime = p.recruits * jnp.exp(p.price_elasticity * bid)
        peacetime = jnp.minimum(p.discharge * world.attrition.men, p.recruits)
        return dt * jnp.where(world.war.war > 0, wartime, peacetime)


@final
class FireParameters(ArmyParameters):
    """Parameters of losses that depend on fire and new weapons."""

    lethality_ceiling: Float[Array, "*run"] = parameter(
        "", "dimensionless", "ceiling of lethality; lethality is 1 at the start", POSITIVE
    )
    lethality_rate: Float[Array, "*run"] = parameter(
        "", "1/month", "rate at which lethality approaches its ceiling"
    )
    fire_exponent: Float[Array, "*run"] = parameter(
        "", "dimensionless", "elasticity of losses to the fire deficit", ANY
    )


@final
class FireAndTempo(Armies):
    """Losses depend on tempo, lethality and the fire deficit."""

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
    """Parameters of losses that depend on tempo alone."""


@final
class ConstantLosses(Armies):
    """Null rival: losses depend on tempo alone; fire and new weapons have no effect."""

    variant = "constant-losses"
    Parameters = ConstantParameters

    def _lethality(self, p: ConstantParameters, month: Month, clock: Clock) -> Array:
        return jnp.ones_like(p.losses)
