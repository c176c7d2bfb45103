"""The schema of `case.toml` and `claims.toml`: records that check every key."""

from typing import Annotated, Literal, Protocol, runtime_checkable

from pydantic import Field, model_validator

from servanda.files import Record
from servanda.files.fields import (
    MONTH,
    ActorCode,
    Label,
    Month,
    Name,
    Names,
    Naming,
    Number,
    PathName,
    PrintedName,
    YesOrNo,
    month_or,
)


def month_number(text: object) -> int:
    """Months since year zero of a `YYYY-MM`; raises `ValueError` on anything else."""
    match = MONTH.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise ValueError("a month like 2024-06")
    return int(match[1]) * 12 + int(match[2]) - 1


def month_name(number: int) -> str:
    """The `YYYY-MM` of a count of months since year zero."""
    return f"{number // 12:04d}-{number % 12 + 1:02d}"


Signal = Literal["enforcement", "courtship", "supply", "turn"]


class Actor(Record):
    """A state, by a code that is read as its own in ISO 3166, or an actor declared as no state."""

    code: Annotated[Name, Naming.ACTOR]
    name: str
    state: YesOrNo = True


class Good(Record):
    """Something that can be exchanged.

    `rival` goods move through the ledger. `lent` goods stay on their sender's books. `knowledge` is
    non-rival: giving it does not reduce the stock. `made_with` names a delivered good that its
    makers need: a shortage of it reduces output of this good.
    """

    name: Name
    unit: str
    kind: Literal["rival", "lent", "knowledge"] = "rival"
    label: str = ""
    made_with: str | None = None


class Tie(Record):
    """A directed flow of one good.

    `contract` ties are bargained for, and `payment` ties pay for them. `aid` ties flow up to the
    capacity of their lane. `covert` ties carry what a sanctioned route reroutes. `opens` is the
    month in which the record first shows the tie, and `source` is the evidence row that shows it.
    Without them the tie is open from the start. `customs` says whether recorded trade includes the
    tie, and `observed` whether others can count it. A payment that is not observed is hidden.
    """

    giver: ActorCode
    receiver: ActorCode
    good: str
    basis: Literal["contract", "payment", "aid", "covert"]
    opens: Month | None = None
    source: str | None = None
    route: str | None = None
    signal: Signal | None = None
    customs: YesOrNo = True
    observed: YesOrNo = True

    @property
    def label(self) -> str:
        """`PRK>RUS:shells`."""
        return f"{self.giver}>{self.receiver}:{self.good}"


class Partnership(Record):
    """A pact of two partners: the supplier, the buyer, and the month of signing."""

    supplier: ActorCode
    buyer: ActorCode
    signed: Month
    source: str

    @property
    def label(self) -> str:
        """The label, with the buyer first, such as `RUS-PRK`."""
        return f"{self.buyer}-{self.supplier}"


class War(Record):
    """The war that the partnership supplies, and the goods that are its arms and its men."""

    attacker: ActorCode
    defender: ActorCode
    arms: str
    men: str


class Coalition(Record):
    """States that cooperate against a partnership, and the neighbour that this concerns."""

    name: Label
    members: Annotated[Names, Field(min_length=1), Naming.ACTOR]
    against: Annotated[str, Naming.MEMBER]
    neighbour: ActorCode


class Patronage(Record):
    """A patron and its client, for influence."""

    patron: ActorCode
    client: ActorCode

    @property
    def label(self) -> str:
        """`CHN-PRK`."""
        return f"{self.patron}-{self.client}"


class Route(Record):
    """A sanctioned flow to a target, which may be rerouted."""

    name: Label
    target: ActorCode


class Proliferator(Record):
    """A state that builds weapons, its rival, and the tie through which it receives technology.

    `exports` are the goods that it would test if it did not export them.
    """

    actor: ActorCode
    rival: ActorCode
    taught_by: Annotated[str, Naming.MEMBER]
    exports: Names = ()


class Stance(Record):
    """A named stance, and the level of its signal from −1 to 1."""

    name: Label
    level: Annotated[Number, Field(ge=-1, le=1)]


class RecordedStance(Record):
    """A stance that the record shows from a month on."""

    since: Month
    stance: str
    source: str


class Posture(Record):
    """An actor that chooses among at most three stances once a quarter."""

    actor: ActorCode
    signal: Signal
    stances: Annotated[tuple[Stance, ...], Field(min_length=2, max_length=3)]
    driver: PrintedName
    recorded: Annotated[tuple[RecordedStance, ...], Field(min_length=1)]


class Lever(Record):
    """A change to parameters, from the start or after the evidence cut-off."""

    name: Label
    description: str
    targets: Annotated[Names, Field(min_length=1), Naming.PRINTED]
    operation: Literal["scale", "set"]
    acts: Literal["throughout", "after_as_of"]
    low: Number
    high: Number
    choices: dict[str, Number] = Field({})


# Reductions to the time of an event.
EVENTS = ("time_to_event", "month_of_event")


