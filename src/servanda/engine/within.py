"""Priors, values for the rest and levers must keep every parameter in its range.

A range is a property of a theory, so it is checked when a model is assembled. Values are compared
in the mechanism's unit, in which single precision must hold them.
"""

from collections.abc import Iterable, Mapping

from servanda.case import Case
from servanda.case.priors import BIAS, label
from servanda.case.schema import Lever
from servanda.engine.parameters import Parameter
from servanda.errors import CaseError
from servanda.world.ranges import LARGEST, POSITIVE, SMALLEST, can_be_held

_SIZES = f"0, or a size from {SMALLEST:.2g} to {LARGEST:.2g}"


def check_ranges(case: Case, parameters: Mapping[str, Parameter]) -> None:
    """Raise `CaseError` on a prior, a value for the rest or a lever outside of a range."""
    for parameter in (*parameters.values(), *_biases(case)):
        low, high = _ends(parameter)
        wrong = _wrong(parameter, _drawn(parameter, (low, high)))
        if wrong is not None:
            _refuse(case, parameter, parameter.where, _said(parameter), wrong)
    for lever in case.spec.levers:
        for target in lever.targets:
            _check_lever(case, lever, parameters[target])


def _biases(case: Case) -> Iterable[Parameter]:
    """Biases of source classes, which are parameters of observation and of no theory."""
    table = case.parameters.get(BIAS)
    for row, (member, prior) in enumerate({} if table is None else table.priors.items()):
        yield Parameter(
            label=label(BIAS, member),
            slot="observation",
            field="bias",
            row=row,
            member=None,
            prior=prior,
            factor=1.0,
            unit=prior.unit,
            within=POSITIVE,
            where=f"parameters.toml: {BIAS}.of.{member}",
            listed=True,
        )


def _said(parameter: Parameter) -> str:
    """The prior in the case's own words."""
    prior = parameter.prior
    key = "fixed" if parameter.listed else "otherwise"
    text = f"{key} = {prior.numbers[0]:g}" if prior.family == "fixed" else str(prior)
    return text + _unit(prior.unit)


def _ends(parameter: Parameter) -> tuple[float, float]:
    """The lowest and the highest value of a prior, in the mechanism's unit."""
    prior, factor = parameter.prior, parameter.factor
    low, high = (prior.numbers[0],) * 2 if prior.family == "fixed" else (prior.low, prior.high)
    return low * factor, high * factor


def _drawn(parameter: Parameter, ends: Iterable[float]) -> list[float]:
    """The ends that a draw can have. A draw from a lognormal is above its lower bound zero."""
    positive = parameter.prior.family == "lognormal" and parameter.within.above
    return [end for end in ends if not (positive and end == 0)]


def _check_lever(case: Case, lever: Lever, parameter: Parameter) -> None:
    if lever.operation == "scale":
        ends = [at * end for at in (lever.low, lever.high) for end in _ends(parameter)]
    else:
        ends = [lever.low, lever.high, *lever.choices.values()]
    wrong = _wrong(parameter, ends)
    if wrong is not None:
        found = f"one that {lever.operation}s {parameter.label} to {wrong:g}"
        _refuse(case, parameter, f"case.toml: lever '{lever.name}'", found, wrong)


def _wrong(parameter: Parameter, values: Iterable[float]) -> float | None:
    """The first value that is outside of the range or that single precision does not hold."""
    return next((v for v in values if v not in parameter.within or not can_be_held(v)), None)


def _refuse(case: Case, parameter: Parameter, where: str, found: str, value: float) -> None:
    if not can_be_held(value):
        raise CaseError(where, found, f"{_SIZES}{_unit(parameter.unit)}")
    hint = None
    if value == parameter.within.low and parameter.slot in case.spec.mechanisms:
        hint = f"to leave '{parameter.slot}' out, do not name it in 'mechanisms' of case.toml"
    raise CaseError(where, found, f"{parameter.within}{_unit(parameter.unit)}", hint)


def _unit(unit: str) -> str:
    return "" if unit == "dimensionless" else f" {unit}"
