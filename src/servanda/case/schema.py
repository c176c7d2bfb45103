"""The shape of a case: what `case.toml` and `claims.toml` may say, checked key by key."""

from typing import Annotated, Literal, Protocol, runtime_checkable

from pydantic import Field, model_validator

from servanda.files import Record
from servanda.files.fields import MONTH, Month, Name, month_or


def month_number(text: str) -> int:
    """Months since year zero of a `YYYY-MM`; raises `ValueError` on anything else."""
    match = MONTH.match(text)
    if match is None:
        raise ValueError("a month like 2024-06")
    return int(match[1]) * 12 + int(match[2]) - 1


def month_name(number: int) -> str:
    """The `YYYY-MM` of a count of months since year zero."""
    return f"{number // 12:04d}-{number % 12 + 1:02d}"


Signal = Literal["enforcement", "courtship", "supply", "turn"]


class Actor(Record):
    """A state or bloc, by ISO3 code."""

    code: Name
    name: str


class Good(Record):
    """Something that can be exchanged.

    `rival` goods move through the ledger; `lent` goods stay on their sender's books; `knowledge` is
    non-rival: giving it costs none of the stock. `made_with` names the good that its makers need
    delivered: the shorter that is, the less of this one is made.
    """

    name: Name
    unit: str
    kind: Literal["rival", "lent", "knowledge"] = "rival"
    label: str = ""
    made_with: str | None = None


class Tie(Record):
    """A directed flow of one good.

    `contract` ties are bargained for, `payment` ties pay for them, `aid` ties flow as their lane
    allows, and `covert` ties carry what a sanctioned route reroutes. `opens` is when the record
    first shows it, and `source` the evidence row that does; without them it is open from the start.
    `customs` says whether recorded trade includes it, `observed` whether others can count it at
    all; a payment that is not observed is hidden payment.
    """

    giver: str
    receiver: str
    good: str
    basis: Literal["contract", "payment", "aid", "covert"]
    opens: Month | None = None
    source: str | None = None
    route: str | None = None
    signal: Signal | None = None
    customs: bool = True
    observed: bool = True

    @property
    def label(self) -> str:
        """`PRK>RUS:shells`."""
        return f"{self.giver}>{self.receiver}:{self.good}"


class Partnership(Record):
    """Two partners: who supplies, who buys, and when the pact was signed."""

    supplier: str
    buyer: str
    signed: Month
    source: str

    @property
    def label(self) -> str:
        """`RUS-PRK`: buyer first."""
        return f"{self.buyer}-{self.supplier}"


class War(Record):
    """The war that the partnership feeds, and which goods are its arms and its men."""

    attacker: str
    defender: str
    arms: str
    men: str


class Coalition(Record):
    """States that draw together against a partnership, and the state they come nearer to."""

    name: str
    members: tuple[str, ...]
    against: str
    neighbour: str


class Patronage(Record):
    """A patron's tie to a client, for influence."""

    patron: str
    client: str

    @property
    def label(self) -> str:
        """`CHN-PRK`."""
        return f"{self.patron}-{self.client}"


class Route(Record):
    """A sanctioned flow to a target that may be rerouted."""

    name: str
    target: str


class Proliferator(Record):
    """A state that builds weapons, the state whose lead it narrows, and the tie that teaches it.

    `exports` are the goods that it would test if it did not give them away.
    """

    actor: str
    rival: str
    taught_by: str
    exports: tuple[str, ...] = ()


class Stance(Record):
    """A named stance and the level of the posture's signal that it sends, from −1 to 1."""

    name: str
    level: Annotated[float, Field(ge=-1, le=1)]


class RecordedStance(Record):
    """From this month on the record shows this stance."""

    since: Month
    stance: str
    source: str


class Posture(Record):
    """An actor that chooses among at most three stances once a quarter."""

    actor: str
    signal: Signal
    stances: Annotated[tuple[Stance, ...], Field(min_length=2, max_length=3)]
    driver: str
    recorded: Annotated[tuple[RecordedStance, ...], Field(min_length=1)]


