"""The claims on the page: test in words, verdict, effect, facts, and what flips the verdict."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from servanda.case import Case, Observation
from servanda.case.schema import Conditional, Contrast, Test, Threshold, Trend
from servanda.engine import Model
from servanda.report import words
from servanda.verdicts import Flip, Verdict

ORDER = ("supported", "leaning", "open", "leaning against", "contradicted", "untestable here")
_SIGNS = dict(zip(ORDER, ("●", "◕", "◑", "◔", "○", "–"), strict=True))
# A standard error smaller than this, in percentage points, would print as zero.
_SHOWN = 0.05
_MOVES = {
    "raises": "is higher",
    "lowers": "is lower",
    "leaves": "hardly differs",
    "rises": "rises",
    "falls": "falls",
}


@dataclass(frozen=True)
class Fact:
    """A fact as the page cites it."""

    id: str
    name: str
    url: str
    title: str
    later: bool


@dataclass(frozen=True)
class Row:
    """One claim as the page shows it."""

    slug: str
    text: str
    system: str
    test: str
    note: str
    word: str
    sign: str
    css: str
    probability: float | None
    of_runs: bool
    holds: str
    effect: str
    effect_range: str
    supports: tuple[Fact, ...]
    opposes: tuple[Fact, ...]
    later: tuple[Fact, ...]
    flips: tuple[str, ...]


def counts(verdicts: Iterable[Verdict]) -> dict[str, int]:
    """The number of claims with each verdict, from supported to untestable."""
    found = Counter[str](v.word for v in verdicts)
    return {word: found[word] for word in ORDER if found[word]}


def rows(model: Model, verdicts: Sequence[Verdict]) -> list[Row]:
    """Every verdict as the page shows it, in the order of the case."""
    return [_row(model, v) for v in verdicts]


def _row(model: Model, v: Verdict) -> Row:
    case, holds = model.case, ""
    if v.probability is not None:
        holds = words.percent(v.probability)
        if v.error is not None and 100 * v.error >= _SHOWN:
            holds += f" ± {100 * v.error:.1f}"
    return Row(
        v.claim.slug,
        v.claim.text,
        v.claim.system,
        test_in_words(case, v.claim.test),
        v.claim.note,
        v.word,
        _SIGNS[v.word],
        v.word.replace(" ", "-"),
        v.probability,
        v.of_runs,
        holds,
        *_effect(v),
        tuple(_fact(case, o) for o in v.supports),
        tuple(_fact(case, o) for o in v.opposes),
        tuple(_fact(case, o, later=True) for o in v.later),
        tuple(_flip(model, f) for f in v.flips),
    )


def _effect(v: Verdict) -> tuple[str, str]:
    """The mean effect with its Monte Carlo error, and its 90 % interval over runs or of shares."""
    if v.effect is None:
        return "", ""
    if v.of_shares:
        low, high = (words.points(x or 0.0) for x in (v.effect_low, v.effect_high))
        span = f"90 % interval: {low.removesuffix(' points')} to {high}"
        return words.points(v.effect, v.effect_error), span
    share = v.unit == "dimensionless" and abs(v.effect) <= 1
    mean = _signed(
        v.effect, f"{abs(v.effect):.3f}" if share else words.quantity(abs(v.effect), v.unit)
    )
    if v.effect_error:
        mean += f" ± {f'{v.effect_error:.3f}' if share else words.number(v.effect_error)}"
    if v.effect_low is None or v.effect_high is None:
        return mean, ""
    ends = [
        _signed(x, f"{abs(x):.3f}" if share else words.number(abs(x)))
        for x in (v.effect_low, v.effect_high)
    ]
    return mean, f"90 % of runs: {' to '.join(ends)}"


def _signed(value: float, size: str) -> str:
    """An absolute value in words, with the sign of the difference in front."""
    return f"{'+' if value > 0 else '−' if value < 0 else ''}{size}"


def _fact(case: Case, o: Observation, *, later: bool = False) -> Fact:
    source = case.evidence.source(o.source)
    return Fact(
        o.id,
        words.upper_first(f"{words.plain(source.source_class)} {o.ref_end:%Y-%m}"),
        words.address(source.url),
        o.claim,
        later,
    )


def _flip(model: Model, flip: Flip) -> str:
    where, edge = "", ""
    if flip.kind == "parameter":
        where = f"in runs where “{words.parameter(model, flip.name)}” is "
    if flip.edge is not None:
        side = "below" if "lowest" in flip.condition else "above"
        edge = f" ({side} {words.quantity(flip.edge, flip.unit)})"
    share = words.percent(flip.probability)
    return f"The verdict is {flip.word} ({share}) {where}{flip.condition}{edge}."


def test_in_words(case: Case, test: Test) -> str:
    """The comparison that the test makes, in a sentence without a full stop."""
    labels = {m.name: m.label for m in case.spec.metrics}
    match test:
        case Contrast():
            present, absent = _settings(test.present), _settings(test.absent)
            if test.direction == "leaves":
                settings = f"between {present} and {absent}"
            else:
                settings = f"with {present} than with {absent}"
            levers = _meanings(case, (*test.present, *test.absent))
            return f"“{labels[test.metric]}” {_MOVES[test.direction]} {settings} ({levers})"
        case Trend():
            verb = _MOVES[test.direction]
            return f"The value {verb} from “{labels[test.before]}” to “{labels[test.after]}”"
        case Threshold():
            return f"“{labels[test.metric]}” is {test.direction} {words.number(test.value)}"
        case Conditional():
            side = f"below {words.number(test.below)}" if test.below is not None else ""
            side = side or f"above {words.number(test.above or 0.0)}"
            outcome, given = labels[test.outcome], labels[test.given]
            return f"“{outcome}” is {test.direction} in runs where “{given}” is {side}"
    return words.upper_first(test.reason)


def _settings(settings: Mapping[str, float | str]) -> str:
    """A policy's levers and their values."""
    values = {k: v if isinstance(v, str) else words.number(v) for k, v in settings.items()}
    return words.listed([f"{k} = {v}" for k, v in values.items()]) or "no lever set"


def _meanings(case: Case, names: Iterable[str]) -> str:
    """The descriptions of levers, each once."""
    described = {lever.name: lever.description for lever in case.spec.levers}
    return "; ".join(f"{name} is “{described[name]}”" for name in dict.fromkeys(names))


@dataclass(frozen=True)
class Cited:
    """A row of the evidence table."""

    id: str
    series: str
    claim: str
    period: str
    known: str
    confidence: str
    source_class: str
    title: str
    publisher: str
    url: str
    later: bool


def cited(case: Case, observations: Iterable[Observation]) -> list[Cited]:
    """The evidence table: each row that the page uses, once, in order of time."""
    by_id = {o.id: o for o in observations}
    known = {o.id for o in case.known.observations}
    labels = {s.name: s.label for s in case.evidence.series}
    ordered = sorted(by_id.values(), key=lambda o: (o.ref_end, o.id))
    return [_cited(case, o, labels.get(o.series, o.series), o.id not in known) for o in ordered]


def _cited(case: Case, o: Observation, label: str, later: bool) -> Cited:
    source = case.evidence.source(o.source)
    period = f"{o.ref_end:%Y-%m-%d}"
    if o.ref_start is not None and o.ref_start != o.ref_end:
        period = f"{o.ref_start:%Y-%m-%d} to {period}"
    return Cited(
        o.id,
        label,
        o.claim,
        period,
        f"{o.known_on:%Y-%m-%d}",
        o.confidence,
        words.plain(source.source_class),
        source.title,
        source.publisher,
        words.address(source.url),
        later,
    )
