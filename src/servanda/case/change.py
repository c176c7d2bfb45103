"""Changing a case: another theory for a slot, or another prior."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from servanda.case import crossref, read_parameters
from servanda.case.evidence import Evidence
from servanda.case.priors import ParameterTable, label
from servanda.case.schema import CaseSpec
from servanda.errors import CaseError, nearest


def with_mechanism(spec: CaseSpec, slot: str, variant: str) -> CaseSpec:
    """The content of `case.toml` with another theory for a slot."""
    return spec.model_copy(update={"mechanisms": {**spec.mechanisms, slot: variant}})


def with_prior(
    parameters: Mapping[str, ParameterTable],
    evidence: Evidence,
    name: str,
    entry: Mapping[str, Any],
) -> dict[str, ParameterTable]:
    """The parameter tables with another prior for one parameter.

    Args:
        parameters: the tables.
        evidence: what the prior may cite.
        name: printed name of the parameter, like `exchange.cost[PRK>RUS:shells]`.
        entry: the prior as in `parameters.toml`; its status is `assumed` unless given.

    Raises:
        CaseError: if the case has no such parameter, or the prior is wrong or cites an unknown
            source.
    """
    where = f"prior of '{name}'"
    parameter, _, member = str(name).removesuffix("]").partition("[")
    if parameter not in parameters:
        raise CaseError(
            where=where,
            found=f"parameter '{parameter}'",
            expected="a parameter of the case",
            hint=nearest(parameter, parameters),
        )
    table = parameters[parameter]
    if member not in table.priors and (not member or table.otherwise is None):
        names = [label(parameter, known) for known in table.priors]
        raise CaseError(
            where=where,
            found=f"member '{member}'" if member else "no member",
            expected="one of " + ", ".join(names),
            hint=nearest(name, names),
        )
    prior = read_parameters.prior({"status": "assumed", **entry}, table.unit, where)
    for fault in crossref.check_defined(prior, evidence, where):
        raise fault
    return {**parameters, parameter: replace(table, priors={**table.priors, member: prior})}
