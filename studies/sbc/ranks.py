"""The rank of a truth among draws of the posterior that is learned from its data."""

import numpy as np
from jaxtyping import Int

from servanda.calibration.posterior import Settings
from servanda.calibration.sampler import climb, start
from servanda.calibration.target import Target
from studies.sbc.data_sets import DataSet
from studies.sbc.uniformity import DRAWS

LOG_LIKELIHOOD = "log likelihood"


def quantities(target: Target) -> tuple[str, ...]:
    """Names of the ranked quantities: all unknowns, and the log likelihood."""
    return (*target.space.names, LOG_LIKELIHOOD)


def ranks(target: Target, data: DataSet, settings: Settings) -> Int[np.ndarray, "quantity"]:
    """Learn from a data set, and return the rank of each true quantity, from 0 to `DRAWS`."""
    own = target.with_counts(data.counted)
    at = start(own, settings.particles, settings.seed)
    for _ in climb(own, at, settings.moves, lambda *_: None):
        pass
    some = np.arange(DRAWS) * settings.particles // DRAWS  # their order is random
    learned = np.vstack([at.z, at.log_likelihood])[:, some]
    truth = np.vstack([data.z, own.log_likelihood(data.z, data.numbers)])
    return np.asarray((learned < truth).sum(axis=1))
