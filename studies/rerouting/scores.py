"""Scores of forecasts of exports to neighbours, at rolling origins, against simple rivals.

Every forecast is of the log of a month's exports to one neighbour, so that all densities are over
the same thing, and is scored three ways: by the log of its density at what came (higher is better),
by CRPS in log points (lower is better, about a relative error), and by whether the 90 % interval
held it. The rivals, each with noise from its own past errors up to the origin:

- `no-diversion`: the model's own regression and persistent noise, θ being zero;
- `seasonal-naive`: the same month a year before (two years, if that is not known yet);
- `persistence`: the last month, season taken off by the baseline of 2019–2021;
- `trend`: the same with a drift, the mean change of the last twelve months, and its own error: a
  random walk with drift (Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 5.2).

The saturating and network variants carry the last month's lost share on. A difference of log
scores is first averaged over the neighbours of a month, which share shocks; its standard error is
Newey and West's over months, Bartlett weights, as many lags as the horizon. With 11 to 16 months it
is rough.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from servanda.errors import UsageError
from servanda.sources.eurostat import Exports
from studies.rerouting.fit import Mixture
from studies.rerouting.neighbours import NeighboursFit
from studies.rerouting.record import NEIGHBOURS

HORIZONS = (1, 3, 6)
ORIGINS = ("2022-02", "2023-05")
RECENT = 12  # months that a drift is taken from
DRAWS = 2000
COVERED = (0.05, 0.95)
YEAR = 12

RIVALS = ("no-diversion", "seasonal-naive", "persistence", "trend")
MODELS = ("saturating", "network", *RIVALS)


@dataclass(frozen=True, slots=True)
class Score:
    """How one forecast of one neighbour's month did.

    Attributes:
        model: Which.
        partner: The neighbour's code.
        origin: The last month that the forecast knew.
        month: The month that it is of.
        horizon: Months between.
        log_score: Log density at what came.
        crps: Continuous ranked probability score, log points.
        covered: Whether the 90 % interval held what came.
    """

    model: str
    partner: str
    origin: str
    month: str
    horizon: int
    log_score: float
    crps: float
    covered: bool


@dataclass(frozen=True, slots=True)
class Difference:
    """Mean log score of one model less a rival's, for each neighbour and month.

    Attributes:
        mean: Above zero, the model did better.
        error: Its standard error, overlap allowed for.
        months: How many months it is over.
    """

    mean: float
    error: float
    months: int


def naive(log_values: Float64[np.ndarray, " known"], ahead: int) -> Mixture:
    """Seasonal naive: the latest known same month, with the spread of yearly changes so far."""
    years = -(-ahead // YEAR)
    at = len(log_values) + ahead - 1 - YEAR * years
    if len(log_values) < YEAR + 2 or at < 0:
        raise UsageError("seasonal forecast", f"{len(log_values)} months", f"{YEAR + 2} or more")
    changes = log_values[YEAR:] - log_values[:-YEAR]
    sd = float(np.sqrt(np.mean(changes**2) * years))
    return _single(float(log_values[at]), sd, len(changes))


def walk(
    log_values: Float64[np.ndarray, " known"],
    season: Float64[np.ndarray, " calendar"],
    ahead: int,
    drift: bool,
) -> Mixture:
    """Random walk of what the season leaves, with or without the drift of the last year.

    Args:
        log_values: What is known.
        season: Log of the baseline, of these months and those to come.
        ahead: Months to the one forecast.
        drift: Whether the mean change of the last twelve months goes on.
    """
    known = len(log_values)
    if known < RECENT + 2:
        raise UsageError("trend forecast", f"{known} months", f"{RECENT + 2} or more")
    rest = log_values - season[:known]
    changes = np.diff(rest)
    slope = float(changes[-RECENT:].mean()) if drift else 0.0
    centre = float(season[known + ahead - 1] + rest[-1] + ahead * slope)
    spread = float(changes.std(ddof=1)) if drift else float(np.sqrt(np.mean(changes**2)))
    variance = spread**2 * (ahead + (ahead**2 / RECENT if drift else 0.0))
    return _single(centre, float(np.sqrt(variance)), len(changes))


def _single(centre: float, scale: float, changes: int) -> Mixture:
    one = np.ones(1)
    return Mixture(one, centre * one, scale * one, float(changes - 1))


def crps(draws: Float64[np.ndarray, " draw"], value: float) -> float:
    """CRPS of a forecast given by draws: mean |x − y| less half the mean |x − x'| of two draws."""
    count = len(draws)
    ranks = 2 * np.arange(1, count + 1) - count - 1
    apart = float(ranks @ np.sort(draws)) * 2 / (count * (count - 1))
    return float(np.abs(draws - value).mean()) - apart / 2


