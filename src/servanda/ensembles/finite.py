"""Results are numbers: a run with a result that is none stops the computation.

The error names the first result that is not finite and the parameter that likely causes it: a small
change to it alone makes the result finite in the same run. Of several, the most extreme is named.
"""

from collections.abc import Iterator, Mapping, Sequence
from math import copysign, inf, isinf, log10
from typing import NamedTuple

import numpy as np

from servanda.case.priors import label
from servanda.case.schema import month_name, month_number
from servanda.engine import Model, Setting, Simulator
from servanda.engine.parameters import table
from servanda.ensembles.ensemble import Ensemble
from servanda.errors import ResultError
from servanda.world.theory import ABSENT


class _Place(NamedTuple):
    """Where a result stands: a quantity, a month, a member (zero if it has none) and a run."""

    quantity: str
    month: int
    member: int
    run: int

    def of(self, arrays: Mapping[str, np.ndarray]) -> np.ndarray:
        """The result at this place in every run."""
        found: np.ndarray = _by_member(arrays[self.quantity])[self.month, self.member]
        return found


def check_finite(
    simulator: Simulator,
    ensemble: Ensemble,
    settings: Sequence[Setting],
    first: int,
    arrays: Mapping[str, np.ndarray],
) -> None:
    """Raise `ResultError` on the first result that is not a finite number.

    Men without limit are infinite in a case that names no theory of attrition; they are allowed.

    Args:
        simulator: the simulator that computed the results.
        ensemble: the runs.
        settings: levers that are set.
        first: position in the ensemble of the first run of these results.
        arrays: results by quantity, (month, member, run), or (month, run) if it has no axis.
    """
    place = _first(simulator.model, arrays)
    if place is None:
        return
    model, value = simulator.model, place.of(arrays)[place.run]
    name = label(place.quantity, model.layout.labels(place.quantity)[place.member])
    month = month_name(month_number(model.case.spec.start) + place.month)
    raise ResultError(
        where=f"run {ensemble.run_numbers[first + place.run]}, {month}",
        found=f"{name} = {value:g}",
        expected="a finite number",
        hint=_hint(simulator, ensemble, settings, first + place.run, place),
    )


def _first(model: Model, arrays: Mapping[str, np.ndarray]) -> _Place | None:
    """The first place that is not finite: by month, then by the order of the plan, then by run."""
    order = [theory.slot for theory in model.plan]
    found: list[tuple[int, int, int, _Place]] = []
    for name, values in arrays.items():
        with np.errstate(all="ignore"):
            total = values.sum()  # faster than a look at every number
        if np.isfinite(total):
            continue
        wrong = _wrong(model, name, _by_member(values))
        if wrong.any():
            month, member, run = (int(n) for n in np.argwhere(wrong)[0])
            turn = order.index(model.layout.quantities[name].slot)
            found.append((month, turn, run, _Place(name, month, member, run)))
    return min(found)[-1] if found else None


def _by_member(values: np.ndarray) -> np.ndarray:
    return values if values.ndim == 3 else values[:, None]  # noqa: PLR2004


def _wrong(model: Model, name: str, values: np.ndarray) -> np.ndarray:
    """Whether results of a quantity are no numbers, or infinite where nothing is without limit."""
    wrong: np.ndarray = ~np.isfinite(values)
    if model.layout.quantities[name].unlimited and _without_limit(model):
        wrong &= ~np.isposinf(values)
    return wrong


def _without_limit(model: Model) -> bool:
    """Whether a slot is absent and leaves a quantity without limit."""
    quantities = model.layout.quantities.values()
    return any(
        isinf(quantity.neutral) and model.theories[quantity.slot].variant == ABSENT
        for quantity in quantities
    )


def _hint(
    simulator: Simulator,
    ensemble: Ensemble,
    settings: Sequence[Setting],
    row: int,
    place: _Place,
) -> str:
    """The lever or the parameter without which the result would be finite."""
    drawn = {name: values[row : row + 1] for name, values in ensemble.parameters.items()}
    numbers = table(simulator.model.parameters, drawn, (), 1, float, after=False)[:, 0]
    own = dict(zip(simulator.model.parameters, numbers.tolist(), strict=True))
    alone = {name: np.array([value]) for name, value in own.items()}
    run = next(ensemble.after(row).pieces(1))
    if _finite(simulator, alone, run, settings, place).all():
        return "computed again in this process the result is finite: the executor changed it"
    if settings and _finite(simulator, alone, run, (), place).all():
        return "the likeliest cause is the policy: " + ", ".join(map(str, settings))
    for moves in _moves(simulator.model, own):
        trials = {name: np.full(len(moves), value) for name, value in own.items()}
        for trial, (name, value) in enumerate(moves):
            trials[name][trial] = value
        cured = _finite(simulator, trials, run, settings, place)
        causes = [move for move, better in zip(moves, cured, strict=True) if better]
        if causes:
            name, value = max(causes, key=lambda cause: _extremity(simulator.model, own, cause[0]))
            return (
                f"the likeliest cause is {name} = {own[name]:g}: "
                f"with {value:g} in its place the result is finite"
            )
    return "no parameter is the cause alone: moved one by one, none makes the result finite"


def _moves(model: Model, own: Mapping[str, float]) -> Iterator[list[tuple[str, float]]]:
    """Other values that parameters can have, each alone: first smaller moves, then larger ones.

    The first are to the middle of the prior, and half of the way to one, counted in logs. Then
    follow three quarters of that way, and all of it.
    """
    middle = [(name, one.prior.centre * one.factor) for name, one in model.parameters.items()]
    half, most, whole = (
        [(name, copysign(abs(value) ** power, value)) for name, value in own.items()]
        for power in (0.5, 0.25, 0.0)
    )
    for moves in (middle + half, most, whole):
        yield [
            (name, value)
            for name, value in moves
            if value != own[name] and value in model.parameters[name].within
        ]


def _extremity(model: Model, own: Mapping[str, float], name: str) -> float:
    """How far a size is from the middle of its prior, or from one if it is fixed, in logs.

    Zero is the least: a range leaves it out where a mechanism would divide by it.
    """
    one = model.parameters[name]
    ordinary = 1.0 if one.prior.family == "fixed" else one.prior.centre * one.factor
    if not (own[name] and ordinary):
        return -inf
    return abs(log10(abs(own[name])) - log10(abs(ordinary)))


def _finite(
    simulator: Simulator,
    parameters: Mapping[str, np.ndarray],
    run: Ensemble,
    settings: Sequence[Setting],
    place: _Place,
) -> np.ndarray:
    """Whether the result at a place is finite in one run, with each of these parameters.

    Args:
        simulator: the simulator.
        parameters: every parameter, one value for each trial.
        run: the run.
        settings: levers that are set.
        place: the place of the result.
    """
    size = simulator.batch
    count = len(next(iter(parameters.values())))
    batches = (
        simulator.pack(
            {name: values[first : first + size] for name, values in parameters.items()},
            np.repeat(run.run_numbers, min(size, count - first)),
            run.seed,
            settings,
            run.past and run.past.of_runs(np.zeros(min(size, count - first), int)),
        )
        for first in range(0, count, size)
    )
    found = np.concatenate([place.of(arrays) for arrays in simulator.run(batches)])
    return ~_wrong(simulator.model, place.quantity, found)
