"""What scores of single figures add up to, by series, by horizon, and in skill.

A series is *ahead* if the mean CRPS of the model over its figures is less than that of its
baseline. The skill is one less the ratio of the sums of CRPS over all figures. Figures of one
series err together, so its interval is by bootstrap over whole series.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from servanda.scoring.scores import Scores

_RESAMPLED = 2000
_ENDS = (0.05, 0.95)


@dataclass(frozen=True)
class Row:
    """One figure, forecast from one origin.

    Attributes:
        series: name of the series.
        figure: id of the figure.
        origin: the last month that the forecast knew.
        horizon: the span of months that it looked ahead: up to 3, 6 or 12.
        ahead: months from the origin to the end of the figure's period.
        source_class: the class of the figure's source.
        unit: unit of the series.
        value: the figure as it is compared, such as the increment of a running total.
        model: the scores of the model.
        baseline: name of the baseline; None if the series stood apart.
        against: the scores of the baseline, or None.
    """

    series: str
    figure: str
    origin: str
    horizon: int
    ahead: float
    source_class: str
    unit: str
    value: float
    model: Scores
    baseline: str | None
    against: Scores | None


@dataclass(frozen=True)
class Total:
    """What some rows add up to: means over figures, of the model and of the baseline.

    Attributes:
        name: of the series or the horizon.
        points: number of figures.
        crps, against: mean CRPS of the model and of the baseline; the latter None if apart.
        baselines: names of the baselines.
        inside_50, inside_90: share of figures in the model's intervals.
        log_gain: mean log score of the model less that of the baseline, over figures that neither
            ruled out; None if there is none.
        brier, brier_against: mean Brier scores of events, or None.
    """

    name: str
    points: int
    crps: float
    against: float | None
    baselines: tuple[str, ...]
    inside_50: float
    inside_90: float
    log_gain: float | None
    brier: float | None
    brier_against: float | None

    @property
    def ahead(self) -> bool:
        """Whether the model is ahead of the baseline."""
        return self.against is not None and self.crps < self.against


@dataclass(frozen=True)
class Skill:
    """One less the ratio of the model's CRPS to the baseline's, with a 90 % interval.

    The interval is None with fewer than two series.
    """

    value: float
    interval: tuple[float, float] | None

    def __str__(self) -> str:
        if self.interval is None:
            return f"{self.value:+.2f}"
        low, high = self.interval
        return f"{self.value:+.2f} (90 % interval {low:+.2f} to {high:+.2f})"


def totals(rows: Iterable[Row], key: Callable[[Row], str]) -> list[Total]:
    """What rows with the same key add up to, in the order in which the keys first come."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return [_total(name, own) for name, own in groups.items()]


def skill(rows: Iterable[Row], seed: int) -> Skill | None:
    """The skill over rows that have a baseline, or None if the baseline made no error.

    Args:
        rows: the rows.
        seed: seed of the bootstrap.
    """
    sums: dict[str, np.ndarray] = {}
    for row in rows:
        if row.against is not None:
            pair = np.array([row.model.crps, row.against.crps])
            sums[row.series] = sums.get(row.series, np.zeros(2)) + pair
    each = np.array(list(sums.values())).reshape(-1, 2)
    ours, theirs = each.sum(axis=0)
    if not theirs:
        return None
    if len(each) == 1:
        return Skill(float(1 - ours / theirs), None)
    picks = np.random.default_rng(seed).integers(len(each), size=(_RESAMPLED, len(each)))
    drawn = each[picks].sum(axis=1)
    drawn = drawn[drawn[:, 1] > 0]  # a series may have a baseline without error
    low, high = np.quantile(1 - drawn[:, 0] / drawn[:, 1], _ENDS).tolist()
    return Skill(float(1 - ours / theirs), (low, high))


def _total(name: str, rows: Sequence[Row]) -> Total:
    pairs = [(row.model, row.against) for row in rows if row.against is not None]
    logs = [
        ours.log_score - theirs.log_score
        for ours, theirs in pairs
        if ours.log_score is not None and theirs.log_score is not None
    ]
    return Total(
        name=name,
        points=len(rows),
        crps=float(np.mean([row.model.crps for row in rows])),
        against=_mean([theirs.crps for _, theirs in pairs]),
        baselines=tuple(dict.fromkeys(row.baseline for row in rows if row.baseline is not None)),
        inside_50=float(np.mean([row.model.inside_50 for row in rows])),
        inside_90=float(np.mean([row.model.inside_90 for row in rows])),
        log_gain=_mean(logs),
        brier=_mean([row.model.brier for row in rows]),
        brier_against=_mean([theirs.brier for _, theirs in pairs]),
    )


def _mean(values: Iterable[float | None]) -> float | None:
    found = [value for value in values if value is not None]
    return float(np.mean(found)) if found else None