def score(
    fits: Mapping[str, NeighboursFit],
    origin: str,
    months: Sequence[str],
    told: bool = False,
    seed: int = 0,
) -> list[Score]:
    """Score every model's forecasts of months from one origin, for each neighbour.

    Args:
        fits: The variants by model name: `saturating`, `network` and `no-diversion`.
        origin: The last month known.
        months: The months forecast.
        told: Whether the variants are told what the target bought after the origin.
        seed: Of the draws for CRPS and intervals.
    """
    random = np.random.default_rng(seed)
    exports = next(iter(fits.values())).exports
    joints = {name: fit.joint(origin) for name, fit in fits.items()}
    rows = []
    for month in months:
        horizon = exports.index(month) - exports.index(origin)
        made = {name: fit.foresee(joints[name], origin, month, told) for name, fit in fits.items()}
        made |= _rivals(next(iter(fits.values())), exports.index(origin) + 1, horizon)
        for model, forecasts in made.items():
            for partner, mixture in zip(NEIGHBOURS, forecasts, strict=True):
                value = float(np.log(exports.of(partner)[exports.index(month)]))
                about = (model, partner, origin, month, horizon)
                rows.append(Score(*about, *_judged(mixture, value, random)))
    return rows


def _judged(
    mixture: Mixture, value: float, random: np.random.Generator
) -> tuple[float, float, bool]:
    draws = mixture.draw(DRAWS, random)
    low, high = np.quantile(draws, COVERED).tolist()
    return mixture.log_density(value), crps(draws, value), low <= value <= high


def _rivals(fit: NeighboursFit, known: int, ahead: int) -> dict[str, list[Mixture]]:
    logs = {code: np.log(fit.exports.of(code)[:known]) for code in NEIGHBOURS}
    season = {code: np.log(fit.baseline[row]) for row, code in enumerate(NEIGHBOURS)}
    return {
        "seasonal-naive": [naive(logs[c], ahead) for c in NEIGHBOURS],
        "persistence": [walk(logs[c], season[c], ahead, drift=False) for c in NEIGHBOURS],
        "trend": [walk(logs[c], season[c], ahead, drift=True) for c in NEIGHBOURS],
    }


def rolling(fits: Mapping[str, NeighboursFit], exports: Exports) -> list[Score]:
    """Score forecasts one, three and six months ahead from every origin."""
    first, last = (exports.index(month) for month in ORIGINS)
    count = len(exports.months)
    rows = []
    for origin in range(first, last + 1):
        months = [exports.months[origin + h] for h in HORIZONS if origin + h < count]
        rows += score(fits, exports.months[origin], months, seed=origin)
    return rows


def once(
    fits: Mapping[str, NeighboursFit], exports: Exports, origin: str, first: str, told: bool
) -> list[Score]:
    """Score forecasts of all months from `first` on, made at one origin."""
    return score(fits, origin, exports.months[exports.index(first) :], told)


def difference(scores: Sequence[Score], model: str, rival: str, lags: int) -> Difference:
    """Compare two models' log scores over the same forecasts.

    Args:
        scores: Of both, over the same neighbours and months.
        model: The one.
        rival: The other.
        lags: Months over which errors may be correlated.
    """
    months = sorted({row.month for row in scores})
    apart = dict.fromkeys(months, 0.0)
    partners = {row.partner for row in scores}
    for row in scores:
        sign = (row.model == model) - (row.model == rival)
        apart[row.month] += sign * row.log_score / len(partners)
    values = np.array([apart[month] for month in months])
    return Difference(float(values.mean()), newey_west(values, lags), len(months))


def newey_west(values: Float64[np.ndarray, " month"], lags: int) -> float:
    """Standard error of the mean of a series whose neighbours in time resemble each other."""
    count = len(values)
    centred = values - values.mean()
    long_run = float(centred @ centred) / count
    for lag in range(1, min(lags, count - 1) + 1):
        weight = 1 - lag / (lags + 1)
        long_run += 2 * weight * float(centred[lag:] @ centred[:-lag]) / count
    return float(np.sqrt(max(long_run, 0.0) / count))
