"""Sanction regimes as data: who puts what cost on trade with whom, and how sure that is."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal

from servanda.errors import CaseError, nearest

Bound = Literal["low", "central", "high"]
BOUNDS: tuple[Bound, ...] = ("low", "central", "high")
DIRECTIONS = ("from-target", "to-target")
STATUSES = ("measured", "estimated", "assumed")


@dataclass(frozen=True, slots=True)
class Measure:
    """A cost that senders put on trade with a target, in one direction.

    Attributes:
        target: The country the measure is against.
        senders: The countries whose trade with it bears the cost.
        direction: `from-target` for what the senders buy, `to-target` for what they sell.
        cover: Share of that trade under the measure: low, central, high.
        tariff_equivalent: Ad valorem cost of what is covered, 0.2 a fifth: low, central, high.
        status: `measured`, `estimated` or `assumed`.
        sources: Names in the file's table of sources; may be empty where the status is `assumed`.
        note: How the figures were arrived at.
    """

    target: str
    senders: tuple[str, ...]
    direction: str
    cover: tuple[float, float, float]
    tariff_equivalent: tuple[float, float, float]
    status: str
    sources: tuple[str, ...]
    note: str

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Every origin and destination whose trade bears the cost."""
        if self.direction == "from-target":
            return [(self.target, sender) for sender in self.senders]
        return [(sender, self.target) for sender in self.senders]


@dataclass(frozen=True, slots=True)
class Regime:
    """A named list of measures: how hard the senders mean it."""

    name: str
    meaning: str
    measures: tuple[Measure, ...]


def read_regimes(path: Path) -> tuple[Regime, ...]:
    """Read the regimes of a case from TOML: see `cases/russia-dprk/regimes.toml`.

    Raises:
        CaseError: A key is missing, misspelt or out of range, or a source does not resolve.
    """
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    sources = set(document.get("sources", {}))
    regimes = []
    for entry in document.get("regimes", []):
        where = f"{path.name}: regime {entry.get('name', '?')!r}"
        _check_keys(where, entry, {"name", "meaning", "measures"})
        measures = [
            _measure(f"{where}, measure {number}", values, sources)
            for number, values in enumerate(entry["measures"], start=1)
        ]
        regimes.append(Regime(entry["name"], entry["meaning"], tuple(measures)))
    return tuple(regimes)


def _measure(where: str, values: Mapping[str, Any], sources: set[str]) -> Measure:
    _check_keys(where, values, {field.name for field in fields(Measure)})
    for key, choices in (("direction", DIRECTIONS), ("status", STATUSES)):
        if values[key] not in choices:
            raise CaseError(
                f"{where}, {key}",
                repr(values[key]),
                "one of " + ", ".join(choices),
                hint=nearest(str(values[key]), choices),
            )
    if not values["target"] or not values["senders"]:
        empty = "senders" if values["target"] else "target"
        raise CaseError(f"{where}, {empty}", "none", "at least one country code")
    for source in values["sources"]:
        if source not in sources:
            raise CaseError(
                f"{where}, sources",
                repr(source),
                "a name under [sources]",
                hint=nearest(source, sources),
            )
    if not values["sources"] and values["status"] != "assumed":
        raise CaseError(f"{where}, sources", "none", "a source, or the status 'assumed'")
    return Measure(
        values["target"],
        tuple(values["senders"]),
        values["direction"],
        _ordered(f"{where}, cover", values["cover"], 1.0),
        _ordered(f"{where}, tariff_equivalent", values["tariff_equivalent"], math.inf),
        values["status"],
        tuple(values["sources"]),
        values["note"],
    )


def _ordered(where: str, values: Sequence[Any], ceiling: float) -> tuple[float, float, float]:
    """Check low, central and high."""
    numbers = [value for value in values if type(value) in (int, float)]
    if (
        not len(values) == len(numbers) == len(BOUNDS)
        or not 0 <= numbers[0] <= numbers[1] <= numbers[2] <= ceiling
    ):
        limit = "" if math.isinf(ceiling) else f" to {ceiling:g}"
        raise CaseError(
            where, repr(list(values)), f"low, central and high, rising, each from 0{limit}"
        )
    low, central, high = map(float, numbers)
    return low, central, high


def _check_keys(where: str, values: Mapping[str, Any], expected: set[str]) -> None:
    for key in sorted(expected - set(values)):
        raise CaseError(where, f"no {key!r}", "this key", hint=nearest(key, set(values)))
    for key in sorted(set(values) - expected):
        raise CaseError(where, f"key {key!r}", "one of " + ", ".join(sorted(expected)))
