"""How fast alliances of a reference class end, at what age, and in which way.

Two estimators use ages that are censored at the last observation:

- **Kaplan-Meier** (lifelines): survival to each age without an assumed shape, with 95 % limits
  from Greenwood's variance on the log-log scale. This gives the reported five-year survival.
- **Piecewise-constant hazard**: within an age band, `events / exposure`. With the Jeffreys prior
  for a Poisson rate the posterior is Gamma(events + 1/2, exposure). A model draws its base
  hazard from the lognormal with that gamma's mean and variance: `log_sd**2 = log(1 + 1/(events +
  1/2))`.

Bands with too few endings are merged with the next, so that no hazard is estimated from one or two
alliances.

Limits. The dates are legal endings, which come later than the end of use: the Sino-Soviet treaty
ends in 1980 in ATOP and was no longer used by the mid-1960s (see `servanda.sources.atop`). Endings
are treated as independent, although wars end many alliances at once, so the intervals are too
narrow. The choice of a class is a judgement and not an estimate: the differences between classes
are larger than the uncertainty within one.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import numpy as np
from jaxtyping import Float

from servanda.errors import CaseError, ServandaError
from servanda.files import csv_text, drafts, read_rows
from servanda.files.cells import number, whole
from servanda.history.reference_classes import Lifetimes, ReferenceClasses, lifetimes, select
from servanda.sources.atop import CODED_ENDINGS, Alliance, Ending

MONTHS_PER_YEAR = 12.0

_JEFFREYS = 0.5
_HEADLINE_AGE = 5.0

_FIELDS = (
    "class",
    "n_alliances",
    "n_ended",
    "n_uncoded",
    "age_from",
    "age_to",
    "events",
    "exposure_months",
    "hazard_per_month_mean",
    "hazard_log_sd",
    "five_year_survival",
    "five_year_low",
    "five_year_high",
    *(f"n_{ending}" for ending in CODED_ENDINGS),
    *(f"share_{ending}" for ending in CODED_ENDINGS),
)


@dataclass(frozen=True, slots=True)
class KaplanMeier:
    """Survival as a step function of age in years, with 95 % limits."""

    years: Float[np.ndarray, " steps"]
    survival: Float[np.ndarray, " steps"]
    low: Float[np.ndarray, " steps"]
    high: Float[np.ndarray, " steps"]

    def at(self, age: float) -> float:
        """The share still in force at an age in years."""
        return float(self.survival[self._step(age)])

    def limits(self, age: float) -> tuple[float, float]:
        """95 % limits of the share still in force at an age in years."""
        step = self._step(age)
        return float(self.low[step]), float(self.high[step])

    def ending_between(self, start: float, stop: float) -> float:
        """The probability that an alliance in force at age `start` has ended by age `stop`."""
        alive = self.at(start)
        return math.nan if alive == 0 else 1.0 - self.at(stop) / alive

    def _step(self, age: float) -> int:
        if not age >= 0:
            raise CaseError(where="age", found=f"{age:g} years", expected="zero or more")
        return int(np.searchsorted(self.years, age, side="right")) - 1


@dataclass(frozen=True, slots=True)
class Band:
    """Endings and exposure between two ages in years, with a constant hazard."""

    age_from: float
    age_to: float
    events: int
    exposure_months: float

    @property
    def shape(self) -> float:
        """Shape of the gamma posterior of the hazard; its rate is `exposure_months`."""
        return self.events + _JEFFREYS

    @property
    def hazard_mean(self) -> float:
        """Posterior mean of the hazard, per month."""
        return self.shape / self.exposure_months if self.exposure_months > 0 else math.inf

    @property
    def hazard_log_sd(self) -> float:
        """Log-sd of the lognormal with the posterior's mean and variance."""
        return math.sqrt(math.log1p(1.0 / self.shape))

    @property
    def hazard_median(self) -> float:
        """Median of that lognormal, per month: a prior is LN(hazard_median, hazard_log_sd)."""
        return self.hazard_mean / math.sqrt(1.0 + 1.0 / self.shape)


@dataclass(frozen=True, slots=True)
class FittedClass:
    """Estimates for one reference class."""

    name: str
    n_alliances: int
    n_ended: int
    endings: tuple[int, ...]
    """Counts in the order of `CODED_ENDINGS`: fulfilled, renegotiated, violated."""
    n_uncoded: int
    five_year_survival: float
    five_year_limits: tuple[float, float]
    bands: tuple[Band, ...]

    @property
    def shares(self) -> tuple[float, ...]:
        """Shares of the ways of ending among coded endings, in the order of `CODED_ENDINGS`."""
        total = sum(self.endings)
        return tuple(count / total if total else math.nan for count in self.endings)


def kaplan_meier(lives: Lifetimes) -> KaplanMeier:
    """Kaplan-Meier survival with 95 % limits; needs the extra `history`."""
    if len(lives) == 0:
        raise CaseError(where="Kaplan-Meier", found="no alliances", expected="at least one")
    fitter = _lifelines().KaplanMeierFitter(alpha=0.05)
    fitter.fit(lives.years, event_observed=lives.ended)
    interval = fitter.confidence_interval_
    return KaplanMeier(
        years=np.asarray(fitter.survival_function_.index, dtype=np.float64),
        survival=np.asarray(fitter.survival_function_.iloc[:, 0], dtype=np.float64),
        low=np.asarray(interval.iloc[:, 0], dtype=np.float64),
        high=np.asarray(interval.iloc[:, 1], dtype=np.float64),
    )


