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

from typing import Self

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from servanda.case import Case
from servanda.world import Axes, Clock, Draws, Month, Process, World, parameter
from servanda.world.axes import collect, pick

# Fire deficits beyond this ratio have not been seen, and a power law should not be trusted there.
_WIDEST_DEFICIT = 20.0


class AttritionParameters(eqx.Module):
    """Parameters of losses and recruits, one a belligerent unless noted."""

    losses: Float[Array, "belligerent *run"] = parameter(
        "belligerent", "person/month", "killed and wounded at tempo one, lethality one"
    )
    lethality_ceiling: Float[Array, "*run"] = parameter(
        "", "dimensionless", "lethality that new weapons approach, 1 at the start"
    )
    lethality_rate: Float[Array, "*run"] = parameter(
        "", "1/month", "rate at which lethality approaches its ceiling"
    )
    fire_exponent: Float[Array, "*run"] = parameter(
        "", "dimensionless", "percent more losses for a percent more fire deficit"
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


class FireAndTempo(Process):
    """Losses follow tempo, lethality and the fire deficit."""

    arms: tuple[int, ...]
    foreign: tuple[int | None, ...]

    slot = "attrition"
    variant = "fire-and-tempo"
    reads = frozenset({"men", "recruit_price", "lent", "war", "tempo", "manning", "used", "demand"})
    writes = frozenset({"men", "recruit_price", "loss_rate", "losses", "recruits", "released"})
    Parameters = AttritionParameters

    @classmethod
    def build(cls, case: Case, axes: Axes) -> Self:
        """Each side fires from its own account of arms and gets the people lent to it to fight."""
        war, sides = case.spec.war, axes["belligerent"]
        accounts = [axes.at("account", f"{side}.{war.arms}") for side in sides]
        return cls(
            arms=tuple(accounts),
            foreign=tuple(axes.fights_for(t) for t in case.spec.ties),
        )

    def initial(self, p: AttritionParameters) -> dict[str, Array]:
        """First men, first price, and no one lent yet."""
        return {"men": p.men, "recruit_price": p.recruit_price, "loss_rate": p.foreign_loss}

    def step(
        self, p: AttritionParameters, world: World, month: Month, draws: Draws, clock: Clock
    ) -> dict[str, Array]:
        """Lose, recruit, bid."""
        helpers = collect(world.lent, self.foreign, world.men.shape[0])
        released = p.released * helpers
        present = jnp.maximum(world.men + helpers, 1.0)
        eased = (1 - p.release_quality * released / present) * world.men / present
        rate = p.losses * month.tempo * self._lethality(p, month, clock)
        losses = jnp.minimum(rate * clock.dt * jnp.maximum(eased, 0.0), world.men)
        recruits = self._recruits(p, world, clock.dt)
        stay = jnp.exp(-p.discharge * clock.dt)
        men = world.men * stay + recruits - p.irrecoverable * losses
        shortage = world.war * jnp.clip(1 - month.manning, -0.5, 0.5)
        price = world.recruit_price * jnp.exp(p.price_response * shortage * clock.dt)
        fights = jnp.stack(
            [jnp.zeros_like(month.tempo) if side is None else month.tempo for side in self.foreign]
        )
        return {
            "men": jnp.maximum(men, 0.0),
            "recruit_price": jnp.clip(price, p.recruit_price / 5, p.recruit_price * 20),
            "loss_rate": p.foreign_loss * fights,
            "losses": losses,
            "recruits": recruits,
            "released": released,
        }

    def _lethality(self, p: AttritionParameters, month: Month, clock: Clock) -> Array:
        """Lethality and fire deficit, one a side."""
        drift = 1 + (p.lethality_ceiling - 1) * -jnp.expm1(-p.lethality_rate * clock.time)
        served = pick(month.used, self.arms) / jnp.maximum(
            pick(month.demand, self.arms) * clock.dt, 1e-6
        )
        deficit = jnp.clip(
            served[::-1] / jnp.maximum(served, 1e-6), 1 / _WIDEST_DEFICIT, _WIDEST_DEFICIT
        )
        return drift * jnp.exp(p.fire_exponent * jnp.log(deficit))

    def _recruits(self, p: AttritionParameters, world: World, dt: float) -> Array:
        """The supply curve of recruits; peacetime armies only replace those who leave."""
        bid = jnp.log(world.recruit_price / p.recruit_price)
        wartime = p.recruits * jnp.exp(p.price_elasticity * bid)
        peacetime = jnp.minimum(p.discharge * world.men, p.recruits)
        return dt * jnp.where(world.war > 0, wartime, peacetime)


class ConstantLosses(FireAndTempo):
    """Null rival: losses follow tempo alone; fire and new weapons change nothing."""

    variant = "constant-losses"

    def _lethality(self, p: AttritionParameters, month: Month, clock: Clock) -> Array:
        return jnp.ones_like(p.losses)
