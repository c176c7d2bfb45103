"""Fit the baseline flows without sanctions, from which a case's regimes are solved.

    python -m studies.trade_baseline --data DIR [--case FOLDER] [--out FILE]

DIR holds the publishers' files, which never enter the repository:

- `trade/cow_trade_v4_directed_dyadyear.parquet`, COW Trade 4.0 (`servanda.sources.cow_trade`);
- `facts/facts.csv`, this project's facts (`gdp_usd`, `dprk_gdp_usd` and the series that
  `trade_baseline.toml` names).

FOLDER is the shipped case's if none is given, and FILE its `trade_baseline.csv`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from servanda.errors import ServandaError
from servanda.files import csv_text, drafts
from servanda.sources.cow_trade import read_flows
from servanda.sources.facts import read_facts
from servanda.trade.baseline import COLUMNS, FLOWS
from studies.trade_baseline.fitting import by_sector
from studies.trade_baseline.spec import read_spec

CASE = Path(__file__).resolve().parents[2] / "src/servanda/cases/russia-dprk"
TRADE = "trade/cow_trade_v4_directed_dyadyear.parquet"
FACTS = "facts/facts.csv"

Row = tuple[str, str, str, float]


def rows(data: Path, case: Path) -> Iterator[Row]:
    """Sector, origin, destination and USD m a year, to three digits.

    Args:
        data: The folder that holds `TRADE` and `FACTS`.
        case: The folder that holds `trade_baseline.toml`.

    Raises:
        CaseError: A file is missing or is not as expected, or a fact is missing.
        UsageError: No flows meet the totals.
    """
    whole, build = read_spec(case)
    trade, facts = read_flows(data / TRADE, build.year), read_facts(data / FACTS)
    flows = by_sector(build, whole.gross_output_ratio, trade, facts)
    for sector, values in zip(whole.sectors, flows, strict=True):
        for place in np.ndindex(values.shape):
            origin, destination = (build.countries[i] for i in place)
            yield sector, origin, destination, float(f"{values[place]:.3g}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the table; print errors on one line."""
    parser = argparse.ArgumentParser(
        prog="python -m studies.trade_baseline",
        description=__doc__.splitlines()[0] if __doc__ else None,
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of the publishers' files")
    parser.add_argument("--case", type=Path, default=CASE, help="folder of the case")
    parser.add_argument("--out", type=Path, help="file for the table")
    given = parser.parse_args(arguments)
    try:
        table = list(rows(given.data, given.case))
    except ServandaError as error:
        print(error, file=sys.stderr)
        return 2
    drafts.write(given.out or given.case / FLOWS, csv_text([COLUMNS, *table]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
