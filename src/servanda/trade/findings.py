"""What a sweep says: who pays, who gains, what trade goes elsewhere, and what leverage is left.

Every figure is a median with the interval that holds nine tenths of the draws.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import xarray as xr
from jaxtyping import Float64

from servanda.trade.regimes import MONTHS

QUANTILES = (0.05, 0.5, 0.95)
Draws = Float64[np.ndarray, " run"]


@dataclass(frozen=True, slots=True)
class Spread:
    """A figure over draws: median, and the ends of the interval that holds nine tenths of them."""

    low: float
    median: float
    high: float

    @classmethod
    def of(cls, draws: Draws) -> Spread:
        """Of draws."""
        return cls(*(float(value) for value in np.quantile(draws, QUANTILES)))


@dataclass(frozen=True, slots=True)
class Payer:
    """What a regime does to a country's real income: below zero it pays, above it gains."""

    regime: str
    country: str
    percent: Spread
    musd_month: Spread


@dataclass(frozen=True, slots=True)
class Diverted:
    """What becomes of a target's sales, or purchases, USD m a month.

    Attributes:
        regime: The regime.
        target: Whose trade it is.
        direction: `exports` or `imports`.
        with_senders: Change in trade with those who sanction it; below zero where it is lost.
        with_others: Change in trade with everyone else abroad.
        at_home: Change in what it buys from itself.
        share: Of what was lost with senders, what was won with others.
        gainer: The country other than a sender whose trade with the target grew most, if any.
        gain: By how much.
    """

    regime: str
    target: str
    direction: str
    with_senders: Spread
    with_others: Spread
    at_home: Spread
    share: Spread
    gainer: str
    gain: Spread


@dataclass(frozen=True, slots=True)
class Leverage:
    """What senders take of a target's real income and what they still could, in percent of it.

    Attributes:
        regime: The regime.
        target: The target.
        before: What ending all trade with it would take, had nothing been sanctioned.
        felt: What the regime takes, less what leaks.
        left: What senders could still take, less what would leak.
        lost: What leakage wins back of both: leverage that is gone.
        leakage: The share that leaks, in the end, of what measures on its imports take.
    """

    regime: str
    target: str
    before: Spread
    felt: Spread
    left: Spread
    lost: Spread
    leakage: Spread


def payers(data: xr.Dataset) -> list[Payer]:
    """Say who pays and who gains, by regime, from the largest loss in money to the largest gain."""
    rows = []
    for regime in data.regime.values.tolist():
        change = data.income_change.sel(regime=regime)
        money = change * data.income
        order = money.median("run").sortby(money.median("run")).country.values.tolist()
        rows += [
            Payer(
                regime,
                country,
                Spread.of(100 * change.sel(country=country).values),
                Spread.of(money.sel(country=country).values),
            )
            for country in order
        ]
    return rows


def diverted(data: xr.Dataset) -> list[Diverted]:
    """Say where each target's trade goes under each regime."""
    return [
        _diverted(data, regime, target, direction)
        for regime in data.regime.values.tolist()
        for target in data.target.values.tolist()
        for direction in ("exports", "imports")
    ]


def _diverted(data: xr.Dataset, regime: str, target: str, direction: str) -> Diverted:
    own, other = ("origin", "destination") if direction == "exports" else ("destination", "origin")
    change = (data.flows.sel(regime=regime) - data.flows_before).sum("sector") / MONTHS
    partners = change.sel({own: target}).rename({other: "country"})
    sender = data.sender.sel(target=target)
    abroad = partners.country != target
    lost = partners.where(sender, 0).sum("country").values
    won = partners.where(~sender & abroad, 0).sum("country").values
    gainer = _most(partners.where(~sender & abroad, drop=True))
    return Diverted(
        regime,
        target,
        direction,
        Spread.of(lost),
        Spread.of(won),
        Spread.of(partners.sel(country=target).values),
        Spread.of(np.where(lost < 0, won / np.minimum(lost, -1e-12) * -1, 0.0)),
        gainer,
        Spread.of(partners.sel(country=gainer).values if gainer else np.zeros_like(lost)),
    )


def _most(partners: xr.DataArray) -> str:
    """The partner whose trade grew most; none where everyone is a sender."""
    if not partners.country.size:
        return ""
    return str(partners.country.values[partners.median("run").values.argmax()])


def leverages(data: xr.Dataset, leakage: Mapping[tuple[str, str], Draws]) -> list[Leverage]:
    """Say what leverage over each target a regime uses, leaves and loses.

    Args:
        data: What `sweep` gave.
        leakage: By regime and target, the share of what is taken that is won back, one a draw;
            nothing leaks where a pair is not named.
    """
    rows = []
    for regime in data.regime.values.tolist():
        for target in data.target.values.tolist():
            at = 100 * data.sel(regime=regime, target=target)
            before, taken = at.before.values, at.taken.values
            leaks = leakage.get((regime, target), np.zeros_like(before))
            lost, back = leaks * at.before_imports.values, leaks * at.taken_imports.values
            rows.append(
                Leverage(
                    regime,
                    target,
                    Spread.of(before),
                    Spread.of(taken - back),
                    Spread.of((before - taken) - (lost - back)),
                    Spread.of(lost),
                    Spread.of(100 * leaks),
                )
            )
    return rows
