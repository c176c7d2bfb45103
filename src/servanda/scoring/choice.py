"""The baseline of each series: how far each of them erred before the origin, and the best of them.

Every month before the origin is taken as an origin of its own, from which each baseline forecasts
the figures of the next twelve months. The error is the distance from the figure on the scale of
scores. The forecast of a baseline is a normal distribution on that scale. Its spread is the mean
size of its errors as many months ahead, in the series, times √(π/2), as for normal errors; single
large errors weigh less than in a root mean square. Where they are few, they are pooled with other
series: the mean of all series counts as much as three more figures. The baseline of a series is the
one with the least mean CRPS of these forecasts, pooled in the same way. What became known after the
origin plays no part.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scoringrules import crps_normal

from servanda.scoring.baselines import NOTHING, centre, rules
from servanda.scoring.history import History, scaled
from servanda.scoring.points import HORIZONS

_POOLED = 3.0
"""Figures that the pool counts as, beside those of a series."""
_SPREAD = 0.5
"""The spread that the pool of all horizons begins with: log points, a factor of 1.6."""
_NORMAL = float(np.sqrt(np.pi / 2))  # standard deviation of normal errors over their mean size
_LEAST = 0.01
"""The least spread: a source that never erred may err by a percent."""


@dataclass(frozen=True, eq=False)
class Baseline:
    """The baseline of a series at an origin.

    Attributes:
        name: its name.
        history: the figures that were known.
        spreads: the standard deviation of its forecasts on the scale of scores, by horizon.
    """

    name: str
    history: History
    spreads: Mapping[int, float]

    def forecast(
        self, source_class: str, coverage: Float[np.ndarray, "month"], origin: int, horizon: int
    ) -> tuple[float, float]:
        """The middle and the spread of its forecast of a figure, on the scale of scores.

        Args:
            source_class: the source class of the figure.
            coverage: how much of each month of the case is in the figure.
            origin: the number of months of the case up to the origin.
            horizon: one of `HORIZONS`.
        """
        rule = rules(self.history)[self.name]
        own = self.history.of_class(source_class)
        found = centre(rule, own, self.history, coverage, origin)
        return float(found), self.spreads[horizon]


class _Cell(NamedTuple):
    """A baseline's forecasts of one earlier figure at one horizon: their errors."""

    name: str
    horizon: int
    errors: Float[np.ndarray, "forecast"]


def choose(histories: Mapping[str, History], origin: int) -> dict[str, Baseline]:
    """The baseline of each series, from the figures known at an origin.

    Args:
        histories: the figures by name of the series, each with at least one rate.
        origin: the number of months of the case up to the origin.
    """
    chosen: dict[str, Baseline] = {}
    for total in (False, True):  # which have other baselines, and so pools of their own
        own = {name: history for name, history in histories.items() if history.total == total}
        chosen |= _chosen(own, origin)
    return chosen


def _chosen(histories: Mapping[str, History], origin: int) -> dict[str, Baseline]:
    trials = {name: _trials(history, origin) for name, history in histories.items()}
    names = {rule for history in histories.values() for rule in rules(history)}
    every = [cell for own in trials.values() for cell in own]
    wide = {
        (rule, end): _spread([cell for cell in every if cell.name == rule], _SPREAD)
        for rule in names
        for end in HORIZONS
    }
    pool = _spreads(every, wide)
    spreads = {name: _spreads(own, pool) for name, own in trials.items()}
    scores = {name: _scores(own, spreads[name]) for name, own in trials.items()}
    usual: defaultdict[str, list[float]] = defaultdict(list)
    for own in scores.values():
        for rule, values in own.items():
            usual[rule] += values
    chosen = {}
    for name, history in histories.items():
        means = {
            rule: _shrunk(scores[name][rule], float(np.mean(usual[rule] or [0.0])))
            for rule in rules(history)
        }
        best = min(means, key=lambda rule: means[rule])
        own_spreads = {end: spreads[name][best, end] for end in HORIZONS}
        chosen[name] = Baseline(best, history, own_spreads)
    return chosen


def _trials(history: History, origin: int) -> list[_Cell]:
    """The forecasts of earlier figures, from every month before the origin."""
    errors: defaultdict[tuple[str, int, int], list[float]] = defaultdict(list)
    places = scaled(history.amounts)
    for month in range(int(history.known.min()), origin):
        known, ahead = history.at(month), history.ends - month
        if not known.has_rate:
            continue
        asked = (ahead > 0) & (ahead <= HORIZONS[-1]) & ~history.since_start
        asked &= history.coverage[:, month:].sum(axis=1) > NOTHING
        of_class = {name: known.of_class(name) for name in set(history.classes)}
        for figure in np.flatnonzero(asked).tolist():
            horizon = next(end for end in HORIZONS if ahead[figure] <= end)
            own = of_class[history.classes[figure]]
            for name, rule in rules(history).items():
                found = centre(rule, own, known, history.coverage[figure], month)
                errors[name, horizon, figure].append(float(found - places[figure]))
    return [_Cell(name, end, np.array(made)) for (name, end, _), made in errors.items()]


def _spreads(
    cells: Sequence[_Cell], pool: Mapping[tuple[str, int], float]
) -> dict[tuple[str, int], float]:
    """The spread of each baseline at each horizon, pooled where there are few figures."""
    found = {}
    for (rule, end), pooled in pool.items():
        own = [cell for cell in cells if (cell.name, cell.horizon) == (rule, end)]
        found[rule, end] = _spread(own, pooled)
    return found


def _spread(cells: Sequence[_Cell], pooled: float) -> float:
    sizes = [_NORMAL * float(np.abs(cell.errors).mean()) for cell in cells]
    return max(_shrunk(sizes, pooled), _LEAST)


def _scores(
    cells: Sequence[_Cell], spreads: Mapping[tuple[str, int], float]
) -> defaultdict[str, list[float]]:
    """The mean CRPS of each baseline's forecasts of each figure at each horizon."""
    found: defaultdict[str, list[float]] = defaultdict(list)
    for cell in cells:
        scores = crps_normal(cell.errors, 0.0, spreads[cell.name, cell.horizon])
        found[cell.name].append(float(np.mean(scores)))
    return found


def _shrunk(own: Sequence[float], pooled: float) -> float:
    """The mean of the values of a series, with the mean of the pool as so many more."""
    return (sum(own) + _POOLED * pooled) / (len(own) + _POOLED)
