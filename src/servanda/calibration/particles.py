"""What a sampler works on: a likelihood of unknowns, and particles from prior to posterior."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, Int, UInt32


@runtime_checkable
class Problem(Protocol):
    """A likelihood of unknowns that are independent standard normal under the prior."""

    @property
    def size(self) -> int:
        """The number of unknowns."""

    @property
    def part_of(self) -> Int[np.ndarray, "unknown"]:
        """The part of the likelihood that alone depends on each unknown; −1 if there is none."""

    def by_part(
        self, z: Float[np.ndarray, "unknown run"], numbers: UInt32[np.ndarray, "run"]
    ) -> Float[np.ndarray, "part run"]:
        """The log likelihood of each particle, in parts that add up.

        Args:
            z: the unknowns.
            numbers: numbers that key what is drawn beside the unknowns.
        """

    def information(
        self, z: Float[np.ndarray, "unknown"], number: int
    ) -> Float[np.ndarray, "unknown unknown"]:
        """The information of the data on the unknowns, near one particle."""


@dataclass(frozen=True)
class Rung:
    """What happened at one power of the likelihood.

    Attributes:
        power: the power.
        log_evidence: of the likelihood to this power.
        directions: number of informed directions.
        informed, rest: acceptance of moves in these directions, and in all others.
        steps: the two steps after the rung.
        distinct: number of particles that differ from all others after the moves.
        effective: effective number of particles before they were resampled.
    """

    power: float
    log_evidence: float
    directions: int
    informed: float
    rest: float
    steps: tuple[float, float]
    distinct: int
    effective: float

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "Rung":
        """A rung that was stored as plain values."""
        return cls(**{**stored, "steps": tuple(stored["steps"])})


@dataclass
class Particles:
    """Particles at a power of the likelihood.

    Attributes:
        z: the unknowns.
        numbers: numbers that key what is drawn beside the unknowns.
        parts: the log likelihood of each particle, in parts that add up.
        path: the rungs so far.
        random: the generator of all random numbers.
    """

    z: Float[np.ndarray, "unknown run"]
    numbers: UInt32[np.ndarray, "run"]
    parts: Float[np.ndarray, "part run"]
    random: np.random.Generator
    path: list[Rung] = field(default_factory=list)

    @property
    def log_likelihood(self) -> Float[np.ndarray, "run"]:
        """The log likelihood of each particle."""
        return np.asarray(self.parts.sum(axis=0))

    @property
    def power(self) -> float:
        """The power of the likelihood."""
        return self.path[-1].power if self.path else 0.0
