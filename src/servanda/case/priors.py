"""Parameters and their priors: a declared distribution, bounds that truncate it, and where it is from.

Draws are keyed by seed, run and parameter name, so that a run's parameters do not depend on how many
runs were asked for, on the order of the file, or on other parameters.
"""

import zlib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
from jaxtyping import Array, Float

from servanda.errors import CaseError

Status = Literal["measured", "estimated", "assumed"]
Family = Literal["normal", "lognormal", "beta", "uniform", "fixed"]

# A prior may lose a little of its tail to its bounds; more than this and the bounds contradict it.
_MASS_WITHIN_BOUNDS = 0.9


@dataclass(frozen=True)
class Prior:
    """One uncertain number: a NumPyro distribution truncated to its bounds.

    Attributes:
        family: `normal` (mean, sd), `lognormal` (median, sd of the log), `beta` (a, b), `uniform`
            (low, high) or `fixed` (value).
        numbers: the family's numbers, in the parameter's unit.
        low, high: bounds in the same unit; draws never leave them.
        unit: the unit of all of these.
        status: `measured`, `estimated` or `assumed`.
        sources: ids of evidence rows or keys of sources.
        note: why this prior.
    """

    family: Family
    numbers: tuple[float, ...]
    low: float
    high: float
    unit: str
    status: Status
    sources: tuple[str, ...] = ()
    note: str = ""

    @property
    def distribution(self) -> dist.Distribution:
        """The truncated NumPyro distribution."""
        return _batched(self.family, *(jnp.asarray([x]) for x in self._arguments))

    @property
    def centre(self) -> float:
        """The prior's median (its mean for a beta), as the one number to use where one is needed."""
        match self.family:
            case "beta":
                return self.numbers[0] / (self.numbers[0] + self.numbers[1])
            case "uniform":
                return sum(self.numbers) / 2
            case _:
                return self.numbers[0]

    @property
    def _arguments(self) -> tuple[float, float, float, float]:
        second = self.numbers[1] if len(self.numbers) > 1 else 0.0
        return self.numbers[0], second, self.low, self.high

    def check(self, where: str) -> None:
        """Raise `CaseError` if the numbers are not a distribution or lie outside the bounds."""
        wanted = 1 if self.family == "fixed" else 2
        if len(self.numbers) != wanted:
            raise CaseError(
                where=where,
                found=f"{self.family} with {len(self.numbers)} numbers",
                expected=f"{self.family} with {wanted}",
            )
        if not all(np.isfinite(self.numbers)):
            raise CaseError(where=where, found=f"{self.numbers}", expected="finite numbers")
        if not self.low <= self.high:
            raise CaseError(
                where=where,
                found=f"bounds [{self.low:g}, {self.high:g}]",
                expected="low below high",
            )
        self._check_shape(where)
        if self._mass_within() < _MASS_WITHIN_BOUNDS:
            raise CaseError(
                where=where,
                found=f"{self.family} {list(self.numbers)} with {self._mass_within():.0%} of its mass "
                f"within its bounds [{self.low:g}, {self.high:g}]",
                expected=f"at least {_MASS_WITHIN_BOUNDS:.0%} within them",
                hint="widen the bounds, or move the prior",
            )

    def _check_shape(self, where: str) -> None:
        first, second = self._arguments[:2]
        problem = {
            "normal": second <= 0 and "a standard deviation above zero",
            "lognormal": (first <= 0 or second <= 0) and "a median and a log-sd above zero",
            "beta": (first <= 0 or second <= 0 or self.low < 0 or self.high > 1)
            and "two numbers above zero and bounds within [0, 1]",
            "uniform": first >= second and "low below high",
            "fixed": False,
        }[self.family]
        if problem:
            raise CaseError(
                where=where, found=f"{self.family} {list(self.numbers)}", expected=str(problem)
            )

    def _mass_within(self) -> float:
        first, second = self._arguments[:2]
        match self.family:
            case "fixed":
                return float(self.low <= first <= self.high)
            case "uniform":
                inside = min(second, self.high) - max(first, self.low)
                return max(inside, 0.0) / (second - first)
            case "beta":
                cdf = dist.Beta(first, second).cdf
                return float(cdf(self.high) - cdf(self.low))
            case "lognormal":
                base, low, high = (
                    dist.Normal(np.log(first), second),
                    _log(self.low),
                    _log(self.high),
                )
            case _:
                base, low, high = dist.Normal(first, second), self.low, self.high
        return float(base.cdf(high) - base.cdf(low))


@dataclass(frozen=True)
class ParameterTable:
    """One named parameter of a mechanism: a prior for each member it is declared for.

    Attributes:
        name: `mechanism.parameter`.
        description: what it means, in words.
        priors: by member label; the scalar parameter's only member is the empty string.
        otherwise: the value of members that are not listed, or None where all must be.
        unit: the default unit of its priors.
    """

    name: str
    description: str
    unit: str
    priors: Mapping[str, Prior]
    otherwise: float | None = None
    where: str = field(default="", compare=False)


def label(parameter: str, member: str) -> str:
    """The printed name of one number: `exchange.cost[PRK>RUS:shells]`."""
    return f"{parameter}[{member}]" if member else parameter


def draw(
    priors: Mapping[str, Prior], seed: int, runs: np.ndarray[Any, np.dtype[np.int_]]
) -> dict[str, Float[Array, "run"]]:
    """Draw every prior once for each run.

    Args:
        priors: by printed name, which keys its stream.
        seed: the experiment's seed.
        runs: the numbers of the runs, whose draws are the same in any company.

    Returns:
        By printed name, one draw a run, in the prior's unit.
    """
    families: dict[Family, list[str]] = defaultdict(list)
    for name, prior in priors.items():
        families[prior.family].append(name)
    root = jax.random.key(seed)
    drawn: dict[str, Float[Array, "run"]] = {}
    for family, names in families.items():
        arguments = np.array([priors[name]._arguments for name in names])
        streams = np.array([zlib.crc32(name.encode()) for name in names], dtype=np.uint32)
        values = _draw_family(family)(root, streams, runs.astype(np.uint32), arguments)
        drawn.update(zip(names, values, strict=True))
    return drawn


@cache
def _draw_family(family: Family) -> Any:
    def one(root: Array, stream: Array, run: Array, arguments: Array) -> Array:
        key = jax.random.fold_in(jax.random.fold_in(root, run), stream)
        sample = _batched(family, *arguments).sample(key)
        return jnp.clip(sample, arguments[2], arguments[3])

    over_runs = jax.vmap(one, in_axes=(None, None, 0, None))
    return jax.jit(jax.vmap(over_runs, in_axes=(None, 0, None, 0)))


def _batched(family: Family, first: Array, second: Array, low: Array, high: Array) -> Any:
    match family:
        case "normal":
            return dist.TruncatedNormal(first, second, low=low, high=high)
        case "lognormal":
            base = dist.TruncatedNormal(
                jnp.log(first), second, low=jnp.log(jnp.maximum(low, 0.0)), high=jnp.log(high)
            )
            return dist.TransformedDistribution(base, dist.transforms.ExpTransform())
        case "beta":
            return dist.Beta(first, second)
        case "uniform":
            return dist.Uniform(jnp.maximum(first, low), jnp.minimum(second, high))
        case "fixed":
            return dist.Delta(first)


def _log(bound: float) -> float:
    return float(np.log(bound)) if bound > 0 else -np.inf
