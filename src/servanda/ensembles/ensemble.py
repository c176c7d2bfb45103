"""An ensemble: a table of parameters by run, with its origin."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import Literal, get_args

import numpy as np
from jaxtyping import Float, Float32, Int

from servanda.case.priors import DISCREPANCY
from servanda.case.spellings import respelled
from servanda.engine import Model
from servanda.engine.streams import Past
from servanda.ensembles.draws import draw
from servanda.errors import UsageError, nearest
from servanda.files.faults import faults_of_twins
from servanda.files.room import check_memory
from servanda.world.ranges import LARGEST, NOT_NEGATIVE, POSITIVE, Range

Origin = Literal["prior", "posterior", "design", "given"]
Values = Mapping[str, Sequence[float] | np.ndarray]
Numbers = Sequence[int] | np.ndarray

ORIGINS: tuple[Origin, ...] = get_args(Origin)
# Run numbers and seeds are 32-bit words for the random number generator.
_WORDS = 2**32
_DRAW_BYTES = 24  # of memory for each parameter of a run while it is drawn
_LONG = 10**20  # a message shows no longer number


@dataclass(frozen=True, eq=False)
class Ensemble:
    """A table of parameters by run.

    Create one with `Ensemble.prior` or `Ensemble.of`.

    Attributes:
        parameters: the uncertain parameters of the model and the biases of source classes, by
            printed name, one value per run. Values are in the mechanism's unit, before levers.
        run_numbers: the number of each run. Number and seed key the random shocks of the run.
        weights: the weight of each run. The weights add up to one.
        origin: origin of the parameters: draws from the priors, draws from a posterior, points of
            an experimental design, or values that the caller gave.
        seed: seed of the drawn parameters and of all shocks.
        case: digest of the case, with the names of theories from outside the package.
        version: version of Servanda.
        past: random numbers of the months up to the cut-off that a posterior learned with the
            parameters; None if they are drawn with all others.
        learned: the posterior that the parameters were drawn from, in words: its hash, particles
            and seed. Empty if they are from none.
        chains: number of chains that learned the posterior. Run n is of chain n modulo this number.
            Zero if the parameters are from none.
    """

    parameters: Mapping[str, Float32[np.ndarray, "run"]]
    run_numbers: Int[np.ndarray, "run"]
    weights: Float[np.ndarray, "run"]
    origin: Origin
    seed: int
    case: str
    version: str
    past: Past | None = None
    learned: str = ""
    chains: int = 0

    def __post_init__(self) -> None:
        """Check the table, and keep copies that nobody can change.

        Raises:
            UsageError: on an unknown origin, on lengths that differ, and on weights that are
                negative or not finite.
        """
        if self.origin not in ORIGINS:
            raise UsageError(
                where="ensemble",
                found=f"origin {self.origin!r}",
                expected="one of " + ", ".join(ORIGINS),
                hint=nearest(str(self.origin), ORIGINS),
            )
        runs = len(self.run_numbers)
        for name, values in {**self.parameters, "weights": self.weights}.items():
            if np.shape(values) != (runs,):
                raise UsageError(
                    f"ensemble, {name}", f"{np.size(values)} values", f"{runs}, one per run"
                )
        _check_weights(self.weights)
        object.__setattr__(self, "run_numbers", _kept(self.run_numbers))
        object.__setattr__(self, "weights", _kept(self.weights))
        kept = {name: _kept(values) for name, values in self.parameters.items()}
        object.__setattr__(self, "parameters", kept)

    @classmethod
    def prior(cls, model: Model, runs: int | Numbers, seed: int = 1) -> Ensemble:
        """Draw an ensemble from the priors.

        The draws of a run depend only on its number and the seed.

        Args:
            model: model whose parameters are drawn.
            runs: number of runs, numbered from zero; or the numbers of the runs.
            seed: seed of the draws and of the shocks.

        Raises:
            UsageError: if there is no run, a run number is given twice or out of range, the seed
                does not fit in 32 bits, or the parameters do not fit into free memory.
        """
        given = check_runs(runs) if isinstance(runs, int) else check_numbers(runs)
        count = given if isinstance(given, int) else len(given)
        check_memory(count, "runs", _DRAW_BYTES * (len(model.uncertain) + 1))
        numbers = np.arange(count) if isinstance(given, int) else given
        check_seed(seed)
        drawn = _draw(model, numbers, seed)
        weights = np.full(len(numbers), 1 / len(numbers))
        return cls(drawn, numbers, weights, "prior", seed, model.digest, _version())

    @classmethod
    def of(
        cls,
        model: Model,
        parameters: Values,
        *,
        weights: Sequence[float] | np.ndarray | None = None,
        origin: Origin = "given",
        numbers: Numbers | None = None,
        seed: int = 1,
    ) -> Ensemble:
        """Make an ensemble with some parameters given. The others are drawn from their priors.

        Args:
            model: model whose parameters are given.
            parameters: values by printed name, one per run, in the mechanism's unit.
            weights: weights of the runs, scaled to add up to one. Default: equal weights.
            origin: origin of the parameters.
            numbers: numbers of the runs. Default: from zero.
            seed: seed of the drawn parameters and of the shocks.

        Raises:
            UsageError: on a parameter that is unknown, not finite, out of range or of the wrong
                length; on weights that are negative, not finite, all zero or of the wrong length;
                and as `prior` does.
        """
        runs = max((len(values) for values in parameters.values()), default=0)
        drawn = cls.prior(model, runs if numbers is None else check_numbers(numbers), seed)
        names = respelled(model.case.spec, parameters)
        for fault in faults_of_twins(names, "ensemble"):
            raise UsageError(fault.where, fault.found, fault.expected)
        given = {
            names[name]: _given(names[name], values, list(drawn.parameters), len(drawn))
            for name, values in parameters.items()
        }
        for name, values in given.items():
            _check_range(name, _range_of(model, name), values)
        return replace(
            drawn,
            parameters={**drawn.parameters, **given},
            weights=drawn.weights if weights is None else _weights(weights, len(drawn)),
            origin=origin,
        )

    def __len__(self) -> int:
        return len(self.run_numbers)

    def __repr__(self) -> str:
        return (
            f"<Ensemble: {len(self)} runs of {len(self.parameters)} parameters, "
            f"origin {self.origin}, seed {self.seed}>"
        )

    def of_runs(self, numbers: Numbers) -> Ensemble:
        """The runs with these numbers, in this order.

        Raises:
            UsageError: if a number is given twice or is not in the ensemble, or if all of these
                runs have weight zero.
        """
        wanted = check_numbers(numbers)
        row_of = {int(number): row for row, number in enumerate(self.run_numbers)}
        for number in wanted.tolist():
            if number not in row_of:
                raise UsageError(
                    where="run numbers",
                    found=str(number),
                    expected=f"numbers of the ensemble's {len(self)} runs",
                )
        found = self._rows(np.array([row_of[number] for number in wanted.tolist()]))
        _check_some(found.weights)
        return found

    def first(self, runs: int) -> Ensemble:
        """The first runs; the whole ensemble if it has no more than that.

        An interrupted run may have none of its runs, or only runs of weight zero.
        """
        return self if runs >= len(self) else self._rows(np.arange(runs))

    def pieces(self, size: int) -> Iterator[Ensemble]:
        """Pieces of the ensemble of this many runs. The weights are not scaled again."""
        for first in range(0, len(self), size):
            yield self._part(slice(first, first + size))

    def after(self, runs: int) -> Ensemble:
        """The runs after the first ones. The weights are not scaled again."""
        return self._part(slice(runs, None))

    def check_fits(self, model: Model) -> None:
        """Raise `UsageError` unless the ensemble was made for this model by this version."""
        if self.case != model.digest:
            raise UsageError(
                where="ensemble",
                found=f"one of other content than the case '{model.case.spec.name}' has now",
                expected=f"one made for this case, digest {model.digest}",
                hint="an ensemble belongs to one content of a case, evidence cut-off included",
            )
        if missing := sorted(model.uncertain.keys() - self.parameters.keys()):
            raise UsageError(
                where="ensemble",
                found=f"no parameter '{missing[0]}'",
                expected="a value in each run of every uncertain parameter of the model",
            )
        if self.version != _version():
            raise UsageError(
                where="ensemble",
                found=f"one of version {self.version}",
                expected=f"one made by this version, {_version()}",
            )

    def _part(self, rows: slice) -> Ensemble:
        return replace(
            self,
            parameters={name: values[rows] for name, values in self.parameters.items()},
            run_numbers=self.run_numbers[rows],
            weights=self.weights[rows],
            past=None if self.past is None else self.past.of_runs(rows),
        )

    def _rows(self, rows: np.ndarray) -> Ensemble:
        weights = self.weights[rows]
        return replace(
            self,
            parameters={name: values[rows] for name, values in self.parameters.items()},
            run_numbers=self.run_numbers[rows],
            weights=weights / weights.sum() if weights.any() else weights,
            past=None if self.past is None else self.past.of_runs(rows),
        )


def _draw(model: Model, numbers: np.ndarray, seed: int) -> dict[str, np.ndarray]:
    factors = {name: np.float32(number.factor) for name, number in model.parameters.items()}
    drawn = draw(model.uncertain, seed, numbers)
    return {name: values * factors.get(name, np.float32(1)) for name, values in drawn.items()}


def _kept(values: np.ndarray) -> np.ndarray:
    """A copy that cannot be changed."""
    copy = np.array(values)
    copy.flags.writeable = False
    return copy


def check_numbers(given: Numbers) -> Int[np.ndarray, "run"]:
    """Run numbers as an array; raises `UsageError` unless they are a list of different numbers."""
    numbers = np.array(given)
    if numbers.ndim != 1:
        raise UsageError(
            where="run numbers", found=repr(given), expected="a list of the numbers of runs"
        )
    if len(numbers) == 0:
        raise UsageError(where="run numbers", found="none", expected="at least one")
    for number in numbers.tolist():
        if type(number) is not int or not 0 <= number < _WORDS:
            raise UsageError(
                where="run numbers",
                found=repr(number),
                expected=f"whole numbers from 0 to {_WORDS - 1}",
            )
    found, counts = np.unique(numbers, return_counts=True)
    if (counts > 1).any():
        twice = found[counts > 1][0]
        raise UsageError(where="run numbers", found=f"{twice} twice", expected="each run once")
    return numbers


def check_runs(runs: object, name: str = "runs") -> int:
    """A number of runs; raises `UsageError` unless it is whole, positive and fits in 32 bits."""
    if type(runs) is not int or runs < 1:
        expected = "at least 1" if isinstance(runs, int) else "a whole number, at least 1"
        raise UsageError(where=name, found=str(runs), expected=expected)
    if runs > _WORDS:  # further run numbers would have the random numbers of the first
        found = str(runs) if runs < _LONG else f"{_LONG} or more"
        raise UsageError(where=name, found=found, expected=f"at most {_WORDS}")
    return runs


def check_seed(seed: object) -> None:
    """Raise `UsageError` unless a seed is a whole number that fits in 32 bits."""
    if type(seed) is not int or not 0 <= seed < _WORDS:
        raise UsageError(
            where="seed", found=str(seed), expected=f"a whole number from 0 to {_WORDS - 1}"
        )


def _given(
    name: str, values: Sequence[float] | np.ndarray, known: Sequence[str], runs: int
) -> Float32[np.ndarray, "run"]:
    if name not in known:
        raise UsageError(
            where="ensemble",
            found=f"parameter '{name}'",
            expected="an uncertain parameter of the model",
            hint=nearest(name, known),
        )
    given = np.asarray(values, float)
    where = f"ensemble, parameter '{name}'"
    if given.shape != (runs,):
        raise UsageError(where, f"{given.size} values", f"{runs}, one per run")
    wrong = given[~(np.abs(given) <= LARGEST)]
    if wrong.size:
        raise UsageError(where, f"{wrong[0]:g}", f"finite numbers of a size up to {LARGEST:.2g}")
    return given.astype(np.float32)


def _range_of(model: Model, name: str) -> Range:
    """The range of an uncertain input: a bias is a ratio, and a discrepancy may be none."""
    if name in model.parameters:
        return model.parameters[name].within
    return NOT_NEGATIVE if name.startswith(DISCREPANCY) else POSITIVE


def _check_range(name: str, within: Range, values: Float32[np.ndarray, "run"]) -> None:
    """Raise `UsageError` unless every value is in the range."""
    for value in (values.min(), values.max()):
        if value not in within:
            raise UsageError(f"ensemble, parameter '{name}'", f"{value:g}", str(within))


def _weights(weights: Sequence[float] | np.ndarray, runs: int) -> Float[np.ndarray, "run"]:
    array = np.asarray(weights, float)
    if array.shape != (runs,):
        raise UsageError("weights", f"{array.size} weights", f"{runs}, one per run")
    _check_weights(array)
    _check_some(array)
    return np.asarray(array / array.sum())


def _version() -> str:
    return version("servanda")


def _check_weights(weights: Float[np.ndarray, "run"]) -> None:
    wrong = weights[~(np.isfinite(weights) & (weights >= 0))]
    if len(wrong):
        raise UsageError("weights", f"{wrong[0]:g}", "finite weights, zero or above")


def _check_some(weights: Float[np.ndarray, "run"]) -> None:
    if not weights.any():
        raise UsageError("weights", "only zeros", "at least one weight above zero")
