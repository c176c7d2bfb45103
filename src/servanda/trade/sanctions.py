"""Sanctions as trade costs: the effect of a regime on the cost of each flow.

A measure covers a share c of a flow and raises its cost by an ad valorem tariff equivalent τ. The
rest of the flow keeps its old cost. Goods are substitutes with elasticity σ, so that

    t̂^(1−σ) = (1 − c) + c (1 + τ)^(1−σ)

A ban (τ without limit) removes exactly the covered share. Cost changes of several measures on one
direction of one pair multiply. A measure counts from the month in which it came into force to the
month in which it ends. Without a month, measures that end do not count: their successors do. The
regime `none` has no measures; effects of other regimes are differences from it.

A duty is collected by the senders; other costs are iceberg costs, which nobody collects. Of a
measure whose revenue is ν, the part ν τ / (1 + τ) of what buyers pay for covered goods is revenue.
Covered goods are the share c (1 + τ)^(1−σ) / t̂^(1−σ) of the flow.

**Uncertainty.** Cover and tariff equivalent are ranges. One number, the severity, places a whole
regime in its ranges: −1 at every low, 0 at every central, 1 at every high. Between and beyond them
covers change linearly and costs by factors. All measures move together, because errors of one
judgement seldom cancel. This makes the interval of a regime's effect wide (cautious), and the
interval of a difference between regimes narrow (bold).

Trade effects of sanctions in a general-equilibrium gravity model follow Felbermayr,
Syropoulos, Yalcin and Yotov ("On the Effects of Sanctions on Trade and Welfare", Kiel Working Paper
2131, 2019) and Flach, Heiland, Larch, Steininger and Teti ("Quantifying the Partial and General
Equilibrium Effects of Sanctions on Russia", Review of International Economics, 2023).

Left out: finance except for its cost to trade, evasion (the evasion mechanism of a case wins trade
back), counter-sanctions, taxes on exports, and changes of policy over time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float64

from servanda.errors import UsageError, nearest
from servanda.trade.flows import Economy
from servanda.trade.ranges import Range, within
from servanda.trade.regimes import DIRECTIONS, PROHIBITIVE, Measure, Regime

NONE = Regime("none", "no sanctions", ())
BAN = PROHIBITIVE

Costs = Float64[np.ndarray, "run sector origin destination"]
Elasticities = Float64[np.ndarray, "run sector"]
Places = Float64[np.ndarray, " run"]  # place in ranges: −1 low, 0 central, 1 high
Marks = Bool[np.ndarray, "origin destination"]


class TradeCosts(NamedTuple):
    """What a regime adds to the costs of trade, for each run and flow.

    Attributes:
        change: t̂.
        revenue: The share of what buyers pay that the destination collects; None if no measure that
            counts is a duty.
    """

    change: Costs
    revenue: Costs | None


def trade_costs(
    regime: Regime,
    economy: Economy,
    elasticities: Elasticities,
    severity: Places,
    month: str | None = None,
    directions: Sequence[str] = DIRECTIONS,
) -> TradeCosts:
    """Compute the costs that a regime adds for each run, sector, origin and destination.

    Args:
        regime: The regime.
        economy: The economy with the countries and sectors that it names.
        elasticities: σ, at which covered and uncovered goods are substitutes.
        severity: Place of covers and tariff equivalents in their ranges: −1 low, 1 high.
        month: The month whose measures count, as 2022-03; all that last if none is given.
        directions: The directions of trade whose measures count.

    Raises:
        UsageError: A measure names a country or a sector that the economy does not have.
    """
    check_names(regime, economy)
    sectors, n = max(1, len(economy.sectors)), len(economy.countries)
    changes = np.ones((len(severity), sectors, n, n))
    received = np.ones_like(changes)  # of what buyers pay
    counted = [
        measure
        for measure in regime.measures
        if measure.direction in directions
        and (measure.end is None if month is None else measure.in_force(month))
    ]
    for measure in counted:
        factor, collected = _burden(measure, elasticities, severity)
        for sector in _sectors(measure, economy):
            for origin, destination in _places(measure, economy):
                changes[:, sector, origin, destination] *= factor[:, sector]
                received[:, sector, origin, destination] *= 1 - collected[:, sector]
    is_collected = any(measure.revenue for measure in counted)
    return TradeCosts(changes, 1 - received if is_collected else None)


def cost_changes(
    regime: Regime,
    economy: Economy,
    elasticities: Elasticities,
    severity: Places,
    month: str | None = None,
    directions: Sequence[str] = DIRECTIONS,
) -> Costs:
    """t̂ of `trade_costs`, for those who need no revenue."""
    return trade_costs(regime, economy, elasticities, severity, month, directions).change


def _burden(
    measure: Measure, elasticities: Elasticities, severity: Places
) -> tuple[Elasticities, Elasticities]:
    """t̂ of one measure for each run and sector, and the share of spending that is collected."""
    cover = within(measure.cover, severity, ceiling=1.0)[:, None]
    log_tariff = within(_logs(measure.tariff_equivalent), severity)[:, None]
    power = 1 - elasticities
    covered = cover * np.exp(power * log_tariff)
    left = (1 - cover) + covered
    collected = measure.revenue * -np.expm1(-log_tariff) * covered / left
    return left ** (1 / power), collected


def _logs(tariffs: Range) -> Range:
    """log(1 + τ), in which costs change linearly, so that a ban stays a ban below its range."""
    low, central, high = np.log1p(tariffs).tolist()
    return low, central, high


def banned(
    costs: Costs,
    regimes: Iterable[Regime],
    target: str,
    economy: Economy,
    directions: Sequence[str] = DIRECTIONS,
) -> Costs:
    """The same costs with a ban on all trade between a target and its senders in any regime."""
    marked = sanctioned(regimes, economy, target)
    place = economy.countries.index(target)
    for direction in set(DIRECTIONS) - set(directions):
        marked[(place,) if direction == "from-target" else (slice(None), place)] = False
    ended = costs.copy()
    ended[..., marked] = BAN
    return ended


def sanctioned(regimes: Iterable[Regime], economy: Economy, target: str | None = None) -> Marks:
    """Mark, in both directions, each pair of a sender and its target in any regime."""
    n = len(economy.countries)
    marks = np.zeros((n, n), dtype=bool)
    for regime in regimes:
        check_names(regime, economy)
        for measure in regime.measures:
            if target in (None, measure.target):
                for place in _places(measure, economy):
                    marks[place] = True
    return marks | marks.T


def check_names(regime: Regime, economy: Economy) -> None:
    """Raise `UsageError` if a measure names what the economy does not have."""
    for _, fault in unknown_names(regime, economy):
        raise fault


def unknown_names(regime: Regime, economy: Economy) -> Iterator[tuple[str, UsageError]]:
    """Places in a regime that name what the economy does not have, with the fault."""
    where = f"regime {regime.name!r}"
    for number, measure in enumerate(regime.measures, start=1):
        for key, kind, names, known in (
            ("target", "country", [measure.target], economy.countries),
            ("senders", "country", measure.senders, economy.countries),
            ("sectors", "sector", measure.sectors, economy.sectors),
        ):
            for place, name in enumerate(names, start=1):
                if name not in known:
                    expected = "one of " + ", ".join(known) if known else f"no {kind}"
                    fault = UsageError(where, f"{kind} {name!r}", expected, nearest(name, known))
                    at = key if key == "target" else f"{key}[{place}]"
                    yield f"measures[{number}].{at}", fault


def _places(measure: Measure, economy: Economy) -> list[tuple[int, int]]:
    position = {country: i for i, country in enumerate(economy.countries)}
    return [(position[origin], position[destination]) for origin, destination in measure.pairs]


def _sectors(measure: Measure, economy: Economy) -> list[int]:
    named = measure.sectors or economy.sectors
    return [economy.sectors.index(sector) for sector in named] or [0]
