"""Faults that are planted to see that the check finds them."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Any
from unittest.mock import patch

import numpy as np
from jaxtyping import Array

from servanda.calibration.moves import Mover
from servanda.calibration.target import Target
from servanda.case.priors import DISCREPANCY
from servanda.observation import Figure
from studies.sbc.verdicts import NONE


class HalvedErrors(Target):
    """Errors of figures are halved in the likelihood."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.likelihood.figures = tuple(map(_surer, self.likelihood.figures))


def _surer(figure: Figure) -> Figure:
    """The figure with half of its error, relative and absolute."""
    error = figure.rule.error
    rule = figure.rule.model_copy(update={"error": error and error / 2})
    return replace(figure, rule=rule, resolution=figure.resolution / 2)


class NoDiscrepancy(Target):
    """Discrepancies are dropped from the likelihood."""

    def _named(self, values: Array) -> dict[str, Array]:
        named = super()._named(values)
        return {n: 1e-3 * v if n.startswith(DISCREPANCY) else v for n, v in named.items()}


def every_move_accepted() -> AbstractContextManager[Any]:
    """A sampler that accepts every move."""
    decide = Mover._decide  # noqa: SLF001 -- what is broken here is the sampler's own

    def accept(self: Mover, at: Any, own: Any, z: Any, numbers: Any, log_ratio: Any) -> float:
        return decide(self, at, own, z, numbers, np.full_like(log_ratio, 1e9))

    return patch.object(Mover, "_decide", accept)


def cloud_forgotten() -> AbstractContextManager[Any]:
    """A sampler that takes moves about the cloud for moves about the prior."""
    decide = Mover._decide  # noqa: SLF001 -- as above

    def forget(self: Mover, at: Any, own: Any, z: Any, numbers: Any, log_ratio: Any) -> float:
        return decide(self, at, own, z, numbers, np.zeros_like(log_ratio))

    return patch.object(Mover, "_decide", forget)


@dataclass(frozen=True)
class Fault:
    """What is wrong: the likelihood, or the sampler while it learns."""

    likelihood: type[Target] = Target
    sampler: Callable[[], AbstractContextManager[Any]] = nullcontext


FAULTS: Mapping[str, Fault] = {
    NONE: Fault(),
    "errors of figures are halved in the likelihood": Fault(likelihood=HalvedErrors),
    "discrepancies are dropped from the likelihood": Fault(likelihood=NoDiscrepancy),
    "the sampler accepts every move": Fault(sampler=every_move_accepted),
    "the sampler takes moves about the cloud for moves about the prior": Fault(
        sampler=cloud_forgotten
    ),
}
