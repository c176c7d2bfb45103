"""Priors, values for the rest and levers must keep every parameter in its range.

A range is a property of a theory, so it is checked when a model is assembled. Values are compared
in the mechanism's unit, in which single precision must hold them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from math import exp
from statistics import NormalDist

import numpy as np
from scipy.special import betaincinv

from servanda.case import Case, units
from servanda.case.priors import BIAS, label, place_of
from servanda.case.schema import Lever
from servanda.engine.parameters import Parameter, Setting, moves, table
from servanda.errors import CaseError, UsageError
from servanda.files.faults import Faults
from servanda.world.ranges import LARGEST, POSITIVE, SMALLEST, Range, can_be_held

# A draw beyond this quantile, or as far from the other end, is too rare to count.
_RAREST = 1e-12
_FARTHEST = NormalDist().inv_cdf(_RAREST)  # in standard deviations
_NO_WEIGHT, _SOME_WEIGHT = "0 for every member", "at least one member above 0"
_HELD = f"a number that single precision holds: 0, or a size from {SMALLEST:.2g} to {LARGEST:.2g}"


def check_ranges(case: Case, parameters: Mapping[str, Parameter]) -> None:
    """Raise `CaseError` on a prior, a value for the rest or a lever outside of a range."""
    faults = Faults()
    biases = [faults.read(_bias, case, *place) for place in enumerate(case.biases)]
    for one in (*parameters.values(), *filter(None, biases)):
        for form in _forms(one):
            faults.read(_check_prior, form)
    for lever in case.spec.levers:
        for target in lever.targets:
            for form in _forms(parameters[target]):
                faults.read(_check_lever, lever, form)
    faults.add(
        CaseError(f"parameters.toml: {name}", _NO_WEIGHT, _SOME_WEIGHT)
        for name, together in _weights(parameters).items()
        if not any(max(_ends(weight)) > 0 for weight in together)
    )
    faults.raise_any()


def _weights(parameters: Mapping[str, Parameter]) -> dict[str, list[Parameter]]:
    """The weights of each draw, by the name of the parameter."""
    found: dict[str, list[Parameter]] = {}
    for parameter in parameters.values():
        if parameter.weight:
            found.setdefault(f"{parameter.slot}.{parameter.field}", []).append(parameter)
    return found


def _bias(case: Case, row: int, member: str) -> Parameter:
    """The bias of a source class, which is a parameter of observation and of no theory."""
    prior, where = case.biases[member], place_of(f"parameters.toml: {BIAS}", member)
    if units.factor(prior.unit, "dimensionless", where) != 1:
        raise CaseError(
            where, f"unit '{prior.unit}'", "'dimensionless', for the count over the truth"
        )
    name, (slot, field) = label(BIAS, member), BIAS.split(".")
    place = name, slot, field, row, None
    return Parameter(*place, prior, 1.0, prior.unit, POSITIVE, where, listed=True)


def _forms(parameter: Parameter) -> Iterator[Parameter]:
    """A parameter with its prior, and with the wider form of its prior if there is one."""
    yield parameter
    wider = parameter.prior.wider
    if wider is not None:
        member = parameter.label.partition("[")[2].removesuffix("]")
        table = f"parameters.toml: {parameter.slot}.{parameter.field}"
        yield replace(parameter, prior=wider, where=place_of(table, member, wider=True))


def _check_prior(parameter: Parameter) -> None:
    """Refuse a prior whose draws or bounds leave the range; a bound may be at an end left out."""
    prior, within, where = parameter.prior, parameter.within, parameter.where
    said = _said(parameter)
    if within.whole and prior.family != "fixed":
        raise CaseError(where, said, f"fixed = {within}")
    ends, bounds = _ends(parameter), [parameter.factor * end for end in (prior.low, prior.high)]
    closed = replace(within, above=False, below=False)
    wrong = _wrong(within, ends)
    if wrong is None and prior.family != "beta":  # every beta has the bounds 0 and 1
        wrong = _wrong(closed, bounds)
    if wrong is not None:
        _refuse(parameter, where, said, wrong, own_unit=True)
    if not all(map(can_be_held, prior.numbers)):
        raise CaseError(where, said, _HELD)


def _said(parameter: Parameter) -> str:
    """The prior in the case's own words."""
    prior = parameter.prior
    key = "fixed" if parameter.listed else "otherwise"
    alone = prior.numbers[0] == prior.low == prior.high
    text = f"{key} = {prior.numbers[0]:g}" if alone else str(prior)
    return text + _unit(prior.unit)


