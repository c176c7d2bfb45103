"""What flips a verdict: a parameter, another accounting, the reference class, or the record."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import sqrt

import numpy as np
from jaxtyping import Bool

from servanda.case import Observation
from servanda.claims.outcomes import Outcome
from servanda.claims.verdict import Flip, Word, model_word, verdict_word
from servanda.engine import Model

_MOST_PARAMETERS = 3
# The share among some of the runs must differ by this many standard errors before anything is named: with some three
# hundred numbers looked at, fewer would name one by chance.
_CLEAR = 3.5
_CLASS_DRAW = "commitment.class_draw"


@dataclass(frozen=True)
class Weighing:
    """What a claim's probability is weighed with.

    Attributes:
        supports, opposes: facts known at the cut.
        accountings: the claim's probability under each other accounting.
    """

    supports: tuple[Observation, ...]
    opposes: tuple[Observation, ...]
    accountings: Mapping[str, float]

    def word(self, probability: float) -> Word:
        """The verdict at this probability."""
        others = tuple(self.accountings.values())
        return verdict_word(probability, self.supports, self.opposes, others)


def flips(
    model: Model, main: Outcome, drawn: Mapping[str, np.ndarray], evidence: Weighing
) -> tuple[Flip, ...]:
    """Everything that would change a claim's word, the strongest parameters first.

    Args:
        model: what was run.
        main: the outcome of the claim's own test.
        drawn: parameter draws by printed name, one a run.
        evidence: facts and other accountings.
    """
    whole = main.probability()
    word = evidence.word(whole)
    found = _parameters(main, drawn, evidence) + list(_classes(model, main, drawn, evidence))
    for name, probability in evidence.accountings.items():
        other = verdict_word(probability, evidence.supports, evidence.opposes, (whole,))
        if other != word:
            found.append(Flip("accounting", name, f"counted as {name}", other, probability))
    alone = model_word(whole)
    if alone != word:
        condition = "by the model alone, facts and other accountings left aside"
        found.append(Flip("record", "the record", condition, alone, whole))
    return tuple(found)


def _parameters(
    main: Outcome, drawn: Mapping[str, np.ndarray], evidence: Weighing
) -> list[Flip]:
    """Parameters whose lowest or highest third changes the word, the strongest first."""
    whole = main.probability()
    found: list[Flip] = []
    for name, values in drawn.items():
        if name == _CLASS_DRAW:
            continue
        low, high = np.quantile(values, [1 / 3, 2 / 3])
        thirds = (
            (values <= low, f"in its lowest third (below {low:.3g})"),
            (values >= high, f"in its highest third (above {high:.3g})"),
        )
        for among, condition in thirds:
            probability = _clearly_other(main, among, evidence)
            if probability is not None:
                word = evidence.word(probability)
                found.append(Flip("parameter", name, condition, word, probability))
    found.sort(key=lambda flip: -abs(flip.probability - whole))
    return found[:_MOST_PARAMETERS]


def _classes(
    model: Model, main: Outcome, drawn: Mapping[str, np.ndarray], evidence: Weighing
) -> Iterable[Flip]:
    """Reference classes whose runs alone would give another word."""
    classes = model.case.spec.reference_classes
    if _CLASS_DRAW not in drawn:
        return
    own = np.minimum((drawn[_CLASS_DRAW] * len(classes)).astype(int), len(classes) - 1)
    for row, name in enumerate(classes):
        probability = _clearly_other(main, own == row, evidence)
        if probability is not None:
            condition = f"among pacts like {name} ones"
            yield Flip("reference class", name, condition, evidence.word(probability), probability)


def _clearly_other(
    main: Outcome, among: Bool[np.ndarray, "run"], evidence: Weighing
) -> float | None:
    """The probability among some runs, if it changes the word and chance does not explain it."""
    if not among.any():
        return None
    whole, part = main.probability(), main.probability(among)
    error = sqrt(max(whole * (1 - whole), 1e-4) / among.sum())
    if evidence.word(part) == evidence.word(whole) or abs(part - whole) <= _CLEAR * error:
        return None
    return part
