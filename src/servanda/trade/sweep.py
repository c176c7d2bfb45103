"""Many draws of what nobody knows exactly: who pays for sanctions, who gains, and what is left.

Each draw takes an elasticity for every sector and a severity for every regime alike from their
ranges, and solves every regime, and every regime with each target's trade with its senders cut off.
The same draws serve every regime, so that two differ by the regime alone.

**Leverage** is what senders can still take from a target: Hirschman's (1945) influence effect of
trade, the income a target would lose if they ended it. Before sanctions it is all a threat. What a
regime takes is felt; what is left is the rest of the threat. Trade won back through third countries
is felt no more and cannot be threatened with either: a share θ of leakage leaves 1 − θ of both.

    before = felt + leaked + left,   felt = (1 − θ) taken,   left = (1 − θ)(before − taken)

Source: Hirschman, *National Power and the Structure of Foreign Trade*, 1945.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import NormalDist

import numpy as np
import xarray as xr
from jaxtyping import Bool

from servanda.errors import UsageError
from servanda.trade.baseline import Baseline
from servanda.trade.counterfactual import counterfactuals
from servanda.trade.keys import within
from servanda.trade.regimes import MONTHS, Regime
from servanda.trade.sanctions import (
    Costs,
    Elasticities,
    Severity,
    banned,
    cost_changes,
)

Progress = Callable[[int, int], None]

CHUNK = 256  # draws solved between reports of progress
WITHIN = 0.8  # chance that the truth lies between low and high
SPREAD = 1 / NormalDist().inv_cdf((1 + WITHIN) / 2)  # of a place in a range, in sd


def draw(baseline: Baseline, draws: int, seed: int) -> tuple[Elasticities, Severity]:
    """Draw elasticities and severity; the first draws are the same however many there are."""
    random = np.random.default_rng(seed)
    places = np.clip(random.normal(0, SPREAD, (draws, 1 + len(baseline.elasticities))), -1, 1)
    sigma = [within(range_, places[:, 1 + k]) for k, range_ in enumerate(baseline.elasticities)]
    return np.stack(sigma, axis=1), places[:, 0]


def sweep(
    regimes: Sequence[Regime],
    baseline: Baseline,
    draws: int,
    seed: int = 1,
    *,
    year: int | None = None,
    progress: Progress | None = None,
) -> xr.Dataset:
    """Solve regimes over draws of elasticities and severity.

    Args:
        regimes: What to solve; trade that any of them sanctions is a threat in all.
        baseline: The world without sanctions.
        draws: How many.
        seed: Of the draws.
        year: The year whose measures are in force, or none for all throughout.
        progress: Called with how many solutions are done, of how many.

    Returns:
        By regime, run and country, `income_change` as a share of real income without sanctions;
        by regime, run, sector, origin and destination, `flows` in USD m a year, and `flows_before`
        without a regime or run; by regime, run and target, `taken` and `before`, shares of its real
        income that the regime takes and that a ban of all trade with its senders would; and by
        country, `income`, USD m a month.

    Raises:
        UsageError: No regime, one twice, no draw, a regime without a target, an unknown country or
            sector, or a world without an equilibrium.
    """
    _check(regimes, draws)
    targets = list(dict.fromkeys(target for regime in regimes for target in regime.targets))
    sigma, severity = draw(baseline, draws, seed)
    tasks = [(regime, target) for regime in regimes for target in (None, *targets)]
    solved = {}
    for number, (regime, target) in enumerate(tasks):

        def step(done: int, number: int = number) -> None:
            if progress is not None:
                progress(number * draws + done, len(tasks) * draws)

        costs = cost_changes(regime, baseline.economy, sigma, severity, year)
        if target is not None:
            costs = banned(costs, regimes, target, baseline.economy)
        solved[regime.name, target] = _solved(baseline, costs, sigma, step)
    return _dataset(regimes, targets, baseline, sigma, severity, solved)


def solve(baseline: Baseline, costs: Costs, sigma: Elasticities) -> tuple[np.ndarray, np.ndarray]:
    """Real income by run and country, and flows by run, sector, origin and destination."""
    economy = baseline.economy
    shaped = costs if economy.sectors else costs[:, 0]
    after = counterfactuals(economy, shaped, sigma, baseline.closure, baseline.factors)
    return after.real_income, after.flows.reshape(costs.shape)


def _check(regimes: Sequence[Regime], draws: int) -> None:
    if not regimes:
        raise UsageError("regimes", "none", "at least one")
    listed = [regime.name for regime in regimes]
    for regime in regimes:
        if listed.count(regime.name) > 1:
            raise UsageError("regimes", f"{regime.name!r} twice", "each regime once")
        if not regime.targets:
            raise UsageError(
                f"regime {regime.name!r}", "no target", "a measure against at least one country"
            )
    if draws < 1:
        raise UsageError("draws", str(draws), "at least 1")


def _solved(
    baseline: Baseline,
    costs: Costs,
    sigma: Elasticities,
    step: Callable[[int], None],
) -> tuple[np.ndarray, np.ndarray]:
    incomes, flows = [], []
    for start in range(0, len(costs), CHUNK):
        part = slice(start, start + CHUNK)
        income, traded = solve(baseline, costs[part], sigma[part])
        incomes.append(income)
        flows.append(traded)
        step(min(start + CHUNK, len(costs)))
    return np.concatenate(incomes), np.concatenate(flows)


def _dataset(
    regimes: Sequence[Regime],
    targets: Sequence[str],
    baseline: Baseline,
    sigma: Elasticities,
    severity: Severity,
    solved: dict[tuple[str, str | None], tuple[np.ndarray, np.ndarray]],
) -> xr.Dataset:
    economy, names = baseline.economy, [regime.name for regime in regimes]
    places = [economy.countries.index(target) for target in targets]
    income = np.stack([solved[name, None][0] for name in names])
    cut = np.stack(
        [
            np.stack(
                [solved[name, t][0][:, i] for t, i in zip(targets, places, strict=True)], axis=1
            )
            for name in names
        ]
    )
    flows = economy.flows.reshape(-1, *economy.flows.shape[-2:])
    earned = flows.sum(axis=(0, 2)) * economy.value_added_share / MONTHS
    pair = ("origin", "destination")
    return xr.Dataset(
        {
            "income_change": (("regime", "run", "country"), income - 1),
            "taken": (("regime", "run", "target"), 1 - income[..., places]),
            "before": (("regime", "run", "target"), 1 - cut),
            "flows": (
                ("regime", "run", "sector", *pair),
                np.stack([solved[name, None][1] for name in names]),
            ),
            "flows_before": (("sector", *pair), flows),
            "income": (("country",), earned, {"unit": "USD m a month"}),
            "sender": (("target", "country"), _senders(regimes, targets, economy.countries)),
            "elasticity": (("run", "sector"), sigma),
            "severity": (("run",), severity),
        },
        coords={
            "regime": names,
            "country": list(economy.countries),
            "origin": list(economy.countries),
            "destination": list(economy.countries),
            "target": list(targets),
            "sector": list(economy.sectors or ("all",)),
        },
    )


def _senders(
    regimes: Sequence[Regime], targets: Sequence[str], countries: Sequence[str]
) -> Bool[np.ndarray, "target country"]:
    marks = np.zeros((len(targets), len(countries)), dtype=bool)
    for measure in (measure for regime in regimes for measure in regime.measures):
        for sender in measure.senders:
            marks[targets.index(measure.target), countries.index(sender)] = True
    return marks
