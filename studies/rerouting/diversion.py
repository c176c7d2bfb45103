"""Diversion: rerouted trade grows towards a share of the trade that a ban took.

The recursions are those of the `evasion` mechanism. They are written here per unit of the ceiling
θ: diverted trade is θ·g, and g does not depend on θ. L is the loss in a month and ρ the monthly
rate:

    saturating    g' = g + (L − g)(1 − e^(−ρ))
    network       g' = g + (L − g)·(s + u)(1 − e)/(s + u + (1 − u)e),  u = g/L,  e = e^(−ρ(1 + s))

The first approaches its ceiling from the first month. The second starts slowly, at a seed s, and
grows with its traffic. Both are proportional to θ, which makes an exact fit cheap: all series share
a grid over (ρ, s), and each series needs one more dimension, its own θ.

Sources: saturating diversion after Chupilkin, Javorcik and Plekhanov, "The Eurasian Roundabout",
EBRD Working Paper 276 (2023); logistic growth is standard.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from jaxtyping import Float64

Variant = Literal["saturating", "network", "none"]
VARIANTS: tuple[Variant, ...] = ("saturating", "network", "none")


def approach(
    variant: Variant,
    rate: Float64[np.ndarray, " node"],
    seed: Float64[np.ndarray, " node"],
    used: Float64[np.ndarray, " node"],
    months: float = 1.0,
) -> Float64[np.ndarray, " node"]:
    """Share of the way to the ceiling that one step goes.

    Args:
        variant: The theory.
        rate: ρ, 1/month.
        seed: s, of the ceiling; only `network` reads it.
        used: u, diverted trade as a share of its ceiling, 0 to 1; only `network` reads it.
        months: Length of the step.
    """
    if variant == "none":
        return np.zeros_like(rate)
    if variant == "saturating":
        return -np.expm1(-rate * months)
    growth = rate * (1 + seed) * months
    pull = seed + used
    share: Float64[np.ndarray, " node"] = (
        pull * -np.expm1(-growth) / (pull + (1 - used) * np.exp(-growth))
    )
    return share


def diverted(
    variant: Variant,
    loss: Float64[np.ndarray, "node month"],
    rate: Float64[np.ndarray, " node"],
    seed: Float64[np.ndarray, " node"],
    start: Float64[np.ndarray, " node"] | None = None,
) -> Float64[np.ndarray, "node month"]:
    """Diverted trade in each month, per unit of θ, in the unit of the loss.

    Args:
        variant: The theory.
        loss: L, the loss in each month; zero without a ban.
        rate: ρ of each node, 1/month.
        seed: s of each node.
        start: g before the first month; zero if not given.
    """
    now = np.zeros(len(rate)) if start is None else start
    path = np.zeros_like(loss)
    for month in range(loss.shape[1]):
        ceiling = loss[:, month]
        # Without a loss the ceiling is zero, and remaining diversion counts as full use of it.
        full = (now > 0).astype(np.float64)
        used = np.where(ceiling > 0, now / np.where(ceiling > 0, ceiling, 1.0), full)
        step = approach(variant, rate, seed, np.clip(used, 0.0, 1.0))
        now = now + (ceiling - now) * step
        path[:, month] = now
    return path
