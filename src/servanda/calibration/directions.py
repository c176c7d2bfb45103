"""The directions in which the data inform the unknowns."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

_LEAST = 0.05  # of information: below it a direction has 98 % of its prior standard deviation
_MOST = 128


@dataclass(frozen=True)
class Directions:
    """Orthogonal directions among unknowns that are standard normal under the prior.

    Attributes:
        basis: the directions.
        information: what the data say of each: under a normal likelihood the variance left is
            1/(1 + information).
    """

    basis: Float[np.ndarray, "unknown direction"]
    information: Float[np.ndarray, "direction"]

    @classmethod
    def of(cls, information: Float[np.ndarray, "unknown unknown"]) -> "Directions":
        """The most informed directions of an information matrix."""
        values, vectors = np.linalg.eigh(information)
        kept = np.argsort(-values)[: min(_MOST, int((values > _LEAST).sum()))]
        return cls(vectors[:, kept], values[kept])

    @property
    def count(self) -> int:
        """The number of directions."""
        return len(self.information)

    def along(self, z: Float[np.ndarray, "unknown run"]) -> Float[np.ndarray, "direction run"]:
        """Coordinates along the directions."""
        return np.asarray(self.basis.T @ z)

    def rest(self, z: Float[np.ndarray, "unknown run"]) -> Float[np.ndarray, "unknown run"]:
        """What is orthogonal to all directions."""
        return np.asarray(z - self.basis @ self.along(z))

    def cloud(
        self, z: Float[np.ndarray, "unknown run"]
    ) -> tuple[Float[np.ndarray, "direction 1"], Float[np.ndarray, "direction direction"]]:
        """Mean of particles along the directions, and a factor of their covariance.

        The covariance is drawn towards that of a normal likelihood, the more so the fewer particles
        there are.
        """
        along = self.along(z)
        mean = along.mean(axis=1, keepdims=True)
        share = min(1.0, self.count / z.shape[1])
        spread = (along - mean) @ (along - mean).T / z.shape[1]
        covariance = (1 - share) * spread + share * np.diag(1 / (1 + self.information))
        return mean, np.linalg.cholesky(covariance)
