"""Tables of docs/trade.md: effects of the case's regimes, and effects under other assumptions."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from markup import table
from shipped import case

from servanda.trade import balanced, read_baseline, read_effects, read_regimes, trade_costs
from servanda.trade.flows import Pairs
from servanda.trade.leverage import solve


def effects_part() -> str:
    """Real income by actor, regime and elasticity with all measures, at central severity."""
    rows = read_effects(case().folder / "trade_effects.csv")
    last = max(row.since for row in rows)
    knots = case_elasticities()
    rows = [
        r
        for r in rows
        if r.since == last and r.severity == 0 and r.regime != "none" and r.elasticity in knots
    ]
    columns = list(dict.fromkeys((r.regime, r.elasticity) for r in rows))
    change = {(r.actor, r.regime, r.elasticity): 100 * r.real_income_change for r in rows}
    head = ["actor", *(f"{regime}, σ = {s:g}" for regime, s in columns)]
    actors = dict.fromkeys(r.actor for r in rows)
    return table(head, [[a, *(f"{change[a, *c]:+.2f}" for c in columns)] for a in actors])


def case_elasticities() -> tuple[float, ...]:
    """Low, central and high elasticity of the last sector."""
    return read_baseline(case().folder).elasticities[-1]


def variants_part() -> str:
    """Effects of one regime under other assumptions, at the centre of every range."""
    baseline = read_baseline(case().folder)
    (regime,) = (r for r in read_regimes(case().folder / "regimes.toml") if r.name == "selective")
    sigma = np.array([[central for _, central, _ in baseline.elasticities]])
    economy = baseline.economy
    others = {
        "as in the case": baseline,
        "factors that move between sectors": replace(baseline, factors="mobile"),
        "closure `multiplicative`": replace(baseline, closure="multiplicative"),
        "closure `additive`": replace(baseline, closure="additive"),
        "trade balanced first": replace(
            baseline, economy=balanced(economy, sigma[0], baseline.factors)
        ),
    }
    for eta in (0.2, 1.0):
        changed = replace(economy, sector_elasticity=eta)
        others[f"η = {eta:g}"] = replace(baseline, economy=changed)
    for ratio in (1.8, 2.4):
        changed = economy.at_gross_output(ratio)
        others[f"gross output {ratio:g} times GDP"] = replace(baseline, economy=changed)
    of_income, rows = ("RUS", "PRK", "EU", "USA", "CHN"), []
    for name, one in others.items():
        costs = trade_costs(regime, one.economy, sigma, np.zeros(1))
        after, flows = solve(one, costs, sigma)
        income = 100 * (after[0] - 1)
        cells = [f"{income[economy.countries.index(code)]:+.3f}" for code in of_income]
        trade = _russian_trade(one.economy.flows, flows[0], economy.countries)
        rows.append((name, *cells, *trade))
    of_trade = ("Russia's exports", "its imports", "those from China", "its surplus")
    return table(("assumption", *of_income, *of_trade), rows)


def _russian_trade(before: Pairs, after: Pairs, countries: Sequence[str]) -> list[str]:
    """Russia's exports, imports, and those from China, change in percent; its surplus, USD bn."""
    russia, china = countries.index("RUS"), countries.index("CHN")
    away = np.arange(len(countries)) != russia
    old, new = (
        (flows[russia, away].sum(), flows[away, russia].sum(), flows[china, russia])
        for flows in (before.sum(axis=0), after.sum(axis=0))
    )
    changes = [f"{100 * (now / then - 1):+.0f}" for then, now in zip(old, new, strict=True)]
    return [*changes, f"{(new[0] - new[1]) / 1000:.0f}"]
