"""Dated evidence: what was said, by whom, about which period, and when it became known.

A series says how its sources count (level, flow or running total). For each source class it says
what that class counts, whether its figures bound or estimate, and which bias it has. A run does not
see figures that became known after the evidence cut-off (`known_on`), nor figures about periods
that end after it (`ref_end`).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Annotated, Literal

from pydantic import BeforeValidator, ConfigDict, Field

from servanda.files import Record
from servanda.files.fields import Label, Names, Naming, Number

Counting = Literal["level", "flow", "running_total", "event", "context"]
Bound = Literal["estimate", "upper", "lower"]
Said = Literal["estimate", "at least", "at most"]
BOUNDS: Mapping[Said, Bound] = {"estimate": "estimate", "at least": "lower", "at most": "upper"}
"""What a row says of its figure, and the bound that this is."""
REFERENCE = "reference"
YEARS = range(1800, 2101)
"""Years that evidence may be of: others are slips of the pen."""
PERIOD = f"a year from {YEARS[0]} to {YEARS[-1]}, or a month or a day of it, such as 2007-03-05"
_PERIOD = re.compile(r"[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?")
Positive = Annotated[Number, Field(gt=0)]


def _none_if_poisson(value: object) -> object:
    if isinstance(value, str) and value != "poisson":
        raise ValueError("a number above zero, or 'poisson'")
    return None if value == "poisson" else value


def last_day(text: str) -> date:
    """The last day of a year, a month or a day, such as 2007, 2007-03 or 2007-03-05.

    Raises:
        ValueError: The text is none of these, or of a year that evidence is not of.
    """
    if not _PERIOD.fullmatch(text):
        raise ValueError(PERIOD)
    year, month, day = (*map(int, text.split("-")), 0, 0)[:3]
    if year not in YEARS:
        raise ValueError(PERIOD)
    if day:
        return date(year, month, day)
    first_after = date(year + (month in (0, 12)), month % 12 + 1, 1)
    return first_after - timedelta(days=1)


@dataclass(frozen=True)
class Source:
    """A publication: its key, title, publisher, link and the class whose bias it shares.

    `published` says when what the case cites was published: a year, a month or a day; empty if that
    is not known.
    """

    key: str
    title: str
    publisher: str
    url: str
    source_class: str
    published: str = ""

    @property
    def known_by(self) -> date | None:
        """The last day on which it may have been published, or None."""
        return last_day(self.published) if self.published else None


@dataclass(frozen=True)
class Observation:
    """One dated figure.

    Attributes:
        id: unique in the case.
        series: name of the series it belongs to.
        ref_start: first day of its period; None for a running total, "since counting began".
        ref_end: last day of its period.
        known_on: day on which it became known.
        value: the figure, in `unit`.
        low, high: the range that the source gives, or None.
        unit: a unit that converts to its series' unit.
        confidence: A, B or C.
        source: key of its source.
        claim: what the source says, in the case author's words.
        bound: whether the figure is an estimate, or the count was at least or at most this; blank
            if the rule of its source class says so.
        derived_from: id of the figure that this one repeats or is computed from, which is compared
            with runs in its place; blank if there is none.
    """

    id: str
    series: str
    ref_start: date | None
    ref_end: date
    known_on: date
    value: float
    low: float | None
    high: float | None
    unit: str
    confidence: Literal["A", "B", "C"]
    source: str
    claim: str
    bound: Said | None = None
    derived_from: str | None = None


class SourceRule(Record):
    """How one source class counts one series.

    Attributes:
        source_class: the source class.
        counts: what this class counts, in words.
        bound: whether a figure is an estimate, an upper bound or a lower bound.
        bias: name of the bias that these figures share, or `reference` for no bias.
        error: log standard deviation of the error of one figure; None ("poisson") for a count.
        equivalence: how many units of the series one counted item is.
    """

    source_class: Label
    counts: str
    bound: Bound
    bias: Label
    error: Annotated[Positive | None, BeforeValidator(_none_if_poisson)]
    equivalence: Positive = 1.0


class Series(Record):
    """A named series: the quantity that it observes, and how each source class counts it."""

    model_config = ConfigDict(populate_by_name=True)

    name: Label
    label: str
    unit: str
    counting: Counting
    observes: Annotated[Names, Naming.PRINTED] = ()
    note: str = ""
    rules: tuple[SourceRule, ...] = Field(default=(), alias="rule")

    @property
    def quantitative(self) -> bool:
        """Whether the series observes a quantity of the model."""
        return bool(self.observes)

    def rule(self, source_class: str) -> SourceRule:
        """The rule for a source class; raises `KeyError` where the series has none."""
        for rule in self.rules:
            if rule.source_class == source_class:
                return rule
        raise KeyError(source_class)


class SeriesFile(Record):
    """The content of `series.toml`."""

    series: tuple[Series, ...] = ()


@dataclass(frozen=True)
class Evidence:
    """All evidence of a case, or the part of it that was known at a date."""

    observations: tuple[Observation, ...]
    series: tuple[Series, ...]
    sources: tuple[Source, ...]

    def as_of(self, day: date) -> "Evidence":
        """The evidence known on `day` about periods that had ended by then."""
        known = [o for o in self.observations if o.known_on <= day and o.ref_end <= day]
        return replace(self, observations=tuple(known))

    def of(self, series: str) -> Sequence[Observation]:
        """The observations of one series, in order of the period they are about."""
        rows = [o for o in self.observations if o.series == series]
        return sorted(rows, key=lambda o: (o.ref_end, o.id))

    def source(self, key: str) -> Source:
        """The source with this key; raises `KeyError`."""
        return {s.key: s for s in self.sources}[key]

    def observation(self, id_: str) -> Observation:
        """The observation with this id; raises `KeyError`."""
        return {o.id: o for o in self.observations}[id_]
