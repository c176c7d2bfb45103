"""Sanctions as trade costs: what a regime does to trade and income.

Of a share c of the trade it covers, a measure raises the cost by an ad valorem tariff equivalent τ.
The rest goes on at the old cost, so that for goods which are substitutes at σ, as the model has it,

    t̂^(1−σ) = (1 − c) + c (1 + τ)^(1−σ)

and a ban (τ without limit) takes the cover away and no more. Measures on one direction of one pair
multiply. Costs melt: nobody collects them. The regime `none` has no measures; every effect is
counted from it.

To put trade effects of sanctions into a gravity model in general equilibrium follows Felbermayr,
Syropoulos, Yalcin and Yotov ("On the Effects of Sanctions on Trade and Welfare", Kiel Working Paper
2131, 2019) and Flach, Heiland, Larch, Steininger and Teti ("Quantifying the Partial and General
Equilibrium Effects of Sanctions on Russia", Review of International Economics, 2023).

Leaves out: sectors, finance but for the cost it puts on trade, evasion (the case's evasion
mechanism wins trade back), counter-sanctions, and any change of heart over time.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from servanda.errors import CaseError, UsageError, nearest
from servanda.trade.armington import Closure
from servanda.trade.counterfactual import counterfactual
from servanda.trade.flows import Economy, Equilibrium, Pairs
from servanda.trade.regimes import BOUNDS, Bound, Regime

MONTHS = 12
NONE = "none"


@dataclass(frozen=True, slots=True)
class Effect:
    """What one regime does to one actor at one elasticity: a row of the table of effects.

    Attributes:
        regime: The regime's name.
        elasticity: σ.
        actor: The actor's code.
        real_income_change: Change in real income, as a share: −0.05 is 5 % less.
        exports_lost_musd_month: Fall in its exports over sanctioned pairs, USD m a month.
        imports_lost_musd_month: Fall in its imports over sanctioned pairs, USD m a month.
    """

    regime: str
    elasticity: float
    actor: str
    real_income_change: float
    exports_lost_musd_month: float
    imports_lost_musd_month: float


def cost_change(
    regime: Regime, countries: Sequence[str], elasticity: float, bound: Bound = "central"
) -> Pairs:
    """Turn a regime into t̂ for each origin and destination.

    Args:
        regime: The regime.
        countries: Their codes, in the order wanted.
        elasticity: σ, at which covered and uncovered goods are substitutes.
        bound: Which of the low, central and high figures to use.

    Raises:
        UsageError: A measure names a country that is not among them.
    """
    position = {country: i for i, country in enumerate(countries)}
    which = BOUNDS.index(bound)
    changes = np.ones((len(position), len(position)))
    for measure in regime.measures:
        for code in (measure.target, *measure.senders):
            if code not in position:
                raise UsageError(
                    f"regime {regime.name!r}",
                    f"country {code!r}",
                    "one of " + ", ".join(countries),
                    hint=nearest(code, countries),
                )
        cover, tariff = measure.cover[which], measure.tariff_equivalent[which]
        weight = (1 - cover) + cover * (1 + tariff) ** (1 - elasticity)
        for origin, destination in measure.pairs:
            changes[position[origin], position[destination]] *= weight ** (1 / (1 - elasticity))
    return changes


def effects(
    regimes: Iterable[Regime],
    economy: Economy,
    elasticities: Sequence[float],
    bound: Bound = "central",
    closure: Closure = "multiplicative",
) -> list[Effect]:
    """Solve every regime at every elasticity, and say what each actor loses against no sanctions.

    Trade lost is counted over the sanctioned pairs: every pair of a sender and its target in any
    of the regimes, both directions. What is sold elsewhere instead is not netted off.

    Args:
        regimes: The regimes. `none` is added where it is absent.
        economy: Flows in USD m a year, without the sanctions.
        elasticities: Each σ to solve at.
        bound: Which of the low, central and high figures to use.
        closure: What spending follows: see `servanda.trade.armington`.
    """
    listed = tuple(regimes)
    if NONE not in {regime.name for regime in listed}:
        listed = (Regime(NONE, "no sanctions", ()), *listed)
    sanctioned = _sanctioned(listed, economy)
    table = []
    for regime in listed:
        for elasticity in elasticities:
            change = cost_change(regime, economy.countries, elasticity, bound)
            after = counterfactual(economy, change, elasticity, closure)
            table += _rows(regime.name, elasticity, economy, after, sanctioned)
    return table


def _sanctioned(regimes: Iterable[Regime], economy: Economy) -> Pairs:
    """Mark with 1 each origin and destination between a sender and its target."""
    position = {country: i for i, country in enumerate(economy.countries)}
    mark = np.zeros_like(economy.flows)
    for regime in regimes:
        cost_change(regime, economy.countries, 2.0)  # every code is known
        for measure in regime.measures:
            for origin, destination in measure.pairs:
                mark[position[origin], position[destination]] = 1
    both: Pairs = np.maximum(mark, mark.T)
    return both


def _rows(
    regime: str, elasticity: float, economy: Economy, after: Equilibrium, sanctioned: Pairs
) -> list[Effect]:
    lost = (economy.flows - after.flows) * sanctioned / MONTHS
    return [
        Effect(
            regime,
            elasticity,
            country,
            real_income_change=float(after.real_income[i] - 1),
            exports_lost_musd_month=float(lost[i].sum()),
            imports_lost_musd_month=float(lost[:, i].sum()),
        )
        for i, country in enumerate(economy.countries)
    ]


def write_effects(table: Iterable[Effect], path: Path) -> None:
    """Write a table of effects as CSV: shares to six decimals, money to a thousand dollars."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(field.name for field in fields(Effect))
        for row in table:
            writer.writerow(
                (
                    row.regime,
                    f"{row.elasticity:g}",
                    row.actor,
                    # Adding zero turns a rounded −0.0 into 0.0.
                    f"{round(row.real_income_change, 6) + 0.0:.6f}",
                    f"{round(row.exports_lost_musd_month, 3) + 0.0:.3f}",
                    f"{round(row.imports_lost_musd_month, 3) + 0.0:.3f}",
                )
            )


def read_effects(path: Path) -> list[Effect]:
    """Read a table of effects written by `write_effects`."""
    expected = [field.name for field in fields(Effect)]
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        if reader.fieldnames != expected:
            found = ", ".join(reader.fieldnames or ()) or "no columns"
            raise CaseError(path.name, found, ", ".join(expected))
        return [
            Effect(row["regime"], float(row["elasticity"]), row["actor"], *map(float, numbers))
            for row in reader
            for numbers in [[row[name] for name in expected[3:]]]
        ]
