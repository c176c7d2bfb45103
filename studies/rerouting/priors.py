"""Priors of diversion, as nodes with weights.

Ceiling θ and rate ρ are lognormal, evenly spaced in the log; the seed s has quantiles of equal
weight; expected trade is lognormal, at Gauss–Hermite nodes. All series share the nodes of expected
trade, ρ and s; each has its own nodes of θ. Sums over nodes converge fast, because posteriors are
smooth.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64
from scipy import special

from studies.rerouting.diversion import Variant
from studies.rerouting.fit import Noise

SPAN = 4.0  # standard deviations on either side, because the record may lie in a prior's tail

Nodes = Float64[np.ndarray, " node"]
Weighted = tuple[Nodes, Nodes]


@dataclass(frozen=True, slots=True)
class Lognormal:
    """A prior of a positive number: its median and the standard deviation of its log."""

    median: float
    log_sd: float

    def nodes(self, count: int) -> Weighted:
        """Values evenly spaced in the log, and the weight of each; one is the median."""
        steps = np.linspace(-SPAN, SPAN, count) if count > 1 else np.zeros(1)
        weights = np.exp(-0.5 * steps**2)
        return self.median * np.exp(self.log_sd * steps), weights / weights.sum()


@dataclass(frozen=True, slots=True)
class Seed:
    """A beta prior of the seed: growth without traffic, as a share of growth at the ceiling."""

    a: float
    b: float

    def nodes(self, count: int) -> Weighted:
        """The middles of `count` slices of equal probability, and their equal weights."""
        middles = (np.arange(count) + 0.5) / count
        values: Nodes = special.betaincinv(self.a, self.b, middles)
        return values, np.full(count, 1 / count)


class Shared(NamedTuple):
    """The nodes that all series share.

    Attributes:
        weight: Prior weight of each; they sum to one.
        expected: Expected trade, in standard deviations of its log from the mean.
        rate: ρ, 1/month.
        seed: s, of the ceiling.
    """

    weight: Nodes
    expected: Nodes
    rate: Nodes
    seed: Nodes


@dataclass(frozen=True, slots=True)
class Priors:
    """The priors of a fit, and the numbers of nodes.

    Attributes:
        ceiling: θ of each series, share of the loss.
        rate: ρ, 1/month.
        seed: s, of the ceiling.
        noise: Noise of each series.
        nodes: Numbers of nodes of expected trade, ρ, s and θ.
    """

    ceiling: Lognormal
    rate: Lognormal
    seed: Seed
    noise: Noise
    nodes: tuple[int, int, int, int]

    def shared(self, variant: Variant) -> Shared:
        """The nodes that series share; a single node if nothing is diverted."""
        points, rates, seeds, _ = (1, 1, 1, 1) if variant == "none" else self.nodes
        axes = (
            special.roots_hermitenorm(points),
            self.rate.nodes(rates),
            # Only the network has a seed. Other variants need one node of it.
            self.seed.nodes(seeds if variant == "network" else 1),
        )
        values = np.meshgrid(*[axis[0] for axis in axes], indexing="ij")
        weights = np.meshgrid(*[axis[1] for axis in axes], indexing="ij")
        weight = np.prod([w.ravel() for w in weights], axis=0)
        return Shared(weight / weight.sum(), *[value.ravel() for value in values])

    def ceilings(self, variant: Variant) -> Weighted:
        """The nodes of θ; only zero if nothing is diverted."""
        if variant == "none":
            return np.zeros(1), np.ones(1)
        return self.ceiling.nodes(self.nodes[3])
