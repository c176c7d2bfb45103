"""Leakage: the share won back of what sanctions took, with its interval.

Σ_c θ_c g_t over L_t, where a neighbour's part is counted in its trade of the time: the fit's rise,
θ_c g_t/b_ct, times what the month's regression says it would have bought. Draws are from the joint
posterior of the loss, ρ, s, and each neighbour's θ, φ, level, season and trend.

`excess_share` is a check that uses no recursion: exports above the baseline of 2019–2021, over the
same loss, month by month.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from studies.rerouting.fit import Interval, between
from studies.rerouting.neighbours import SANCTIONS, NeighboursFit, regressors
from studies.rerouting.record import NEIGHBOURS

DRAWS = 4000


@dataclass(frozen=True, slots=True)
class Leakage:
    """What the record to one month says of a variant.

    Attributes:
        last: Leakage in the last month.
        mean: Money diverted over money lost, from the first month of sanctions to the last.
        last_of: The last month's, by neighbour.
        mean_of: The mean, by neighbour.
        ceiling: Σ θ.
        ceiling_of: θ, by neighbour.
        rate: ρ, 1/month.
        seed: s, of the ceiling; means something for the network only.
    """

    last: Interval
    mean: Interval
    last_of: Mapping[str, Interval]
    mean_of: Mapping[str, Interval]
    ceiling: Interval
    ceiling_of: Mapping[str, Interval]
    rate: Interval
    seed: Interval


def leakage(fit: NeighboursFit, origin: str, draws: int = DRAWS, seed: int = 2022) -> Leakage:
    """Say how much was won back, from what was known when a month had ended.

    Args:
        fit: A variant held against the record.
        origin: The last month that is known, from 2022-03 on.
        draws: How many draws the quantiles are taken from.
        seed: Of the draws.
    """
    random = np.random.default_rng(seed)
    start, known = fit.exports.index(SANCTIONS), fit.exports.index(origin) + 1
    joint = fit.joint(origin)
    shared, chosen = joint.draw(draws, random)
    design, _ = regressors(fit.exports.months)
    diverted = np.zeros((len(NEIGHBOURS), draws, known - start))
    for row, series in enumerate(fit.series):
        cells = (chosen[row, :, 0], shared, chosen[row, :, 1])
        beta = series.coefficients(known, cells, random)
        now = np.exp(series.offset + beta @ design[start:known].T) / fit.baseline[row, start:known]
        theta = fit.theta[chosen[row, :, 1]]
        diverted[row] = theta[:, None] * fit.paths.diverted[shared, start:known] * now
    loss = fit.paths.loss[shared, start:known]
    last = diverted[:, :, -1] / loss[:, -1]
    mean = diverted.sum(axis=2) / loss.sum(axis=1)
    theta = between(fit.theta, fit.theta[chosen[:, :, 1]], random)
    return Leakage(
        Interval.of(last.sum(axis=0)),
        Interval.of(mean.sum(axis=0)),
        _by_neighbour(last),
        _by_neighbour(mean),
        Interval.of(theta.sum(axis=0)),
        _by_neighbour(theta),
        Interval.of(between(np.unique(fit.shared.rate), fit.shared.rate[shared], random)),
        Interval.of(fit.shared.seed[shared]),
    )


def excess_share(fit: NeighboursFit) -> Mapping[str, float]:
    """Exports above the baseline of 2019–2021, over the loss, by neighbour and summed ("all").

    Taken over all months of sanctions, at the middle of what the target would have bought.
    """
    start = fit.exports.index(SANCTIONS)
    middle = len(fit.shared.weight) // 2
    loss = fit.paths.loss[middle, start:].sum()
    shares = {
        code: float((fit.exports.of(code) - fit.baseline[row])[start:].sum() / loss)
        for row, code in enumerate(NEIGHBOURS)
    }
    return {"all": sum(shares.values()), **shares}


def _by_neighbour(draws: Float64[np.ndarray, "neighbour draw"]) -> Mapping[str, Interval]:
    return {code: Interval.of(draws[row]) for row, code in enumerate(NEIGHBOURS)}
