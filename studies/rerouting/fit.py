"""Diversion held against the record: exact weights over a grid, and what they predict.

One series, logs of money, in time:

    log y_t = x_t·β + log(1 + θ g_t / b_t) + ε_t,    ε stationary AR(1): corr(ε_t, ε_u) = φ^|t−u|

x_t·β is trade without diversion (level, season, trend), g_t is what is diverted per unit of θ, in
money (`rerouting.diversion`), and b_t is a baseline fitted before the ban, which turns money
into a share. Given θ, φ and g, that is linear regression with a normal-inverse-gamma prior: β and
the noise are integrated out in closed form, and every forecast is a mixture of Student t's. One
Cholesky factor for each φ serves all nodes and all dates: innovations up to a date are those of a
fit that stops there, so that a rolling forecast never sees what came after its origin.

Series share the nodes of (size of the loss, ρ, s); each has θ and φ of its own. Given a shared node
series are independent, so joint weights are products.

Left out: shocks common to several series in one month. Standard errors of scores are therefore
taken over months, not over series and months.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64
from scipy import linalg, special

LIMITS = (0.05, 0.5, 0.95)
NEGLIGIBLE = 1e-16  # weight of a node that no forecast needs

Times = Float64[np.ndarray, " time"]
Cells = Float64[np.ndarray, "persistence shared theta"]


@dataclass(frozen=True, slots=True)
class Noise:
    """Prior of the noise.

    Attributes:
        persistence: Nodes of φ, equally likely.
        shape: Shape of the inverse gamma prior of the variance: twice it is its worth in
            observations.
        scale: Standard deviation that the prior expects, log points.
    """

    persistence: tuple[float, ...]
    shape: float
    scale: float


@dataclass(frozen=True, slots=True)
class Mixture:
    """A forecast: a weighted mixture of Student t's of the log of money.

    Attributes:
        weight: Of each component; they sum to one.
        centre: Of each component.
        scale: Of each component.
        freedom: Degrees of freedom of all of them.
    """

    weight: Float64[np.ndarray, " component"]
    centre: Float64[np.ndarray, " component"]
    scale: Float64[np.ndarray, " component"]
    freedom: float

    def log_density(self, value: float) -> float:
        """Log of the density at a value: the log score there."""
        half = (self.freedom + 1) / 2
        apart = (value - self.centre) / self.scale
        constant = special.gammaln(half) - special.gammaln(self.freedom / 2)
        constant -= 0.5 * np.log(np.pi * self.freedom)
        terms = constant - np.log(self.scale) - half * np.log1p(apart**2 / self.freedom)
        peak = terms.max()
        return float(peak + np.log(self.weight @ np.exp(terms - peak)))

    def draw(self, count: int, random: np.random.Generator) -> Float64[np.ndarray, " draw"]:
        """Independent draws."""
        chosen = pick(self.weight, count, random)
        noise = random.standard_t(self.freedom, count)
        drawn: Float64[np.ndarray, " draw"] = self.centre[chosen] + self.scale[chosen] * noise
        return drawn


def pick(
    weight: Float64[np.ndarray, " component"], count: int, random: np.random.Generator
) -> Int64[np.ndarray, " draw"]:
    """Indices drawn in proportion to weights, by stratified uniforms in random order."""
    uniform = (random.permutation(count) + random.random(count)) / count
    last = len(weight) - 1
    found = np.searchsorted(np.cumsum(weight), uniform * weight.sum())
    indices: Int64[np.ndarray, " draw"] = np.minimum(found, last).astype(np.int64)
    return indices


@dataclass(frozen=True, slots=True)
class Interval:
    """A posterior in short.

    Attributes:
        low: Its 5 % point.
        median: Its middle.
        high: Its 95 % point.
        log_sd: Standard deviation of the log, over draws above zero.
    """

    low: float
    median: float
    high: float
    log_sd: float

    @classmethod
    def of(cls, draws: Float64[np.ndarray, " draw"]) -> Interval:
        """The range of draws."""
        low, median, high = np.quantile(draws, LIMITS).tolist()
        return cls(low, median, high, float(np.log(draws[draws > 0]).std()))


def between(
    nodes: Float64[np.ndarray, " node"],
    chosen: Float64[np.ndarray, "..."],
    random: np.random.Generator,
) -> Float64[np.ndarray, "..."]:
    """Spread draws of evenly log-spaced nodes over the space around each: no jumps in quantiles."""
    step = np.log(nodes[1] / nodes[0]) if len(nodes) > 1 else 0.0
    moved: Float64[np.ndarray, "..."] = chosen * np.exp(step * (random.random(chosen.shape) - 0.5))
    return moved


@dataclass(frozen=True, slots=True)
class SeriesFit:
    """One series under every node of the grid.

    Attributes:
        plain: The log of money less the rise that diversion gives it, less `offset`.
        design: x_t, also of times that are still to come.
        prior_sd: Standard deviation of each coefficient, in units of the noise.
        noise: Prior of the noise.
        theta_weight: Prior weight of each node of θ.
        offset: Taken off all logs, so that the unit of money does not matter.
        squares: Sums of squared innovations over the first 0, 1, … times.
        log_scales: Sums of the logs of innovations' scales, likewise.
    """

    plain: Float64[np.ndarray, "shared theta time"]
    design: Float64[np.ndarray, "calendar coefficient"]
    prior_sd: Float64[np.ndarray, " coefficient"]
    noise: Noise
    theta_weight: Float64[np.ndarray, " theta"]
    offset: float
    squares: Float64[np.ndarray, "persistence shared theta sums"]
    log_scales: Float64[np.ndarray, "persistence sums"]

    def log_evidence(self, known: int) -> Cells:
        """Log of the probability of the first `known` values and of the node of θ and φ."""
        shape, rate = self._posterior(known)
        prior_rate = self.noise.shape * self.noise.scale**2
        constant = special.gammaln(shape) - special.gammaln(self.noise.shape)
        constant += self.noise.shape * np.log(prior_rate) - 0.5 * known * np.log(2 * np.pi)
        prior = np.log(self.theta_weight) - np.log(len(self.noise.persistence))
        scales = self.log_scales[:, known, None, None]
        cells: Cells = constant - shape * np.log(rate) - scales + prior
        return cells

    def predict(
        self, known: int, at: int, rise: Float64[np.ndarray, "shared theta"]
    ) -> tuple[Cells, Cells]:
        """Centres and scales of the forecast of time `at` from the first `known` values."""
        shape, rate = self._posterior(known)
        centre, scale = np.empty_like(rate), np.empty_like(rate)
        for row, phi in enumerate(self.noise.persistence):
            weights, variance = self._weights(phi, known, at)
            centre[row] = self.offset + self.plain[..., :known] @ weights + rise
            scale[row] = np.sqrt(rate[row] / shape * variance)
        return centre, scale

    def freedom(self, known: int) -> float:
        """Degrees of freedom of a forecast from the first `known` values."""
        return 2 * self.noise.shape + known

    def coefficients(
        self,
        known: int,
        chosen: tuple[Int64[np.ndarray, " draw"], ...],
        random: np.random.Generator,
    ) -> Float64[np.ndarray, "draw coefficient"]:
        """Draw β from its posterior at chosen nodes (φ, shared, θ), from the first `known`."""
        shape, rate = self._posterior(known)
        plain = self.plain[chosen[1], chosen[2], :known]
        drawn = np.zeros((len(plain), len(self.prior_sd)))
        variance = rate[chosen] / random.gamma(shape, size=len(plain))
        for row, phi in enumerate(self.noise.persistence):
            mine = chosen[0] == row
            gain, covariance = self._regress(phi, known)
            root = np.linalg.cholesky(covariance + 1e-10 * np.eye(len(covariance)))
            free = random.standard_normal((int(mine.sum()), len(root))) @ root.T
            drawn[mine] = plain[mine] @ gain.T + np.sqrt(variance[mine])[:, None] * free
        return drawn

    def carried_on(
        self, known: int, after: Float64[np.ndarray, " coefficient"]
    ) -> tuple[Float64[np.ndarray, " coefficient"], float]:
        """Mean of β from the first `known` values, and the sd of `after`·β.

        For a series without diversion: one shared node, one θ.
        """
        weight = np.exp(self.log_evidence(known)[:, 0, 0])
        weight /= weight.sum()
        shape, rate = self._posterior(known)
        means, variances = [], []
        for row, phi in enumerate(self.noise.persistence):
            gain, covariance = self._regress(phi, known)
            means.append(gain @ self.plain[0, 0, :known])
            noise = float(rate[row, 0, 0]) / (shape - 1)  # mean of an inverse gamma
            variances.append(noise * float(after @ covariance @ after))
        mean = weight @ np.array(means)
        apart = (np.array(means) - mean) @ after
        return mean, float(np.sqrt(weight @ (np.array(variances) + apart**2)))

    def _regress(
        self, phi: float, known: int
    ) -> tuple[
        Float64[np.ndarray, "coefficient known"], Float64[np.ndarray, "coefficient coefficient"]
    ]:
        """What each known value adds to the mean of β; its covariance over the noise's variance."""
        kernel = _kernel(self.design[:known], self.prior_sd, phi)
        cross = self.prior_sd[:, None] ** 2 * self.design[:known].T
        gain = np.linalg.solve(kernel, cross.T).T
        return gain, np.diag(self.prior_sd**2) - gain @ cross.T

    def _posterior(self, known: int) -> tuple[float, Cells]:
        """Shape and rate of the inverse gamma of the noise's variance."""
        rate: Cells = self.noise.shape * self.noise.scale**2 + 0.5 * self.squares[..., known]
        return self.noise.shape + known / 2, rate

    def _weights(self, phi: float, known: int, at: int) -> tuple[Times, float]:
        """What each known value adds to the forecast's centre, and the forecast's variance."""
        both = [*range(known), at]
        kernel = _kernel(self.design[both], self.prior_sd, phi, np.array(both))
        weights: Times = np.linalg.solve(kernel[:-1, :-1], kernel[:-1, -1])
        return weights, float(kernel[-1, -1] - weights @ kernel[:-1, -1])


