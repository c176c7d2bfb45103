"""The table of sanctions effects that runs of a case read, by month, regime and uncertain input.

Rows are solved at five places in the ranges of elasticities, the same place for all sectors, and at
five severities. A run interpolates between them. A place is counted in steps from the centre of a
range to its ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float64

from servanda.files import csv_text, drafts, read_rows
from servanda.files.cells import number
from servanda.trade.baseline import Baseline
from servanda.trade.leverage import Hold, Taken, hold, take
from servanda.trade.regimes import MONTHS, Regime
from servanda.trade.sanctions import NONE, Elasticities, Marks, sanctioned
from servanda.trade.sweep import elasticity

ELASTICITY_KNOTS = (-2.0, -1.0, 0.0, 1.0, 2.0)  # Effects are not linear in elasticities.
SEVERITY_KNOTS = (-2.0, -1.0, 0.0, 1.0, 2.0)
TABLE = "trade_effects.csv"
SHARES = ("real_income_change", "imports_change", "hold", "hold_imports")
MONEY = ("exports_lost_musd_month", "imports_lost_musd_month")
TEXTS = ("since", "regime", "actor")  # All other columns are numbers.


@dataclass(frozen=True, slots=True)
class Effect:
    """Effects of one regime on one actor from a month on, at one elasticity and severity.

    Attributes:
        since: First month of the effect, as 2022-03; it lasts until the next one in the table.
        regime: The regime's name.
        elasticity: σ of the last sector; the σ of others are at the same place in their ranges.
        severity: Place of covers and tariff equivalents in their ranges: −1 low, 1 high.
        actor: The actor's code.
        real_income_change: Change in real income, as a share: −0.05 is 5 % less.
        imports_change: The part of it that measures on targets' imports cause.
        hold: Share of real income that ending all trade with its senders would take; zero for
            actors that are not targets.
        hold_imports: The part of it that ending its imports from them would take.
        exports_lost_musd_month: Fall in its exports over sanctioned pairs, USD m a month.
        imports_lost_musd_month: Fall in its imports over sanctioned pairs, USD m a month.
    """

    since: str
    regime: str
    elasticity: float
    severity: float
    actor: str
    real_income_change: float
    imports_change: float
    hold: float
    hold_imports: float
    exports_lost_musd_month: float
    imports_lost_musd_month: float


def effects(regimes: Sequence[Regime], baseline: Baseline, months: Sequence[str]) -> list[Effect]:
    """Solve every regime from each month on at all knots, for every reported actor.

    Trade lost is counted over the sanctioned pairs: every pair of a sender and its target in any
    of the regimes, in both directions. Additional sales elsewhere are not deducted.

    Args:
        regimes: The regimes; `none` is added if it is missing.
        baseline: The world without sanctions.
        months: Months in which measures begin, in order; the last one's effects continue.

    Raises:
        UsageError: A country or sector is unknown, or an equilibrium does not exist.
    """
    listed = tuple(regimes)
    if NONE.name not in {regime.name for regime in listed}:
        listed = (NONE, *listed)
    places = np.array(list(product(ELASTICITY_KNOTS, SEVERITY_KNOTS)))
    sigma = np.stack([elasticity(r, places[:, 0]) for r in baseline.elasticities], axis=1)
    targets = dict.fromkeys(target for regime in listed for target in regime.targets)
    held = {target: hold(listed, target, baseline, sigma) for target in targets}
    marks = sanctioned(listed, baseline.economy)
    table: list[Effect] = []
    for month, regime in product(months, listed):
        taken = take(regime, baseline, sigma, places[:, 1], month)
        table += _rows(month, regime, baseline, places, sigma, taken, held, marks)
    return table


def _rows(
    month: str,
    regime: Regime,
    baseline: Baseline,
    places: Float64[np.ndarray, "run place"],
    sigma: Elasticities,
    taken: Taken,
    held: Mapping[str, Hold],
    marks: Marks,
) -> Iterator[Effect]:
    economy = baseline.economy
    before = economy.flows.reshape(-1, *economy.flows.shape[-2:])
    lost = ((before - taken.flows) * marks).sum(axis=1) / MONTHS
    none = Hold(*np.zeros((2, len(places))))
    for knot, actor in product(range(len(places)), baseline.report):
        i, whole = economy.countries.index(actor), held.get(actor, none)
        yield Effect(
            month,
            regime.name,
            float(sigma[knot, -1]),
            float(places[knot, 1]),
            actor,
            float(taken.income[knot, i] - 1),
            float(-taken.imports[knot, i]),
            float(whole.whole[knot]),
            float(whole.imports[knot]),
            float(lost[knot, i].sum()),
            float(lost[knot, :, i].sum()),
        )


def write_effects(table: Iterable[Effect], path: Path) -> None:
    """Write a table of effects as CSV: shares to six decimals, money to a thousand dollars."""
    head = tuple(field.name for field in fields(Effect))
    drafts.write(path, csv_text([head, *map(_cells, table)]))


def _cells(row: Effect) -> tuple[str, ...]:
    return (
        row.since,
        row.regime,
        f"{row.elasticity:g}",
        f"{row.severity:g}",
        row.actor,
        *(_rounded(getattr(row, name), 6) for name in SHARES),
        *(_rounded(getattr(row, name), 3) for name in MONEY),
    )


def _rounded(value: float, digits: int) -> str:
    return f"{round(value, digits) + 0.0:.{digits}f}"  # adding zero turns a −0.0 into 0.0


def read_effects(path: Path) -> list[Effect]:
    """Read a table of effects written by `write_effects`.

    Raises:
        CaseError: The file is missing, has other columns, or a cell that is not a number.
    """
    columns = [field.name for field in fields(Effect)]
    rows = read_rows(path, columns)
    return [_effect(f"{path.name} line {line}", row) for line, row in rows.items()]


def _effect(where: str, row: dict[str, str]) -> Effect:
    values: dict[str, Any] = {
        name: cell if name in TEXTS else number(row, name, where) for name, cell in row.items()
    }
    return Effect(**values)
