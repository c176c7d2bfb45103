"""How good a forecast of one figure was, on the scale log(1 + x) of `servanda.scoring.history`.

A forecast is given by draws. The continuous ranked probability score is the mean distance of the
draws from the figure, less half their mean distance from each other (Gneiting and Raftery,
"Strictly Proper Scoring Rules, Prediction, and Estimation", JASA 102, 2007). It is in log points,
less is better, and for a forecast without spread it is the size of the error. The Brier score of
events is the squared distance of the probability of at least one event from what happened, one or
zero. The log score is the log density of the figure on its own scale, or of a count of events its
log probability; more is better.

The probability integral transform is the probability of at most the figure. For counts of events it
is drawn between the probabilities of fewer and of at most as many (Czado, Gneiting and Held,
"Predictive Model Assessment for Count Data", Biometrics 65, 2009). If forecasts are calibrated, it
is uniform.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.special import ndtr, ndtri
from scoringrules import brier_score, crps_ensemble

from servanda.ensembles.draws import uniforms
from servanda.observation import Figure
from servanda.scoring.history import scaled, unscaled

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
_DRAWS = 1000  # of a baseline: quantiles at equal steps of probability
Draws = Float[np.ndarray, "draw"]


@dataclass(frozen=True)
class Scores:
    """Scores of a forecast of one figure.

    Attributes:
        quantiles: the forecast at `LEVELS`, in the series' unit.
        crps: continuous ranked probability score, log points.
        log_score: log density, or log probability of a count; None if the forecast ruled it out.
        inside_50: whether the figure lies in the 50 % interval.
        inside_90: whether it lies in the 90 % interval.
        pit: probability integral transform.
        brier: Brier score of at least one event; None for other figures.
    """

    quantiles: tuple[float, ...]
    crps: float
    log_score: float | None
    inside_50: bool
    inside_90: bool
    pit: float
    brier: float | None


def of_draws(figure: Figure, draws: Draws, log_density: float, seed: int) -> Scores:
    """The scores of a forecast that is given by draws.

    Args:
        figure: the figure.
        draws: draws of the figure, in the series' unit.
        log_density: the log density of the figure under the forecast.
        seed: seed of the number that the PIT of a count is drawn with.
    """
    value, events = figure.value, figure.rule.error is None
    low, lower, middle, upper, high = np.quantile(draws, LEVELS).tolist()
    brier = None
    if events:
        brier = float(brier_score(float(value >= 1), float((draws >= 1).mean())))
    return Scores(
        quantiles=(low, lower, middle, upper, high),
        crps=float(crps_ensemble(float(scaled(value)), scaled(draws))),
        log_score=log_density if np.isfinite(log_density) else None,
        inside_50=lower <= value <= upper,
        inside_90=low <= value <= high,
        pit=_pit(figure, draws, seed),
        brier=brier,
    )


def of_normal(figure: Figure, centre: float, spread: float, seed: int) -> Scores:
    """The scores of a forecast that is normal on the scale of scores.

    Of events the forecast is rounded to whole numbers, and less than none is none.

    Args:
        figure: the figure.
        centre: its mean on the scale of scores.
        spread: its standard deviation there.
        seed: as for `of_draws`.
    """
    at = (np.arange(_DRAWS) + 0.5) / _DRAWS
    draws, value = unscaled(centre + spread * ndtri(at)), figure.value
    off = (float(scaled(value)) - centre) / spread
    log_density = float(-0.5 * off**2 - np.log(spread * np.sqrt(2 * np.pi)) - np.log1p(abs(value)))
    if figure.rule.error is None:
        draws = np.maximum(np.round(draws), 0.0)
        edges = (scaled(np.array([value - 0.5, value + 0.5])) - centre) / spread
        below, up_to = ndtr(edges)
        with np.errstate(divide="ignore"):
            log_density = float(np.log(up_to - (below if value > 0 else 0.0)))
    return of_draws(figure, draws, log_density, seed)


def _pit(figure: Figure, draws: Draws, seed: int) -> float:
    below, up_to = float((draws < figure.value).mean()), float((draws <= figure.value).mean())
    if figure.rule.error is not None:
        return (below + up_to) / 2
    name = f"scoring/pit/{figure.observation.id}"
    at = float(uniforms([name], seed, np.arange(1))[0, 0])
    return below + at * (up_to - below)
