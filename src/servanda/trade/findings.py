"""Findings of a sweep: who pays, who gains, where trade goes, and what leverage is left.

Every figure is a median with the 90 % interval over draws; one draw has no interval.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import xarray as xr
from jaxtyping import Float64

from servanda.trade.regimes import MONTHS

LEAST_LOST = 0.01  # of a target's trade abroad, for trade won to be a share of it
QUANTILES = (0.05, 0.5, 0.95)
Draws = Float64[np.ndarray, " run"]


@dataclass(frozen=True, slots=True)
class Spread:
    """The median over draws, and the ends of their 90 % interval; None if there is one draw."""

    low: float | None
    median: float
    high: float | None

    @classmethod
    def of(cls, draws: Draws) -> Spread:
        """Of draws."""
        if len(draws) == 1:
            return cls(None, float(draws[0]), None)
        return cls(*(float(value) for value in np.quantile(draws, QUANTILES)))


@dataclass(frozen=True, slots=True)
class Payer:
    """Effect of a regime on a country's real income: negative if it pays, positive if it gains."""

    regime: str
    country: str
    percent: Spread
    musd_month: Spread


@dataclass(frozen=True, slots=True)
class Diverted:
    """Changes of a target's exports or imports under a regime, USD m a month.

    Attributes:
        regime: The regime.
        target: The target.
        direction: `exports` or `imports`.
        with_senders: Change of its trade with its senders; negative if trade is lost.
        with_others: Change of its trade with all other countries.
        at_home: Change of its domestic trade.
        share: Trade won with others as a share of trade lost with senders, over the draws in which
            at least 1 % of the target's trade abroad is lost with senders; None if these are fewer
            than 95 %. Of a smaller loss, what others win is no share: it has other causes.
        gainer: The country other than a sender whose trade with the target grew most, if any.
        gain: The growth of trade with the gainer.
    """

    regime: str
    target: str
    direction: str
    with_senders: Spread
    with_others: Spread
    at_home: Spread
    share: Spread | None
    gainer: str
    gain: Spread


@dataclass(frozen=True, slots=True)
class Leverage:
    """Leverage of senders over a target, in percent of its real income.

    Attributes:
        regime: The regime.
        target: The target.
        before: What ending all trade with it would take if nothing were sanctioned.
        felt: What the regime takes, less leakage.
        left: What senders could still take, less leakage.
        lost: What leakage wins back of both, which is leverage lost.
        leakage: Long-run leakage, as a share of what measures on its imports take.
    """

    regime: str
    target: str
    before: Spread
    felt: Spread
    left: Spread
    lost: Spread
    leakage: Spread


def payers(data: xr.Dataset) -> list[Payer]:
    """Find who pays and who gains by regime, from the largest loss in money to the largest gain."""
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
    """Find where each target's trade goes under each regime."""
    return [
        _diverted(data, regime, target, direction)
        for regime in data.regime.values.tolist()
        for target in data.target.values.tolist()
        for direction in ("exports", "imports")
    ]


def _diverted(data: xr.Dataset, regime: str, target: str, direction: str) -> Diverted:
    own, other = ("origin", "destination") if direction == "exports" else ("destination", "origin")
    before = data.flows_before.sum("sector") / MONTHS
    partners, traded = (
        flows.sel({own: target}).rename({other: "country"})
        for flows in (data.flows.sel(regime=regime).sum("sector") / MONTHS - before, before)
    )
    sender = data.sender.sel(target=target)
    abroad = partners.country != target
    lost = partners.where(sender, 0).sum("country").values
    won = partners.where(~sender & abroad, 0).sum("country").values
    least = LEAST_LOST * float(traded.where(abroad, 0).sum())
    enough = (lost < 0) & (lost <= -least)
    gainer = _most(partners.where(~sender & abroad, drop=True))
    return Diverted(
        regime,
        target,
        direction,
        Spread.of(lost),
        Spread.of(won),
        Spread.of(partners.sel(country=target).values),
        Spread.of(-won[enough] / lost[enough]) if enough.mean() >= QUANTILES[-1] else None,
        gainer,
        Spread.of(partners.sel(country=gainer).values if gainer else np.zeros_like(lost)),
    )


def _most(partners: xr.DataArray) -> str:
    """The partner whose trade grew most; none if every partner is a sender."""
    if not partners.country.size:
        return ""
    return str(partners.country.values[partners.median("run").values.argmax()])


def leverages(data: xr.Dataset, leakage: Mapping[tuple[str, str], Draws]) -> list[Leverage]:
    """Compute the leverage over each target that a regime uses, leaves and loses.

    Args:
        data: The result of `sweep`.
        leakage: By regime and target, the share that is won back, one number for each draw; it is
            zero for pairs that are not named.
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
