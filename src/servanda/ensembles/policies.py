"""Policies: levers at values under a name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from servanda.case import Case
from servanda.engine import Setting
from servanda.engine.parameters import setting
from servanda.errors import UsageError

Levers = Mapping[str, float | str]


@dataclass(frozen=True)
class Policy:
    """Levers at values under a name.

    Attributes:
        name: name of the policy in results.
        levers: levers by name, at a value or a named choice. Levers that are not named have no
            effect.
    """

    name: str = "as is"
    levers: Levers = field(default_factory=dict)

    @classmethod
    def of(cls, levers: Levers) -> "Policy":
        """A policy with these levers, named after them; `as is` if there are none.

        Raises:
            UsageError: if they are not given by name.
        """
        _check_named(levers, "levers", "levers at values, as in {'shell-flow': 0}")
        if not levers:
            return cls()
        return cls(", ".join(f"{name} = {value}" for name, value in levers.items()), dict(levers))

    def settings(self, case: Case) -> list[Setting]:
        """The levers of the policy, as the engine takes them.

        Raises:
            UsageError: if a lever or choice is unknown or a value out of range.
        """
        return [setting(case.spec.levers, name, value) for name, value in self.levers.items()]


AS_IS = Policy()


def _check_named(given: object, where: str, expected: str) -> None:
    if not isinstance(given, Mapping):
        raise UsageError(where, f"{given!r} of type {type(given).__name__}", expected)


def policies_of(policies: Mapping[str, Levers]) -> Sequence[Policy]:
    """Make policies from levers by name. Raises `UsageError` if there is none, or no name."""
    _check_named(policies, "policies", "levers by policy, as in {'no shells': {'shell-flow': 0}}")
    for name, levers in policies.items():
        _check_named(levers, f"policy {name!r}", "levers at values, as in {'shell-flow': 0}")
    if not policies:
        raise UsageError(where="policies", found="none", expected="at least one")
    return [Policy(name, dict(levers)) for name, levers in policies.items()]
