"""How the flows are made: `[build]` of a case's `trade_baseline.toml`, checked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from pydantic import Field, model_validator

from servanda.errors import CaseError, nearest
from servanda.files import Record, read_toml, validated
from servanda.files.fields import Names, Number, Status, Text
from servanda.trade.baseline import SPEC, BaselineFile

WORLD = "WORLD"  # in the table of GDP

Amount = Annotated[Number, Field(ge=0)]
Whole = Annotated[int, Field(strict=True)]


class Gdp(Record):
    """GDP of a region, or of the world as `WORLD`, USD m."""

    value: Amount
    source: str = ""
    note: str = ""


class Total(Record):
    """A region's trade in goods with the others, USD bn a year; of it, fuels.

    Attributes:
        exports, imports: All goods; what is left out grows from the seed with world trade.
        fuel_exports, fuel_imports: Fuels.
        status: How the figures were come by.
        sources: Names in the file's table of sources.
        note: How they were arrived at.
    """

    exports: Amount | None = None
    imports: Amount | None = None
    fuel_exports: Amount
    fuel_imports: Amount
    status: Status
    sources: Names
    note: str


class Level(Record):
    """Flows between two regions at a level of their own, USD m a year.

    Attributes:
        pair: The two regions.
        first_to_second, second_to_first: The flow each way; or else,
        total: both ways together, split as in the seed; or else,
        series, year: the series of facts that has the total, USD a year, and the year.
        first_fuels: Fuels sold by the first.
        source: A name in the file's table of sources.
        note: How the level was arrived at.
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
    def _one_way_to_say_it(self) -> Level:
        each_way = (self.first_to_second, self.second_to_first)
        recorded = (self.series, self.year)
        given = [
            one for one in (each_way, (self.total,), recorded) if any(x is not None for x in one)
        ]
        if len(given) != 1 or None in given[0]:
            raise ValueError("a flow each way, or a total, or a series and its year")
        return self


class Mirror(Record):
    """A country whose trade with all others is scaled until one partner's share is as stated.

    Attributes:
        country: Whose trade.
        partner: Whose share of it is known.
        series: The series of facts that has the share.
        year: Its year.
    """

    country: Text
    partner: Text
    series: Text
    year: Whole


class Build(Record):
    """The whole of `[build]`.

    Attributes:
        year: Of the bilateral flows that are the seed.
        rest: What to call everyone who is in no region.
        growth: Of world trade from then on, for what has no later figure.
        fuels_of_spending: Share of all spending in every region.
        fuels_between_regions: USD m a year.
        regions: COW codes of the states in each.
        gdp: Where facts have none, and of the world.
        totals: By region.
        levels: Of single pairs.
        mirror: What is scaled by its mirror statistics.
    """

    year: Whole
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
    def countries(self) -> tuple[str, ...]:
        """Every region in order, the rest of the world last."""
        return (*self.regions, self.rest)


class _BuiltFile(Record):
    build: Build


def read_spec(folder: Path) -> tuple[BaselineFile, Build]:
    """What `trade_baseline.toml` says of the baseline and of how it is made.

    Raises:
        CaseError: The file cannot be read, or a key is missing, misspelt or out of range, or
            names no region.
    """
    whole = validated(BaselineFile, read_toml(folder / SPEC), SPEC)
    build = validated(_BuiltFile, {"build": whole.build}, SPEC).build
    for place, region in _regions_named(build):
        if region not in build.countries:
            raise CaseError(
                f"{SPEC}: build.{place}",
                repr(region),
                "one of " + ", ".join(build.countries),
                nearest(region, build.countries),
            )
    needed = [f"totals.{region}" for region in build.regions if region not in build.totals]
    needed += [f"gdp.{WORLD}"] if WORLD not in build.gdp else []
    for key in needed:
        raise CaseError(f"{SPEC}: build.{key}", "no such key", "this key is required")
    return whole, build


def _regions_named(build: Build) -> Iterator[tuple[str, str]]:
    for number, level in enumerate(build.levels, start=1):
        for region in level.pair:
            yield f"levels[{number}].pair", region
    for region in build.totals:
        yield "totals", region
    for region in (build.mirror.country, build.mirror.partner):
        yield "mirror", region