class Lever(Record):
    """A policy or a counterfactual: a change to parameters, from the start or after `as_of`."""

    name: str
    description: str
    targets: Annotated[tuple[str, ...], Field(min_length=1)]
    operation: Literal["scale", "set"]
    acts: Literal["throughout", "after_as_of"]
    low: float
    high: float
    choices: dict[str, float] = Field({})


# Reductions to when something happens.
EVENTS = ("time_to_event", "month_of_event")


class Metric(Record):
    """One number a run, from one quantity over a span of months.

    `less` takes another quantity away first. `over` divides it by a sum of quantities, reduced
    alike. `above` makes it one where the quantity, reduced, is more than that, and zero elsewhere.
    `level` is the level of a quantile over the months. The event of `time_to_event` and
    `month_of_event` is the first month in which the quantity is more than `above`, or is a yes.
    """

    name: str
    label: str
    unit: str
    quantity: str
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
    level: Annotated[float | None, Field(ge=0, le=1)] = None
    since: Annotated[str, month_or("start", "as_of")] = "start"
    until: Annotated[str, month_or("horizon", "as_of")] = "horizon"
    less: str | None = None
    over: tuple[str, ...] = ()
    above: float | None = None

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
        """The last that the record fixes."""

    @property
    def horizon(self) -> str:
        """The last."""


def metric_span(spec: Calendar, metric: Metric) -> tuple[int, int]:
    """First and last month that a metric covers, counted from the case's start.

    The last is before the first where the case's cut leaves it no months.
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
    """The claim holds in a run where the metric differs between two settings as claimed.

    `margin` is a share of the metric's value with the thing absent; `leaves` claims a difference
    that stays within it.
    """

    kind: Literal["contrast"]
    metric: str
    present: dict[str, float | str] = Field({})
    absent: dict[str, float | str]
    direction: Literal["raises", "lowers", "leaves"]
    margin: Annotated[float, Field(ge=0)] = 0.0


class Trend(Record):
    """The claim holds in a run where the metric moved as claimed between two spans."""

    kind: Literal["trend"]
    before: str
    after: str
    direction: Literal["rises", "falls"]
    margin: Annotated[float, Field(ge=0)] = 0.0
    present: dict[str, float | str] = Field({})


class Threshold(Record):
    """The claim holds in a run where the metric is beyond a number."""

    kind: Literal["threshold"]
    metric: str
    direction: Literal["above", "below"]
    value: float
    present: dict[str, float | str] = Field({})


class Conditional(Record):
    """The claim holds if an outcome is likelier in runs that meet a condition than in others."""

    kind: Literal["conditional"]
    outcome: str
    given: str
    below: float | None = None
    above: float | None = None
    direction: Literal["likelier", "rarer"] = "likelier"
    margin: Annotated[float, Field(ge=0)] = 0.05
    present: dict[str, float | str] = Field({})

    @model_validator(mode="after")
    def _one_side(self) -> "Conditional":
        if (self.below is None) == (self.above is None):
            raise ValueError("give either `below` or `above`")
        return self


class Untestable(Record):
    """The model has no quantity that could decide the claim; the reason says why."""

    kind: Literal["untestable"]
    reason: str


Test = Annotated[
    Contrast | Trend | Threshold | Conditional | Untestable, Field(discriminator="kind")
]


class Claim(Record):
    """One causal claim, its formal test, and the facts for and against it."""

    slug: str
    text: str
    system: str
    test: Test
    supports: tuple[str, ...] = ()
    opposes: tuple[str, ...] = ()
    accountings: dict[str, Test] = Field({})
    note: str = ""


class CaseSpec(Record):
    """The whole of `case.toml`."""

    name: str
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


class ClaimsFile(Record):
    """The whole of `claims.toml`."""

    claims: tuple[Claim, ...] = ()
