"""Sanction regimes as data: who puts what cost on trade with whom, since when, how sure that is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from servanda.errors import CaseError, UsageError
from servanda.trade.keys import (
    Range,
    check_choice,
    check_keys,
    check_sources,
    names,
    ordered,
    read_toml,
    table,
    tables,
    text,
)

DIRECTIONS = ("from-target", "to-target")
# Those of the Global Sanctions Data Base (Felbermayr et al., European Economic Review 129, 2020).
KINDS = ("arms", "military", "trade", "financial", "travel", "other")
MONTHS = 12
PROHIBITIVE = 1000.0  # a tariff equivalent that leaves next to nothing
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True)
class Measure:
    """A cost that senders put on trade with a target, in one direction.

    Attributes:
        target: The country the measure is against.
        senders: The countries whose trade with it bears the cost.
        direction: `from-target` for what the senders buy, `to-target` for what they sell.
        kind: What is sanctioned: `arms`, `military`, `trade`, `financial`, `travel` or `other`.
        sectors: The sectors that bear the cost; all if none is named.
        start: The month it came into force, as 2022-03.
        cover: Share of that trade under the measure: low, central, high.
        tariff_equivalent: Ad valorem cost of what is covered, 0.2 a fifth: low, central, high.
        status: `measured`, `estimated` or `assumed`.
        sources: Names in the file's table of sources; may be empty where the status is `assumed`.
        note: How the figures were arrived at.
    """

    target: str
    senders: tuple[str, ...]
    direction: str
    kind: str
    sectors: tuple[str, ...]
    start: str
    cover: Range
    tariff_equivalent: Range
    status: str
    sources: tuple[str, ...]
    note: str

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Every origin and destination whose trade bears the cost."""
        if self.direction == "from-target":
            return [(self.target, sender) for sender in self.senders]
        return [(sender, self.target) for sender in self.senders]

    def in_force(self, month: str) -> bool:
        """Whether it is in force in a month, as 2022-03.

        Raises:
            UsageError: The text is no month.
        """
        if not _MONTH.fullmatch(month):
            raise UsageError("month", repr(month), "a month, as 2022-03")
        return self.start <= month


@dataclass(frozen=True, slots=True)
class Regime:
    """A named list of measures: how hard the senders mean it.

    Attributes:
        name: What it is called.
        meaning: What it stands for.
        measures: What it puts on trade.
        enforcement: How strongly it is policed, from 0 to 1: what a covert route is up against.
    """

    name: str
    meaning: str
    measures: tuple[Measure, ...]
    enforcement: float = 1.0

    @property
    def targets(self) -> tuple[str, ...]:
        """Every country that it is against."""
        return tuple(dict.fromkeys(measure.target for measure in self.measures))


def read_regimes(path: Path) -> tuple[Regime, ...]:
    """Read the regimes of a case from TOML: see `cases/russia-dprk/regimes.toml`.

    Raises:
        CaseError: The file cannot be read, a key is missing, misspelt or out of range, a source
            does not resolve, a regime has no target, or a name stands twice.
    """
    document = read_toml(path)
    check_keys(path.name, document, {"regimes"}, {"sources"})
    sources = table(f"{path.name}: sources", document.get("sources", {}))
    regimes: list[Regime] = []
    for entry in tables(f"{path.name}: regimes", document["regimes"]):
        regime = _regime(path.name, entry, sources)
        if regime.name in {known.name for known in regimes}:
            raise CaseError(path.name, f"regime {regime.name!r} twice", "each regime once")
        regimes.append(regime)
    return tuple(regimes)


def _regime(file: str, entry: Mapping[str, Any], sources: Mapping[str, Any]) -> Regime:
    where = f"{file}: regime {entry.get('name', '?')!r}"
    check_keys(where, entry, {"name", "meaning", "measures"}, {"enforcement"})
    enforcement = entry.get("enforcement", 1.0)
    if type(enforcement) not in (int, float) or not 0 <= enforcement <= 1:
        raise CaseError(f"{where}, enforcement", repr(enforcement), "a number from 0 to 1")
    measures = [
        _measure(f"{where}, measure {number}", values, sources)
        for number, values in enumerate(tables(f"{where}, measures", entry["measures"]), start=1)
    ]
    return Regime(
        text(f"{where}, name", entry["name"]),
        text(f"{where}, meaning", entry["meaning"]),
        tuple(measures),
        float(enforcement),
    )


def _measure(where: str, values: Mapping[str, Any], sources: Mapping[str, Any]) -> Measure:
    check_keys(where, values, {field.name for field in fields(Measure)} - {"sectors"}, {"sectors"})
    check_choice(f"{where}, direction", values["direction"], DIRECTIONS)
    check_choice(f"{where}, kind", values["kind"], KINDS)
    target = text(f"{where}, target", values["target"])
    senders = names(f"{where}, senders", values["senders"])
    if not target or not senders:
        empty = "senders" if target else "target"
        raise CaseError(f"{where}, {empty}", "none", "at least one country code")
    if target in senders:
        raise CaseError(f"{where}, senders", repr(target), "countries but the target")
    if not _MONTH.fullmatch(str(values["start"])):
        raise CaseError(f"{where}, start", repr(values["start"]), "a month, as 2022-03")
    check_sources(where, values, sources)
    return Measure(
        target,
        senders,
        values["direction"],
        values["kind"],
        names(f"{where}, sectors", values.get("sectors", [])),
        values["start"],
        ordered(f"{where}, cover", values["cover"], ceiling=1.0),
        ordered(f"{where}, tariff_equivalent", values["tariff_equivalent"], ceiling=PROHIBITIVE),
        values["status"],
        tuple(values["sources"]),
        text(f"{where}, note", values["note"]),
    )
