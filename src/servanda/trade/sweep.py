"""A sweep: effects of each regime in many draws of the uncertain inputs.

Each draw takes an elasticity for every sector and one severity for all regimes. A draw is a place
in a range, with a normal distribution whose probability between low and high is 80 %. All regimes
use the same draws, so that they differ by the regime alone. Leverage is that of `trade.leverage`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import NormalDist
from typing import Any, TypeVar

import numpy as np
import xarray as xr
from jaxtyping import Bool

from servanda.errors import UsageError
from servanda.files.room import check_memory
from servanda.trade.baseline import Baseline
from servanda.trade.counterfactual import Progress
from servanda.trade.flows import check_names
from servanda.trade.leverage import Hold, Taken, hold, take
from servanda.trade.ranges import Range, within
from servanda.trade.regimes import MONTHS, Regime
from servanda.trade.sanctions import Elasticities, Places

T = TypeVar("T", Taken, Hold)

CHUNK = 256  # draws solved between reports of progress
WITHIN = 0.8  # probability that the true value is between low and high
SPREAD = 1 / NormalDist().inv_cdf((1 + WITHIN) / 2)  # bound of a place in a range, in sd
_COPIES = 3  # of all flows that are in memory: as they were solved, and joined
FARTHEST = 2.0  # place in a range, counted in steps from its centre to its ends


class Interrupted(KeyboardInterrupt):
    """Ctrl-C, with the draws finished by then."""

    def __init__(self, done: Any) -> None:
        """Keep the finished draws."""
        super().__init__()
        self.done = done


def draw(baseline: Baseline, draws: int, seed: int) -> tuple[Elasticities, Places]:
    """Draw elasticities and severity; the first draws are the same however many there are."""
    random = np.random.default_rng(seed)
    places = random.normal(0, SPREAD, (draws, 1 + len(baseline.elasticities)))
    places = np.clip(places, -FARTHEST, FARTHEST)
    sigma = [elasticity(range_, places[:, 1 + k]) for k, range_ in enumerate(baseline.elasticities)]
    return np.stack(sigma, axis=1), places[:, 0]


def elasticity(range_: Range, place: Places) -> Places:
    """An elasticity at a place in its range, at least half-way from low to one."""
    return within(range_, place, floor=(1 + range_[0]) / 2)


def sweep(
    regimes: Sequence[Regime],
    baseline: Baseline,
    draws: int,
    seed: int = 1,
    *,
    month: str | None = None,
    progress: Progress | None = None,
) -> xr.Dataset:
    """Solve regimes over draws of elasticities and severity.

    Args:
        regimes: The regimes; trade that any of them sanctions counts as a threat in all.
        baseline: The world without sanctions.
        draws: Number of draws.
        seed: Seed of the draws.
        month: The month whose measures are in force, as 2022-03; all if none is given.
        progress: Called with the number of finished draws and of all draws.

    Returns:
        By regime, run and country, `income_change` as a share of real income without sanctions;
        by regime, run, sector, origin and destination, `flows` in USD m a year, and `flows_before`
        without a regime or run; by regime, run and target, `taken`, the share of its real income
        that the regime takes, and `taken_imports`, the part that measures on its imports take; by
        run and target, `before` and `before_imports`, the same for an end of all trade with its
        senders; by target and country, whether it is a `sender`; by country, `income`, USD m a
        month; and by run, `elasticity` of each sector and `severity`.

    Raises:
        UsageError: No regime, one twice, no draw, more draws than free memory holds, a regime
            without a target, an unknown country or sector, or an equilibrium that does not exist.
        Interrupted: Ctrl-C, with the finished draws, which are the first ones. If no draw was
            finished, `KeyboardInterrupt`.
    """
    _check(regimes, draws)
    check_memory(draws, "draws", _COPIES * len(regimes) * baseline.economy.flows.nbytes)
    targets = list(dict.fromkeys(target for regime in regimes for target in regime.targets))
    sigma, severity = draw(baseline, draws, seed)
    chunks: list[tuple[list[Taken], list[Hold]]] = []

    def done() -> xr.Dataset:
        count = min(CHUNK * len(chunks), draws)
        all_taken, all_held = zip(*chunks, strict=True)
        names = [regime.name for regime in regimes]
        return _dataset(
            regimes,
            baseline,
            dict(zip(names, map(_joined, zip(*all_taken, strict=True)), strict=True)),
            dict(zip(targets, map(_joined, zip(*all_held, strict=True)), strict=True)),
        ).assign(
            elasticity=(("run", "sector"), sigma[:count]), severity=(("run",), severity[:count])
        )

    try:
        for start in range(0, draws, CHUNK):
            part = slice(start, start + CHUNK)
            taken = [take(r, baseline, sigma[part], severity[part], month) for r in regimes]
            held = [hold(regimes, target, baseline, sigma[part]) for target in targets]
            chunks.append((taken, held))
            if progress is not None:
                progress(min(start + CHUNK, draws), draws)
    except KeyboardInterrupt:
        if not chunks:
            raise
        raise Interrupted(done()) from None
    return done()


def _joined(chunks: tuple[T, ...]) -> T:
    """Join tuples of arrays along their first axis."""
    whole: T = type(chunks[0])(*map(np.concatenate, zip(*chunks, strict=True)))
    return whole


def _check(regimes: Sequence[Regime], draws: int) -> None:
    if not regimes:
        raise UsageError("regimes", "none", "at least one")
    check_names(tuple(regime.name for regime in regimes), "regimes", "regime")
    for regime in regimes:
        if not regime.targets:
            raise UsageError(
                f"regime {regime.name!r}", "no target", "a measure against at least one country"
            )
    if draws < 1:
        raise UsageError("draws", str(draws), "at least 1")


def _dataset(
    regimes: Sequence[Regime],
    baseline: Baseline,
    taken: Mapping[str, Taken],
    held: Mapping[str, Hold],
) -> xr.Dataset:
    economy, targets = baseline.economy, list(held)
    places = [economy.countries.index(target) for target in targets]
    income, flows, imports = (
        np.stack([of[part] for of in taken.values()]) for part in range(len(Taken._fields))
    )
    before, before_imports = (
        np.stack([of[part] for of in held.values()], axis=1) for part in range(len(Hold._fields))
    )
    unsanctioned = economy.flows.reshape(-1, *economy.flows.shape[-2:])
    earned = unsanctioned.sum(axis=(0, 2)) * economy.value_added_share / MONTHS
    by_target, pair = ("run", "target"), ("origin", "destination")
    return xr.Dataset(
        {
            "income_change": (("regime", "run", "country"), income - 1),
            "taken": (("regime", *by_target), 1 - income[..., places]),
            "taken_imports": (("regime", *by_target), imports[..., places]),
            "before": (by_target, before),
            "before_imports": (by_target, before_imports),
            "flows": (("regime", "run", "sector", *pair), flows),
            "flows_before": (("sector", *pair), unsanctioned),
            "income": (("country",), earned, {"unit": "USD m a month"}),
            "sender": (("target", "country"), _senders(regimes, targets, economy.countries)),
        },
        coords={
            "regime": list(taken),
            "country": list(economy.countries),
            "origin": list(economy.countries),
            "destination": list(economy.countries),
            "target": targets,
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
