"""The table that a case's runs read: what each regime does in each year, over knots of the unknown.

Rows are solved at the low, central and high elasticities, all sectors together, and at three
severities; a run interpolates between them.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from servanda.errors import CaseError
from servanda.trade.baseline import Baseline
from servanda.trade.keys import read_rows, within
from servanda.trade.regimes import MONTHS, Regime
from servanda.trade.sanctions import NONE, banned, cost_changes, sanctioned
from servanda.trade.sweep import solve

KNOTS = (-1.0, 0.0, 1.0)
TABLE = "trade_effects.csv"
KINDS: dict[str, type] = {"year": int, "regime": str, "actor": str}  # all others are numbers


@dataclass(frozen=True, slots=True)
class Effect:
    """What one regime does to one actor in one year, at one elasticity and severity.

    Attributes:
        year: The year whose measures are in force.
        regime: The regime's name.
        elasticity: σ of the last sector; those of the others lie as far in their ranges.
        severity: Where in their ranges covers and tariff equivalents lie: −1 low, 1 high.
        actor: The actor's code.
        real_income_change: Change in real income, as a share: −0.05 is 5 % less.
        threat_left: Share of real income that senders could still take by ending all trade with
            the actor; zero for who is no target.
        exports_lost_musd_month: Fall in its exports over sanctioned pairs, USD m a month.
        imports_lost_musd_month: Fall in its imports over sanctioned pairs, USD m a month.
    """

    year: int
    regime: str
    elasticity: float
    severity: float
    actor: str
    real_income_change: float
    threat_left: float
    exports_lost_musd_month: float
    imports_lost_musd_month: float


def effects(regimes: Sequence[Regime], baseline: Baseline, years: Sequence[int]) -> list[Effect]:
    """Solve every regime in every year over the knots, and say what each actor loses.

    Trade lost is counted over the sanctioned pairs: every pair of a sender and its target in any
    of the regimes, both directions. What is sold elsewhere instead is not netted off.

    Args:
        regimes: The regimes. `none` is added where it is absent.
        baseline: The world without sanctions.
        years: The years to solve; a run holds the last one's effects after it.

    Raises:
        UsageError: A country or sector is unknown, or a world has no equilibrium.
    """
    listed = tuple(regimes)
    if NONE.name not in {regime.name for regime in listed}:
        listed = (NONE, *listed)
    table: list[Effect] = []
    for year, regime in product(years, listed):
        table += _rows(year, regime, listed, baseline)
    return table


def _rows(
    year: int, regime: Regime, regimes: Sequence[Regime], baseline: Baseline
) -> Iterator[Effect]:
    economy = baseline.economy
    places = np.array(list(product(KNOTS, KNOTS)))
    sigma = np.stack([within(range_, places[:, 0]) for range_ in baseline.elasticities], axis=1)
    costs = cost_changes(regime, economy, sigma, places[:, 1], year)
    income, flows = solve(baseline, costs, sigma)
    left = np.zeros_like(income)
    for target in dict.fromkeys(t for r in regimes for t in r.targets):
        place = economy.countries.index(target)
        cut = solve(baseline, banned(costs, regimes, target, economy), sigma)[0]
        left[:, place] = income[:, place] - cut[:, place]
    before = economy.flows.reshape(-1, *economy.flows.shape[-2:])
    lost = ((before - flows) * sanctioned(regimes, economy)).sum(axis=1) / MONTHS
    for knot, actor in product(range(len(places)), baseline.report):
        i = economy.countries.index(actor)
        yield Effect(
            year,
            regime.name,
            float(sigma[knot, -1]),
            float(places[knot, 1]),
            actor,
            float(income[knot, i] - 1),
            float(left[knot, i]),
            float(lost[knot, i].sum()),
            float(lost[knot, :, i].sum()),
        )


def write_effects(table: Iterable[Effect], path: Path) -> None:
    """Write a table of effects as CSV: shares to six decimals, money to a thousand dollars."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(field.name for field in fields(Effect))
        for row in table:
            writer.writerow(
                (
                    row.year,
                    row.regime,
                    f"{row.elasticity:g}",
                    f"{row.severity:g}",
                    row.actor,
                    # Adding zero turns a rounded −0.0 into 0.0.
                    f"{round(row.real_income_change, 6) + 0.0:.6f}",
                    f"{round(row.threat_left, 6) + 0.0:.6f}",
                    f"{round(row.exports_lost_musd_month, 3) + 0.0:.3f}",
                    f"{round(row.imports_lost_musd_month, 3) + 0.0:.3f}",
                )
            )


def read_effects(path: Path) -> list[Effect]:
    """Read a table of effects written by `write_effects`.

    Raises:
        CaseError: The file is missing, has other columns, or a cell that is not a number.
    """
    columns = [field.name for field in fields(Effect)]
    rows = read_rows(path, columns)
    return [_effect(f"{path.name}, line {line}", row) for line, row in enumerate(rows, start=2)]


def _effect(where: str, row: dict[str, str]) -> Effect:
    values: dict[str, Any] = {}
    for name, cell in row.items():
        kind = KINDS.get(name, float)
        try:
            values[name] = kind(cell)
        except ValueError:
            expected = "a whole number" if kind is int else "a number"
            raise CaseError(f"{where}, {name}", repr(cell), expected) from None
    return Effect(**values)