def _ends(parameter: Parameter) -> list[float]:
    """The lowest and the highest value that is drawn, in the mechanism's unit.

    A beta hardly ever draws its ends, nor a lognormal zero; how close they come is told by their
    numbers. What is too small for single precision is drawn as zero.
    """
    prior = parameter.prior
    low, high = prior.low, prior.high
    match prior.family:
        case "fixed":
            low = high = prior.numbers[0]
        case "uniform":
            low, high = max(low, prior.numbers[0]), min(high, prior.numbers[1])
        case "beta":
            rarest = betaincinv(*prior.numbers, [_RAREST, 1 - _RAREST])
            low, high = np.where(rarest < SMALLEST, 0, rarest).tolist()
        case "lognormal":
            median, deviation = prior.numbers
            rarest = median * exp(deviation * _FARTHEST)
            low = max(low, rarest if rarest >= SMALLEST else 0.0)
    return [low * parameter.factor, high * parameter.factor]


def _check_lever(lever: Lever, parameter: Parameter) -> None:
    if lever.operation == "scale":
        ends = [at * end for at in (lever.low, lever.high) for end in _ends(parameter)]
    else:
        ends = [lever.low, lever.high, *lever.choices.values()]
    wrong = _wrong(parameter.within, ends)
    if wrong is not None:
        found = f"one that {lever.operation}s {parameter.label} to {wrong:g}"
        _refuse(parameter, f"case.toml: levers[{lever.name!r}]", found, wrong)


def _wrong(within: Range, values: Iterable[float]) -> float | None:
    """The first value that is outside of the range or that single precision does not hold."""
    return next(
        (v for v in values if not (v in within and can_be_held(v) and _rounded(v) in within)), None
    )


def _rounded(value: float) -> float:
    """The value in single precision."""
    return float(np.float32(value))


def _refuse(
    parameter: Parameter, where: str, found: str, value: float, *, own_unit: bool = False
) -> None:
    """Raise `CaseError`; the range is given in the mechanism's unit, or in the prior's own."""
    unit, within = parameter.unit, parameter.within
    if own_unit:
        unit, within = parameter.prior.unit, within.scaled(1 / parameter.factor)
    if value in parameter.within and not can_be_held(value):
        raise CaseError(where, found, f"{_HELD}{_unit(parameter.unit)}")
    raise CaseError(where, found, f"{within}{_unit(unit)}", within.hint)


def _unit(unit: str) -> str:
    return "" if unit == "dimensionless" else f" {unit}"


def check_moved(
    parameters: Mapping[str, Parameter],
    drawn: Mapping[str, np.ndarray],
    settings: Sequence[Setting],
    runs: int,
) -> None:
    """Raise `UsageError` if levers together lead a parameter of a run out of its range.

    Args:
        parameters: the parameters of the model.
        drawn: draws by label, one for each run; other parameters are fixed.
        settings: the levers at values.
        runs: number of runs, at least one.
    """
    for after in (False, True):
        moved = {name: parameters[name] for name in moves(settings, after=after)}
        _check_weights(parameters, drawn, settings, runs, after=after)
        values = table(moved, drawn, settings, runs, np.float32, after=after)
        for parameter, row in zip(moved.values(), values, strict=True):
            wrong = next((v for v in (row.min(), row.max()) if v not in parameter.within), None)
            if wrong is not None:
                raise UsageError(
                    where=_policy(settings),
                    found=f"{parameter.label} = {wrong:g} in a run",
                    expected=f"{parameter.within}{_unit(parameter.unit)}",
                )


def _check_weights(
    parameters: Mapping[str, Parameter],
    drawn: Mapping[str, np.ndarray],
    settings: Sequence[Setting],
    runs: int,
    *,
    after: bool,
) -> None:
    for name, together in _weights(parameters).items():
        members = {weight.label: weight for weight in together}
        values = table(members, drawn, settings, runs, np.float32, after=after)
        if not (values > 0).any(axis=0).all():
            where = _policy(settings) if settings else name
            raise UsageError(where, f"{name}: {_NO_WEIGHT} in a run", _SOME_WEIGHT)


def _policy(settings: Sequence[Setting]) -> str:
    return "policy " + ", ".join(map(str, settings))