class Metric(Record):
    """One number a run, from one quantity over a span of months.

    `less` first subtracts another quantity. `over` divides by the sum of quantities, reduced in the
    same way. `above` makes the metric one if the reduced quantity exceeds this value, and zero
    otherwise. `level` is the level of a quantile over the months. The event of `time_to_event` and
    `month_of_event` is the first month in which the quantity exceeds `above`, or is true.
    """

    name: Label
    label: str
    unit: str
    quantity: PrintedName
    reduce: Literal[
        "sum",
        "mean",
        "first",
        "last",
        "min",
        "max",
        "quantile",
        "any",
        "time_to_event",
        "month_of_event",
    ] = "mean"
    level: Annotated[Number | None, Field(ge=0, le=1)] = None
    since: Annotated[str, month_or("start", "as_of")] = "start"
    until: Annotated[str, month_or("horizon", "as_of")] = "horizon"
    less: Annotated[str | None, Naming.PRINTED] = None
    over: Annotated[Names, Naming.PRINTED] = ()
    above: Number | None = None

    @model_validator(mode="after")
    def _fits(self) -> "Metric":
        if (self.level is None) == (self.reduce == "quantile"):
            raise ValueError("`level` with reduce = 'quantile', and only there")
        if self.over and self.reduce in EVENTS:
            raise ValueError("an event without `over`")
        return self


@runtime_checkable
class Calendar(Protocol):
    """The months of a case."""

    @property
    def start(self) -> str:
        """The first."""

    @property
    def as_of(self) -> str:
        """The last month of the record, at the evidence cut-off."""

    @property
    def horizon(self) -> str:
        """The last."""


def metric_span(spec: Calendar, metric: Metric) -> tuple[int, int]:
    """First and last month that a metric covers, counted from the case's start.

    If the metric covers no month at the cut-off, the last month is before the first.
    """
    start = month_number(spec.start)
    named = {
        "start": 0,
        "as_of": month_number(spec.as_of) - start,
        "horizon": month_number(spec.horizon) - start,
    }

    def month(text: str) -> int:
        return named[text] if text in named else month_number(text) - start

    first = month(metric.since) + (metric.since == "as_of")
    return max(first, 0), min(month(metric.until), named["horizon"])


class Contrast(Record):
    """The claim holds in a run if the metric differs between two policies as claimed.

    `margin` is a share of the metric's value under `absent`. `leaves` claims a difference within
    the margin.
    """

    kind: Literal["contrast"]
    metric: str
    present: dict[str, Number | str] = Field({})
    absent: dict[str, Number | str]
    direction: Literal["raises", "lowers", "leaves"]
    margin: Annotated[Number, Field(ge=0)] = 0.0


class Trend(Record):
    """The claim holds in a run if the metric moves as claimed between two spans."""

    kind: Literal["trend"]
    before: str
    after: str
    direction: Literal["rises", "falls"]
    margin: Annotated[Number, Field(ge=0)] = 0.0
    present: dict[str, Number | str] = Field({})


class Threshold(Record):
    """The claim holds in a run if the metric is above or below a number."""

    kind: Literal["threshold"]
    metric: str
    direction: Literal["above", "below"]
    value: Number
    present: dict[str, Number | str] = Field({})


class Conditional(Record):
    """The claim holds if an outcome is more likely in runs that meet a condition."""

    kind: Literal["conditional"]
    outcome: str
    given: str
    below: Number | None = None
    above: Number | None = None
    direction: Literal["likelier", "rarer"] = "likelier"
    margin: Annotated[Number, Field(ge=0)] = 0.05
    present: dict[str, Number | str] = Field({})

    @model_validator(mode="after")
    def _one_side(self) -> "Conditional":
        if (self.below is None) == (self.above is None):
            raise ValueError("give either `below` or `above`")
        return self


class Untestable(Record):
    """The model has no quantity that could decide the claim; `reason` says why."""

    kind: Literal["untestable"]
    reason: str


Test = Annotated[
    Contrast | Trend | Threshold | Conditional | Untestable, Field(discriminator="kind")
]


class Claim(Record):
    """One causal claim, its formal test, and the facts for and against it."""

    slug: Label
    text: str
    system: str
    test: Test
    supports: Names = ()
    opposes: Names = ()
    accountings: dict[str, Test] = Field({})
    note: str = ""


class CaseSpec(Record):
    """The content of `case.toml`."""

    name: PathName
    title: str
    summary: str
    start: Month
    as_of: Month
    horizon: Month
    mechanisms: dict[str, str]
    actors: Annotated[tuple[Actor, ...], Field(min_length=2)]
    goods: Annotated[tuple[Good, ...], Field(min_length=1)]
    ties: Annotated[tuple[Tie, ...], Field(min_length=1)]
    partnerships: Annotated[tuple[Partnership, ...], Field(min_length=1)]
    war: War
    coalitions: tuple[Coalition, ...] = ()
    patronages: tuple[Patronage, ...] = ()
    routes: tuple[Route, ...] = ()
    proliferators: tuple[Proliferator, ...] = ()
    postures: Annotated[tuple[Posture, ...], Field(max_length=4)] = ()
    reference_classes: Annotated[tuple[Name, ...], Field(min_length=1)]
    levers: tuple[Lever, ...] = ()
    metrics: tuple[Metric, ...] = ()
    not_modelled: tuple[str, ...] = ()
    tables: tuple[PathName, ...] = ()


class ClaimsFile(Record):
    """The content of `claims.toml`."""

    claims: tuple[Claim, ...] = ()
