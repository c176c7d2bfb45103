"""The results of an ensemble under one policy, with their origin."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float

from servanda.case.schema import month_name, month_number
from servanda.case.spellings import respelled
from servanda.engine import Model
from servanda.ensembles import Ensemble, Policy
from servanda.results.stored import Stored
from servanda.world import Reference

Progress = Callable[[int, int], None]

# The parameter that gives the reference class of a run. The classes have no order.
CLASS_DRAW = "commitment.class_draw"


@dataclass(frozen=True, eq=False)
class Results:
    """The kept quantities of an ensemble under one policy.

    Attributes:
        model: the model that was run.
        ensemble: parameters, weights and numbers of the runs, and their origin.
        policy: the policy of the runs.
        arrays: every kept quantity, (month, member, run), or (month, run) if it has no members. A
            quantity of a run folder is read when it is indexed.
        note: the note of a run folder: number of runs asked for, whether the folder is partial,
            hash and versions. Empty for results in memory.
    """

    model: Model
    ensemble: Ensemble
    policy: Policy
    arrays: Mapping[str, np.ndarray | Stored]
    note: Mapping[str, Any] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """The number of runs."""
        return len(self.ensemble)

    @property
    def weights(self) -> Float[np.ndarray, "run"]:
        """The weight of each run; they add up to one."""
        return self.ensemble.weights

    @cached_property
    def start(self) -> int:
        """The first month, counted from year zero."""
        return month_number(self.model.case.spec.start)

    @cached_property
    def cutoff(self) -> int:
        """The position of the month of the evidence cut-off."""
        return month_number(self.model.case.spec.as_of) - self.start

    @cached_property
    def months(self) -> int:
        """The number of months of a run."""
        return month_number(self.model.case.spec.horizon) - self.start + 1

    @cached_property
    def years(self) -> Float[np.ndarray, "month"]:
        """The end of each month as a year with decimals."""
        return (self.start + np.arange(self.months) + 1) / 12

    def month(self, position: int) -> str:
        """The `YYYY-MM` of a position."""
        return month_name(self.start + position)

    def series(self, name: str) -> Float[np.ndarray, "month run"]:
        """One member of a kept quantity, like `alive[RUS-PRK]`, or one that has no members.

        Raises:
            CaseError: if no kept quantity has this name.
        """
        reference = self._resolved(name)
        values = self.arrays[reference.quantity.name]
        return np.asarray(values[...] if reference.row is None else values[:, reference.row])

    def unit(self, name: str) -> str:
        """The unit of one member of a kept quantity."""
        return self._resolved(name).unit

    def _resolved(self, name: str) -> Reference:
        names = respelled(self.model.case.spec, [name])
        return self.model.layout.resolve(names[name], "quantity")

    def parameter(self, label: str) -> Float[np.ndarray, "run"] | None:
        """A parameter in every run, before levers; None if the model has no such parameter."""
        return parameter(self.model, self.ensemble, label)


def parameter(model: Model, ensemble: Ensemble, label: str) -> Float[np.ndarray, "run"] | None:
    """A parameter in every run, before levers; None if the model has no such parameter."""
    if label in ensemble.parameters:
        return ensemble.parameters[label]
    number = model.parameters.get(label)
    if number is None:
        return None
    return np.full(len(ensemble), number.prior.numbers[0] * number.factor)


def reference_classes(model: Model, ensemble: Ensemble) -> tuple[str, ...]:
    """The reference class of past alliances of each run; empty texts if the case has no class."""
    names = model.case.spec.reference_classes
    draw = parameter(model, ensemble, CLASS_DRAW)
    if draw is None:
        return ("",) * len(ensemble)
    own = np.minimum((draw * np.float32(len(names))).astype(int), len(names) - 1)
    return tuple(names[row] for row in own)


def made_from(model: Model, ensemble: Ensemble) -> dict[str, Any]:
    """The origin of results under any policy: case, evidence cut-off, seed, origin, mechanisms."""
    spec = model.case.spec
    return {
        "case": spec.name,
        "case_digest": ensemble.case,
        "as_of": spec.as_of,
        "seed": ensemble.seed,
        "origin": ensemble.origin,
        "learned": ensemble.learned,
        "mechanisms": ", ".join(f"{p.slot}={p.variant}" for p in model.plan),
        "version": ensemble.version,
        "changes": [list(change) for change in model.case.changes],
    }
