"""The figures of a series as monthly rates or levels, from which baselines are made.

Scores compare figures on the scale log(1 + x), with the sign of x kept: a running total that is
revised downwards has a negative increment. A figure is the amount of some months: its *coverage* is
how much of each month is in it. Its rate is the amount over the sum of its coverage. For a level
the coverage adds up to one, and the rate is the level.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from jaxtyping import Bool, Float

from servanda.case import Series
from servanda.case.schema import month_name, month_number
from servanda.engine import Model
from servanda.observation import Figure
from servanda.observation.figures import carried
from servanda.scoring.points import months_after

FEW = 2
"""Figures from which a source class is forecast by itself, and a series has a baseline."""
_WHOLE = 0.999  # of a month
_FARTHEST = 600.0  # on the scale of scores: the line through two figures may lead beyond numbers


def scaled(amount: Float[np.ndarray, "*shape"] | float) -> Float[np.ndarray, "*shape"]:
    """An amount on the scale of scores: log(1 + x), with the sign of x."""
    return np.asarray(np.sign(amount) * np.log1p(np.abs(amount)))


def unscaled(place: Float[np.ndarray, "*shape"] | float) -> Float[np.ndarray, "*shape"]:
    """The amount at a place on the scale of scores."""
    return np.asarray(np.sign(place) * np.expm1(np.minimum(np.abs(place), _FARTHEST)))


def coverage(
    model: Model, series: Series, figures: Sequence[Figure]
) -> Float[np.ndarray, "figure month"]:
    """How much of each month of the case is in each of some figures, at least one, of a series."""
    months = np.stack([figure.months for figure in figures])
    if series.counting == "running_total" and carried(model, series):
        months = np.cumsum(months[:, ::-1], axis=1)[:, ::-1]  # differences of levels at two ends
    return months


@dataclass(frozen=True, eq=False)
class History:
    """Figures of a series in order of time, as rates.

    Attributes:
        total: whether they are increments of a running total.
        level: whether they are levels.
        amounts: the figures.
        coverage: how much of each month of the case is in each figure.
        times: the middle of each figure's months.
        ends: months from the start of the case to the end of each figure's period.
        known: the number of months of the case after which each figure was known.
        classes: the source class of each figure.
        since_start: whether a figure is the first running total of its class. It tells no rate,
            because nothing says when counting began.
    """

    total: bool
    level: bool
    amounts: Float[np.ndarray, "figure"]
    coverage: Float[np.ndarray, "figure month"]
    times: Float[np.ndarray, "figure"]
    ends: Float[np.ndarray, "figure"]
    known: Float[np.ndarray, "figure"]
    classes: tuple[str, ...]
    since_start: Bool[np.ndarray, "figure"]

    @classmethod
    def of(cls, model: Model, series: Series, figures: Sequence[Figure]) -> Self:
        """The history that some figures are, in order of the middles of their months."""
        total = series.counting == "running_total"
        figures = sorted(figures, key=lambda figure: figure.time)
        months = coverage(model, series, figures)
        before = month_name(month_number(model.case.spec.start) - 1)
        days = [(figure.observation.ref_end, figure.observation.known_on) for figure in figures]
        return cls(
            total=total,
            level=series.counting == "level",
            amounts=np.array([figure.value for figure in figures]),
            coverage=months,
            times=np.array([figure.time for figure in figures]),
            ends=np.array([months_after(before, end) for end, _ in days]),
            known=np.array([np.ceil(months_after(before, max(both))) for both in days]),
            classes=tuple(figure.rule.source_class for figure in figures),
            since_start=total & (months[:, :1].sum(axis=1) > _WHOLE),
        )

    def __len__(self) -> int:
        return len(self.amounts)

    @property
    def rates(self) -> Float[np.ndarray, "figure"]:
        """The amount of a whole month, or the level."""
        return np.asarray(self.amounts / self.coverage.sum(axis=1))

    def some(self, which: Bool[np.ndarray, "figure"]) -> "History":
        """Some of the figures."""
        arrays = {
            name: getattr(self, name)[which]
            for name in ("amounts", "coverage", "times", "ends", "known", "since_start")
        }
        classes = tuple(c for c, own in zip(self.classes, which, strict=True) if own)
        return History(self.total, self.level, classes=classes, **arrays)

    def at(self, month: int) -> "History":
        """The figures that were known after so many months of the case."""
        return self.some(self.known <= month)

    def of_class(self, source_class: str) -> "History":
        """The figures whose rates forecast a figure of a source class.

        They are its own if there are two or more, and otherwise those of the whole series. First
        running totals tell no rate.
        """
        own = np.array([name == source_class for name in self.classes], bool) & ~self.since_start
        return self.some(own if own.sum() >= FEW else ~self.since_start)

    @property
    def has_rate(self) -> bool:
        """Whether some figure is more than a first running total."""
        return bool((~self.since_start).any())