def weigh(
    log_values: Times,
    rise: Float64[np.ndarray, "shared theta time"],
    design: Float64[np.ndarray, "calendar coefficient"],
    prior_sd: Float64[np.ndarray, " coefficient"],
    noise: Noise,
    theta_weight: Float64[np.ndarray, " theta"],
    level: slice,
) -> SeriesFit:
    """Hold one series against every node.

    Args:
        log_values: Logs of money.
        rise: log(1 + θ g_t/b_t) of each node.
        design: x_t, for these times and any to come.
        prior_sd: Standard deviation of each coefficient, in units of the noise.
        noise: Prior of the noise.
        theta_weight: Prior weight of each node of θ.
        level: The times whose mean the prior of the level is centred on: those before the ban.
    """
    offset = float(log_values[level].mean())
    plain = log_values - offset - rise
    squares, scales = [], []
    for phi in noise.persistence:
        root = np.linalg.cholesky(_kernel(design[: len(log_values)], prior_sd, phi))
        flat = plain.reshape(-1, len(log_values))
        innovation = linalg.solve_triangular(root, flat.T, lower=True).T.reshape(plain.shape)
        sums = np.cumsum(innovation**2, axis=-1)
        squares.append(np.concatenate([np.zeros_like(sums[..., :1]), sums], axis=-1))
        scales.append(np.concatenate([[0.0], np.cumsum(np.log(np.diag(root)))]))
    return SeriesFit(
        plain, design, prior_sd, noise, theta_weight, offset, np.stack(squares), np.stack(scales)
    )


