"""Priors of every family, and the same distributions as SciPy has them."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import stats

from servanda.case import Prior

PRIORS = {
    "normal": Prior("normal", (0.83, 0.08), 0.5, 0.97, "dimensionless", "assumed"),
    "normal, cut on both sides": Prior("normal", (0.0, 1.0), -1.7, 1.7, "USD", "assumed"),
    "lognormal": Prior("lognormal", (900000.0, 0.45), 150000.0, 4e6, "round", "assumed"),
    "lognormal, small": Prior("lognormal", (1.5e-10, 0.9), 2e-12, 3e-9, "1/USD", "assumed"),
    "lognormal, down to zero": Prior("lognormal", (3.0, 0.5), 0.0, 6.0, "month", "assumed"),
    "beta": Prior("beta", (2.0, 5.0), 0.0, 1.0, "dimensionless", "assumed"),
    "beta, at one end": Prior("beta", (2.0, 98.0), 0.0, 1.0, "dimensionless", "assumed"),
    "uniform": Prior("uniform", (-2.0, 3.0), -2.0, 3.0, "dimensionless", "assumed"),
    "uniform, cut": Prior("uniform", (0.0, 1.0), 0.05, 1.0, "dimensionless", "assumed"),
    "fixed": Prior("fixed", (1.3e6,), 1.3e6, 1.3e6, "person", "assumed"),
}
UNCERTAIN = [name for name, prior in PRIORS.items() if prior.family != "fixed"]
SHARES = np.array([0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99])


def reference(prior: Prior) -> Any:
    """The untruncated distribution, as SciPy has it."""
    first, second, *_ = prior.arguments
    return {
        "normal": lambda: stats.norm(first, second),
        "lognormal": lambda: stats.lognorm(second, scale=first),
        "beta": lambda: stats.beta(first, second),
        "uniform": lambda: stats.uniform(first, second - first),
    }[prior.family]()


def truncated(prior: Prior) -> tuple[np.ndarray, np.ndarray]:
    """Quantiles of the truncated distribution at `SHARES`, and its density there."""
    whole = reference(prior)
    low, high = whole.cdf([prior.low, prior.high])
    at = whole.ppf(low + SHARES * (high - low))
    return at, whole.pdf(at) / (high - low)
