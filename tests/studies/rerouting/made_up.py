"""A made-up record of exports, of which a known share goes round by neighbours."""

from __future__ import annotations

import itertools

import numpy as np

from servanda.sources.eurostat import Exports, month_after
from studies.rerouting.diversion import diverted
from studies.rerouting.record import NEIGHBOURS


def months(first: str, count: int) -> tuple[str, ...]:
    chain = itertools.accumulate(
        range(count - 1), lambda month, _: month_after(month), initial=first
    )
    return tuple(chain)


def world(
    theta: float = 0.0,
    rate: float = 0.15,
    variant: str = "saturating",
    lost: float = 0.5,
    noise: float = 0.03,
    count: int = 54,
    money: float = 1.0,
) -> Exports:
    """A made-up record: half of what the target bought goes in 2022-03, and θ of it comes round."""
    random = np.random.default_rng(7)
    when = months("2019-01", count)
    # A season of the noise's size, as in the record and as the priors expect.
    season = 1 + 1.4 * noise * np.sin(2 * np.pi * np.arange(count) / 12)
    sanctioned = np.array([month >= "2022-03" for month in when])
    would = 1000.0 * season
    actual = would * (1 - lost * sanctioned)
    rates, seeds = np.array([rate]), np.array([0.1])
    path = diverted(variant, (would - actual)[None], rates, seeds)[0]
    shake = np.exp(noise * random.standard_normal((count, 6)))
    columns = [actual, *[200.0 * season + theta * path for _ in NEIGHBOURS]]
    return Exports(when, ("RUS", *NEIGHBOURS), money * np.stack(columns, axis=1) * shake)
