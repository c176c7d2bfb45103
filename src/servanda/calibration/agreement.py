"""How far the chains of a posterior agree.

Chains learn one posterior independently, so what differs between them is error of the sampler. Of
each input this module gives the rank-normalised R̂ (Vehtari, Gelman, Simpson, Carpenter and
Bürkner, "Rank-Normalization, Folding, and Localization", Bayesian Analysis 16, 2021) and the
effective size of a chain: the posterior variance over the variance between the chains' means, on
the scale of normal scores of ranks. Both are one number for an input, so a few of hundreds lie far
out by chance, most with few chains.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from arviz_stats.base.array import array_stats
from jaxtyping import Float
from scipy.special import ndtri
from scipy.stats import rankdata

from servanda.calibration.posterior import Posterior

CLOSE, CLOSEST = 1.1, 1.05
"""R̂ that every input is wanted to stay under, and that nearly every one is."""
NEARLY = 0.95
EFFECTIVE, LEAST_EFFECTIVE = 400.0, 100.0
"""Effective sizes wanted in the median of the inputs, and at their fifth percentile."""
APART = 1.0
"""Standard deviation of the log evidence between chains that is wanted."""


@dataclass(frozen=True, eq=False)
class Agreement:
    """How far the chains of a posterior agree.

    Attributes:
        inputs: printed names of the inputs that vary.
        rhat: rank-normalised R̂ of each.
        effective: effective size of a chain for the mean of each.
        log_evidence: standard deviation of the log evidence between chains.
    """

    inputs: tuple[str, ...]
    rhat: Float[np.ndarray, "input"]
    effective: Float[np.ndarray, "input"]
    log_evidence: float

    @classmethod
    def of(cls, posterior: Posterior) -> "Agreement | None":
        """The agreement of the chains; None if there is one chain."""
        if posterior.settings.chains == 1:
            return None
        inputs = {name: posterior.by_chain(values) for name, values in posterior.inputs.items()}
        return cls.between(inputs, posterior.log_evidences)

    @classmethod
    def between(
        cls,
        inputs: Mapping[str, Float[np.ndarray, "chain draw"]],
        log_evidences: Float[np.ndarray, "chain"],
    ) -> "Agreement":
        """The agreement of chains in these inputs. An input that does not vary is left out."""
        varying = {name: values for name, values in inputs.items() if np.ptp(values) > 0}
        return cls(
            inputs=tuple(varying),
            rhat=np.array([_rhat(values) for values in varying.values()]),
            effective=np.array([_effective(values) for values in varying.values()]),
            log_evidence=float(log_evidences.std(ddof=1)),
        )

    @property
    def sizes(self) -> tuple[float, float]:
        """The effective sizes at the fifth percentile of the inputs and in the median."""
        low, median = np.quantile(self.effective, (1 - NEARLY, 0.5))
        return float(low), float(median)

    @property
    def share_close(self) -> float:
        """The share of the inputs with an R̂ that is nearly one."""
        return float((self.rhat <= CLOSEST).mean())

    @property
    def reached(self) -> bool:
        """Whether the chains agree as wanted."""
        low, median = self.sizes
        rhat = self.share_close >= NEARLY and bool((self.rhat <= CLOSE).all())
        return rhat and low >= LEAST_EFFECTIVE and median >= EFFECTIVE and self.log_evidence < APART


def _rhat(values: Float[np.ndarray, "chain draw"]) -> float:
    return float(array_stats.rhat(values, method="rank"))  # type: ignore[no-untyped-call]


def _effective(values: Float[np.ndarray, "chain draw"]) -> float:
    """The variance over the variance between the means of chains, of normal scores of ranks."""
    scores = ndtri((rankdata(values) - 0.375) / (values.size + 0.25)).reshape(values.shape)
    return float(scores.var() / scores.mean(axis=1).var(ddof=1))
