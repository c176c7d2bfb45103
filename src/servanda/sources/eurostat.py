"""Monthly exports by partner, from Eurostat's record of member states' exports.

The file has one row for each reporter, partner and month: `reporter`, `partner`, `product`
("Total"), `flow` ("EXPORT"), `date` (2019-01-01), `value_in_eur`, `is_aggregate`.

Traps:

- the file mixes rows of aggregates (`is_aggregate` True) with those of member states: the module
  omits aggregates and sums the member states;
- a state that leaves the union has no rows afterwards, which looks like a fall in trade: name it in
  `without`. The others then sum to the publisher's own total of the remaining members in every
  month;
- a reporter without a row for a partner in a month counts as zero: small states have few rows with
  distant partners. Agreement with the publisher's total confirms this.

Cite: Eurostat, Comext.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float64

from servanda.errors import CaseError, UsageError, nearest
from servanda.files import read_rows
from servanda.files.cells import figure
from servanda.files.fields import MONTH

COLUMNS = ("reporter", "partner", "product", "flow", "date", "value_in_eur", "is_aggregate")


@dataclass(frozen=True, slots=True)
class Exports:
    """Exports by month and partner, in one unit of money.

    Attributes:
        months: Every month from first to last, as "2019-01".
        partners: Codes of the partners.
        value: Exports, all of them positive.
    """

    months: tuple[str, ...]
    partners: tuple[str, ...]
    value: Float64[np.ndarray, "month partner"]

    def __post_init__(self) -> None:
        """Refuse values without a log, and months that do not follow each other."""
        for earlier, later in itertools.pairwise(self.months):
            if later != month_after(earlier):
                raise CaseError(
                    "exports, months",
                    f"{later} after {earlier}",
                    f"{month_after(earlier)}: no gap",
                    hint="a missing month is not zero: start after the gap, or add the month",
                )
        for row, column in np.argwhere(~(np.isfinite(self.value) & (self.value > 0))):
            raise CaseError(
                f"exports to {self.partners[column]} in {self.months[row]}",
                repr(float(self.value[row, column])),
                "a positive number",
            )

    def of(self, partner: str) -> Float64[np.ndarray, " month"]:
        """One partner's series."""
        if partner not in self.partners:
            raise UsageError(
                "partner",
                repr(partner),
                "one of " + ", ".join(self.partners),
                hint=nearest(partner, self.partners),
            )
        series: Float64[np.ndarray, " month"] = self.value[:, self.partners.index(partner)]
        return series

    def index(self, month: str) -> int:
        """The position of a month."""
        if month not in self.months:
            raise UsageError("month", month, f"one from {self.months[0]} to {self.months[-1]}")
        return self.months.index(month)


def month_after(month: str) -> str:
    """The next month: "2020-01" after "2019-12"."""
    year, number = int(month[:4]), int(month[5:7])
    return f"{year + number // 12}-{number % 12 + 1:02}"


def read_exports(
    path: Path, partners: Mapping[str, str], *, without: Collection[str] = ()
) -> Exports:
    """Read the publisher's file and sum member states' exports, EUR m a month.

    Args:
        path: The file.
        partners: The code of each partner that the file names, in the order of the result.
        without: Reporters to omit.

    Raises:
        CaseError: The file cannot be read, a column is missing, a partner or a flag unknown, a
            value is not a number or below zero, a reporter's month given twice, a partner without
            rows or months, or a month left out.
    """
    totals: dict[tuple[str, str], float] = {}
    seen: set[tuple[str, str, str]] = set()
    for reporter, code, month, euros, where in _counted(path, partners, without):
        if (reporter, code, month) in seen:
            raise CaseError(where, f"{reporter} to {code} in {month} again", "each once")
        seen.add((reporter, code, month))
        totals[code, month] = totals.get((code, month), 0.0) + euros / 1e6
    months = tuple(sorted({month for _, month in totals}))
    codes = tuple(partners.values())
    for code in codes:
        if not any(partner == code for partner, _ in totals):
            raise CaseError(path.name, f"no member state's exports to {code}", "at least one row")
        for month in months:
            if (code, month) not in totals:
                raise CaseError(
                    path.name, f"no exports to {code} in {month}", "every month from first to last"
                )
    value = np.array([[totals[code, month] for code in codes] for month in months])
    return Exports(months, codes, value)


def _counted(
    path: Path, partners: Mapping[str, str], without: Collection[str]
) -> Iterator[tuple[str, str, str, float, str]]:
    """Reporter, partner's code, month, euros and place in the file, for each row that counts."""
    for line, row in read_rows(path, COLUMNS, others=True, elsewhere=True).items():
        where = f"{path.name} line {line}"
        if row["partner"] not in partners:
            raise CaseError(
                where,
                f"partner {row['partner']!r}",
                "one of " + ", ".join(partners),
                hint=nearest(row["partner"], partners),
            )
        if row["is_aggregate"] not in ("True", "False"):
            raise CaseError(where, f"is_aggregate {row['is_aggregate']!r}", "True or False")
        if row["is_aggregate"] == "True" or row["reporter"] in without:
            continue
        if (row["product"], row["flow"]) == ("Total", "EXPORT"):
            if not MONTH.fullmatch(row["date"][:7]):
                raise CaseError(where, f"date {row['date']!r}", "a date like 2019-01-01")
            euros = figure(row, "value_in_eur", where)
            yield row["reporter"], partners[row["partner"]], row["date"][:7], euros, where
