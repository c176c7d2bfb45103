"""What flips a verdict: a parameter, another accounting, a reference class, or the record."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool

from servanda.analysis.groups import CLEAR, by_class, thirds, varying
from servanda.case import Observation
from servanda.case.schema import Metric
from servanda.engine import Model
from servanda.ensembles import Ensemble
from servanda.verdicts.outcomes import Outcome
from servanda.verdicts.verdict import Flip, Word, model_word, verdict_word

_MOST_PARAMETERS = 3
_LOWEST, _HIGHEST = "in its lowest third", "in its highest third"


@dataclass(frozen=True, eq=False)
class Third:
    """The runs in one outer third of a parameter.

    Attributes:
        name: the parameter's printed name.
        condition: which third.
        edge: the value below or above which the third lies, in `unit`.
        unit: unit of the parameter.
        runs: whether each run is in the third.
    """

    name: str
    condition: str
    edge: float
    unit: str
    runs: Bool[np.ndarray, "run"]


@dataclass(frozen=True)
class Weighing:
    """The facts and accountings that a claim's probability is combined with.

    Attributes:
        supports, opposes: facts for and against, known at the evidence cut-off.
        accountings: the claim's probability under each other accounting.
    """

    supports: tuple[Observation, ...]
    opposes: tuple[Observation, ...]
    accountings: Mapping[str, float]

    def word(self, probability: float) -> Word:
        """The verdict at this probability."""
        others = tuple(self.accountings.values())
        return verdict_word(probability, self.supports, self.opposes, others)

    def counted_as(self, accounting: str, own: float) -> Word:
        """The verdict if the claim's test and this accounting changed places."""
        others = [p for name, p in self.accountings.items() if name != accounting]
        given = self.accountings[accounting]
        return verdict_word(given, self.supports, self.opposes, (own, *others))

    def only(self, keep: Callable[[Observation], bool]) -> "Weighing":
        """The same, with only the facts to keep."""
        supports, opposes = filter(keep, self.supports), filter(keep, self.opposes)
        return replace(self, supports=tuple(supports), opposes=tuple(opposes))


@dataclass(frozen=True)
class Groups:
    """Groups of runs in which a verdict may differ.

    Attributes:
        thirds: the outer thirds of parameters.
        classes: a reference class, and the runs that belong to it.
    """

    thirds: tuple[Third, ...]
    classes: tuple[tuple[str, Bool[np.ndarray, "run"]], ...]

    @classmethod
    def of(cls, model: Model, ensemble: Ensemble) -> "Groups":
        """The lowest and highest third of every parameter of the model, and the classes."""
        found: list[Third] = []
        for name, values in varying(ensemble):
            if name not in model.parameters:
                continue  # the bias of a source class changes no metric
            ends = thirds(values, ensemble.weights)
            unit = model.parameters[name].unit
            found.append(Third(name, _LOWEST, ends.lower, unit, ends.lowest))
            found.append(Third(name, _HIGHEST, ends.upper, unit, ends.highest))
        return cls(tuple(found), tuple(by_class(model, ensemble).items()))

    def moving(self, model: Model, metrics: Iterable[Metric]) -> "Groups":
        """The same, with only the parameters on which these metrics can depend."""
        read = [m for metric in metrics for m in (metric.quantity, metric.less, *metric.over) if m]
        names = frozenset[str]().union(*(model.moving(name.partition("[")[0]) for name in read))
        return replace(self, thirds=tuple(third for third in self.thirds if third.name in names))


def flips(model: Model, main: Outcome, groups: Groups, evidence: Weighing) -> tuple[Flip, ...]:
    """Every condition that would change the verdict on a claim, the strongest parameters first.

    Args:
        model: the model that was run.
        main: the outcome of the claim's own test.
        groups: the groups of runs to compare with all runs.
        evidence: facts and other accountings.
    """
    found = _parameters(main, groups, evidence)
    found += _classes(main, groups, evidence)
    found += _accountings(main, evidence)
    found += _record(model, main, evidence)
    return tuple(found)


def _accountings(main: Outcome, evidence: Weighing) -> Iterable[Flip]:
    """The accountings that would give another verdict if they were the claim's own test."""
    whole = main.probability()
    for name, probability in evidence.accountings.items():
        word = evidence.counted_as(name, whole)
        if word != evidence.word(whole):
            yield Flip("accounting", name, f"under the accounting “{name}”", word, probability)


def _record(model: Model, main: Outcome, evidence: Weighing) -> Iterable[Flip]:
    """The source classes without whose facts the verdict would differ, then the model alone."""
    whole = main.probability()
    word = evidence.word(whole)
    record = model.case.evidence

    cited = (*evidence.supports, *evidence.opposes)
    classes = {o.id: record.source(o.source).source_class for o in cited}
    for name in sorted(set(classes.values())):
        own = [fact for fact, source_class in classes.items() if source_class == name]
        other = evidence.only(lambda o, own=own: o.id not in own).word(whole)  # type: ignore[misc]
        if other != word:
            yield Flip(
                "record", name, f"without the facts from the source class “{name}”", other, whole
            )
    alone = model_word(whole)
    if alone != word:
        condition = "by the model alone, without the facts and the other accountings"
        yield Flip("record", "the record", condition, alone, whole)


def _parameters(main: Outcome, groups: Groups, evidence: Weighing) -> list[Flip]:
    """The parameters in whose lowest or highest third the verdict differs, the strongest first."""
    whole = main.probability()
    word = evidence.word(whole)
    found: list[Flip] = []
    for third in groups.thirds:
        other = _clearly_other(main, third.runs, evidence, word)
        if other is not None:
            edge = third.edge, third.unit
            found.append(Flip("parameter", third.name, third.condition, *other, *edge))
    found.sort(key=lambda flip: -abs(flip.probability - whole))
    return found[:_MOST_PARAMETERS]


def _classes(main: Outcome, groups: Groups, evidence: Weighing) -> Iterable[Flip]:
    """The reference classes whose runs alone would give another verdict."""
    word = evidence.word(main.probability())
    for name, among in groups.classes:
        other = _clearly_other(main, among, evidence, word)
        if other is not None:
            condition = f"in runs of the reference class “{name}”"
            yield Flip("reference class", name, condition, *other)


def _clearly_other(
    main: Outcome, among: Bool[np.ndarray, "run"], evidence: Weighing, whole: Word
) -> tuple[Word, float] | None:
    """The verdict in a group of runs and its probability, if they differ beyond chance."""
    if not among.any():
        return None
    probability = main.probability(among)
    word = evidence.word(probability)
    if word == whole or abs(main.apart(among)) <= CLEAR:
        return None
    return word, probability
