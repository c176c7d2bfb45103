"""What the record taught, as runs of a posterior tell it."""

from collections.abc import Sequence
from dataclasses import dataclass

from servanda.analysis.hindcast import Coverage
from servanda.analysis.misfit import Misfit, misfits_of
from servanda.analysis.moved import Kind, Moved, moved_inputs
from servanda.results import Results


@dataclass(frozen=True)
class Learned:
    """What the record taught.

    Attributes:
        inputs: the uncertain inputs, those that the record contracted most first.
        misfits: the series, those in which the model is most wrong first.
    """

    inputs: Sequence[Moved]
    misfits: Sequence[Misfit]

    @classmethod
    def of(cls, results: Results, coverages: Sequence[Coverage]) -> "Learned":
        """What runs of a posterior, and their coverage of the record, tell.

        Raises:
            UsageError: if the runs are of no posterior.
        """
        inputs = moved_inputs(results.model, results.ensemble)
        return cls(inputs, misfits_of(inputs, coverages))

    def of_kind(self, kind: Kind) -> list[Moved]:
        """The inputs of one kind."""
        return [one for one in self.inputs if one.kind == kind]

    @property
    def parameters(self) -> list[Moved]:
        """The parameters that moved."""
        return [one for one in self.of_kind("parameter") if one.moved]

    @property
    def wrong(self) -> list[Misfit]:
        """The series in which the model is wrong."""
        return [one for one in self.misfits if one.wrong]