def fit_bands(lives: Lifetimes, ages: Sequence[float], min_events: int) -> tuple[Band, ...]:
    """Events and exposure between ages, the last band open, merged to `min_events` each."""
    edges = [*map(float, ages), math.inf]
    bands = [_band(lives, low, high) for low, high in pairwise(edges)]
    merged: list[Band] = []
    for band in bands:
        if merged and merged[-1].events < min_events:
            merged[-1] = _join(merged[-1], band)
        else:
            merged.append(band)
    if len(merged) > 1 and merged[-1].events < min_events:
        merged[-2:] = [_join(merged[-2], merged[-1])]
    return tuple(merged)


def _band(lives: Lifetimes, low: float, high: float) -> Band:
    exposure = np.clip(lives.years, low, high) - low
    within = (lives.years > low if low > 0 else lives.years >= low) & (lives.years <= high)
    return Band(
        low, high, int(np.sum(within & lives.ended)), MONTHS_PER_YEAR * float(exposure.sum())
    )


def _join(first: Band, second: Band) -> Band:
    return Band(
        first.age_from,
        second.age_to,
        first.events + second.events,
        first.exposure_months + second.exposure_months,
    )


def fit_class(name: str, lives: Lifetimes, ages: Sequence[float], min_events: int) -> FittedClass:
    """Both estimates and the ways of ending, for one reference class."""
    curve = kaplan_meier(lives)
    return FittedClass(
        name=name,
        n_alliances=len(lives),
        n_ended=int(lives.ended.sum()),
        endings=tuple(lives.count(ending) for ending in CODED_ENDINGS),
        n_uncoded=lives.count(Ending.UNCODED),
        five_year_survival=curve.at(_HEADLINE_AGE),
        five_year_limits=curve.limits(_HEADLINE_AGE),
        bands=fit_bands(lives, ages, min_events),
    )


def fit_classes(alliances: Sequence[Alliance], declared: ReferenceClasses) -> list[FittedClass]:
    """Fit every class that a case declares; needs the extra `history`."""
    return [
        fit_class(one.name, lifetimes(select(alliances, one)), declared.ages, declared.min_events)
        for one in declared.classes
    ]


def band_at(bands: Sequence[Band], age: float) -> Band:
    """The band that an age in years falls in."""
    for band in bands:
        if band.age_from <= age < band.age_to:
            return band
    raise CaseError(where="age", found=f"{age:g} years", expected="an age that a band covers")


def probability_of_ending(bands: Sequence[Band], start: float, stop: float) -> float:
    """The probability that an alliance in force at age `start` (years) has ended by age `stop`.

    Averaged over the posterior: a hazard that is Gamma(a, b) gives (b / (b + t))**a over t months.
    """
    log_survival = 0.0
    for band in bands:
        months = MONTHS_PER_YEAR * max(0.0, min(stop, band.age_to) - max(start, band.age_from))
        if months > 0:
            ratio = months / band.exposure_months if band.exposure_months > 0 else math.inf
            log_survival -= band.shape * math.log1p(ratio)
    return -math.expm1(log_survival)


def write_fitted(path: Path, fitted: Iterable[FittedClass]) -> None:
    """Write the table that ships with a case: one row for each class and age band."""
    rows = (_row(one, band) for one in fitted for band in one.bands)
    drafts.write(path, csv_text([_FIELDS, *rows]))


def _row(one: FittedClass, band: Band) -> tuple[str, ...]:
    low, high = one.five_year_limits
    return (
        one.name,
        *map(str, (one.n_alliances, one.n_ended, one.n_uncoded)),
        f"{band.age_from:g}",
        f"{band.age_to:g}",
        str(band.events),
        f"{band.exposure_months:.1f}",
        f"{band.hazard_mean:.6f}",
        f"{band.hazard_log_sd:.4f}",
        *(f"{value:.4f}" for value in (one.five_year_survival, low, high)),
        *map(str, one.endings),
        *(f"{share:.4f}" for share in one.shares),
    )


def read_fitted(path: Path) -> dict[str, FittedClass]:
    """Read the table of a case, by class name; hazards follow from events and exposure.

    Raises:
        CaseError: The file cannot be read, has other columns, or has a cell without a number.
    """
    rows: dict[str, list[tuple[str, dict[str, str]]]] = {}
    for line, row in read_rows(path, _FIELDS).items():
        rows.setdefault(row["class"], []).append((f"{path.name} line {line}", row))
    return {name: _fitted(name, its) for name, its in rows.items()}


def _fitted(name: str, rows: Sequence[tuple[str, dict[str, str]]]) -> FittedClass:
    bands = tuple(
        Band(
            _decimal(row, "age_from", where),
            _decimal(row, "age_to", where),
            whole(row, "events", where),
            _decimal(row, "exposure_months", where),
        )
        for where, row in rows
    )
    where, first = rows[0]
    low, high = (_decimal(first, f"five_year_{end}", where) for end in ("low", "high"))
    return FittedClass(
        name=name,
        n_alliances=whole(first, "n_alliances", where),
        n_ended=whole(first, "n_ended", where),
        endings=tuple(whole(first, f"n_{ending}", where) for ending in CODED_ENDINGS),
        n_uncoded=whole(first, "n_uncoded", where),
        five_year_survival=_decimal(first, "five_year_survival", where),
        five_year_limits=(low, high),
        bands=bands,
    )


def _decimal(row: dict[str, str], column: str, where: str) -> float:
    """A number, which is infinite for the upper age of the last band."""
    return math.inf if row[column] == "inf" else number(row, column, where)


def _lifelines() -> ModuleType:
    try:
        return import_module("lifelines")
    except ImportError:
        raise ServandaError(
            where="servanda.history",
            found="lifelines is not installed",
            expected="the extra 'history', which estimating survival needs",
            hint="pip install 'servanda[history]'",
        ) from None
