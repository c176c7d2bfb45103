"""The verdict on a claim: word, probability, effect, facts, and what flips it."""

from dataclasses import dataclass
from typing import Literal

from servanda.case import Observation
from servanda.case.schema import Claim

Word = Literal["supported", "leaning", "open", "leaning against", "contradicted", "untestable here"]

# The least probability at which the model supports a claim, or leans to it. At the same distance
# from zero the model contradicts the claim, or leans against it.
_SUPPORTED, _LEANING = 0.9, 0.7


@dataclass(frozen=True)
class Flip:
    """A condition under which the verdict would be another one.

    Attributes:
        kind: the kind of condition.
        name: a parameter's printed name, an accounting, a reference class, a source class, or
            "the record".
        condition: the condition, in words.
        edge: for a parameter, the value below which its lowest third lies, or above which its
            highest third lies, in `unit`.
        unit: unit of the parameter.
        word: the verdict under the condition.
        probability: the claim's probability under the condition.
    """

    kind: Literal["parameter", "accounting", "reference class", "record"]
    name: str
    condition: str
    word: Word
    probability: float
    edge: float | None = None
    unit: str = ""


@dataclass(frozen=True)
class Verdict:
    """The verdict on one claim.

    Attributes:
        claim: the claim.
        word: the verdict.
        probability: probability that the claim holds, given the model; None if untestable.
        error: Monte Carlo standard error of the probability, where that is a share of runs.
        effect: mean of the tested difference, in `unit`; None if untestable.
        effect_low, effect_high: 90 % interval of the difference, over runs or of shares.
        effect_error: Monte Carlo standard error of the mean.
        unit: unit of the effect.
        of_shares: whether the effect is a difference of shares of runs: the metric is a yes or a
            no, or the test is conditional. Its interval is then that of the difference.
        of_runs: whether the probability is the share of runs in which the test holds. If the test
            compares two shares of runs, it is the probability that they differ as claimed.
        supports, opposes: facts for and against, known at the evidence cut-off.
        later: facts that became known after the cut-off. The verdict does not use them.
        flips: conditions under which the word would change.
        runs: number of runs of each policy that it was tested in.
    """

    claim: Claim
    word: Word
    probability: float | None = None
    error: float | None = None
    effect: float | None = None
    effect_low: float | None = None
    effect_high: float | None = None
    effect_error: float | None = None
    unit: str = ""
    supports: tuple[Observation, ...] = ()
    opposes: tuple[Observation, ...] = ()
    later: tuple[Observation, ...] = ()
    flips: tuple[Flip, ...] = ()
    runs: int = 0
    of_shares: bool = False
    of_runs: bool = True


def model_word(probability: float) -> Word:
    """The verdict of the model alone."""
    if probability >= _SUPPORTED:
        return "supported"
    if probability >= _LEANING:
        return "leaning"
    if probability > 1 - _LEANING:
        return "open"
    if probability > 1 - _SUPPORTED:
        return "leaning against"
    return "contradicted"


_ORDER: tuple[Word, ...] = ("contradicted", "leaning against", "open", "leaning", "supported")
_MIDDLE = 2
_WEIGHT = {"A": 3, "B": 2, "C": 1}


def verdict_word(
    probability: float,
    supports: tuple[Observation, ...],
    opposes: tuple[Observation, ...],
    others: tuple[float, ...] = (),
) -> Word:
    """The verdict of model and record together.

    The record can weaken the model's verdict and cannot strengthen it. If the record clearly lies
    on the other side, the verdict moves one step towards open. If the record is split or silent,
    the verdict goes no further than leaning or leaning against. The same limit holds if another
    accounting of the claim does not come out on the same side. *Supported* therefore means that the
    model, the record and every accounting agree.

    Args:
        probability: probability that the claim holds, given the model.
        supports: facts for the claim.
        opposes: facts against the claim.
        others: probabilities under the other accountings of the claim.
    """
    step = _ORDER.index(model_word(probability)) - _MIDDLE
    side = record_side(supports, opposes)
    disputed = any(step * (_ORDER.index(model_word(p)) - _MIDDLE) <= 0 for p in others)
    if side * step < 0:
        step += side
    if side == 0 or disputed:
        step = min(max(step, -1), 1)
    return _ORDER[_MIDDLE + step]


def record_side(
    supports: tuple[Observation, ...], opposes: tuple[Observation, ...]
) -> Literal[-1, 0, 1]:
    """The side of the record: 1 for the claim, -1 against it, 0 if it is split or silent.

    A series counts once on each side, however many rows it has there. Its weight is that of its
    most confident row (A 3, B 2, C 1). The record is on a side that weighs at least twice as much
    as the other.
    """
    plus, minus = _weight(supports), _weight(opposes)
    if plus >= 2 * minus and plus > 0:
        return 1
    if minus >= 2 * plus and minus > 0:
        return -1
    return 0


def _weight(facts: tuple[Observation, ...]) -> int:
    """The weight of one side of the record."""
    votes: dict[str, int] = {}
    for fact in facts:
        votes[fact.series] = max(votes.get(fact.series, 0), _WEIGHT[fact.confidence])
    return sum(votes.values())
