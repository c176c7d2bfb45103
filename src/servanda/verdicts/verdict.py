"""What a claim's test comes to: a word, a probability, an effect, the facts, and what flips it."""

from dataclasses import dataclass
from typing import Literal

from servanda.case import Observation
from servanda.case.schema import Claim

Word = Literal["supported", "leaning", "open", "leaning against", "contradicted", "untestable here"]

# Probability from which the model supports a claim, or leans to it; the same distance from zero
# speaks against.
_SUPPORTED, _LEANING = 0.9, 0.7


@dataclass(frozen=True)
class Flip:
    """Something on which the verdict hinges.

    Attributes:
        kind: what sort of thing.
        name: a parameter's printed name, an accounting, a reference class, a class of sources, or
            "the record".
        condition: when the verdict differs, in words.
        word: what the verdict would then be.
        probability: the claim's probability then.
    """

    kind: Literal["parameter", "accounting", "reference class", "record"]
    name: str
    condition: str
    word: Word
    probability: float


@dataclass(frozen=True)
class Verdict:
    """The outcome of one claim.

    Attributes:
        claim: the claim.
        word: the verdict.
        probability: share of runs in which the claim holds, given the model; None if untestable.
        error: Monte Carlo standard error of that share.
        effect: mean of the tested difference, in `unit`; None if untestable.
        effect_low, effect_high: its 90 % interval over runs.
        effect_error: Monte Carlo standard error of its mean.
        unit: unit of the effect.
        supports, opposes: facts known at the cut, for and against.
        later: facts known only after the cut; they score the verdict and are not part of it.
        flips: what would change the word.
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

    The record can hold the model's word back, and never push it further. Where the record clearly
    lies on the other side the word moves one step towards open; where it is split or silent the
    model alone carries a claim no further than leaning, either way; and where another accounting of
    the same claim does not come out on the same side, neither does anything carry it further. So
    *supported* means that model, record and every accounting agree.

    Args:
        probability: that the claim holds, given the model.
        supports: facts for it.
        opposes: facts against it.
        others: probabilities under the claim's other accountings.
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
    """Which side the record lies on: 1 for the claim, -1 against it, 0 if split or silent.

    A series has one vote on each side, however many rows it has there, weighed by its most
    confident row (A 3, B 2, C 1); a side must weigh twice as much as the other.
    """
    plus, minus = _weight(supports), _weight(opposes)
    if plus >= 2 * minus and plus > 0:
        return 1
    if minus >= 2 * plus and minus > 0:
        return -1
    return 0


def _weight(facts: tuple[Observation, ...]) -> int:
    """Weight of one side of the record."""
    votes: dict[str, int] = {}
    for fact in facts:
        votes[fact.series] = max(votes.get(fact.series, 0), _WEIGHT[fact.confidence])
    return sum(votes.values())
