"""How the flows of a baseline were made: `[build]` of `trade_baseline.toml`, checked.

`servanda sanction` does not use it. It is checked all the same, because a misspelt key would leave
a reader with a wrong account of the flows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated

from pydantic import Field, model_validator

from servanda.errors import CaseError, nearest
from servanda.files import Record
from servanda.files.fields import Names, Number, Status, Text, Whole

WORLD = "WORLD"  # in the table of GDP

Amount = Annotated[Number, Field(ge=0)]


class Gdp(Record):
    """GDP of a region, or of the world as `WORLD`, USD m."""

    value: Amount
    source: str = ""
    note: str = ""


class Total(Record):
    """A region's trade in goods with the others, USD bn a year; of it, fuels.

    Attributes:
        exports, imports: All goods; a missing total grows from the seed with world trade.
        fuel_exports, fuel_imports: Fuels.
        status: Measured, estimated or assumed.
        sources: Names in the file's table of sources.
        note: How they were determined.
    """

    exports: Amount | None = None
    imports: Amount | None = None
    fuel_exports: Amount
    fuel_imports: Amount
    status: Status
    sources: Names
    note: str


class Level(Record):
    """Flows between two regions at a given level, USD m a year.

    Attributes:
        pair: The two regions.
        first_to_second, second_to_first: The flow each way; or else,
        total: both ways together, split as in the seed; or else,
        series, year: the series of facts that has the total, USD a year, and the year.
        first_fuels: Fuels sold by the first.
        source: A name in the file's table of sources.
        note: How the level was determined.
    """

    pair: tuple[Text, Text]
    first_to_second: Amount | None = None
    second_to_first: Amount | None = None
    total: Amount | None = None
    series: Text | None = None
    year: Whole | None = None
    first_fuels: Amount | None = None
    source: str = ""
    note: str = ""

    @model_validator(mode="after")
    def _one_level_of_two(self) -> Level:
        if self.pair[0] == self.pair[1]:
            raise ValueError("a pair of two regions")
        each_way = (self.first_to_second, self.second_to_first)
        recorded = (self.series, self.year)
        given = [
            one for one in (each_way, (self.total,), recorded) if any(x is not None for x in one)
        ]
        if len(given) != 1 or None in given[0]:
            raise ValueError("a flow each way, or a total, or a series and its year")
        return self


class Mirror(Record):
    """A country whose trade with others is scaled until one partner has a given share.

    Attributes:
        country: The country.
        partner: The partner with a known share.
        series: The series of facts that has the share.
        year: Its year.
    """

    country: Text
    partner: Text
    series: Text
    year: Whole


class Build(Record):
    """The content of `[build]`.

    Attributes:
        year: Year of the bilateral flows of the seed.
        source: Their source, a name in the file's table of sources.
        rest: Name of the rest of the world.
        growth: Growth of world trade from then on, for flows without a later figure.
        fuels_of_spending: Share of fuels in all spending, in every region.
        fuels_between_regions: Trade in fuels between regions, USD m a year.
        regions: COW codes of the states in each.
        gdp: GDP of regions without a fact, and of the world.
        totals: Totals by region.
        levels: Levels of single pairs.
        mirror: The country that is scaled by its mirror statistics.
    """

    year: Whole
    source: str = ""
    rest: Text
    growth: Amount
    fuels_of_spending: Amount
    fuels_between_regions: Amount
    regions: dict[str, tuple[Whole, ...]]
    gdp: dict[str, Gdp]
    totals: dict[str, Total]
    levels: tuple[Level, ...]
    mirror: Mirror

    @property
    def cited(self) -> Iterator[tuple[str, str]]:
        """Every source that it cites, with the place."""
        yield "source", self.source
        for region, gdp in self.gdp.items():
            yield f"gdp.{region}.source", gdp.source
        for region, total in self.totals.items():
            for source in total.sources:
                yield f"totals.{region}.sources", source
        for number, level in enumerate(self.levels, start=1):
            yield f"levels[{number}].source", level.source

    @property
    def countries(self) -> tuple[str, ...]:
        """Every region in order, the rest of the world last."""
        return (*self.regions, self.rest)


def faults_of_build(build: Build, file: str) -> Iterator[CaseError]:
    """The faults if a name is of no region, a region has no total, or something counts twice."""
    yield from _unknown(build, _regions_named(build), file)
    needed = [f"totals.{region}" for region in build.regions if region not in build.totals]
    needed += [f"gdp.{WORLD}"] if WORLD not in build.gdp else []
    for key in needed:
        yield CaseError(f"{file}: build.{key}", "no such key", "this key is required")
    yield from _unknown(
        build, ((f"gdp.{region}", region) for region in build.gdp if region != WORLD), file
    )
    for key, found in _twice(build):
        yield CaseError(f"{file}: build.{key}", f"{found} twice", "each once")


def _unknown(build: Build, named: Iterable[tuple[str, str]], file: str) -> Iterator[CaseError]:
    known = build.countries
    for place, region in named:
        if region not in known:
            where, expected = f"{file}: build.{place}", "one of " + ", ".join(known)
            yield CaseError(where, repr(region), expected, nearest(region, known))


def _twice(build: Build) -> Iterator[tuple[str, str]]:
    """States in two regions, and pairs of regions with two levels, with the place of the second."""
    states = [
        (f"regions.{region}[{place}]", str(state))
        for region, codes in build.regions.items()
        for place, state in enumerate(codes, start=1)
    ]
    pairs = [
        (f"levels[{number}].pair", " and ".join(sorted(level.pair)))
        for number, level in enumerate(build.levels, start=1)
    ]
    for named in (states, pairs):
        found = [name for _, name in named]
        yield from (one for n, one in enumerate(named) if one[1] in found[:n])


def _regions_named(build: Build) -> Iterator[tuple[str, str]]:
    for number, level in enumerate(build.levels, start=1):
        for region in level.pair:
            yield f"levels[{number}].pair", region
    for region in build.totals:
        yield f"totals.{region}", region
    yield "mirror.country", build.mirror.country
    yield "mirror.partner", build.mirror.partner
