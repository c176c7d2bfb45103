"""What the record taught, in words: what moved, the biases of sources, and misfits."""

from dataclasses import dataclass

from servanda.analysis.learned import Learned
from servanda.analysis.misfit import Misfit
from servanda.analysis.moved import Interval, Moved
from servanda.calibration.choice import nothing_to_learn
from servanda.engine import Model
from servanda.report import words

_NAMED = 3


def sentence(found: Learned) -> str:
    """How many parameters moved, and the series in which the model is most wrong."""
    moved, every = len(found.parameters), len(found.of_kind("parameter"))
    return (
        f"The record moved {moved} of {every} uncertain parameters beyond the error of the "
        f"sampler; the others keep their priors. {_wrong(found)}"
    )


def _wrong(found: Learned) -> str:
    every = len(found.misfits)
    if not found.wrong:
        return f"In none of {every} series is the model clearly wrong."
    named = [f"{one.factor:.1f} in “{one.coverage.series.label}”" for one in found.wrong[:_NAMED]]
    return (
        f"The model is wrong in {len(found.wrong)} of {every} series: it is typically off by a "
        f"factor of {words.listed(named)}."
    )


def not_learned(model: Model) -> str:
    """Why runs that are of no posterior say nothing of the record, and how to learn from it."""
    said = "These runs are not drawn from a posterior, so they do not say what the record teaches"
    if why := nothing_to_learn(model):
        return f"{said}; there is nothing to learn from, because {why}."
    return f"{said}: servanda run {model.case.spec.name} learns from it, and draws from that."


def sides(one: Misfit) -> str:
    """On which sides of the predicted medians the figures of a series lie."""
    above, below = one.sides
    if above + below == 0:
        return "no estimate differs from its median"
    return f"{above} above and {below} below the median"


def inside(one: Misfit) -> str:
    """How many figures of a series lie in their intervals."""
    return f"{one.coverage.inside} of {len(one.coverage.points)} inside 90{words.THIN}%"


@dataclass(frozen=True)
class BiasRow:
    """One bias of a source class in words."""

    name: str
    prior: str
    posterior: str
    contraction: str
    moved: bool


def bias_rows(found: Learned) -> list[BiasRow]:
    """The biases of source classes, those that the record contracted most first."""
    return [
        BiasRow(
            member(one),
            interval(one.prior) + ", wider form" * one.wider,
            interval(one.posterior),
            contraction(one),
            one.moved,
        )
        for one in found.of_kind("bias")
    ]


def contraction(one: Moved) -> str:
    """The contraction of an input; none is written as 0.00 whatever its sign."""
    return f"{one.contraction:.2f}".replace("-0.00", "0.00").replace("-", "−")


def member(one: Moved) -> str:
    """The source class of a bias, or the series of a discrepancy."""
    return one.name.partition("[")[2].removesuffix("]")


def interval(ends: Interval) -> str:
    """`1.4 (1.1 to 1.8)`: the median and the 90 % interval."""
    low, median, high = ends
    return f"{words.number(median)} ({words.interval(low, high)})"