@dataclass(frozen=True, slots=True)
class Joint:
    """Weights of all nodes from the values known at one date.

    Attributes:
        log_evidence: Log of the probability of all that is known.
        shared: Weight of each shared node.
        own: For each series, weight of its own (φ, θ) at each shared node; sums to one there.
    """

    log_evidence: float
    shared: Float64[np.ndarray, " shared"]
    own: tuple[Cells, ...]

    def of(self, series: int) -> Float64[np.ndarray, " component"]:
        """Weight of each node (φ, shared, θ) for one series, flat."""
        cells: Float64[np.ndarray, " component"] = (
            self.own[series] * self.shared[None, :, None]
        ).ravel()
        return cells

    def draw(
        self, count: int, random: np.random.Generator
    ) -> tuple[Int64[np.ndarray, " draw"], Int64[np.ndarray, "series draw two"]]:
        """Draw shared nodes, and for each series its nodes of φ and of θ, from the posterior."""
        shared = pick(self.shared, count, random)
        chosen = np.zeros((len(self.own), count, 2), dtype=np.int64)
        for series, cells in enumerate(self.own):
            thetas = cells.shape[2]
            for node in np.unique(shared):
                mine = shared == node
                flat = pick(cells[:, node, :].ravel(), int(mine.sum()), random)
                chosen[series, mine] = np.stack([flat // thetas, flat % thetas], axis=1)
        return shared, chosen


def combine(
    fits: Sequence[SeriesFit], known: Sequence[int], shared: Float64[np.ndarray, " shared"]
) -> Joint:
    """Weigh all nodes by the first `known` values of each series, `shared` being the prior."""
    log_shared = np.log(shared)
    own = []
    for series, count in zip(fits, known, strict=True):
        cells = series.log_evidence(count)
        peak = cells.max(axis=(0, 2), keepdims=True)
        raised = np.exp(cells - peak)
        total = raised.sum(axis=(0, 2), keepdims=True)
        own.append(raised / total)
        log_shared = log_shared + (peak + np.log(total)).ravel()
    all_nodes = float(special.logsumexp(log_shared))
    return Joint(all_nodes, np.exp(log_shared - all_nodes), tuple(own))


def forecast(
    series: SeriesFit,
    weight: Float64[np.ndarray, " component"],
    known: int,
    at: int,
    rise: Float64[np.ndarray, "shared theta"],
) -> Mixture:
    """What one series will be at time `at`, as foreseen from its first `known` values."""
    centre, scale = series.predict(known, at, rise)
    matters = weight > NEGLIGIBLE
    kept = (weight[matters], centre.ravel()[matters], scale.ravel()[matters])
    return Mixture(*kept, series.freedom(known))


def _kernel(
    design: Float64[np.ndarray, "known coefficient"],
    prior_sd: Float64[np.ndarray, " coefficient"],
    phi: float,
    times: Int64[np.ndarray, " known"] | None = None,
) -> Float64[np.ndarray, "known known"]:
    """Covariance of values in units of the noise's variance, coefficients integrated out."""
    when = np.arange(len(design)) if times is None else times
    apart = np.abs(when[:, None] - when[None, :])
    scaled = design * prior_sd
    kernel: Float64[np.ndarray, "known known"] = phi ** apart.astype(np.float64) + (
        scaled @ scaled.T
    )
    return kernel
